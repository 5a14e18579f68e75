"""`card.png`, and the tags of a page that name it."""

from __future__ import annotations

import io
import re
import threading

import pytest
from flask.testing import FlaskClient
from PIL import Image

from gistrun.web import painting
from tests.fakes import out, passed, taken
from tests.web.conftest import GIST, NEXT_REVISION, OTHER_GIST, REVISION, SECRET_GIST, World, a_gist

URL = f"/gist/{GIST}/card.png"


def card(client: FlaskClient, path: str = URL) -> bytes:
    answer = client.get(path)
    assert (answer.status_code, answer.content_type) == (200, "image/png")
    assert "no-cache" in answer.headers["Cache-Control"]
    image = Image.open(io.BytesIO(answer.data))
    assert (image.format, image.size) == ("PNG", (1200, 630))
    return answer.data


def test_the_card_of_the_last_result_is_kept(
    world: World, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.run()
    first = card(client)
    monkeypatch.setattr(painting.subprocess, "run", None)  # nothing draws it again
    painting._painted.cache_clear()
    assert card(client) == first
    tag = client.get(URL).headers["ETag"]
    assert client.get(URL, headers={"If-None-Match": tag}).status_code == 304


def test_a_new_result_is_a_new_card(world: World, client: FlaskClient) -> None:
    world.run()
    first = card(client)
    world.sandboxes.scripts["main.py"] = [taken(), out("other\n"), passed()]
    world.run(rerun=True)
    assert card(client) != first


def test_where_there_is_no_result_a_card_says_so(world: World, client: FlaskClient) -> None:
    unseen = card(client)
    assert world.github.asked == []
    world.runs.revisit(OTHER_GIST)
    missing = card(client, f"/gist/{OTHER_GIST}/card.png")
    assert missing != unseen
    assert card(client, "/gist/xyz/card.png") == missing
    assert card(client, f"{URL}?sha={NEXT_REVISION}") == missing


def test_made_up_ids_have_one_card_drawn(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    card(client, f"/gist/{1:020x}/card.png")
    monkeypatch.setattr(painting.subprocess, "run", None)
    for number in range(2, 20):
        card(client, f"/gist/{number:020x}/card.png")


def test_only_so_many_are_drawn_at_a_time(world: World, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    world.run()
    monkeypatch.setattr(painting, "_turns", threading.BoundedSemaphore(1))
    monkeypatch.setattr(painting, "_PATIENCE", 0.05)
    painting._painted.cache_clear()
    with painting._turns:
        answer = client.get(URL)
        assert (answer.status_code, answer.content_type) == (503, "text/plain; charset=utf-8")
        assert int(answer.headers["Retry-After"]) > 0
        assert client.get(f"/gist/{GIST}").status_code == 200
    card(client)


def test_a_card_that_takes_too_long_is_given_up(
    world: World, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.run()
    monkeypatch.setattr(painting, "_TIME", 0.001)
    painting._painted.cache_clear()
    assert client.get(URL).status_code == 503
    monkeypatch.undo()
    card(client)  # nothing wrong was kept


def test_a_page_names_its_card(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(description='Says "hello" & <more>'))
    world.run()
    page = client.get(f"/gist/{GIST}").text
    tags = dict(re.findall(r'<meta (?:property|name)="((?:og|twitter):[a-z:_]+)" content="([^"]*)">', page))
    assert tags["og:image"] == f"http://localhost{URL}"
    assert tags["og:url"] == f"http://localhost/gist/{GIST}"
    assert tags["og:description"] == "Says &#34;hello&#34; &amp; &lt;more&gt;"
    assert tags["twitter:card"] == "summary_large_image"
    pinned = client.get(f"/gist/{GIST}/{REVISION}?args=a").text
    assert f'content="http://localhost{URL}?sha={REVISION}&amp;args=a"' in pinned
    card(client, f"{URL}?sha={REVISION}")


def test_the_card_of_a_secret_gist_is_private(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(SECRET_GIST, public=False))
    world.run(SECRET_GIST)
    assert client.get(f"/gist/{SECRET_GIST}/card.png").headers["Cache-Control"] == "private, no-cache"
