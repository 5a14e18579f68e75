"""Packages that want more than to be installed, from a small index of the test's own, in real installers.

Whatever they are, nothing of them runs where there is a door to the registries, and nothing is written but where
packages go.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pytest

from gistrun import languages
from gistrun.engine import Engine
from gistrun.errors import PackagesRefused
from gistrun.images.builder import Builder
from gistrun.images.catalogue import Catalogue
from gistrun.images.recipe import tools
from gistrun.packages.bounds import Bounds, too_large
from gistrun.packages.installer import Installer, InstallerEnded
from gistrun.packages.job import Job
from gistrun.packages.means import DOOR, SCRIPTS
from gistrun.packages.registry import Registry
from gistrun.packages.uv_reasons import reason
from gistrun.sandbox.owner import Owner
from tests.images.index import Index, archive, serving, wheel

pytestmark = pytest.mark.timeout(900)  # the first may have to build the tools' image

#: Where an installer may write. /cache is the engine's volume in the service.
_ALLOWED = re.compile(r"/registry|/(?:packages|request|cache|sandbox)(?:/.*)?")
OWNER = Owner(f"hostile-{os.getpid()}", "tests")


@dataclass
class Tried:
    """What became of an installation."""

    refusal: str | None = None
    said: str = ""
    #: What was written in the installer, and then where it was prepared.
    written: set[str] = field(default_factory=set)
    prepared: set[str] = field(default_factory=set)


@dataclass
class Place:
    """Where installations are tried."""

    engine: Any
    tools: str
    index: Index

    def install(self, needs: str, bounds: Bounds | None = None, prepare: bool = False) -> Tried:
        """Install what these lines ask for."""
        bounds, tried = bounds or Bounds(), Tried()
        files, environment = {"requirements.in": needs.encode()}, {"UV_DEFAULT_INDEX": self.index.url}
        job = Job(self.tools, f"{DOOR}exec {SCRIPTS}/install", 2**30, files, environment, bounds=bounds)
        door = frozenset({f"127.0.0.1:{self.index.port}"})
        with (
            closing(Registry(door, bounds.download_bytes)) as registry,
            closing(Installer(Engine(self.engine), OWNER, job, registry)) as installer,
        ):
            try:
                for _ in (*installer.lock(), *installer.install()):
                    pass
                installer.weigh()
            except InstallerEnded:
                tried.refusal = (
                    str(too_large(bounds)) if registry.exceeded else reason(installer.said) or installer.said
                )
            except PackagesRefused as refusal:
                tried.refusal = str(refusal)
            tried.said, tried.written = installer.said, self._written()
            if prepare and tried.refusal is None:
                self._prepare(installer, bounds, tried)
        return tried

    def _prepare(self, installer: Installer, bounds: Bounds, tried: Tried) -> None:
        image = installer.commit(None, {})
        installer.close()
        job = Job(image, f"{SCRIPTS}/prepare", 2**30, bounds=bounds)
        try:
            with closing(Installer(Engine(self.engine), OWNER, job)) as preparing:
                for _ in preparing.finish():
                    pass
                tried.prepared = self._written()
                tried.refusal = (reason(preparing.said) or preparing.said) if preparing.refused else None
        finally:
            self.engine.remove_image(image)

    def _written(self) -> set[str]:
        """Every path that was written in the one container that there is now."""
        found = self.engine.containers(all=True, filters={"label": f"gistrun.instance={OWNER.instance}"})
        return {each["Path"] for each in self.engine.diff(found[0]["Id"]) or ()} if found else set()


@pytest.fixture(scope="module")
def place_(engine: Any) -> Iterator[Place]:
    catalogue = Catalogue(Engine(engine), languages.load())
    made = Builder(Engine(engine), catalogue, OWNER).ensure(tools("python"))
    with serving() as index:
        yield Place(engine, made, index)


@pytest.fixture
def place(place_: Place) -> Place:
    place_.index.clear()
    return place_


def nothing_ran(place: Place, tried: Tried) -> None:
    """What must be so of every installation."""
    assert not [path for path in tried.written if path.endswith("/RAN")]
    assert "/ran" not in place.index.asked
    assert not [path for path in tried.written if not _ALLOWED.fullmatch(path)], tried.written


def evil_setup(index: Index) -> dict[str, str]:
    """A source distribution of the old kind, the metadata of which can be read."""
    metadata = "Metadata-Version: 2.2\nName: evil\nVersion: 1.0\n"
    setup = f"{index.payload}\nfrom setuptools import setup\nsetup(name='evil', version='1.0', py_modules=['evil'])\n"
    return {"PKG-INFO": metadata, "setup.py": setup, "evil.py": "x = 1\n"}


def linked(name: str, target: str) -> bytes:
    """A wheel in which a file is a symbolic link."""
    result = BytesIO(wheel("evil", "1.0", {"evil.py": ""}))
    with zipfile.ZipFile(result, "a") as made:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = 0o120777 << 16
        made.writestr(entry, target)
    return result.getvalue()


def circle(index: Index) -> None:
    index.wheel("evil", needs=("other",))
    index.wheel("other", needs=("evil",))


def misnamed(index: Index) -> None:
    index.put("evil", "evil-1.0-py3-none-any.whl", wheel("other", "1.0", {"other.py": ""}))


def strangers(index: Index) -> None:
    """The page of a package lists only a file of another."""
    index.put("evil", "other-1.0-py3-none-any.whl", wheel("other", "1.0", {"other.py": ""}))


def knot(index: Index) -> None:
    """Versions of which no two go together, so that a resolver may try them all."""
    for number in range(12):
        for version in range(12):
            rest = tuple(f"p{other}=={(version + 1) % 12}" for other in range(12) if other != number)
            index.wheel(f"p{number}", f"{version}.0", needs=rest)
    index.wheel("evil", needs=tuple(f"p{number}" for number in range(12)))


def crowd(index: Index) -> None:
    index.wheel("evil", needs=tuple(f"q{number}" for number in range(150)))
    for number in range(150):
        index.wheel(f"q{number}")


Build = Callable[[Index], None]
_BACKEND = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
_PROJECT = '[project]\nname = "evil"\nversion = "1.0"\ndependencies = []\n'
_INSTALLED = None

#: What it is, how it is put into the index, and the sentence that says why it is refused; None where it is installed.
ATTACKS: dict[str, tuple[Build, str | None]] = {
    "a wheel like any other": (lambda index: index.wheel("evil"), _INSTALLED),
    "two packages that need each other": (circle, _INSTALLED),
    "a wheel that names a parent folder": (
        lambda index: index.wheel("evil", files={"../usr-local-evil.py": "x", "../../etc/evil": "x"}),
        _INSTALLED,  # without that file
    ),
    "a wheel with an absolute path": (lambda index: index.wheel("evil", files={"/etc/evil": "x"}), _INSTALLED),
    "a wheel with a symbolic link to a folder of the system": (
        lambda index: index.put("evil", "evil-1.0-py3-none-any.whl", linked("evil/link", "/etc")),
        _INSTALLED,
    ),
    "a file of paths (.pth) with code": (
        lambda index: index.wheel("evil", files={"evil.pth": f"import base64; exec({index.payload!r})\n"}),
        _INSTALLED,
    ),
    "modules that every interpreter imports": (
        lambda index: index.wheel("evil", files={"sitecustomize.py": index.payload, "usercustomize.py": index.payload}),
        _INSTALLED,
    ),
    "data files over the interpreter": (
        lambda index: index.wheel("evil", files={"evil-1.0.data/data/../../../usr/bin/python3": "x"}),
        _INSTALLED,  # without that file
    ),
    "data files beside the interpreter": (
        lambda index: index.wheel(
            "evil", files={"evil-1.0.data/data/bin/python3": "x", "evil-1.0.data/scripts/uv": "x"}
        ),
        r"reserved name",
    ),
    "an entry point with the interpreter's name": (
        lambda index: index.wheel(
            "evil",
            files={"evil.py": "", "evil-1.0.dist-info/entry_points.txt": "[console_scripts]\npython3 = evil:main\n"},
        ),
        r"|.",
    ),
    "an entry point with a path": (
        lambda index: index.wheel(
            "evil",
            files={
                "evil.py": "",
                "evil-1.0.dist-info/entry_points.txt": "[console_scripts]\n../../../etc/evil = evil:main\n",
            },
        ),
        r"|.",
    ),
    "a wheel under another's name": (misnamed, r"."),
    "a page that lists another package": (strangers, r"evil"),
    "a package that was withdrawn": (lambda index: index.wheel("evil", yanked="broken"), r"evil"),
    "a wheel that is not what its hash says": (
        lambda index: index.wheel("evil", hashes={"sha256": "0" * 64}),
        r"evil",
    ),
    "a dependency at an address": (
        lambda index: index.wheel("evil", needs=(f"other @ http://127.0.0.1:{index.port}/ran",)),
        r".",
    ),
    "a dependency in a repository": (
        lambda index: index.wheel("evil", needs=(f"other @ git+http://127.0.0.1:{index.port}/ran",)),
        r".",
    ),
    "a dependency at a path": (lambda index: index.wheel("evil", needs=("other @ file:///etc",)), r"."),
    "a page at another host": (lambda index: index.move("evil", "http://evil.invalid/simple/evil/"), r"."),
    "a file at another host": (
        lambda index: index.wheel("evil", url="http://evil.invalid/evil-1.0-py3-none-any.whl"),
        r".",
    ),
    "a file of this machine": (
        lambda index: index.put("evil", "evil-1.0.tar.gz", b"", url="file:///etc/evil-1.0.tar.gz"),
        r".",
    ),
    "no such package": (lambda _: None, r"^There is no package evil in the registry\.$"),
    "no wheel for this machine": (
        lambda index: index.wheel("evil", tag="py3-none-win_amd64"),
        r"^evil 1\.0 is made for other machines \(win_amd64\), and not for this one\.$",
    ),
    "no wheel for this Python": (
        lambda index: index.wheel("evil", tag="cp37-cp37m-manylinux2014_x86_64"),
        r"^evil 1\.0 is made for Python 3\.7, and not for this one\.",
    ),
    "source that needs to be run to say what it needs": (
        lambda index: index.source("evil", {"setup.py": f"{index.payload}\nfrom setuptools import setup\nsetup()\n"}),
        r"^evil 1\.0 is only there as source code, and does not say what it needs without being run\.$",
    ),
    "source that is no archive": (
        lambda index: index.put("evil", "evil-1.0.tar.gz", b"no archive"),
        r"^evil 1\.0 is only there as source code, and cannot be unpacked\.$",
    ),
    "source with a build tool of its own": (
        lambda index: index.source("evil", {"pyproject.toml": _BACKEND + _PROJECT, "backend.py": index.payload}),
        _INSTALLED,  # and not built, which comes later
    ),
    "source that names a parent folder": (
        lambda index: index.put(
            "evil",
            "evil-1.0.tar.gz",
            archive({"evil-1.0/PKG-INFO": "Metadata-Version: 2.2\n", "../../etc/evil": "x"}, {"evil-1.0/x": "/etc"}),
        ),
        _INSTALLED,
    ),
    "source that needs what is at a path": (
        lambda index: index.source("evil", {"PKG-INFO": "Metadata-Version: 2.2\nRequires-Dist: other @ file:///etc\n"}),
        r".",
    ),
    "source that opens connections and writes elsewhere": (
        lambda index: index.source("evil", evil_setup(index)),
        _INSTALLED,
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_of_it_runs_or_is_written_elsewhere(place: Place, attack: str) -> None:
    build, sentence = ATTACKS[attack]
    build(place.index)
    tried = place.install("evil\n")
    nothing_ran(place, tried)
    if sentence is None:
        assert tried.refusal is None, tried.said
    else:
        assert re.search(sentence, tried.refusal or ""), (tried.refusal, tried.said)


def test_what_was_withdrawn_is_installed_if_just_that_is_asked_for(place: Place) -> None:
    place.index.wheel("evil", yanked=True)
    assert place.install("evil==1.0\n").refusal is None


def test_source_is_built_without_a_network_and_writes_only_where_packages_go(place: Place) -> None:
    place.index.source("evil", evil_setup(place.index))
    tried = place.install("evil\n", prepare=True)
    nothing_ran(place, tried)
    assert tried.refusal is None
    assert "/packages/evil.py" in tried.prepared
    assert "/packages/RAN" in tried.prepared  # it did run there
    assert not [path for path in tried.prepared if not _ALLOWED.fullmatch(path)]


def test_code_in_a_file_of_paths_reaches_nothing_where_modules_are_compiled(place: Place) -> None:
    place.index.wheel("evil", files={"evil.pth": f"import base64; exec({place.index.payload!r})\n", "evil.py": ""})
    tried = place.install("evil\n", prepare=True)
    nothing_ran(place, tried)
    assert any(path.startswith("/packages/__pycache__/evil.") for path in tried.prepared)
    assert not [path for path in tried.prepared if not _ALLOWED.fullmatch(path)]


@pytest.mark.parametrize(
    "files",
    [
        {"setup.py": "raise SystemExit(3)\n"},
        {"setup.py": "import nothing_of_this_name\n"},
        {"pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "nothing"\n' + _PROJECT},
    ],
    ids=["fails", "imports", "backend"],
)
def test_source_that_cannot_be_built_is_named(place: Place, files: dict[str, str]) -> None:
    place.index.source("evil", {"PKG-INFO": "Metadata-Version: 2.2\nName: evil\nVersion: 1.0\n", **files})
    tried = place.install("evil\n", prepare=True)
    assert tried.refusal == "evil 1.0 is only there as source code, and could not be built here."
    assert not [path for path in tried.prepared if not _ALLOWED.fullmatch(path)]


@pytest.mark.parametrize(
    ("build", "bounds", "sentence"),
    [
        (
            lambda index: index.wheel("evil", files={"evil.py": "", "evil.bin": bytes(300 * 2**20)}),
            Bounds(disk_bytes=100 * 10**6),
            "These packages take more than the 100 MB of disk that they may; ask for fewer, or for smaller ones.",
        ),
        (
            lambda index: index.wheel("evil", files={"evil.bin": os.urandom(3 * 2**20)}),
            Bounds(download_bytes=10**6),
            "These packages are larger than the 1 MB that may be downloaded. Ask for fewer, or for smaller ones.",
        ),
        (
            crowd,
            Bounds(lock_bytes=8_192),
            "These are too many packages: the list of their files is larger than 8 KB. Ask for fewer.",
        ),
        (
            lambda index: (index.wheel("evil"), setattr(index, "pause_s", 30.0))[0],
            Bounds(seconds=4),
            "The packages could not be installed within the 4 s that this may take. "
            "Run it again: what was downloaded is kept.",
        ),
    ],
    ids=["bomb", "download", "crowd", "slow"],
)
def test_a_limit_ends_it(place: Place, build: Build, bounds: Bounds, sentence: str) -> None:
    build(place.index)
    assert place.install("evil\n", bounds).refusal == sentence


def test_versions_that_never_go_together_end(place: Place) -> None:
    knot(place.index)
    tried = place.install("evil\n", Bounds(seconds=60))
    assert tried.refusal
    nothing_ran(place, tried)
