"""The looks that a picture uses. Each has a class, whose name is ours: nothing of the output is in it."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from gistrun.render.terminal.look import place_of
from gistrun.render.terminal.palette import DARK, LIGHT, as_css, beside, colour, is_dark, on_dark, on_light
from gistrun.render.terminal.style import BOLD, DEFAULT, DIM, INVERSE, ITALIC, OVERLINED, STRUCK, Style

#: The colours of text and of standard error, on light and on dark, as in gistrun.css.
TEXT = 0x1F2328, 0xF0F6FC
ERROR = 0xC21C2C, 0xFF8B84
#: Text without a colour of its own on a light and on a dark ground.
_ON_LIGHT, _ON_DARK = 0x0D1117, 0xFFFFFF

_UNDERLINES = ("", "underline", "underline double", "underline wavy", "underline dotted", "underline dashed")

#: A colour on the light page and on the dark one.
Colours = tuple[int, int]


class Look(NamedTuple):
    """How text looks, and what is behind it; None for the frame itself."""

    text: Colours
    ground: Colours | None = None
    #: Declarations of CSS besides.
    more: str = ""


@lru_cache(maxsize=4096)
def look(style: Style) -> Look:
    """How cells of that style look."""
    text, ground = style.foreground, style.background
    inverse = bool(style.flags & INVERSE)
    if inverse:
        text, ground = ground, text
    more = _more(style)
    if ground != DEFAULT:
        behind = colour(place_of(ground))
        dark = is_dark(behind)
        usual = _ON_DARK if dark else _ON_LIGHT
        shown = usual if text == DEFAULT else beside(place_of(text), dark=dark)
        return Look((shown, shown), (behind, behind), more)
    if inverse:  # the frame's own colours, turned round
        if text == DEFAULT:
            return Look((LIGHT, DARK), TEXT, more)
        place = place_of(text)
        return Look((beside(place, dark=True), beside(place, dark=False)), TEXT, more)
    if text == DEFAULT:
        return Look(ERROR if style.error else TEXT, None, more)
    place = place_of(text)
    return Look((on_light(place), on_dark(place)), None, more)


def _more(style: Style) -> str:
    flags = style.flags
    lines = [_UNDERLINES[style.underline]] if style.underline else []
    lines += ["line-through"] if flags & STRUCK else []
    lines += ["overline"] if flags & OVERLINED else []
    said = [
        "font-weight:700" if flags & BOLD else "",
        "font-style:italic" if flags & ITALIC else "",
        "opacity:.75" if flags & DIM else "",
        f"text-decoration:{' '.join(lines)}" if lines else "",
    ]
    return ";".join(filter(None, said))


class Looks:
    """Gives each look its class, and knows the rules of them all."""

    def __init__(self) -> None:
        self._names: dict[tuple[Colours, str], str] = {}

    def name(self, colours: Colours, more: str = "") -> str:
        """The class of that colour with those declarations; empty where the frame's text looks so by itself."""
        if colours == TEXT and not more:
            return ""
        return self._names.setdefault((colours, more), f"p{len(self._names)}")

    @property
    def rules(self) -> tuple[str, str]:
        """The rules on the light page, and those that differ on the dark one."""
        light, dark = [], []
        for (colours, more), name in self._names.items():
            light.append(f".{name}{{fill:{as_css(colours[0])}{';' if more else ''}{more}}}")
            if colours[0] != colours[1]:
                dark.append(f".{name}{{fill:{as_css(colours[1])}}}")
        return "".join(light), "".join(dark)
