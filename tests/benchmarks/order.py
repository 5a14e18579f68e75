"""What the order of both streams costs, and what it gives: `python -m tests.benchmarks.order [ROUNDS]`.

Each program runs in sandboxes whose kernel asks process 1 before a write to standard error, and in others where it may
not (the engine's profile refuses it). They take turns; the medians stand side by side. The programs measure themselves.
"""

from __future__ import annotations

import statistics
import sys
from collections import defaultdict
from typing import Any

import docker

from gistrun import languages
from gistrun.engine import Engine
from gistrun.images.catalogue import Catalogue
from gistrun.model import GistFile, Limits, Output, Program, Stream
from gistrun.sandbox.container import Sandbox
from gistrun.sandbox.owner import Owner
from gistrun.sandbox.policy import Policy

WRITES = 100_000
PAIRS = 10_000

_C = """
#include <stdio.h>
#include <time.h>
#include <unistd.h>
static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}
int main(void) {
    double begun = now();
    for (int i = 0; i < %(writes)d; i++) write(1, "123456789\\n", 10);
    double out = now();
    for (int i = 0; i < %(writes)d; i++) write(2, "123456789\\n", 10);
    double err = now();
    for (int i = 0; i < %(pairs)d; i++) { write(1, "123456789\\n", 10); write(2, "123456789\\n", 10); }
    double both = now();
    printf("\\nfigures %%f %%f %%f\\n", (out - begun) / %(writes)d, (err - out) / %(writes)d, (both - err) / %(pairs)d);
}
""" % {"writes": WRITES, "pairs": PAIRS}  # noqa: UP031 - C has braces of its own
_COSTS = ("a line to standard output", "a line to standard error", "one to each in turn")

#: A line to each stream in turn.
_ALTERNATING = {
    "python": f"import sys\nfor i in range({PAIRS}): print(f'o {{i}}'); print(f'e {{i}}', file=sys.stderr)",
    "c": f"#include <stdio.h>\nint main() {{ for (int i = 0; i < {PAIRS}; i++)"
    ' {{ printf("o %d\\n", i); fprintf(stderr, "e %d\\n", i); }} }}'.replace("{{", "{").replace("}}", "}"),
    "javascript": f"for (let i = 0; i < {PAIRS}; i++) {{ console.log(`o ${{i}}`); console.error(`e ${{i}}`) }}",
    "perl": f'for my $i (0..{PAIRS - 1}) {{ print "o $i\\n"; print STDERR "e $i\\n"; }}',
    "bash": f"for ((i = 0; i < {PAIRS}; i++)); do echo o $i; echo e $i >&2; done",
    "sh": f"i=0; while [ $i -lt {PAIRS} ]; do echo o $i; echo e $i >&2; i=$((i + 1)); done",
}
_WANTED = [f"{stream} {i}" for i in range(PAIRS) for stream in "oe"]


class _Refusing(Engine):
    """The engine, but no program and no process 1 may install a filter."""

    def create(self, options: dict[str, Any]) -> str:
        host = options["HostConfig"]
        host["SecurityOpt"] = [option.replace('"seccomp", ', "") for option in host["SecurityOpt"]]
        return super().create(options)


class _Engines:
    def __init__(self) -> None:
        client = docker.from_env().api
        self._engines = {"with": Engine(client), "without": _Refusing(client)}
        self._known = languages.load()
        self._images = Catalogue(self._engines["with"], self._known)

    def run(self, way: str, name: str, source: str) -> list[Output]:
        image = self._images.ready(name)
        if image is None:
            raise SystemExit(f"gistrun images build {name}")
        owner = Owner("benchmark-order", "benchmark")
        limits = Limits(output_bytes=2**23)
        sandbox = Sandbox(self._engines[way], image, self._known[name], Policy(limits), owner)
        file = GistFile(f"main{self._known[name].extensions[0]}", source.encode())
        try:
            events = list(sandbox.run(Program(name, file.name, (file,))))
        finally:
            sandbox.close()
        return [event for event in events if isinstance(event, Output)]


def main(rounds: int = 5) -> None:
    """Measure and print."""
    engines, ways = _Engines(), ("with", "without")
    costs: dict[tuple[str, str], list[float]] = defaultdict(list)
    in_place: dict[tuple[str, str], list[float]] = defaultdict(list)
    for number in range(rounds):
        for way in ways if number % 2 else reversed(ways):
            printed = "".join(out.data for out in engines.run(way, "c", _C) if out.stream is Stream.STDOUT)
            for what, microseconds in zip(_COSTS, printed.partition("figures")[2].split(), strict=True):
                costs[what, way].append(float(microseconds))
            for name, source in _ALTERNATING.items():
                text = "".join(out.data for out in engines.run(way, name, source)).splitlines()
                in_place[name, way].append(sum(a == b for a, b in zip(text, _WANTED, strict=False)))
    print(f"medians of {rounds} rounds        with   without")
    for what in _COSTS:
        print(f"{what:27}" + "".join(f"{statistics.median(costs[what, way]):7.2f} µs" for way in ways))
    for name in _ALTERNATING:
        figures = "".join(f"{statistics.median(in_place[name, way]):10,.0f}" for way in ways)
        print(f"{name + ', lines in place':27}{figures} of {2 * PAIRS:,}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
