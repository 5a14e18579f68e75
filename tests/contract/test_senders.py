"""The senders of our own, run as they are: the GitHub Action's step, and gistrun-push with a real git."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask, redirect, request

from tests.receiving import Accepted, receiving
from webhooks import signature

WEBHOOKS = Path(__file__).resolve().parents[2] / "webhooks"
ACTION = WEBHOOKS / "action" / "action.yml"
PUSH = WEBHOOKS / "gistrun-push"
SECRET = "it's a $ecret of `ours` \\x41 %s ☃"
GIST = "aa5a315d61ae9438b18d"
OTHER = "bb5a315d61ae9438b18d2bc89ebaa2a5"


@pytest.fixture
def accepted() -> Accepted:
    return Accepted()


@pytest.fixture
def url(accepted: Accepted) -> Iterator[str]:
    with receiving(accepted, SECRET) as address:
        yield address


@pytest.fixture
def nowhere() -> Iterator[str]:
    """An address at which nobody listens, taken so that nobody else does."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def run(command: list[str], cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """A command without the environment of this test run; the secret must not be in what it prints."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(cwd), "GIT_CONFIG_NOSYSTEM": "1", **environ}
    done = subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, timeout=60)
    assert SECRET not in done.stdout + done.stderr
    return done


# The GitHub Action


def act(tmp_path: Path, path: str | None = None, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Its step, as GitHub's runner does it: inputs put in for the expressions, `run` as a file for bash."""
    action = yaml.safe_load(ACTION.read_text())
    assert set(inputs) <= set(action["inputs"])
    (step,) = action["runs"]["steps"]
    assert (action["runs"]["using"], step["shell"]) == ("composite", "bash")
    assert "${{" not in step["run"]

    def put_in(expression: str) -> str:
        return re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda match: inputs.get(match[1], ""), expression)

    environ = {name: put_in(expression) for name, expression in step["env"].items()}
    script = tmp_path / "step.sh"
    script.write_text(step["run"])
    environ |= {"GITHUB_ACTION_PATH": str(ACTION.parent), "GITHUB_ACTIONS": "true"}
    environ |= {"PATH": path} if path else {}
    return run(["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)], tmp_path, **environ)


def test_the_action_has_a_gist_checked(tmp_path: Path, url: str, accepted: Accepted) -> None:
    done = act(tmp_path, url=url, secret=SECRET, gists=GIST)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"gistrun looks at gist {GIST} again.\n", "")
    assert accepted.looked == [GIST]


def test_the_action_takes_several_gists_by_id_or_address(tmp_path: Path, url: str, accepted: Accepted) -> None:
    named = (
        f"  {GIST}, https://gist.github.com/octocat/{OTHER}\n{url}/gist/9257657/\n\n,git@gist.github.com:{OTHER}.git\n"
    )
    done = act(tmp_path, url=f"{url}/", secret=f"{SECRET}\r\n", gists=named)
    assert (done.returncode, accepted.looked) == (0, [GIST, OTHER, "9257657", OTHER])


@pytest.mark.parametrize(
    "secret", ["k", "x" * 63, "x" * 64, "x" * 65, "x" * 200, "%d%n\\0\\x00", "'\"$(id)`id`", "ÿé☃"]
)
def test_any_secret_signs_as_the_receiver_expects(tmp_path: Path, accepted: Accepted, secret: str) -> None:
    with receiving(accepted, secret) as url:
        assert act(tmp_path, url=url, secret=secret, gists=GIST).returncode == 0
    assert accepted.looked == [GIST]


def test_the_action_tries_again_with_the_same_delivery(tmp_path: Path, url: str, accepted: Accepted) -> None:
    accepted.broken = 1
    assert act(tmp_path, url=url, secret=SECRET, gists=GIST).returncode == 0
    assert (accepted.looked, len(accepted.deliveries)) == ([GIST], 1)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"url": ""}, "set the input 'url'"),
        ({"secret": ""}, "set the input 'secret'"),
        ({"gists": " ,\n"}, "set the input 'gists'"),
        (
            {"gists": "octocat/notes\n::set-env name=x::y"},
            "'octocat/notes' is neither the id nor the address of a gist.",
        ),
        ({"secret": "another"}, "the secret is not its GITHUB_WEBHOOK_SECRET"),
        ({"url": "ftp://localhost"}, "must begin with https:// or http://"),
        ({"url": "-o/etc/x"}, "must begin with https:// or http://"),
    ],
    ids=str,
)
def test_each_fault_is_reported(
    tmp_path: Path, url: str, accepted: Accepted, changed: dict[str, str], sentence: str
) -> None:
    done = act(tmp_path, **({"url": url, "secret": SECRET, "gists": GIST} | changed))
    assert done.returncode == 1
    assert sentence in done.stdout
    # Any other line that begins with :: would be a command to GitHub's runner.
    assert all(line.startswith("::error title=gistrun::") for line in done.stdout.splitlines())
    assert accepted.looked == []


