from __future__ import annotations

import pytest

from gistrun.address import Address, certain, file_anchors, file_at, read

ID = "aa5a315d61ae9438b18d"
SHA = "57a7f021a713b1c5a6a199b54cc514735d2d462f"


@pytest.mark.parametrize("text", ["1", f"octocat/{ID}", f"https://evil.example/{SHA}", "3/4", "12/2024"])
def test_a_path_that_ends_in_an_id_is_an_address(text: str) -> None:
    assert read(text)


@pytest.mark.parametrize(
    ("text", "alone", "somewhere"),
    [
        (ID, True, True),
        (SHA, True, False),
        ("9257657", True, False),
        ("octocat/9257657", True, False),
        ("3/4", False, False),
        (f"octocat/{SHA}", False, False),
        (f"https://example.com/octocat/{ID}", True, True),
        (f"https://example.com/octocat/{SHA}", False, False),
        ("https://example.com/octocat/9257657", False, False),
        ("https://here.example/octocat/9257657", True, True),
        ("https://example.com/gist/9257657", True, True),
        ("https://example.com/gist/2024/12", False, False),
        ("https://gist.example.com/2024/12", True, True),
        ("gist.github.com/octocat/9257657", True, True),
        (f"gist.github.com/octocat/{SHA}", True, True),
        ("https://digist.example/12", False, False),
        ("https://the-gist.example/12", False, False),
        ("https://gist.github.com@evil.example/12", False, False),
        ("https://user:pass@gist.github.com:443/12", True, True),
        ("git@gist.github.com:12.git", True, True),
    ],
)
def test_only_what_says_so_is_certainly_a_gists_address(text: str, alone: bool, somewhere: bool) -> None:
    assert bool(certain(text, "here.example", alone=True)) == alone
    assert bool(certain(text, "here.example")) == somewhere


def test_a_revision_stands_in_several_places() -> None:
    meant = Address(ID, SHA)
    for text in (
        f"{ID}/{SHA}",
        f"{ID}.git@{SHA}",
        f"gist:{ID}#{SHA}",
        f"{ID}?sha={SHA}",
        f"o/{ID}/archive/{SHA}.zip",
        f"o/{ID}/{SHA}.js",
    ):
        assert read(text) == meant, text
    assert read(f"o/{ID}/raw/{SHA.upper()}/a.py") == Address(ID, file="a.py", content=SHA)


def test_files_have_githubs_own_anchors() -> None:
    names = ["main.py", "bench_mark.py", "A b.c", "a-b.c", "Ünï.py"]
    assert file_anchors(names) == ["file-main-py", "file-bench_mark-py", "file-a-b-c", "file-a-b-c-2", "file-n-py"]


@pytest.mark.parametrize(
    ("fragment", "file"),
    [
        ("file-bench_mark-py", "bench_mark.py"),
        ("file-bench_mark-py-L3", "bench_mark.py"),
        ("file-bench_mark-py-L3-L12", "bench_mark.py"),
        ("file-x-l3", "x.l3"),
        ("file-other-py", None),
        ("", None),
    ],
)
def test_a_fragment_points_at_a_file(fragment: str, file: str | None) -> None:
    assert file_at(fragment, ["main.py", "bench_mark.py", "x.l3"]) == file
