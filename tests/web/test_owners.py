"""The page of an owner's public gists."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from gistrun.errors import GitHubUnavailable
from tests.web.conftest import GIST, OTHER_GIST, SECRET_GIST, World, a_gist


def test_public_gists_are_listed_with_their_last_outcome(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist())
    world.github.add(a_gist(OTHER_GIST, files={"other.rb": ""}, description="<script>"))
    world.github.add(a_gist(SECRET_GIST, public=False, files={"secret.py": ""}))
    world.run()
    ran = len(world.queue.executes)
    answer = client.get("/u/octocat")
    assert answer.status_code == 200
    assert f'href="/gist/{GIST}"' in answer.text
    assert '<span class="pill passed">passed</span>' in answer.text
    assert '<span class="pill none">not run</span>' in answer.text
    assert "other.rb" in answer.text
    assert "<script>" not in answer.text
    assert "secret.py" not in answer.text
    assert re.search(r'<time datetime="[^"]+Z" title="[-0-9]+ [:0-9]+ UTC">[^<]+ ago</time>', answer.text)
    assert len(world.queue.executes) == ran


def test_a_gist_leads_to_its_owner(world: World, client: FlaskClient) -> None:
    world.run()
    assert 'href="/u/octocat"' in client.get(f"/gist/{GIST}").text


def test_a_user_that_is_not_there(client: FlaskClient) -> None:
    assert client.get("/u/nobody").status_code == 404


def test_github_does_not_answer(world: World, client: FlaskClient) -> None:
    world.github.error = GitHubUnavailable("GitHub did not answer in time.", retry_after=10)
    answer = client.get("/u/octocat")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
