"""What Redis holds after a flood: `python -m tests.benchmarks.flood [runs]`.

So many runs (10,000 unless named), each of another gist with arguments of its own, that print 0.9 MB each, through the
store as a worker writes them, into a Redis as script/redis starts it. Once for text that compresses, once for noise.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from gistrun.model import Attempt, Outcome, Output, Phase, Request, Run, State, Stream
from gistrun.settings import Settings
from gistrun.store import ActiveRun, End, Store, connect
from gistrun.work.queue import Queue
from tests.servers import redis_server

PRINTED = 900_000
PIECE = 60_000


def main(runs: int = 10_000) -> None:
    """Measure and print."""
    draw = random.Random(1)
    text = "".join(
        f"{number} {draw.choice(['passed', 'failed'])} in {draw.random():.3f} s\n" for number in range(40_000)
    )
    noise = draw.randbytes(PRINTED).hex()
    for name, printed in (("text", text[:PRINTED]), ("noise", noise[:PRINTED])):
        for memory in (256 * 2**20, Settings.load({}).redis_memory):
            with tempfile.TemporaryDirectory() as folder, redis_server(Path(folder)) as url:
                store = Store(connect(url), Settings.load({}).keep)
                store.client.config_set("maxmemory", memory)
                store.client.config_set("maxmemory-policy", "volatile-lru")
                print(
                    f"{name}, GISTRUN_REDIS_MEMORY {memory / 2**20:.0f} MiB: {_flood(store, printed, runs)}", flush=True
                )


def _flood(store: Store, printed: str, runs: int) -> str:
    queue, waiting = Queue(store, 60), [Attempt(f"waiting{n}", 1, "a" * 20, "1" * 40) for n in range(100)]
    for attempt in waiting:
        queue.execute(attempt, "visitor")
    began, largest = time.perf_counter(), 0
    for number in range(runs):
        _run(store, number, printed)
        if number % 100 == 0:
            largest = max(largest, store.client.info("memory")["used_memory"])
    each = (time.perf_counter() - began) / runs
    lost = sum(queue.lost(attempt) for attempt in waiting)
    memory, kept = store.client.info("memory")["used_memory"], len(store.client.keys("gistrun:ended:*"))
    return (
        f"{memory / 2**20:.0f} MiB held (never over {max(largest, memory) / 2**20:.0f}), "
        f"{kept:,} of {runs:,} results kept, {lost} of {len(waiting)} waiting jobs lost, {each * 1000:.1f} ms a run"
    )


def _run(store: Store, number: int, printed: str) -> None:
    """One run as a worker writes it."""
    now = datetime.now(UTC)
    request = Request(args=(str(number),))
    run = Run(f"run{number}", f"{number:032x}", "1" * 40, "main.py", "python", now, args=request.args)
    new = ActiveRun(run, request, f"key{number}", "python", attempt=1)
    store.runs.create(new, public=True)
    store.runs.begin(new.job, "worker")
    for at in range(0, len(printed), PIECE):
        store.runs.append(run.id, 1, Output(0, Stream.STDOUT, Phase.RUN, printed[at : at + PIECE]))
    outcome = Outcome(State.PASSED, output_bytes=len(printed))
    store.ends.finish(End(run.ended(outcome, now), new.key, 1, f"identity{number}", f"owner{number % 50}"))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
