"""Environments on a real engine, with packages of a small index: shared, given up, prepared later, removed."""

from __future__ import annotations

import hashlib
import io
import json
import os
import struct
import tarfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gistrun import languages
from gistrun.engine import Engine
from gistrun.errors import Interrupted, PackagesRefused
from gistrun.images.builder import Builder
from gistrun.images.catalogue import Catalogue, labels
from gistrun.images.recipe import tools
from gistrun.model import GistFile, Limits, Lock, Output, Program
from gistrun.packages import disk, downloads
from gistrun.packages.bounds import Bounds
from gistrun.packages.environments import Environments
from gistrun.packages.installer import Installer
from gistrun.packages.job import Job
from gistrun.packages.means import Means
from gistrun.packages.memory import Forgetful
from gistrun.packages.steps import Ready, Said, Soon
from gistrun.packages.wanted import Need
from gistrun.sandbox.maker import Maker
from gistrun.sandbox.owner import Owner
from gistrun.sandbox.policy import Policy, Profile
from tests.images.index import Index, serving, wheel

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
    """The environment's name once it is an image, and what was said."""
    said = ""
    for step in environments.ensure(PYTHON, need(name), None):
        if isinstance(step, Said):
            said += step.text
        elif isinstance(step, Ready):
            environments.close(patience_s=120)
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


_LOOKS = """
import early, json, os
written = []
for path in ("/packages/early.py", "/packages/other.py"):
    try:
        open(path, "a").close()
        written.append(path)
    except OSError:
        pass
print(json.dumps([early.__file__, os.environ.get("EARLY"), written, sorted(os.listdir("/packages"))]))
"""


def test_the_first_program_reads_what_was_unpacked_and_cannot_write_there(means: Means, index: Index) -> None:
    index.wheel("early", files={"early.py": "", "early.pth": "import os; os.environ['EARLY'] = 'read'\n"})
    environments = Environments(means, Memory())
    maker = Maker(means.engine, means.catalogue, languages.load(), Policy(Limits()), OWNER)
    with ExitStack() as made:
        for step in environments.ensure(PYTHON, need("early"), None):
            if isinstance(step, Soon):
                sandbox = made.enter_context(closing(maker.with_folder(step.image, step.folder)))
            elif isinstance(step, Ready):
                ready = step
        program = Program("python", "main.py", (GistFile("main.py", _LOOKS.encode()),))
        output = "".join(event.data for event in sandbox.run(program) if isinstance(event, Output))
    place, variable, written, there = json.loads(output)
    assert (place, variable, written) == ("/packages/early.py", "read", [])
    assert {"early-1.0.dist-info", "early.py"} <= set(there)
    assert ready.early
    ready.early.made.result(60)
    mine = [f"gistrun.instance={OWNER.instance}"]
    assert means.engine.containers(mine)  # what was unpacked stays until it is released
    environments.close(patience_s=60)
    assert not means.engine.containers([f"gistrun.instance={OWNER.instance}"])
    assert prepared(means, ready.image) == "no"


def test_who_comes_while_an_image_is_made_waits_for_it(means: Means, index: Index) -> None:
    index.wheel("waited")
    memory = Memory()
    first = Environments(means, memory)
    list(first.ensure(PYTHON, need("waited"), None))
    second = list(Environments(means, memory).ensure(PYTHON, need("waited"), None))
    assert not [step for step in second if isinstance(step, Soon | Said)]
    first.close(patience_s=60)


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


def packages(means: Means, *names: str, memory: Memory | None = None) -> str:
    """The environment with these packages, once everything behind it is done."""
    environments = Environments(means, memory or Memory())
    needs = tuple(Need(name, name, "requirements.txt") for name in names)
    ready = [step for step in environments.ensure(PYTHON, needs, None) if isinstance(step, Ready)]
    environments.close(patience_s=120)
    return ready[0].image


def content(engine: Any, means: Means, environment: str, path: str) -> bytes:
    """A file in an environment."""
    container = engine.create_container(means.catalogue.tag(environment), labels=OWNER.labels("", Profile.INSTALLER))
    try:
        pieces, _ = engine.get_archive(container["Id"], path)
        with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as archive:
            file = archive.extractfile(archive.getmembers()[0])
            assert file
            return file.read()
    finally:
        engine.remove_container(container["Id"])


