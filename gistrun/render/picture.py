"""What a file is by its bytes: a picture that a browser shows, and how large it is. Its name does not matter. Pure."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from gistrun.render.drawing import drawing_size

SVG = "image/svg+xml"
#: A greater width or height is not believed.
_LONGEST = 65_535
#: The markers of a JPEG that hold its size: all frames, without the tables that stand between them.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SEGMENTS = 1000

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture's media type, and its size in pixels where it says one."""

    type: str
    width: int | None = None
    height: int | None = None


def picture(content: bytes) -> Picture | None:
    """The picture that these bytes are; None for anything else, and for a drawing that takes a browser too long."""
    for prefix, offset, mark, media_type, size_of in _KINDS:
        if content.startswith(prefix) and content.startswith(mark, offset):
            try:
                width, height = size_of(content)
            except (struct.error, IndexError):
                width = height = 0
            believed = 0 < width <= _LONGEST and 0 < height <= _LONGEST
            return Picture(media_type, width, height) if believed else Picture(media_type)
    size = drawing_size(content)
    return None if size is None else Picture(SVG, *size)


def is_pdf(content: bytes) -> bool:
    """Whether these bytes are a PDF document."""
    return content.startswith(b"%PDF-")


def _png(content: bytes) -> Size:
    width, height = struct.unpack_from(">II", content, 16)
    return width, height


def _gif(content: bytes) -> Size:
    width, height = struct.unpack_from("<HH", content, 6)
    return width, height


def _bmp(content: bytes) -> Size:
    width, height = struct.unpack_from("<ii", content, 18)
    return width, abs(height)


def _ico(content: bytes) -> Size:
    return content[6] or 256, content[7] or 256


def _webp(content: bytes) -> Size:
    kind = content[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", content, 26)
    return width & 0x3FFF, height & 0x3FFF


def _jpeg(content: bytes) -> Size:
    at = 2
    for _ in range(_SEGMENTS):
        mark, kind, length = struct.unpack_from(">BBH", content, at)
        if mark != 0xFF:
            break
        if kind in _FRAMES:
            height, width = struct.unpack_from(">HH", content, at + 5)
            return width, height
        at += 2 + length
    return 0, 0


def _unknown(_content: bytes) -> Size:
    return 0, 0


#: How each kind begins, what stands at an offset, its media type, where its size is.
_KINDS: tuple[tuple[bytes, int, bytes, str, Callable[[bytes], Size]], ...] = (
    (b"\x89PNG\r\n\x1a\n", 12, b"IHDR", "image/png", _png),
    (b"GIF87a", 0, b"", "image/gif", _gif),
    (b"GIF89a", 0, b"", "image/gif", _gif),
    (b"\xff\xd8\xff", 0, b"", "image/jpeg", _jpeg),
    (b"RIFF", 8, b"WEBPVP8", "image/webp", _webp),
    (b"", 4, b"ftypavif", "image/avif", _unknown),
    (b"BM", 6, b"\0\0\0\0", "image/bmp", _bmp),
    (b"\0\0\1\0", 5, b"\0", "image/x-icon", _ico),
)
