"""Which containers of a worker that is alive are left over."""

from __future__ import annotations

from typing import Any

import pytest

from gistrun.sandbox.sweep import sweep

NOW = 10_000.0


class Engine:
    def __init__(self, **container: Any) -> None:
        self.removed: list[str] = []
        self._container = {"Id": "c", **container}

    def containers(self, labels: list[str]) -> list[dict[str, Any]]:
        return [self._container]

    def remove(self, container: str) -> None:
        self.removed.append(container)


@pytest.mark.parametrize(
    ("role", "state", "age_s", "worker", "goes"),
    [
        ("installer", "exited", 60, "alive", False),  # an image is being made of it
        ("installer", "exited", 2000, "alive", True),
        ("installer", "running", 2000, "alive", False),
        ("installer", "running", 1, "gone", True),
        ("sandbox", "exited", 1, "alive", True),
    ],
)
def test_an_installer_that_has_ended_stays_until_an_image_is_made_of_it(
    role: str, state: str, age_s: float, worker: str, goes: bool
) -> None:
    labels = {"gistrun.role": role, "gistrun.worker": worker}
    engine = Engine(Labels=labels, State=state, Created=NOW - age_s)
    assert sweep(engine, "instance", lambda name: name == "alive", NOW) == goes  # type: ignore[arg-type]
    assert engine.removed == ["c"] * goes
