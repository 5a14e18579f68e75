"""Gists from GitHub: the REST API's gist endpoints, and the raw files behind them. The only importer of github3.

github3.py gives the session (connections, authentication) and the error classes; the JSON is read here, because its
gist classes refuse values that the API documents as nullable (docs/decisions/github.md).

Facts about the protocol are from https://docs.github.com/rest/gists/gists and, for limits and conditional requests,
https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api.
"""

from __future__ import annotations

import base64
import io
import json
import math
import re
import threading
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin

import requests
from github3 import exceptions
from github3.session import GitHubSession
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import parse_url

from gistrun.errors import BadInput, GistrunError, GitHubUnavailable, NotFound, TooLarge
from gistrun.model import Gist, GistFile
from gistrun.settings import GITHUB_RAW_HOST

#: GitHub refuses requests without one.
USER_AGENT = "gistrun"
#: The later 2026-03-10 leaves `history` out of a gist, and with it the revision; GitHub keeps a version for two years
#: at least. `GitHub.fetch` can do without, at the price of a second request.
API_VERSION = "2022-11-28"

#: Seconds to connect, and to wait for the next byte.
TIMEOUT_S = 10.0
#: Seconds for one gist with all its raw files, and seconds to wait for others who ask before. Together with one
#: timeout they stay below the minute for which `Store.looking` is held.
PATIENCE_S = 30.0
QUEUE_S = 15.0

#: GitHub lists so many files of a gist.
LISTED_FILES = 300
#: What a Linux file system takes as a name.
NAME_BYTES = 255
#: JSON writes up to six bytes for one ("\u003c"), on average far less; history, forks and URLs come on top.
_JSON_FACTOR, _JSON_ROOM = 2, 2 * 2**20
_ERROR_BYTES = 64 * 2**10
#: GitHub itself shows the first 500 KiB of a README.
_README_BYTES = 2**20
_REDIRECTS = 3
_CHUNK = 2**16

#: Seconds after which asking again makes sense: GitHub has a hiccup; a limit that does not say how long it holds
#: ("wait for at least one minute"); and the most that is believed of any header, the length of GitHub's window.
_HICCUP_S = 30
_LIMITED_S = 60
_WINDOW_S = 3600


@dataclass(frozen=True, slots=True)
class Budget:
    """What GitHub said last about this server's primary limit."""

    limit: int
    remaining: int
    #: When `remaining` is `limit` again.
    reset: datetime

    def as_json(self) -> dict[str, Any]:
        return {"limit": self.limit, "remaining": self.remaining, "reset": self.reset.isoformat()}


