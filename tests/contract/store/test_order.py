"""Output keeps its order on its way through the store: also where many pieces are stored in one step."""

from __future__ import annotations

from gistrun.model import Output, Phase, Stream
from gistrun.store import Store
from tests.contract.store.values import begun, end

PIECES = [Output(n / 1000, list(Stream)[n % 2], Phase.RUN, f"{n}\n") for n in range(1000)]


def test_pieces_that_come_together_are_events_of_their_own_in_order(store: Store) -> None:
    run = begun(store)
    assert store.runs.append("r1", 1, *PIECES[:600])
    assert store.runs.append("r1", 1, PIECES[600])
    assert store.runs.append("r1", 1, *PIECES[601:])
    wanted = [piece.as_json() for piece in PIECES]
    assert [event.data for event in store.streams.current_events("r1") if event.name == "output"] == wanted
    assert end(store, run)
    assert [event.data for event in store.streams.current_events("r1") if event.name == "output"] == wanted


def test_a_lost_worker_adds_none_of_them(store: Store) -> None:
    begun(store)
    assert not store.runs.append("r1", 2, *PIECES[:5])
    assert all(event.name != "output" for event in store.streams.current_events("r1"))
