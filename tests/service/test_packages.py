"""Gists that need packages, as a visitor sees them: the real registry, installers and environments."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

from gistrun.store import Store, connect
from tests.github_server import GitHubServer
from tests.servers import Service, wait_until

DECLARED = '# /// script\n# dependencies = ["six==1.16.0"]\n# ///\nimport six\nprint(six.__version__)\n'
IMPORTED = "import idna\nprint(idna.encode('ドメイン').decode())\n"
MISSING = '# /// script\n# dependencies = ["no-such-thing-of-gistrun"]\n# ///\nprint(1)\n'
ADDRESS = "import six\n"


def gist_of(github: GitHubServer, **files: str) -> str:
    gist = uuid.uuid4().hex
    github.put(gist, {name.replace("__", "."): content for name, content in files.items()})
    return gist


def events(service: Service, run_id: str) -> list[tuple[str, dict[str, Any]]]:
    text = service.get(f"/runs/{run_id}/events").text
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if "event" in fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def installing(service: Service, run_id: str) -> str:
    """What was said while packages were installed."""
    output = [data for name, data in events(service, run_id) if name == "output"]
    return "".join(data["data"] for data in output if data["phase"] == "install")


def test_a_declared_package_is_there(service: Service, github: GitHubServer) -> None:
    gist = gist_of(github, main__py=DECLARED)
    run = service.run(gist)
    assert (run["state"], run["stdout"]) == ("passed", "1.16.0\n"), run
    assert run["packages"] == [
        {"name": "six", "version": "1.16.0", "from": "pep723", "where": "line 2 of main.py"},
    ]
    assert run["install_ms"] > 0
    # What the installer said is not what the program wrote.
    assert run["stderr"] == ""
    assert service.get(f"/gist/{gist}/output.txt").text == "1.16.0\n"
    page = service.get(f"/gist/{gist}").text
    assert "Packages (1)" in page
    assert "Run again with today&#39;s packages" in page or "Run again with today's packages" in page


def test_what_is_installed_is_told_while_it_is_installed(service: Service, github: GitHubServer) -> None:
    run = service.run(gist_of(github, main__py=DECLARED.replace("1.16.0", "1.15.0")))
    output = [data for name, data in events(service, run["id"]) if name == "output"]
    told = "".join(data["data"] for data in output if data["phase"] == "install")
    assert re.search(r"^(Installing|Already here:) six 1\.15\.0$", told, re.MULTILINE), told
    assert [data["phase"] for data in output][-1] == "run"


def test_an_imported_package_is_there_and_the_second_gist_with_it_installs_nothing(
    service: Service, github: GitHubServer
) -> None:
    first = service.run(gist_of(github, main__py=IMPORTED))
    assert (first["state"], first["stdout"]) == ("passed", "xn--eckwd4c7c\n"), first
    assert [package["from"] for package in first["packages"]] == ["import"]
    second = service.run(gist_of(github, main__py=IMPORTED + "print(2)\n"))
    assert second["packages"] == first["packages"]
    assert not [
        data for name, data in events(service, second["id"]) if data.get("phase") == "install" and name == "output"
    ]


def test_a_package_that_does_not_exist_ends_the_run_with_the_reason(service: Service, github: GitHubServer) -> None:
    run = service.run(gist_of(github, main__py=MISSING))
    assert (run["state"], run["phase"], run["exit_code"]) == ("failed", "install", None)
    assert run["message"] == "There is no package no-such-thing-of-gistrun in the registry."


def test_an_address_is_refused_before_anything_is_asked(service: Service, github: GitHubServer) -> None:
    gist = gist_of(github, main__py=ADDRESS, requirements__txt="six @ https://127.0.0.1/six.whl\n")
    run = service.run(gist)
    assert (run["state"], run["phase"]) == ("failed", "install")
    assert run["message"].startswith("requirements.txt asks for “six @ https://127.0.0.1/six.whl”")


def test_a_gist_keeps_its_packages_until_todays_are_asked_for(service: Service, github: GitHubServer) -> None:
    gist = gist_of(github, main__py=IMPORTED + "print(3)\n")
    first = service.run(gist)
    again = service.post(f"/api/v1/gists/{gist}/runs", json={"rerun": True}).json()
    assert service.ended(again["id"])["packages"] == first["packages"]
    todays = service.post(f"/gist/{gist}/rerun", data={"packages": "today"}, allow_redirects=False)
    assert todays.status_code == 303
    run = service.ended(todays.headers["Location"].partition("run=")[2])
    assert run["state"] == "passed"
    assert installing(service, run["id"])


def test_sandboxes_wait_for_an_environment_in_demand(service: Service, github: GitHubServer) -> None:
    run = service.run(gist_of(github, main__py=DECLARED.replace("1.16.0", "1.17.0")))
    assert run["state"] == "passed"

    store = Store(connect(f"unix://{service.data}/redis.sock"))
    wait_until(
        lambda: [name for worker in store.workers.alive().values() for name in worker["warm"] if "+" in name], 30
    )
