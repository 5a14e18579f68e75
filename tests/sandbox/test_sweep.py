"""What a crash leaves behind is removed, and what waits for its work is not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import docker
import pytest

from gistrun.sandbox.images import Images
from gistrun.sandbox.sweep import sweep
from tests.sandbox.conftest import OWNER, own_containers


@pytest.fixture
def created(engine: Any, images: Images) -> Iterator[str]:
    """A container that was made and never started, as when its worker died in between."""
    ready = images.ready("bash")
    assert ready
    options = {"Image": ready.image, "Labels": OWNER.labels("bash"), "HostConfig": {"AutoRemove": True}}
    name: str = engine.create_container_from_config(options)["Id"]
    yield name
    if name in own_containers(engine):
        engine.remove_container(name, force=True)


class OneStuck:
    """The engine, but one container cannot be removed."""

    def __init__(self, engine: Any, stuck: str) -> None:
        self._engine = engine
        self._stuck = stuck

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def remove_container(self, name: str, **options: Any) -> None:
        if name == self._stuck:
            raise docker.errors.APIError("device or resource busy")
        self._engine.remove_container(name, **options)


def test_what_a_dead_worker_made_goes(engine: Any, created: str) -> None:
    assert sweep(engine, OWNER.instance, lambda worker: False, time.time()) == 1
    assert own_containers(engine) == []


def test_what_another_installation_made_stays(engine: Any, created: str) -> None:
    assert sweep(engine, "another", lambda worker: False, time.time()) == 0
    assert own_containers(engine) == [created]


def test_what_a_living_worker_has_just_made_stays(engine: Any, created: str) -> None:
    assert sweep(engine, OWNER.instance, lambda worker: worker == OWNER.worker, time.time()) == 0
    assert own_containers(engine) == [created]


def test_what_a_living_worker_made_and_never_started_goes_in_the_end(engine: Any, created: str) -> None:
    assert sweep(engine, OWNER.instance, lambda worker: True, time.time() + 3600) == 1
    assert own_containers(engine) == []


def test_one_that_cannot_be_removed_does_not_keep_the_others(engine: Any, images: Images, created: str) -> None:
    ready = images.ready("bash")
    assert ready
    options = {"Image": ready.image, "Labels": OWNER.labels("bash")}
    others = [engine.create_container_from_config(options)["Id"] for _ in range(2)]
    for stuck in (created, *others):
        if stuck in own_containers(engine):
            break
    assert sweep(OneStuck(engine, stuck), OWNER.instance, lambda worker: False, time.time()) == 2
    assert own_containers(engine) == [stuck]
