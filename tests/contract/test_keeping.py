"""What Redis keeps of ended runs: packed, within an owner's share, within its memory, and the queue whatever comes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gistrun.errors import QueueFull, StoreUnavailable
from gistrun.model import Attempt, Gist, Outcome, Output, Phase, Request, Run, State, Stream
from gistrun.store import ActiveRun, End, Store, connect, run_stream
from gistrun.work.queue import Queue
from tests.servers import redis_server

NOW = datetime(2026, 11, 22, 17, 34, tzinfo=UTC)
MINUTES, MONTH = 600, 30 * 86_400


def ended(
    store: Store,
    run_id: str,
    *pieces: str,
    state: State = State.PASSED,
    owner: str | None = "ada",
    request: Request = Request(),  # noqa: B008 - it is frozen
) -> Run:
    """A run that printed these pieces and ended."""
    run = Run(run_id, "a" * 20, "1" * 40, "main.py", "python", NOW, args=request.args, stdin_bytes=len(request.stdin))
    new = ActiveRun(run, request, f"key-{run_id}", "python", attempt=1)
    store.runs.create(new, public=True)
    assert store.runs.begin(new.job, "w")
    for piece in pieces:
        store.runs.append(run_id, 1, Output(0.5, Stream.STDOUT, Phase.RUN, piece))
    end = run.ended(Outcome(state, output_bytes=sum(map(len, pieces))), NOW)
    assert store.ends.finish(End(end, new.key, 1, f"identity-{run_id}", owner))
    return end


def noise(count: int, seed: int = 1) -> str:
    """Text that does not compress well."""
    return random.Random(seed).randbytes(count // 2).hex()


def test_a_late_reader_finds_the_same_events_after_the_stream_is_gone(store: Store) -> None:
    run = ended(store, "r1", "one\n", "two \u2028 \r\n", "three")
    stream = run_stream("r1")
    assert 0 < store.client.ttl(stream) <= 60
    before = [(event.id, event.name, event.json) for event in store.streams.events("r1")]
    store.client.delete(stream)
    assert [(event.id, event.name, event.json) for event in store.streams.events("r1")] == before
    assert [event.id for event in store.streams.events("r1", before[1][0])] == [
        event_id for event_id, _, _ in before[2:]
    ]
    assert len(store.streams.stream(stream, count=2)) == len(before)  # unpacked once, for all pages of a late reader
    last = store.streams.last_event(stream)
    assert last
    assert (last.id, last.name) == (before[-1][0], "end")
    assert store.streams.output("r1") == ("one\ntwo \u2028 \r\nthree", "")
    assert store.ends.last("key-r1") == run


def test_output_before_a_restart_is_not_kept(store: Store) -> None:
    run = Run("r1", "a" * 20, "1" * 40, "main.py", "python", NOW)
    new = ActiveRun(run, Request(), "key", "python", attempt=1)
    store.runs.create(new, public=True)
    store.runs.append("r1", 1, Output(0, Stream.STDOUT, Phase.RUN, "half"))
    store.runs.restart(run, 1, lost=1)
    store.runs.append("r1", 2, Output(0, Stream.STDOUT, Phase.RUN, "whole"))
    assert store.ends.finish(End(run.ended(Outcome(State.PASSED), NOW), "key", 2))
    store.client.delete(run_stream("r1"))
    assert store.streams.output("r1") == ("whole", "")


def test_a_copy_has_the_output_and_names_only_its_own_gist(store: Store) -> None:
    source = ended(store, "r1", "hello\n")
    store.client.delete(run_stream("r1"))
    own = replace(source, id="r2", gist="b" * 20)
    assert store.ends.copy("r1", own, "key-r2", Gist("b" * 20, "1" * 40, (), owner="bob"))
    assert store.streams.output("r2") == ("hello\n", "")
    assert b"a" * 20 not in b"".join(event.json for event in store.streams.events("r2"))
    assert store.ends.last("key-r2") == own


def test_output_takes_a_fraction_of_what_it_was(store: Store) -> None:
    before = store.client.info("memory")["used_memory"]
    for number in range(10):
        ended(store, f"r{number}", *[f"line {n} of many\n" * 100 for n in range(500)])
        store.client.delete(run_stream(f"r{number}"))
    assert (store.client.info("memory")["used_memory"] - before) / 10 < 100_000  # of 0.9 MB


def test_the_input_of_a_run_goes_with_its_end(store: Store) -> None:
    ended(store, "r1", request=Request(stdin=b"secret words"))
    assert store.client.hget("gistrun:run:r1", "request") is None


@pytest.mark.parametrize("request_", [Request(args=("x",)), Request(stdin=b"x")])
def test_a_strangers_input_is_kept_for_minutes_unless_somebody_comes_back(store: Store, request_: Request) -> None:
    run = ended(store, "r1", "x", request=request_)
    for key in ("gistrun:run:r1", "gistrun:ended:key-r1"):
        assert 0 < store.client.ttl(key) <= MINUTES
    store.ends.keep_longer(run, "key-r1")
    for key in ("gistrun:run:r1", "gistrun:ended:key-r1"):
        assert MINUTES < store.client.ttl(key) <= MONTH


def test_coming_back_does_not_keep_an_end_that_is_not_repeatable(store: Store) -> None:
    run = ended(store, "r1", "x", state=State.TIMED_OUT, request=Request(args=("x",)))
    store.ends.keep_longer(run, "key-r1")
    assert 0 < store.client.ttl("gistrun:run:r1") <= MINUTES


@pytest.fixture
def small(redis_url: str) -> Store:
    """A store in which the results of one owner's gists may hold 100 kB."""
    client = connect(redis_url)
    client.flushall()
    return Store(client, keep_bytes=100_000)


