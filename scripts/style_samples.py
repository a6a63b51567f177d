"""Make and publish the sample of every style: `python -m scripts.style_samples dev ada@example.org MODEL_ID`.

The pictures are ordered through the public API like any other, with a model of the account that is named: one of a
person who agreed to be shown to everybody. Run it after the first deployment and whenever a style has a new version;
what is there already is not made again.
"""

import getpass
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import boto3
import httpx
from likeness_client import Likeness
from likeness_client.models import Client, GenerationRequest, LoginRequest

from likeness.catalog.reader import Style, catalog
from scripts.site import outputs

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

AT_ONCE = 2
CACHE = "public, max-age=86400"


class NotMade(RuntimeError):
    """A sample could not be made; the text says which and why."""


def missing(s3: "S3Client", bucket: str) -> list[Style]:
    """Return the styles whose present version has no sample in the web bucket."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="samples/styles/")
    there = {f"/{entry['Key']}" for page in pages for entry in page.get("Contents", [])}
    return [style for style in catalog().styles if style.sample_path not in there]


def publish(
    styles: list[Style],
    *,
    api: Likeness,
    fetch: Callable[[str], bytes],
    model_id: str,
    s3: "S3Client",
    bucket: str,
    show: Callable[[str], None] = print,
) -> None:
    """Order the samples of some styles, wait for them, and put them where everybody may see them.

    `fetch` reads a media path of the account. An order has the style's version in its key, so one that was placed
    before a crash is found again and not paid twice.

    Raises:
        Refused: an order was not taken.
        NotMade: the first sample that could not be made; those before it are published.
    """
    for first in range(0, len(styles), AT_ONCE):
        placed = [(style, _order(api, style, model_id)) for style in styles[first : first + AT_ONCE]]
        for number, (style, generation_id) in enumerate(placed, first + 1):
            picture = _made(api, style, generation_id)
            s3.put_object(
                Bucket=bucket,
                Key=style.sample_path.removeprefix("/"),
                Body=fetch(picture),
                ContentType="image/webp",
                CacheControl=CACHE,
            )
            show(f"{number} of {len(styles)}: {style.name}")


def _order(api: Likeness, style: Style, model_id: str) -> str:
    wanted = GenerationRequest(
        prompt=style.sample.prompt,
        model_id=model_id,
        style=style.id,
        aspect_ratio=style.sample.aspect_ratio,
        seed=style.sample.seed,
        count=1,
    )
    key = f"style-sample-{style.id}-{style.version}-{model_id}"
    return api.start_generation(wanted, idempotency_key=key).id


def _made(api: Likeness, style: Style, generation_id: str) -> str:
    while True:
        generation = api.read_generation(generation_id)
        if generation.ended_at:
            media = generation.pictures[0].media
            if media is None:
                raise NotMade(f"{style.name}: {generation.error}")
            return media.thumbnail_640
        time.sleep(0.5)


def main(stage: str, email: str, model_id: str) -> None:
    """Make what is missing in a stage on AWS, with the credentials of the shell and the password of the account."""
    found, s3 = outputs(stage), boto3.client("s3")
    site = found["SiteUrl"]
    credentials = LoginRequest(email=email, password=getpass.getpass(), client=Client.NATIVE)
    session = Likeness(site).login(credentials)
    publish(
        missing(s3, found["WebBucket"]),
        api=Likeness(site, session.access_token),
        fetch=lambda path: httpx.get(f"{site}{path}?{session.media.query}").raise_for_status().content,
        model_id=model_id,
        s3=s3,
        bucket=found["WebBucket"],
    )


if __name__ == "__main__":
    main(*sys.argv[1:4])
