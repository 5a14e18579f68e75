"""Cards: what stands on them, whatever a gist holds, and that they are drawn in bounded time."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gistrun import web
from gistrun.render import source
from gistrun.render.card import paint
from gistrun.render.card.sheet import COLUMNS, LINES, sheet
from gistrun.render.source import coloured
from gistrun.render.svg.bar import Heading
from gistrun.render.svg.session import Written, tail
from gistrun.web.painting import font, painted
from tests.unit.test_render_svg import FLOODS

PASSED = Heading("passing", "brightgreen", "main.py", ("exit status 0", "41 ms", "Python 3.14.0"))
ANYTHING = st.text(alphabet=st.characters(exclude_categories=()), max_size=200)


def drawn(png: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(png))
    assert (image.format, image.size) == ("PNG", (1200, 630))
    return image


def test_code_and_output_stand_in_their_cells() -> None:
    code = coloured("main.py", b"def f():\n\treturn '\xe6\xbc\xa2' + x\n", "Python", LINES)
    made = sheet(PASSED, "Says hello", code, [Written(0, "run", False, "\x1b[1;41ma\x1b[0m漢b\n")])
    assert made["title"] == "Says hello"
    assert made["color"] == "#56d364"
    assert made["facts"] == "exit status 0 · 41 ms · Python 3.14.0"
    assert [cell[:5] for cell in made["code"] if cell[3] in ("def", "f", "return", "漢")] == [
        (0, 0, 3, "def", "#ff7b72"),
        (0, 4, 1, "f", "#d2a8ff"),
        (1, 4, 6, "return", "#ff7b72"),
        (1, 12, 2, "漢", "#a5d6ff"),
    ]
    assert [cell[:4] for cell in made["output"]] == [(0, 0, 1, "a"), (0, 1, 2, "漢"), (0, 3, 1, "b")]
    assert made["output"][0][5:] == (True, "#cf222e")


def test_a_card_shows_them() -> None:
    made = sheet(PASSED, "T", [], [Written(0, "run", False, f"\x1b[41m{' ' * 10}\x1b[0m")])
    image = drawn(paint.card(made, font()))
    red = [x for x in range(1200) if image.getpixel((x, 112 + 12 + 11)) == (0xCF, 0x22, 0x2E)]
    assert (red[0], len(red)) == (624, 100)


def test_it_is_drawn_by_a_process_of_its_own_and_soon() -> None:
    code = coloured("main.py", b"print('hello')\n" * LINES, "Python", LINES)
    begun = time.monotonic()
    png = painted(sheet(PASSED, "T", code, [Written(0, "run", False, "hello\n" * LINES)]))
    assert time.monotonic() - begun < 10  # 0.15 s on a machine at rest
    drawn(png)
    assert len(png) < 200_000


@settings(max_examples=25)
@given(ANYTHING, ANYTHING, ANYTHING)
def test_whatever_a_gist_holds_a_card_is_drawn(name: str, text: str, content: str) -> None:
    code = coloured(name, content.encode("utf-8", "surrogatepass"), name, LINES)
    made = sheet(Heading("failing", "red", name, (name, text)), text, code, [Written(0, "run", True, text)])
    assert all(cell[1] + cell[2] <= COLUMNS and cell[0] < LINES for cell in made["code"] + made["output"])
    drawn(paint.card(made, font()))


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_a_flood_takes_a_card_bounded_time(flood: str) -> None:
    begun = time.process_time()
    code = coloured("main.py", flood.encode("utf-8", "surrogatepass"), "Python", LINES)
    made = sheet(PASSED, flood, code, tail([Written(0, "run", False, flood)]))
    drawn(paint.card(made, font()))
    assert time.process_time() - begun < 5


def test_the_colours_of_code_are_those_of_the_page_on_dark() -> None:
    page = (Path(web.__file__).parent / "static" / "gistrun.css").read_text()
    assert [colour for colour in source._COLOURS.values() if f"{colour};" not in page] == []
