"""What hosts tell each other of environments that the deployment's registry has."""

from __future__ import annotations

import time

from gistrun.store import Store

DIGEST = "sha256:" + "a" * 64


def test_what_one_host_has_given_all_know_until_it_is_gone(store: Store) -> None:
    shelf = store.packages
    assert shelf.shared("key") is None
    shelf.was_shared("key", DIGEST)
    assert shelf.shared("key") == DIGEST
    assert shelf.shared("other") is None
    assert shelf.may_share("key", 60)
    shelf.is_not_shared("key")
    assert shelf.shared("key") is None
    assert shelf.may_share("key", 60)  # at once, and not when the lease has ended


def test_one_host_alone_gives_an_environment(store: Store) -> None:
    assert [store.packages.may_share("key", 1) for _ in range(3)] == [True, False, False]
    assert store.packages.may_share("other", 1)
    time.sleep(1.1)
    assert store.packages.may_share("key", 1)


def test_a_digest_that_is_asked_for_is_kept_longer(store: Store) -> None:
    store.packages.was_shared("key", DIGEST)
    store.client.expire("gistrun:shared:key", 10)
    store.packages.shared("key")
    assert store.client.ttl("gistrun:shared:key") > 86400
