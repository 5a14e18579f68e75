"""The pace of watching, which is learnt from what is left of GitHub's budget."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gistrun.freshness.watcher import Pace
from gistrun.github import Budget

NOW = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)


def an_hour(limit: int, price: float, visitors: float = 0.0) -> tuple[float, float, int]:
    """Checks at the pace for an hour, each at that price: the pace at first and after 55 minutes, and what is left."""
    pace, left, reset = Pace(), float(limit), NOW + timedelta(hours=1)
    first = last = pace.now(Budget(limit, limit, reset), NOW)
    for second in range(1, 3300):
        left = max(0.0, left - last * price - visitors)
        last = pace.now(Budget(limit, int(left), reset), NOW + timedelta(seconds=second))
    return first, last, int(left)


def test_where_every_check_costs_the_budget_lasts_for_the_hour() -> None:
    first, last, left = an_hour(60, price=1.0)
    assert first == pytest.approx(45 / 3600)
    assert last < 3 * first
    assert 15 <= left <= 30


def test_where_checks_are_free_it_becomes_as_fast_as_github_allows() -> None:
    _, last, left = an_hour(5000, price=0.0)
    assert (last, left) == (5.0, 5000)


def test_where_every_third_check_finds_a_change_the_budget_lasts_and_is_used() -> None:
    _, last, left = an_hour(5000, price=1 / 3)
    assert 1250 <= left < 2000
    assert 2 < last < 5


def test_the_watcher_leaves_visitors_their_budget() -> None:
    _, _, left = an_hour(5000, price=1.0, visitors=0.5)
    assert 1250 <= left < 2000


def test_the_reserve_is_for_visitors() -> None:
    pace = Pace()
    assert pace.now(Budget(60, 15, NOW + timedelta(minutes=30)), NOW) == 0
    assert pace.now(Budget(60, 60, NOW + timedelta(minutes=90)), NOW + timedelta(minutes=30)) > 0


def test_a_github_without_limits_is_asked_a_few_times_a_second() -> None:
    assert Pace().now(None, NOW) == 5.0
