"""The gists whose pages are shown: one for each way in which a run can stand."""

from __future__ import annotations

from typing import NamedTuple

_COUNTDOWN = """\
import time

for second in range(3, 0, -1):
    print(f"\\033[1;3{second}m{second}\\033[0m …")
    time.sleep(0.3)
print("Lift-off!")
"""
_COLOURS = """\
import sys

for style, name in ((1, "bold"), (3, "italic"), (4, "underlined"), (7, "inverse"), (9, "struck")):
    print(f"\\033[{style}m{name}\\033[0m", end=" ")
print()
for base in (30, 90, 40, 100):
    print("".join(f"\\033[{base + n}m {base + n:>3} \\033[0m" for n in range(8)))
for start in range(16, 232, 36):
    print("".join(f"\\033[48;5;{n}m  " for n in range(start, start + 36)) + "\\033[0m")
print("".join(f"\\033[48;2;{n * 2};{255 - n * 2};160m " for n in range(0, 128, 2)) + "\\033[0m")
print("wide: 漢字かな 한글 · emoji: 🎉👩‍💻🇩🇪 · combining: éñ̃ · boxes: ┌──┬──┐ ▁▂▃▄▅▆▇█")
print("\\033]8;;https://www.python.org/\\033\\\\a link\\033]8;;\\033\\\\ to python.org")
print("to standard error", file=sys.stderr)
for percent in range(0, 101, 4):
    print(f"\\r{percent:>3} % {'█' * (percent // 4):<25}", end="")
print()
"""
_PLANETS = """\
planet,radius,moons
Mercury,2439.7,0
Venus,6051.8,0
Earth,6371.0,1
Mars,3389.5,2
"""
_NOTES = """\
# A table of planets

> [!NOTE]
> The radii are in *kilometres*.

- [x] read the file
- [ ] sort it

| planet | radius |
|--------|-------:|
| Earth  | 6371.0 |

```python
print("Earth")
```
"""
_CIRCLE = """\
<svg xmlns="http://www.w3.org/2000/svg" width="240" height="120">
  <circle cx="60" cy="60" r="50"/>
  <text x="130" y="66">black on nothing</text>
</svg>
"""
_READS = """\
import csv

with open("planets.csv", newline="") as file:
    for row in csv.DictReader(file):
        print(f"{row['planet']:<8}{float(row['radius']):>10.1f} km")
"""


class Shown(NamedTuple):
    """A gist of the gallery."""

    name: str
    files: dict[str, str | bytes]
    description: str = ""
    #: The query of its page.
    query: str = ""
    public: bool = True


SHOWN = [
    Shown("passed", {"planets.py": _READS, "planets.csv": _PLANETS, "README.md": _NOTES}, "Planets from a CSV file"),
    Shown("colours", {"colours.py": _COLOURS}, "Everything a terminal shows"),
    Shown("countdown", {"countdown.py": _COUNTDOWN}, "Counts down, one line at a time"),
    Shown(
        "failed",
        {"shop.py": 'import prices\n\nprint(prices.of("tea"))\n', "prices.py": "def of(name):\n    return {}[name]\n"},
        "Ends with an exception",
    ),
    Shown("wide", {"wide.py": 'for n in range(60):\n    print(f"{n:>3} " + "columns " * 12)\n'}, "A hundred columns"),
    Shown(
        "picture",
        {"main.py": _COUNTDOWN * 8, "circle.svg": _CIRCLE},
        "A drawing in black on nothing, below the window",
    ),
    Shown("compile-error", {"main.c": '#include <stdio.h>\n\nint main(void)\n{\n    puts("hello"\n}\n'}),
    Shown("needs-input", {"ask.py": 'name = input("Your name? ")\nprint(f"Hello {name}")\n'}),
    Shown("with-input", {"ask.py": 'name = input("Your name? ")\nprint(f"Hello {name}")\n'}, query="?stdin=Ada"),
    Shown("timed-out", {"loop.py": 'import time\n\nprint("waiting")\ntime.sleep(600)\n'}),
    Shown("out-of-memory", {"eat.py": 'print("eating", flush=True)\nx = "x" * 2**31\n'}),
    Shown("too-much-output", {"flood.sh": 'yes "line after line"\n'}),
    Shown("signal", {"crash.py": "import os\n\nos.abort()\n"}),
    Shown("printed-nothing", {"quiet.py": "x = 1\n"}),
    Shown(
        "checked",
        {"sums.py": "for n in range(5):\n    print(n * n)\n", "expected_output.txt": "0\n1\n4\n8\n16\n"},
        "Compared with what it should print",
    ),
    Shown(
        "tests",
        {
            "sums.py": "def double(n):\n    return n * 2\n",
            "test_sums.py": (
                "from sums import double\n\n\ndef test_two():\n    assert double(1) == 2\n\n\n"
                "def test_five():\n    assert double(2) == 5\n"
            ),
        },
        "Tests are run and counted",
    ),
    Shown("not-runnable", {"notes.md": _NOTES, "planets.csv": _PLANETS}, "Nothing here runs"),
    Shown("secret", {"main.py": 'print("psst")\n'}, "A secret gist", public=False),
    Shown("long", {"main.py": "".join(f'print("line {n}")\n' for n in range(600))}),
    Shown(
        "hostile",
        {
            "<img src=x onerror=alert(1)>.py": 'print("<script>alert(1)</script>\\u202e")\n',
            "w" * 200 + ".txt": "w" * 5000,
        },
        "<b>not bold</b> " + "long" * 60,
    ),
]


def id_of(name: str) -> str:
    """The id of the gist of that name, made of it."""
    return name.encode().hex()[:20].ljust(20, "0")
