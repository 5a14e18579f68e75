"""Downloads that installations share: each under the hash of what is in it, whatever an installer left."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from gistrun.packages.shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def left(shelf: Shelf, **files: bytes) -> Path:
    """What an installer leaves."""
    place = shelf.place()
    for name, content in files.items():
        (place / name).write_bytes(content)
    return place


def name(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def kept(shelf: Shelf) -> set[str]:
    return {file.name for file in shelf.folder.iterdir()}


def test_a_file_is_kept_under_the_hash_of_its_content_whatever_it_is_called(shelf: Shelf) -> None:
    place = left(shelf, **{name(b"numpy"): b"poison", "b": b"pandas"})
    shelf.take(place, 100)
    assert kept(shelf) == {name(b"poison"), name(b"pandas")}
    assert not place.exists()


def test_who_left_a_file_cannot_change_what_is_kept(shelf: Shelf) -> None:
    place = left(shelf, a=b"good")
    with open(place / "a", "r+b") as still_open:
        shelf.take(place, 100)
        still_open.write(b"evil")
    assert (shelf.folder / name(b"good")).read_bytes() == b"good"


def test_what_was_changed_on_the_disk_is_replaced(shelf: Shelf) -> None:
    shelf.take(left(shelf, a=b"good"), 100)
    (shelf.folder / name(b"good")).write_bytes(b"evil")
    shelf.take(left(shelf, a=b"good"), 100)
    assert (shelf.folder / name(b"good")).read_bytes() == b"good"


def test_only_plain_files_are_taken_and_nothing_waits_for_others(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    place = left(shelf, a=b"good")
    (place / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(place / "pipe")
    (place / "folder").mkdir()
    (place / "folder" / "b").write_bytes(b"b")
    shelf.take(place, 100)
    assert kept(shelf) == {name(b"good")}
    assert (tmp_path / "secret").exists()


def test_one_installer_leaves_no_more_than_it_may_download(shelf: Shelf) -> None:
    shelf.take(left(shelf, a=b"x" * 60, b=b"y" * 60, c=b"z" * 101), 100)
    assert len(kept(shelf)) == 1


def test_what_was_not_used_for_longest_goes_first(shelf: Shelf) -> None:
    contents = [b"a" * 40, b"b" * 40, b"c" * 40]
    for age, content in enumerate(contents):
        shelf.take(left(shelf, a=content), 100)
        os.utime(shelf.folder / name(content), (1000 + age, 1000 + age))
    shelf.used(f"wheels = [{{ sha256 = '{name(contents[0])}' }}, {{ sha256 = '{'0' * 64}' }}]".encode())
    assert shelf.trim(100) == 80
    assert kept(shelf) == {name(contents[0]), name(contents[2])}


def test_what_a_killed_worker_left_goes_after_a_while(shelf: Shelf) -> None:
    old, new = left(shelf, a=b"old"), left(shelf, a=b"new")
    before = time.time() - 7200
    os.utime(old, (before, before))
    shelf.trim(0)
    assert (old.exists(), new.exists()) == (False, True)


def test_installers_can_read_it_whatever_the_umask_is(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        shelf = Shelf(tmp_path)
        shelf.take(left(shelf, a=b"good"), 100)
    finally:
        os.umask(before)
    assert shelf.folder.stat().st_mode & 0o755 == 0o755
    assert (shelf.folder / name(b"good")).stat().st_mode & 0o777 == 0o644
