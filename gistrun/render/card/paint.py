"""Draws a card: a sheet as JSON on standard input, a PNG on standard output.

It is started as a process of its own, for a moment: drawing would hold up everybody else's requests, and what is drawn
is foreign. It may use so much memory and time, write no file, and needs nothing of this project.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from typing import Any

from PIL import Image, ImageDraw, ImageFont

#: Pixels.
WIDTH, HEIGHT = 1200, 630
_EDGE, _TOP, _GAP, _INNER = 32, 112, 24, 12
_LINE, _CELL = 22, 10
#: The size of text in which a character is as wide as a cell, whole pixels: else letters would not keep to their cells.
_TEXT = 16.667
_PANEL = (WIDTH - 2 * _EDGE - _GAP) // 2
#: Bytes of memory and seconds of the processor.
_MEMORY, _SECONDS = 512 * 2**20, 5

_GROUND, _FRAME, _BORDER, _WHITE, _MUTED = "#0d1117", "#151b23", "#3d444d", "#f0f6fc", "#9198a1"


class _Fonts:
    """The one font that a card has, in the sizes and weights that it needs."""

    def __init__(self, path: str) -> None:
        self.title = self._font(path, 34, 700)
        self.facts = self._font(path, 20, 400)
        self.plain = self._font(path, _TEXT, 400)
        self.bold = self._font(path, _TEXT, 700)

    @staticmethod
    def _font(path: str, size: float, weight: int) -> ImageFont.FreeTypeFont:
        font = ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
        font.set_variation_by_axes([weight])
        return font


def card(sheet: dict[str, Any], font: str) -> bytes:
    """The card of that sheet as a PNG. `font`: the path of a font whose weight varies."""
    fonts = _Fonts(font)
    image = Image.new("RGB", (WIDTH, HEIGHT), _GROUND)
    draw = ImageDraw.Draw(image)
    room = WIDTH - 2 * _EDGE
    state_width = draw.textlength(sheet["state"], fonts.facts)
    left = room - state_width - 60
    draw.text((_EDGE, 58), _short(draw, sheet["title"], fonts.title, left), _WHITE, fonts.title, "ls")
    draw.ellipse((WIDTH - _EDGE - state_width - 24, 38, WIDTH - _EDGE - state_width - 10, 52), sheet["color"])
    draw.text((WIDTH - _EDGE, 52), sheet["state"], sheet["color"], fonts.facts, "rs")
    name_width = min(draw.textlength(sheet["name"], fonts.facts), room / 2)
    draw.text((_EDGE, 94), _short(draw, sheet["name"], fonts.facts, room / 2), _MUTED, fonts.facts, "ls")
    facts = _short(draw, sheet["facts"], fonts.facts, room - name_width - 40)
    draw.text((WIDTH - _EDGE, 94), facts, _MUTED, fonts.facts, "rs")
    image.paste(_panel(sheet["code"], fonts), (_EDGE, _TOP))
    image.paste(_panel(sheet["output"], fonts), (_EDGE + _PANEL + _GAP, _TOP))
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=6)
    return out.getvalue()


def _panel(cells: list[list[Any]], fonts: _Fonts) -> Image.Image:
    """A panel with its cells. It is a picture of its own, so that nothing leaves it."""
    height = HEIGHT - _TOP - _EDGE
    image = Image.new("RGB", (_PANEL, height), _GROUND)
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, _PANEL - 1, height - 1), 10, _FRAME, _BORDER)
    for row, column, columns, text, color, bold, ground in cells:
        x, y = _INNER + column * _CELL, _INNER + row * _LINE
        if ground:
            draw.rectangle((x, y, x + columns * _CELL - 1, y + _LINE - 1), ground)
        if text:
            draw.text((x, y + 17), text, color, fonts.bold if bold else fonts.plain, "ls")
    return image


def _short(draw: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont, room: float) -> str:
    """The text, or its beginning where there is no room for all of it."""
    if draw.textlength(text, font) <= room:
        return text
    while text and draw.textlength(text + "…", font) > room:
        text = text[:-1]
    return text + "…"


def _main(font: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.stdout.buffer.write(card(json.load(sys.stdin.buffer), font))


if __name__ == "__main__":
    _main(sys.argv[1])
