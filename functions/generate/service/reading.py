"""Orders as their owner sees them."""

from datetime import UTC, datetime
from typing import Any

from functions.generate.models.generations import (
    GenerationList,
    GenerationView,
    OrderedPack,
    PictureMedia,
    PictureView,
)
from likeness.errors import AlreadyEnded, NotFound
from likeness.generation import Cause, abandon_generation, find_generation
from likeness.items.generation import Generation, GenerationStatus, Ordered, Relation
from likeness.items.row import born, is_id
from likeness.listing import list_own
from likeness.pace import Eta, of_pictures
from likeness.storage import image_key, media_path


def read_generation(user_id: str, generation_id: str) -> Generation:
    """Return one of the caller's own orders, by one GetItem.

    Raises:
        NotFound: there is no such order.
    """
    found = find_generation(user_id, generation_id) if is_id(generation_id) else None
    if found is None:
        raise NotFound("No such generation.")
    return found


def list_generations(user_id: str, limit: int, cursor: str | None) -> GenerationList:
    """Return a page of orders, newest first, by one query."""
    page = list_own(Generation, user_id, Generation.PREFIX, limit, cursor)
    return GenerationList(generations=[view(Generation.from_raw_data(row)) for row in page.rows], cursor=page.cursor)


def cancel_generation(user_id: str, generation_id: str) -> Generation:
    """End an order now: what was delivered stays, the other credits are back.

    Raises:
        NotFound: there is no such order.
        AlreadyEnded: it was over before; nothing has changed.
    """
    generation = read_generation(user_id, generation_id)
    if not generation.is_over:
        abandon_generation(generation, Cause.CANCELLED)
        if generation.status == GenerationStatus.CANCELLED.value:
            return generation
    raise AlreadyEnded("This generation has ended.")


def view(generation: Generation) -> GenerationView:
    """Return an order as its owner sees it."""
    ordered = generation.ordered
    return GenerationView(
        id=generation.id,
        status=generation.status,
        model_id=ordered.model_id,
        model_version=ordered.training_id,
        base_model=ordered.base_model,
        prompt=ordered.prompt,
        negative_prompt=ordered.negative_prompt,
        style=ordered.style,
        aspect_ratio=ordered.aspect_ratio,
        width=ordered.width,
        height=ordered.height,
        count=int(generation.units),
        seed=ordered.seed,
        credits=int(generation.credits),
        credits_back=_whole(generation.credits_back),
        pictures=[_picture(generation.pk, ordered, picture) for picture in generation.pictures],
        pack=_pack(ordered.pack),
        relation=Relation(ordered.relation) if ordered.relation else None,
        parent_id=ordered.parent_id,
        retry_of=ordered.retry_of,
        retried_by=generation.retried_by,
        created_at=born(generation.id).replace(microsecond=0),
        deadline=datetime.fromtimestamp(int(generation.deadline), UTC),
        eta=None if generation.is_over else _eta(generation, ordered),
        ended_at=datetime.fromisoformat(generation.ended_at) if generation.ended_at else None,
        error_code=generation.error_code,
        error=generation.error,
    )


def _eta(generation: Generation, ordered: Ordered) -> Eta | None:
    expected = of_pictures(ordered.endpoint, int(generation.units))
    return expected.eta(born(generation.id), int(generation.deadline))


def _whole(amount: float | None) -> int | None:
    return None if amount is None else int(amount)


def _pack(name: str | None) -> OrderedPack | None:
    if name is None:
        return None
    id_, _, version = name.rpartition("@")
    return OrderedPack(id=id_, version=int(version))


def _picture(user_id: str, ordered: Ordered, picture: dict[str, Any]) -> PictureView:
    image_id, number = picture.get("image_id"), int(picture["number"])
    shot = ordered.shot(number)
    return PictureView(
        number=number,
        state=picture["state"],
        prompt=None if shot.prompt == ordered.prompt else shot.prompt,
        style=shot.style,
        aspect_ratio=shot.aspect_ratio,
        width=shot.width,
        height=shot.height,
        seed=shot.seed,
        image_id=image_id,
        media=_media(user_id, image_id) if image_id else None,
        error_code=picture.get("error_code"),
        error=picture.get("error"),
        replay=picture.get("replay"),
    )


def _media(user_id: str, image_id: str) -> PictureMedia:
    def path(name: str) -> str:
        return media_path(image_key(user_id, image_id, name))

    return PictureMedia(
        original=path("original.webp"),
        view=path("view.webp"),
        thumbnail_640=path("640.webp"),
        thumbnail_256=path("256.webp"),
    )
