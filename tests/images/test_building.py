"""How images are made: once for each state of a folder, and with a sentence if one cannot be made."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import docker
import pytest

from gistrun import languages
from gistrun.engine import Engine
from gistrun.errors import SandboxUnavailable, SetupError
from gistrun.images.builder import Builder
from gistrun.images.catalogue import Catalogue
from gistrun.model import Image
from gistrun.sandbox.owner import Owner
from gistrun.sandbox.sweep import sweep

REPOSITORY = "gistrun-test-building"
LANGUAGE = """
title = "Mini"
toolchain = "Mini Bash"
version_command = ["bash", "--version"]
version_pattern = 'version ([\\d.]+)'
run = ["bash", "{file}"]
extensions = [".mini"]
"""


#: The owner of the probes of these tests.
OWNER = Owner(f"building-{os.getpid()}", "tests")


class Images:
    """The catalogue of a folder, and its builder."""

    def __init__(self, engine: Engine, folder: Path, repository: str = REPOSITORY) -> None:
        catalogue = Catalogue(engine, languages.load(images=folder), folder, repository)
        builder = Builder(engine, catalogue, OWNER)
        self.catalogue = catalogue
        self.ready = catalogue.ready
        self.builder, self.build = builder, builder.build
        self.build_all = partial(builder.build_all, list(catalogue.versions))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder like images/, with one small language."""
    shutil.copytree(languages.IMAGES / "_base", tmp_path / "_base")
    add(tmp_path, "mini")
    return tmp_path


def add(folder: Path, name: str, dockerfile: str = "", language: str = LANGUAGE) -> None:
    (folder / name).mkdir()
    (folder / name / "Dockerfile").write_text(f"ARG BASE=gistrun/base\nFROM $BASE\n{dockerfile}\n")
    (folder / name / f"hello.{name}").write_text("echo hé\n")
    (folder / name / "hello.out").write_text("hé\n")
    (folder / name / "language.toml").write_text(language.replace(".mini", f".{name}"))


@pytest.fixture
def images(engine: Any, folder: Path) -> Iterator[Callable[[], Images]]:
    """Makes `Images` of the folder as it is now."""
    remove_images(engine)  # of a test that was killed
    yield lambda: Images(Engine(engine), folder)
    remove_images(engine)


def remove_images(engine: Any) -> None:
    for image in engine.images(filters={"reference": [f"{REPOSITORY}/*", f"{REPOSITORY}/*/*"]}):
        for tag in image["RepoTags"] or []:
            with contextlib.suppress(docker.errors.APIError):
                engine.remove_image(tag)


def test_an_image_is_ready_once_it_is_built(images: Callable[[], Images], engine: Any) -> None:
    assert images().ready("mini") is None
    ready = images().build("mini")
    assert ready.toolchain.startswith("Mini Bash 5.")
    assert images().ready("mini") == ready
    assert ready.digest == engine.inspect_image(f"{REPOSITORY}/mini")["Id"]


def test_the_image_with_the_tools_that_install_packages_is_made_within_limits_and_told(
    images: Callable[[], Images], folder: Path
) -> None:
    (folder / "mini" / "language.toml").write_text(f'{LANGUAGE}packages = "python"\n')
    (folder / "_packages" / "python").mkdir(parents=True)
    most = "$(cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max)"
    dockerfile = f'ARG BASE\nFROM $BASE\nRUN test "{most}" = {2**30}\n'
    (folder / "_packages" / "python" / "Dockerfile").write_text(dockerfile)
    made, told = images(), []
    made.build("mini")
    builder = made.builder.telling(lambda name, step: told.append((name, step)))
    first = builder.ensure("packages/mini")
    assert told == [("packages/mini", f"step {number}/3") for number in (1, 2, 3)]
    assert builder.ensure("packages/mini") == first
    assert len(told) == 3


def test_an_unchanged_folder_is_not_built_again(images: Callable[[], Images], engine: Any) -> None:
    first = images().build("mini")
    created = engine.inspect_image(first.digest)["Created"]
    second = images().build("mini")
    assert (second, engine.inspect_image(second.digest)["Created"]) == (first, created)


@pytest.mark.parametrize("changed", ["mini/added", "_base/added"])
def test_a_changed_folder_is_built_again_and_until_then_its_image_stays_in_use(
    images: Callable[[], Images], folder: Path, changed: str
) -> None:
    first = images().build("mini")
    (folder / changed).write_text("# changed\n")
    assert images().ready("mini") == first
    second = images().build("mini")
    assert second.digest != first.digest
    assert images().ready("mini") == second


def test_an_image_whose_commands_have_changed_is_no_longer_ready(images: Callable[[], Images], folder: Path) -> None:
    images().build("mini")
    text = LANGUAGE.replace('["bash", "{file}"]', '["bash", "-u", "{file}"]')
    (folder / "mini" / "language.toml").write_text(text)
    assert images().ready("mini") is None
    images().build("mini")
    assert images().ready("mini") is not None


def test_the_proofs_of_a_language_are_no_part_of_its_image(images: Callable[[], Images], folder: Path) -> None:
    first = images().build("mini")
    (folder / "mini" / "checks").mkdir()
    (folder / "mini" / "checks" / "checks.toml").write_text("")
    assert images().build("mini") == first


def test_an_image_that_fails_its_hello_does_not_replace_the_one_before(
    images: Callable[[], Images], folder: Path
) -> None:
    first = images().build("mini")
    (folder / "mini" / "added").write_text("# changed\n")
    (folder / "mini" / "hello.out").write_text("something else\n")
    with pytest.raises(SetupError, match=r"hello.mini does not run as it must in the image for mini: stdout is 'hé"):
        images().build("mini")
    ready: list[Image] = []
    broken: list[str] = []
    images().build_all(ready.append, lambda name, _: broken.append(name))
    assert (ready, broken) == ([first], [])


