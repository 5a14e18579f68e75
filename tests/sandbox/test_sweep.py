"""What a crash leaves behind is removed, and what waits for a program is not."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

import docker
import pytest

from gistrun.engine import Engine
from gistrun.images.catalogue import Catalogue
from gistrun.sandbox.policy import Policy, Profile, container_options
from gistrun.sandbox.sweep import sweep
from tests.sandbox.conftest import OWNER, own_containers


@pytest.fixture
def created(engine: Any, images: Catalogue) -> Iterator[str]:
    """A container that was created and never started, because its worker died in between."""
    ready = images.ready("bash")
    assert ready
    options = {"Image": ready.digest, "Labels": OWNER.labels("bash"), "HostConfig": {"AutoRemove": True}}
    name: str = engine.create_container_from_config(options)["Id"]
    yield name
    if name in own_containers(engine):
        engine.remove_container(name, force=True)


class OneStuck:
    """The SDK's client, but one container cannot be removed."""

    def __init__(self, engine: Any, stuck: str) -> None:
        self._engine = engine
        self._stuck = stuck

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def remove_container(self, name: str, **options: Any) -> None:
        if name == self._stuck:
            raise docker.errors.APIError("device or resource busy")
        self._engine.remove_container(name, **options)


def test_containers_of_a_dead_worker_are_removed(engine: Any, created: str) -> None:
    assert sweep(Engine(engine), OWNER.instance, lambda worker: False, time.time()) == 1
    assert own_containers(engine) == []


def test_containers_of_another_installation_stay(engine: Any, created: str) -> None:
    assert sweep(Engine(engine), "another", lambda worker: False, time.time()) == 0
    assert own_containers(engine) == [created]


def test_a_container_that_a_living_worker_has_just_created_stays(engine: Any, created: str) -> None:
    assert sweep(Engine(engine), OWNER.instance, lambda worker: worker == OWNER.worker, time.time()) == 0
    assert own_containers(engine) == [created]


def test_a_container_that_a_living_worker_never_started_is_removed_in_the_end(engine: Any, created: str) -> None:
    assert sweep(Engine(engine), OWNER.instance, lambda worker: True, time.time() + 3600) == 1
    assert own_containers(engine) == []


def test_a_container_that_cannot_be_removed_does_not_stop_the_others(
    engine: Any, images: Catalogue, created: str
) -> None:
    ready = images.ready("bash")
    assert ready
    options = {"Image": ready.digest, "Labels": OWNER.labels("bash")}
    others = [engine.create_container_from_config(options)["Id"] for _ in range(2)]
    for stuck in (created, *others):
        if stuck in own_containers(engine):
            break
    assert sweep(Engine(OneStuck(engine, stuck)), OWNER.instance, lambda worker: False, time.time()) == 2
    assert own_containers(engine) == [stuck]


@pytest.fixture
def probe(engine: Any, images: Catalogue) -> Iterator[str]:
    """A probe that goes on although the builder that started it is gone."""
    ready = images.ready("bash")
    assert ready
    labels = OWNER.labels("bash", Profile.PROBE)
    options = container_options(Policy.probe(None), ready.digest, labels, random.Random(1))
    options["StdinOnce"] = False  # with it, process 1 ends together with its builder
    name = Engine(engine).create(options)
    with Engine(engine).attach(name) as connection:
        engine.start(name)
        connection.recv(1)
    yield name
    if name in own_containers(engine):
        engine.remove_container(name, force=True)


def test_a_probe_whose_builder_was_killed_is_swept_when_it_must_be_over(engine: Any, probe: str) -> None:
    assert sweep(Engine(engine), OWNER.instance, lambda worker: False, time.time()) == 0
    assert own_containers(engine) == [probe]
    assert sweep(Engine(engine), OWNER.instance, lambda worker: False, time.time() + 3600) == 1
    assert own_containers(engine) == []
