"""Gists that attack by themselves: their names, sizes and words. Every face answers, in a sentence, never with 500."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from tests.github_server import GitHubServer
from tests.servers import Service
from tests.shared import FOLDER

OWN: dict[str, dict[str, Any]] = {
    "own_nothing": {"files": {}},
    "own_three_hundred_and_one": {"files": {f"f{n}.py": {"content": "print('ran')"} for n in range(301)}},
    "own_bidirectional": {"files": {"\u202efdp.py": {"content": "print('\u202eran')"}}},
    "own_format_strings": {"files": {"%s%n{0}{{x}}.py": {"content": "print('ran')"}}},
    "own_template": {"files": {"{{7*7}}<%= 7*7 %>.py": {"content": "print('{{7*7}}')"}}},
    "own_sources": {"files": {"main.c": {"content": "int main(void){return 0;}"}, "@x.c": {"content": "int x;"}}},
}


def _cases() -> list[Any]:
    cases = [pytest.param(case, id=name) for name, case in OWN.items()]
    for path in sorted(FOLDER.glob("hostile/gist_*/gist.json")):
        cases.append(pytest.param(json.loads(path.read_text()), id=path.parent.name))
    return cases


def _content(file: dict[str, Any]) -> str:
    if "repeat" in file:
        text, times = file["repeat"]
        return str(text * times)
    return str(file["content"])


@pytest.mark.parametrize("case", _cases())
def test_every_face_answers(service: Service, github: GitHubServer, case: dict[str, Any]) -> None:
    gist = uuid.uuid4().hex
    files = {name: _content(file) for name, file in case["files"].items()}
    github.put(gist, files, **({"description": case["description"]} if case.get("description") else {}))
    logs = ("web", "pool", "watch")
    before = {name: len((service.data / f"{name}.log").read_bytes()) for name in logs}

    answer = service.post(f"/api/v1/gists/{gist}/runs")
    body = answer.json()
    assert answer.status_code in (200, 202, 400, 404, 413, 422), answer.text
    if answer.status_code < 300:
        run = service.ended(body["id"])
        assert run["state"] in ("passed", "failed"), run
        assert "pwned" not in run["stdout"]
    else:
        assert body["detail"].endswith("."), body
    page = service.get(f"/gist/{gist}")
    assert page.status_code in (200, 400, 404, 413, 422), page.text[:500]
    for hostile in ("<img src=x", "<script>alert"):
        assert hostile not in page.text
    assert "Set-Cookie: x=1" not in "\n".join(f"{k}: {v}" for k, v in page.headers.items())
    for path in (f"/api/v1/gists/{gist}", f"/gist/{gist}/output.txt"):
        assert service.get(path).status_code in (200, 400, 404, 413, 422), path
    for kind in ("svg", "json"):
        badge = service.get(f"/gist/{gist}/badge.{kind}")
        assert badge.status_code == 200
        assert "<script" not in badge.text
    for name in files:
        asked = service.get(f"/gist/{gist}", params={"file": name.encode("utf-8", "replace")})
        assert asked.status_code in (200, 400, 404, 413, 422), name
        if len(files) > 10:
            break

    for name in logs:
        for line in (service.data / f"{name}.log").read_bytes()[before[name] :].splitlines():
            assert b"Traceback" not in line, line
            assert not any(byte < 32 and byte != 9 for byte in line), line
