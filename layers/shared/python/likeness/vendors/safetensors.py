"""The header of a safetensors file, proved before anything reads the file. Nothing is ever unpickled."""

import json
from math import prod
from typing import Any

from likeness.errors import VendorError

MAX_HEADER_BYTES = 16 * 1024 * 1024
_BITS = {
    "BOOL": 8,
    "F4": 4,
    "F6_E2M3": 6,
    "F6_E3M2": 6,
    "U8": 8,
    "I8": 8,
    "F8_E4M3": 8,
    "F8_E5M2": 8,
    "F8_E8M0": 8,
    "I16": 16,
    "U16": 16,
    "F16": 16,
    "BF16": 16,
    "I32": 32,
    "U32": 32,
    "F32": 32,
    "C64": 64,
    "F64": 64,
    "I64": 64,
    "U64": 64,
}


def check_safetensors(head: bytes, size: int) -> None:
    """Prove that a file of `size` bytes with this head is a whole safetensors file.

    `head` is at least the eight bytes of the length and the JSON header; more does no harm.

    Raises:
        VendorError: it is not, or the header is larger than 16 MB.
    """
    length = header_length(head)
    if 8 + length > min(size, len(head)):
        raise _refused("cut short")
    try:
        header = json.loads(head[8 : 8 + length].decode("utf-8"), object_pairs_hook=_unique)
        spans = sorted(_span(entry) for name, entry in header.items() if name != "__metadata__")
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise _refused("malformed") from error
    ends = [0, *(end for _, end in spans)]
    starts = [*(start for start, _ in spans), size - 8 - length]
    if not spans or starts != ends:
        raise _refused("wrong in its sizes")


def header_length(head: bytes | bytearray) -> int:
    """Return the length of the JSON header that the first eight bytes promise."""
    length = int.from_bytes(head[:8], "little")
    if len(head) < 8 or not 2 <= length <= MAX_HEADER_BYTES:
        raise _refused("not safetensors")
    return length


class HeaderCheck:
    """Checks a stream as it passes, keeping only the header; refuses a wrong length at once."""

    def __init__(self) -> None:
        self.size = 0
        self._head = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self.size += len(chunk)
        if len(self._head) < 8 or len(self._head) < 8 + header_length(self._head):
            self._head += chunk
        if len(self._head) >= 8:
            header_length(self._head)

    def finish(self) -> None:
        """Check the header against what has passed."""
        check_safetensors(bytes(self._head), self.size)


def _span(entry: dict[str, Any]) -> tuple[int, int]:
    shape, (start, end) = entry["shape"], entry["data_offsets"]
    numbers = (*shape, start, end)
    if len(shape) > 16 or any(type(n) is not int or not 0 <= n < 2**48 for n in numbers):
        raise ValueError("not a shape")
    bits = prod(shape) * _BITS[entry["dtype"]]
    if bits != 8 * (end - start):
        raise ValueError("shape and bytes differ")
    return start, end


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) != len({name for name, _ in pairs}):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _refused(why: str) -> VendorError:
    return VendorError(f"The AI vendor's weights are {why}.")
