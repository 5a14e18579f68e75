"""Two hosts share environments through a real registry of images: two catalogues on one engine, and one Redis."""

from __future__ import annotations

import os
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest

from gistrun import languages
from gistrun.engine import Engine
from gistrun.errors import EngineRefused
from gistrun.images.builder import Builder
from gistrun.images.catalogue import Catalogue
from gistrun.images.recipe import tools
from gistrun.images.shared import SharedImages
from gistrun.installing import InstallingSandboxes
from gistrun.model import GistFile, Limits, Outcome, Output, Packages, Phase, Program
from gistrun.offer import Offer
from gistrun.packages import downloads
from gistrun.packages.environments import Environments
from gistrun.packages.means import Means
from gistrun.sandbox.maker import Maker
from gistrun.sandbox.owner import Owner
from gistrun.sandbox.policy import Policy
from gistrun.sandbox.pool import Pool
from gistrun.store import Store
from tests.images.index import Index, serving
from tests.servers import free_port, wait_until

pytestmark = pytest.mark.timeout(900)

KNOWN = languages.load()
PYTHON = KNOWN["python"]
OWNER = Owner(f"sharing-{os.getpid()}", "tests")


@dataclass
class Registry:
    """A registry of images at a port of this machine."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def below(self) -> str:
        return f"127.0.0.1:{self.port}/tests/gistrun"

    def start(self) -> None:
        configuration = self.folder / "config.yml"
        configuration.write_text(
            f"version: 0.1\nlog: {{level: error}}\nhttp: {{addr: '127.0.0.1:{self.port}'}}\n"
            f"storage: {{filesystem: {{rootdirectory: '{self.folder}/images'}}}}\n"
        )
        with open(self.folder / "log", "ab") as log:
            command = ["docker-registry", "serve", str(configuration)]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        wait_until(self._answers, 20, "docker-registry does not answer: apt-get install docker-registry")

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def _answers(self) -> bool:
        with suppress(urllib.error.URLError):
            return bool(urllib.request.urlopen(f"http://127.0.0.1:{self.port}/v2/", timeout=2).status == 200)
        return False


@dataclass
class Host:
    """What a host of the deployment has: images, and a worker's sandboxes."""

    means: Means
    environments: Environments
    installing: InstallingSandboxes
    store: Store

    def run(self, source: str) -> tuple[str, str, Outcome]:
        """What was said while packages were installed, what the program printed, and how it ended."""
        program = Program("python", "main.py", (GistFile("main.py", source.encode()),))
        *events, outcome = self.installing.run(program)
        assert isinstance(outcome, Outcome)
        said = {
            phase: "".join(event.data for event in events if isinstance(event, Output) and event.phase is phase)
            for phase in (Phase.INSTALL, Phase.RUN)
        }
        return said[Phase.INSTALL], said[Phase.RUN], outcome

    def environments_there(self) -> list[str]:
        """The engine's names of this host's environments."""
        catalogue = self.means.catalogue
        return [catalogue.tag(name) for name in self.store.packages.last_used() if catalogue.inspect(name)]

    def lose_environments(self) -> None:
        for tag in self.environments_there():
            self.means.engine.remove_image(tag)


@pytest.fixture(scope="module")
def engine() -> Any:
    """With more patience than usual: a busy engine needs a minute to list its images."""
    return docker.from_env(timeout=300).api


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy engine takes long to pass on what the registry answers."""
    monkeypatch.setattr("gistrun.packages.sharing._ANSWERS_S", 120.0)
    monkeypatch.setattr("gistrun.packages.sharing.PULL_SECONDS", 300.0)


@pytest.fixture(scope="module")
def registry_(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """One for all tests, which has the layers of the language's image after the first."""
    made = Registry(free_port(), tmp_path_factory.mktemp("registry"))
    yield made
    made.stop()


@pytest.fixture
def registry(registry_: Registry) -> Registry:
    """It answers when a test begins."""
    if registry_.process is None:
        registry_.start()
    return registry_


