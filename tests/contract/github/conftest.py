"""GitHub's stand-in with a clock that the tests move, and clients of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest

from gistrun.github import Account, GitHub, Ledger, OwnLedger, Patience
from gistrun.store import Store, connect
from tests.contract.github.answers import MiB
from tests.github_server import GitHubServer
from tests.world import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 22, 12, 0, tzinfo=UTC))


@pytest.fixture
def server(clock: Clock) -> Iterator[GitHubServer]:
    with GitHubServer(now=clock) as server:
        yield server


@pytest.fixture
def make(server: GitHubServer, clock: Clock) -> Callable[..., GitHub]:
    """Makes clients that share nothing, unless they are given one ledger. Durations are those of `Patience`."""

    def make(
        token: str | None = None, raw_hosts: tuple[str, ...] = (), max_bytes: int = 8 * MiB, **more: Any
    ) -> GitHub:
        patience = {field.name: more.pop(field.name) for field in fields(Patience) if field.name in more}
        account = Account(more.pop("api_url", server.url), token, raw_hosts)
        return GitHub(account, max_bytes, more.pop("now", clock), patience=Patience(**patience), **more)

    return make


@pytest.fixture
def github(make: Callable[..., GitHub]) -> GitHub:
    return make()


@pytest.fixture
def redis_ledger(store: Store, redis_url: str) -> Callable[[], Ledger]:
    """The ledger in Redis, over a connection of its own each time, as another process has it."""
    return lambda: Store(connect(redis_url)).github


@pytest.fixture(params=["own", "redis"])
def ledger(request: pytest.FixtureRequest) -> Callable[[], Ledger]:
    """Gives ledgers that are shared: that of one process, and that in Redis. The same tests hold for both."""
    if request.param == "redis":
        redis_ledger: Callable[[], Ledger] = request.getfixturevalue("redis_ledger")
        return redis_ledger
    own = OwnLedger()
    return lambda: own


@pytest.fixture
def share(make: Callable[..., GitHub], ledger: Callable[[], Ledger]) -> Callable[..., GitHub]:
    """Makes clients that share nothing but a ledger, as those of two processes do."""

    def share(token: str | None = None, **more: Any) -> GitHub:
        options: dict[str, Any] = {"ledger": ledger(), "max_bytes": MiB, "queue_s": 30.0, "turn_s": 30.0} | more
        return make(token, **options)

    return share
