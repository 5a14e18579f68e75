"""What Redis must keep, and for how long."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from gistrun.model import Gist, GistFile, Limit, Outcome, Output, Phase, ReadyLanguage, Request, Run, State, Stream
from gistrun.store import UNREACHABLE, Standing, Store, connect

NOW = datetime(2026, 11, 22, 17, 34, 0, 123000, tzinfo=UTC)


def a_run(run_id: str = "r1") -> Run:
    return Run(run_id, "abc", "1" * 40, "main.py", "python", NOW)


def begun(store: Store, run_id: str = "r1") -> Run:
    run = store.create(a_run(run_id), f"key-{run_id}", Request(stdin=b"\xff", args=("a",)), public=True)
    standing = Standing(run, Request(None, ("a",), b"\xff"), 1, "w", lost=0, waiting=None, waited=0)
    assert store.begin(run_id, 1, "w") == (standing, None)
    return run


def test_a_gist_comes_back_as_it_was(store: Store) -> None:
    gist = Gist("abc", "1" * 40, (GistFile("ü\n", b"\xff\0", None),), None, None, False, checked_at=NOW, etag='W/"x"')
    store.put_gist(gist, pinned=False)
    assert store.gist("abc") == gist
    assert store.gist("abc", "1" * 40) is not None
    assert store.gist("abc", "2" * 40) is None
    assert store.latest_revision("abc") == "1" * 40


def test_a_pinned_revision_does_not_become_the_latest(store: Store) -> None:
    store.put_gist(Gist("abc", "1" * 40, ()), pinned=True)
    assert store.gist("abc") is None


def test_a_run_comes_back_as_it_ended(store: Store) -> None:
    run = begun(store)
    outcome = Outcome(
        State.FAILED, None, "SIGSEGV", Phase.RUN, 41, 3, 17, 9, 12, True, Limit("time", 0.5, "s"), "It ended."
    )
    ended = run.ended(outcome, NOW)
    assert store.finish(ended, 1, "identity")
    assert store.run("r1") == ended
    assert store.kept("identity") == ended
    assert store.shown("key-r1") == ended
    assert store.under_way("key-r1") is None


def test_readers_that_come_late_and_readers_that_wait_see_the_same(store: Store) -> None:
    run = begun(store)
    seen: list[str] = []

    def follow() -> None:
        after = "0"
        while not seen or seen[-1] != "end":
            for event in store.events("r1", after, 10):
                after = event.id
                seen.append(event.name if event.name != "output" else event.data["data"])

    reader = threading.Thread(target=follow)
    reader.start()
    store.started(run, 1)
    for n in range(20):
        store.append("r1", 1, Output(n / 10, Stream.STDOUT, Phase.RUN, str(n)))
    store.finish(run.ended(Outcome(State.PASSED), NOW), 1, None)
    reader.join(20)
    assert seen == ["state", "state", *map(str, range(20)), "end"]
    late = [event.name if event.name != "output" else event.data["data"] for event in store.events("r1")]
    assert late == seen
    third = store.events("r1")[2]
    assert [e.data["data"] for e in store.events("r1", third.id)[:2]] == ["1", "2"]


def test_only_the_attempt_that_counts_may_write(store: Store) -> None:
    run = begun(store)
    assert store.restart(run, 1, lost=1)
    assert not store.append("r1", 1, Output(0, Stream.STDOUT, Phase.RUN, "late"))
    assert not store.started(run, 1)
    assert not store.finish(run.ended(Outcome(State.PASSED), NOW), 1, None)
    assert not store.restart(run, 1, lost=2)
    assert not store.waited("r1", 1, 5)
    assert store.begin("r1", 1, "w") is None
    assert store.begin("r1", 2, "w") is not None
    assert store.begin("r1", 2, "other") is None
    assert store.finish(run.ended(Outcome(State.PASSED), NOW), 2, None)
    assert not store.finish(run.ended(Outcome(State.FAILED), NOW), 2, None)


def test_what_kept_a_run_from_its_end_is_remembered(store: Store) -> None:
    run = begun(store)
    assert store.restart(run, 1, lost=1, waiting=1000.5)
    (standing,) = store.active()
    assert (standing.attempt, standing.worker, standing.lost) == (2, "", 1)
    assert (standing.waiting, standing.waited) == (1000.5, 0)
    assert store.waited("r1", 2, 7.5)
    (standing,) = store.active()
    assert (standing.attempt, standing.lost, standing.waiting, standing.waited) == (2, 1, None, 7.5)


def test_the_engine_answers_when_a_living_worker_says_so(store: Store) -> None:
    assert not store.engine_answers()
    store.sign_of_life("w1", {"engine": "The Docker engine does not answer: it is down"})
    assert not store.engine_answers()
    store.sign_of_life("w2", {"engine": True})
    assert store.engine_answers()


def test_waiting_ends_with_the_run_or_the_time(store: Store) -> None:
    run = begun(store)
    waited = store.wait("r1", 0.05)
    assert waited
    assert waited.state is State.QUEUED
    threading.Timer(0.1, lambda: store.finish(run.ended(Outcome(State.PASSED), NOW), 1, None)).start()
    waited = store.wait("r1", 20)
    assert waited
    assert waited.state is State.PASSED
    assert store.wait("unknown", 1) is None


def test_nothing_of_a_run_stays_for_ever(store: Store) -> None:
    run = begun(store)
    store.finish(run.ended(Outcome(State.TIMED_OUT), NOW), 1, "identity")
    assert 0 < store.client.ttl("gistrun:kept:identity") <= 600  # by chance, so no truth
    for key in store.client.keys("gistrun:run:*") + store.client.keys("gistrun:shown:*"):
        assert 0 < store.client.ttl(key) <= 600, key
    assert list(store.active()) == []


def test_languages_workers_and_deliveries(store: Store) -> None:
    ready = ReadyLanguage("python", "sha256:1", "Python 3.13.5")
    store.publish_broken_language("python", "No.")
    assert (store.ready_language("python"), store.broken_language("python")) == (None, "No.")
    store.publish_language(ready)
    assert (store.ready_language("python"), store.broken_language("python")) == (ready, None)
    store.sign_of_life("w1", {"engine": True})
    assert store.workers() == {"w1": {"engine": True}}
    store.gone("w1")
    assert not store.is_alive("w1")
    assert [store.take_delivery("d", ["1"], "a/b", NOW) for _ in range(2)] == [True, False]
    assert (store.next_revisit(1), store.next_readme(1)) == ("1", "a/b")
    assert store.instance() == store.instance()


def test_a_server_that_does_not_answer_is_said_to_be_unreachable() -> None:
    with pytest.raises(UNREACHABLE):
        Store(connect("redis://127.0.0.1:1")).ping()