def test_one_wrong_gist_does_not_keep_the_others_from_it(tmp_path: Path, url: str, accepted: Accepted) -> None:
    done = act(tmp_path, url=url, secret=SECRET, gists=f"x {GIST}")
    assert (done.returncode, accepted.looked) == (1, [GIST])


def serving(app: Flask) -> Accepted:
    """`receiving` serves this application instead."""
    accepted = Accepted()
    accepted.app = lambda *_: app  # type: ignore[method-assign]
    return accepted


def test_a_sender_says_when_there_is_no_gistrun_or_no_secret(tmp_path: Path) -> None:
    with receiving(serving(Flask(__name__))) as url:
        done = act(tmp_path, url=url, secret=SECRET, gists=GIST)
    assert (done.returncode, "There is no gistrun at that address" in done.stdout) == (1, True)


def test_an_address_that_leads_elsewhere_is_not_followed(tmp_path: Path, url: str, accepted: Accepted) -> None:
    app = Flask(__name__)
    app.add_url_rule("/webhooks/github", view_func=lambda: redirect(f"{url}/webhooks/github", 307), methods=["POST"])
    with receiving(serving(app)) as elsewhere:
        done = act(tmp_path, url=elsewhere, secret=SECRET, gists=GIST)
    assert (done.returncode, accepted.looked) == (1, [])
    assert "leads elsewhere (status 307)" in done.stdout


def test_a_servers_answer_cannot_command_githubs_runner(tmp_path: Path) -> None:
    app = Flask(__name__)
    said = '\n::set-output name=x::y\n{"error": "Bad.\x1b[31m"}\n::stop-commands::x'
    app.add_url_rule("/webhooks/github", view_func=lambda: (said, 400), methods=["POST"])
    with receiving(serving(app)) as url:
        done = act(tmp_path, url=url, secret=SECRET, gists=GIST)
    assert done.stdout == f"::error title=gistrun::gist {GIST}: gistrun answers with status 400. Bad.[31m\n"


def test_without_openssl_that_is_said(tmp_path: Path, url: str) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "curl", "cut", "env", "od", "sed", "tail", "tr"):
        (tools / name).symlink_to(str(shutil.which(name)))
    done = act(tmp_path, path=str(tools), url=url, secret=SECRET, gists=GIST)
    assert (done.returncode, "openssl is not installed here" in done.stdout) == (1, True)