@pytest.fixture
def index() -> Iterator[Index]:
    with serving() as found:
        yield found


@pytest.fixture(scope="module")
def images(engine: Any) -> dict[str, str]:
    """The ids of the images that a host needs, made once."""
    catalogue = Catalogue(Engine(engine), KNOWN)
    builder = Builder(Engine(engine), catalogue, OWNER)
    builder.build(PYTHON.image)
    recipe = catalogue.recipes[PYTHON.image]
    return {name: builder.ensure(name) for name in (recipe.below or "", PYTHON.image, tools(PYTHON.image))}


@contextmanager
def a_host(
    engine: Engine, name: str, images: dict[str, str], registry: Registry, index: Index, store: Store
) -> Iterator[Host]:
    """A host with these images, which it calls its own."""
    catalogue = Catalogue(engine, KNOWN, repository=f"gistrun-{name}-{os.getpid()}")
    for image, found in images.items():
        engine.tag(found, *catalogue.tag(image).rsplit(":", 1))
    shared = SharedImages(engine, catalogue, registry.below)
    whose = f"test-{name}-{os.getpid()}"
    means = Means(
        engine,
        Builder(engine, catalogue, OWNER),
        catalogue,
        OWNER,
        registry.folder / name,
        {"UV_DEFAULT_INDEX": index.url},
        None,
        2**30,
        2**40,
        downloads=whose,
        shared=shared,
    )
    environments = Environments(means, store.packages)
    offer = Offer(KNOWN, Limits())
    host: Host | None = None
    try:
        with closing(Pool(Maker(engine, catalogue, KNOWN, Policy(Limits()), OWNER))) as pool:
            installing = InstallingSandboxes(pool, environments, offer.version_of, Packages.ON)
            host = Host(means, environments, installing, store)
            yield host
            installing.close(patience_s=60)
    finally:
        if host:
            with suppress(EngineRefused):  # the engine still removes a container
                host.lose_environments()
        for image in (*images, tools(PYTHON.image)):
            with suppress(EngineRefused):
                engine.remove_image(catalogue.tag(image))
        with suppress(EngineRefused):
            engine.remove_volume(downloads.volume("python", whose))


@pytest.fixture
def first(engine: Any, images: dict[str, str], registry: Registry, index: Index, store: Store) -> Iterator[Host]:
    with a_host(Engine(engine), "first", images, registry, index, store) as host:
        yield host


@contextmanager
def a_second(engine: Any, images: dict[str, str], *rest: Any, own_image: bool = False) -> Iterator[Host]:
    """Another host.

    Args:
        own_image: its image of the language was built there, so that it has another id; and it has no installer.
    """
    own = Engine(engine)
    with a_host(own, "second", images, *rest) as host:
        if own_image:
            tag = host.means.catalogue.tag(PYTHON.image)
            container = own.create({"Image": images[PYTHON.image]})
            own.commit(container, *tag.rsplit(":", 1), {"tests.host": "second"}, ())
            own.remove(container)
            own.remove_image(host.means.catalogue.tag(tools(PYTHON.image)))
        yield host


def program(name: str) -> str:
    return f'# /// script\n# dependencies = ["{name}"]\n# ///\nimport {name}\nprint({name}.x)\n'


def gave(host: Host, source: str, count: int = 1) -> None:
    """That host has made the environment, prepared it, and given it to others, who then have so many."""
    said, printed, _ = host.run(source)
    assert "Installing" in said
    assert printed == "1\n"
    wait_until(lambda: len(digests(host.store)) == count, 400)


def digests(store: Store) -> dict[str, str]:
    """What Redis holds of the registry's images, by key."""
    keys = [key.decode() for key in store.client.keys("gistrun:shared:*")]
    return {key: store.client.get(key).decode() for key in keys}


