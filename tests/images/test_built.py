"""What every built image must be, as seen from inside."""

from __future__ import annotations

import re
from typing import Any

import pytest

from gistrun import languages
from gistrun.engine import Engine
from gistrun.images.builder import Builder
from gistrun.images.catalogue import Catalogue
from gistrun.sandbox.owner import Owner
from tests.images.test_folders import FOLDERS

_LOOK = r"""
echo "supervisor $(stat -c '%a %U:%G %F' /sbin/supervisor)"
echo "privileged $(find / -xdev \( -type f -o -type d \) -perm /6000 | wc -l)"
echo "writable $(find / -xdev \( -type f -o -type d \) -perm -o+w ! -path '/sandbox/*' ! -path '/run/lock*' \
    ! -path '/proc/*' ! -path '/dev/*' | tr '\n' ' ')"
echo "tmp $(readlink /tmp) $(readlink /var/tmp)"
echo "users $(getent passwd 20000 20255)"
echo "leftovers $(find /var/lib/apt/lists /var/cache/apt /var/log /usr/share/doc /usr/share/man /tmp/ -type f | wc -l)"
echo "charset $(locale charmap)"
echo "terminals $(for name in alacritty foot kitty screen-256color tmux-256color vt220 wezterm xterm-kitty; do
    infocmp "$name" > /dev/null 2>&1 || echo "no $name"; done)"
"""


@pytest.fixture(scope="module")
def images(engine: Any) -> Catalogue:
    return Catalogue(Engine(engine), languages.load())


@pytest.fixture(scope="module", params=[folder.name for folder in FOLDERS])
def image(request: pytest.FixtureRequest, engine: Any, images: Catalogue) -> Any:
    """The image as the engine describes it."""
    ready = Builder(Engine(engine), images, Owner("tests", "tests")).build(request.param)
    return engine.inspect_image(ready.digest)


@pytest.fixture(scope="module")
def inside(engine: Any, image: Any) -> dict[str, str]:
    """What the script printed inside the image, by the first word of each line."""
    container = engine.create_container(
        image["Id"],
        entrypoint=["sh", "-c", _LOOK],
        labels={"gistrun.role": "test"},
        host_config=engine.create_host_config(network_mode="none"),
    )
    try:
        engine.start(container)
        assert engine.wait(container)["StatusCode"] == 0
        text = engine.logs(container).decode()
    finally:
        engine.remove_container(container, force=True)
    return dict(re.findall(r"^(\w+) ?(.*)$", text, re.MULTILINE))


def test_its_labels_say_what_it_is(image: Any, images: Catalogue) -> None:
    labels = image["Config"]["Labels"]
    ready = images.ready(labels["gistrun.language"])
    assert ready is not None
    assert (ready.digest, ready.toolchain) == (image["Id"], labels["gistrun.toolchain"])
    assert f"gistrun/{ready.name}:latest" in image["RepoTags"]
    assert re.fullmatch(r"\S.* \d+(\.\d+)*", ready.toolchain)


def test_process_1_is_the_supervisor(image: Any) -> None:
    config = image["Config"]
    assert (config["Entrypoint"], config["Cmd"] or [], config["WorkingDir"]) == (["/sbin/supervisor"], [], "/")


def test_the_supervisor_can_be_executed_but_not_read(inside: dict[str, str]) -> None:
    assert inside["supervisor"] == "711 root:root regular file"


def test_no_file_in_it_is_setuid_or_setgid(inside: dict[str, str]) -> None:
    assert inside["privileged"] == "0"


def test_no_file_in_it_is_writable_by_everybody(inside: dict[str, str]) -> None:
    assert inside["writable"].split() == []


def test_temporary_files_go_to_the_sandboxs_own_room(inside: dict[str, str]) -> None:
    assert inside["tmp"] == "/sandbox/tmp /sandbox/tmp"


def test_every_user_id_has_a_name_and_a_home(inside: dict[str, str]) -> None:
    assert inside["users"].startswith("gist:x:20000:20000::/sandbox/home:/bin/bash")


def test_text_is_utf_8(inside: dict[str, str]) -> None:
    assert inside["charset"] == "UTF-8"


def test_it_knows_the_terminals_that_scripts_name(inside: dict[str, str]) -> None:
    assert inside["terminals"] == ""


def test_it_carries_no_caches_logs_or_documentation(inside: dict[str, str]) -> None:
    assert inside["leftovers"] == "0"


def test_all_images_that_are_ready_are_found_each_once(images: Catalogue) -> None:
    names = [image.name for image in images.all_ready(["python", "python+0123456789abcdef", "no-such-image"])]
    assert "python" in names
    assert names == [name for name in images.versions if name in names]
