"""The history in a gist's body: what is there, and what a stranger's server could put there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gistrun.github.parsing import Unexpected, parse_gist
from gistrun.model import Revision

ID = "a" * 40


def history(entries: Any) -> tuple[Revision, ...]:
    return parse_gist(json.dumps({"files": {}, "history": entries}).encode()).history


def test_the_history_is_read() -> None:
    entry = {
        "version": ID,
        "user": {"login": "octocat"},
        "committed_at": "2026-11-20T10:00:00Z",
        "change_status": {"total": 3, "additions": 2, "deletions": 1},
    }
    assert history([entry]) == (Revision(ID, "octocat", "2026-11-20T10:00:00Z", 2, 1),)


@pytest.mark.parametrize(
    "odd",
    [
        {"user": None, "change_status": None},
        {"user": {}, "committed_at": 5, "change_status": {"additions": "2", "deletions": -1}},
        {"change_status": [], "committed_at": None},
    ],
)
def test_what_is_missing_or_odd_is_none(odd: dict[str, Any]) -> None:
    assert history([{"version": ID, **odd}]) == (Revision(ID),)


def test_entries_without_a_revision_are_left_out() -> None:
    assert history([{"version": ID}, {"version": "../x"}, None, 5]) == (Revision(ID),)


def test_a_long_history_is_cut() -> None:
    assert len(history([{"version": ID}] * 500)) == 100


def test_a_history_whose_newest_entry_is_none_is_no_answer() -> None:
    with pytest.raises(Unexpected):
        history([{"version": "main"}])
