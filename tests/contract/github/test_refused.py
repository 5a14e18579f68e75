"""A refused gist is refused again without cost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gistrun.errors import BadInput, TooLarge
from gistrun.github import GitHub
from tests.contract.github.answers import ID, OTHER, MiB
from tests.github_server import GitHubServer


@pytest.fixture(autouse=True)
def gists(server: GitHubServer) -> None:
    server.put(ID, {"main.py": "print(1)"})
    server.put(OTHER, {"main.py": "print(2)"})


def test_a_refused_gist_is_refused_again_for_free_until_it_changes(
    share: Callable[..., GitHub], server: GitHubServer
) -> None:
    server.put(ID, {"large.txt": "x" * (2 * MiB)})
    sentences = set()
    for _ in range(3):
        with pytest.raises(TooLarge) as caught:
            share("s3cret").gists.fetch(ID)
        sentences.add(str(caught.value))
    assert len(sentences) == 1
    budget = share("s3cret").budget()
    assert budget is not None
    assert budget.remaining == 4999
    sha = server.put(ID, {"main.py": "1"})
    gist = share("s3cret").gists.fetch(ID)
    assert gist is not None
    assert gist.revision == sha
    assert share("s3cret").gists.fetch(ID, etag=gist.etag) is None
    server.put(ID, {"bad\x1bname": "1"})
    for _ in range(2):
        with pytest.raises(BadInput):
            share("s3cret").gists.fetch(ID, etag=gist.etag)
    assert share("s3cret").budget().remaining == 4997  # type: ignore[union-attr]


def test_a_gist_too_large_for_one_is_not_for_a_server_that_takes_more(
    share: Callable[..., GitHub], server: GitHubServer
) -> None:
    server.put(ID, {"large.txt": "x" * (2 * MiB)})
    with pytest.raises(TooLarge):
        share().gists.fetch(ID)
    gist = share(max_bytes=2 * MiB).gists.fetch(ID)
    assert gist is not None
