"""The queue of revisits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from gistrun.model import Gist
from gistrun.store import Store
from tests.contract.store.values import NOW


def test_a_gist_that_waits_for_a_revisit_only_moves_up(store: Store) -> None:
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
