"""The README of a repository. Source: https://docs.github.com/rest/repos/contents#get-a-repository-readme."""

from __future__ import annotations

import re

from gistrun.errors import BadInput, TooLarge
from gistrun.github.api import Api
from gistrun.github.parsing import shown
from gistrun.github.session import CONTENT, AnswerTooLarge

#: GitHub itself shows the first 500 KiB of a README.
_README_BYTES = 2**20
_REPOSITORY = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")


class Readmes:
    """Fetches READMEs, always in the background."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def readme(self, owner: str, repository: str, etag: str | None = None) -> tuple[str, str | None] | None:
        """The README that GitHub shows of a repository, and its ETag, or None when it still matches `etag`.

        Raises:
            BadInput: the owner or the name is not of GitHub's form.
            NotFound: no such repository, a private one, or one without a README.
            TooLarge: more than 1 MiB.
            GitHubUnavailable: as `Gists.fetch`.
        """
        if not all(_REPOSITORY.fullmatch(name) for name in (owner, repository)):
            raise BadInput(f"{shown(f'{owner}/{repository}')} is not the name of a repository.")
        what = f"README of {owner}/{repository}"
        path = f"/repos/{owner}/{repository}/readme"
        try:
            with self._api.asking(what, background=True) as deadline:
                response, body = self._api.get(path, deadline, _README_BYTES, etag, CONTENT)
        except AnswerTooLarge:
            raise TooLarge(f"The {what} holds more than {_README_BYTES:,} bytes.") from None
        if response.status_code == 304:
            return None
        return body.decode("utf-8", "replace"), response.headers.get("ETag")
