"""The pictures in docs/pictures.md; `python -m tests.screenshots.picture` draws them anew."""

from __future__ import annotations

from pathlib import Path

from gistrun.render.card.sheet import LINES, sheet
from gistrun.render.source import coloured
from gistrun.render.svg.bar import Heading
from gistrun.render.svg.picture import Shape
from gistrun.render.svg.replay import replay
from gistrun.render.svg.session import Written
from gistrun.web.painting import painted

FILE = Path(__file__).resolve().parents[2] / "docs/screenshots/output.svg"
_DONE = ("copying", "sorting", "counting")


def drawn() -> str:
    """A program that shows its progress, and a table at its end."""
    written = [Written(0, "run", False, "\x1b[1mThree steps\x1b[0m of \x1b[36m12\x1b[0m each\n")]
    for step, name in enumerate(_DONE):
        for done in range(13):
            bar = f"\r{name:<9} \x1b[32m{'█' * done}\x1b[90m{'░' * (12 - done)}\x1b[0m {done}/12"
            written.append(Written(0.5 + step + done / 13, "run", False, bar))
        written.append(Written(1.5 + step, "run", False, " \x1b[32m✓\x1b[0m\n"))
    table = (
        "┌──────────┬───────┐\n│ word     │ count │\n├──────────┼───────┤\n│ 漢字     │    12 │\n└──────────┴───────┘\n"
    )
    written.append(Written(4, "run", False, table))
    written.append(Written(4.2, "run", True, "3 words were not counted\n"))
    heading = Heading("passing", "brightgreen", "count.py", ("exit status 0", "4.21 s", "Python 3.14.0"))
    return replay(heading, written, Shape(), lambda: None)


_CODE = '''"""Squares, in a table."""

ROW = "│ {:>5} │ {:>6} │"

print("\\x1b[1mSquares\\x1b[0m of the first numbers")
print("┌───────┬────────┐")
for number in range(1, 11):
    print(ROW.format(number, number**2))
print("└───────┴────────┘")
'''.encode()


def card() -> bytes:
    """The card of a program that draws a table."""
    rows = "".join(f"│ {number:>5} │ {number**2:>6} │\n" for number in range(1, 11))
    printed = f"\x1b[1mSquares\x1b[0m of the first numbers\n┌───────┬────────┐\n{rows}└───────┴────────┘\n"
    heading = Heading("passing", "brightgreen", "squares.py", ("exit status 0", "41 ms", "Python 3.14.0"))
    code = coloured("squares.py", _CODE, "Python", LINES)
    return painted(sheet(heading, "Squares, in a table", code, [Written(0, "run", False, printed)]))


if __name__ == "__main__":
    FILE.write_text(drawn(), encoding="utf-8")
    FILE.with_name("card.png").write_bytes(card())
