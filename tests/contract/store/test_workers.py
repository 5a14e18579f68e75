"""Workers, languages and deliveries."""

from __future__ import annotations

from gistrun.model import Image
from gistrun.store import Store
from tests.contract.store.values import NOW


def test_the_engine_answers_when_a_living_worker_says_so(store: Store) -> None:
    assert not store.workers.engine_answers()
    store.workers.heartbeat("w1", {"engine": "The Docker engine does not answer: it is down"})
    assert not store.workers.engine_answers()
    store.workers.heartbeat("w2", {"engine": True})
    assert store.workers.engine_answers()


def test_languages_workers_and_deliveries(store: Store) -> None:
    ready = Image("python", "sha256:1", "Python 3.13.5")
    store.images.publish_broken("python", "No.")
    assert (store.images.ready("python"), store.images.broken("python")) == (None, "No.")
    store.images.publish(ready)
    assert (store.images.ready("python"), store.images.broken("python")) == (ready, None)
    store.workers.heartbeat("w1", {"engine": True})
    assert store.workers.alive() == {"w1": {"engine": True}}
    store.workers.gone("w1")
    assert not store.workers.is_alive("w1")
    assert [store.revisits.take_delivery("d", ["1"], "a/b", NOW) for _ in range(2)] == [True, False]
    assert (store.revisits.next(1), store.revisits.next_readme(1)) == ("1", "a/b")
    assert store.workers.instance() == store.workers.instance()
