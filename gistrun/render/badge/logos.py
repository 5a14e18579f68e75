"""Pictures beside a badge's label: which are taken, and as what. Pure.

A logo is a part of the badge: whoever sees the badge loads nothing from elsewhere for it, and nothing of it runs.
"""

from __future__ import annotations

import base64
import binascii
import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from gistrun.render.picture import SVG, picture

#: Bytes of a logo, and pixels of a side: it is shown 14 px high.
LARGEST = 10 * 1024
_LONGEST_SIDE = 512
_TYPES = ("image/png", "image/jpeg", SVG)
#: What browsers and shields.io's users write; a plus in a query has become a space.
_DATA = re.compile(r"data:\s?image/(?:png|jpe?g|svg[+ ]xml)(?:;charset=[\w-]{1,20})?;base64,([\w+/ =-]+)", re.ASCII)
_NAMESPACE = "{http://www.w3.org/2000/svg}"
#: Shapes and colours. Nothing of it loads, runs, moves, leads anywhere, or is drawn more than once.
_ELEMENTS = {
    *("svg", "g", "defs", "title", "desc", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon"),
    *("text", "tspan", "linearGradient", "radialGradient", "stop"),
}
#: What is neither an element nor a comment, such as a style sheet or a document type.
_OTHER_MARKUP = re.compile(rb"<!(?!--)|<\?xml-")
#: In a value: what refers to something elsewhere, and what a style sheet could hide that behind.
_ELSEWHERE = re.compile(r"url\((?!#)|//|[@\\]", re.IGNORECASE)


def from_data(text: str) -> str:
    """The picture in a data URI, as a data URI of our own; empty if it is none that is taken.

    Taken are PNG, JPEG and SVG, told by their bytes, of at most 10 KiB and 512 pixels.
    """
    said = _DATA.fullmatch(text) if len(text) <= 2 * LARGEST else None
    if said is None:
        return ""
    try:
        content = base64.b64decode(said[1].replace(" ", "+").replace("-", "+").replace("_", "/"), validate=True)
    except binascii.Error:
        return ""
    return from_bytes(content)


def from_bytes(content: bytes) -> str:
    """The same for a picture's bytes."""
    found = picture(content) if len(content) <= LARGEST else None
    if found is None or found.type not in _TYPES or not found.width or not found.height:
        return ""
    if found.type == SVG:
        return _data_uri(SVG, content) if _is_plain(content) else ""
    return _data_uri(found.type, content) if max(found.width, found.height) <= _LONGEST_SIDE else ""


def svg_in(logo: str) -> str | None:
    """The drawing in a logo that `from_data` or `from_bytes` gave; None for another picture, or none."""
    head, _, encoded = logo.partition(",")
    return base64.b64decode(encoded).decode("utf-8-sig") if head == f"data:{SVG};base64" else None


def _data_uri(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def _is_plain(content: bytes) -> bool:
    """Whether a drawing only draws. Entities are refused before."""
    root = ElementTree.fromstring(content.decode("utf-8-sig"))  # noqa: S314
    return not _OTHER_MARKUP.search(content) and all(map(_only_draws, root.iter()))


def _only_draws(element: Element) -> bool:
    tag = str(element.tag)
    if not tag.startswith(_NAMESPACE) or tag.removeprefix(_NAMESPACE) not in _ELEMENTS:
        return False
    for name, value in element.attrib.items():
        plain = name.rpartition("}")[2].lower()
        if plain.startswith("on") or _ELSEWHERE.search(value):
            return False
        if plain == "href" and not value.startswith("#"):
            return False
    return True
