"""How the revisions of a gist ended, for its history: what is kept longer than the results themselves is short."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from gistrun.model import Run, State, from_record, to_record
from gistrun.store.connection import Client
from gistrun.store.gists import INDEX_KEPT, index
from gistrun.store.keys import redis_key

#: Ends that are kept of one gist.
_MOST = 100


@dataclass(frozen=True, slots=True)
class PastEnd:
    """How one run of a gist's usual program ended."""

    #: The run's id.
    run: str
    #: The gist's revision.
    revision: str
    state: State
    toolchain: str | None
    image: str | None
    duration_ms: int | None
    finished_at: datetime | None


class HistoryShelf:
    """Past ends, by gist."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def add(self, run: Run) -> None:
        """Remember how this run ended."""
        end = PastEnd(
            run.id, run.revision, run.state, run.toolchain, run.image, run.outcome.duration_ms, run.finished_at
        )
        name = redis_key("history", run.gist)
        pipe = self._client.pipeline()
        pipe.lpush(name, json.dumps(to_record(end)))
        pipe.ltrim(name, 0, _MOST - 1)
        pipe.expire(name, INDEX_KEPT)
        index(pipe, run.gist, run.finished_at, name)
        pipe.execute()

    def of(self, gist_id: str) -> list[PastEnd]:
        """The ends of that gist's runs, the newest first."""
        found = cast(list[Any], self._client.lrange(redis_key("history", gist_id), 0, -1))
        return [end for each in found if (end := _read(each))]


def _read(record: Any) -> PastEnd | None:
    try:
        return from_record(PastEnd, json.loads(record))
    except (KeyError, ValueError):  # another version wrote it
        return None
