"""Gists at their revisions."""

from __future__ import annotations

import json

from gistrun.model import Gist, GistFile, to_record
from gistrun.store import Store
from tests.contract.store.values import NOW, begun, end


def test_a_gist_comes_back_as_it_was(store: Store) -> None:
    gist = Gist("abc", "1" * 40, (GistFile("ü\n", b"\xff\0", None),), None, None, False, checked_at=NOW, etag='W/"x"')
    store.gists.put(gist, pinned=False)
    assert store.gists.get("abc") == gist
    assert store.gists.get("abc", "1" * 40) is not None
    assert store.gists.get("abc", "2" * 40) is None
    assert store.gists.latest_revision("abc") == "1" * 40


def test_a_pinned_revision_does_not_become_the_latest(store: Store) -> None:
    store.gists.put(Gist("abc", "1" * 40, ()), pinned=True)
    assert store.gists.get("abc") is None


def test_a_gist_keeps_every_byte_of_its_files(store: Store) -> None:
    files = (
        GistFile("newlines", b"\n\n{}\n"),
        GistFile("empty", b""),
        GistFile("bytes", bytes(range(256)) * 3, "Text"),
        GistFile("ü\u2028", b"last"),
    )
    store.gists.put(Gist("abc", "1" * 40, files, checked_at=NOW), pinned=False)
    gist = store.gists.get("abc")
    assert gist is not None
    assert gist.files == files


def test_a_gist_that_an_earlier_version_kept_is_read(store: Store) -> None:
    gist = Gist("abc", "1" * 40, (GistFile("main.py", b"print(1)\n"),), checked_at=NOW)
    store.gists.put(gist, pinned=False)
    store.client.set(f"gistrun:gist:abc:{gist.revision}", json.dumps(to_record(gist)))
    assert store.gists.get("abc") == gist


def test_a_record_that_cannot_be_read_counts_as_missing(store: Store) -> None:
    run = begun(store)
    store.gists.put(Gist("abc", "1" * 40, (), checked_at=NOW), pinned=False)
    end(store, run)
    assert store.ends.recent()
    store.client.set(
        "gistrun:gist:abc", json.dumps({"revision": "1" * 40, "etag": None, "checked_at": NOW.isoformat()})
    )
    assert store.gists.get("abc") is None
    assert store.gists.latest("abc") is None
    assert store.gists.latest_of(["abc"]) == {}
    assert store.gists.latest_revision("abc") is None
    assert store.ends.recent() == []
    store.gists.confirm("abc", NOW)
