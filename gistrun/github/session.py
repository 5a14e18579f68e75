"""One GET after the other: where it may go, which host gets the token, how long and how large an answer may be."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin

import requests
from github3 import exceptions
from github3.session import GitHubSession
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from gistrun.errors import GitHubUnavailable
from gistrun.github.parsing import Unexpected, shown
from gistrun.github.standing import WINDOW_S
from gistrun.settings import GITHUB_GIT_HOST, GITHUB_RAW_HOST

#: GitHub refuses requests without one.
USER_AGENT = "gistrun"
#: The later 2026-03-10 leaves `history` out of a gist, and with it the revision; GitHub supports a version for two
#: years at least. `Gists.fetch` can do without the history, at the price of a second request.
API_VERSION = "2022-11-28"
#: The media types that we ask for.
JSON, CONTENT = "application/vnd.github+json", "application/vnd.github.raw+json"

_ERROR_BYTES = 64 * 2**10
_REDIRECTS = 3
_CHUNK = 2**16


class AnswerTooLarge(Exception):
    """The answer is longer than the most that we read."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment until which an answer is awaited, by the clock `now`."""

    moment: datetime
    now: Callable[[], datetime]

    def left(self) -> float:
        """Seconds left.

        Raises:
            TimeoutError: there are none.
        """
        seconds = (self.moment - self.now()).total_seconds()
        if seconds <= 0:
            raise TimeoutError
        return seconds


@dataclass(frozen=True, slots=True)
class GitRemote:
    """What git needs in order to fetch as this session fetches."""

    url: str
    #: None where the address is not the API's own.
    token: str | None
    proxy: str | None
    #: A file of trusted certificates, where it is not the usual one.
    certificates: str | None


