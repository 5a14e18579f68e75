"""What docs/webhooks.md shows, done as it stands there."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from gistrun.freshness.readmes import MOST
from gistrun.settings import Settings
from tests.contract.test_senders import ACTION, SECRET, Clone, act, run
from tests.receiving import Accepted, receiving
from webhooks.delivery import read
from webhooks.receiver import MAX_BYTES

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
GIST = "aa5a315d61ae9438b18d"
SERVICE = "https://gistrun.example.org"


def shown(heading: str, language: str = "sh") -> list[str]:
    """The snippets under a heading."""
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE)
    return re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)


@pytest.fixture
def accepted() -> Accepted:
    return Accepted()


@pytest.fixture
def url(accepted: Accepted) -> Iterator[str]:
    with receiving(accepted, SECRET) as address:
        yield address


def sh(script: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return run(["sh", "-euc", script], cwd, **environ)


def test_the_example_in_shell_is_accepted_and_prints_what_it_says(tmp_path: Path, url: str, accepted: Accepted) -> None:
    script, _ = shown("From anywhere else")
    (printed,) = re.findall(r"It prints `(.*?)`", TEXT)
    done = sh(script, tmp_path, GISTRUN=url, GITHUB_WEBHOOK_SECRET=SECRET)
    assert json.loads(done.stdout) == json.loads(printed) == {"gists": accepted.looked} == {"gists": [GIST]}


def test_the_script_that_signs_can_be_used_anywhere(url: str, accepted: Accepted) -> None:
    _, script = shown("From anywhere else")
    done = sh(script.replace(SERVICE, url), ROOT, GITHUB_WEBHOOK_SECRET=SECRET)
    assert (done.returncode, accepted.looked) == (0, [GIST])


def test_the_workflow_tells_gistrun(tmp_path: Path, url: str, accepted: Accepted) -> None:
    (text,) = shown("From a workflow", "yaml")
    *_, step = yaml.safe_load(text)["jobs"]["gist"]["steps"]
    folder = re.fullmatch(r"OWNER/gistrun/([\w/]+)@main", step["uses"])
    assert folder
    assert ROOT / folder[1] == ACTION.parent
    assert set(step["with"]) == set(yaml.safe_load(ACTION.read_text())["inputs"])
    assert re.fullmatch(r"\$\{\{ secrets\.\w+ \}\}", step["with"]["secret"])
    done = act(tmp_path, **step["with"] | {"url": url, "secret": SECRET})
    assert (done.returncode, accepted.looked) == (0, [GIST])


def test_gistrun_push_is_set_up_and_used(tmp_path: Path, url: str, accepted: Accepted) -> None:
    set_up, push = shown("From your own machine")
    clone = Clone(tmp_path)
    (tmp_path / ".local" / "bin").mkdir(parents=True)
    done = sh(set_up.replace(SERVICE, url), ROOT, HOME=str(tmp_path), GITHUB_WEBHOOK_SECRET=SECRET)
    assert done.returncode == 0, done.stderr
    done = sh(f"PATH=~/.local/bin:$PATH\n{push}", clone.folder, HOME=str(tmp_path))
    assert (done.returncode, clone.pushed(), accepted.looked) == (0, True, [GIST])


def test_a_dispatch_names_the_gist(tmp_path: Path) -> None:
    (command,) = shown("From a repository")
    (data,) = re.findall(r"--data '(.*?)'", command)
    sent = json.loads(data)
    # GitHub's delivery has the event's type as its action, see the real ones.
    payload = {"action": sent["event_type"], "client_payload": sent["client_payload"]}
    assert read("1", "repository_dispatch", json.dumps(payload).encode()).gists == (GIST,)
    (workflow,) = shown("From a repository", "yaml")
    (name,) = yaml.safe_load(workflow)[True]["workflow_dispatch"]["inputs"]  # YAML reads `on` as true
    payload = {"inputs": {name: GIST}}
    assert read("1", "workflow_dispatch", json.dumps(payload).encode()).gists == (GIST,)


def test_a_secret_is_made_and_replaced_as_it_says(tmp_path: Path) -> None:
    (make,), (replace,) = shown("Set up the service"), shown("Another secret")
    show = 'echo "$GITHUB_WEBHOOK_SECRET ${GITHUB_WEBHOOK_SECRET_PREVIOUS:-}"\n'
    first, new, old = sh(make + show + replace + show, tmp_path).stdout.split()
    assert first == old != new
    settings = Settings.load({"GITHUB_WEBHOOK_SECRET": new, "GITHUB_WEBHOOK_SECRET_PREVIOUS": old})
    assert settings.webhook_secrets == (new, old)
    assert len(new) == 64


def test_the_limits_that_it_names_are_those_there_are() -> None:
    assert MAX_BYTES == 2**20
    assert "larger than 1 MiB" in TEXT
    assert f"the first {MOST})" in TEXT


def test_every_heading_that_is_linked_to_is_there() -> None:
    anchors = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^## (.*)", TEXT, re.MULTILINE)
    }
    pages = TEXT + (ROOT / "docs" / "self-hosting.md").read_text()
    assert set(re.findall(r"\]\((?:webhooks\.md)?#([\w-]+)\)", pages)) & anchors == {
        "from-a-workflow",
        "from-your-own-machine",
        "from-anywhere-else",
        "another-secret",
    }
