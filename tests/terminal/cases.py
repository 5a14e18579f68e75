"""The table of cases that ours in Python, ours in the browser and @xterm/headless are held to.

`cases.json` has for each case what is written, and what a terminal of `columns` by `rows` (20 by 4, if left out) shows.
`differs` is the reason why xterm shows something else; without it, it must show the same. After a change of what is
written, `python -m tests.terminal.cases` records what ours shows anew: read the difference before you commit it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.terminal.model import BLANK, screen

TABLE = Path(__file__).with_name("cases.json")
RECORDINGS = Path(__file__).with_name("recordings")


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    #: What a terminal is given: columns, rows, widest, writes.
    input: dict[str, Any]
    #: What it must show: lines and cursor.
    answer: dict[str, Any]
    differs: str | None


def _read() -> list[Case]:
    return [
        Case(
            case["name"],
            _input(case),
            {"lines": [_unfolded(line) for line in case["lines"]], "cursor": case["cursor"]},
            case.get("differs"),
        )
        for case in json.loads(TABLE.read_text(encoding="utf-8"))
        if "lines" in case
    ]


def _input(case: dict[str, Any]) -> dict[str, Any]:
    size = {"columns": case.get("columns", 20), "rows": case.get("rows", 4)}
    return {**size, **({"widest": case["widest"]} if "widest" in case else {}), "writes": case["writes"]}


def _folded(line: dict[str, Any]) -> dict[str, Any]:
    """A line with its cells in runs of one look: `[texts, look]`; texts of one character each are one string."""
    runs: list[list[Any]] = []
    for text, columns, *look in line["cells"]:
        if not runs or runs[-1][1] != look:
            runs.append([[], look])
        runs[-1][0].append("" if columns == 0 else text or "\0")
    for run in runs:
        if all(len(text) == 1 for text in run[0]):
            run[0] = "".join(run[0])
        if run[1] == BLANK[2:]:
            run.pop()
    return {"runs": runs, **({"wrapped": True} if line["wrapped"] else {})}


def _unfolded(line: dict[str, Any]) -> dict[str, Any]:
    cells: list[list[Any]] = []
    for texts, *look in line["runs"]:
        for place, text in enumerate(texts):
            wide = place + 1 < len(texts) and texts[place + 1] == ""
            columns = 0 if text == "" else 2 if wide else 1
            cells.append(["" if text == "\0" else text, columns, *(look[0] if look else BLANK[2:])])
    return {"cells": cells, "wrapped": line.get("wrapped", False)}


def recordings() -> list[tuple[str, dict[str, Any]]]:
    """What real programs wrote, by name."""
    return [
        (path.stem, {"columns": 100, "rows": 24, "writes": [path.read_bytes().decode()]})
        for path in sorted(RECORDINGS.glob("*.txt"))
    ]


def record() -> None:
    """Write down what ours shows."""
    lines = []
    for case in json.loads(TABLE.read_text(encoding="utf-8")):
        shown = screen(_input(case))
        kept = {key: case[key] for key in ("name", "differs", "columns", "rows", "widest", "writes") if key in case}
        kept |= {"lines": [_folded(line) for line in shown["lines"]], "cursor": shown["cursor"]}
        lines.append(json.dumps(kept, ensure_ascii=True))
    TABLE.write_text("[\n " + ",\n ".join(lines) + "\n]\n", encoding="utf-8")


CASES = _read()

if __name__ == "__main__":
    record()
