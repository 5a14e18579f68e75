"""Ids, file names and text as hostile as they come."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gistrun.errors import BadInput, TooLarge
from gistrun.github import GitHub
from tests.contract.github.answers import ID, SHARED, MiB, body, fetched
from tests.github_server import GitHubServer

REFUSED = {"gist_10mb": TooLarge} | dict.fromkeys(
    ("gist_absolute", "gist_html_names", "gist_long_name", "gist_nul_newline", "gist_traversal"), BadInput
)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "..",
        "../user",
        "a/b",
        "a?b",
        "a b",
        "xyz",
        "abc",
        "a" * 19,
        "a" * 41,
        "g" * 20,
        "%2e%2e",
        f"{ID}\n",
        "é",
        "１２",
    ],
)
def test_an_id_or_revision_of_another_form_is_not_asked_for(github: GitHub, server: GitHubServer, bad: str) -> None:
    with pytest.raises(BadInput, match="not the id of a gist"):
        github.gists.fetch(bad)
    with pytest.raises(BadInput, match="not a revision"):
        github.gists.fetch(ID, bad)
    assert server.requests == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "names no file"),
        (".", "names no file"),
        ("..", "names no file"),
        ("../../escape.py", "a slash"),
        ("/etc/cron.d/evil", "a slash"),
        ("a\0b.py", "a control character"),
        ("\x1b[2J.py", "a control character"),
        ("a\x85b", "a control character"),
        ("half \ud83d", "a control character"),
        ("n" * 256, "255 bytes"),
        ("😀" * 64, "255 bytes"),
    ],
)
def test_a_name_that_no_sandbox_can_hold_is_refused(
    github: GitHub, server: GitHubServer, name: str, reason: str
) -> None:
    server.fail(200, body=body(files={"main.py": {"content": "1"}, name: {"content": "x"}}))
    with pytest.raises(BadInput, match=reason) as caught:
        github.gists.fetch(ID)
    sentence = str(caught.value)
    assert sentence.isascii()
    assert sentence.isprintable()
    assert len(sentence) < 1200


@pytest.mark.parametrize("name", ["a\nb.py", "Icon\r", "a\tb.py", "a\r\nSet-Cookie: x=1.py", "a\u2028b"])
def test_an_odd_name_is_taken_as_it_is(github: GitHub, server: GitHubServer, name: str) -> None:
    server.put(ID, {"main.py": "1", name: "x"})
    assert {file.name for file in github.gists.fetch(ID).files} == {"main.py", name}


@pytest.mark.parametrize(
    "name",
    [
        "-rf",
        "--help.py",
        "*",
        "$(touch pwned).py",
        "\\\\host\\share",
        "C:\\evil.py",
        "a b 'c\" d.py",
        "<img>",
        "n" * 255,
        "\u202egpj.exe.py",
        "…",
        " ",
        "😀" * 63,
        "gist.json",
    ],
)
def test_an_odd_name_is_a_name(github: GitHub, server: GitHubServer, name: str) -> None:
    server.put(ID, {name: "x" * (MiB + 1)})
    file = fetched(github, ID).files[0]
    assert (file.name, file.size) == (name, MiB + 1)


def test_half_characters_are_replaced(github: GitHub, server: GitHubServer) -> None:
    files = {"main.py": {"content": "print('\ud83d')", "language": "\udc00"}}
    server.fail(200, body=body(files=files, description="\ud800!", owner={"login": "a\udfff"}))
    gist = fetched(github, ID)
    assert gist.files[0].content.decode() == "print('\ufffd')"
    assert (gist.files[0].language, gist.description, gist.owner) == ("\ufffd", "\ufffd!", "a\ufffd")


@pytest.mark.parametrize(
    "case", sorted(SHARED.glob("hostile/gist_*/gist.json")) or [None], ids=lambda path: path and path.parent.name
)
def test_the_hostile_gists(make: Callable[..., GitHub], server: GitHubServer, case: Path | None) -> None:
    """Refused with a sentence, or taken as it is; never anything else."""
    if case is None:
        pytest.skip("no ../shared/hostile beside the repository")
    files = json.loads(case.read_text())["files"]
    for file in files.values():
        if "repeat" in file:
            text, times = file.pop("repeat")
            file["content"] = text * times
    server.put(ID, {name: file["content"] for name, file in files.items()})
    max_bytes = 8 * MiB if case.parent.name == "gist_10mb" else 64 * MiB
    if expected := REFUSED.get(case.parent.name):
        with pytest.raises(expected) as caught:
            make(max_bytes=max_bytes).gists.fetch(ID)
        assert str(caught.value).isprintable()
    else:
        gist = fetched(make(max_bytes=max_bytes), ID)
        assert {file.name: file.content.decode() for file in gist.files} == {
            name: file["content"] for name, file in files.items()
        }
