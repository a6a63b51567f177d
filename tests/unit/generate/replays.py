"""Pictures that are delivered, made again and compared."""

from io import BytesIO
from itertools import count

from PIL import Image

from functions.generate import handler
from likeness.items.image import Image as ImageItem
from tests.support import call
from tests.unit.generate.studio import close, job_of, order, read, render

_keys = count(1)


def scene(seed: int, change: int = 0) -> bytes:
    """A picture with something to see, of which `change` moves the levels a little or (256) turns all around."""
    out = BytesIO()
    picture = Image.radial_gradient("L").resize((320, 256), box=(0, 0, 100 + seed % 100, 200))
    picture = picture.point(lambda level: level // 2 + change % 3)
    picture = picture.rotate(180) if change >= 256 else picture
    picture.convert("RGB").save(out, "PNG")
    return out.getvalue()


def made(**body) -> str:
    """A delivered picture: number 2 of an order, so that its seed is not the order's."""
    reply = order(count=2, **body)
    render(job_of(reply), 2)
    close(job_of(reply))
    return str(read(reply).json["pictures"][1]["image_id"])


def again(image_id: str, body=None, user: str = "ada", key: str | None = None):
    sent = {} if body is None else body
    return call(
        handler.handler, "POST", f"/v1/images/{image_id}/replay", sent, user=user, key=key or f"replay-{next(_keys)}"
    )


def row(image_id: str) -> ImageItem:
    return ImageItem.get("ada", ImageItem.of("ada", image_id).sk)


def finish(reply):
    """Deliver a replay; return its row and its place in the order."""
    render(job_of(reply))
    close(job_of(reply))
    picture = read(reply).json["pictures"][0]
    return row(picture["image_id"]), picture
