"""What was measured, as values: rows, their ratios to a ruler, and whether a target was reached. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Target:
    """What a figure is to reach."""

    #: As people read it: "at most 1.0 × bare".
    says: str
    measured: float
    reached: bool


def at_most(limit: float, what: str, measured: float) -> Target:
    """`what` is the unit or the ruler: "× bare", "ms"."""
    return Target(f"at most {limit:g} {what}", measured, measured <= limit)


def at_least(limit: float, what: str, measured: float) -> Target:
    return Target(f"at least {limit:g} {what}", measured, measured >= limit)


@dataclass(frozen=True)
class Row:
    """One line of a table. `name` stays the same from run to run, so that two runs can be compared."""

    part: str
    name: str
    unit: str
    median: float
    #: None where there is one sample, or one figure for the whole.
    p95: float | None = None
    samples: int = 1
    #: By ruler, each measured in the same run: {"bare": 0.9, "docker run": 0.05}.
    ratios: Mapping[str, float] = field(default_factory=dict)
    targets: Sequence[Target] = ()
    #: What the README calls it; empty for what is not shown there.
    headline: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Row:
        return cls(**{**data, "targets": [Target(**target) for target in data["targets"]]})


def measured(
    part: str,
    name: str,
    unit: str,
    values: Sequence[float],
    rulers: Mapping[str, Sequence[float]] | None = None,
    *,
    headline: str = "",
) -> Row:
    """A row of these samples; a ruler's are what the medians are divided by, so that 0.5 is half of it."""
    median = statistics.median(values)
    ratios = {ruler: median / statistics.median(of) for ruler, of in (rulers or {}).items() if of}
    spread = p95(values) if len(values) > 1 else None
    return Row(part, name, unit, median, spread, len(values), ratios, headline=headline)


def p95(values: Sequence[float]) -> float:
    """The value that 95 in 100 samples do not exceed, between two samples by their distance; of few, nearly the last.

    The method is the "inclusive" one of https://docs.python.org/3/library/statistics.html#statistics.quantiles.
    """
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def shown(value: float) -> str:
    """Three digits that count, without a power of ten: `0.0412`, `4.12`, `41.2`, `41,200`."""
    if value == 0 or abs(value) >= 99.95:
        return f"{value:,.0f}"
    digits = 3
    while abs(value) < 1 and digits < 6:
        value, digits = value * 10, digits + 1
    places = digits - (2 if abs(value) >= 9.995 else 1)
    return f"{value / 10 ** (digits - 3):.{places}f}"
