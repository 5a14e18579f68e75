"""Environments on a real engine, with packages of a small index: shared, given up, prepared later, removed."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gistrun import languages
from gistrun.engine import Engine
from gistrun.errors import Interrupted
from gistrun.images.builder import Builder
from gistrun.images.catalogue import Catalogue, labels
from gistrun.model import Lock
from gistrun.packages import disk, downloads
from gistrun.packages.environments import Environments
from gistrun.packages.means import Means
from gistrun.packages.memory import Forgetful
from gistrun.packages.steps import Ready, Said
from gistrun.packages.wanted import Need
from gistrun.sandbox.owner import Owner
from tests.images.index import Index, serving

pytestmark = pytest.mark.timeout(900)

PYTHON = languages.load()["python"]
OWNER = Owner(f"environments-{os.getpid()}", "tests")


class Memory(Forgetful):
    """Remembers the locks of the day, as Redis does."""

    def __init__(self) -> None:
        self._locks: dict[str, Lock] = {}

    def lock_of_today(self, wanted: str) -> Lock | None:
        return self._locks.get(wanted)

    def resolved(self, lock: Lock) -> None:
        self._locks[lock.wanted] = lock


@pytest.fixture
def index() -> Iterator[Index]:
    with serving() as found:
        yield found


@pytest.fixture
def means(engine: Any, index: Index, tmp_path: Path) -> Iterator[Means]:
    own = Engine(engine)
    catalogue = Catalogue(own, languages.load())
    builder = Builder(own, catalogue, OWNER)
    builder.build(PYTHON.image)
    whose = f"test-{os.getpid()}-{index.port}"
    registries = {"UV_DEFAULT_INDEX": index.url}
    made = Means(own, builder, catalogue, OWNER, tmp_path, registries, None, 2**30, 2**40, downloads=whose)
    yield made
    for each in _own(made):
        own.remove_image(catalogue.tag(each.name))
    if downloads.volume("python", whose) in own.volumes():
        own.remove_volume(downloads.volume("python", whose))


def need(name: str) -> tuple[Need, ...]:
    return (Need(name, name, "requirements.txt"),)


def made(environments: Environments, name: str) -> tuple[str, str]:
    """The environment's name, and what was said."""
    said = ""
    for step in environments.ensure(PYTHON, need(name), None):
        if isinstance(step, Said):
            said += step.text
        elif isinstance(step, Ready):
            return step.image, said
    raise AssertionError(said)


def prepared(means: Means, name: str) -> str | None:
    found = means.engine.image(means.catalogue.tag(name))
    return labels(found).get("gistrun.prepared") if found else None


def test_several_who_want_the_same_share_one_installation(means: Means, index: Index) -> None:
    index.wheel("shared")
    memory = Memory()
    with ThreadPoolExecutor() as threads:
        answers = list(threads.map(lambda _: made(Environments(means, memory), "shared"), range(3)))
    assert len({name for name, _ in answers}) == 1
    assert sum("Installing shared 1.0" in said for _, said in answers) == 1
    assert made(Environments(means, memory), "shared")[1] == ""


def test_an_installation_that_is_stopped_ends_at_once_and_leaves_nothing(means: Means, index: Index) -> None:
    index.wheel("slow")
    index.pause_s = 60.0
    environments = Environments(means, Memory())
    while_it_waits = threading.Timer(5, environments.stop)
    while_it_waits.start()
    began = time.monotonic()
    with pytest.raises(Interrupted):
        made(environments, "slow")
    assert time.monotonic() - began < 30
    assert not means.engine.containers([f"gistrun.instance={OWNER.instance}"])


def test_an_environment_is_prepared_after_its_first_run_whoever_comes_next(means: Means, index: Index) -> None:
    index.wheel("later")
    memory = Memory()
    name, _ = made(Environments(means, memory), "later")
    assert prepared(means, name) == "no"  # and the worker ends before it is prepared
    second = Environments(means, memory)
    assert made(second, "later") == (name, "")
    second.was_used(Ready(name, Lock("", b"")))
    second.close(patience_s=120)
    assert prepared(means, name) == "yes"
    assert not means.engine.containers([f"gistrun.instance={OWNER.instance}"])


def test_what_must_be_built_is_built_before_the_first_run(means: Means, index: Index) -> None:
    index.source(
        "built",
        {
            "PKG-INFO": "Metadata-Version: 2.2\nName: built\nVersion: 1.0\n",
            "built.py": "",
            "setup.py": "from setuptools import setup\nsetup(name='built', version='1.0', py_modules=['built'])\n",
        },
    )
    name, said = made(Environments(means, Memory()), "built")
    assert prepared(means, name) == "yes"
    assert "Building built-1.0.tar.gz" in said


def test_when_the_disk_is_full_what_was_not_used_for_longest_goes(
    means: Means, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "_IN_USE_S", 0)
    monkeypatch.setattr(disk.Disk, "kept", lambda _: _own(means))
    found: list[str] = []
    for name in ("older", "newer"):
        index.wheel(name, files={f"{name}.bin": os.urandom(2 * 2**20)})
        environments = Environments(replace(means, disk_bytes=3 * 2**20), Memory())
        found.append(made(environments, name)[0])
        environments.close(patience_s=60)
        time.sleep(1.1)  # the engine tells when an image was made in whole seconds
    assert [prepared(means, name) for name in found] == [None, "no"]


def _own(means: Means) -> list[disk.Kept]:
    """Of this engine's environments those that these tests have made, so that they remove no others."""
    kept = _ALL(disk.Disk(means.engine, means.catalogue, Forgetful()))
    found = ((each, means.engine.image(means.catalogue.tag(each.name))) for each in kept)
    return [each for each, image in found if image and labels(image).get("gistrun.instance") == OWNER.instance]


_ALL = disk.Disk.kept
