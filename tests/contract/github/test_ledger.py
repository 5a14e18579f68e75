"""What processes share about GitHub: the same promises from the ledger of one process and from that in Redis."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from gistrun.github import Ledger

ACCOUNT = "an-account"


def test_an_account_without_a_past_has_no_standing(ledger: Callable[[], Ledger]) -> None:
    assert dict(ledger().github_standing(ACCOUNT)) == {}


def test_a_standing_is_changed_for_all_and_for_one_account(ledger: Callable[[], Ledger]) -> None:
    ledger().change_github_standing(ACCOUNT, lambda before: {**before, "limit": "60"}, 60)
    ledger().change_github_standing(ACCOUNT, lambda before: {**before, "remaining": "59"}, 60)
    assert dict(ledger().github_standing(ACCOUNT)) == {"limit": "60", "remaining": "59"}
    assert dict(ledger().github_standing("another")) == {}


def test_no_change_is_lost_among_many(ledger: Callable[[], Ledger]) -> None:
    def add(before: Mapping[str, str]) -> dict[str, str]:
        return {"count": str(int(before.get("count", "0")) + 1)}

    ledgers = [ledger() for _ in range(4)]

    def often(one: Ledger) -> None:
        for _ in range(25):
            one.change_github_standing(ACCOUNT, add, 60)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(often, ledgers))
    assert ledger().github_standing(ACCOUNT)["count"] == "100"


def test_a_note_is_there_for_all_until_it_is_removed(ledger: Callable[[], Ledger]) -> None:
    assert ledger().github_note("list:x") is None
    ledger().put_github_note("list:x", {"etag": '"1"', "gists": [["a", 1, True]]}, 60)
    assert ledger().github_note("list:x") == {"etag": '"1"', "gists": [["a", 1, True]]}
    assert ledger().github_note("list:y") is None
    ledger().put_github_note("list:x", None)
    assert ledger().github_note("list:x") is None


def test_one_background_request_has_the_turn(ledger: Callable[[], Ledger]) -> None:
    with ledger().github_turn(ACCOUNT, 0.0, 0.0) as first:
        assert first
        with ledger().github_turn(ACCOUNT, 0.1, 0.0) as second:
            assert not second
    with ledger().github_turn(ACCOUNT, 0.1, 0.0) as third:
        assert third


def test_a_turn_is_over_when_its_request_breaks(ledger: Callable[[], Ledger]) -> None:
    class Broken(Exception):
        pass

    for asking in (ledger().github_visitor(ACCOUNT, 0.1), ledger().github_turn(ACCOUNT, 0.1, 0.0)):
        try:
            with asking as admitted:
                assert admitted
                raise Broken
        except Broken:
            pass
    with ledger().github_visitor(ACCOUNT, 0.1) as visitor:
        assert visitor


def test_visitors_are_admitted_as_soon_as_others_leave(ledger: Callable[[], Ledger]) -> None:
    """One process admits one visitor at a time, the service eight."""
    leave = threading.Event()
    inside = threading.Semaphore(0)

    def visit() -> None:
        with ledger().github_visitor(ACCOUNT, 0.05) as admitted:
            if admitted:
                inside.release()
                leave.wait(10)

    visitors = [threading.Thread(target=visit) for _ in range(8)]
    for visitor in visitors:
        visitor.start()
    assert inside.acquire(timeout=10)
    for visitor in visitors:
        visitor.join(0.2)
    with ledger().github_visitor(ACCOUNT, 0.05) as admitted:
        assert not admitted
    leave.set()
    for visitor in visitors:
        visitor.join()
    with ledger().github_visitor(ACCOUNT, 5.0) as admitted:
        assert admitted
