"""README badges: the current result of a gist in words and a colour, as SVG or as a shields.io endpoint.

They look like shields.io's styles, so that they fit beside other badges. Whatever the label holds, the SVG is
well-formed XML, and the label is only text in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from gistrun.model import Outcome, State
from gistrun.render import colors
from gistrun.render.label import DIRECTIONS, characters, cleaned, direction, width

DEFAULT_LABEL = "gistrun"
STYLES = ("flat", "flat-square", "plastic", "for-the-badge")
#: Colours where nothing else is wanted.
_LABEL_COLOR, _UNKNOWN = "#555", "#9f9f9f"


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody wants a badge to look. What cannot be used has no effect."""

    label: str = DEFAULT_LABEL
    style: str = "flat"
    #: Colours as `colors.color` takes them, of the message and of the label; None for the badge's own.
    color: str | None = None
    label_color: str | None = None
    #: Seconds for which shields.io may keep it; None where nobody says.
    cache_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a badge says of a gist: the words, and shields.io's name of the colour."""

    message: str
    color: str


STANDINGS = {
    State.QUEUED: Standing("queued", "yellow"),
    State.RUNNING: Standing("running", "yellow"),
    State.PASSED: Standing("passing", "brightgreen"),
    State.FAILED: Standing("failing", "red"),
    State.TIMED_OUT: Standing("timed out", "red"),
    State.OUT_OF_MEMORY: Standing("out of memory", "red"),
    State.OUTPUT_LIMIT: Standing("too much output", "orange"),
    State.ERROR: Standing("error", "lightgrey"),
}


def standing_of(outcome: Outcome) -> Standing:
    """What a badge says of that outcome: the state, or `2/3` of a gist that checks itself."""
    standing = STANDINGS[outcome.state]
    checks = outcome.checks
    if checks is None or outcome.state not in (State.PASSED, State.FAILED) or not checks.passed + checks.failed:
        return standing
    return Standing(f"{checks.passed}/{checks.passed + checks.failed}", standing.color)


NOT_RUNNABLE = Standing("not runnable", "lightgrey")
NOT_FOUND = Standing("not found", "lightgrey")


def endpoint(standing: Standing, look: Look) -> dict[str, Any]:
    """The badge in the schema of https://shields.io/badges/endpoint-badge."""
    made = {
        "schemaVersion": 1,
        "label": cleaned(look.label),
        "message": standing.message,
        "color": _color(standing, look),
        "isError": _is_error(standing),
    }
    if label_color := colors.name(look.label_color):
        made["labelColor"] = label_color
    if look.cache_seconds is not None:
        made["cacheSeconds"] = look.cache_seconds
    return made


def svg(standing: Standing, look: Look) -> str:
    """The badge as an SVG document; an unknown style is `flat`."""
    label, message = cleaned(look.label), standing.message
    right, left = colors.color(_color(standing, look)) or _UNKNOWN, colors.color(look.label_color) or _LABEL_COLOR
    if look.style == "for-the-badge":
        return _loud(label.upper(), message.upper(), left, right)
    return _small(label, message, left, right, look.style)


def _color(standing: Standing, look: Look) -> str:
    """The name or the digits of the message's colour. An error of ours keeps its own, as shields.io has it."""
    wanted = colors.name(look.color)
    return wanted if wanted and not _is_error(standing) else standing.color


def _is_error(standing: Standing) -> bool:
    return standing == STANDINGS[State.ERROR]


def _small(label: str, message: str, label_color: str, color: str, style: str) -> str:
    height = 18 if style == "plastic" else 20
    left = width(label) + 10 if label else 0
    right = width(message) + 10
    whole = left + right
    shade = {
        "flat": '<stop offset="0" stop-color="#bbb" stop-opacity=".1"/><stop offset="1" stop-opacity=".1"/>',
        "plastic": '<stop offset="0" stop-color="#fff" stop-opacity=".7"/>'
        '<stop offset=".1" stop-color="#aaa" stop-opacity=".1"/>'
        '<stop offset=".9" stop-opacity=".3"/><stop offset="1" stop-opacity=".5"/>',
        "flat-square": "",
    }
    gradient = shade.get(style, shade["flat"])
    radius = {"flat-square": 0, "plastic": 4}.get(style, 3)
    baseline = 13 if style == "plastic" else 14
    texts = _text(label, left / 2, baseline, left - 10, label_color, shadow=bool(gradient)) if label else ""
    texts += _text(message, left + right / 2, baseline, right - 10, color, shadow=bool(gradient))
    defs = f'<linearGradient id="s" x2="0" y2="100%">{gradient}</linearGradient>' if gradient else ""
    gloss = f'<rect width="{whole}" height="{height}" fill="url(#s)"/>' if gradient else ""
    return _document(
        f'{defs}<clipPath id="r"><rect width="{whole}" height="{height}" rx="{radius}" fill="#fff"/></clipPath>'
        f'<g clip-path="url(#r)"><rect width="{left}" height="{height}" fill="{label_color}"/>'
        f'<rect x="{left}" width="{right}" height="{height}" fill="{color}"/>{gloss}</g>'
        f'<g fill="#fff" text-anchor="middle" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">'
        f"{texts}</g>",
        whole,
        height,
        label,
        message,
    )


def _loud(label: str, message: str, label_color: str, color: str) -> str:
    """`for-the-badge`: capitals at 10 px, spaced out by 1.25 px each, the message bold (a seventh wider)."""
    length = round(width(label) * 10 / 11 + 1.25 * len(characters(label)))
    left = length + 24 if label else 0
    message_length = round(width(message) * 10 / 11 * 1.15 + 1.25 * len(message))
    right = message_length + 24
    texts = _text(label, left / 2, 18, length, label_color, shadow=False) if label else ""
    bold = _text(message, left + right / 2, 18, message_length, color, shadow=False)
    return _document(
        f'<rect width="{left}" height="28" fill="{label_color}"/>'
        f'<rect x="{left}" width="{right}" height="28" fill="{color}"/>'
        f'<g fill="#fff" text-anchor="middle" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="10">'
        f'{texts}<g font-weight="bold">{bold}</g></g>',
        left + right,
        28,
        label,
        message,
    )


def _document(body: str, width: int, height: int, label: str, message: str) -> str:
    # Isolated, a label from right to left does not reorder what follows it.
    shown = f"\u2068{label}\u2069" if direction(label) in DIRECTIONS else label
    name = escape(f"{shown}: {message}" if label else message)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" role="img" aria-label="{name}">'
        f"<title>{name}</title>{body}</svg>"
    )


def _text(text: str, middle: float, baseline: int, length: int, behind: str, *, shadow: bool) -> str:
    place = f'x="{middle:g}" textLength="{length}"{DIRECTIONS.get(direction(text), "")}'
    dark = ' fill="#333"' if colors.is_bright(behind) else ""
    below = "#ccc" if dark else "#010101"
    under = f'<text {place} y="{baseline + 1}" fill="{below}" fill-opacity=".3">{escape(text)}</text>' if shadow else ""
    return f'{under}<text {place} y="{baseline}"{dark}>{escape(text)}</text>'