def test_the_secret_is_in_no_arguments(tmp_path: Path, url: str) -> None:
    """Everybody on a machine can read the arguments of every process."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("curl", "openssl", "od", "sed", "cut", "tr", "tail"):
        (tools / name).write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$*" >>{tmp_path}/arguments\nexec {shutil.which(name)} "$@"\n'
        )
        (tools / name).chmod(0o755)
    done = act(tmp_path, path=f"{tools}:{os.environ['PATH']}", url=url, secret=SECRET, gists=GIST)
    arguments = (tmp_path / "arguments").read_text()
    assert (done.returncode, "dgst -sha256" in arguments, "X-Hub-Signature-256" in arguments) == (0, True, True)
    assert "ecret of" not in arguments


def test_both_senders_send_in_the_same_way() -> None:
    scripts = [PUSH.read_text(), (ACTION.parent / "tell-gistrun.sh").read_text()]
    pieces = {
        re.findall(r"# --- The sender.*?# --- The end of the sender ---", script, re.DOTALL)[0] for script in scripts
    }
    assert len(pieces) == 1


# gistrun-push


class Clone:
    """A clone with one commit to push, and the gist it is a clone of: a bare repository on this machine."""

    def __init__(self, folder: Path, name: str = f"{GIST}.git") -> None:
        self.home = folder
        self.bare = folder / name
        self.folder = folder / "clone"
        self.environ = {"HOME": str(folder)}
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.bare), cwd=folder)
        self.git("clone", "--quiet", str(self.bare), str(self.folder), cwd=folder)
        self.git("config", "user.name", "A")
        self.git("config", "user.email", "a@localhost")
        self.git("checkout", "--quiet", "-B", "main")
        self.git("commit", "--quiet", "--allow-empty", "--message", "One")

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        done = run(["git", *arguments], cwd or self.folder, **self.environ)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def push(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return run([str(PUSH), *arguments], self.folder, **self.environ, **environ)

    def pushed(self) -> bool:
        return self.git("rev-parse", "HEAD") in self.git("ls-remote", str(self.bare))


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [
        ["origin", "main"],
        ["--quiet", "--set-upstream", "origin", "HEAD"],
        ["-u", "origin", "main", "--force-with-lease"],
        ["--receive-pack", "git-receive-pack", "origin", "main"],
        ["--repo", "elsewhere", "origin", "main"],
        ["--recurse-submodules", "no", "--", "origin", "main"],
        [],
    ],
    ids=" ".join,
)
def test_a_push_has_the_gist_checked(clone: Clone, url: str, accepted: Accepted, arguments: list[str]) -> None:
    clone.git("config", "push.autoSetupRemote", "true")
    done = clone.push(*arguments, GISTRUN_URL=url, GISTRUN_SECRET=SECRET)
    assert (done.returncode, clone.pushed(), accepted.looked) == (0, True, [GIST])
    assert f"gistrun looks at gist {GIST} again." in done.stderr


@pytest.mark.parametrize(
    "settings",
    [
        ["branch.main.pushRemote", "gist"],
        ["remote.pushDefault", "gist"],
        ["branch.main.remote", "gist", "branch.main.merge", "refs/heads/main"],
    ],
    ids=lambda settings: settings[0],
)
def test_without_a_remote_named_it_is_the_one_that_git_takes(
    clone: Clone, url: str, accepted: Accepted, settings: list[str]
) -> None:
    clone.git("remote", "rename", "origin", "gist")
    clone.git("remote", "add", "origin", "https://github.com/octocat/Hello-World.git")
    for name, value in zip(settings[::2], settings[1::2], strict=True):
        clone.git("config", name, value)
    done = clone.push(GISTRUN_URL=url, GISTRUN_SECRET=SECRET)
    assert (done.returncode, clone.pushed(), accepted.looked) == (0, True, [GIST]), done.stderr


def test_the_only_remote_may_have_any_name(clone: Clone, url: str, accepted: Accepted) -> None:
    clone.git("remote", "rename", "origin", "elsewhere")
    clone.git("config", "push.default", "current")
    done = clone.push(GISTRUN_URL=url, GISTRUN_SECRET=SECRET)
    assert (done.returncode, clone.pushed(), accepted.looked) == (0, True, [GIST]), done.stderr


def test_it_is_set_up_with_git_config(clone: Clone, url: str, accepted: Accepted) -> None:
    clone.git("config", "--global", "gistrun.url", url)
    clone.git("config", "--global", "gistrun.secret", SECRET)
    assert (clone.push("origin", "main").returncode, accepted.looked) == (0, [GIST])


def test_it_can_be_copied_anywhere(clone: Clone, url: str, accepted: Accepted) -> None:
    copied = clone.home / "git-gistrun"
    shutil.copy(PUSH, copied)
    environ = {"GISTRUN_URL": url, "GISTRUN_SECRET": SECRET, "PATH": f"{clone.home}:{os.environ['PATH']}"}
    done = run(["git", "gistrun", "origin", "main"], clone.folder, **clone.environ | environ)
    assert (done.returncode, accepted.looked) == (0, [GIST])


def test_a_push_that_fails_keeps_its_status_and_tells_nobody(clone: Clone, url: str, accepted: Accepted) -> None:
    environ = {"GISTRUN_URL": url, "GISTRUN_SECRET": SECRET}
    git = run(["git", "push", "origin", "no-such-branch"], clone.folder, **clone.environ)
    ours = clone.push("origin", "no-such-branch", **environ)
    assert (ours.returncode, ours.stdout, ours.stderr) == (git.returncode, git.stdout, git.stderr)
    assert ours.returncode != 0
    assert clone.push("--no-such-option", **environ).returncode == 129
    assert accepted.looked == []


@pytest.mark.parametrize("option", ["--dry-run", "-n", "-fn", "-vn"])
def test_a_dry_run_tells_nobody(clone: Clone, url: str, accepted: Accepted, option: str) -> None:
    done = clone.push(option, "origin", "main", GISTRUN_URL=url, GISTRUN_SECRET=SECRET)
    assert (done.returncode, clone.pushed(), accepted.looked) == (0, False, [])


def test_a_push_option_is_no_dry_run(clone: Clone, url: str, accepted: Accepted) -> None:
    clone.git("config", "receive.advertisePushOptions", "true", cwd=clone.bare)
    for options in (["-on"], ["-fo", "n"], ["--push-option", "elsewhere"]):
        clone.git("commit", "--quiet", "--allow-empty", "--message", "More")
        done = clone.push(*options, "origin", "main", GISTRUN_URL=url, GISTRUN_SECRET=SECRET)
        assert (done.returncode, clone.pushed()) == (0, True)
    assert accepted.looked == [GIST] * 3


@pytest.mark.parametrize(
    ("address", "gist"),
    [
        (f"https://gist.github.com/{OTHER}.git", OTHER),
        (f"https://gist.github.com/octocat/{OTHER}.git", OTHER),
        (f"https://octocat:ghp_token@gist.github.com/{OTHER}.git/", OTHER),
        (f"https://ghp_token@gist.github.com/{OTHER}", OTHER),
        (f"git@gist.github.com:{OTHER}.git", OTHER),
        (f"git@gist.github.com:octocat/{OTHER}.git", OTHER),
        (f"ssh://git@ssh.github.com:443/{OTHER}.git", OTHER),
        ("https://gist.github.com/9257657.git", "9257657"),
        ("https://github.example.org/gist/9257657.git", "9257657"),
        ("https://octocat:ghp_token@github.com/octocat/Hello-World.git", None),
        ("git@github.com:octocat/cafe.git", None),
    ],
)
def test_the_gist_is_known_by_the_remotes_address(
    clone: Clone, url: str, accepted: Accepted, address: str, gist: str | None
) -> None:
    # git itself turns the address into one on this machine, as somebody's insteadOf would, only where it pushes.
    ssh = clone.home / "ssh"
    ssh.write_text(f"#!/bin/sh\nexec git-receive-pack {clone.bare}\n")
    ssh.chmod(0o755)
    (clone.home / "git-remote-https").write_text(
        f'#!/bin/sh\nexec git remote-ext "$1" "git-receive-pack {clone.bare}"\n'
    )
    (clone.home / "git-remote-https").chmod(0o755)
    clone.git("remote", "set-url", "origin", address)
    environ = {"GIT_SSH": str(ssh), "GIT_SSH_VARIANT": "ssh", "GIT_ALLOW_PROTOCOL": "https:ssh:ext"}
    environ["GIT_EXEC_PATH"] = str(_with_own_https(clone))
    done = clone.push("origin", "main", GISTRUN_URL=url, GISTRUN_SECRET=SECRET, **environ)
    assert done.returncode == 0, done.stderr
    assert (clone.pushed(), accepted.looked) == (True, [gist] if gist else [])
    assert ("not the clone of a gist" in done.stderr) == (gist is None)
    ours = [line for line in done.stderr.splitlines() if line.startswith("gistrun-push:")]
    assert ours
    assert "ghp_token" not in "".join(ours)


def _with_own_https(clone: Clone) -> Path:
    """git's programs, with another in place of the one that speaks https."""
    own = clone.home / "git-core"
    own.mkdir()
    for program in Path(clone.git("--exec-path")).iterdir():
        if program.name != "git-remote-https":
            (own / program.name).symlink_to(program)
    shutil.copy(clone.home / "git-remote-https", own / "git-remote-https")
    return own


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "git config --global gistrun.url"),
        ({"GISTRUN_URL": "here"}, "git config --global gistrun.secret"),
        ({"GISTRUN_URL": "here", "GISTRUN_SECRET": "another"}, "the secret is not its GITHUB_WEBHOOK_SECRET"),
        ({"GISTRUN_URL": "file:///etc/passwd", "GISTRUN_SECRET": SECRET}, "must begin with https:// or http://"),
    ],
    ids=str,
)
def test_a_push_succeeds_when_gistrun_is_not_notified(
    clone: Clone, url: str, accepted: Accepted, settings: dict[str, str], sentence: str
) -> None:
    settings = {name: url if value == "here" else value for name, value in settings.items()}
    done = clone.push("origin", "main", **settings)
    assert (done.returncode, clone.pushed(), accepted.looked) == (0, True, [])
    assert sentence in done.stderr


def test_a_push_stays_a_push_when_gistrun_is_down(clone: Clone, nowhere: str) -> None:
    done = clone.push("origin", "main", GISTRUN_URL=nowhere, GISTRUN_SECRET=SECRET)
    assert (done.returncode, clone.pushed()) == (0, True)
    (said,) = [line for line in done.stderr.splitlines() if line.startswith("gistrun-push:")]
    assert "gistrun cannot be reached. Failed to connect to 127.0.0.1" in said


def test_deliveries_have_githubs_form(tmp_path: Path) -> None:
    seen: list[Any] = []
    app = Flask(__name__)

    def keep() -> tuple[str, int]:
        seen.append((dict(request.headers), request.get_data()))
        return "{}", 202

    app.add_url_rule("/webhooks/github", view_func=keep, methods=["POST"])
    with receiving(serving(app)) as url:
        act(tmp_path, url=url, secret=SECRET, gists=GIST)
    ((headers, body),) = seen
    assert body == b'{"action":"updated","gist":{"id":"%s"}}' % GIST.encode()
    assert (headers["Content-Type"], headers["X-Github-Event"]) == ("application/json", "gist")
    assert headers["X-Hub-Signature-256"] == signature.sign(SECRET, body)
