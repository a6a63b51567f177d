"""Warm CPU of GET /v1/images?limit=24 against FastAPI + Mangum + boto3.resource, interleaved in one process.

Both answer the same page from the same DynamoDB reply, which a stub returns below the SDK's HTTP library, so that
signing, serialising and parsing all run. Goal: at most 0.65 times the peer.
"""

import asyncio
import base64
import json
from datetime import datetime
from typing import Any

from benchmarks import world
from benchmarks.measure import interleave, ratio, spread, verdict

GOAL = 0.65


def peer() -> Any:  # noqa: ANN401 (a Lambda handler)
    """Make the peer's handler: the same page as its documentation would write it."""
    import boto3  # noqa: PLC0415 (after the stub)
    from boto3.dynamodb.conditions import Key  # noqa: PLC0415
    from fastapi import FastAPI, Query, Request  # noqa: PLC0415
    from mangum import Mangum  # noqa: PLC0415
    from pydantic import BaseModel  # noqa: PLC0415
    from ulid import ULID  # noqa: PLC0415

    table = boto3.resource("dynamodb").Table("images")
    app = FastAPI()

    class Media(BaseModel):
        original: str
        view: str
        thumbnail_640: str
        thumbnail_256: str

    class Image(BaseModel):
        id: str
        generation_id: str
        number: int
        model_id: str | None
        base_model: str
        style: str
        aspect_ratio: str
        width: int
        height: int
        prompt: str
        bytes: int
        favourite: bool
        rating: int
        tags: list[str]
        collection_ids: list[str]
        is_shared: bool
        relation: str | None
        parent_id: str | None
        created_at: datetime
        trashed_at: datetime | None
        media: Media

    class Page(BaseModel):
        images: list[Image]
        cursor: str | None

    @app.get("/v1/images")
    def list_images(request: Request, limit: int = Query(24, ge=1, le=100)) -> Page:
        user = request.scope["aws.event"]["requestContext"]["authorizer"]["jwt"]["claims"]["sub"]
        found = table.query(
            IndexName="gallery",
            KeyConditionExpression=Key("gallery").eq(user) & Key("sk").begins_with("IMAGE#"),
            Limit=limit,
            ScanIndexForward=False,
        )
        images = []
        for row in found["Items"]:
            id_ = row["sk"].removeprefix("IMAGE#")
            below = f"/media/u/{user}/images/{id_}/"
            images.append(
                Image(
                    **{name: row[name] for name in ("generation_id", "number", "model_id", "base_model", "style")},
                    **{name: row[name] for name in ("aspect_ratio", "width", "height", "bytes", "favourite")},
                    rating=row.get("rating", 0),
                    tags=sorted(row.get("tags", ())),
                    collection_ids=sorted(row.get("collections", ())),
                    is_shared="shares" in row,
                    relation=row.get("relation"),
                    parent_id=row.get("parent_id"),
                    id=id_,
                    prompt=row["prompt_head"],
                    created_at=ULID.from_str(id_).datetime,
                    trashed_at=None,
                    media=Media(
                        original=f"{below}original.webp",
                        view=f"{below}view.webp",
                        thumbnail_640=f"{below}640.webp",
                        thumbnail_256=f"{below}256.webp",
                    ),
                )
            )
        last = found.get("LastEvaluatedKey")
        after = base64.urlsafe_b64encode(json.dumps({"after": last["sk"]}).encode()).decode() if last else None
        return Page(images=images, cursor=after)

    return Mangum(app, lifespan="off")


def main() -> None:
    """Measure and print."""
    world.enter()
    rows = world.gallery_rows()
    last = {name: rows[-1][name] for name in ("pk", "sk", "gallery")}
    world.answer_with(lambda *_: {"Items": rows, "Count": 24, "ScannedCount": 24, "LastEvaluatedKey": last})
    from functions.gallery.handler import handler  # noqa: PLC0415 (after the stub)

    asyncio.set_event_loop(asyncio.new_event_loop())
    theirs = peer()
    event = world.event("GET", "/v1/images", {"limit": "24"})
    answers = [json.loads(one(event, world.Context())["body"])["images"] for one in (handler, theirs)]
    if [sorted(image) for image in answers[0]] != [sorted(image) for image in answers[1]]:
        message = "the two answers show other things"
        raise AssertionError(message)
    if [image["id"] for image in answers[0]] != [image["id"] for image in answers[1]]:
        message = "the two answers differ"
        raise AssertionError(message)
    works = {
        "likeness": lambda: handler(event, world.Context()),
        "fastapi": lambda: theirs(event, world.Context()),
    }
    times = interleave(works, rounds=11, calls=60)
    middle, low, high = ratio(times, "likeness", "fastapi")
    print("warm CPU, GET /v1/images?limit=24, network stubbed below the SDK")
    for name, found in times.items():
        print(f"  {name:10} {sorted(found)[len(found) // 2]:7.0f} us   spread {spread(found):.0%}")
    print(f"  ratio {middle:.2f} ({low:.2f}-{high:.2f}), goal <= {GOAL}: {verdict(middle, GOAL)}")


if __name__ == "__main__":
    main()
