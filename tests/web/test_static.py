"""The service's own scripts and styles: compressed, and kept by browsers until they change."""

from __future__ import annotations

import gzip
import re

import pytest
from flask.testing import FlaskClient

from gistrun.web.front.static import FOLDER
from tests.web.conftest import GIST, World


@pytest.fixture
def named(world: World, client: FlaskClient) -> list[str]:
    """The addresses that a page names."""
    world.run()
    return re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get(f"/gist/{GIST}").text)


def test_a_page_names_them_with_their_edition(client: FlaskClient, named: list[str]) -> None:
    assert len(named) > 3
    for path in named:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        name = re.fullmatch("/static/[0-9a-f]{12}/(.*)", path)
        assert name
        assert answer.data == (FOLDER / name[1]).read_bytes()


def test_they_come_compressed(client: FlaskClient, named: list[str]) -> None:
    for path in named:
        packed = client.get(path, headers={"Accept-Encoding": "gzip"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == client.get(path).data


@pytest.mark.parametrize("path", ["/static/run.js", "/static/0123456789ab/run.js"])
def test_without_the_edition_they_are_asked_for_each_time(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert client.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize("path", ["/static/", "/static/nothing.js", "/static/../__init__.py", "/static/%2e%2e/app.py"])
def test_nothing_else_is_served(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404
