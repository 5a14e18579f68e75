"""SVG drawings: whether a browser can draw one in bounded time, and how large it is. Pure."""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

#: Bytes of a drawing that is shown.
_LARGEST = 512 * 1024
#: Elements that are drawn, copies of copies (`use`, patterns, masks) counted as often as they are drawn. Chromium takes
#: about 3 s for 20,000 copies, and for 100,000 it hangs.
_DRAWN = 20_000
_NESTED = 200
#: The size that browsers give a drawing which says none.
_WIDTH, _HEIGHT = 300, 150

_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?\s*<")
#: Entities grow without bound.
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
#: What a style sheet refers to cannot be counted here, nor what an escape in it means.
_UNCOUNTED = re.compile(r"url\(|\\|@import", re.IGNORECASE)
_INNER = re.compile(r"\s*data:image/svg", re.IGNORECASE)
_REFERENCE = re.compile(r"""url\(\s*["']?#([^"')\s]{1,200})""")
_LENGTH = re.compile(r"\s*(\d{1,6}(?:\.\d{1,6})?)(?:px)?\s*")


class _TooMuch(Exception):
    """The drawing has more to draw than is shown."""


def drawing_size(content: bytes) -> tuple[int, int] | None:
    """Width and height in pixels; None for what is no SVG drawing, or takes a browser too long."""
    if len(content) > _LARGEST or b"\0" in content or not _BEGINS.match(content) or b"svg" not in content:
        return None
    if _ENTITY.search(content):
        return None
    try:
        # Entities are refused above, and this parser opens no other file.
        root = ElementTree.fromstring(content.decode("utf-8-sig"))  # noqa: S314
        if root.tag != "{http://www.w3.org/2000/svg}svg":
            return None
        _Count(root).of(root, 0)
    except (ElementTree.ParseError, ValueError, RecursionError, _TooMuch):
        return None
    return _size(root)


class _Count:
    """How many elements are drawn for an element, with everything that it refers to."""

    def __init__(self, root: Element) -> None:
        """Raises _TooMuch for what cannot be counted."""
        self._named: dict[str, Element] = {}
        for element in root.iter():
            if name := element.get("id"):
                self._named.setdefault(name, element)
            if str(element.tag).endswith("style") and _UNCOUNTED.search("".join(element.itertext())):
                raise _TooMuch
        self._known: dict[Element, int] = {}

    def of(self, element: Element, depth: int) -> int:
        """That number; a circle counts once, as browsers do not draw it.

        Raises:
            _TooMuch
        """
        if element in self._known:
            return self._known[element]
        if depth > _NESTED:
            raise _TooMuch
        self._known[element] = 0
        count = 1
        for below in (*element, *self._referred(element)):
            count += self.of(below, depth + 1)
            if count > _DRAWN:
                raise _TooMuch
        self._known[element] = count
        return count

    def _referred(self, element: Element) -> list[Element]:
        names = []
        for name, value in element.attrib.items():
            if _INNER.match(value):
                raise _TooMuch
            if name.rpartition("}")[2] == "href":
                names.append(value.removeprefix("#"))
            else:
                names += _REFERENCE.findall(value)
        return [self._named[name] for name in names if name in self._named]


def _size(root: Element) -> tuple[int, int]:
    box = re.split(r"[\s,]+", (root.get("viewBox") or "").strip()[:200])
    numbers = [float(part) for part in box if re.fullmatch(r"-?\d{1,9}(?:\.\d{1,9})?", part)]
    wide, high = (numbers[2], numbers[3]) if len(numbers) == 4 else (0.0, 0.0)
    width, height = _pixels(root.get("width")), _pixels(root.get("height"))
    if wide > 0 and high > 0:
        if width is None and height is None:
            width = wide
        width = width if width is not None else (height or high) * wide / high
        height = height if height is not None else width * high / wide
    return _whole(width or _WIDTH), _whole(height or _HEIGHT)


def _pixels(length: str | None) -> float | None:
    found = _LENGTH.fullmatch(length or "")
    return float(found[1]) if found else None


def _whole(length: float) -> int:
    return min(max(round(length), 1), 65_535)
