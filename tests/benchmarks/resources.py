"""What gistrun takes while nobody comes: time to be ready, memory, CPU; and each ready sandbox."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from tests.benchmarks import machine
from tests.benchmarks.bench import LANGUAGES, Bench
from tests.benchmarks.figures import Row, at_least, at_most, measured

_IDLE_S = 10.0


def rest(bench: Bench) -> Iterator[Row]:
    """A service that is started, left alone, visited once, and stopped."""
    ready, stopped, firsts = [], [], []
    for number in range(bench.rounds(3, 1)):
        bench.say(f"rest: start {number + 1}")
        service = bench.made(f"rest-{number}")
        began = time.perf_counter()
        bench.start(service)
        ready.append((time.perf_counter() - began) * 1000)
        if number == 0:
            bench.say(f"rest: {_IDLE_S:.0f} s of nothing")
            time.sleep(2)  # what follows a start is not rest
            pids = bench.processes(service)
            busy = machine.idle_for(_IDLE_S, pids)
            yield Row("rest", "CPU, of one core", "%", busy * 100, headline="At rest, of one core")
            for name in ("all", *service.processes):
                roots = pids if name == "all" else [service.processes[name].pid]
                family = machine.family(roots)
                own = machine.proportional(family) / 2**20
                headline = "Memory at rest" if name == "all" else ""
                yield Row("rest", f"memory of {name} (PSS)", "MiB", own, headline=headline)
                if name == "all":
                    yield Row("rest", "memory of all (RSS)", "MiB", machine.resident(family) / 2**20)
                    yield Row("rest", "processes", "", len(family))
        firsts.append(bench.visitor(service).over_sse(bench.fresh().id).first * 1000)
        began = time.perf_counter()
        service.stop()
        stopped.append((time.perf_counter() - began) * 1000)
    yield measured("rest", "from the start to ready", "ms", ready, headline="From the start to ready")
    yield measured("rest", "the very first click: first byte", "ms", firsts)
    yield measured("rest", "from being told to stop to the end", "ms", stopped)


def reading(bench: Bench) -> Iterator[Row]:
    """Pages, badges and outputs that are kept, and 1,000 viewers, as `tests.benchmarks.reads` measures them."""
    from tests.benchmarks import reads

    bench.stop_services()
    bench.say("reads")
    for name, told in reads.measure(bench.rounds(5, 1)).items():
        if "per_second" in told:
            rulers = {} if name == "constant" else {"constant view": told["ratio"]}
            row = Row("reads", name, "/s", told["per_second"], ratios=rulers)
            if name in ("page", "badge"):
                row = replace(row, targets=[at_least(0.8, "× the constant view", told["ratio"])])
                row = replace(row, headline=f"A cached {name}")
            yield row
        else:
            each = Row("reads", f"{name}: memory of each", "KiB", told["kib_each"], headline=f"1,000 {name}: each")
            last = Row("reads", f"{name}: the last after the first", "ms", told["last_ms"])
            yield replace(each, targets=[at_most(30, "KiB", told["kib_each"])])
            yield replace(last, targets=[at_most(100, "ms", told["last_ms"])])


def sandboxes(bench: Bench) -> Iterator[Row]:
    """What one that waits for its program takes."""
    for language in LANGUAGES:
        bench.say(f"sandboxes: {language}")
        bench.warm_up(bench.service, language)
        bench.settle(language)
        groups, owns, shims = [], [], []
        for sandbox in bench.sandboxes(bench.service, language):
            pid = bench.engine.inspect_container(sandbox)["State"]["Pid"]
            if not pid:
                continue
            if (charged := machine.charged(pid)) is not None:
                groups.append(charged / 1024)
            owns.append(machine.proportional(machine.family([pid])) / 1024)
            shims.append(machine.proportional([machine.parent(pid)]) / 1024)
        for name, values in (
            ("control group", groups),
            ("its processes (PSS)", owns),
            ("the engine's shim beside it (PSS)", shims),
        ):
            if values:
                headline = "A ready Python sandbox" if language == "python" and name == "control group" else ""
                yield measured("sandboxes", f"{language}, ready: {name}", "KiB", values, headline=headline)
