"""The whole content of every file of a gist: from the answer itself, else raw, else by git. Whole files or none."""

from __future__ import annotations

from gistrun.errors import GitHubUnavailable
from gistrun.github.clone import Clone
from gistrun.github.parsing import ListedFile, ListedGist, Unexpected
from gistrun.github.repository import too_large
from gistrun.github.session import AnswerTooLarge, Deadline, Session
from gistrun.github.standing import HICCUP_S
from gistrun.github.turns import Allowance
from gistrun.model import GistFile

#: "If you need the full contents of the file, you can make a GET request to the URL specified by raw_url. Be aware that
#: for files larger than ten megabytes, you'll need to clone the gist via the URL provided by git_pull_url."
RAW_BYTES = 10_000_000


class Files:
    """Fetches the content that an answer leaves out.

    Args:
        allowance: of the raw hosts and of git, whose limits are not the API's.
        max_bytes: the most that the files of one gist may hold together.
    """

    def __init__(self, session: Session, allowance: Allowance, clone: Clone, max_bytes: int) -> None:
        self._session = session
        self._allowance = allowance
        self._clone = clone
        self._max_bytes = max_bytes

    def whole(self, gist: ListedGist, revision: str, deadline: Deadline) -> tuple[GistFile, ...]:
        """Every file of the gist at that revision, in GitHub's order.

        Raises:
            TooLarge, BadInput, GitHubUnavailable, Unexpected, and what a session raises.
        """
        # First the sizes that GitHub lists, so that nothing is fetched in vain; below, the bytes that really come.
        listed = sum(len(file.content) if file.content is not None else file.size or 0 for file in gist.files)
        if listed > self._max_bytes:
            raise too_large(self._max_bytes, listed)
        if not gist.complete or any(file.content is None and (file.size or 0) > RAW_BYTES for file in gist.files):
            return self._cloned(gist, revision, deadline)
        files: list[GistFile] = []
        room = self._max_bytes
        for file in gist.files:
            content = self._raw(file, room, deadline) if file.content is None else file.content
            room -= len(content)
            if room < 0:
                raise too_large(self._max_bytes)
            files.append(GistFile(file.name, content, file.language))
        return tuple(files)

    def _cloned(self, gist: ListedGist, revision: str, deadline: Deadline) -> tuple[GistFile, ...]:
        if gist.git_pull_url is None:
            raise Unexpected("it leaves files out and does not say where the gist's repository is")
        contents = self._clone.files(gist.git_pull_url, revision, deadline)
        languages = {file.name: file.language for file in gist.files}
        names = [name for name in languages if name in contents]
        names += [name for name in contents if name not in languages]
        return tuple(GistFile(name, contents[name], languages.get(name)) for name in names)

    def _raw(self, file: ListedFile, room: int, deadline: Deadline) -> bytes:
        if file.raw_url is None:
            raise Unexpected("it cut off a file and does not say where the whole of it is")
        self._allowance.check(background=False)
        try:
            response, body = self._session.raw(file.raw_url, deadline, room)
        except AnswerTooLarge:
            raise too_large(self._max_bytes) from None
        if response.status_code in (403, 429):
            raise self._allowance.slow_down(response.headers)
        if response.status_code != 200:
            raise GitHubUnavailable(
                f"GitHub did not hand out a large file of this gist (status {response.status_code}). "
                f"Try again in {HICCUP_S} seconds.",
                retry_after=HICCUP_S,
            )
        if len(body) < (file.size or 0):
            raise Unexpected("a raw file is shorter than it should be")
        return body
