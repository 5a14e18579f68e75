"""What is remembered of environments between two installations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from gistrun.model import Lock


class Memory(Protocol):
    """What an installation remembers of its environments; `store.packages` does."""

    def lock_of_today(self, wanted: str) -> Lock | None:
        """The lock to which the same was resolved a short while ago."""

    def resolved(self, lock: Lock) -> None:
        """What is wanted was resolved to that lock."""

    def used(self, image: str) -> None:
        """An environment is about to be used."""

    def last_used(self) -> Mapping[str, float]:
        """When each environment was used last, in seconds since the epoch."""

    def removed(self, image: str) -> None:
        """An environment is not there any more."""

    def shared(self, key: str) -> str | None:
        """The digest by which the deployment's registry has an environment, or None."""

    def was_shared(self, key: str, digest: str) -> None:
        """The registry has it from now on."""

    def is_not_shared(self, key: str) -> None:
        """The registry does not have it any more."""

    def may_share(self, key: str, seconds: int) -> bool:
        """True for one host of all, which may push it, and again after so many seconds."""


class Forgetful:
    """The memory of a command that runs without Redis: there is none."""

    def lock_of_today(self, wanted: str) -> Lock | None:  # noqa: ARG002
        return None

    def resolved(self, lock: Lock) -> None:
        pass

    def used(self, image: str) -> None:
        pass

    def last_used(self) -> Mapping[str, float]:
        return {}

    def removed(self, image: str) -> None:
        pass

    def shared(self, key: str) -> str | None:  # noqa: ARG002
        return None

    def was_shared(self, key: str, digest: str) -> None:
        pass

    def is_not_shared(self, key: str) -> None:
        pass

    def may_share(self, key: str, seconds: int) -> bool:  # noqa: ARG002
        return False
