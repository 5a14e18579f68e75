"""An owner's gists: what changed among them, and the list for a visitor; and how much the budget bears.

Facts about the protocol are from https://docs.github.com/rest/gists/gists.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import requests

from gistrun.errors import BadInput, GitHubUnavailable, NotFound
from gistrun.github.absent import AbsentOwners
from gistrun.github.api import Api
from gistrun.github.ledger import Ledger
from gistrun.github.parsing import parse_changed, parse_listed, shown
from gistrun.github.session import AnswerTooLarge, Deadline
from gistrun.github.standing import Budget
from gistrun.model import ChangedGist, OwnersGists, from_record, to_record

#: Gists on one page of a list, and pages: a list has 3,000 gists at most.
_PAGE, _PAGES = 100, 30
#: The most bytes of one page: a list has no content of files, but up to 300 names and addresses of each gist.
_PAGE_BYTES = 40 * 2**20
#: Seconds for which an owner's list is cached.
_LIST_KEPT = 7 * 86_400
#: For so long a list is shown again without asking.
_SHOWN_FOR = timedelta(minutes=1)
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


class Lists:
    """Fetches owners' lists: what changed in the background, and all public gists for a visitor."""

    def __init__(self, api: Api, ledger: Ledger, budget: Callable[[], Budget | None]) -> None:
        self._api = api
        self._ledger = ledger
        self._absent = AbsentOwners(api.account, ledger, api.now)
        #: The primary limit, as `Allowance.budget` gives it.
        self.budget = budget

    def changed_gists(self, owner: str, since: datetime) -> list[ChangedGist]:
        """The gists of that user which changed at `since` or later, newest first.

        One request for all of them, which is free as long as nothing changed: the list is requested as of the first
        `since`, and its ETag is cached, so that the address and with it the answer stay the same.

        Raises:
            BadInput: not a name that GitHub gives. NotFound: GitHub has no such user. GitHubUnavailable: as `Gists`.
        """
        if not _LOGIN.fullmatch(owner):
            raise BadInput(f"{shown(owner)} is not the name of a GitHub user.")
        since = since.astimezone(UTC)
        try:
            with self._api.asking(f"user {owner}", background=True) as deadline:
                changed = self._changed(owner, since, deadline)
        except AnswerTooLarge as error:
            raise GitHubUnavailable(f"GitHub's list for user {owner} is too long.", retry_after=3600) from error
        return sorted((gist for gist in changed if gist.updated_at >= since), key=_changed_at, reverse=True)

    def public_gists(self, owner: str) -> OwnersGists:
        """The public gists of that user, for a visitor: the 100 that changed last.

        GitHub is asked once a minute at most, and for a user that it does not have ever more seldom. If it gives no
        answer, what it said last is the answer.

        Raises:
            BadInput: not a name that GitHub gives. NotFound: GitHub has no such user. GitHubUnavailable: as `Gists`.
        """
        if not _LOGIN.fullmatch(owner):
            raise BadInput(f"{shown(owner)} is not the name of a GitHub user.")
        cached = f"owner:{self._api.account}:{owner.lower()}"
        note = self._ledger.github_note(cached)
        known = from_record(OwnersGists, note) if note else None
        now = self._api.now()
        if known and now - known.asked_at < _SHOWN_FOR:
            return known
        self._absent.check(owner)
        try:
            with self._api.asking(f"user {owner}", background=False) as deadline:
                path = f"/users/{quote(owner)}/gists?per_page={_PAGE}"
                response, body = self._api.get(path, deadline, _PAGE_BYTES, known.etag if known else None)
        except NotFound as error:
            self._absent.put(owner, str(error))
            raise
        except AnswerTooLarge as error:
            raise GitHubUnavailable(f"GitHub's list for user {owner} is too long.", retry_after=3600) from error
        except GitHubUnavailable:
            if known is None:
                raise
            return known
        if response.status_code == 304 and known:
            found = replace(known, asked_at=now)
        else:
            complete, validator = _next_page(response) is None, response.headers.get("ETag")
            found = OwnersGists(parse_listed(body), now, complete, validator)
        self._ledger.put_github_note(cached, to_record(found), _LIST_KEPT)
        self._absent.remove(owner)
        return found

    def _changed(self, owner: str, since: datetime, deadline: Deadline) -> list[ChangedGist]:
        cached = f"list:{self._api.account}:{owner.lower()}"
        note = self._ledger.github_note(cached)
        known = _OwnersList.from_json(note) if note else None
        if known and known.since > since:
            known = None  # it does not reach back so far
        base = known.since if known else since
        path = f"/users/{quote(owner)}/gists?per_page={_PAGE}&since={quote(_as_github(base))}"
        response, body = self._api.get(path, deadline, _PAGE_BYTES, known.etag if known else None)
        if response.status_code == 304 and known:
            return list(known.gists)
        gists = parse_changed(body)
        following = _next_page(response)
        if following is None:
            # This page is the whole list, so its ETag stands for all of it. A full page would soon become two: then
            # the next list starts at the `since` of that time.
            validator = response.headers.get("ETag")
            keep = validator and len(gists) < _PAGE
            new = _OwnersList(base, validator, tuple(gists)).as_json() if keep and validator else None
            self._ledger.put_github_note(cached, new, _LIST_KEPT)
            return gists
        self._ledger.put_github_note(cached, None)
        for _ in range(_PAGES):
            if following is None:
                break
            self._api.check(background=True)
            response, body = self._api.get(following, deadline, _PAGE_BYTES)
            gists += parse_changed(body)
            following = _next_page(response)
        return gists


@dataclass(frozen=True, slots=True)
class _OwnersList:
    """An owner's list as of a time, with GitHub's ETag of it."""

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


def _as_github(moment: datetime) -> str:
    """Whole seconds, rounded down, so that no change is missed."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _next_page(response: requests.Response) -> str | None:
    return response.links.get("next", {}).get("url")


def _changed_at(gist: ChangedGist) -> datetime:
    return gist.updated_at
