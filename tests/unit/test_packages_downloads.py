"""What is kept of downloads goes when it takes too much, the largest first."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from gistrun.errors import EngineRefused
from gistrun.packages.downloads import shelf_folder, trim, volume
from gistrun.packages.shelf import Shelf


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
def test_the_largest_goes_first_and_no_more_than_must(sizes: dict[str, int], gone: list[str], tmp_path: Path) -> None:
    engine = Volumes(**sizes)
    assert trim(cast(Any, engine), tmp_path, 100) == [volume(name) for name in gone]
    assert "another" in engine.sizes


def test_shelves_take_half_of_it_at_most_and_volumes_the_rest(tmp_path: Path) -> None:
    shelf = Shelf(shelf_folder(tmp_path, "python"))
    for letter in b"abc":
        place = shelf.place()
        (place / "file").write_bytes(bytes([letter]) * 20)
        shelf.take(place, 100)
    engine = Volumes(a=50, b=20)
    assert trim(cast(Any, engine), tmp_path, 100) == [volume("a")]
    assert len(list(shelf.folder.iterdir())) == 2
