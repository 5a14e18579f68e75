"""Renderings, and what ends them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from gistrun.model import Gist, Image, Outcome, Run, State
from gistrun.store import End, Shown, Store, Token, connect
from tests.contract.store.values import NOW, a_new, a_run, begun, end
from tests.servers import redis_server


def rendered(store: Store, until: float = 0) -> tuple[Token, Run]:
    """A mark, and a run that has ended."""
    run = begun(store)
    end(store, run)
    mark = store.rendered.show("abc", "page", "m1", NOW, 60)
    assert isinstance(mark, Token)
    assert store.rendered.keep(mark, "r1", "digest", until, b"body")
    return mark, run


def test_a_rendering_comes_back_and_counts_as_a_view(store: Store) -> None:
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


def test_a_rendering_expires_with_its_run(store: Store) -> None:
    mark, _ = rendered(store)
    store.client.expire("gistrun:run:r1", 100)
    assert store.rendered.keep(replace(mark, name="badge"), "r1", "other", 0, b"")
    assert 0 < store.client.ttl("gistrun:rendered:abc") <= 100
    assert not store.rendered.keep(replace(mark, name="badge"), "unknown", "other", 0, b"")


CHANGES: dict[str, Callable[[Store, Run], object]] = {
    "another revision": lambda store, run: store.gists.put(Gist("abc", "2" * 40, ()), pinned=False),
    "a pinned revision": lambda store, run: store.gists.put(Gist("abc", "2" * 40, ()), pinned=True),
    "checked": lambda store, run: (
        store.gists.put(Gist("abc", "1" * 40, (), checked_at=NOW), pinned=False),
        store.rendered.keep(cast(Token, store.rendered.show("abc", "page", "m", NOW, 60)), "r1", "digest", 0, b"body"),
        store.gists.confirm("abc", NOW),
    ),
    "gone": lambda store, run: store.gists.remove("abc", "Gone.", NOW),
    "missing": lambda store, run: store.missing.put("abc", None, "None.", NOW, gone=False),
    "a new run": lambda store, run: store.runs.create(a_new("r2", "key-r1"), public=True),
    "the end of a run": lambda store, run: (
        store.runs.create(a_new("r2", "key-r1"), public=True),
        store.rendered.keep(cast(Token, store.rendered.show("abc", "page", "m", NOW, 60)), "r1", "digest", 0, b"body"),
        store.ends.finish(End(a_run("r2").ended(Outcome(State.FAILED), NOW), "key-r1", 1)),
    ),
    "a copied run": lambda store, run: store.ends.copy("r1", a_run("r2"), "key-r1", Gist("abc", "1" * 40, ())),
    "a language": lambda store, run: store.images.publish(Image("python", "sha256:1", "3")),
    "a broken language": lambda store, run: store.images.publish_broken("python", "No."),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_ends_renderings_also_those_being_made(
    store: Store, change: Callable[[Store, Run], object]
) -> None:
    mark, run = rendered(store)
    change(store, run)
    assert not store.rendered.keep(mark, "r1", "digest", 0, b"body")
    now = store.rendered.show("abc", "page", "m9", NOW, 60)
    assert isinstance(now, Token)
    assert now != mark
    assert not store.rendered.keep(mark, "r1", "digest", 0, b"body")
    kept = store.runs.get("r1") is not None  # a gist that is gone takes its runs along
    assert store.rendered.keep(now, "r1", "digest", 0, b"body") is kept


def test_a_redis_that_was_restarted_is_asked_again(tmp_path: Path) -> None:
    store = Store(connect(f"unix://{tmp_path}/redis.sock"))
    for _ in range(2):
        with redis_server(tmp_path):
            assert isinstance(store.rendered.show("abc", "page", "m1", NOW, 60), Token)
