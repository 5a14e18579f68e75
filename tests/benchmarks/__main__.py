"""Everything that gistrun promises about speed, measured in one run beside its rulers.

    python -m tests.benchmarks [--quick] [--json FILE] [--only PART …] [--compare OLD.json]
    python -m tests.benchmarks --compare OLD.json NEW.json     two earlier runs
    python -m tests.benchmarks --figures FILE.json             the README's section

Needs root, a Docker engine on this machine with the images built, and `redis-server`; see docs/benchmarks.md. Ctrl-C
ends it and leaves nothing behind.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks import clicks, loads, report, resources, throughput
from tests.benchmarks.bench import Bench, opened
from tests.benchmarks.figures import Row
from tests.benchmarks.machine import facts
from tests.benchmarks.report import Report

PARTS: dict[str, tuple[str, Callable[[Bench], Iterator[Row]]]] = {
    "rest": ("At rest", resources.rest),
    "clicks": ("From a click to the first byte and the end", clicks.measure),
    "throughput": ("Many visitors", throughput.measure),
    "burst": ("Fifty gists at once", loads.burst),
    "flood": ("A flood of output", loads.flood),
    "files": ("Many files, a large file", loads.files),
    "sandboxes": ("A ready sandbox", resources.sandboxes),
    "reads": ("Kept pages, and viewers", resources.reading),
}


def main() -> int:
    options = _parser().parse_args()
    if options.figures:
        print(report.section(Report.read(options.figures)))
        return 0
    if len(options.compare) == 2:
        print(report.comparison(*map(Report.read, options.compare)))
        return 0
    if os.geteuid() != 0:
        print("Run it as root: programs are run bare in an image's root file system.", file=sys.stderr)
        return 1
    old = Report.read(options.compare[0]) if options.compare else None  # before 15 minutes are spent
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        made = _measure(options.only or list(PARTS), quick=options.quick)
    except KeyboardInterrupt:
        return 130
    if options.json:
        made.write(options.json)
    print(f"\n{report.targets(made.rows)}")
    if old:
        print(f"\n{report.comparison(old, made)}")
    return 1 if made.broken else 0


def _measure(parts: list[str], *, quick: bool) -> Report:
    began = time.monotonic()
    with opened(quick=quick) as bench:
        toolchains = {name: ready.toolchain for name, ready in bench.ready.items()}
        made = Report(facts(bench.engine, toolchains, quick))
        print(report.facts(made.machine))
        for part, (title, measure) in PARTS.items():
            if part not in parts:
                continue
            rows: list[Row] = []
            try:
                for row in measure(bench):
                    rows.append(row)
            except (Exception, SystemExit) as error:  # the other parts are worth having
                bench.say("")
                traceback.print_exc()
                made.broken.append(part)
                made.notes.append(f"Not everything could be measured of: {title.lower()}. {error}")
            bench.say("")
            for name in dict.fromkeys(row.part for row in rows):
                heading = f"{title}: {name.partition(', ')[2]}".removesuffix(": ")
                print(f"\n{heading}\n{report.table([row for row in rows if row.part == name])}", flush=True)
            made.rows += rows
        made.notes += bench.notes()
        bench.say("stopping")
    bench.say("")
    made.machine["took s"] = round(time.monotonic() - began)
    for note in [*made.notes, f"Took {made.machine['took s']} s."]:
        print(f"\n{note}")
    return made


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds: about 3 minutes, good for a first look")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), metavar="PART", help=", ".join(PARTS))
    parser.add_argument(
        "--compare",
        nargs="+",
        type=Path,
        default=[],
        metavar="JSON",
        help="with an earlier run; of two files the second is the newer, and nothing is measured",
    )
    parser.add_argument("--figures", type=Path, metavar="JSON", help="print the README's section from a run")
    return parser


if __name__ == "__main__":
    sys.exit(main())
