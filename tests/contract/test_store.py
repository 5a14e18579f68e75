"""What Redis must keep, and for how long."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from gistrun.errors import StoreUnavailable
from gistrun.model import Gist, GistFile, Image, Limit, Outcome, Output, Phase, Request, Run, State, Stream, to_record
from gistrun.store import ActiveRun, End, Shown, Store, Token, connect, run_stream
from tests.servers import redis_server

NOW = datetime(2026, 11, 22, 17, 34, 0, 123000, tzinfo=UTC)


def a_run(run_id: str = "r1") -> Run:
    return Run(run_id, "abc", "1" * 40, "main.py", "python", NOW)


def a_new(run_id: str = "r1", key: str = "") -> ActiveRun:
    return ActiveRun(a_run(run_id), Request(stdin=b"\xff", args=("a",)), key or f"key-{run_id}", attempt=1)


def begun(store: Store, run_id: str = "r1") -> Run:
    new = a_new(run_id)
    run = store.runs.create(new, public=True)
    assert store.runs.begin(new.job, "w") == (replace(new, worker="w"), None)
    return run


def end(store: Store, run: Run, attempt: int = 1, state: State = State.PASSED, identity: str | None = None) -> bool:
    """The run ends in that state."""
    return store.ends.finish(End(run.ended(Outcome(state), NOW), f"key-{run.id}", attempt, identity))


def test_a_gist_comes_back_as_it_was(store: Store) -> None:
    gist = Gist("abc", "1" * 40, (GistFile("ü\n", b"\xff\0", None),), None, None, False, checked_at=NOW, etag='W/"x"')
    store.gists.put(gist, pinned=False)
    assert store.gists.get("abc") == gist
    assert store.gists.get("abc", "1" * 40) is not None
    assert store.gists.get("abc", "2" * 40) is None
    assert store.gists.latest_revision("abc") == "1" * 40


def test_a_pinned_revision_does_not_become_the_latest(store: Store) -> None:
    store.gists.put(Gist("abc", "1" * 40, ()), pinned=True)
    assert store.gists.get("abc") is None


def test_a_run_comes_back_as_it_ended(store: Store) -> None:
    run = begun(store)
    outcome = Outcome(
        State.FAILED, None, "SIGSEGV", Phase.RUN, 41, 3, 17, 9, 12, True, Limit("time", 0.5, "s"), "It ended."
    )
    ended = run.ended(outcome, NOW)
    assert store.ends.finish(End(ended, "key-r1", 1, "identity"))
    assert store.runs.get("r1") == ended
    assert store.ends.of_program("identity") == ended
    assert store.ends.last("key-r1") == ended
    assert store.runs.under_way("key-r1") is None


def test_a_reader_of_many_runs_is_told_of_each_what_it_has_not_seen(store: Store) -> None:
    run, other = begun(store), begun(store, "r2")
    store.runs.started(run, 1)
    store.runs.append("r2", 1, Output(0, Stream.STDOUT, Phase.RUN, "x"))
    first = store.streams.events("r1")[0]
    one, two = run_stream("r1"), run_stream("r2")
    found, woken = store.streams.new_events({one: first.id, two: "0"}, 1, "reader", "0")
    assert {name: [event.name for event in events] for name, events in found} == {
        one: ["state"],
        two: ["state", "output"],
    }
    assert woken == "0"
    last = store.streams.last_event(one)
    assert last
    assert last.id == dict(found)[one][-1].id
    assert store.streams.last_event(run_stream("unknown")) is None
    end(store, other)
    found, _ = store.streams.new_events({name: events[-1].id for name, events in found}, 10, "reader", "0")
    assert [(name, [event.name for event in events]) for name, events in found] == [(two, ["end"])]


def test_a_reader_is_woken_also_before_it_waits(store: Store) -> None:
    begun(store)
    last = store.streams.events("r1")[-1].id
    store.streams.wake("reader")
    found, woken = store.streams.new_events({run_stream("r1"): last}, 15, "reader", "0")
    assert not found
    threading.Timer(0.1, store.streams.wake, ["reader"]).start()
    found, again = store.streams.new_events({run_stream("r1"): last}, 15, "reader", woken)
    assert not found
    assert again != woken
    assert 0 < store.client.ttl("gistrun:reader:reader") <= 60


def test_events_are_read_in_pages(store: Store) -> None:
    run = begun(store)
    store.runs.started(run, 1)
    for n in range(5):
        store.runs.append("r1", 1, Output(n / 10, Stream.STDOUT, Phase.RUN, str(n)))
    whole = store.streams.events("r1")
    assert [event.data["data"] for event in whole[2:]] == list("01234")
    page = store.streams.stream(run_stream("r1"), whole[2].id, 2)
    assert [event.data["data"] for event in page] == ["1", "2"]


def rendered(store: Store, until: float = 0) -> tuple[Token, Run]:
    """A mark, and a run that has ended."""
    run = begun(store)
    end(store, run)
    mark = store.rendered.show("abc", "page", "m1", NOW, 60)
    assert isinstance(mark, Token)
    assert store.rendered.keep("abc", "page", mark, "r1", "digest", until, b"body")
    return mark, run


def test_what_is_rendered_comes_back_and_is_looked_at_by_that(store: Store) -> None:
    store.gists.put(Gist("abc", "2" * 40, (), checked_at=NOW), pinned=False)
    rendered(store, until=5)
    assert store.client.zscore("gistrun:looked", "abc") is None
    assert store.rendered.show("abc", "page", "m2", NOW, 60) == Shown("digest", 5)
    assert store.client.zscore("gistrun:looked", "abc") == NOW.timestamp()
    assert store.rendered.body("abc", "digest") == b"body"
    assert isinstance(store.rendered.show("abc", "other", "m2", NOW, 60), Token)
    assert isinstance(store.rendered.show("def", "page", "m2", NOW, 60), Token)
    assert 0 < store.client.ttl("gistrun:rendered:abc") <= 86_400
    assert 0 < store.client.ttl("gistrun:rendered:def") <= 60


def test_what_is_rendered_ends_with_its_run(store: Store) -> None:
    mark, _ = rendered(store)
    store.client.expire("gistrun:run:r1", 100)
    assert store.rendered.keep("abc", "badge", mark, "r1", "other", 0, b"")
    assert 0 < store.client.ttl("gistrun:rendered:abc") <= 100
    assert not store.rendered.keep("abc", "badge", mark, "unknown", "other", 0, b"")


CHANGES: dict[str, Callable[[Store, Run], object]] = {
    "another revision": lambda store, run: store.gists.put(Gist("abc", "2" * 40, ()), pinned=False),
    "a pinned revision": lambda store, run: store.gists.put(Gist("abc", "2" * 40, ()), pinned=True),
    "checked": lambda store, run: (
        store.gists.put(Gist("abc", "1" * 40, (), checked_at=NOW), pinned=False),
        store.rendered.keep(
            "abc", "page", cast(Token, store.rendered.show("abc", "page", "m", NOW, 60)), "r1", "digest", 0, b"body"
        ),
        store.gists.confirm("abc", NOW),
    ),
    "gone": lambda store, run: store.gists.remove("abc", "Gone.", NOW),
    "missing": lambda store, run: store.missing.put("abc", None, "None.", NOW, gone=False),
    "a new run": lambda store, run: store.runs.create(a_new("r2", "key-r1"), public=True),
    "the end of a run": lambda store, run: (
        store.runs.create(a_new("r2", "key-r1"), public=True),
        store.rendered.keep(
            "abc", "page", cast(Token, store.rendered.show("abc", "page", "m", NOW, 60)), "r1", "digest", 0, b"body"
        ),
        store.ends.finish(End(a_run("r2").ended(Outcome(State.FAILED), NOW), "key-r1", 1)),
    ),
    "a copied run": lambda store, run: store.ends.copy("r1", a_run("r2"), "key-r1", Gist("abc", "1" * 40, ())),
    "a language": lambda store, run: store.languages.publish(Image("python", "sha256:1", "python", "3")),
    "a broken language": lambda store, run: store.languages.publish_broken("python", "No."),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_ends_what_was_rendered_and_what_is_being(
    store: Store, change: Callable[[Store, Run], object]
) -> None:
    mark, run = rendered(store)
    change(store, run)
    assert not store.rendered.keep("abc", "page", mark, "r1", "digest", 0, b"body")
    now = store.rendered.show("abc", "page", "m9", NOW, 60)
    assert isinstance(now, Token)
    assert now != mark
    assert not store.rendered.keep("abc", "page", mark, "r1", "digest", 0, b"body")
    kept = store.runs.get("r1") is not None  # a gist that is gone takes its runs along
    assert store.rendered.keep("abc", "page", now, "r1", "digest", 0, b"body") is kept


def test_a_server_that_was_started_again_is_asked_again(tmp_path: Path) -> None:
    store = Store(connect(f"unix://{tmp_path}/redis.sock"))
    for _ in range(2):
        with redis_server(tmp_path):
            assert isinstance(store.rendered.show("abc", "page", "m1", NOW, 60), Token)


def test_only_the_attempt_that_counts_may_write(store: Store) -> None:
    run = begun(store)
    second = replace(a_new(), attempt=2).job
    assert store.runs.restart(run, 1, lost=1)
    assert not store.runs.append("r1", 1, Output(0, Stream.STDOUT, Phase.RUN, "late"))
    assert not store.runs.started(run, 1)
    assert not end(store, run)
    assert not store.runs.restart(run, 1, lost=2)
    assert not store.runs.waited(run.id, 1, 5)
    assert store.runs.begin(a_new().job, "w") is None
    assert store.runs.begin(second, "w") is not None
    assert store.runs.begin(second, "other") is None
    assert end(store, run, 2)
    assert not end(store, run, 2, state=State.FAILED)


def test_what_kept_a_run_from_its_end_is_remembered(store: Store) -> None:
    run = begun(store)
    assert store.runs.restart(run, 1, lost=1, waiting=1000.5)
    (standing,) = store.runs.active()
    assert (standing.attempt, standing.worker, standing.lost) == (2, "", 1)
    assert (standing.waiting, standing.waited) == (1000.5, 0)
    assert store.runs.waited(run.id, 2, 7.5)
    (standing,) = store.runs.active()
    assert (standing.attempt, standing.lost, standing.waiting, standing.waited) == (2, 1, None, 7.5)


def test_the_engine_answers_when_a_living_worker_says_so(store: Store) -> None:
    assert not store.workers.engine_answers()
    store.workers.heartbeat("w1", {"engine": "The Docker engine does not answer: it is down"})
    assert not store.workers.engine_answers()
    store.workers.heartbeat("w2", {"engine": True})
    assert store.workers.engine_answers()


def test_nothing_of_a_run_stays_for_ever(store: Store) -> None:
    run = begun(store)
    end(store, run, state=State.TIMED_OUT, identity="identity")
    assert 0 < store.client.ttl("gistrun:kept:identity") <= 600  # by chance, so no truth
    for key in store.client.keys("gistrun:run:*") + store.client.keys("gistrun:ended:*"):
        assert 0 < store.client.ttl(key) <= 600, key
    assert list(store.runs.active()) == []


def test_languages_workers_and_deliveries(store: Store) -> None:
    ready = Image("python", "sha256:1", "python", "Python 3.13.5")
    store.languages.publish_broken("python", "No.")
    assert (store.languages.ready("python"), store.languages.broken("python")) == (None, "No.")
    store.languages.publish(ready)
    assert (store.languages.ready("python"), store.languages.broken("python")) == (ready, None)
    store.workers.heartbeat("w1", {"engine": True})
    assert store.workers.alive() == {"w1": {"engine": True}}
    store.workers.gone("w1")
    assert not store.workers.is_alive("w1")
    assert [store.revisits.take_delivery("d", ["1"], "a/b", NOW) for _ in range(2)] == [True, False]
    assert (store.revisits.next(1), store.revisits.next_readme(1)) == ("1", "a/b")
    assert store.workers.instance() == store.workers.instance()


def test_a_server_that_does_not_answer_is_said_to_be_unreachable() -> None:
    with pytest.raises(StoreUnavailable):
        Store(connect("redis://127.0.0.1:1")).ping()


def test_who_waits_for_a_revisit_is_moved_up_and_never_back(store: Store) -> None:
    """However it came to wait: wanted, by a webhook delivery, or since somebody looked."""
    store.gists.put(Gist("abc", "1" * 40, (), checked_at=NOW), pinned=False)
    asks: dict[str, Callable[[datetime], object]] = {
        "want": lambda at: store.revisits.add("abc", at),
        "delivery": lambda at: store.revisits.take_delivery(str(at), ["abc"], "octocat/hello", at),
        "look": lambda at: store.watches.view("abc", at, 1.0),
    }
    for ask in asks.values():
        store.revisits.add("abc", NOW, later=True)
        store.client.delete("gistrun:checked")
        for at in (NOW, NOW + timedelta(hours=1)):
            ask(at)
            assert store.client.zrange("gistrun:revisits", 0, -1, withscores=True) == [(b"abc", NOW.timestamp())]
        assert store.revisits.next() == "abc"
    assert store.client.zrange("gistrun:readmes", 0, -1, withscores=True) == [(b"octocat/hello", NOW.timestamp())]


def test_a_gist_keeps_every_byte_of_its_files(store: Store) -> None:
    files = (
        GistFile("newlines", b"\n\n{}\n"),
        GistFile("empty", b""),
        GistFile("bytes", bytes(range(256)) * 3, "Text"),
        GistFile("ü\u2028", b"last"),
    )
    store.gists.put(Gist("abc", "1" * 40, files, checked_at=NOW), pinned=False)
    gist = store.gists.get("abc")
    assert gist is not None
    assert gist.files == files


def test_a_gist_that_an_earlier_version_kept_is_read(store: Store) -> None:
    gist = Gist("abc", "1" * 40, (GistFile("main.py", b"print(1)\n"),), checked_at=NOW)
    store.gists.put(gist, pinned=False)
    store.client.set(f"gistrun:gist:abc:{gist.revision}", json.dumps(to_record(gist)))
    assert store.gists.get("abc") == gist


def test_what_an_earlier_version_kept_is_as_if_it_were_not_there(store: Store) -> None:
    run = begun(store)
    store.gists.put(Gist("abc", "1" * 40, (), checked_at=NOW), pinned=False)
    end(store, run)
    assert store.ends.recent()
    store.client.set(
        "gistrun:gist:abc", json.dumps({"revision": "1" * 40, "etag": None, "checked_at": NOW.isoformat()})
    )
    assert store.gists.get("abc") is None
    assert store.gists.latest("abc") is None
    assert store.gists.latest_of(["abc"]) == {}
    assert store.gists.latest_revision("abc") is None
    assert store.ends.recent() == []
    store.gists.confirm("abc", NOW)
