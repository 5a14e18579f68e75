"""What the benchmark makes of its samples: statistics, tables, comparison, the README's section."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.figures import Row, at_least, at_most, measured, p95, shown
from tests.benchmarks.report import Report, comparison, facts, section, table, targets

MACHINE: dict[str, Any] = {"cores": 2, "engine": "20.10", "commit": "1e4e2a61d615c4a8a4", "load before": 0.1}
CLICK = measured("clicks", "ready: first byte", "ms", [9, 10, 12], {"bare": [19, 20, 21]}, headline="A click")


def test_a_row_has_the_median_and_its_ratio_to_the_median_of_the_ruler() -> None:
    assert CLICK.median == 10
    assert CLICK.ratios == {"bare": 0.5}
    assert CLICK.samples == 3


def test_a_ruler_without_samples_gives_no_ratio() -> None:
    assert measured("clicks", "ready", "ms", [1], {"bare": []}).ratios == {}


def test_one_sample_has_no_spread() -> None:
    assert measured("rest", "start", "ms", [5]).p95 is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [([7], 7), (list(range(101)), 95), ([1, 2], 1.95), ([3, 3, 3], 3), ([100, *[1] * 99], 1)],
)
def test_p95(values: list[float], expected: float) -> None:
    assert p95(values) == pytest.approx(expected)


def test_p95_does_not_depend_on_the_order() -> None:
    assert p95([5, 1, 4, 2, 3]) == p95([1, 2, 3, 4, 5]) == pytest.approx(4.8)


@pytest.mark.parametrize(
    ("target", "reached"),
    [
        (at_most(1.0, "× bare", 1.0), True),
        (at_most(1.0, "× bare", 1.001), False),
        (at_least(0.8, "× the constant view", 0.8), True),
        (at_least(0.8, "× the constant view", 0.79), False),
    ],
)
def test_a_target_is_reached_at_its_limit_and_not_beyond(target: Any, reached: bool) -> None:
    assert target.reached is reached


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.0412, "0.0412"),
        (0.999, "0.999"),
        (1, "1.00"),
        (9.994, "9.99"),
        (9.996, "10.0"),
        (99.94, "99.9"),
        (99.96, "100"),
        (1048576, "1,048,576"),
    ],
)
def test_three_digits_that_count(value: float, text: str) -> None:
    assert shown(value) == text


def test_a_table_aligns_its_columns_and_tells_each_target_on_a_line_of_its_own() -> None:
    rows = [
        replace(CLICK, targets=[at_most(1, "× bare", 0.5), at_most(0.4, "× docker run", 0.5)]),
        Row("clicks", "bare: first byte", "ms", 20.0),
    ]
    assert table(rows).splitlines() == [
        "                   median   p95      n  × bare",
        "ready: first byte    10.0  11.8  ms  3   0.500",
        "    target: at most 1 × bare: reached (0.500)",
        "    target: at most 0.4 × docker run: MISSED (0.500)",
        "bare: first byte     20.0        ms  1",
    ]


def test_what_was_missed_is_named() -> None:
    rows = [replace(CLICK, targets=[at_most(1, "× bare", 0.5)]), replace(CLICK, targets=[at_most(1, "× bare", 2)])]
    assert targets(rows).splitlines() == [
        "1 of 2 targets reached.",
        "  missed: clicks, ready: first byte: at most 1 × bare, measured 2.00",
    ]


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    row = replace(CLICK, targets=[at_most(1, "× bare", 0.5)])
    report = Report(MACHINE, [row], ["A note."], ["reads"])
    report.write(tmp_path / "run.json")
    assert Report.read(tmp_path / "run.json") == report


def test_a_comparison_goes_by_the_ratio_to_the_ruler_where_there_is_one() -> None:
    # The machine was twice as slow the second time; in truth nothing has changed.
    slower = measured("clicks", "ready: first byte", "ms", [20], {"bare": [40]})
    told = comparison(Report(MACHINE, [CLICK]), Report(MACHINE, [slower]))
    assert " ".join(told.splitlines()[1].split()) == "clicks, ready: first byte 10.0 20.0 ms same × bare"


def test_a_comparison_goes_by_the_median_where_there_is_no_ruler() -> None:
    before, now = Row("rest", "memory", "MiB", 100), Row("rest", "memory", "MiB", 80)
    assert "-20%" in comparison(Report(MACHINE, [before]), Report(MACHINE, [now]))
    assert "same" in comparison(Report(MACHINE, [before]), Report(MACHINE, [replace(now, median=95)]))


def test_a_comparison_names_what_is_new_and_what_is_gone() -> None:
    told = comparison(Report(MACHINE, [Row("rest", "old", "ms", 1)]), Report(MACHINE, [Row("rest", "other", "ms", 1)]))
    assert [line.split()[-1] for line in told.splitlines()[1:]] == ["new", "gone"]


def test_a_comparison_leaves_out_the_parts_that_were_not_measured_again() -> None:
    row = Row("rest", "memory", "MiB", 1)
    assert "clicks" not in comparison(Report(MACHINE, [row, CLICK]), Report(MACHINE, [row]))


def test_a_comparison_says_that_the_machines_differ() -> None:
    other = Report(MACHINE | {"cores": 8}, [CLICK])
    assert comparison(Report(MACHINE, [CLICK]), other).startswith("The machines differ in cores: 2 and 8.")


def test_a_row_that_was_zero_can_be_compared() -> None:
    rows = [Row("throughput", "lost", "runs", 0)]
    assert "same" in comparison(Report(MACHINE, rows), Report(MACHINE, rows))
    lost = [Row("throughput", "lost", "runs", 3)]
    assert "was 0" in comparison(Report(MACHINE, rows), Report(MACHINE, lost))


def test_the_readme_shows_what_has_a_headline_and_what_was_missed() -> None:
    missed = Row("rest", "memory", "MiB", 100, targets=[at_most(50, "MiB", 100)])
    text = section(Report(MACHINE, [CLICK, missed]))
    assert "| A click | 10.0 ms | 0.500 × bare |" in text
    assert "| memory" not in text
    assert "- rest, memory: at most 50 MiB, measured 100" in text
    assert "2 cores" in text
    assert "1e4e2a61d" in text


def test_a_busy_machine_is_reported() -> None:
    assert "noisy" not in facts(MACHINE)
    assert "noisy" in facts(MACHINE | {"load before": 1.0})
