"""Users that GitHub does not have, so that nobody spends the budget by asking for one again and again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from gistrun.errors import NotFound
from gistrun.github.ledger import Ledger

#: For so long GitHub is not asked again: doubled each time that it says so, as for the badge of a missing gist.
_AGAIN, _LONGEST = timedelta(minutes=1), timedelta(hours=1)


class AbsentOwners:
    """What GitHub answered about users that it does not have. There are as many as the budget lets somebody ask for.

    Args:
        account: names who asks, as in the keys of cached answers.
    """

    def __init__(self, account: str, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._account = account
        self._ledger = ledger
        self._now = now

    def check(self, owner: str) -> None:
        """Raises NotFound while GitHub is not to be asked for the user again."""
        note = self._ledger.github_note(self._name(owner))
        if note and self._now() < datetime.fromisoformat(note["again_at"]):
            raise NotFound(note["sentence"])

    def put(self, owner: str, sentence: str) -> None:
        """GitHub has no such user; `sentence` says so to a visitor."""
        before = self._ledger.github_note(self._name(owner))
        times = before["times"] + 1 if before else 1
        wait = min(_AGAIN * 2 ** min(times - 1, 10), _LONGEST)
        note = {"again_at": (self._now() + wait).isoformat(), "times": times, "sentence": sentence}
        # Remembered for longer than it is waited, so that the next wait is a longer one.
        self._ledger.put_github_note(self._name(owner), note, 2 * int(wait.total_seconds()) + 600)

    def remove(self, owner: str) -> None:
        """GitHub has that user."""
        self._ledger.put_github_note(self._name(owner), None)

    def _name(self, owner: str) -> str:
        return f"absent:{self._account}:{owner.lower()}"