class Session:
    """Asks one GitHub and the hosts allowed beside it.

    Args:
        api_url: without a slash at its end.
        token: sent to the scheme, host and port of `api_url` and to no other.
        raw_hosts: `host` or `host:port` that raw files may be fetched from.
    """

    def __init__(self, api_url: str, token: str | None, raw_hosts: Iterable[str], timeout_s: float) -> None:
        self.api_url = api_url
        self._token = token
        self._timeout_s = timeout_s
        self._origin = scheme, host = origin(api_url)
        self._raw_hosts = {host, *(origin(f"{scheme}://{name}")[1] for name in raw_hosts)}
        self._session = GitHubSession(default_connect_timeout=timeout_s, default_read_timeout=timeout_s)
        self._session.token_auth(token)
        self._session.headers["User-Agent"] = USER_AGENT
        for name in ("Content-Type", "Accept-Charset"):  # set by github3; we send no content
            del self._session.headers[name]

    def api(
        self,
        path: str,
        deadline: Deadline,
        most: int,
        etag: str | None,
        learn: Callable[[requests.Response], None],
        accept: str = JSON,
    ) -> tuple[requests.Response, bytes]:
        """A 200, or a 304 where an ETag was given.

        Args:
            path: below the API's root, or a whole address that GitHub named.
            learn: is called with every answer, for its status and headers.
            accept: the media type to ask for.

        Raises:
            github3's ResponseError: GitHub answered with another status. AnswerTooLarge, Unexpected, TimeoutError,
            OSError, urllib3's HTTPError: no usable answer.
        """
        headers = {"X-GitHub-Api-Version": API_VERSION, "Accept": accept}
        if etag:
            headers["If-None-Match"] = etag
        url = path if "://" in path else f"{self.api_url}{path}"
        response, body = self._get(url, headers, most, deadline, self._check_api)
        learn(response)
        status = response.status_code
        if status == 200 or (status == 304 and etag):
            return response, body
        if 400 <= status < 600:
            response.raw = io.BytesIO(body)  # already read, up to its cap: github3 reads it from here
            raise exceptions.error_for(response)
        raise Unexpected(f"it came with status {status}")

    def raw(self, url: str, deadline: Deadline, most: int) -> tuple[requests.Response, bytes]:
        """The answer of a raw host, whatever its status.

        Raises:
            GitHubUnavailable: the host is not allowed. The other errors as `api`.
        """
        return self._get(url, {"Accept": "*/*"}, most, deadline, self._check_raw)

    def git(self, url: str, deadline: Deadline) -> tuple[requests.Response, GitRemote]:
        """The answer of a git server to the first request of a fetch, and its address after all redirects.

        Raises:
            as `raw`.
        """
        service = "/info/refs?service=git-upload-pack"
        response, _ = self._get(url + service, {"Accept": "*/*"}, _ERROR_BYTES, deadline, self._check_git, read=False)
        landed = (response.url or "").removesuffix(service)
        self._check_git(landed)
        environment = self._session.merge_environment_settings(landed, {}, None, None, None)
        verify = environment["verify"]
        return response, GitRemote(
            landed,
            self._token if origin(landed) == self._origin else None,
            requests.utils.select_proxy(landed, environment["proxies"]),
            verify if isinstance(verify, str) else None,
        )

    def _get(
        self,
        url: str,
        headers: dict[str, str],
        most: int,
        deadline: Deadline,
        check: Callable[[str], None],
        read: bool = True,
    ) -> tuple[requests.Response, bytes]:
        """GET an address and follow its redirects, each of which `check` must pass; reads at most `most` bytes."""
        for _ in range(_REDIRECTS + 1):
            check(url)
            wait = min(self._timeout_s, deadline.left())
            response = self._session.get(
                url,
                headers=headers,
                # Explicit in either case: with None, requests would read credentials from a ~/.netrc.
                auth=self._session.auth if self._token and origin(url) == self._origin else _anonymous,
                timeout=(wait, wait),
                stream=True,
                allow_redirects=False,
            )
            with response:
                if not response.is_redirect:
                    cap = min(most, _ERROR_BYTES) if response.status_code >= 400 else most
                    return response, self._read(response, cap, deadline) if read else b""
                url = urljoin(url, response.headers["Location"])
        raise Unexpected("it leads from one address to the next")

    def _read(self, response: requests.Response, most: int, deadline: Deadline) -> bytes:
        body = bytearray()
        # read1 gives the bytes that have arrived, so that a server which sends a byte now and then meets the deadline.
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > most:
                if response.status_code >= 400:
                    return b""
                raise AnswerTooLarge
            deadline.left()
        return bytes(body)

    def _check_api(self, url: str) -> None:
        if origin(url) != self._origin:
            raise Unexpected("it sends us to another host than GITHUB_API_URL names")

    def _check_raw(self, url: str) -> None:
        self._check_host(url, self._raw_hosts, "a large file of this gist")

    def _check_git(self, url: str) -> None:
        self._check_host(url, self._raw_hosts | {GITHUB_GIT_HOST}, "this gist's repository")

    def _check_host(self, url: str, allowed: set[str], what: str) -> None:
        scheme, host = origin(url)
        # Plain http only where the API's own address is plain http, and never to github.com.
        secure = scheme == "https" or (scheme == self._origin[0] and host not in (GITHUB_RAW_HOST, GITHUB_GIT_HOST))
        if host not in allowed or not secure:
            raise GitHubUnavailable(
                f"GitHub keeps {what} at {shown(f'{scheme}://{host}')}, where this server does not "
                "fetch from. Its operator can allow the host in GITHUB_RAW_HOSTS.",
                retry_after=WINDOW_S,
            )


def origin(url: str) -> tuple[str, str]:
    """Scheme and `host` or `host:port`, by the parser that will also make the connection.

    Raises:
        Unexpected: not an address of the web, or one with a user in it.
    """
    try:
        parts = parse_url(url)
    except LocationParseError:
        raise Unexpected("it holds an address that is none") from None
    if parts.scheme not in ("http", "https") or not parts.host or parts.auth is not None:
        raise Unexpected("it holds an address that is not one of the web")
    default = {"http": 80, "https": 443}[parts.scheme]
    host = parts.host.lower()
    return parts.scheme, host if parts.port in (None, default) else f"{host}:{parts.port}"


def _anonymous(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