def held(store: Store) -> int:
    """What the results of one owner are counted to hold: the last member says it."""
    (last,) = store.client.zrange("gistrun:owner:ada", -1, -1)
    return int(last.removeprefix(b"sum "))


def memory(store: Store, run_id: str) -> int:
    return int(store.client.memory_usage(f"gistrun:run:{run_id}", samples=0))  # type: ignore[arg-type]


def test_beyond_an_owners_share_the_oldest_of_that_owner_go(small: Store) -> None:
    ended(small, "other", noise(60_000), owner="Bob")
    for number in range(6):
        ended(small, f"r{number}", noise(60_000, number), owner="Ada" if number % 2 else "ada")
    left = [number for number in range(6) if small.runs.get(f"r{number}")]
    assert left == [4, 5] or left == [3, 4, 5]
    assert held(small) == pytest.approx(sum(memory(small, f"r{number}") + 512 for number in left), rel=0.01)
    assert held(small) <= 100_000
    for number in set(range(6)) - set(left):
        assert small.ends.last(f"key-r{number}") is None
        assert not small.client.exists(run_stream(f"r{number}"))
    assert small.runs.get("other")
    assert small.streams.output(f"r{left[0]}")[0] == noise(60_000, left[0])


def test_a_result_that_expired_does_not_count_any_more(small: Store) -> None:
    for number in range(2):
        ended(small, f"short{number}", noise(60_000, number), request=Request(args=("x",)))
    for member in small.client.zrange("gistrun:owner:ada", 0, 1):
        small.client.zadd("gistrun:owner:ada", {member: 1})  # as it is after their time
    ended(small, "r1", noise(60_000))
    ended(small, "r2", noise(60_000))
    assert small.runs.get("short0")
    assert small.runs.get("r1")
    assert held(small) == pytest.approx(sum(memory(small, name) + 512 for name in ("r1", "r2")), rel=0.01)


def test_a_result_that_a_visitor_comes_back_to_is_counted_for_longer(small: Store) -> None:
    run = ended(small, "r1", "x", request=Request(args=("x",)))
    ((_, before), _) = small.client.zrange("gistrun:owner:ada", 0, -1, withscores=True)
    small.ends.keep_longer(run, "key-r1")
    ((_, after), _) = small.client.zrange("gistrun:owner:ada", 0, -1, withscores=True)
    assert after - before > MONTH - 2 * MINUTES


def test_the_largest_result_of_an_owner_is_kept_alone(small: Store) -> None:
    ended(small, "r1", noise(50_000))
    ended(small, "r2", noise(600_000))
    assert small.runs.get("r1") is None
    assert small.runs.get("r2")


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Store]:
    """A store whose Redis may hold 20 MB, as ours is started."""
    with redis_server(tmp_path) as url:
        store = Store(connect(url))
        store.client.config_set("maxmemory", 20 * 2**20)
        store.client.config_set("maxmemory-policy", "volatile-lru")
        yield store