def test_an_environment_is_pulled_and_not_installed(
    engine: Any, images: dict[str, str], first: Host, registry: Registry, index: Index, store: Store
) -> None:
    index.wheel("given", files={"given.py": "x = 1\n"})
    gave(first, program("given"))
    first.lose_environments()
    index.clear()
    with a_second(engine, images, registry, index, store, own_image=True) as host:
        said, printed, outcome = host.run(program("given"))
        assert said == "Taken from another host: given 1.0\n"
        assert printed == "1\n"
        assert outcome.install_ms is not None
        assert index.asked == []
        assert host.means.catalogue.inspect(tools(PYTHON.image)) is None  # so no installer was started
        assert len(host.environments_there()) == 1
        # It is known by this host's name only, so that it goes when that is removed.
        tags = engine.inspect_image(host.environments_there()[0])
        assert (tags["RepoTags"], tags["RepoDigests"]) == (host.environments_there(), [])
        assert host.run(program("given"))[:2] == ("", "1\n")
    again = first.run(program("given"))  # and back
    assert again[:2] == ("Taken from another host: given 1.0\n", "1\n")


def test_a_registry_that_is_away_keeps_nothing_from_running(
    engine: Any, images: dict[str, str], first: Host, registry: Registry, index: Index, store: Store
) -> None:
    index.wheel("away", files={"away.py": "x = 1\n"})
    gave(first, program("away"))
    registry.stop()
    with a_second(engine, images, registry, index, store) as host:
        said, printed, _ = host.run(program("away"))
        assert "Installing away 1.0" in said
        assert printed == "1\n"
        index.wheel("later", files={"later.py": "x = 1\n"})
        assert host.run(program("later"))[1] == "1\n"
        host.environments.close(patience_s=200)
        assert len(digests(store)) == 1  # it was not pushed, and nobody noticed


def test_what_is_not_what_was_pushed_is_not_taken(
    engine: Any, images: dict[str, str], first: Host, registry: Registry, index: Index, store: Store
) -> None:
    for name in ("one", "other"):
        index.wheel(name, files={f"{name}.py": "x = 1\n"})
    gave(first, program("one"))
    (key,) = digests(store)
    # Somebody who can write to the registry has replaced the image: its manifest is another one, in the same place.
    kind = registry.folder / "images/docker/registry/v2/blobs/sha256"
    digest = digests(store)[key].removeprefix("sha256:")
    blob = kind / digest[:2] / digest / "data"
    blob.write_bytes(blob.read_bytes().replace(b'"schemaVersion": 2', b'"schemaVersion":  2'))
    registry.stop()
    registry.start()
    first.lose_environments()
    assert "Installing one 1.0" in first.run(program("one"))[0]


def test_an_image_that_is_no_environment_is_not_taken(
    engine: Any, images: dict[str, str], first: Host, registry: Registry, index: Index, store: Store
) -> None:
    index.wheel("wrong", files={"wrong.py": "x = 1\n"})
    gave(first, program("wrong"))
    (key,) = digests(store)
    repository = f"{registry.below}/python"
    engine.tag(images[PYTHON.image], repository, "plain")
    pushed = list(engine.push(repository, "plain", stream=True, decode=True))
    engine.remove_image(f"{repository}:plain")
    store.client.set(key, next(line["aux"]["Digest"] for line in pushed if "aux" in line))
    first.lose_environments()
    assert "Installing wrong 1.0" in first.run(program("wrong"))[0]


def test_an_image_that_the_registry_has_lost_is_given_again(
    engine: Any, images: dict[str, str], first: Host, registry: Registry, index: Index, store: Store
) -> None:
    index.wheel("lost", files={"lost.py": "x = 1\n"})
    gave(first, program("lost"))
    before = digests(store)
    registry.stop()
    shutil.rmtree(registry.folder / "images")
    registry.start()
    first.lose_environments()
    with a_second(engine, images, registry, index, store) as host:
        gave(host, program("lost"))
        assert digests(store).keys() == before.keys()
        host.lose_environments()
        assert host.run(program("lost"))[0] == "Taken from another host: lost 1.0\n"
