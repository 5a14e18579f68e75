"""Events of runs, as readers get them."""

from __future__ import annotations

import threading

from gistrun.model import Output, Phase, Stream
from gistrun.store import Store, run_stream
from tests.contract.store.values import begun, end


def test_a_reader_of_many_runs_gets_the_new_events_of_each(store: Store) -> None:
    run, other = begun(store), begun(store, "r2")
    store.runs.changed(run, 1)
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
    store.runs.changed(run, 1)
    for n in range(5):
        store.runs.append("r1", 1, Output(n / 10, Stream.STDOUT, Phase.RUN, str(n)))
    whole = store.streams.events("r1")
    assert [event.data["data"] for event in whole[2:]] == list("01234")
    page = store.streams.stream(run_stream("r1"), whole[2].id, 2)
    assert [event.data["data"] for event in page] == ["1", "2"]
