"""What is kept of downloads goes when it takes too much, the largest first."""

from __future__ import annotations

from typing import Any, cast

import pytest

from gistrun.errors import EngineRefused
from gistrun.packages.downloads import trim, volume


class Volumes:
    """An engine with volumes of these sizes; one of them is in use."""

    def __init__(self, **sizes: int) -> None:
        self.sizes = {volume(name): size for name, size in sizes.items()} | {"another": 1000}

    def volumes(self) -> dict[str, int]:
        return dict(self.sizes)

    def remove_volume(self, name: str) -> None:
        if name == volume("used"):
            raise EngineRefused("volume is in use.", code=409)
        del self.sizes[name]


@pytest.mark.parametrize(
    ("sizes", "gone"),
    [
        ({"a": 40, "b": 60}, []),
        ({"a": 40, "b": 61}, ["b"]),
        ({"a": 101, "b": 102}, ["b", "a"]),
        ({"a": 50, "used": 60}, ["a"]),
    ],
)
def test_the_largest_goes_first_and_no_more_than_must(sizes: dict[str, int], gone: list[str]) -> None:
    engine = Volumes(**sizes)
    assert trim(cast(Any, engine), 100) == [volume(name) for name in gone]
    assert "another" in engine.sizes
