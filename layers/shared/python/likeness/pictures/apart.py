"""Decoding in a process of its own: hostile bytes that crash a decoder cost one photo, not the function.

Damaged HEIC files do crash pi-heif 1.4 (a segmentation fault, found by `tests/unit/pictures/test_fuzz.py`).
"""

import multiprocessing
import warnings
from multiprocessing.connection import Connection

from likeness.pictures.opening import PictureRefused, Refusal
from likeness.pictures.photo import PreparedPhoto, prepare_photo

SECONDS = 45
"""Under the time limit of the function that inspects; the slowest photo we accept took 4 s on one core."""

_fork = multiprocessing.get_context("fork")


def prepare_photo_apart(data: bytes) -> PreparedPhoto:
    """Do `prepare_photo` in a child process, which inherits nothing it could spoil.

    Raises:
        PictureRefused: as there; `unreadable` also when the decoder crashed or took too long.
        RuntimeError: the child failed by a bug of ours; its traceback is on stderr.
    """
    ours, theirs = _fork.Pipe(duplex=False)
    child = _fork.Process(target=_work, args=(data, theirs))
    with warnings.catch_warnings():
        # Newer Pythons warn of locks that other threads hold; the child takes none and only decodes.
        warnings.simplefilter("ignore", DeprecationWarning)
        child.start()
    theirs.close()
    answer = _answer(ours)
    child.join(timeout=1)  # before the kill, so that the exit code of a failure is its own
    child.kill()
    child.join()
    if isinstance(answer, PreparedPhoto):
        return answer
    if answer is None and (child.exitcode or 0) > 0:
        message = "the inspection failed in its process"
        raise RuntimeError(message)
    raise PictureRefused(answer or Refusal.UNREADABLE)


def _answer(ours: Connection) -> PreparedPhoto | Refusal | None:
    """Return what the child sends; None when it died or stays silent."""
    with ours:
        try:
            received: PreparedPhoto | Refusal | None = ours.recv() if ours.poll(SECONDS) else None
        except EOFError:
            return None
    return received


def _work(data: bytes, theirs: Connection) -> None:
    try:
        theirs.send(prepare_photo(data))
    except PictureRefused as refused:
        theirs.send(refused.code)
