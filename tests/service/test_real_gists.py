"""Real gists through the started service: a hundred Python programs with known output, and every recorded gist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gistrun.render.terminal import plain
from tests.github_server import GitHubServer, recorded_bodies
from tests.servers import Service
from tests.shared import FOLDER, needs_shared

#: They were observed under CPython 3.11; this one prints the version it runs on.
PRINTS_ITS_VERSION = {"6001170"}
#: This one prints how long it slept, to a hundredth of a second.
PRINTS_TIMES = {"29192ad264823aa3faff"}
#: This one relies on processes being forked, which is no longer the default since CPython 3.14.
NEEDS_AN_OLDER_PYTHON = {"17f92e5c34a868fef70b8ae0950ffd01"}


def _python() -> list[Any]:
    path = FOLDER / "gists" / "real-python.jsonl"
    if not path.exists():
        return [pytest.param({}, marks=needs_shared)]
    return [pytest.param(gist := json.loads(line), id=gist["id"]) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with GitHubServer() as github:
        github.load_recordings(FOLDER / "github" / "recordings.jsonl")
        github.load_real_python(FOLDER / "gists" / "real-python.jsonl")
        github.limit(100_000)
        folder: Path = tmp_path_factory.mktemp("real")
        service = Service(github, folder, GISTRUN_TIMEOUT="10", GISTRUN_CHECK_INTERVAL="3600")
        service.start()
        yield service
        service.stop()


@pytest.mark.parametrize("gist", _python())
def test_a_real_python_gist_does_what_it_was_seen_to_do(gist: dict[str, Any], real: Service) -> None:
    version = {"version": "3.13"} if gist["id"] in NEEDS_AN_OLDER_PYTHON else {}
    run = real.run(gist["id"], **version)
    print(json.dumps({**run, "kind": gist["kind"]}))
    if gist["kind"].startswith("timeout"):
        assert run["state"] == "timed_out"
        return
    if gist["expected_output"] is not None:
        expected = gist["expected_output"]
        if gist["id"] in PRINTS_ITS_VERSION:
            expected = expected.replace("3.11", "3.14")
        printed = run["stdout"]
        if gist["id"] in PRINTS_TIMES:
            expected, printed = (re.sub(r"\d\.\d\d", "a time", text) for text in (expected, printed))
        # Where colours can be shown, some are used.
        assert plain(printed) == plain(expected)
    if isinstance(gist["exit_code"], int):
        assert run["exit_code"] == gist["exit_code"]
    elif gist["kind"].startswith("needs:"):
        # Observed without any packages; here they are installed.
        name = gist["kind"].removeprefix("needs:")
        assert name in {package["name"] for package in run["packages"]}
        assert f"No module named '{name}'" not in run["stderr"]
    kind, _, error = gist["kind"].partition(":")
    if kind == "error":
        assert error in run["stderr"]


def _recorded() -> list[Any]:
    path = FOLDER / "github" / "recordings.jsonl"
    if not path.exists():
        return [pytest.param("", marks=needs_shared)]
    ids = {body["id"] for body in recorded_bodies(path)}
    return sorted(str(gist_id) for gist_id in ids)


@pytest.mark.parametrize("gist_id", _recorded())
def test_a_recorded_gist_is_shown_and_run_where_it_can_be(gist_id: str, real: Service) -> None:
    page = real.get(f"/gist/{gist_id}")
    assert page.status_code == 200
    gist = real.get(f"/api/v1/gists/{gist_id}").json()
    if any(file["runs_as"] for file in gist["files"]):
        run = real.run(gist_id)
        print(gist_id, run["language"], run["state"], run["exit_code"], run["phase"])
        assert run["state"] in ("passed", "failed")
    else:
        print(gist_id, "nothing to run")
        assert "no file in a language that can be run here" in page.text
