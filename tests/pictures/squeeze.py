"""Owns making a PNG small: at most 256 colours, the rare ones replaced by the nearest of the others; standard library only."""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from functools import cache

_BEGIN = b"\x89PNG\r\n\x1a\n"
MOST = 256
Colour = tuple[int, int, int]


def squeeze(png: bytes) -> bytes:
    """The same picture in few colours; of 8 bits a channel, without a palette and not interlaced, as browsers write them."""
    width, height, depth, kind, *_, interlaced = struct.unpack(">IIBBBBB", next(_chunks(png, b"IHDR")))
    if (depth, interlaced) != (8, 0) or kind not in (2, 6):
        raise ValueError("no PNG as a browser writes it")
    size = 3 if kind == 2 else 4
    rows = list(_unfiltered(zlib.decompress(b"".join(_chunks(png, b"IDAT"))), width * size, size))
    pixels = [list(zip(row[0::size], row[1::size], row[2::size], strict=True)) for row in rows]
    numbers, palette = _reduce(Counter(pixel for row in pixels for pixel in row))
    body = b"".join(b"\0" + bytes(map(numbers.__getitem__, row)) for row in pixels)
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", b"".join(map(bytes, palette))), (b"IDAT", zlib.compress(body, 9)), (b"IEND", b""))
    return _BEGIN + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )


def _chunks(png: bytes, wanted: bytes) -> Iterator[bytes]:
    at = len(_BEGIN)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == wanted:
            yield png[at + 8 : at + 8 + length]
        at += length + 12


def _unfiltered(data: bytes, width: int, size: int) -> Iterator[bytes]:
    """Each row as it was before it was made small by its neighbours."""
    above = bytes(width)
    for at in range(0, len(data), width + 1):
        kind, row = data[at], bytearray(data[at + 1 : at + 1 + width])
        if kind == 2:
            row = bytearray((one + two) & 255 for one, two in zip(row, above, strict=True))
        elif kind:
            for place in range(width):
                left, corner = (row[place - size], above[place - size]) if place >= size else (0, 0)
                row[place] = (row[place] + _guess(kind, left, above[place], corner)) & 255
        above = bytes(row)
        yield above


def _guess(kind: int, left: int, up: int, corner: int) -> int:
    if kind == 1:
        return left
    if kind == 3:
        return (left + up) // 2
    near = left + up - corner
    return min((left, up, corner), key=lambda one: abs(near - one))


def _reduce(seen: Counter[Colour]) -> tuple[dict[Colour, int], list[Colour]]:
    """The number of each colour, and the colours that are left."""
    palette = [colour for colour, _ in seen.most_common(MOST)]

    @cache
    def nearest(colour: Colour) -> int:
        return min(range(len(palette)), key=lambda one: sum((a - b) ** 2 for a, b in zip(colour, palette[one], strict=True)))

    return {colour: nearest(colour) for colour in seen}, palette
