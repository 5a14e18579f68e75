"""Unusual visits: fifty gists at once, a flood of output, many files, a large one."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.benchmarks.bench import LANGUAGES, Bench
from tests.benchmarks.figures import Row, at_most, measured
from tests.benchmarks.machine import peak
from tests.benchmarks.visitor import Click, Lost

_FLOOD_BYTES = 100_000_000
_FLOOD = f"head -c {_FLOOD_BYTES} /dev/zero | tr '\\0' x # {{}}\n"
_READ_ALL = 'import pathlib\nprint(sum(len(path.read_bytes()) for path in pathlib.Path(".").iterdir()), "{}")\n'
#: The first is fetched raw, the second by git.
_RAW_BYTES, _GIT_BYTES = 10_000_000, 10 * 2**20


def burst(bench: Bench) -> Iterator[Row]:
    """Fifty visitors click at the same moment, each on a gist nobody has seen."""
    count = 50
    firsts: list[float] = []
    ends: list[float] = []
    lost: list[str] = []
    for _ in range(bench.rounds(3, 1)):
        bench.say(f"burst: {count} gists")
        bench.settle()
        gists = [bench.fresh() for _ in range(count)]
        gate = threading.Barrier(count)

        def visit(place: int, gate: threading.Barrier = gate, gists: list[Any] = gists) -> None:
            visitor = bench.visitor(bench.service, place + 1)
            gate.wait()
            try:
                click = visitor.over_http(gists[place].id)
                if click.output != f"{gists[place].word}\n":
                    raise Lost(f"answered with {click.output!r}")
                firsts.append(click.first * 1000)
                ends.append(click.end * 1000)
            except Lost as error:
                lost.append(str(error))

        threads = [threading.Thread(target=visit, args=(place,), daemon=True) for place in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    began = time.perf_counter()
    for _ in range(count):
        bench.bare("python")
    bare = [(time.perf_counter() - began) * 1000]
    yield measured("burst", f"{count} gists at once: first byte", "ms", firsts or [0])
    yield measured("burst", f"{count} gists at once: end", "ms", ends or [0])
    last = max(ends, default=0)
    yield measured(
        "burst",
        f"{count} gists at once: the last end",
        "ms",
        [last],
        {f"{count} bare in a row": bare},
        headline=f"{count} gists at once: the last end",
    )
    yield replace(
        Row("burst", f"{count} gists at once: lost", "runs", len(lost)), targets=[at_most(0, "lost", len(lost))]
    )


def flood(bench: Bench) -> Iterator[Row]:
    """A program that prints 100 MB: told that it was too much, and what that costs us."""
    times: list[float] = []
    kept: list[float] = []
    grown: list[float] = []
    bare: list[float] = []
    docker: list[float] = []
    lost = 0
    visitor = bench.visitor(bench.service)
    script = ("sh", "-c", _FLOOD.format(""))
    nothing: dict[str, Any] = {"main.sh": ""}
    for _ in bench.each_round("flood", full=8, seconds=30):
        bench.settle("bash")
        gist = bench.fresh("bash", source=_FLOOD)
        with peak(bench.processes(bench.service)) as growth:
            click = visitor.over_sse(gist.id)
        if click.run["state"] != "output_limit":
            lost += 1
        times.append(click.end * 1000)
        kept.append(len(click.output.encode()))
        grown.append(growth[0] / 2**20)
        bench.settle("bash")
        bare.append(bench.bare("bash", script, nothing).end * 1000)
        docker.append(bench.docker_run("bash", script, nothing).end * 1000)
    rulers = {"bare": bare, "docker run": docker}
    headline = "100 MB of output: told that it is too much"
    yield measured("flood", "100 MB: told that it is too much", "ms", times, rulers, headline=headline)
    yield measured("flood", "100 MB: bytes kept", "bytes", kept)
    yield measured("flood", "100 MB: our memory grew by", "MiB", grown)
    yield measured("flood", "100 MB: bare, to the end", "ms", bare)
    yield measured("flood", "100 MB: docker run, to the end", "ms", docker, {"bare": bare})
    yield Row("flood", "100 MB: ended otherwise", "runs", lost)


def files(bench: Bench) -> Iterator[Row]:
    """300 files, and one of 10 MB (raw, and by git): read by a program that prints how much there is."""
    many: dict[str, str | bytes] = {f"note-{number:03}.txt": f"This is file {number}.\n" for number in range(299)}
    yield from _with(bench, "300 files", many)
    for name, size in (("a file of 10 MB, raw", _RAW_BYTES), ("a file of 10 MB", _GIT_BYTES)):
        yield from _with(bench, name, {"data.txt": "".join(f"line {n:10}\n" for n in range(size // 16))})


def _with(bench: Bench, name: str, more: dict[str, str | bytes]) -> Iterator[Row]:
    samples: dict[str, list[Any]] = {"ready, SSE": [], "again, SSE": [], "bare": [], "docker run": []}
    argv = LANGUAGES["python"].bare
    for _ in bench.each_round(f"files: {name}", full=12, seconds=30):
        bench.settle()
        gist = bench.fresh(more=more, source=_READ_ALL)
        samples["ready, SSE"].append(_checked(bench.visitor(bench.service).over_sse(gist.id), gist.word))
        bench.settle()
        again = bench.visitor(bench.service).over_sse(gist.id, rerun=True)
        samples["again, SSE"].append(_checked(again, gist.word))
        bench.github.delete(gist.id)
        bench.settle()
        samples["bare"].append(bench.bare("python", argv, gist.files))
        samples["docker run"].append(bench.docker_run("python", argv, gist.files))
    for moment in ("first", "end"):
        times = {way: [getattr(one, moment) * 1000 for one in ones] for way, ones in samples.items()}
        told = "first byte" if moment == "first" else "end"
        rulers = {"bare": times["bare"], "docker run": times["docker run"]}
        headline = f"Python, {name}, ready sandbox: first byte" if moment == "first" else ""
        yield measured("files", f"{name}, ready, SSE: {told}", "ms", times["ready, SSE"], rulers, headline=headline)
        yield measured("files", f"{name}, again, SSE: {told}", "ms", times["again, SSE"], rulers)
        yield measured("files", f"{name}, bare: {told}", "ms", times["bare"])


def _checked(click: Click, word: str) -> Click:
    if word not in click.output:
        raise Lost(f"a click was answered with {click.output!r} and {click.run}")
    return click
