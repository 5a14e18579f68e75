"""What gistrun takes while nobody comes: time to be ready, memory, CPU; and each ready sandbox."""

from __future__ import annotations

import time
from collections import defaultdict
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
        service.start()
        ready.append((time.perf_counter() - began) * 1000)
        if number == 0:
            bench.say(f"rest: {_IDLE_S:.0f} s of nothing")
            time.sleep(5)  # what follows a start is not rest
            pids = bench.processes(service)
            busy = machine.idle_for(_IDLE_S, pids)
            yield Row("rest", "CPU, of one core", "%", busy * 100, headline="CPU at rest, of one core")
            for name in ("all", *service.processes):
                roots = pids if name == "all" else [service.processes[name].pid]
                family = machine.family(roots)
                own = machine.proportional(family) / 2**20
                headline = "Memory at rest" if name == "all" else ""
                yield Row("rest", f"memory of {name} (PSS)", "MiB", own, headline=headline)
                if name == "all":
                    yield Row("rest", "memory of all (RSS)", "MiB", machine.resident(family) / 2**20)
                    yield Row("rest", "processes", "", len(family))
            containers = bench.containers(service)
            taken = sum(sum(_memory(bench, container).values()) for container in containers) / 1024
            yield Row("rest", "ready sandboxes", "", sum(map(bool, containers.values())))
            yield Row("rest", "other containers", "", len(containers) - sum(map(bool, containers.values())))
            yield Row("rest", "memory of all containers, the engine's shims included", "MiB", taken)
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

    bench.stop("service", "cold")
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
            for moment, value, most, unit in (
                ("memory of each", told["kib_each"], 30, "KiB"),
                ("the last after the first", told["last_ms"], 100, "ms"),
            ):
                headline = f"1,000 {name}: {moment}"
                row = Row("reads", f"{name}: {moment}", unit, value, headline=headline)
                yield replace(row, targets=[at_most(most, unit, value)])


def sandboxes(bench: Bench) -> Iterator[Row]:
    """What one that waits for its program takes."""
    for language in LANGUAGES:
        bench.say(f"sandboxes: {language}")
        bench.warm_up(bench.service, language)
        bench.settle(language)
        taken: dict[str, list[float]] = defaultdict(list)
        for sandbox in bench.sandboxes(bench.service, language):
            for name, kib in _memory(bench, sandbox).items():
                taken[name].append(kib)
        for name, values in taken.items():
            headline = f"A ready Python sandbox: {name}" if language == "python" else ""
            yield measured("sandboxes", f"{language}: {name}", "KiB", values, headline=headline)


def _memory(bench: Bench, container: str) -> dict[str, float]:
    """KiB that one takes: what the kernel charges it, and the engine's process beside it. Empty when it is gone."""
    pid = bench.engine.inspect_container(container)["State"]["Pid"]
    charged = machine.charged(pid) if pid else None
    if charged is None:
        return {}
    return {
        "control group": charged / 1024,
        "the engine's shim": machine.proportional([machine.parent(pid)]) / 1024,
    }
