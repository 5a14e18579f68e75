"""Which environments go when they take too much of the disk."""

from __future__ import annotations

import time
from typing import Any

from gistrun import languages
from gistrun.errors import EngineRefused
from gistrun.images.catalogue import ENVIRONMENT, Catalogue
from gistrun.packages.disk import BYTES, UNFINISHED, Disk
from gistrun.packages.memory import Forgetful

HOUR = 3600.0


class Engine:
    """Images and containers by id, some of which are in use."""

    def __init__(self, *used: str) -> None:
        self.found: dict[str, dict[str, Any]] = {}
        self.ended: list[dict[str, Any]] = []
        self.removed: list[str] = []
        self._used = used

    def environment(self, name: str, size: int, age_s: float = 10 * HOUR) -> None:
        labels = {ENVIRONMENT: name, BYTES: str(size)}
        tags = [f"gistrun/{name.replace('+', ':latest-')}"]
        self.found[name] = {"Id": name, "RepoTags": tags, "Labels": labels, "Created": time.time() - age_s}

    def images(self, label: str) -> list[dict[str, Any]]:
        name, _, value = label.partition("=")
        return [
            each for each in self.found.values() if each["Labels"].get(name, "") == (value or each["Labels"].get(name))
        ]

    def containers(self, labels: list[str]) -> list[dict[str, Any]]:
        return self.ended

    def remove_image(self, tag: str) -> None:
        name = tag.removeprefix("gistrun/").replace(":latest-", "+")
        if name in self._used:
            raise EngineRefused("It is used.", code=409)
        self.removed.append(name)

    def remove(self, container: str) -> None:
        self.removed.append(container)


class Memory(Forgetful):
    def __init__(self, **hours: float) -> None:
        self.forgotten: list[str] = []
        self._used = {f"python+{name}": time.time() - ago * HOUR for name, ago in hours.items()}

    def last_used(self) -> dict[str, float]:
        return self._used

    def removed(self, image: str) -> None:
        self.forgotten.append(image)


def disk(engine: Engine, memory: Memory) -> Disk:
    return Disk(engine, Catalogue(engine, languages.load()), memory)  # type: ignore[arg-type]


def test_what_was_not_used_for_longest_goes_first_and_only_as_much_as_must() -> None:
    engine, memory = Engine(), Memory(a=3, b=5, c=1)
    for name in "abc":
        engine.environment(f"python+{name}", 100)
    assert [each.name for each in disk(engine, memory).make_room(200)] == ["python+b"]
    assert engine.removed == memory.forgotten == ["python+b"]


def test_nothing_goes_while_there_is_room() -> None:
    engine = Engine()
    engine.environment("python+a", 100)
    assert disk(engine, Memory()).make_room(100) == []


def test_what_is_in_use_was_just_used_or_was_just_made_stays() -> None:
    engine, memory = Engine("python+running"), Memory(running=9, recent=0.01, old=8)
    for name in ("running", "recent", "old", "kept"):
        engine.environment(f"python+{name}", 100)
    engine.environment("python+new", 100, age_s=10)
    assert [each.name for each in disk(engine, memory).make_room(0, keep="python+kept")] == ["python+old"]
    assert memory.forgotten == ["python+old"]


def test_an_environment_that_nobody_remembers_is_as_old_as_its_image() -> None:
    engine = Engine()
    engine.environment("python+older", 100, age_s=3 * HOUR)
    engine.environment("python+newer", 100, age_s=2 * HOUR)
    assert [each.name for each in disk(engine, Memory()).kept()] == ["python+older", "python+newer"]


def test_what_a_killed_process_left_behind_goes_after_a_while() -> None:
    engine = Engine()
    for name, tags, age_s in (("left", [], 2 * HOUR), ("young", [], 60.0), ("named", ["x"], 2 * HOUR)):
        engine.found[name] = {
            "Id": name,
            "RepoTags": tags,
            "Labels": {UNFINISHED: "yes"},
            "Created": time.time() - age_s,
        }
    engine.ended = [
        {"Id": "ended", "State": "exited", "Created": time.time() - 2 * HOUR},
        {"Id": "running", "State": "running", "Created": time.time() - 2 * HOUR},
    ]
    disk(engine, Memory()).make_room(0)
    assert engine.removed == ["ended", "left"]
