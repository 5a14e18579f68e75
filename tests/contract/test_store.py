"""What Redis must keep, and for how long."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from gistrun.model import Gist, GistFile, Limit, Outcome, Output, Phase, ReadyLanguage, Request, Run, State, Stream
from gistrun.store import UNREACHABLE, Mark, Shown, Standing, Store, connect, run_stream

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


def test_a_reader_of_many_runs_is_told_of_each_what_it_has_not_seen(store: Store) -> None:
    run, other = begun(store), begun(store, "r2")
    store.started(run, 1)
    store.append("r2", 1, Output(0, Stream.STDOUT, Phase.RUN, "x"))
    first = store.events("r1")[0]
    one, two = run_stream("r1"), run_stream("r2")
    found, woken = store.new_events({one: first.id, two: "0"}, 1, "reader", "0")
    assert {name: [event.name for event in events] for name, events in found} == {
        one: ["state"],
        two: ["state", "output"],
    }
    assert woken == "0"
    last = store.last_event(one)
    assert last
    assert last.id == dict(found)[one][-1].id
    assert store.last_event(run_stream("unknown")) is None
    store.finish(other.ended(Outcome(State.PASSED), NOW), 1, None)
    found, _ = store.new_events({name: events[-1].id for name, events in found}, 10, "reader", "0")
    assert [(name, [event.name for event in events]) for name, events in found] == [(two, ["end"])]


def test_a_reader_is_woken_also_before_it_waits(store: Store) -> None:
    begun(store)
    last = store.events("r1")[-1].id
    store.wake("reader")
    found, woken = store.new_events({run_stream("r1"): last}, 15, "reader", "0")
    assert not found
    threading.Timer(0.1, store.wake, ["reader"]).start()
    found, again = store.new_events({run_stream("r1"): last}, 15, "reader", woken)
    assert not found
    assert again != woken
    assert 0 < store.client.ttl("gistrun:reader:reader") <= 60


def test_events_are_read_in_pages(store: Store) -> None:
    run = begun(store)
    store.started(run, 1)
    for n in range(5):
        store.append("r1", 1, Output(n / 10, Stream.STDOUT, Phase.RUN, str(n)))
    whole = store.events("r1")
    assert [event.data["data"] for event in whole[2:]] == list("01234")
    page = store.stream(run_stream("r1"), whole[2].id, 2)
    assert [event.data["data"] for event in page] == ["1", "2"]


def rendered(store: Store, until: float = 0) -> tuple[Mark, Run]:
    """A mark, and a run that has ended."""
    run = begun(store)
    store.finish(run.ended(Outcome(State.PASSED), NOW), 1, None)
    mark = store.show("abc", "page", "m1", NOW, 60)
    assert isinstance(mark, Mark)
    assert store.keep("abc", "page", mark, "r1", "digest", until, b"body")
    return mark, run


def test_what_is_rendered_comes_back_and_is_looked_at_by_that(store: Store) -> None:
    store.put_gist(Gist("abc", "2" * 40, (), checked_at=NOW), pinned=False)
    rendered(store, until=5)
    assert store.client.zscore("gistrun:looked", "abc") is None
    assert store.show("abc", "page", "m2", NOW, 60) == Shown("digest", 5)
    assert store.client.zscore("gistrun:looked", "abc") == NOW.timestamp()
    assert store.body("abc", "digest") == b"body"
    assert isinstance(store.show("abc", "other", "m2", NOW, 60), Mark)
    assert isinstance(store.show("def", "page", "m2", NOW, 60), Mark)
    assert 0 < store.client.ttl("gistrun:rendered:abc") <= 86_400
    assert 0 < store.client.ttl("gistrun:rendered:def") <= 60


def test_what_is_rendered_ends_with_its_run(store: Store) -> None:
    mark, _ = rendered(store)
    store.client.expire("gistrun:run:r1", 100)
    assert store.keep("abc", "badge", mark, "r1", "other", 0, b"")
    assert 0 < store.client.ttl("gistrun:rendered:abc") <= 100
    assert not store.keep("abc", "badge", mark, "unknown", "other", 0, b"")


CHANGES: dict[str, Callable[[Store, Run], object]] = {
    "another revision": lambda store, run: store.put_gist(Gist("abc", "2" * 40, ()), pinned=False),
    "a pinned revision": lambda store, run: store.put_gist(Gist("abc", "2" * 40, ()), pinned=True),
    "checked": lambda store, run: (
        store.put_gist(Gist("abc", "1" * 40, (), checked_at=NOW), pinned=False),
        store.keep("abc", "page", cast(Mark, store.show("abc", "page", "m", NOW, 60)), "r1", "digest", 0, b"body"),
        store.confirm_gist("abc", NOW),
    ),
    "gone": lambda store, run: store.forget_gist("abc", "Gone.", NOW),
    "missing": lambda store, run: store.put_missing("abc", None, "None.", NOW, gone=False),
    "a new run": lambda store, run: store.create(a_run("r2"), "key-r1", Request(), public=True),
    "the end of a run": lambda store, run: (
        store.create(a_run("r2"), "key-r1", Request(), public=True),
        store.keep("abc", "page", cast(Mark, store.show("abc", "page", "m", NOW, 60)), "r1", "digest", 0, b"body"),
        store.finish(a_run("r2").ended(Outcome(State.FAILED), NOW), 1, None),
    ),
    "a copied run": lambda store, run: store.copy("r1", a_run("r2"), "key-r1", public=True),
    "a language": lambda store, run: store.publish_language(ReadyLanguage("python", "sha256:1", "3")),
    "a broken language": lambda store, run: store.publish_broken_language("python", "No."),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_ends_what_was_rendered_and_what_is_being(
    store: Store, change: Callable[[Store, Run], object]
) -> None:
    mark, run = rendered(store)
    change(store, run)
    assert not store.keep("abc", "page", mark, "r1", "digest", 0, b"body")
    now = store.show("abc", "page", "m9", NOW, 60)
    assert isinstance(now, Mark)
    assert now != mark
    assert not store.keep("abc", "page", mark, "r1", "digest", 0, b"body")
    kept = store.run("r1") is not None  # a gist that is gone takes its runs along
    assert store.keep("abc", "page", now, "r1", "digest", 0, b"body") is kept


def test_a_server_that_was_started_again_is_asked_again(tmp_path: Path) -> None:
    command = ["redis-server", "--port", "0", "--unixsocket", str(tmp_path / "s"), "--dir", str(tmp_path), "--save", ""]
    store = Store(connect(f"unix://{tmp_path}/s"))
    for _ in range(2):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
            while True:
                with suppress(*UNREACHABLE):
                    assert isinstance(store.show("abc", "page", "m1", NOW, 60), Mark)
                    break
            server.terminate()


def test_only_the_attempt_that_counts_may_write(store: Store) -> None:
    run = begun(store)
    assert store.restart(run, 1, lost=1)
    assert not store.append("r1", 1, Output(0, Stream.STDOUT, Phase.RUN, "late"))
    assert not store.started(run, 1)
    assert not store.finish(run.ended(Outcome(State.PASSED), NOW), 1, None)
    assert not store.restart(run, 1, lost=2)
    assert not store.waited(run, 1, 5)
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
    assert store.waited(run, 2, 7.5)
    (standing,) = store.active()
    assert (standing.attempt, standing.lost, standing.waiting, standing.waited) == (2, 1, None, 7.5)


def test_the_engine_answers_when_a_living_worker_says_so(store: Store) -> None:
    assert not store.engine_answers()
    store.sign_of_life("w1", {"engine": "The Docker engine does not answer: it is down"})
    assert not store.engine_answers()
    store.sign_of_life("w2", {"engine": True})
    assert store.engine_answers()


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


def test_who_waits_for_a_revisit_is_moved_up_and_never_back(store: Store) -> None:
    """However it came to wait: wanted, by a webhook delivery, or since somebody looked."""
    store.put_gist(Gist("abc", "1" * 40, (), checked_at=NOW), pinned=False)
    asks: dict[str, Callable[[datetime], object]] = {
        "want": lambda at: store.want_revisit("abc", at),
        "delivery": lambda at: store.take_delivery(str(at), ["abc"], "octocat/hello", at),
        "look": lambda at: store.looked("abc", at, 1.0),
    }
    for ask in asks.values():
        store.want_revisit("abc", NOW, later=True)
        store.client.delete("gistrun:checked")
        for at in (NOW, NOW + timedelta(hours=1)):
            ask(at)
            assert store.client.zrange("gistrun:revisits", 0, -1, withscores=True) == [(b"abc", NOW.timestamp())]
        assert store.next_revisit() == "abc"
    assert store.client.zrange("gistrun:readmes", 0, -1, withscores=True) == [(b"octocat/hello", NOW.timestamp())]


def test_what_an_earlier_version_kept_is_as_if_it_were_not_there(store: Store) -> None:
    run = begun(store)
    store.put_gist(Gist("abc", "1" * 40, (), checked_at=NOW), pinned=False)
    store.finish(run.ended(Outcome(State.PASSED), NOW), 1, None)
    assert store.recent()
    store.client.set(
        "gistrun:gist:abc", json.dumps({"revision": "1" * 40, "etag": None, "checked_at": NOW.isoformat()})
    )
    assert store.gist("abc") is None
    assert store.latest("abc") is None
    assert store.latest_of(["abc"]) == {}
    assert store.latest_revision("abc") is None
    assert store.recent() == []
    store.confirm_gist("abc", NOW)
    store.create(a_run("r9"), "key-r9", Request(), public=True)
    store.client.hdel("gistrun:run:r9", "gist")
    begun_run = store.begin("r9", 1, "w")
    assert begun_run
    assert begun_run[1] is None
