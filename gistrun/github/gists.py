"""A gist with the whole content of every file.

Facts about the protocol are from https://docs.github.com/rest/gists/gists and, for limits and conditional requests,
https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api.
"""

from __future__ import annotations

import requests

from gistrun.address import check_id, check_revision
from gistrun.errors import BadInput, TooLarge
from gistrun.github.api import Api
from gistrun.github.files import Files
from gistrun.github.ledger import Ledger
from gistrun.github.parsing import ListedGist, parse_gist, parse_newest_commit
from gistrun.github.repository import too_large
from gistrun.github.session import AnswerTooLarge, Deadline
from gistrun.model import Gist

#: JSON writes up to six bytes for one ("\u003c"), on average far less; history, forks and URLs come on top.
_JSON_FACTOR, _JSON_ROOM = 2, 2 * 2**20
#: Seconds for which a refusal is cached, with the ETag of the answer that led to it.
_REFUSAL_KEPT = 86_400
_REFUSALS: dict[str, type[BadInput | TooLarge]] = {"BadInput": BadInput, "TooLarge": TooLarge}


class Gists:
    """Fetches gists.

    Args:
        max_bytes: the most that the files of one gist may hold together.
    """

    def __init__(self, api: Api, files: Files, ledger: Ledger, max_bytes: int) -> None:
        self._api = api
        self._files = files
        self._ledger = ledger
        self._max_bytes = max_bytes

    def fetch(
        self, gist_id: str, revision: str | None = None, etag: str | None = None, *, background: bool = False
    ) -> Gist | None:
        """The gist with the whole content of every file, or None when it still matches `etag`.

        Args:
            revision: pins one; None is the latest, and only then the result has an `etag`.
            background: nobody waits for it: it waits its turn, yields to visitors and leaves them a part of the budget.

        Raises:
            BadInput: the id or the revision is not of GitHub's form, or a file has a name that no sandbox can hold.
            Gone: GitHub had the gist and does not show it any more; a 404 says so only where there is an `etag`.
            NotFound: GitHub has no such gist or revision, or does not show it.
            TooLarge: the files hold more than `max_bytes`.
            GitHubLimited: a limit holds; GitHub is not asked meanwhile. GitHubUnauthorized: the operator must act.
            GitHubUnavailable: no answer, or not GitHub's answer. All three have `retry_after`.
        """
        check_id(gist_id)
        if revision is not None:
            check_revision(revision)
        what = f"revision {revision} of gist {gist_id}" if revision else f"gist {gist_id}"
        known = etag is not None and revision is None
        try:
            with self._api.asking(what, background, known) as deadline:
                return self._fetch(gist_id, revision, etag, deadline)
        except AnswerTooLarge as error:
            raise too_large(self._max_bytes) from error

    def _fetch(self, gist_id: str, revision: str | None, etag: str | None, deadline: Deadline) -> Gist | None:
        path = f"/gists/{gist_id}" + (f"/{revision}" if revision else "")
        # As long as a refused gist does not change, GitHub answers 304, which is free, and it is refused again.
        cached = f"refused:{self._api.account}:{self._max_bytes}:{path}"
        refused = self._ledger.github_note(cached)
        response, body = self._get(path, deadline, refused["etag"] if refused else etag)
        if response.status_code == 304:
            if refused:
                raise _REFUSALS[refused["kind"]](refused["sentence"])
            return None
        try:
            gist = parse_gist(body)
            version = self._revision(gist, gist_id, revision, deadline)
            files = self._files.whole(gist, version, deadline)
        except (BadInput, TooLarge) as refusal:
            if validator := response.headers.get("ETag"):
                note = {"etag": validator, "kind": type(refusal).__name__, "sentence": str(refusal)}
                self._ledger.put_github_note(cached, note, _REFUSAL_KEPT)
            raise
        if refused:
            self._ledger.put_github_note(cached, None)
        return Gist(
            id=gist_id,
            revision=version,
            files=files,
            owner=gist.owner,
            description=gist.description,
            public=gist.public,
            html_url=gist.html_url,
            updated_at=gist.updated_at,
            history=gist.history,
            checked_at=self._api.now(),
            etag=response.headers.get("ETag") if revision is None else None,
        )

    def _revision(self, gist: ListedGist, gist_id: str, asked: str | None, deadline: Deadline) -> str:
        """`history[0].version`; where GitHub leaves the history out, the newest of the gist's commits."""
        if gist.revision or asked:
            return gist.revision or str(asked)
        return parse_newest_commit(self._get(f"/gists/{gist_id}/commits?per_page=1", deadline)[1])

    def _get(self, path: str, deadline: Deadline, etag: str | None = None) -> tuple[requests.Response, bytes]:
        return self._api.get(path, deadline, self._max_bytes * _JSON_FACTOR + _JSON_ROOM, etag)