def test_a_version_with_a_build_argument_has_an_image_of_its_own(images: Callable[[], Images], folder: Path) -> None:
    versions = (
        'version = "1"\n[versions."2"]\nbuild = { WORD = "two" }\n[versions."3"]\nrun = ["bash", "-u", "{file}"]\n'
    )
    add(folder, "many", 'ARG WORD=one\nRUN echo "$WORD" > /word', LANGUAGE + versions)
    catalogue = images().catalogue
    assert [(each.version, each.image) for each in catalogue.languages["many"].versions] == [
        ("1", "many"),
        ("2", "many@2"),
        ("3", "many"),
    ]
    first, second = images().build("many"), images().build("many@2")
    assert first.digest != second.digest
    assert (second.language, catalogue.tag(second.name)) == ("many", f"{REPOSITORY}/many:2")


def test_a_language_may_stand_on_the_image_of_another(images: Callable[[], Images], folder: Path, engine: Any) -> None:
    add(folder, "below", "RUN echo one > /word")
    add(folder, "above", "RUN grep one /word", LANGUAGE + 'base = "below"\n')
    images().build("above")
    below = images().ready("below")
    assert below is not None
    layers = [engine.inspect_image(f"{REPOSITORY}/{name}")["RootFS"]["Layers"] for name in ("below", "above")]
    assert layers[1][: len(layers[0])] == layers[0]
    (folder / "below" / "added").write_text("")
    assert images().build("above").digest != below.digest
    assert images().ready("below") != below


def test_progress_is_reported_step_by_step(engine: Any, folder: Path, images: Callable[[], Images]) -> None:
    told: list[tuple[str, str]] = []
    catalogue = images().catalogue
    Builder(Engine(engine), catalogue, OWNER, on_progress=lambda *step: told.append(step)).build("mini")
    assert ("mini", "step 1/2") in told
    assert told[-1] == ("mini", "proving it")


def test_a_build_that_fails_says_what_the_build_said(images: Callable[[], Images], folder: Path) -> None:
    add(folder, "broken", "RUN echo this is the reason && false")
    with pytest.raises(SetupError, match=r"image for broken could not be built(.|\n)*this is the reason"):
        images().build("broken")


def test_a_version_that_is_not_found_is_reported(images: Callable[[], Images], folder: Path) -> None:
    add(folder, "odd", language=LANGUAGE.replace("version (", "no such thing ("))
    with pytest.raises(SetupError, match="version_pattern"):
        images().build("odd")
    assert images().ready("odd") is None


_BUILDER = """
import sys
from pathlib import Path
from gistrun.engine import connect
from gistrun.sandbox.owner import Owner
from tests.images.test_building import Builder, Catalogue, REPOSITORY, languages
folder, instance = Path(sys.argv[1]), sys.argv[2]
engine = connect(60)
catalogue = Catalogue(engine, languages.load(images=folder), folder, REPOSITORY)
Builder(engine, catalogue, Owner(instance, "builder")).build("slow")
"""


def test_the_sweeper_sees_the_probe_of_a_killed_builder(
    images: Callable[[], Images], folder: Path, engine: Any
) -> None:
    images().build("mini")  # so that the base is there
    add(folder, "slow", language=LANGUAGE.replace('["bash", "--version"]', '["sleep", "50"]'))
    labels = ["gistrun.role=probe", f"gistrun.instance={OWNER.instance}"]
    builder = subprocess.Popen([sys.executable, "-c", _BUILDER, str(folder), OWNER.instance])
    try:
        deadline = time.monotonic() + 60
        while not Engine(engine).containers(labels):
            assert time.monotonic() < deadline
            assert builder.poll() is None
            time.sleep(0.05)
    finally:
        builder.send_signal(signal.SIGKILL)
        builder.wait()
    sweep(Engine(engine), OWNER.instance, lambda worker: False, time.time() + 3600)
    assert Engine(engine).containers(labels) == []


def test_a_broken_language_does_not_stop_the_others(images: Callable[[], Images], folder: Path) -> None:
    add(folder, "broken", "RUN false")
    add(folder, "other")
    ready: list[Image] = []
    broken: dict[str, str] = {}
    images().build_all(ready.append, broken.__setitem__)
    assert {language.name for language in ready} == {"mini", "other"}
    assert list(broken) == ["broken"]
    assert broken["broken"].startswith("The image for broken could not be built.")


def test_ready_images_are_reported_before_anything_is_built(images: Callable[[], Images], folder: Path) -> None:
    images().build("mini")
    add(folder, "abc")
    told: list[str] = []
    images().build_all(lambda language: told.append(language.name), lambda name, _: told.append(name))
    assert told[0] == "mini"
    assert set(told) == {"mini", "abc"}


def test_a_missing_folder_is_reported(engine: Any, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="There is no image folder"):
        Catalogue(Engine(engine), languages.load(), tmp_path)


def test_an_engine_that_is_not_there_is_reported(folder: Path) -> None:
    engine = docker.APIClient(base_url=f"unix://{folder}/no.sock", version="1.41")
    absent = Images(Engine(engine), folder)
    with pytest.raises(SandboxUnavailable, match="Docker engine"):
        absent.ready("mini")
    with pytest.raises(SandboxUnavailable):
        absent.build_all(lambda _: None, lambda *_: None)