def kept_files(means: Means) -> list[Path]:
    return sorted((downloads.shelf_folder(means.data, "python", means.downloads) / "kept").iterdir())


def test_another_set_finds_what_was_downloaded_before(means: Means, index: Index) -> None:
    index.wheel("one")
    index.wheel("two")
    packages(means, "one")
    (first,) = ((file, file.stat().st_ino) for file in kept_files(means))
    packages(means, "one", "two")
    assert first[0].stat().st_ino == first[1]  # what is downloaded again replaces it
    assert len(kept_files(means)) == 2


def test_a_kept_file_that_was_poisoned_does_not_reach_another_environment(
    engine: Any, means: Means, index: Index
) -> None:
    index.wheel("one", files={"one.py": "x = 'good'\n"})
    index.wheel("two")
    packages(means, "one")
    (file,) = kept_files(means)
    good = file.read_bytes()
    file.write_bytes(wheel("one", "1.0", {"one.py": "x = 'evil'\n"}))
    name = packages(means, "one", "two")
    assert content(engine, means, name, "/packages/one.py") == b"x = 'good'\n"
    assert file.read_bytes() == good


def test_an_installer_cannot_write_what_is_kept(means: Means) -> None:
    with downloads.place(means, "python", lambda work: work()) as place:
        command = (
            "for each in /kept/evil /cache/own; do touch $each && echo $each; done >/tmp/x; wc -c </tmp/x; cat /tmp/x"
        )
        command = command.replace("/tmp/x", "/request/x")
        job = Job(means.builder.ensure(tools("python")), command, 2**28, downloads=place)
        with closing(Installer(means.engine, OWNER, job)) as installer:
            *_, written = installer.lock()
    assert written == b"/cache/own\n"
    assert [file.name for file in kept_files(means)] == [hashlib.sha256(b"").hexdigest()]


@pytest.mark.parametrize("honest", [True, False], ids=["honest", "lying"])
def test_a_bomb_ends_while_it_is_unpacked_and_leaves_nothing(means: Means, index: Index, honest: bool) -> None:
    bomb = wheel("bomb", "1.0", {"bomb.bin": bytes(400 * 2**20)})
    index.put("bomb", "bomb-1.0-py3-none-any.whl", bomb if honest else understated(bomb, 400 * 2**20))
    before = set(means.engine.volumes())
    bounded = replace(means, bounds=Bounds(disk_bytes=60 * 10**6))
    with pytest.raises(PackagesRefused, match=r"more than the 60 MB of disk|size"):
        packages(bounded, "bomb")
    assert not means.engine.containers([f"gistrun.instance={OWNER.instance}"])
    assert not set(means.engine.volumes()) - before
    assert sum(file.stat().st_size for file in kept_files(means)) <= len(bomb)


def understated(archive: bytes, size: int) -> bytes:
    """The same archive, which says that the file of that size is small."""
    return archive.replace(struct.pack("<I", size), struct.pack("<I", 10))


def test_what_was_removed_is_made_again_with_the_same_versions_without_asking_for_files(
    means: Means, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`GISTRUN_PACKAGES_DISK` is full: the older environment goes, and comes back when it is wanted."""
    monkeypatch.setattr(disk, "_IN_USE_S", 0)
    monkeypatch.setattr(disk.Disk, "kept", lambda _: _own(means))
    memory, full = Memory(), replace(means, disk_bytes=3 * 2**20)
    for name in ("older", "newer"):
        index.wheel(name, files={f"{name}.bin": os.urandom(2 * 2**20)})
        made_now = packages(full, name, memory=memory)
        time.sleep(1.1)  # the engine tells when an image was made in whole seconds
    assert [each.name for each in _own(means)] == [made_now]
    index.wheel("older", "2.0")
    index.asked.clear()
    again = packages(full, "older", memory=memory)
    assert not [path for path in index.asked if path.startswith("/files/")]
    assert [each.name for each in _own(means)] == [again]


def _own(means: Means) -> list[disk.Kept]:
    """Of this engine's environments those that these tests have made, so that they remove no others."""
    kept = _ALL(disk.Disk(means.engine, means.catalogue, Forgetful()))
    found = ((each, means.engine.image(means.catalogue.tag(each.name))) for each in kept)
    return [each for each, image in found if image and labels(image).get("gistrun.instance") == OWNER.instance]


_ALL = disk.Disk.kept
