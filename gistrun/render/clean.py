"""HTML from a gist's Markdown, made harmless: an allow-list of elements and attributes, and no picture from elsewhere.

GitHub lets the same elements through, except `picture`, `source` and links that leave http, https and mailto.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape, unescape
from urllib.parse import unquote

import nh3
from pygments.token import STANDARD_TYPES

from gistrun import address

#: No element of a page of ours has an id or a name that begins so; nothing of a gist can pass for one of them.
PREFIX = "user-content-"

_TAGS = frozenset(
    """
    a abbr b bdo blockquote br caption cite code dd del details dfn div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr
    i img input ins kbd li mark ol p pre q rp rt ruby s samp section small span strike strong sub summary sup table
    tbody td tfoot th thead tr tt ul var wbr
    """.split()  # noqa: SIM905 - as a list it would take a page
)
_ATTRIBUTES = {
    "*": {"align", "dir", "id", "lang", "title"},
    "a": {"href", "name"},
    "details": {"open"},
    "img": {"src", "alt", "width", "height"},
    "input": {"checked"},
    "ol": {"start", "reversed"},
    "li": {"value"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
#: The only classes that are kept, so that nothing can dress up as a part of our page.
_CLASSES = {
    "span": {name for name in STANDARD_TYPES.values() if name} | {"math"},
    "div": {"math"} | {f"alert-{kind}" for kind in ("note", "tip", "important", "warning", "caution")} | {"alert"},
    "p": {"alert-title"},
    "ul": {"tasks"},
    "sup": {"footnote-ref"},
    "section": {"footnotes"},
    "a": {"footnote-backref"},
}
_NUMBER = re.compile(r"\d{1,4}")
_LINES = re.compile(r"#L\d{1,6}(?:-L?\d{1,6})?", re.ASCII)
_WEB = re.compile(r"(?:https?:)?//[^/\\]|mailto:", re.IGNORECASE)
#: What `nh3` wrote: it closes every value with the quotation mark that no value holds.
_FINISHED = re.compile(r'<(/?a|img|input)((?: [a-z]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A file of the same gist: where the page shows it, and, if it is a picture, its address and size in pixels."""

    name: str
    anchor: str
    picture: str | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The gist's id, and its files."""

    gist: str
    files: tuple[Neighbour, ...] = ()

    def find(self, link: str) -> Neighbour | None:
        """The file that a relative link, or an address of GitHub's, points at."""
        name = unquote(re.split(r"[?#]", link, maxsplit=1)[0]).removeprefix("./")
        if _WEB.match(link):
            meant = address.read(link)
            if not meant or meant.gist != self.gist or not meant.file:
                return None
            name = meant.file
        return next((file for file in self.files if file.name == name), None)


def clean(html: str, prefix: str, neighbours: Neighbours) -> str:
    """The HTML with what is allowed of it. Every id begins with `PREFIX` and `prefix`.

    A picture of the same gist stays. One from anywhere else becomes a link, as it would tell its host who reads this.
    """
    ids = f"{PREFIX}{prefix}-"
    anchors = {file.anchor for file in neighbours.files}

    def kept(_element: str, name: str, value: str) -> str | None:
        match name:
            case "href":
                return _href(value, prefix, anchors, neighbours)
            case "name":  # a place to link to, of the time before ids
                return ids + value
            case "src":
                return value if neighbours.find(value) or _WEB.match(value) else None
            case "align":
                return value if value.lower() in ("left", "right", "center") else None
            case "colspan" | "rowspan":
                return value if _NUMBER.fullmatch(value) and 1 <= int(value) <= 50 else None
            case "width" | "height" | "start" | "value":
                return value if _NUMBER.fullmatch(value) else None
            case "dir":
                return value if value.lower() in ("ltr", "rtl", "auto") else None
        return value

    cleaned = nh3.clean(
        html,
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        attribute_filter=kept,
        allowed_classes=_CLASSES,
        set_tag_attribute_values={"pre": {"tabindex": "0"}},  # the keyboard can scroll it
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer ugc",
        id_prefix=ids,
    )
    return _finished(cleaned, neighbours)


def _href(value: str, prefix: str, anchors: set[str], neighbours: Neighbours) -> str | None:
    if value.startswith("#"):
        if _LINES.fullmatch(value):  # of this very file
            return f"#{prefix}-{value[1:]}"
        fragment = re.sub(r"-L\d+(-L\d+)?$", "", value[1:])
        return value if fragment in anchors else f"#{PREFIX}{prefix}-{value[1:]}"
    if file := neighbours.find(value):
        fragment = value.partition("#")[2]
        return f"#{file.anchor}-{fragment}" if _LINES.fullmatch(f"#{fragment}") else f"#{file.anchor}"
    return value if _WEB.match(value) else None


def _finished(html: str, neighbours: Neighbours) -> str:
    in_link = False

    def replace(match: re.Match[str]) -> str:
        nonlocal in_link
        tag, attributes = match[1], match[2]
        if tag == "input":
            # In one order, so that a page has the same bytes each time.
            return f'<input type="checkbox" disabled aria-label="Task"{" checked" if "checked" in attributes else ""}>'
        if tag != "img":
            in_link = tag == "a"
            return match[0]
        given = dict(_ATTRIBUTE.findall(attributes))
        source = given.pop("src", "")
        file = neighbours.find(unescape(source)) if source else None
        if file and file.picture:
            return _image(file, given)
        words = given.get("alt") or source or "picture"
        if in_link or not source:
            return f"<span>{words}</span>"
        return f'<a href="{source}" rel="nofollow noopener noreferrer ugc">Image: {words}</a>'

    return _FINISHED.sub(replace, html)


def _image(file: Neighbour, given: dict[str, str]) -> str:
    """The picture in the size that was asked for, else its own, so that nothing moves when it arrives."""
    width, height = given.get("width", ""), given.get("height", "")
    if file.width and file.height:
        if not width and not height:
            width, height = str(file.width), str(file.height)
        elif not height:
            height = str(max(round(int(width) * file.height / file.width), 1))
        elif not width:
            width = str(max(round(int(height) * file.width / file.height), 1))
    size = "".join(f' {name}="{value}"' for name, value in (("width", width), ("height", height)) if value)
    others = "".join(f' {name}="{given[name]}"' for name in ("title", "align", "id") if name in given)
    alt = given.get("alt", "")
    return f'<img src="{escape(file.picture or "")}" alt="{alt}"{size}{others} loading="lazy" decoding="async">'
