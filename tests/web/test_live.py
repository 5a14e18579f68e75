"""One reader of Redis for all who follow runs in a process: each is told everything once, in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gistrun.errors import StoreUnavailable
from gistrun.model import Outcome, Output, Phase, Request, Run, State, Stream
from gistrun.store import ActiveRun, End, Event, Store, connect, run_stream
from gistrun.web.follow.reader import Reader
from tests.servers import redis_server, wait_until

NOW = datetime(2026, 11, 22, 17, 34, tzinfo=UTC)
STREAM = run_stream("r1")
PIECES = [str(n) for n in range(40)]


def begun(store: Store, run_id: str = "r1") -> Run:
    new = ActiveRun(Run(run_id, "abc", "1" * 40, "main.py", "python", NOW), Request(), run_id, "python", attempt=1)
    run = store.runs.create(new, public=True)
    assert store.runs.begin(new.job, "w")
    store.runs.changed(run, 1)
    return run


def write(store: Store, run_id: str, *pieces: str) -> None:
    for piece in pieces:
        assert store.runs.append(run_id, 1, Output(0, Stream.STDOUT, Phase.RUN, piece))


def end(store: Store, run: Run) -> None:
    assert store.ends.finish(End(run.ended(Outcome(State.PASSED), NOW), run.id, 1))


def read(live: Reader, run_id: str = "r1", after: str = "0") -> list[Event]:
    return [told.event for batch in live.follow(run_stream(run_id), after) for told in batch]


def pieces(events: list[Event]) -> list[str]:
    return [event.data["data"] for event in events if event.name == "output"]


def blocked(store: Store) -> int:
    """How many connections wait for events."""
    return sum("b" in client["flags"] for client in store.client.client_list())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """In a Redis of its own: on a shared one, followers that earlier tests left behind would be counted too."""
    with redis_server(tmp_path) as url:
        yield Store(connect(url))


@pytest.fixture
def live(store: Store) -> Reader:
    return Reader(store, "reader")


@pytest.fixture
def people() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(100) as pool:
        yield pool


def test_all_followers_get_the_same_events_from_one_reader(
    store: Store, live: Reader, people: ThreadPoolExecutor
) -> None:
    runs = [begun(store, name) for name in ("r1", "r2", "r3")]
    came: list[Future[list[Event]]] = []
    for piece in PIECES:
        came += [people.submit(read, live, run.id) for run in runs if len(came) < 90]
        for run in runs:
            write(store, run.id, piece)
    wait_until(lambda: blocked(store) == 1)
    for run in runs:
        end(store, run)
    for number, future in enumerate(came):
        told = future.result(20)
        assert [event.id for event in told] == [event.id for event in store.streams.events(runs[number % 3].id)]
        assert pieces(told) == PIECES
    wait_until(lambda: blocked(store) == 0)


def test_a_reader_that_reconnects_gets_the_rest(store: Store, live: Reader, people: ThreadPoolExecutor) -> None:
    run = begun(store)
    first = live.follow(STREAM)
    write(store, "r1", "a", "b")
    seen = [told.event for told in next(first)]
    write(store, "r1", "c")
    again = [people.submit(read, live, "r1", event.id) for event in seen]
    write(store, "r1", "d")
    end(store, run)
    whole = [event.id for event in store.streams.events("r1")]
    for event, future in zip(seen, again, strict=True):
        assert [told.id for told in future.result(20)] == whole[whole.index(event.id) + 1 :]
    rest = [told.event.id for batch in first for told in batch]
    assert [event.id for event in seen] + rest == whole


def test_a_slow_follower_reads_missed_events_from_redis(store: Store, live: Reader) -> None:
    run = begun(store)
    slow = live.follow(STREAM)
    events = [told.event for told in next(slow)]
    write(store, "r1", "now ")
    events += [told.event for told in next(slow)]
    large = [str(n) * 50_000 for n in range(9)]
    for piece in large:
        write(store, "r1", piece)
    wait_until(lambda: live._followed[STREAM].last == live._last(STREAM))
    assert live._followed[STREAM].bytes < 300_000
    end(store, run)
    events += [told.event for batch in slow for told in batch]
    assert [event.id for event in events] == [event.id for event in store.streams.events("r1")]
    assert pieces(events) == ["now ", *large]


def test_a_long_past_is_read_in_pages(store: Store, live: Reader) -> None:
    run = begun(store)
    many = [str(n) for n in range(250)]
    write(store, "r1", *many)
    late = live.follow(STREAM)
    first = next(late)
    assert len(first) == 100
    write(store, "r1", "more")
    end(store, run)
    told = [told.event for told in first] + [told.event for batch in late for told in batch]
    assert pieces(told) == [*many, "more"]


def test_a_place_that_nobody_was_at_leaves_others_their_events(
    store: Store, live: Reader, people: ThreadPoolExecutor
) -> None:
    run = begun(store)
    forged = people.submit(read, live, "r1", "9999999999999999999-0")
    wait_until(lambda: blocked(store) == 1)
    honest = people.submit(read, live)
    write(store, "r1", *PIECES)
    end(store, run)
    assert pieces(honest.result(20)) == PIECES
    assert pieces(forged.result(20)) == PIECES


def test_an_event_is_encoded_once_for_all(store: Store, live: Reader, people: ThreadPoolExecutor) -> None:
    run = begun(store)
    encoded: list[str] = []

    def encode(event: Event) -> bytes:
        encoded.append(event.id)
        time.sleep(0.01)  # the others come meanwhile
        return event.json

    def follow() -> list[bytes]:
        return [told.encoded(encode) for batch in live.follow(STREAM) for told in batch]

    first = people.submit(follow)
    wait_until(lambda: blocked(store) == 1)
    others = [people.submit(follow) for _ in range(30)]
    write(store, "r1", "a")
    end(store, run)
    whole = [event.json for event in store.streams.events("r1")]
    assert all(future.result(20) == whole for future in [first, *others])
    assert len(encoded) == len(set(encoded)) == len(whole)


def test_waiting_ends_at_the_deadline(store: Store, live: Reader) -> None:
    begun(store)
    told = [event for batch in live.follow(STREAM, deadline=time.monotonic() + 0.05) for event in batch]
    assert [event.event.name for event in told] == ["state", "state"]


def test_followers_that_left_are_forgotten(store: Store, live: Reader) -> None:
    begun(store)
    followers = [live.follow(STREAM) for _ in range(3)]
    for follower in followers:
        next(follower)
    write(store, "r1", "a")
    for follower in followers:
        next(follower)
    assert live._followed
    for follower in followers:
        follower.close()  # type: ignore[attr-defined]
    assert not live._followed


def test_when_redis_goes_all_followers_end_and_reconnect(tmp_path: Path, people: ThreadPoolExecutor) -> None:
    store = Store(connect(f"unix://{tmp_path}/redis.sock"))
    live = Reader(store, "reader")
    before: dict[int, list[Event]] = {n: [] for n in range(20)}
    entered = threading.Barrier(21)

    def follow(number: int) -> None:
        follower = live.follow(STREAM)
        before[number] += [told.event for told in next(follower)]
        entered.wait(20)
        for batch in follower:
            before[number] += [told.event for told in batch]

    with redis_server(tmp_path, persistent=True):
        run = begun(store)
        write(store, "r1", "a")
        following = [people.submit(follow, number) for number in before]
        entered.wait(20)
        wait_until(lambda: blocked(store) == 1)
    for future in following:
        with pytest.raises(StoreUnavailable):
            future.result(20)
    with redis_server(tmp_path, persistent=True):
        again = [people.submit(read, live, "r1", seen[-1].id) for seen in before.values()]
        write(store, "r1", "b")
        end(store, run)
        for seen, future in zip(before.values(), again, strict=True):
            assert pieces(seen + future.result(20)) == ["a", "b"]
