"""Screens as the cells that are compared, for ours and for the reference."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from gistrun.render.terminal.row import EMPTY, TAIL, Row
from gistrun.render.terminal.screen import Screen

HERE = Path(__file__).parent

#: Text, columns, foreground, background, flags, underline, whether it is a link.
Cell = list[Any]
BLANK: Cell = ["", 1, -1, -1, 0, 0, False]


def screen(case: dict[str, Any]) -> dict[str, Any]:
    """What our terminal shows of a case."""
    columns = case["columns"]
    shown = Screen(columns, case["rows"], widest=case.get("widest", columns))
    for text in case["writes"]:
        shown.write(False, text)
    lines = [{"cells": _cells(row, columns), "wrapped": row.wrapped} for row in shown.lines]
    return {"lines": trimmed(lines), "cursor": list(shown.cursor)}


def _cells(row: Row, columns: int) -> list[Cell]:
    cells = []
    for place in range(max(columns, len(row.texts))):
        text = row.texts[place] if place < len(row.texts) else EMPTY
        style = row.styles[place] if place < len(row.texts) else row.fill
        wide = row.is_tail(place + 1)
        cells.append([
            "" if text in (EMPTY, TAIL) else text,
            0 if text == TAIL else 2 if wide else 1,
            style.foreground,
            style.background,
            style.flags,
            style.underline,
            style.link is not None,
        ])  # fmt: skip
    return cells


def trimmed(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines without empty cells at their end and without empty lines at the end."""
    for line in lines:
        cells = line["cells"]
        while cells and cells[-1] == BLANK:
            cells.pop()
    while lines and not lines[-1]["cells"]:
        lines.pop()
    return lines


class Terminal:
    """A terminal of JavaScript in a process of its own: `reference.mjs` is @xterm/headless, `ours.mjs` the page's."""

    def __init__(self, script: str) -> None:
        self._process = subprocess.Popen(
            ["node", script], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def screen(self, case: dict[str, Any]) -> dict[str, Any] | None:
        """What it shows of a case; None if it fails."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(case) + "\n")
        self._process.stdin.flush()
        shown: dict[str, Any] | None = json.loads(self._process.stdout.readline())
        if shown is None:
            return None
        for line in shown["lines"]:
            _mend(line["cells"])
        return {"lines": trimmed(shown["lines"]), "cursor": shown["cursor"]}

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)


def _mend(cells: list[Cell]) -> None:
    """xterm leaves the second half of a wide character alone when cells are inserted within it; ours empties it."""
    for place, cell in enumerate(cells):
        if cell[1] == 0 and (place == 0 or cells[place - 1][1] != 2):
            cell[1] = 1
