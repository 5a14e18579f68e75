"""Gems in Ruby programs, from a small index of the test's own: the real one is out of reach of some machines."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any

import docker.errors
import pytest

from gistrun.engine import Engine
from gistrun.errors import PackagesRefused
from gistrun.images.builder import Builder
from gistrun.images.catalogue import Catalogue
from gistrun.images.recipe import tools
from gistrun.model import Phase, State
from gistrun.packages.bounds import Bounds, too_large
from gistrun.packages.downloads import volume
from gistrun.packages.installer import Installer, InstallerEnded
from gistrun.packages.job import Job
from gistrun.packages.means import DOOR, SCRIPTS
from gistrun.packages.registry import Registry
from gistrun.packages.ruby import Ruby
from gistrun.packages.wanted import Wanted
from gistrun.sandbox.owner import Owner
from tests.images.conftest import KNOWN, Packaged, packaging
from tests.images.gems import Gems, gem, serving

pytestmark = pytest.mark.timeout(900)  # the first may have to build the tools' image

#: No other run of these tests has gems with these bytes, and so none has an environment with them.
MARK = f"# {uuid.uuid4()}\n"
USE = "puts Rainbow.join(1, 2)\n"
RAINBOW = f"{MARK}module Rainbow\n  VERSION = '%s'\n  def self.join(*all) = \"[#{{all.join(',')}}]\"\nend\n"
INLINE = "require 'bundler/inline'\ngemfile do\n  source 'https://rubygems.org'\n  gem 'rainbow', '~> 1.0'\nend\n"
MKMF = "require 'mkmf'\ncreate_makefile('fast/fast')\n"
FAST = (
    f"/{'*'}{MARK}*/\n#include <ruby.h>\nstatic VALUE answer(VALUE self) {{ return INT2NUM(42); }}\n"
    'void Init_fast(void) { rb_define_global_function("answer", answer, 0); }\n'
)
_ALLOWED = re.compile(r"/registry|/(?:packages|request|cache|sandbox)(?:/.*)?")
OWNER = Owner(f"gems-{os.getpid()}", "tests")


def rainbow(version: str) -> bytes:
    return gem("rainbow", version, {"lib/rainbow.rb": RAINBOW % version})


def compiled(extconf: str, source: str = FAST) -> bytes:
    files = {"lib/fast.rb": "require 'fast/fast'\n", "ext/fast/extconf.rb": extconf, "ext/fast/fast.c": source}
    return gem("fast", "1.0", files, extensions=("ext/fast/extconf.rb",))


@pytest.fixture(scope="module")
def index_() -> Iterator[Gems]:
    with serving() as gems:
        yield gems


@pytest.fixture
def index(index_: Gems) -> Gems:
    index_.clear()
    return index_


@pytest.fixture(scope="module")
def with_gems(engine: Any, index_: Gems, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Packaged]:
    """Installs from that index; what it has made is removed in the end."""
    with packaging(engine, tmp_path_factory.mktemp("gems"), {"BUNDLE_MIRROR__ALL": index_.url}, OWNER.instance) as made:
        yield made
    with suppress(docker.errors.APIError):
        engine.remove_volume(volume("ruby", OWNER.instance))
    for name in made.pool.environments:
        with suppress(docker.errors.APIError):
            engine.remove_image(made.catalogue.tag(name))


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"main.rb": f"require 'rainbow'\n{USE}"}, "import"),
        ({"main.rb": f"require 'rainbow'\n{USE}", "Gemfile": "gem 'rainbow', '< 2'\n"}, "Gemfile"),
        ({"main.rb": f"require 'bundler/setup'\nBundler.require\n{USE}", "Gemfile": "source 'https://rubygems.org'\ngem 'rainbow'\n"}, "Gemfile"),
        ({"main.rb": INLINE + USE}, "gemfile"),
        ({"main.rb": f"require 'rainbow'\n{USE}", "gist.toml": "packages = ['rainbow:1.1']\n"}, "gist.toml"),
    ],
    ids=["imported", "declared", "bundler", "inline", "gist.toml"],
)  # fmt: skip
def test_a_gem_is_there(with_gems: Packaged, index: Gems, files: dict[str, str], why: str) -> None:
    for version in ("1.0", "1.1", "2.0"):
        index.put("rainbow", version, rainbow(version))
    ran = with_gems.run(files)
    assert (ran.outcome.state, ran.stdout) == (State.PASSED, "[1,2]\n"), ran
    assert ran.packages == {"rainbow": why}
    index.asked.clear()
    again = with_gems.run(files, lock=ran.lock)
    assert (again.outcome.state, again.installing, again.lock) == (State.PASSED, "", ran.lock)
    assert index.asked == []


def test_the_version_is_what_is_asked_for_and_what_it_needs_is_there_too(with_gems: Packaged, index: Gems) -> None:
    index.put("rainbow", "1.0", rainbow("1.0"), needs="helper:>= 1&< 2")
    index.put("rainbow", "3.0", rainbow("3.0"), ruby=">= 99")
    for version in ("1.0", "1.5", "2.0"):
        index.put("helper", version, gem("helper", version, {"lib/helper.rb": f"{MARK}HELPER = '{version}'\n"}))
    ran = with_gems.run({"main.rb": "require 'rainbow'\nrequire 'helper'\nputs Rainbow::VERSION, HELPER\n"})
    assert (ran.outcome.state, ran.stdout) == (State.PASSED, "1.0\n1.5\n"), ran
    assert ran.packages == {"helper": "dependency", "rainbow": "import"}


def test_a_gem_that_the_image_has_is_not_asked_for(with_gems: Packaged, index: Gems) -> None:
    index.put("rainbow", "1.0", rainbow("1.0"), needs="json:>= 1")
    index.put("json", "99.0", gem("json", "99.0"))
    ran = with_gems.run({"main.rb": f"require 'rainbow'\nrequire 'json'\n{USE}"})
    assert ran.packages == {"rainbow": "import"}, ran


@pytest.mark.parametrize("version", [None, "3.3"])
def test_an_extension_is_compiled_without_a_network(with_gems: Packaged, index: Gems, version: str | None) -> None:
    index.put("fast", "1.0", compiled(index.payload + MKMF))
    files = {"main.rb": "require 'fast'\nputs answer\n", "Gemfile": "gem 'fast'\n"}
    ran = with_gems.run(files, **({"version": version} if version else {}))
    assert (ran.outcome.state, ran.stdout) == (State.PASSED, "42\n"), ran
    assert "Compiling fast-1.0" in ran.installing
    assert "/ran" not in index.asked


def test_a_gem_that_cannot_be_compiled_is_told(with_gems: Packaged, index: Gems) -> None:
    index.put("fast", "1.0", compiled(MKMF, f"{MARK}this is no C\n"))
    ran = with_gems.run({"main.rb": "require 'fast'\n", "Gemfile": "gem 'fast'\n"})
    assert (ran.outcome.state, ran.outcome.phase) == (State.FAILED, Phase.INSTALL)
    assert ran.outcome.message == "The gem fast has to be compiled, and that failed here."
    assert [hint.text for hint in ran.outcome.hints] == [
        "It asks for fast in line 1 of Gemfile. Correct it there, or take it out."
    ]


def test_a_gem_that_there_is_not_is_named(with_gems: Packaged, index: Gems) -> None:
    index.put("rainbow", "1.0", rainbow("1.0"))
    ran = with_gems.run({"main.rb": "puts 1\n", "Gemfile": "gem 'rainbow'\ngem 'no-such-gem'\n"})
    assert (ran.outcome.phase, ran.outcome.message) == (Phase.INSTALL, "There is no gem no-such-gem on RubyGems."), ran
    assert [hint.text for hint in ran.outcome.hints] == [
        "It asks for no-such-gem in line 2 of Gemfile. Correct it there, or take it out."
    ]
    ran = with_gems.run({"main.rb": "puts 1\n", "Gemfile": "gem 'rainbow', '~> 9'\n"})
    assert ran.outcome.message == "RubyGems has no version of rainbow that fits ~> 9."


def test_debians_packages_serve_where_the_index_does_not_answer(engine: Any, tmp_path: Any) -> None:
    source = "require 'rainbow'\nputs Rainbow('[1,2]').to_s[/\\[1,2\\]/]\n"
    bundled = f"require 'bundler/inline'\ngemfile do\n  source 'https://rubygems.org'\n  gem 'rainbow'\nend\n{source}"
    with packaging(engine, tmp_path, {"BUNDLE_MIRROR__ALL": "http://127.0.0.1:1"}) as made:
        for content, why in ((source, "import"), (bundled, "gemfile")):
            ran = made.run({"main.rb": content})
            assert (ran.outcome.state, ran.stdout) == (State.PASSED, "[1,2]\n"), ran
            assert ran.packages["ruby-rainbow"] == why
            again = made.run({"main.rb": content}, lock=ran.lock)
            assert (again.installing, again.lock) == ("", ran.lock)


def test_what_debian_has_for_another_ruby_is_refused_with_a_sentence(engine: Any, tmp_path: Any) -> None:
    with packaging(engine, tmp_path, {"BUNDLE_MIRROR__ALL": "http://127.0.0.1:1"}) as made:
        runs = [made.run({"main.rb": "require 'nokogiri'\nputs 1\n"}, version=version) for version in ("3.4", "3.3")]
    # Debian has it for one of the two, or for both: one day for the other.
    assert any(ran.stdout == "1\n" for ran in runs), runs
    for ran in runs:
        if ran.outcome.state is not State.PASSED:
            assert ran.outcome.phase is Phase.INSTALL, ran
            assert re.fullmatch(
                r"Debian's package ruby-nokogiri is compiled for Ruby 3\.\d and not for 3\.\d\.",
                ran.outcome.message or "",
            )


@dataclass
class Tried:
    """What became of an installation."""

    refusal: str | None = None
    written: set[str] = field(default_factory=set)


@dataclass
class Place:
    """Where installations are tried."""

    engine: Any
    tools: str
    index: Gems

    def install(self, bounds: Bounds | None = None, lock: bytes = b"") -> Tried:
        """Install the gem `evil`."""
        bounds, tried = bounds or Bounds(), Tried()
        files = {"wanted.json": b'[["evil"]]'} | ({"gems.lock": lock} if lock else {})
        environment = {"BUNDLE_MIRROR__ALL": self.index.url}
        job = Job(self.tools, f"{DOOR}exec {SCRIPTS}/install", 2**30, files, environment, bounds=bounds)
        door = frozenset({f"127.0.0.1:{self.index.port}"})
        with (
            closing(Registry(door, bounds.download_bytes)) as registry,
            closing(Installer(Engine(self.engine), OWNER, job, registry)) as installer,
        ):
            try:
                for said in installer.lock():
                    if isinstance(said, bytes):
                        Ruby().packages(said, Wanted(()))
                list(installer.install())
                installer.weigh()
            except InstallerEnded:
                reason = Ruby().reason(installer.said)
                tried.refusal = str(too_large(bounds)) if registry.exceeded else reason or installer.said
            except (PackagesRefused, ValueError) as refusal:
                tried.refusal = str(refusal)
            filters = {"label": f"gistrun.instance={OWNER.instance}"}
            found = self.engine.containers(all=True, filters=filters)
            tried.written = {each["Path"] for each in self.engine.diff(found[0]["Id"]) or ()}
        assert not [path for path in tried.written if path.endswith("/RAN") or not _ALLOWED.fullmatch(path)]
        assert "/ran" not in self.index.asked
        return tried


@pytest.fixture
def place(engine: Any, index: Gems) -> Place:
    own = Engine(engine)
    return Place(engine, Builder(own, Catalogue(own, KNOWN), OWNER).ensure(tools("ruby")), index)


@pytest.mark.parametrize(
    ("files", "links"),
    [
        ({"../../usr/bin/evil": "x"}, {}),
        ({"/usr/bin/evil": "x"}, {}),
        ({"lib/../../../evil": "x"}, {}),
        ({}, {"lib": "/usr/bin"}),
        ({}, {"lib": "../../../etc"}),
        ({"out/evil": "x"}, {"out": "/usr/bin"}),
    ],
)
def test_a_gem_that_would_be_written_elsewhere_is_refused(
    place: Place, files: dict[str, str], links: dict[str, str]
) -> None:
    place.index.put("evil", "1.0", gem("evil", "1.0", files, links=links))
    assert "The gem evil-1.0 cannot be unpacked" in (place.install().refusal or "")


@pytest.mark.parametrize(
    ("content", "told", "refusal"),
    [
        (gem("evil", "1.0"), {"checksum": "0" * 64}, "The gem evil-1.0 is not what it was: its hash differs."),
        (gem("evil", "1.0"), {"checksum": ""}, "RubyGems gives no checksum for evil-1.0."),
        (gem("other", "1.0"), {}, "The gem evil-1.0 says that it is another: other-1.0."),
        (gem("evil", "2.0"), {}, "The gem evil-1.0 says that it is another: evil-2.0."),
        (b"no archive", {}, "The gem evil-1.0 cannot be unpacked"),
        (gem("evil", "1.0"), {"needs": "../../x:>= 0"}, "There is no gem"),
        (gem("evil", "1.0"), {"needs": "evil2:>= 0"}, "There is no gem evil2 on RubyGems, and evil needs it."),
        (gem("evil", "1.0"), {"ruby": ">= 99"}, "uby"),
    ],
    ids=["hash", "no hash", "another", "another version", "no archive", "a path", "missing", "newer ruby"],
)
def test_what_is_not_what_it_should_be_is_refused(
    place: Place, content: bytes, told: dict[str, str], refusal: str
) -> None:
    place.index.put("evil", "1.0", content, **told)
    assert refusal in (place.install().refusal or "")


def test_nothing_of_a_gem_runs_where_there_is_a_way_out(place: Place) -> None:
    payload = place.index.payload
    files = {
        "lib/evil.rb": payload,
        "lib/rubygems_plugin.rb": payload,
        "lib/bundler.rb": payload,
        "ext/extconf.rb": payload,
        "Rakefile": payload,
        "bin/ruby": payload,
    }
    place.index.put("evil", "1.0", gem("evil", "1.0", files, extensions=("ext/extconf.rb",)))
    assert place.install().refusal is None


def test_what_is_too_large_ends_within_the_limits(place: Place) -> None:
    place.index.put("evil", "1.0", gem("evil", "1.0", {"lib/evil.rb": os.urandom(3 * 2**20)}))
    assert "that may be downloaded" in (place.install(Bounds(download_bytes=2**20)).refusal or "")
    place.index.clear()
    place.index.put("evil", "1.1", gem("evil", "1.1", {"lib/evil.rb": bytes(300 * 2**20)}))
    assert "MB of disk" in (place.install(Bounds(disk_bytes=100 * 10**6)).refusal or "")


def test_a_lock_with_a_path_is_refused(place: Place) -> None:
    refused = place.install(lock=b"../../x 1.0 ruby " + b"0" * 64 + b"\n")
    assert "no package: '../../x 1.0 ruby" in (refused.refusal or "")
