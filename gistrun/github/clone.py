"""The files of a gist by git, where the API does not give them all: one commit, bare, in bounded time and space.

A repository is as hostile as any gist, and git is told to trust nothing: no configuration but ours, no hooks, no
credentials, no submodules, no other protocol or host, no checkout. Files are read as blobs, so that neither a symbolic
link nor an attribute of the tree ever means anything.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from gistrun.errors import BadInput, GitHubUnavailable, TooLarge
from gistrun.github.parsing import Unexpected, check_name, shown
from gistrun.github.repository import Repository, not_handed_out, too_large
from gistrun.github.session import Deadline, GitRemote, Session
from gistrun.github.standing import HICCUP_S
from gistrun.github.turns import Allowance

log = logging.getLogger(__name__)

#: A sandbox has room for 16,384 files; those that a program makes must fit in beside the gist's.
MAX_FILES = 10_000


class Clone:
    """Fetches one commit of a gist.

    Args:
        allowance: of the raw hosts and of git.
        max_bytes: the most that the files of one gist may hold together.
    """

    def __init__(self, session: Session, allowance: Allowance, max_bytes: int) -> None:
        self._session = session
        self._allowance = allowance
        self._max_bytes = max_bytes

    def files(self, url: str, revision: str, deadline: Deadline) -> dict[str, bytes]:
        """The content of every file at that commit by name, in git's order; a symbolic link's content is its target.

        Raises:
            TooLarge, BadInput: a name that cannot be a file. GitHubUnavailable: it could not be fetched, or this server
            has no git or no room. TimeoutError, and what a session raises.
        """
        git = shutil.which("git")
        if git is None:
            raise GitHubUnavailable(
                "This gist is so large that only git can fetch it, and this server has no git. Its operator can "
                "install it.",
                retry_after=3600,
            )
        remote = self._ask(url, deadline)
        try:
            with tempfile.TemporaryDirectory(prefix="gistrun-clone-", ignore_cleanup_errors=True) as folder:
                repository = Repository(git, Path(folder), remote, self._max_bytes, deadline)
                repository.git(
                    "fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules",
                    "--no-auto-maintenance", "--", remote.url, revision, online=True,
                )  # fmt: skip
                entries = self._entries(repository.git("ls-tree", "-l", "-z", revision))
                blobs = repository.git("cat-file", "--batch", stdin=b"".join(b"%s\n" % blob for _, blob, _ in entries))
                return dict(_contents(entries, blobs))
        except TimeoutError:
            raise
        except OSError as error:
            log.error("The repository could not be worked on: %s", error)
            raise GitHubUnavailable(
                "Only git can fetch this gist, and this server has no room for that now. Its operator must look at "
                "the folder for temporary files.",
                retry_after=HICCUP_S,
            ) from error

    def _ask(self, url: str, deadline: Deadline) -> GitRemote:
        """Where the repository is after all redirects, which git itself must not follow; checks that it is there."""
        self._allowance.check(background=False)
        response, remote = self._session.git(url, deadline)
        if response.status_code in (403, 429):
            raise self._allowance.slow_down(response.headers)
        # Only the smart protocol: the other lets a server name further addresses.
        if (
            response.status_code != 200
            or response.headers.get("Content-Type") != "application/x-git-upload-pack-advertisement"
        ):
            raise not_handed_out(f"status {response.status_code}")
        return remote

    def _entries(self, tree: bytes) -> list[tuple[str, bytes, int]]:
        """Name, blob and size of each file: lines of `MODE SP TYPE SP NAME SP+ SIZE TAB FILE NUL`."""
        lines = tree.split(b"\0")[:-1]
        if len(lines) > MAX_FILES:
            raise TooLarge(f"This gist has {len(lines):,} files, and this server takes gists of up to {MAX_FILES:,}.")
        entries = []
        for line in lines:
            about, _, raw_name = line.partition(b"\t")
            _, kind, blob, size = about.split()
            name = raw_name.decode(errors="replace")
            if kind == b"commit":
                continue  # a submodule: it has no content here
            if kind != b"blob":
                raise BadInput(f"This gist has a folder {shown(name)}. Move its files out of it to have the gist run.")
            check_name(name)
            entries.append((name, blob, int(size)))
        if (total := sum(size for _, _, size in entries)) > self._max_bytes:
            raise too_large(self._max_bytes, total)
        return entries


def _contents(entries: list[tuple[str, bytes, int]], blobs: bytes) -> Iterable[tuple[str, bytes]]:
    """What `cat-file --batch` printed: for each blob a line `NAME SP TYPE SP SIZE`, its bytes, a newline."""
    at = 0
    for name, blob, size in entries:
        head = b"%s blob %d\n" % (blob, size)
        if not blobs.startswith(head, at):
            raise Unexpected("its repository lacks a file")
        at += len(head)
        yield name, blobs[at : at + size]
        at += size + 1
