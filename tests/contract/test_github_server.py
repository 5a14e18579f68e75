"""The stand-in is held to GitHub's own description, and to what its documentation says in words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from openapi_schema_validator import OAS30Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

from gistrun import languages
from gistrun.model import Gist, GistFile, Request
from tests.github_server import EXAMPLES, GitHubServer, recorded_bodies

ID = "aa5a315d61ae9438b18d0123456789ab"
ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("GISTRUN_SHARED", ROOT.parent / "shared"))
DESCRIPTION = SHARED / "github" / "openapi-gists.json"

needs_description = pytest.mark.skipif(not DESCRIPTION.exists(), reason="no ../shared/github beside the repository")


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with GitHubServer() as server:
        yield server


def get(server: GitHubServer, path: str, **headers: str) -> requests.Response:
    url = path if path.startswith("http") else server.url + path
    return requests.get(url, headers=headers, timeout=10, allow_redirects=False)


def plain(server: GitHubServer, path: str, **headers: str) -> requests.Response:
    return get(server, path, **{"Accept-Encoding": "identity"}, **headers)


# Held to the description


def deviations(route: str, status: int, body: Any) -> set[str]:
    """Where an answer differs from GitHub's OpenAPI document: `path/in/the/body: which rule`."""
    document = json.loads(DESCRIPTION.read_text())
    described = document["paths"][route]["get"]["responses"][str(status)]
    if "$ref" in described:
        described = document["components"]["responses"][described["$ref"].rsplit("/", 1)[1]]
    registry = Registry().with_resource("urn:github", DRAFT4.create_resource(document))
    schema = json.loads(json.dumps(described["content"]["application/json"]["schema"]).replace('"#/', '"urn:github#/'))
    errors = OAS30Validator(schema, registry=registry).iter_errors(body)
    return {f"{'/'.join(map(str, error.absolute_path))}: {error.validator}" for error in errors}


@needs_description
def test_answers_are_as_github_describes_them(server: GitHubServer) -> None:
    first = server.put(ID, {"main.py": "print(1)\n", "data.txt": b"\xff\xfe"}, description=None)
    server.put(ID, {"main.py": "print(2)\n", "large.txt": "x" * (2**20 + 1), "blank.md": "#"}, author=None)
    server.put("2" * 20, {"a.md": ""}, owner=None, public=False)
    server.put("3" * 20, {f"{number}.txt": "x" for number in range(301)})
    for path, route, status in [
        (f"/gists/{ID}", "/gists/{gist_id}", 200),
        (f"/gists/{ID}/{first}", "/gists/{gist_id}/{sha}", 200),
        (f"/gists/{ID}/commits", "/gists/{gist_id}/commits", 200),
        ("/gists/" + "2" * 20, "/gists/{gist_id}", 200),
        ("/gists/" + "3" * 20, "/gists/{gist_id}", 200),
        ("/gists/public", "/gists/public", 200),
        ("/users/octocat/gists", "/users/{username}/gists", 200),
        ("/rate_limit", "/rate_limit", 200),
        ("/gists/" + "4" * 20, "/gists/{gist_id}", 404),
    ]:
        answer = get(server, path)
        assert answer.status_code == status
        assert deviations(route, status, answer.json()) == set(), path


@needs_description
def test_the_description_is_not_taken_for_more_than_it_is(server: GitHubServer) -> None:
    """The validation does find faults; and GitHub's null languages are one that its own description does not allow."""
    body = {"id": 7, "files": {"main.py": {"size": "1"}}}
    assert deviations("/gists/{gist_id}", 200, body) == {"id: type", "files/main.py/size: type"}
    server.put(ID, {"zen.unknown": ""})
    assert deviations("/gists/{gist_id}", 200, get(server, f"/gists/{ID}").json()) == {
        "files/zen.unknown/language: type"
    }


