"""Badges as trees of elements that can be compared, ours and badge-maker's; and what differs on purpose."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from gistrun.render import badge
from gistrun.render.badge import Look, Standing
from gistrun.render.badge.label import cleaned

_SVG = "{http://www.w3.org/2000/svg}"

#: What ours has otherwise, by the name of the difference; each is undone before trees are compared.
ON_PURPOSE = {
    "read from right to left": "Such words say their direction, so that signs beside them stand on the right side, and "
    "the label is isolated in the name that is read out. badge-maker knows no directions.",
    "no style sheet": "In `social` badge-maker colours links under the pointer by a style sheet with names. A badge in "
    "a README is a picture and has no pointer; our policy allows no style sheets.",
    "no empty text": "For an empty label badge-maker writes texts without a letter in `social`.",
    "the whole left side is a link": "badge-maker begins the area of the left link behind the logo, but as wide as the "
    "whole side, so that it reaches into the message.",
}
#: What is not compared, because other text or another width is drawn. `test_what_differs_on_purpose` holds each.
NOT_COMPARED = {
    "cleaned": "Control characters, invisible ones, spaces in a row and what is longer than 64 characters: badge-maker "
    "draws them, and a control character makes its SVG one that no browser reads.",
    "unknown": "A character that Verdana and its substitutes lack: for badge-maker it is as wide as an m, and so is "
    "each point in Arabic and Hebrew, an accent that follows its letter, and each part of a joined picture.",
    "spaced": "`for-the-badge` spaces letters: badge-maker counts the units of UTF-16, of which a picture has several.",
    "colours": "badge-maker takes `rgb()` and the like, and what one can see through. Ours are names and digits.",
    "links": "badge-maker links to any address, such as `javascript:`.",
}


@dataclass(frozen=True)
class Case:
    """One badge."""

    label: str
    message: str = "passing"
    style: str = "flat"
    color: str = "brightgreen"
    label_color: str | None = None
    logo: str = ""
    links: tuple[str, ...] = ()

    def ours(self) -> str:
        look = Look(self.label, self.style, self.color, self.label_color, self.logo, self.links)
        return badge.svg(Standing(self.message, "red"), look)

    def as_json(self) -> dict[str, Any]:
        asked = {"label": cleaned(self.label), "message": cleaned(self.message), "style": self.style}
        asked |= {"color": self.color, "links": (*self.links, "", "")[:2]}
        return asked | {"labelColor": self.label_color, "logoBase64": self.logo or None}


class Oracle:
    """badge-maker, in a process of its own."""

    def __init__(self) -> None:
        command = ["node", "oracle.mjs"]
        here = Path(__file__).parent
        self._process = subprocess.Popen(
            command, cwd=here, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def draw(self, case: Case) -> str:
        """The badge as an SVG document."""
        assert self._process.stdin
        assert self._process.stdout
        asked = {name: value for name, value in case.as_json().items() if value is not None}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return str(json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)


def tree(document: str) -> list[Any]:
    """Every element with its attributes (numbers as numbers), its text and its children, without what differs on
    purpose.
    """
    return _tree(ElementTree.fromstring(document), "")


def _tree(element: Element, above: str) -> list[Any]:
    name = element.tag.removeprefix(_SVG)
    said = {key: _value(value) for key, value in element.attrib.items()}
    for key in ("direction", "lengthAdjust"):
        said.pop(key, None)
    if said.get("id") in ("llink", "rlink"):
        del said["id"]
    if above == "a" and said.get("fill") == "rgba(0,0,0,0)" and said.get("x") in (0, 19):
        del said["x"]
    below = [_tree(each, name) for each in element if not _is_nothing(each)]
    return [name, said, (element.text or "").strip().replace("\u2068", "").replace("\u2069", ""), below]


def _is_nothing(element: Element) -> bool:
    """Whether it is part of the style sheet of `social`, or a text without a letter."""
    is_style = element.tag == f"{_SVG}style" or element.get("id") == "b"
    return is_style or (element.tag == f"{_SVG}text" and not element.text)


def _value(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text.replace("\u2068", "").replace("\u2069", "")