class GitHub:
    """One GitHub (github.com or an Enterprise Server), asked one thing at a time.

    Safe to share between threads or greenlets: whoever comes second waits, as GitHub asks of its clients.

    Args:
        api_url: `https://api.github.com`, or `https://HOST/api/v3`.
        token: sent to the host of `api_url` and to no other.
        raw_hosts: `host` or `host:port` that raw files may be fetched from.
        max_bytes: the most that the files of one gist may hold together.
        now: the time, with its zone.
    """

    def __init__(
        self,
        api_url: str,
        token: str | None,
        raw_hosts: Iterable[str],
        max_bytes: int,
        now: Callable[[], datetime],
        *,
        timeout_s: float = TIMEOUT_S,
        patience_s: float = PATIENCE_S,
        queue_s: float = QUEUE_S,
    ) -> None:
        self._api = api_url.rstrip("/")
        self._has_token = bool(token)
        self._max_bytes = max_bytes
        self._now = now
        self._timeout_s = timeout_s
        self._patience_s = patience_s
        self._queue_s = queue_s
        scheme, host = _origin(self._api)
        self._origin = (scheme, host)
        self._raw_hosts = {host, *(_origin(f"{scheme}://{name}")[1] for name in raw_hosts)}
        self._session = GitHubSession(default_connect_timeout=timeout_s, default_read_timeout=timeout_s)
        self._session.token_auth(token)
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/vnd.github+json"})
        for name in ("Content-Type", "Accept-Charset"):  # github3's; we send no content
            del self._session.headers[name]
        self._serial = threading.Lock()
        self._budget: Budget | None = None
        self._closed_until: datetime | None = None
        self._closed_because = ""

    def fetch(self, gist_id: str, revision: str | None = None, etag: str | None = None) -> Gist | None:
        """The gist with the whole content of every file, or None when it still matches `etag`.

        Args:
            revision: pins one; None is the latest, and only then the result has an `etag`.

        Raises:
            BadInput: the id or the revision is not of GitHub's form, or a file has a name no sandbox can hold.
            NotFound: GitHub has no such gist or revision, or does not show it.
            TooLarge: the files hold more than `max_bytes`.
            GitHubUnavailable: no answer, not GitHub's answer, a bad token, or a limit. While a limit holds, GitHub is
                not asked. `retry_after` is always set.
        """
        if not re.fullmatch(r"[0-9a-fA-F]{1,64}", gist_id):
            raise BadInput(f"{_shown(gist_id)} is not the id of a gist: that is digits and the letters a to f.")
        if revision is not None and not re.fullmatch(r"[0-9a-fA-F]{4,64}", revision):
            raise BadInput(f"{_shown(revision)} is not a revision: that is digits and the letters a to f.")
        if not self._serial.acquire(timeout=self._queue_s):
            raise GitHubUnavailable(
                "GitHub is slow to answer and others are waiting for it too. Try again in a moment.", retry_after=10
            )
        try:
            if refusal := self._refusal():
                raise refusal
            return self._fetch(gist_id, revision, etag)
        except exceptions.ResponseError as error:
            raise self._meaning(error, gist_id, revision) from error
        except _Unexpected as error:
            raise GitHubUnavailable(
                f"GitHub's answer could not be understood: {error}. Try again in a minute.", retry_after=60
            ) from error
        except (requests.Timeout, TimeoutError) as error:
            raise GitHubUnavailable(
                f"GitHub did not answer in time. Try again in {_HICCUP_S} seconds.", retry_after=_HICCUP_S
            ) from error
        except (OSError, HTTPError) as error:  # a RequestException is an OSError
            raise GitHubUnavailable(
                f"GitHub cannot be reached, or broke off. Try again in {_HICCUP_S} seconds.", retry_after=_HICCUP_S
            ) from error
        finally:
            self._serial.release()

    def budget(self) -> Budget | None:
        """The primary limit as last told, or None when nothing was told or that hour is over."""
        budget = self._budget
        return budget if budget and self._now() < budget.reset else None

    # Asking

    def _fetch(self, gist_id: str, revision: str | None, etag: str | None) -> Gist | None:
        deadline = self._now() + timedelta(seconds=self._patience_s)
        url = f"{self._api}/gists/{gist_id}" + (f"/{revision}" if revision else "")
        response, body = self._ask_api(url, deadline, etag)
        if response.status_code == 304:
            return None
        gist = _json(body)
        if not isinstance(gist, dict):
            raise _Unexpected("it is not a gist")
        files = self._files(gist, deadline)
        return Gist(
            id=gist_id,
            revision=self._revision(gist, gist_id, revision, deadline),
            files=files,
            owner=_login(gist.get("owner")) or _login(gist.get("user")),  # before 2013 it was the user
            description=_text_or_none(gist.get("description")),
            public=gist.get("public") is True,
            html_url=_web_address(gist.get("html_url")),
            updated_at=_text_or_none(gist.get("updated_at")),
            checked_at=self._now(),
            etag=response.headers.get("ETag") if revision is None else None,
            notice=_notice(gist),
        )

    def _revision(self, gist: Mapping[str, Any], gist_id: str, asked: str | None, deadline: datetime) -> str:
        """`history[0].version`; where GitHub leaves the history out, the first of the gist's commits."""
        history = gist.get("history")
        if not history:
            if asked and len(asked) >= 40:
                return asked
            url = f"{self._api}/gists/{gist_id}/commits?per_page=1"
            history = _json(self._ask_api(url, deadline)[1])
        newest = history[0] if isinstance(history, list) and history else None
        version = newest.get("version") if isinstance(newest, dict) else None
        if not isinstance(version, str) or not re.fullmatch(r"[0-9a-f]{40,64}", version):
            raise _Unexpected("it names no revision")
        return version

    def _files(self, gist: Mapping[str, Any], deadline: datetime) -> tuple[GistFile, ...]:
        listed = gist.get("files")
        if not isinstance(listed, dict):
            raise _Unexpected("it lists no files")
        entries = {name: entry for name, entry in listed.items() if entry is not None}
        for name, entry in entries.items():
            _check_name(name)
            if not isinstance(entry, dict):
                raise _Unexpected("a file is not described as one")
        # First what GitHub says, so that nothing is fetched in vain; then what really comes.
        if sum(_size(entry) or 0 for entry in entries.values()) > self._max_bytes:
            raise self._too_large()
        files: list[GistFile] = []
        room = self._max_bytes
        for name, entry in entries.items():
            content = self._content(entry, room, deadline)
            room -= len(content)
            if room < 0:
                raise self._too_large()
            files.append(GistFile(name, content, _text_or_none(entry.get("language"))))
        return tuple(files)

    def _content(self, entry: Mapping[str, Any], room: int, deadline: datetime) -> bytes:
        content = entry.get("content")
        # Every file is looked at for itself: one large file can leave the others blank and marked `truncated`.
        if entry.get("truncated") or not isinstance(content, str):
            return self._raw(entry, room, deadline)
        if entry.get("encoding") == "base64":
            try:
                return base64.b64decode(content)
            except ValueError:
                raise _Unexpected("a file is not the base64 it claims to be") from None
        data = _text(content).encode()
        # Bytes that are no UTF-8 were replaced by U+FFFD on the way into JSON: the raw file still has them.
        if "\ufffd" in content and _size(entry) not in (None, len(data)):
            return self._raw(entry, room, deadline)
        return data

    def _raw(self, entry: Mapping[str, Any], room: int, deadline: datetime) -> bytes:
        url = entry.get("raw_url")
        if not isinstance(url, str):
            raise _Unexpected("it cut off a file and does not say where the whole of it is")
        response, body = self._get(url, {}, room, deadline, self._check_raw)
        if response.status_code in (403, 429):
            wait = _retry_after(response.headers, self._now()) or _LIMITED_S
            raise GitHubUnavailable(
                f"GitHub hands out no more raw files for now. Try again {_in(wait)}.", retry_after=wait
            )
        if response.status_code != 200:
            raise GitHubUnavailable(
                f"GitHub did not hand out a large file of this gist (status {response.status_code}). "
                f"Try again in {_HICCUP_S} seconds.",
                retry_after=_HICCUP_S,
            )
        if len(body) < (_size(entry) or 0):
            raise _Unexpected("a raw file is shorter than it should be")
        return body

    def _ask_api(self, url: str, deadline: datetime, etag: str | None = None) -> tuple[requests.Response, bytes]:
        """A 200, or a 304 where an ETag was given; anything else is raised as github3's error."""
        headers = {"X-GitHub-Api-Version": API_VERSION}
        if etag:
            headers["If-None-Match"] = etag
        most = self._max_bytes * _JSON_FACTOR + _JSON_ROOM
        response, body = self._get(url, headers, most, deadline, self._check_api)
        self._remember_budget(response.headers)
        status = response.status_code
        if status == 200 or (status == 304 and etag):
            return response, body
        if 400 <= status < 600:
            response.raw = io.BytesIO(body)  # already read, within its cap: this is what github3 reads
            raise exceptions.error_for(response)
        raise _Unexpected(f"it came with status {status}")

    def _get(
        self, url: str, headers: dict[str, str], most: int, deadline: datetime, check: Callable[[str], None]
    ) -> tuple[requests.Response, bytes]:
        """GET an address and where it leads to, as long as `check` lets every step pass; reads at most `most` bytes."""
        for _ in range(_REDIRECTS + 1):
            check(url)
            left = min(self._timeout_s, (deadline - self._now()).total_seconds())
            if left <= 0:
                raise TimeoutError
            response = self._session.get(
                url,
                headers=headers,
                # An explicit answer either way: with None, requests would look into a ~/.netrc.
                auth=self._session.auth if self._has_token and _origin(url) == self._origin else _anonymous,
                timeout=(left, left),
                stream=True,
                allow_redirects=False,
            )
            with response:
                if not response.is_redirect:
                    cap = min(most, _ERROR_BYTES) if response.status_code >= 400 else most
                    return response, self._read(response, cap, deadline)
                url = urljoin(url, response.headers["Location"])
        raise _Unexpected("it leads from one address to the next")

    def _read(self, response: requests.Response, most: int, deadline: datetime) -> bytes:
        body = bytearray()
        # read1 gives what has come, so that a server which sends a byte now and then meets the deadline.
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > most:
                if response.status_code >= 400:
                    return b""
                raise self._too_large()
            if self._now() > deadline:
                raise TimeoutError
        return bytes(body)

    def _check_api(self, url: str) -> None:
        if _origin(url) != self._origin:
            raise _Unexpected("it sends us to another host than GITHUB_API_URL names")

    def _check_raw(self, url: str) -> None:
        scheme, host = _origin(url)
        # Plain http only where the API itself is spoken to in plain http, and never to github.com.
        secure = scheme == "https" or (scheme == self._origin[0] and host != GITHUB_RAW_HOST)
        if host not in self._raw_hosts or not secure:
            raise GitHubUnavailable(
                f"GitHub keeps a large file of this gist at {_shown(f'{scheme}://{host}')}, where this server does not "
                "fetch from. Its operator can allow the host in GITHUB_RAW_HOSTS.",
                retry_after=_WINDOW_S,
            )

    # Limits and errors

    def _remember_budget(self, headers: Mapping[str, str]) -> None:
        limit, remaining, reset = (
            _whole(headers.get(f"X-RateLimit-{name}")) for name in ("Limit", "Remaining", "Reset")
        )
        if limit is None or remaining is None or reset is None:
            return
        now = self._now()
        wait = min(max(reset - now.timestamp(), 0), _WINDOW_S)
        self._budget = Budget(limit, remaining, now + timedelta(seconds=wait))
        if remaining == 0:
            hint = "" if self._has_token else " Its operator can raise it with a GITHUB_TOKEN."
            self._close(wait, f"GitHub's limit of {limit:,} requests an hour for this server is used up.{hint}")

    def _close(self, seconds: float, because: str) -> None:
        self._closed_until = self._now() + timedelta(seconds=seconds)
        self._closed_because = because

    def _refusal(self) -> GitHubUnavailable | None:
        """Why GitHub must not be asked now, if so."""
        if not self._closed_until or (left := (self._closed_until - self._now()).total_seconds()) <= 0:
            return None
        wait = math.ceil(left)
        return GitHubUnavailable(f"{self._closed_because} Try again {_in(wait)}.", retry_after=wait)

    def _meaning(self, error: exceptions.ResponseError, gist_id: str, revision: str | None) -> GistrunError:
        """What an answer of 4xx or 5xx means to the person waiting for the gist."""
        match error:
            case (
                exceptions.NotFoundError()
                | exceptions.Conflict()
                | exceptions.UnprocessableEntity()
                | exceptions.UnavailableForLegalReasons()
            ):
                what = f"revision {revision} of gist {gist_id}" if revision else f"gist {gist_id}"
                return NotFound(f"GitHub has no {what}, or it is not for us to see.")
            case exceptions.AuthenticationFailed():
                message = (
                    "GitHub refuses this server's GITHUB_TOKEN. Its operator must set a valid one, or none."
                    if self._has_token
                    else "This GitHub asks for a token. The server's operator must set GITHUB_TOKEN."
                )
                return GitHubUnavailable(message, retry_after=60)
            case exceptions.ForbiddenError() if _is_blocked(error.response):
                return NotFound(f"GitHub has taken gist {gist_id} down.")
            case _ if error.code in (403, 429):
                return self._limited_or_refused(error)
        return GitHubUnavailable(
            f"GitHub has trouble of its own (status {error.code}). Try again in {_HICCUP_S} seconds.",
            retry_after=_HICCUP_S,
        )

    def _limited_or_refused(self, error: exceptions.ResponseError) -> GitHubUnavailable:
        """In GitHub's order: `Retry-After`, the primary limit's reset, else a minute."""
        wait = _retry_after(error.response.headers, self._now())
        if wait is None and (used_up := self._refusal()):
            return used_up
        said = str(error.msg)
        out_of_quota = error.response.headers.get("X-RateLimit-Remaining") == "0"
        limited = error.code == 429 or out_of_quota or re.search(r"rate limit|abuse", said, re.IGNORECASE)
        if wait is None and not limited:
            return GitHubUnavailable(f"GitHub refuses to answer this server: {_shown(said)}.", retry_after=_LIMITED_S)
        wait = wait or _LIMITED_S
        because = "GitHub asks this server to slow down."
        self._close(wait, because)
        return GitHubUnavailable(f"{because} Try again {_in(wait)}.", retry_after=wait)

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"The files of this gist hold more than {self._max_bytes:,} bytes, the most that a run here takes along."
        )

    # Repositories

    def readme(self, owner: str, repository: str, etag: str | None = None) -> tuple[str, str | None] | None:
        """The README that GitHub shows of a repository, and its ETag, or None when it still matches `etag`.

        Source: https://docs.github.com/rest/repos/contents#get-a-repository-readme

        Raises:
            BadInput: the owner or the name is not of GitHub's form.
            NotFound: no such repository, not for us to see, or without a README.
            TooLarge: more than 1 MiB.
            GitHubUnavailable: as `fetch`.
        """
        if not all(re.fullmatch(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}", name) for name in (owner, repository)):
            raise BadInput(f"{_shown(f'{owner}/{repository}')} is not the name of a repository.")
        if not self._serial.acquire(timeout=self._queue_s):
            raise GitHubUnavailable("GitHub is slow to answer. Try again in a moment.", retry_after=10)
        try:
            if refusal := self._refusal():
                raise refusal
            headers = {"X-GitHub-Api-Version": API_VERSION, "Accept": "application/vnd.github.raw+json"}
            if etag:
                headers["If-None-Match"] = etag
            deadline = self._now() + timedelta(seconds=self._patience_s)
            url = f"{self._api}/repos/{owner}/{repository}/readme"
            response, body = self._get(url, headers, _README_BYTES, deadline, self._check_api)
            self._remember_budget(response.headers)
            match response.status_code:
                case 200:
                    return body.decode("utf-8", "replace"), response.headers.get("ETag")
                case 304 if etag:
                    return None
                case 404 | 451:
                    raise NotFound(f"GitHub has no README of {owner}/{repository}, or it is not for us to see.")
                case 403 | 429:
                    response.raw = io.BytesIO(body)
                    raise self._limited_or_refused(exceptions.error_for(response))
            raise GitHubUnavailable(
                f"GitHub did not hand out a README (status {response.status_code}). Try again in {_HICCUP_S} seconds.",
                retry_after=_HICCUP_S,
            )
        except TooLarge:
            raise TooLarge(f"The README of {owner}/{repository} holds more than {_README_BYTES:,} bytes.") from None
        except (_Unexpected, OSError, HTTPError) as error:
            raise GitHubUnavailable(
                f"GitHub cannot be reached, or gave no README. Try again in {_HICCUP_S} seconds.",
                retry_after=_HICCUP_S,
            ) from error
        finally:
            self._serial.release()


class _Unexpected(Exception):
    """GitHub's answer has not the form that its description promises; the text says what is wrong with "it"."""


def _anonymous(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _origin(url: str) -> tuple[str, str]:
    """Scheme and `host` or `host:port`, read by the parser that will also make the connection.

    Raises:
        _Unexpected: not an address of the web, or one with a user in it.
    """
    try:
        parts = parse_url(url)
    except LocationParseError:
        raise _Unexpected("it holds an address that is none") from None
    if parts.scheme not in ("http", "https") or not parts.host or parts.auth is not None:
        raise _Unexpected("it holds an address that is not one of the web")
    default = {"http": 80, "https": 443}[parts.scheme]
    host = parts.host.lower()
    return parts.scheme, host if parts.port in (None, default) else f"{host}:{parts.port}"


def _check_name(name: str) -> None:
    """Raises BadInput for a name that cannot be a file in one flat folder, or that would break a line it is told in."""
    reason = None
    if name in ("", ".", ".."):
        reason = "that names no file"
    elif "/" in name:
        reason = "it contains a slash"
    elif any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in name):
        reason = "it contains a control character"
    elif len(name.encode()) > NAME_BYTES:
        reason = f"it is longer than {NAME_BYTES} bytes"
    if reason:
        raise BadInput(f"This gist names a file {_shown(name)}, and {reason}. Rename it to have the gist run.")


def _shown(text: str) -> str:
    """Text of others within a sentence of ours: one line, quoted, escaped, not too long."""
    return ascii(text if len(text) <= 80 else f"{text[:80]}…")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise _Unexpected("it is not JSON") from None


def _text(text: str) -> str:
    """JSON can spell half a character ("\\ud800"), which cannot be written anywhere afterwards."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def _text_or_none(value: Any) -> str | None:
    return _text(value) if isinstance(value, str) else None


def _web_address(value: Any) -> str | None:
    """It becomes a link on a page, so nothing but the web's own schemes."""
    text = _text_or_none(value)
    return text if text and re.match(r"https?://", text) else None


def _login(user: Any) -> str | None:
    return _text_or_none(user.get("login")) if isinstance(user, dict) else None


def _size(entry: Mapping[str, Any]) -> int | None:
    size = entry.get("size")
    return size if isinstance(size, int) and size >= 0 else None


def _notice(gist: Mapping[str, Any]) -> str | None:
    if gist.get("truncated") is True and len(gist["files"]) >= LISTED_FILES:
        return f"GitHub lists only the first {LISTED_FILES} files of a gist; the others are missing here."
    return None


def _is_blocked(response: requests.Response) -> bool:
    """True for a gist that GitHub has disabled: its description of a 403 for a gist has a `block`."""
    try:
        body = response.json()
    except ValueError:
        return False
    return isinstance(body, dict) and "block" in body


def _retry_after(headers: Mapping[str, str], now: datetime) -> int | None:
    """Whole seconds to wait by `Retry-After`, a number or a date (RFC 9110), or None."""
    text = headers.get("Retry-After", "")
    seconds: float | None = _whole(text)
    if seconds is None:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        seconds = (moment.astimezone(UTC) - now).total_seconds()
    return min(max(math.ceil(seconds), 1), _WINDOW_S)


def _whole(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,12}", text) else None


def _in(seconds: float) -> str:
    if seconds < 90:
        whole = math.ceil(seconds)
        return f"in {whole} second{'' if whole == 1 else 's'}"
    return f"in {math.ceil(seconds / 60)} minutes"
