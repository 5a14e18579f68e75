"""Where gists come from: the same promises from the adapter and from the fake that other tests use in its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gistrun.errors import Gone, NotFound
from gistrun.freshness.gists import Source
from gistrun.github import GitHub
from gistrun.model import Gist, GistFile
from tests.contract.github.answers import ID
from tests.fakes import FakeGitHub
from tests.github_server import GitHubServer


class FromServer:
    """The adapter, asking the stand-in."""

    def __init__(self, github: GitHub, server: GitHubServer) -> None:
        self.source: Source = github.gists
        self._server = server

    def put(self, text: str) -> str:
        return self._server.put(ID, {"main.py": text})

    def delete(self) -> None:
        self._server.delete(ID)


class FromFake:
    """The fake."""

    def __init__(self) -> None:
        self.source = FakeGitHub()

    def put(self, text: str) -> str:
        revision = f"{len(self.source.revisions):040x}"
        self.source.add(Gist(ID, revision, (GistFile("main.py", text.encode()),), etag=f'"{revision}"'))
        return revision

    def delete(self) -> None:
        del self.source.gists[ID]


@pytest.fixture(params=["adapter", "fake"])
def github(request: pytest.FixtureRequest, make: Callable[..., GitHub], server: GitHubServer) -> Any:
    return FromServer(make(), server) if request.param == "adapter" else FromFake()


def test_the_latest_revision_and_an_old_one(github: FromServer | FromFake) -> None:
    old, new = github.put("1"), github.put("2")
    for asked, revision, content in ((None, new, b"2"), (old, old, b"1")):
        gist = github.source.fetch(ID, asked)
        assert gist is not None
        assert (gist.id, gist.revision, gist.files[0].content) == (ID, revision, content)


def test_an_answer_that_matches_its_etag_is_not_sent_again(github: FromServer | FromFake) -> None:
    github.put("1")
    gist = github.source.fetch(ID)
    assert gist is not None
    assert github.source.fetch(ID, etag=gist.etag) is None
    new = github.put("2")
    changed = github.source.fetch(ID, etag=gist.etag)
    assert changed is not None
    assert changed.revision == new


def test_a_gist_that_never_existed_is_not_found(github: FromServer | FromFake) -> None:
    with pytest.raises(NotFound) as caught:
        github.source.fetch(ID)
    assert not isinstance(caught.value, Gone)
    github.put("1")
    with pytest.raises(NotFound) as caught:
        github.source.fetch(ID, "f" * 40, '"an etag"')
    assert not isinstance(caught.value, Gone)


def test_a_404_for_a_gist_with_an_etag_is_gone(github: FromServer | FromFake) -> None:
    github.put("1")
    gist = github.source.fetch(ID)
    assert gist is not None
    github.delete()
    with pytest.raises(Gone):
        github.source.fetch(ID, etag=gist.etag)
