"""Orders made out of a picture: what it was ordered with is in its order's row."""

from typing import NamedTuple

from likeness.errors import NotFound, NotReproducible
from likeness.generation import find_generation
from likeness.items.generation import Generation, Ordered
from likeness.items.image import Image
from likeness.items.row import is_id


class Origin(NamedTuple):
    """A picture and what it was ordered with: `ordered.shot(number)` is what it shows."""

    image: Image
    generation: Generation
    ordered: Ordered
    number: int


def shot_of(user_id: str, image_id: str) -> Origin:
    """Return one of the caller's pictures, trashed or not, with its order.

    Raises:
        NotFound: there is no such picture.
        NotReproducible: its order is gone, or it never had one.
    """
    if not is_id(image_id):
        raise NotFound("No such picture.")
    try:
        image = Image.get(user_id, Image.of(user_id, image_id).sk, consistent_read=True)
    except Image.DoesNotExist:
        raise NotFound("No such picture.") from None
    generation = find_generation(user_id, image.generation_id)
    if generation is None:
        raise NotReproducible("This picture's order is gone.", reason="order_gone")
    return Origin(image, generation, generation.ordered, int(image.number))
