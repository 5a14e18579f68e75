"""`GitHub`: what is asked for, in which order.

Facts about the protocol are from https://docs.github.com/rest/gists/gists and, for limits and conditional requests,
https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import requests
from github3 import exceptions
from urllib3.exceptions import HTTPError

from gistrun.address import GIST_ID
from gistrun.errors import BadInput, GitHubUnavailable, TooLarge
from gistrun.github.budget import HICCUP_S, Allowance, Budget, Ledger, OwnLedger
from gistrun.github.clone import Clone, too_large
from gistrun.github.files import Files
from gistrun.github.parsing import (
    ListedGist,
    Unexpected,
    parse_changed,
    parse_gist,
    parse_newest_commit,
    shown,
)
from gistrun.github.refusals import meaning
from gistrun.github.session import AnswerTooLarge, Deadline, Session
from gistrun.model import ChangedGist, Gist

#: Seconds to connect, and to wait for the next byte.
TIMEOUT_S = 10.0
#: Seconds for one gist with all its files, to wait for others who ask before, and for which the background waits for
#: visitors. Together with one timeout they stay below the time for which `Store.looking` and the turns are held.
PATIENCE_S = 30.0
QUEUE_S = 15.0
YIELD_S = 3.0

#: JSON writes up to six bytes for one ("\u003c"), on average far less; history, forks and URLs come on top.
_JSON_FACTOR, _JSON_ROOM = 2, 2 * 2**20
#: Gists on one page of a list, and pages: a list has 3,000 gists at most.
_PAGE, _PAGES = 100, 30
#: Seconds for which an owner's list is known, and a refusal with the validator of the answer that led to it.
_LIST_KEPT = 7 * 86_400
_REFUSAL_KEPT = 86_400
_REVISION = re.compile(r"[0-9a-fA-F]{40}")
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_REFUSALS: dict[str, type[BadInput | TooLarge]] = {"BadInput": BadInput, "TooLarge": TooLarge}


class GitHub:
    """One GitHub (github.com or an Enterprise Server), asked as one account.

    Safe to share between threads or greenlets. All that share a ledger share the budget, obey a limit that one of them
    was told of, and take turns: a few visitors at a time, and one check in the background when no visitor asks.

    Args:
        api_url: `https://api.github.com`, or `https://HOST/api/v3`.
        token: sent to the host of `api_url` and to no other.
        raw_hosts: `host` or `host:port` that raw files and repositories may be fetched from.
        max_bytes: the most that the files of one gist may hold together.
        now: the time, with its zone.
        ledger: what this process shares with others; None where it is alone.
    """

    def __init__(
        self,
        api_url: str,
        token: str | None,
        raw_hosts: Iterable[str],
        max_bytes: int,
        now: Callable[[], datetime],
        *,
        ledger: Ledger | None = None,
        timeout_s: float = TIMEOUT_S,
        patience_s: float = PATIENCE_S,
        queue_s: float = QUEUE_S,
        yield_s: float = YIELD_S,
    ) -> None:
        api_url = api_url.rstrip("/")
        ledger = ledger or OwnLedger()
        self._has_token = bool(token)
        self._max_bytes = max_bytes
        self._now = now
        self._patience = timedelta(seconds=patience_s)
        self._ledger = ledger
        self._allowance = Allowance(ledger, api_url, token, now, queue_s, yield_s)
        self._session = Session(api_url, token, raw_hosts, timeout_s)
        # The raw hosts and git have limits of their own, whoever asks.
        outside = Allowance(ledger, f"{api_url} raw", None, now, queue_s, yield_s)
        self._files = Files(self._session, outside, Clone(self._session, outside, max_bytes), max_bytes)

    def fetch(
        self, gist_id: str, revision: str | None = None, etag: str | None = None, *, background: bool = False
    ) -> Gist | None:
        """The gist with the whole content of every file, or None when it still matches `etag`.

        Args:
            revision: pins one; None is the latest, and only then the result has an `etag`.
            background: nobody waits for it: it waits its turn, yields to visitors and leaves them a part of the budget.

        Raises:
            BadInput: the id or the revision is not of GitHub's form, or a file has a name no sandbox can hold.
            Gone: GitHub showed it and does so no more; told by a 404 only where there is an `etag`.
            NotFound: GitHub has no such gist or revision, or does not show it.
            TooLarge: the files hold more than `max_bytes`.
            GitHubLimited: a limit holds; GitHub is not asked meanwhile. GitHubUnauthorized: the operator must act.
            GitHubUnavailable: no answer, or not GitHub's answer. `retry_after` is always set, by all three.
        """
        _check_id(gist_id)
        if revision is not None and not _REVISION.fullmatch(revision):
            raise BadInput(f"{shown(revision)} is not a revision: that is 40 digits and letters from a to f.")
        what = f"revision {revision} of gist {gist_id}" if revision else f"gist {gist_id}"
        known = etag is not None and revision is None
        with self._asking(what, known, background) as deadline:
            return self._fetch(gist_id, revision, etag, deadline)

    def changed_gists(self, owner: str, since: datetime) -> list[ChangedGist]:
        """The gists of that user which changed at `since` or later, newest first; always in the background.

        One request for all of them, which is free as long as nothing changed: the list is asked for as of the first
        `since` and its validator kept, so that the address and with it the answer stay the same.

        Raises:
            BadInput: no name that GitHub gives. NotFound: GitHub has no such user. The others as `fetch`.
        """
        if not _LOGIN.fullmatch(owner):
            raise BadInput(f"{shown(owner)} is not the name of a GitHub user.")
        since = since.astimezone(UTC)
        with self._asking(f"user {owner}", False, background=True) as deadline:
            changed = self._changed(owner, since, deadline)
        return sorted((gist for gist in changed if gist.updated_at >= since), key=_changed_at, reverse=True)

    def budget(self) -> Budget | None:
        """The primary limit as any process was last told, or None when nothing was told or that hour is over."""
        return self._allowance.budget()

    @contextmanager
    def _asking(self, what: str, known: bool, background: bool) -> Iterator[Deadline]:
        """Our turn to ask, and our words for what goes wrong then."""
        try:
            with self._allowance.turn(background):
                yield Deadline(self._now() + self._patience, self._now)
        except exceptions.ResponseError as error:
            raise meaning(error, what, known, self._has_token, self._allowance) from error
        except Unexpected as error:
            raise GitHubUnavailable(
                f"GitHub's answer could not be understood: {error}. Try again in a minute.", retry_after=60
            ) from error
        except AnswerTooLarge as error:
            raise too_large(self._max_bytes) from error
        except (requests.Timeout, TimeoutError) as error:
            raise GitHubUnavailable(
                f"GitHub did not answer in time. Try again in {HICCUP_S} seconds.", retry_after=HICCUP_S
            ) from error
        except (requests.RequestException, OSError, HTTPError) as error:
            raise GitHubUnavailable(
                f"GitHub cannot be reached, or broke off. Try again in {HICCUP_S} seconds.", retry_after=HICCUP_S
            ) from error

    def _fetch(self, gist_id: str, revision: str | None, etag: str | None, deadline: Deadline) -> Gist | None:
        path = f"/gists/{gist_id}" + (f"/{revision}" if revision else "")
        # A gist that was refused is refused again for nothing, until it changes.
        noted = f"refused:{self._allowance.account}:{self._max_bytes}:{path}"
        refused = self._ledger.github_note(noted)
        response, body = self._api(path, deadline, refused["etag"] if refused else etag)
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
                self._ledger.put_github_note(noted, note, _REFUSAL_KEPT)
            raise
        if refused:
            self._ledger.put_github_note(noted, None)
        return Gist(
            id=gist_id,
            revision=version,
            files=files,
            owner=gist.owner,
            description=gist.description,
            public=gist.public,
            html_url=gist.html_url,
            updated_at=gist.updated_at,
            checked_at=self._now(),
            etag=response.headers.get("ETag") if revision is None else None,
        )

    def _revision(self, gist: ListedGist, gist_id: str, asked: str | None, deadline: Deadline) -> str:
        """`history[0].version`; where GitHub leaves the history out, the first of the gist's commits."""
        if gist.revision or asked:
            return gist.revision or str(asked)
        return parse_newest_commit(self._api(f"/gists/{gist_id}/commits?per_page=1", deadline)[1])

    def _changed(self, owner: str, since: datetime, deadline: Deadline) -> list[ChangedGist]:
        noted = f"list:{self._allowance.account}:{owner.lower()}"
        note = self._ledger.github_note(noted)
        known = _OwnersList.from_json(note) if note else None
        if known and known.since > since:
            known = None  # it does not reach back so far
        base = known.since if known else since
        path = f"/users/{quote(owner)}/gists?per_page={_PAGE}&since={quote(_as_github(base))}"
        response, body = self._api(path, deadline, known.etag if known else None)
        if response.status_code == 304 and known:
            return list(known.gists)
        gists = parse_changed(body)
        following = _next_page(response)
        if following is None:
            # The whole of it, so its validator stands for all. A long list begins anew, at what was asked for.
            validator = response.headers.get("ETag")
            keep = validator and len(gists) < _PAGE
            new = _OwnersList(base, validator, tuple(gists)).as_json() if keep and validator else None
            self._ledger.put_github_note(noted, new, _LIST_KEPT)
            return gists
        self._ledger.put_github_note(noted, None)
        for _ in range(_PAGES):
            if following is None:
                break
            self._allowance.check(background=True)
            response, body = self._api(following, deadline)
            gists += parse_changed(body)
            following = _next_page(response)
        return gists

    def _api(self, path: str, deadline: Deadline, etag: str | None = None) -> tuple[requests.Response, bytes]:
        most = self._max_bytes * _JSON_FACTOR + _JSON_ROOM
        return self._session.api(path, deadline, most, etag, lambda answer: self._allowance.remember(answer.headers))


@dataclass(frozen=True, slots=True)
class _OwnersList:
    """An owner's list as of a time, with GitHub's validator of it."""

    since: datetime
    etag: str
    gists: tuple[ChangedGist, ...]

    def as_json(self) -> dict[str, Any]:
        gists = [[gist.id, gist.updated_at.isoformat(), gist.public] for gist in self.gists]
        return {"since": self.since.isoformat(), "etag": self.etag, "gists": gists}

    @classmethod
    def from_json(cls, note: dict[str, Any]) -> _OwnersList:
        gists = (ChangedGist(name, datetime.fromisoformat(at), public) for name, at, public in note["gists"])
        return cls(datetime.fromisoformat(note["since"]), note["etag"], tuple(gists))


def _check_id(gist_id: str) -> None:
    if not GIST_ID.fullmatch(gist_id):
        raise BadInput(
            f"{shown(gist_id)} is not the id of a gist: that is a number, or 20 to 40 digits and letters from a to f."
        )


def _as_github(moment: datetime) -> str:
    """Whole seconds, rounded down: rather one too many than one too few."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _next_page(response: requests.Response) -> str | None:
    return response.links.get("next", {}).get("url")


def _changed_at(gist: ChangedGist) -> datetime:
    return gist.updated_at
