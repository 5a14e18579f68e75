"""A worker with a real store: what it tells of its engine, and what it makes of sandboxes that break."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest

from gistrun.errors import EngineUnavailable, Interrupted, SandboxUnavailable
from gistrun.model import Image, Program, SandboxEvent
from gistrun.store import Store
from gistrun.work.worker import EngineSandboxes, Heartbeat
from tests.fakes import IMAGE, taken

DOWN = "The Docker engine does not answer: it is down"
PROGRAM = Program("python", "main.py", ())


class Breaking:
    """A pool whose one sandbox breaks after it was taken."""

    def __init__(self, error: SandboxUnavailable) -> None:
        self._error = error

    def run(self, program: Program) -> Iterator[SandboxEvent]:
        yield taken()
        raise self._error

    def warm(self) -> dict[str, int]:
        return {}

    def learn(self, ready: list[Image], ages: dict[str, float]) -> None:
        pass


@dataclass
class Parts:
    """A worker's heartbeat and sandboxes."""

    heartbeat: Heartbeat
    sandboxes: EngineSandboxes

    def run(self, program: Program) -> Iterator[SandboxEvent]:
        return self.sandboxes.run(program)


@pytest.fixture
def make(store: Store) -> Callable[..., Parts]:
    """Makes a worker, given how its sandboxes break and what its engine says each time; it has given one heartbeat."""

    def make(error: SandboxUnavailable, *engine: str | None) -> Parts:
        says = iter(engine)
        ready = [Image("python", IMAGE, "Python 3.13.5")]
        pool = cast(Any, Breaking(error))
        heartbeat = Heartbeat("w", store, pool, lambda: next(says), lambda: ready, lambda: None)
        heartbeat.beat()
        return Parts(heartbeat, EngineSandboxes(pool, heartbeat))

    return make


def test_a_sandbox_that_breaks_while_the_engine_is_down_marks_the_engine_in_the_store(
    make: Callable[..., Parts], store: Store
) -> None:
    worker = make(SandboxUnavailable("The connection broke."), None, DOWN)
    assert store.workers.engine_answers()
    with pytest.raises(EngineUnavailable, match=DOWN):
        list(worker.run(PROGRAM))
    assert not store.workers.engine_answers()


def test_an_engine_that_answers_again_by_now_was_away_all_the_same(make: Callable[..., Parts], store: Store) -> None:
    with pytest.raises(EngineUnavailable, match=DOWN):
        list(make(EngineUnavailable(DOWN), None, None).run(PROGRAM))
    assert not store.workers.engine_answers()


def test_a_sandbox_that_breaks_while_the_engine_answers_is_an_error(make: Callable[..., Parts], store: Store) -> None:
    with pytest.raises(SandboxUnavailable, match="The image is missing") as raised:
        list(make(SandboxUnavailable("The image is missing."), None, None).run(PROGRAM))
    assert not isinstance(raised.value, EngineUnavailable)
    assert store.workers.engine_answers()


def test_a_worker_that_stops_does_not_ask_its_engine(make: Callable[..., Parts]) -> None:
    with pytest.raises(Interrupted):
        list(make(Interrupted("The worker was stopped."), None).run(PROGRAM))


def test_a_sign_of_life_tells_the_images_that_are_there(make: Callable[..., Parts], store: Store) -> None:
    worker = make(SandboxUnavailable(""), DOWN, None)
    assert store.images.ready("python") is None
    worker.heartbeat.beat()
    assert store.images.ready("python") == Image("python", IMAGE, "Python 3.13.5")
    assert store.workers.alive()["w"]["images"] == ["python"]
