"""What was measured, as people read it: a table for a terminal, a comparison of two runs, a section of the README."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.figures import Row, shown

#: Medians of one machine drift by so much from run to run; less is no change.
NOISE = 0.10


@dataclass
class Report:
    """One run of the benchmark."""

    machine: dict[str, Any]
    rows: list[Row] = field(default_factory=list)
    #: Sentences on what could not be measured or should be known.
    notes: list[str] = field(default_factory=list)
    #: Parts that could not be measured.
    broken: list[str] = field(default_factory=list)

    def write(self, path: Path) -> None:
        rows = [row.as_json() for row in self.rows]
        data = {"machine": self.machine, "notes": self.notes, "broken": self.broken, "rows": rows}
        path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Report:
        data = json.loads(path.read_text(encoding="utf-8"))
        return cls(data["machine"], [Row.from_json(row) for row in data["rows"]], data["notes"], data["broken"])


def table(rows: Sequence[Row]) -> str:
    """The rows of one part, each with its target, where it has one, on a line of its own."""
    rulers = list(dict.fromkeys(ruler for row in rows for ruler in row.ratios))
    cells = [["", "median", "p95", "", "n", *(f"× {ruler}" for ruler in rulers)]]
    cells += [
        [
            row.name,
            shown(row.median),
            "" if row.p95 is None else shown(row.p95),
            row.unit,
            str(row.samples),
            *(shown(row.ratios[ruler]) if ruler in row.ratios else "" for ruler in rulers),
        ]
        for row in rows
    ]
    left = (0, 3)
    told = _aligned(cells, left)
    lines = [told[0]]
    for row, line in zip(rows, told[1:], strict=True):
        lines.append(line)
        for target in row.targets:
            reached = "reached" if target.reached else "MISSED"
            lines.append(f"    target: {target.says}: {reached} ({shown(target.measured)})")
    return "\n".join(lines)


def targets(rows: Sequence[Row]) -> str:
    """How many of the targets were reached, and which were not."""
    all_of_them = [(row, target) for row in rows for target in row.targets]
    missed = [(row, target) for row, target in all_of_them if not target.reached]
    lines = [f"{len(all_of_them) - len(missed)} of {len(all_of_them)} targets reached."]
    for row, target in missed:
        lines.append(f"  missed: {row.part}, {row.name}: {target.says}, measured {shown(target.measured)}")
    return "\n".join(lines)


def comparison(old: Report, new: Report) -> str:
    """Both medians of every row that both have. Where a row has a ruler, the change is that of its ratio to the
    ruler, since a ruler drifts with the machine; else that of the median.
    """
    lines = [
        f"The machines differ in {fact}: {json.dumps(old.machine.get(fact))} and {json.dumps(new.machine.get(fact))}."
        for fact in ("cores", "cpu", "kernel", "engine", "quick")
        if old.machine.get(fact) != new.machine.get(fact)
    ]
    before = {(row.part, row.name): row for row in old.rows}
    measured = {row.part for row in new.rows}  # of a part that was left out nothing is gone
    cells = [["", "before", "now", "", "change", "by"]]
    for row in new.rows:
        was = before.pop((row.part, row.name), None)
        if was is None:
            cells.append([f"{row.part}, {row.name}", "", shown(row.median), row.unit, "new", ""])
            continue
        ruler = next((ruler for ruler in row.ratios if ruler in was.ratios), None)
        a, b = (was.median, row.median) if ruler is None else (was.ratios[ruler], row.ratios[ruler])
        if a == 0:
            told = "same" if b == 0 else "was 0"
        else:
            change = b / a - 1
            told = "same" if abs(change) < NOISE else f"{change:+.0%}"
        by = "median" if ruler is None else f"× {ruler}"
        cells.append([f"{row.part}, {row.name}", shown(was.median), shown(row.median), row.unit, told, by])
    cells += [
        [f"{was.part}, {was.name}", shown(was.median), "", was.unit, "gone", ""]
        for was in before.values()
        if was.part in measured
    ]
    return "\n".join([*lines, *_aligned(cells, left=(0, 3, 5))])


def section(report: Report) -> str:
    """The section "Figures" of the README: the main rows, in Markdown."""
    machine = report.machine
    introduction = (
        f"`python -m tests.benchmarks` on {machine['cores']} cores, Docker {machine['engine']}, commit"
        f" {machine['commit'][:9]}; medians of one interleaved run, × is against the ruler in the same run"
        " ([how to read them](docs/benchmarks.md))."
    )
    lines = [
        "## Figures",
        "",
        *textwrap.wrap(introduction, 120, break_long_words=False, break_on_hyphens=False),
        "",
        "| | median | beside |",
        "|---|---|---|",
    ]
    for row in report.rows:
        if row.headline:
            beside = ", ".join(f"{shown(ratio)} × {ruler}" for ruler, ratio in row.ratios.items())
            lines.append(f"| {row.headline} | {shown(row.median)} {row.unit} | {beside} |")
    missed = [(row, target) for row in report.rows for target in row.targets if not target.reached]
    if missed:
        lines += ["", "Missed so far:"]
        lines += [
            f"- {row.part}, {row.name}: {target.says}, measured {shown(target.measured)}" for row, target in missed
        ]
    return "\n".join(lines)


def facts(machine: Mapping[str, Any]) -> str:
    """The machine in a few lines, and a warning where it was busy with something else."""
    told = ", ".join(f"{name} {value}" for name, value in machine.items() if not isinstance(value, dict))
    busy = machine["load before"] > machine["cores"] / 4
    return told + ("\nThis machine was busy before the benchmark began: its figures are noisy." if busy else "")


def _aligned(cells: Sequence[Sequence[str]], left: Sequence[int]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
