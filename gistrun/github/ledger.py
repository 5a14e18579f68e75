"""What the processes that ask one GitHub as one account share: the Protocol, and the ledger of a single process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol


class Ledger(Protocol):
    """What the processes share. The store has the ledger that they share in Redis."""

    def github_standing(self, account: str) -> Mapping[str, str]:
        """The fields of the account's `Standing`, as text; none where nothing is known."""

    def change_github_standing(
        self, account: str, change: Callable[[Mapping[str, str]], Mapping[str, str]], seconds: int
    ) -> None:
        """Replace the fields by what `change` makes of them, as one step; they are forgotten after so many seconds.

        `change` may be called more than once; its last result counts.
        """

    def github_visitor(self, account: str, patience_s: float) -> AbstractContextManager[bool]:
        """Held while GitHub is asked for a visitor; False when too many were asking for all that time."""

    def github_turn(self, account: str, patience_s: float, yield_s: float) -> AbstractContextManager[bool]:
        """Held by the one process that asks in the background; it first waits up to `yield_s` while visitors ask.

        Gives False when another process held it for longer than `patience_s`.
        """

    def github_note(self, name: str) -> dict[str, Any] | None:
        """The cached answer of that name, or None."""

    def put_github_note(self, name: str, note: dict[str, Any] | None, seconds: int = 0) -> None:
        """Cache an answer for so many seconds; None removes it."""


class OwnLedger:
    """The ledger of one process on its own, such as a command without the service."""

    def __init__(self) -> None:
        self._standings: dict[str, Mapping[str, str]] = {}
        self._notes: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._asking = threading.Lock()

    def github_standing(self, account: str) -> Mapping[str, str]:
        return self._standings.get(account, {})

    def change_github_standing(
        self,
        account: str,
        change: Callable[[Mapping[str, str]], Mapping[str, str]],
        seconds: int,  # noqa: ARG002
    ) -> None:
        with self._lock:
            self._standings[account] = dict(change(self.github_standing(account)))

    @contextmanager
    def github_visitor(self, account: str, patience_s: float) -> Iterator[bool]:  # noqa: ARG002 - one account
        taken = self._asking.acquire(timeout=patience_s)
        try:
            yield taken
        finally:
            if taken:
                self._asking.release()

    def github_turn(self, account: str, patience_s: float, yield_s: float) -> AbstractContextManager[bool]:  # noqa: ARG002
        return self.github_visitor(account, patience_s)

    def github_note(self, name: str) -> dict[str, Any] | None:
        return self._notes.get(name)

    def put_github_note(self, name: str, note: dict[str, Any] | None, seconds: int = 0) -> None:  # noqa: ARG002
        if note is None:
            self._notes.pop(name, None)
        else:
            self._notes[name] = note
