"""A worker with a real store: what it tells of its engine, and what it makes of sandboxes that break."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gistrun.errors import EngineUnavailable, Interrupted, SandboxUnavailable, Stopped
from gistrun.model import Attempt, Image, Program, SandboxEvent
from gistrun.store import Store
from gistrun.work.worker import EngineSandboxes, Heartbeat, Worker
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

    def stop(self) -> None:
        pass

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
        heartbeat = Heartbeat("w", store, pool, lambda: next(says), lambda _: ready, lambda: None)
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


def test_what_the_engine_said_a_while_ago_is_not_published(make: Callable[..., Parts], store: Store) -> None:
    worker = make(SandboxUnavailable(""), None, None)
    assert store.images.ready("python")
    store.images.forget("python")
    worker.heartbeat.beat()
    assert store.images.ready("python") is None


def test_images_that_were_asked_for_lately_are_looked_for(store: Store) -> None:
    store.packages.used("python+0123456789abcdef")
    asked: list[str] = []

    def images(names: Iterable[str]) -> list[Image]:
        asked.extend(names)
        return []

    heartbeat = Heartbeat("w", store, cast(Any, Breaking(SandboxUnavailable(""))), lambda: None, images, lambda: None)
    heartbeat.beat()
    assert asked == ["python+0123456789abcdef"]


def test_an_engine_that_does_not_say_which_images_it_has_keeps_those_it_had(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def images(_names: Iterable[str]) -> list[Image]:
        if store.images.ready("python"):
            raise EngineUnavailable(DOWN)
        return [Image("python", IMAGE, "Python 3.13.5")]

    heartbeat = Heartbeat("w", store, cast(Any, Breaking(SandboxUnavailable(""))), lambda: None, images, lambda: None)
    monkeypatch.setattr("gistrun.work.worker.EVERY_S", 0.0)
    heartbeat.beat()
    heartbeat.beat()
    assert store.workers.alive()["w"]["images"] == ["python"]


class Serving:
    """A pool whose one sandbox runs until it is stopped; it also plays the execution of an attempt."""

    def __init__(self) -> None:
        self.begun, self.stopped = threading.Event(), threading.Event()
        self.raised: Exception | None = None

    def run(self, program: Program) -> Iterator[SandboxEvent]:
        yield taken()
        self.begun.set()
        assert self.stopped.wait(20)
        raise SandboxUnavailable("The connection broke.")

    def stop(self) -> None:
        self.stopped.set()

    def execute(self, attempt: Attempt, worker: str, sandboxes: EngineSandboxes) -> None:
        try:
            for _ in sandboxes.run(PROGRAM):
                pass
        except Exception as error:
            self.raised = error
        # The other cases of the same attempt.
        with pytest.raises(Stopped):
            list(sandboxes.run(PROGRAM))


@pytest.fixture
def serving() -> Serving:
    return Serving()


@pytest.fixture
def worker(store: Store, serving: Serving) -> Iterator[Worker]:
    """A worker that executes the second attempt of a run."""
    heartbeat = cast(Any, SimpleNamespace(beat=lambda: None, check_engine=lambda: DOWN))
    worker = Worker(
        "w", cast(Any, serving), cast(Any, serving), EngineSandboxes(cast(Any, serving), heartbeat), heartbeat, store
    )
    store.client.hset("gistrun:run:r1", mapping={"attempt": 2})
    work = threading.Thread(target=worker.execute, args=(Attempt("r1", 2, "a" * 20, "1" * 40),))
    work.start()
    assert serving.begun.wait(20)
    yield worker
    work.join(20)
    assert not work.is_alive()
    assert isinstance(serving.raised, Stopped)


def test_a_worker_stops_the_attempt_that_it_executes_and_no_other(worker: Worker, serving: Serving) -> None:
    for run, number in (("r1", 1), ("r2", 2), ("r1", 3)):
        worker.stop(run, number)
    worker.beat()
    assert not serving.stopped.is_set()
    worker.stop("r1", 2)
    assert serving.stopped.is_set()


@pytest.mark.parametrize("left", [{"attempt": 0}, {"attempt": 3}, None])
def test_a_worker_that_missed_the_command_notices(
    worker: Worker, serving: Serving, store: Store, left: dict[str, int] | None
) -> None:
    store.client.delete("gistrun:run:r1")
    if left:
        store.client.hset("gistrun:run:r1", mapping=left)
    worker.beat()
    assert serving.stopped.is_set()