@needs_description
def test_where_old_recordings_differ_from_todays_description(server: GitHubServer) -> None:
    """What today's description requires and older answers lack, or forbids and they have; and there is nothing else."""
    found: set[str] = set()
    for body in recorded_bodies(SHARED / "github" / "recordings.jsonl"):
        version = server.put_recorded(body)
        answer = get(server, f"/gists/{body['id']}/{version}").json()
        for deviation in deviations("/gists/{gist_id}", 200, answer):
            place, rule = deviation.rsplit(": ", 1)
            found.add(f"{place.split('/')[0]}…{place.split('/')[-1]}: {rule}")
    assert found == {
        # A user got a `node_id` in 2018; most of the recordings are older.
        "owner…owner: required",
        "history…user: required",
        "forks…user: required",
        # Null for an extension that GitHub does not know.
        "files…language: type",
    }


# In words


def test_a_match_of_the_etag_is_free_of_the_budget(server: GitHubServer) -> None:
    server.put(ID, {"main.py": "1"})
    first = plain(server, f"/gists/{ID}")
    assert first.headers["ETag"].startswith('"')
    assert first.headers["X-RateLimit-Remaining"] == "59"
    zipped = get(server, f"/gists/{ID}")
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert zipped.headers["ETag"] == "W/" + first.headers["ETag"]
    assert zipped.json() == first.json()
    for tag in (first.headers["ETag"], zipped.headers["ETag"], f'"other", {first.headers["ETag"]}', "*"):
        same = get(server, f"/gists/{ID}", **{"If-None-Match": tag, "Authorization": "token any"})
        assert (same.status_code, same.content) == (304, b"")
        assert same.headers["X-RateLimit-Remaining"] == "5000"
    # "… and the request was made while correctly authorized with an Authorization header."
    same = get(server, f"/gists/{ID}", **{"If-None-Match": first.headers["ETag"]})
    assert (same.status_code, same.headers["X-RateLimit-Remaining"]) == (304, "57")
    assert get(server, f"/gists/{ID}", **{"If-None-Match": '"other"'}).status_code == 200
    server.put(ID, {"main.py": "2"})
    assert get(server, f"/gists/{ID}", **{"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_the_budget_is_60_and_5000_with_a_token(server: GitHubServer) -> None:
    server.put(ID, {"main.py": "1"})
    assert get(server, f"/gists/{ID}").headers["X-RateLimit-Limit"] == "60"
    signed_in = get(server, f"/gists/{ID}", Authorization="token any")
    assert (signed_in.headers["X-RateLimit-Limit"], signed_in.headers["X-RateLimit-Remaining"]) == ("5000", "4999")
    core = get(server, "/rate_limit").json()["resources"]["core"]
    assert (core["limit"], core["remaining"], core["used"]) == (60, 59, 1)


def test_beyond_the_budget_everything_but_the_raw_files_is_refused(server: GitHubServer) -> None:
    server.put(ID, {"main.py": "print(1)"})
    body = get(server, f"/gists/{ID}")
    server.limit(0)
    for headers in ({}, {"If-None-Match": body.headers["ETag"]}):
        refused = get(server, f"/gists/{ID}", **headers)
        assert refused.status_code == 403
        assert refused.headers["X-RateLimit-Remaining"] == "0"
        assert "rate limit exceeded" in refused.json()["message"]
    assert get(server, "/rate_limit").status_code == 200
    assert get(server, body.json()["files"]["main.py"]["raw_url"]).content == b"print(1)"


def test_a_bad_token_and_a_missing_user_agent_are_refused() -> None:
    with GitHubServer(token="good") as server:
        server.put(ID, {"main.py": "1"})
        assert get(server, f"/gists/{ID}", Authorization="token bad").json()["message"] == "Bad credentials"
        assert get(server, f"/gists/{ID}", Authorization="Bearer good").status_code == 200
        session = requests.Session()
        session.headers.pop("User-Agent")
        request = session.prepare_request(requests.Request("GET", f"{server.url}/gists/{ID}"))
        request.headers["User-Agent"] = ""
        assert session.send(request, timeout=10).status_code == 403


def test_the_later_version_of_the_api_has_no_history(server: GitHubServer) -> None:
    sha = server.put(ID, {"main.py": "1"})
    assert get(server, f"/gists/{ID}").json()["history"][0]["version"] == sha
    later = get(server, f"/gists/{ID}", **{"X-GitHub-Api-Version": "2026-03-10"}).json()
    assert not {"history", "forks", "user"} & later.keys()
    assert get(server, f"/gists/{ID}", **{"X-GitHub-Api-Version": "2001-01-01"}).status_code == 400


def test_revisions_newest_first_and_each_with_its_files(server: GitHubServer) -> None:
    first = server.put(ID, {"main.py": "1\n2\n"})
    second = server.put(ID, {"main.py": "1\n3\n4\n"})
    newest = get(server, f"/gists/{ID}").json()
    assert [commit["version"] for commit in newest["history"]] == [second, first]
    assert newest["history"][0]["change_status"] == {"total": 3, "additions": 2, "deletions": 1}
    assert get(server, f"/gists/{ID}/commits").json() == newest["history"]
    old = get(server, f"/gists/{ID}/{first}").json()
    assert old["files"]["main.py"]["content"] == "1\n2\n"
    assert [commit["version"] for commit in old["history"]] == [first]
    assert get(server, old["files"]["main.py"]["raw_url"]).text == "1\n2\n"
    assert get(server, f"/raw/octocat/{ID}/raw/main.py").text == "1\n3\n4\n"
    assert server.revisions(ID) == [first, second]


def test_the_same_gist_has_the_same_revision_after_a_restart(server: GitHubServer) -> None:
    with GitHubServer() as other:
        assert server.put(ID, {"main.py": "1"}) == other.put(ID, {"main.py": "1"})
        assert server.put(ID, {"main.py": "2"}) != server.put(ID, {"main.py": "3"})


def test_lists_have_pages_and_no_secrets(server: GitHubServer) -> None:
    for number in range(5):
        server.put(f"{number:032x}", {"main.py": "1"}, owner="monalisa", public=number != 2)
    ids: list[str] = []
    url = f"{server.url}/users/monalisa/gists?per_page=3"
    while url:
        page = get(server, url)
        ids += [gist["id"] for gist in page.json()]
        assert all("content" not in file for gist in page.json() for file in gist["files"].values())
        url = page.links.get("next", {}).get("url", "")
    assert sorted(ids) == [f"{number:032x}" for number in (0, 1, 3, 4)]
    assert len(get(server, "/gists/public").json()) == 4
    assert get(server, f"/gists/{2:032x}").json()["public"] is False
    assert get(server, "/users/nobody/gists").status_code == 404


def test_large_files_are_cut_off_and_leave_the_others_blank(server: GitHubServer) -> None:
    server.put(ID, {"a.txt": "a", "b.txt": "ü" * 2**20, "c.txt": "c"})
    files = get(server, f"/gists/{ID}").json()["files"]
    assert [(len(file["content"]), file["truncated"]) for file in files.values()] == [
        (1, False),
        (2**19, True),
        (0, True),
    ]
    assert get(server, files["b.txt"]["raw_url"]).content == "ü".encode() * 2**20


# The gists it comes with


def examples() -> list[Path]:
    return sorted(path.parent for path in EXAMPLES.glob("*/gist.json"))


def test_there_is_an_example_in_every_common_language(server: GitHubServer) -> None:
    server.load_examples()
    known = languages.load()
    entered = set()
    for folder in examples():
        gist = get(server, f"/gists/{folder.name}").json()
        assert gist["description"]
        assert "gist.json" not in gist["files"]
        files = tuple(GistFile(name, file["content"].encode()) for name, file in gist["files"].items())
        program = languages.choose(Gist(folder.name, "", files), Request(), known)
        entered.add(program.language)
        if len(files) > 1:
            assert program.file == "main.py"
    assert entered >= set(languages.first(known))


@pytest.mark.parametrize("folder", examples(), ids=lambda folder: next(folder.glob("*.*[!n]")).name)
def test_an_example_is_a_gist(folder: Path) -> None:
    assert len(folder.name) == 32
    assert int(folder.name, 16)
    assert set(json.loads((folder / "gist.json").read_text())) == {"description", "owner", "public"}


def test_the_command_line_serves_the_examples() -> None:
    command = [sys.executable, str(ROOT / "tests" / "github_server.py"), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        url = line.split(" on ")[1].split()[0]
        for folder in examples():
            gist = requests.get(f"{url}/gists/{folder.name}", timeout=10).json()
            for name, file in gist["files"].items():
                assert file["content"].encode() == (folder / name).read_bytes()
        process.terminate()
        assert process.wait(timeout=10) == 0


# git


def git(*command: str, folder: Path) -> str:
    return subprocess.run(["git", *command], cwd=folder, capture_output=True, text=True, check=True).stdout


def test_git_itself_clones_a_gist_with_its_revisions(server: GitHubServer, tmp_path: Path) -> None:
    first = server.put(ID, {"main.py": "print(1)\n"})
    second = server.put(
        ID, {"main.py": "print(2)\n", "data.bin": b"\xff\x00", "link": "main.py"}, modes={"link": "120000"}
    )
    url = get(server, f"/gists/{ID}").json()["git_pull_url"]
    assert url == f"http://{server.host}/git/{ID}.git"
    git("clone", "--quiet", url, "gist", folder=tmp_path)
    clone = tmp_path / "gist"
    assert git("log", "--format=%H", folder=clone).split() == [second, first]
    assert git("fsck", "--strict", folder=clone) == ""
    assert (clone / "data.bin").read_bytes() == b"\xff\x00"
    assert (clone / "link").is_symlink()
    git("clone", "--quiet", "--depth=1", url, "shallow", folder=tmp_path)
    assert git("log", "--format=%H", folder=tmp_path / "shallow").split() == [second]
    third = server.put(ID, {"main.py": "print(3)\n"})
    git("pull", "--quiet", folder=clone)
    assert git("rev-parse", "HEAD", folder=clone).strip() == third


def test_git_asks_nothing_of_the_budget_and_there_is_no_repository_of_a_recorded_gist(server: GitHubServer) -> None:
    server.put(ID, {"main.py": "1"})
    server.put("2" * 20, {"main.py": "1"}, version="ab" * 20)
    server.limit(0)
    service = "info/refs?service=git-upload-pack"
    assert get(server, f"/git/{ID}.git/{service}").status_code == 200
    for other in ("2" * 20, "3" * 20):
        assert get(server, f"/git/{other}.git/{service}").status_code == 404


# Gists that go or change


@pytest.mark.parametrize("status", [403, 410, 451])
def test_a_gist_that_was_taken_down(server: GitHubServer, status: int) -> None:
    server.put(ID, {"main.py": "1"})
    server.take_down(ID, status)
    answer = get(server, f"/gists/{ID}")
    assert answer.status_code == status
    assert ("block" in answer.json()) == (status != 410)


def test_another_owner_or_visibility_is_another_answer_of_the_same_revision(server: GitHubServer) -> None:
    server.put(ID, {"main.py": "1"}, owner="monalisa")
    before = get(server, f"/gists/{ID}")
    server.change(ID, owner="mona", public=False)
    after = get(server, f"/gists/{ID}", **{"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert after.json()["history"][0]["version"] == before.json()["history"][0]["version"]
    assert (after.json()["owner"]["login"], after.json()["public"]) == ("mona", False)
    assert get(server, "/users/MONA/gists").json() == []
    assert get(server, "/users/monalisa/gists").status_code == 404