def test_when_redis_is_full_old_results_go_and_never_the_queue(full: Store) -> None:
    queue = Queue(full, 60)
    attempts = [Attempt(f"waiting{number}", 1, "a" * 20, "1" * 40) for number in range(50)]
    for number, attempt in enumerate(attempts):
        run = Run(attempt.run, attempt.gist, attempt.revision, "main.py", "python", NOW)
        full.runs.create(ActiveRun(run, Request(), f"key-{attempt.run}", "python", attempt=1), public=True)
        queue.execute(attempt, f"visitor{number % 3}" if number % 2 else "")
    for number in range(100):
        ended(full, f"r{number}", noise(500_000, number), owner=f"owner{number}")
    assert full.client.info("stats")["evicted_keys"] > 0
    assert full.client.info("memory")["used_memory"] <= 21 * 2**20
    assert full.runs.get("r99")
    assert full.runs.get("r0") is None
    assert len(list(full.runs.active())) == 50
    for attempt in attempts:
        assert not queue.lost(attempt)
        assert full.client.exists(f"rq:job:{attempt.run}-1")
        assert full.runs.begin(attempt, "w")


def waiting(store: Store, run_id: str, stdin: bytes = b"") -> None:
    """A run that has not ended."""
    run = Run(run_id, "a" * 20, "1" * 40, "main.py", "python", NOW, stdin_bytes=len(stdin))
    request = Request(stdin=stdin)
    store.runs.create(ActiveRun(run, request, f"key-{run_id}", "python", attempt=1), public=True)


def end(store: Store, run_id: str) -> None:
    active = store.runs.active_run(run_id)
    assert active
    assert store.ends.finish(End(active.run.ended(Outcome(State.PASSED), NOW), active.key, 1))


@pytest.fixture
def queue_of_4mb(redis_url: str) -> Store:
    """A store in which runs that have not ended may hold 4 MB."""
    client = connect(redis_url)
    client.flushall()
    return Store(client, active_bytes=4 * 2**20)


def test_runs_with_much_input_wait_in_half_of_the_queues_memory(queue_of_4mb: Store) -> None:
    store, much = queue_of_4mb, b"x" * 700_000
    waiting(store, "r1", much)
    waiting(store, "r2", much)
    with pytest.raises(QueueFull, match="Try again in a moment") as refused:
        waiting(store, "r3", much)
    assert refused.value.retry_after
    assert [active.run.id for active in store.runs.active()] == ["r1", "r2"]
    assert not store.runs.under_way("key-r3")
    waiting(store, "r2", much)  # the one under way
    for number in range(100):
        waiting(store, f"small{number}")
    end(store, "r1")
    waiting(store, "r3", much[:200_000])


def test_the_queue_takes_no_more_runs_than_its_memory_and_is_empty_after_their_ends(queue_of_4mb: Store) -> None:
    store, names = queue_of_4mb, []
    for number in range(2000):
        with suppress(QueueFull):
            waiting(store, f"r{number}")
            names.append(f"r{number}")
    assert 500 < len(names) < 1100
    for name in names:
        end(store, name)
    assert int(store.client.get("gistrun:active:bytes") or 0) == 0  # type: ignore[arg-type]
    waiting(store, "last")


def test_waiting_runs_that_were_removed_with_their_gist_count_no_longer(queue_of_4mb: Store) -> None:
    store = queue_of_4mb
    waiting(store, "r1", b"x" * 900_000)
    store.gists.remove("a" * 20, "It is gone.", NOW)
    assert list(store.runs.active()) == []
    assert list(store.runs.active()) == []
    waiting(store, "r2", b"x" * 1_300_000)


def test_a_result_of_which_a_part_was_evicted_is_not_shown(full: Store) -> None:
    ended(full, "r1", "hello")
    full.client.delete("gistrun:run:r1")
    assert full.ends.last("key-r1") is None
    assert full.runs.requested("key-r1", "python").last_ended is None
    assert full.ends.of_program("identity-r1") is None


def test_a_redis_with_no_room_is_reported_in_a_sentence(full: Store) -> None:
    full.client.config_set("maxmemory", 1)
    with pytest.raises(StoreUnavailable, match="has no room left"):
        ended(full, "r1")
    with pytest.raises(StoreUnavailable, match="has no room left"):
        full.rendered.show("a" * 20, "page", "token", NOW, 60)
    with pytest.raises(StoreUnavailable, match="has no room left"):
        full.gists.put(Gist("a" * 20, "1" * 40, ()), pinned=False)
