"""Who is responsible for a container, as labels that the sweeper reads."""

from __future__ import annotations

from dataclasses import dataclass

from gistrun.sandbox.policy import Profile


@dataclass(frozen=True, slots=True)
class Owner:
    """A worker of an installation. The sweeper removes containers whose worker is not alive."""

    instance: str
    worker: str

    def labels(self, language: str, profile: Profile = Profile.RUN) -> dict[str, str]:
        """Labels of a sandbox; `gistrun.role` says what it is for."""
        return {"gistrun.role": profile, "gistrun.language": language, **self._responsible()}

    def namespace_labels(self) -> dict[str, str]:
        """Labels of a container that only keeps a network namespace."""
        return {"gistrun.role": "namespace", **self._responsible()}

    def _responsible(self) -> dict[str, str]:
        return {"gistrun.instance": self.instance, "gistrun.worker": self.worker}
