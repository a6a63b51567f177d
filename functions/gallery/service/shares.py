"""Links: what others see of a person's pictures."""

from collections.abc import Collection

from likeness.items.gallery import Share


def withdraw_expired(row: Share) -> None:
    """Remove the copies of a link whose time is over; repeatable."""
    raise NotImplementedError(row.sk)


def withdraw_picture(user_id: str, image_id: str, share_ids: Collection[str]) -> None:
    """Remove the copies that links have of one picture; repeatable."""
    raise NotImplementedError((user_id, image_id, share_ids))
