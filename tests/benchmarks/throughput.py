"""How many runs a second, and how fairly: 1 to 32 visitors who click again as soon as they have been answered."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Row, at_least, at_most, measured, p95
from tests.benchmarks.rulers import life_cycles
from tests.benchmarks.visitor import Lost

LEVELS = (1, 2, 4, 8, 16, 32)
#: Runs for each visitor that are waited for at the least, however long that takes.
_TURNS = 2


@dataclass
class _Visits:
    """What came of some visitors' clicks; `at_once` of them were waiting at any time."""

    at_once: int
    #: Seconds, by visitor.
    waits: list[list[float]] = field(default_factory=list)
    #: Runs that ended while everybody was clicking.
    per_second: float = 0.0
    lost: list[str] = field(default_factory=list)

    @property
    def fair(self) -> float:
        """Seconds that each would wait if all were served in turn."""
        return self.at_once / self.per_second


def measure(bench: Bench) -> Iterator[Row]:
    levels = (1, 4, 32) if bench.quick else LEVELS
    image = bench.ready["python"].digest
    bench.warm_up(bench.service, "python")
    cycles: dict[int, float] = {}
    visits: dict[int, _Visits] = {}
    # In turn, so that both see the same machine.
    rulers = (2, 4) if bench.quick else (1, 2, 3, 4)
    for place in range(max(len(levels), len(rulers))):
        if place < len(rulers):
            bench.say(f"throughput: the engine's life cycles, {rulers[place]} at once")
            cycles[rulers[place]] = life_cycles(bench.policy, image, rulers[place], bench.rounds(8, 4), bench.label)
        if place < len(levels):
            bench.say(f"throughput: {levels[place]} visitors")
            bench.settle()
            visits[levels[place]] = _visit(bench, levels[place], bench.rounds(15, 5))
    best = max(cycles.values())
    for at_once, per_second in cycles.items():
        yield Row("throughput", f"create + start + remove, {at_once} at once", "/s", per_second)
    top = max(visits, key=lambda level: visits[level].per_second)
    for level, seen in visits.items():
        row = Row(
            "throughput", f"{level} at once: runs", "/s", seen.per_second, ratios={"engine": seen.per_second / best}
        )
        if level == top:
            row = replace(row, targets=[at_least(1.6, "× the engine's best", seen.per_second / best)])
            row = replace(row, headline=f"Runs, {level} visitors at once")
        yield row
    for level, seen in visits.items():
        yield from _waits(level, seen)
    yield from _beside_a_greedy_one(bench, visits[max(levels)].per_second)


def _waits(level: int, seen: _Visits) -> Iterator[Row]:
    waits = [wait * 1000 for each in seen.waits for wait in each]
    longest = max(waits) / 1000 / seen.fair
    yield Row(
        "throughput", f"{level} at once: wait", "ms", statistics.median(waits), p95(waits), len(waits),
        {"fair share": statistics.median(waits) / 1000 / seen.fair},
    )  # fmt: skip
    slowest = Row("throughput", f"{level} at once: longest wait", "ms", max(waits), ratios={"fair share": longest})
    lost = Row("throughput", f"{level} at once: lost", "runs", len(seen.lost))
    if level == 32:
        slowest = replace(slowest, targets=[at_most(2, "× the fair share", longest)])
        slowest = replace(slowest, headline="The longest wait among 32 at once")
        lost = replace(lost, targets=[at_most(0, "lost", len(seen.lost))])
    yield slowest
    yield lost


def _visit(bench: Bench, at_once: int, seconds: float) -> _Visits:
    """Visitors who click, wait for the end, and click again, for so long and until each has had its turn twice."""
    seen = _Visits(at_once, [[] for _ in range(at_once)])
    ended: list[float] = []
    enough = threading.Event()
    began = time.perf_counter()
    # The sandboxes that wait already are used up before anything counts.
    counts_from, may_stop = began + seconds / 4, began + seconds

    def visit(place: int) -> None:
        visitor = bench.visitor(bench.service, place + 1)
        while not enough.is_set():
            gist = bench.fresh()
            try:
                click = visitor.over_http(gist.id)
                if click.output != f"{gist.word}\n":
                    raise Lost(f"answered with {click.output!r}")
                seen.waits[place].append(click.end)
            except Lost as lost:
                seen.lost.append(str(lost))
            now = time.perf_counter()
            if not enough.is_set():  # everybody still clicks
                ended.append(now)
            if now >= may_stop and len(ended) >= _TURNS * at_once:
                enough.set()

    _all(visit, at_once, enough)
    counted = [moment for moment in ended if moment >= counts_from]
    seen.per_second = len(counted) / (max(ended) - counts_from)
    return seen


def _beside_a_greedy_one(bench: Bench, per_second: float) -> Iterator[Row]:
    """Four visitors who want one run each, while a fifth has just asked for two dozen."""
    bench.say("throughput: beside a greedy visitor")
    bench.settle()
    greedy = bench.visitor(bench.service, 200)
    runs = [greedy.start(bench.fresh().id) for _ in range(24)]
    waits: list[float] = []
    lost: list[str] = []

    def visit(place: int) -> None:
        gist = bench.fresh()
        try:
            waits.append(bench.visitor(bench.service, 201 + place).over_http(gist.id).end * 1000)
        except Lost as error:
            lost.append(str(error))

    _all(visit, 4, threading.Event())
    for run in runs:
        greedy.ended(run)
    fair = 1000 * 5 / per_second
    if waits:
        row = measured("throughput", "one run each, beside a visitor with 24: wait", "ms", waits)
        yield replace(row, ratios={"fair share": max(waits) / fair})
    if lost:
        yield Row("throughput", "one run each, beside a visitor with 24: lost", "runs", len(lost))


def _all(visit: Callable[[int], None], count: int, stop: threading.Event) -> None:
    """So many visitors at the same time, to their end."""
    threads = [threading.Thread(target=visit, args=(place,), daemon=True) for place in range(count)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        stop.set()
