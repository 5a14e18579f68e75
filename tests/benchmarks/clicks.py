"""From a click to the first byte of output and to the end: cold, ready, again, cached; over HTTP and over SSE."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from tests.benchmarks.bench import LANGUAGES, Bench
from tests.benchmarks.figures import Row, at_most, measured
from tests.benchmarks.rulers import Timing
from tests.benchmarks.visitor import Click, Lost, Visitor

#: What the issue asks of a ready sandbox over SSE, in times bare.
_FIRST, _FIRST_OF_OTHERS, _END = 1.0, 1.3, 1.5
_TITLES = {"python": "Python", "c": "C", "bash": "Bash", "javascript": "Node"}
_HEADLINES = {
    "again, SSE": "ready sandbox",
    "ready, SSE": "never seen before",
    "cold, SSE": "no sandbox ready",
    "cached, HTTP": "cached",
}


@dataclass
class _Samples:
    """Milliseconds."""

    first: list[float] = field(default_factory=list)
    end: list[float] = field(default_factory=list)

    def add(self, timing: Timing | Click) -> None:
        self.first.append(timing.first * 1000)
        self.end.append(timing.end * 1000)


def measure(bench: Bench) -> Iterator[Row]:
    for place, language in enumerate(LANGUAGES, 1):
        samples = _sample(bench, language, f"clicks: {language}, {place} of {len(LANGUAGES)} languages")
        yield from _rows(language, samples)
    bench.stop("cold")


def _sample(bench: Bench, language: str, doing: str) -> dict[str, _Samples]:
    warm, cold = bench.visitor(bench.service), bench.visitor(bench.cold)

    def checked(click: Click, word: str) -> Click:
        if word not in click.output:
            raise Lost(f"a click was answered with {click.output!r} and {click.run}")
        return click

    def click(visitor: Visitor, way: str) -> Click:
        gist = bench.fresh(language)
        return checked(getattr(visitor, way)(gist.id), gist.word)

    bench.warm_up(bench.service, language)
    bench.warm_up(bench.cold, language)
    known = bench.fresh(language)
    for visitor in (warm, cold):
        checked(visitor.over_http(known.id), known.word)
    ways: dict[str, Callable[[], Timing | Click]] = {
        "ready, HTTP": lambda: click(warm, "over_http"),
        "ready, SSE": lambda: click(warm, "over_sse"),
        "again, SSE": lambda: checked(warm.over_sse(known.id, rerun=True), known.word),
        "cold, HTTP": lambda: click(cold, "over_http"),
        "cold, SSE": lambda: click(cold, "over_sse"),
        "cached, HTTP": lambda: checked(warm.over_http(known.id), known.word),
        "cached, SSE": lambda: checked(warm.over_sse(known.id), known.word),
        "bare": lambda: bench.bare(language),
        "docker run": lambda: bench.docker_run(language),
    }
    try:
        bench.bare_on_host(language)
        ways["bare, this machine's own"] = lambda: bench.bare_on_host(language)
    except RuntimeError:
        pass  # not installed here
    for act in (ways["bare"], ways["docker run"]):
        act()  # reads the files from the disk
    samples: dict[str, _Samples] = defaultdict(_Samples)
    for _ in bench.each_round(doing, full=20, seconds=115):
        for way in bench.draw.sample(list(ways), len(ways)):
            bench.settle(language)
            samples[way].add(ways[way]())
    return {way: samples[way] for way in ways}


def _rows(language: str, samples: dict[str, _Samples]) -> Iterator[Row]:
    python = language == "python"
    for way, sample in samples.items():
        ruler = way in ("bare", "docker run")
        for moment in ("first byte", "end"):
            first = moment == "first byte"
            values = sample.first if first else sample.end
            bare = samples["bare"].first if first else samples["bare"].end
            docker = samples["docker run"].first if first else samples["docker run"].end
            rulers = {} if way == "bare" else {"bare": bare}
            rulers |= {} if ruler else {"docker run": docker}
            # Where a sandbox is ready for all languages, the others for one.
            told = way in _HEADLINES and (way == "again, SSE" or (python and first))
            headline = f"{_TITLES[language]}, {_HEADLINES[way]}: {moment}" if told else ""
            row = measured(f"clicks, {language}", f"{way}: {moment}", "ms", values, rulers, headline=headline)
            if way == "again, SSE":
                most = (_FIRST if python else _FIRST_OF_OTHERS) if first else _END
                row = replace(row, targets=[at_most(most, "× bare", row.ratios["bare"])])
            yield row
