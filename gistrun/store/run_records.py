"""Runs as they are stored, and back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from gistrun.model import Attempt, Request, Run, from_record
from gistrun.store.keys import redis_key, run_stream


@dataclass(frozen=True, slots=True)
class ActiveRun:
    """A run that has not ended yet, and what has kept it from its end so far."""

    run: Run
    request: Request
    #: The request's key.
    key: str
    #: The name of the image that it needs.
    image: str
    #: The attempt that counts: writes of any other attempt are refused.
    attempt: int
    #: Who took that attempt, or "".
    worker: str = ""
    #: Attempts whose worker or engine was lost while they ran.
    lost: int = 0
    #: Since when the run waits for an engine (seconds since the epoch), or None; and how many seconds it did before.
    waiting: float | None = None
    waited: float = 0.0
    #: In whose turn it waits; "" when nobody waits for it.
    visitor: str = ""
    #: The visitor in whose turn it was created, who may stop it; "" when it was none. The store sets this.
    starter: str = ""

    @property
    def job(self) -> Attempt:
        """The attempt that counts, as a job names it."""
        return Attempt(self.run.id, self.attempt, self.run.gist, self.run.revision)


def read_run(record: Any) -> Run | None:
    """The run in a stored record; None where there is none that can be read."""
    try:
        return Run.from_json(json.loads(record)) if record else None
    except (KeyError, ValueError):  # another version wrote it
        return None


def read_active(record: dict[bytes, bytes]) -> ActiveRun:
    """The run in a stored hash."""
    waiting = record.get(b"waiting")
    run = Run.from_json(json.loads(record[b"json"]))
    return ActiveRun(
        run=run,
        request=from_record(Request, json.loads(record[b"request"])),
        key=record[b"key"].decode(),
        # An older version wrote no image, and had one for each language.
        image=record.get(b"image", run.language.encode()).decode(),
        attempt=int(record[b"attempt"]),
        worker=record[b"worker"].decode(),
        lost=int(record.get(b"lost", 0)),
        waiting=float(waiting) if waiting else None,
        waited=float(record.get(b"waited", 0)),
        visitor=record.get(b"visitor", b"").decode(),
        starter=record.get(b"starter", b"").decode(),
    )


def keys_of(run: Run, key: str) -> list[str]:
    """The keys that are kept of a run."""
    names = [redis_key("run", run.id), redis_key("under_way", key), redis_key("ended", key), redis_key("errors", key)]
    return [*names, run_stream(run.id)]
