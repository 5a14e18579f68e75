"""git in a folder of its own, under limits of size, memory and time, and with no configuration but ours.

Options and variables are those of https://git-scm.com/docs.
"""

from __future__ import annotations

import base64
import contextlib
import logging
import os
import signal
import subprocess
from pathlib import Path

from gistrun.errors import GitHubUnavailable, TooLarge
from gistrun.github.session import USER_AGENT, Deadline, GitRemote, origin
from gistrun.github.standing import HICCUP_S

log = logging.getLogger(__name__)

#: Room beyond the files' bytes: names, trees, indexes, content that does not compress.
_ROOM = 4 * 2**20
#: For one git process: bytes of address space, seconds of CPU.
_MEMORY, _CPU_S = 2**30, 20
_POLL_S = 0.02
#: Larger objects are streamed instead of held in memory.
_STREAMED = "1m"

# Sets the limits that a child inherits, then runs its remaining arguments, which no shell reads. dash counts files in
# blocks of 512 bytes and memory in KiB, and takes one limit at a time.
_LIMITED = 'ulimit -f "$1"; ulimit -v "$2"; ulimit -t "$3"; ulimit -c 0; shift 3; exec "$@"'


class Repository:
    """A bare repository in a folder, in which git runs. `max_bytes`: the most that a gist's files may hold."""

    def __init__(self, git: str, folder: Path, remote: GitRemote, max_bytes: int, deadline: Deadline) -> None:
        self._git = git
        self._folder = folder
        self._remote = remote
        self._max_bytes = max_bytes
        self._deadline = deadline
        # An empty bare repository is this and no more; `git init` takes 10 ms for it.
        for name in ("objects", "refs"):
            (folder / "repository" / name).mkdir(parents=True)
        (folder / "repository" / "HEAD").write_text("ref: refs/heads/main\n")

    def git(self, *arguments: str, stdin: bytes = b"", online: bool = False) -> bytes:
        """What that command prints. Only a command that is `online` can reach the remote.

        Raises:
            TooLarge, GitHubUnavailable, TimeoutError
        """
        (self._folder / "in").write_bytes(stdin)
        room = self._max_bytes + _ROOM
        limits = [str(room // 512), str(_MEMORY // 1024), str(_CPU_S)]
        command = ["/bin/sh", "-c", _LIMITED, "sh", *limits, self._git, "--git-dir=repository", *arguments]
        with (
            (self._folder / "in").open("rb") as given,
            (self._folder / "out").open("wb") as out,
            (self._folder / "err").open("wb") as err,
        ):
            process = subprocess.Popen(  # noqa: S603 - a list; text of others in it was checked
                command,
                cwd=self._folder,
                env=self._environment(online),
                stdin=given,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
            try:
                status = self._wait(process, 2 * room)
            finally:
                _end(process)
        if status:
            if _size(self._folder) > self._max_bytes:
                raise too_large(self._max_bytes)
            printed = (self._folder / "err").read_bytes()[-300:].decode(errors="replace")
            log.warning("git %s ended with status %s: %s", arguments[0], status, ascii(printed))
            raise not_handed_out("git could not read it")
        return (self._folder / "out").read_bytes()

    def _wait(self, process: subprocess.Popen[bytes], room: int) -> int:
        while True:
            try:
                return process.wait(_POLL_S)
            except subprocess.TimeoutExpired:
                self._deadline.left()
                if _size(self._folder) > room:
                    raise too_large(self._max_bytes) from None

    def _config(self, online: bool) -> dict[str, str]:
        config = {
            "core.bigFileThreshold": _STREAMED,
            "core.hooksPath": "/dev/null",
            "credential.helper": "",
            "fetch.recurseSubmodules": "false",
            "fetch.unpackLimit": "1",  # one pack, whose size is limited, and no file for each object
            "gc.auto": "0",
            "http.followRedirects": "false",
            "http.userAgent": USER_AGENT,
            "pack.threads": "1",
            "safe.directory": "*",
            "transfer.bundleURI": "false",
        }
        if online:
            scheme, host = origin(self._remote.url)
            if self._remote.token:
                # In the environment, which only this user and root can read, and for this origin only.
                basic = base64.b64encode(f"x-access-token:{self._remote.token}".encode()).decode()
                config[f"http.{scheme}://{host}/.extraHeader"] = f"Authorization: Basic {basic}"
            if self._remote.proxy:
                config["http.proxy"] = self._remote.proxy
            if self._remote.certificates:
                config["http.sslCAInfo"] = self._remote.certificates
        return config

    def _environment(self, online: bool) -> dict[str, str]:
        config = self._config(online)
        environment = {
            "PATH": os.defpath,
            "LC_ALL": "C",
            "HOME": str(self._folder),
            "XDG_CONFIG_HOME": str(self._folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "/bin/false",
            "GIT_ALLOW_PROTOCOL": origin(self._remote.url)[0] if online else "none",
            "GIT_CONFIG_COUNT": str(len(config)),
        }
        for number, (name, value) in enumerate(config.items()):
            environment |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
        return environment


def too_large(most: int, size: int | None = None) -> TooLarge:
    """The refusal of a gist whose files hold more than `most` bytes: `size` bytes, where that is known."""
    held = "more than GitHub lists" if size is None else f"{size:,} bytes"
    return TooLarge(
        f"The files of this gist hold {held}, and this server takes gists of up to {most:,} bytes. "
        "Its operator can raise that with GISTRUN_GIST_SIZE."
    )


def not_handed_out(why: str) -> GitHubUnavailable:
    """The error where git or the remote gave no repository."""
    return GitHubUnavailable(
        f"GitHub did not hand out this gist's repository ({why}). Try again in {HICCUP_S} seconds.",
        retry_after=HICCUP_S,
    )


def _size(folder: Path) -> int:
    """Bytes of all files; a file that is removed meanwhile counts as empty."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(path, name)).st_size
            except OSError:
                continue
    return total


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill git and all that it started, unless it has ended: its children then end by themselves."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
