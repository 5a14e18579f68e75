"""What hosts give each other of environments, when, and what they do not take."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gistrun import languages
from gistrun.errors import EngineRefused, EngineUnavailable, Interrupted, SandboxUnavailable
from gistrun.images.catalogue import ENVIRONMENT, Catalogue
from gistrun.images.shared import NotShared, SharedImages
from gistrun.packages.memory import Forgetful
from gistrun.packages.sharing import Sharing
from gistrun.packages.turns import Turns
from gistrun.packages.waiting import Patience, TookTooLong, waited

DIGEST = "sha256:" + "a" * 64
KNOWN = {name: each for name, each in languages.load().items() if name in ("python", "typescript", "c")}


def never() -> bool:
    return False


class Memory(Forgetful):
    """What all hosts remember."""

    def __init__(self) -> None:
        self.digests: dict[str, str] = {}
        self.leases: set[str] = set()

    def shared(self, key: str) -> str | None:
        return self.digests.get(key)

    def was_shared(self, key: str, digest: str) -> None:
        self.digests[key] = digest

    def is_not_shared(self, key: str) -> None:
        self.digests.pop(key, None)

    def may_share(self, key: str, seconds: int) -> bool:
        if key in self.leases:
            return False
        self.leases.add(key)
        return True


class Images:
    """A registry that can be away."""

    def __init__(self, trouble: Exception | None = None) -> None:
        self.trouble = trouble
        self.pushed: list[str] = []
        self.pulled: list[tuple[str, str]] = []

    def push(self, name: str, stopped: Callable[[], bool]) -> str:
        if self.trouble:
            raise self.trouble
        self.pushed.append(name)
        return DIGEST

    def pull(self, name: str, digest: str, tell: Callable[[str], None]) -> None:
        self.pulled.append((name, digest))
        if self.trouble:
            raise self.trouble


def sharing(images: Images | None, memory: Memory) -> Sharing:
    turns = Turns(Path(tempfile.mkdtemp()))
    return Sharing(images, memory, turns, lambda _: False)  # type: ignore[arg-type]


def test_an_environment_is_given_once_by_one_host() -> None:
    memory, one, other = Memory(), Images(), Images()
    host = sharing(one, memory)
    host.give("key", "python+a", never)
    host.give("key", "python+a", never)
    sharing(other, memory).give("key", "python+a", never)
    assert (one.pushed, other.pushed) == (["python+a"], [])
    assert memory.digests == {"key": DIGEST}
    assert not host.may_give("key")


def test_while_one_host_gives_it_no_other_does() -> None:
    memory, images = Memory(), Images()
    memory.may_share("key", 600)
    sharing(images, memory).give("key", "python+a", never)
    assert images.pushed == []


def test_a_host_takes_what_another_has_given() -> None:
    memory, images = Memory(), Images()
    host = sharing(images, memory)
    assert not host.has("key")
    memory.was_shared("key", DIGEST)
    assert host.has("key")
    assert host.take("key", "python+b", never)
    assert images.pulled == [("python+b", DIGEST)]
    assert not host.may_give("key")


@pytest.mark.parametrize(
    "trouble", [EngineUnavailable("away"), EngineRefused("no", code=500), SandboxUnavailable("The registry says: no")]
)
def test_a_registry_that_is_away_is_left_alone_for_a_while(trouble: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    memory, images = Memory(), Images(trouble)
    memory.was_shared("key", DIGEST)
    host = sharing(images, memory)
    assert not host.take("key", "python+b", never)
    assert not host.has("key")
    assert not host.may_give("other")
    assert memory.digests == {"key": DIGEST}  # it may be there again
    later = time.monotonic() + 301
    monkeypatch.setattr("gistrun.packages.sharing.time.monotonic", lambda: later)
    assert host.has("key")


def test_what_could_not_be_given_is_given_later() -> None:
    memory, images = Memory(), Images(EngineRefused("no", code=500))
    host = sharing(images, memory)
    host.give("key", "python+a", never)
    assert memory.digests == {}
    images.trouble = None
    memory.leases.clear()  # as they end by themselves
    sharing(images, memory).give("key", "python+a", never)
    assert memory.digests == {"key": DIGEST}


def test_what_the_registry_does_not_have_is_forgotten() -> None:
    memory, images = Memory(), Images(NotShared("manifest unknown"))
    memory.was_shared("key", DIGEST)
    host = sharing(images, memory)
    assert not host.take("key", "python+b", never)
    assert memory.digests == {}
    assert host.may_give("key")


def test_nothing_is_shared_where_no_registry_is_named() -> None:
    memory = Memory()
    memory.was_shared("key", DIGEST)
    host = sharing(None, memory)
    assert not host.has("key")
    assert not host.may_give("key")
    host.give("key", "python+a", never)
    assert memory.leases == set()


class Engine:
    """An engine that answers a pull or a push with these lines."""

    def __init__(self, *lines: dict[str, Any], labels: dict[str, str] | None = None) -> None:
        self.asked: list[tuple[str, ...]] = []
        self._lines = lines
        self._labels = labels or {}

    def pull(self, name: str, tag: str) -> Iterator[dict[str, Any]]:
        self.asked.append(("pull", name, tag))
        yield from self._lines

    def push(self, name: str, tag: str) -> Iterator[dict[str, Any]]:
        self.asked.append(("push", name, tag))
        yield from self._lines

    def tag(self, image: str, name: str, tag: str) -> None:
        self.asked.append(("tag", image, name, tag))

    def remove_image(self, image: str) -> None:
        self.asked.append(("remove", image))

    def image(self, name: str) -> dict[str, Any]:
        return {"Id": "sha256:1", "Config": {"Labels": self._labels}}


def shared(engine: Engine) -> SharedImages:
    catalogue = Catalogue(engine, KNOWN)  # type: ignore[arg-type]
    return SharedImages(engine, catalogue, "registry.test/gistrun")  # type: ignore[arg-type]


def an_environment(**changes: str) -> dict[str, str]:
    recipe = Catalogue(Engine(), KNOWN).recipes["python@3.13"]  # type: ignore[arg-type]
    # An installer has no language of its own.
    known = {"gistrun.image": "packages/python@3.13", "gistrun.language": "", "gistrun.commands": recipe.commands}
    known |= {"gistrun.toolchain": "Python 3.13.5"}
    return known | {ENVIRONMENT: "python@3.13+b"} | {f"gistrun.{name}": value for name, value in changes.items()}


def test_names_are_below_the_deployments_and_the_digest_says_what_is_pulled() -> None:
    engine = Engine({"status": "Pulling"}, labels=an_environment())
    told: list[str] = []
    shared(engine).pull("python@3.13+c", DIGEST, told.append)
    assert engine.asked == [
        ("pull", "registry.test/gistrun/python", DIGEST),
        ("tag", "sha256:1", "gistrun/python", "3.13-c"),
        ("remove", f"registry.test/gistrun/python@{DIGEST}"),
    ]
    assert told == ["Pulling"]


@pytest.mark.parametrize("digest", ["latest", "sha256:1", "../../evil@" + DIGEST, DIGEST.upper(), f"{DIGEST}\n", ""])
def test_what_is_no_digest_is_never_asked_for(digest: str) -> None:
    engine = Engine()
    with pytest.raises(NotShared):
        shared(engine).pull("python+c", digest, lambda _: None)
    assert engine.asked == []


@pytest.mark.parametrize(
    "labels",
    [{}, an_environment(image="packages/ruby"), an_environment(commands="other"), {"gistrun.image": "python@3.13"}],
)
def test_an_image_that_is_no_environment_of_the_language_is_not_used(labels: dict[str, str]) -> None:
    engine = Engine(labels=labels)
    with pytest.raises(NotShared):
        shared(engine).pull("python@3.13+c", DIGEST, lambda _: None)
    assert [asked[0] for asked in engine.asked] == ["pull", "remove"]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("manifest unknown: manifest unknown", NotShared),
        ("repository name not known to registry: not found", NotShared),
        ("dial tcp 127.0.0.1:5000: connect: connection refused", SandboxUnavailable),
        ("denied: requested access to the resource is denied", SandboxUnavailable),
    ],
)
def test_a_pull_that_fails_in_the_middle_says_why(error: str, kind: type[Exception]) -> None:
    engine = Engine({"status": "Pulling"}, {"error": error})
    with pytest.raises(SandboxUnavailable, match="The registry says") as raised:
        shared(engine).pull("python+c", DIGEST, lambda _: None)
    assert type(raised.value) is kind


def test_a_pull_that_fails_at_its_beginning_says_why() -> None:
    class Refusing(Engine):
        def pull(self, name: str, tag: str) -> Iterator[dict[str, Any]]:
            raise EngineRefused("manifest for registry.test/gistrun/python not found: manifest unknown.", code=404)
            yield {}

    with pytest.raises(NotShared, match=r"^The registry says: manifest for"):
        shared(Refusing()).pull("python+c", DIGEST, lambda _: None)


def test_a_push_tells_the_digest_and_leaves_no_name() -> None:
    engine = Engine({"status": "Pushing"}, {"progressDetail": {}, "aux": {"Digest": DIGEST}})
    assert shared(engine).push("python@3.13+b", never) == DIGEST
    assert engine.asked == [
        ("tag", "gistrun/python:3.13-b", "registry.test/gistrun/python", "3.13-b"),
        ("push", "registry.test/gistrun/python", "3.13-b"),
        ("remove", "registry.test/gistrun/python:3.13-b"),
    ]


@pytest.mark.parametrize("lines", [(), ({"aux": {"Digest": "latest"}},), ({"error": "denied"},)])
def test_a_push_that_did_not_work_is_told(lines: tuple[dict[str, Any], ...]) -> None:
    engine = Engine(*lines)
    with pytest.raises(SandboxUnavailable):
        shared(engine).push("python+b", never)
    assert engine.asked[-1][0] == "remove"


def test_a_push_ends_with_its_worker() -> None:
    with pytest.raises(SandboxUnavailable):
        shared(Engine({"status": "Pushing"}, {"aux": {"Digest": DIGEST}})).push("python+b", lambda: True)


@pytest.mark.parametrize("name", ["python+0123456789abcdef", "python@3.13+0123456789abcdef", "typescript@deno+ab"])
def test_an_environments_name_is_read_from_the_engines(name: str) -> None:
    catalogue = Catalogue(Engine(), KNOWN)  # type: ignore[arg-type]
    assert catalogue.environment(catalogue.tag(name)) == name


@pytest.mark.parametrize(
    "tag",
    ["gistrun/python:latest", "gistrun/packages/python:latest", "other/python:latest-ab", "gistrun/c:gcc-14", "<none>"],
)
def test_what_is_no_environment_of_this_catalogue_has_no_name(tag: str) -> None:
    catalogue = Catalogue(Engine(), KNOWN)  # type: ignore[arg-type]
    name = catalogue.environment(tag)
    assert name is None or name.partition("+")[0] not in catalogue.versions


def test_what_is_waited_for_is_told_and_returned() -> None:
    def work(tell: Callable[[str], None]) -> int:
        tell("one")
        tell("two")
        return 3

    steps = waited(work, Patience(10, never))
    assert [next(steps), next(steps)] == ["one", "two"]
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert end.value.value == 3


def test_what_fails_while_it_is_waited_for_fails() -> None:
    def work(_: Callable[[str], None]) -> None:
        raise EngineRefused("no")

    with pytest.raises(EngineRefused):
        list(waited(work, Patience(10, never)))


def test_a_wait_has_an_end() -> None:
    for patience, error in (
        (Patience(0.01, never), TookTooLong),
        (Patience(60, never, first_s=0.01), TookTooLong),
        (Patience(60, lambda: True), Interrupted),
    ):
        with pytest.raises(error):
            list(waited(lambda _: time.sleep(0.5), patience))
