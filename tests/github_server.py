"""A stand-in for GitHub's gist API, faithful where gistrun looks: for tests, and for `script/server --demo`.

In a test:

    with GitHubServer() as github:
        sha = github.put("aa5a315d61ae9438b18d", {"main.py": "print(1)"})
        github.fail(502, times=1)
        ... GITHUB_API_URL=github.url ...
        assert github.requests[0].path == "/gists/aa5a315d61ae9438b18d"

From the command line (the standard library is enough):

    python tests/github_server.py --port 8001 [--recordings FILE] [--real-python FILE] [--examples DIR]

It answers as GitHub describes itself in https://docs.github.com/rest/gists/gists and its OpenAPI document: ETags with
304s that are free of the budget with a token, rate limits, revisions, pagination, files cut off beyond 1 MB, lists cut
off beyond 300 files, base64 for what is no text, raw files, and git for the whole of it (which needs git). Only reading
is offered; gists are changed through `put`, `change`, `delete` and `take_down`.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import json
import math
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, quote, unquote, urlsplit

EXAMPLES = Path(__file__).resolve().parent / "examples"

#: "The Gist API provides up to one megabyte of content for each file in the gist"; "the entire files list may be
#: truncated if the total number exceeds 300 files".
FILE_BYTES = 2**20
LISTED_FILES = 300
API_VERSIONS = ("2022-11-28", "2026-03-10")
DOCUMENTATION = "https://docs.github.com/rest"

_LANGUAGES = {
    ".bash": ("Shell", "application/x-sh"),
    ".c": ("C", "text/plain"),
    ".cpp": ("C++", "text/plain"),
    ".csv": ("CSV", "text/csv"),
    ".geojson": ("JSON", "text/plain"),
    ".go": ("Go", "text/plain"),
    ".h": ("C", "text/plain"),
    ".html": ("HTML", "text/html"),
    ".js": ("JavaScript", "application/javascript"),
    ".json": ("JSON", "application/json"),
    ".md": ("Markdown", "text/markdown"),
    ".pl": ("Perl", "text/plain"),
    ".py": ("Python", "application/x-python"),
    ".rb": ("Ruby", "application/x-ruby"),
    ".sh": ("Shell", "application/x-sh"),
    ".txt": ("Text", "text/plain"),
}


@dataclass(frozen=True)
class Seen:
    """One request as it arrived; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    #: True when it came to the second address, `elsewhere`.
    elsewhere: bool = False
    body: bytes = b""


@dataclass
class Revision:
    version: str
    files: dict[str, bytes]
    committed_at: datetime
    author: str | None
    #: The body as it was recorded, served in place of one of our own.
    recorded: dict[str, Any] | None = None
    #: What git has of it: objects by name, and which of them is the commit; none where the commit is a recorded one.
    objects: dict[str, bytes] = field(default_factory=dict)


@dataclass
class StoredGist:
    id: str
    created_at: datetime
    description: str | None
    owner: str | None
    public: bool
    #: Oldest first.
    revisions: list[Revision] = field(default_factory=list)
    languages: dict[str, str | None] = field(default_factory=dict)
    #: The bodies name raw files at `elsewhere`.
    raw_elsewhere: bool = False

    @property
    def updated_at(self) -> datetime:
        return self.revisions[-1].committed_at


@dataclass
class Failure:
    """What to do instead of answering: a status, or one of the words that `GitHubServer.fail` explains."""

    what: int | str
    times: int | None
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Answer:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class GitHubServer:
    """GitHub on a port of this machine. Safe to control from one thread while others ask.

    Args:
        port: 0 takes a spare one.
        token: the only token that is good; None takes any.
        prefix: `/api/v3` makes it an Enterprise Server.
        now: the time, with its zone.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        token: str | None = None,
        prefix: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._token = token
        self._prefix = prefix
        self._now = now
        self._lock = threading.RLock()
        self._gists: dict[str, StoredGist] = {}
        self._readmes: dict[str, bytes] = {}
        self._failures: list[Failure] = []
        self._limits: dict[bool, dict[str, int]] = {}
        self._repositories = tempfile.TemporaryDirectory(prefix="github-")
        self._writing = threading.Lock()
        self._refused: dict[str, tuple[int, dict[str, Any]]] = {}
        self._under_way: Counter[str] = Counter()
        self._stopped = threading.Event()
        #: Seconds that every answer takes.
        self.slow_s = 0.0
        #: The most requests that were under way at a time, by gist, and of all under "".
        self.most_at_once: Counter[str] = Counter()
        #: Every request so far, oldest first.
        self.requests: list[Seen] = []
        #: How often it answered with each status.
        self.statuses: Counter[int] = Counter()
        self._main = self._listen(host, port, elsewhere=False)
        self._second = self._listen(host, 0, elsewhere=True)
        address = self._main.server_address[:2]
        self.host = f"{address[0]!s}:{address[1]}"
        #: What GITHUB_API_URL is to be.
        self.url = f"http://{self.host}{prefix}"
        #: `host:port` of the same files on another origin, as gist.githubusercontent.com is to api.github.com.
        self.elsewhere = f"{address[0]!s}:{self._second.server_address[1]}"

    def _listen(self, host: str, port: int, elsewhere: bool) -> _Server:
        handler = type("Handler", (_Handler,), {"github": self, "elsewhere": elsewhere})
        return _Server((host, port), handler)

    def start(self) -> Self:
        for server in (self._main, self._second):
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self) -> None:
        self._stopped.set()
        for server in (self._main, self._second):
            server.shutdown()
            server.server_close()
        self._repositories.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()

    # Control

    def put(
        self,
        gist_id: str,
        files: Mapping[str, str | bytes],
        *,
        description: str | None = "",
        owner: str | None = "octocat",
        public: bool = True,
        version: str | None = None,
        committed_at: datetime | None = None,
        author: str | None = "",
        languages: Mapping[str, str | None] | None = None,
        raw_elsewhere: bool = False,
        modes: Mapping[str, str] | None = None,
    ) -> str:
        """A new gist, or a new revision of one: from now on it holds these files.

        Args:
            owner: None is an anonymous gist.
            version: the commit; one is made up where none is given.
            author: of this revision; None is a user that is gone, "" the owner.
            languages: GitHub's word by file name, where it is not to be guessed from the extension.
            raw_elsewhere: name raw files and the repository on the origin `elsewhere` in place of the API's own.
            modes: git's, by file name, where it is no plain file: `120000` is a symbolic link to what is its content,
                `160000` a submodule at the commit that is its content, `40000` a folder with a file of that content.

        Returns:
            The revision.
        """
        content = {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
        with self._lock:
            moment = committed_at or self._now()
            gist = self._gists.get(gist_id)
            if gist is None:
                gist = self._gists[gist_id] = StoredGist(gist_id, moment, description, owner, public)
            gist.description, gist.owner, gist.public = description, owner, public
            gist.languages.update(languages or {})
            gist.raw_elsewhere = raw_elsewhere
            objects: dict[str, bytes] = {}
            if version is None:
                version, objects = _commit(gist, content, modes or {})
            revision = Revision(version, content, moment, owner if author == "" else author, objects=objects)
            gist.revisions.append(revision)
            return version

    def put_recorded(self, body: dict[str, Any], *, as_recorded: bool = True) -> str:
        """A revision from a recorded body with the content of every file.

        Args:
            as_recorded: serve that very body, with the nulls and the gaps of its year; only the host names in it are
                changed to ours. Otherwise its content is served in today's form.

        Returns:
            The revision; one that is there already is left as it is.
        """
        newest = body["history"][0]
        version = newest["version"]
        with self._lock:
            known = self._gists.get(body["id"])
            if known and any(revision.version == version for revision in known.revisions):
                return str(version)
            self.put(
                body["id"],
                {name: file["content"] for name, file in body["files"].items()},
                description=body.get("description"),
                owner=(body.get("owner") or body.get("user") or {}).get("login"),
                public=body["public"],
                version=version,
                committed_at=datetime.fromisoformat(newest["committed_at"]),
                author=(newest.get("user") or {}).get("login"),
                languages={name: file.get("language") for name, file in body["files"].items()},
            )
            gist = self._gists[body["id"]]
            if as_recorded:
                gist.revisions[-1].recorded = body
            gist.created_at = datetime.fromisoformat(body["created_at"])
            gist.revisions.sort(key=lambda revision: revision.committed_at)
        return str(version)

    def delete(self, gist_id: str) -> None:
        """From now on it is not found."""
        with self._lock:
            del self._gists[gist_id]

    def take_down(self, gist_id: str, status: int = 451) -> None:
        """From now on it is refused: 451 or 403 with a `block`, as for a claim under the DMCA, or 410."""
        block = {"reason": "dmca", "created_at": _time(self._now()), "html_url": "https://github.com/github/dmca"}
        with self._lock:
            body: dict[str, Any] = _error("Repository access blocked" if status != 410 else "Gone", status)
            self._refused[gist_id] = (status, body if status == 410 else body | {"block": block})

    def change(self, gist_id: str, *, owner: str | None, public: bool) -> None:
        """Another name of the owner, or another visibility, of the same revision."""
        with self._lock:
            self._gists[gist_id].owner, self._gists[gist_id].public = owner, public

    @contextmanager
    def counting(self, path: str) -> Iterator[None]:
        """While one request is answered."""
        gist_id = next((part for part in path.removesuffix(".git").split("/") if part in self._gists), path)
        with self._lock:
            self._under_way[gist_id] += 1
            self._under_way[""] += 1
            for name in (gist_id, ""):
                self.most_at_once[name] = max(self.most_at_once[name], self._under_way[name])
        try:
            yield
        finally:
            with self._lock:
                self._under_way[gist_id] -= 1
                self._under_way[""] -= 1

    def pause(self) -> None:
        """Be as slow as `slow_s` says."""
        if self.slow_s:
            self._stopped.wait(self.slow_s)

    def put_readme(self, repository: str, text: str | bytes | None) -> None:
        """The README of a repository, `owner/name`; None has it removed."""
        with self._lock:
            self._readmes.pop(repository.lower(), None)
            if text is not None:
                self._readmes[repository.lower()] = text.encode() if isinstance(text, str) else text

    def ids(self) -> list[str]:
        """Of every gist, secret ones too."""
        with self._lock:
            return list(self._gists)

    def revisions(self, gist_id: str) -> list[str]:
        """Oldest first."""
        with self._lock:
            return [revision.version for revision in self._gists[gist_id].revisions]

    def fail(
        self,
        what: int | str,
        times: int | None = 1,
        *,
        path: str = "/gists/",
        headers: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> None:
        """Fail the next requests whose path begins with `path` (`/raw/` for raw files), until `heal` if times is None.

        Args:
            what: a status (302 wants a `Location` in headers; 200 sends `body` as it is), or
                "hang": takes the request and never answers;
                "garbage": 200 with a page of HTML;
                "drop": the connection is reset;
                "cut": breaks off in the middle of the body;
                "drip": a byte now and then, without end;
                "flood": bytes without end.
            body: bytes as they are, anything else as JSON.
        """
        with self._lock:
            self._failures.append(Failure(what, times, path, dict(headers or {}), body))

    def secondary_limit(self, status: int = 403, retry_after: str | None = "60", times: int | None = 1) -> None:
        """The next requests exceed a secondary limit."""
        headers = {"Retry-After": retry_after} if retry_after else {}
        message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        self.fail(status, times, headers=headers, body=_error(message, status))

    def heal(self) -> None:
        """Forget the failures that are still to come."""
        with self._lock:
            self._failures.clear()

    def limit(self, remaining: int, *, reset_in: float = 3600) -> None:
        """So much is left of the budget, with and without a token, until the reset."""
        with self._lock:
            reset = math.ceil(self._now().timestamp() + reset_in)
            for signed_in in (False, True):
                self._limits[signed_in] = {"remaining": remaining, "reset": reset}

    # Loading

    def load_recordings(self, recordings: Path, *, as_recorded: bool = False) -> None:
        """Every gist body among recorded exchanges, and the gists of a `real_gists.json` beside the file."""
        for body in recorded_bodies(recordings):
            self.put_recorded(body, as_recorded=as_recorded)
        real = recordings.with_name("real_gists.json")
        if real.exists():
            for gist in json.loads(real.read_text(encoding="utf-8")):
                if gist["id"] not in self._gists:
                    files = {name: file["content"] for name, file in gist["files"].items()}
                    languages = {name: file.get("language") for name, file in gist["files"].items()}
                    # Whose they are was not kept.
                    self.put(gist["id"], files, description=gist["description"], owner=None, languages=languages)

    def load_real_python(self, path: Path) -> None:
        """A gist per line: `{"id", "url", "files": {name: text}}`; the owner is in the URL."""
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                gist = json.loads(line)
                owner = urlsplit(gist["url"]).path.split("/")[1]
                self.put(gist["id"], gist["files"], description=None, owner=owner)

    def load_examples(self, folder: Path = EXAMPLES) -> None:
        """A gist per folder, named by its id; `gist.json` in it holds description, owner and public."""
        for gist in sorted(path for path in folder.iterdir() if (path / "gist.json").exists()):
            about = json.loads((gist / "gist.json").read_text(encoding="utf-8"))
            files = {path.name: path.read_bytes() for path in sorted(gist.iterdir()) if path.name != "gist.json"}
            self.put(gist.name, files, **about)

    # Answering

    def answer(self, seen: Seen) -> Answer | Failure:
        """What to send for a request."""
        path = urlsplit(seen.path).path
        with self._lock:
            self.requests.append(seen)
            if path.startswith(self._prefix + "/"):
                path = path.removeprefix(self._prefix)
            if failure := self._failing(path):
                return failure
            if path.startswith("/raw/"):
                return self._raw(path, seen)
            if not path.startswith("/git/"):
                return self._api(path, seen)
        return self._git(path, seen)

    def _git(self, path: str, seen: Seen) -> Answer:
        """git's smart protocol (https://git-scm.com/docs/http-protocol), by git's own server; free of the budget."""
        with self._lock:
            gist = self._gists.get(path.split("/")[2].removesuffix(".git"))
            objects = {}
            for revision in gist.revisions if gist else ():
                objects |= revision.objects
        if gist is None or gist.revisions[-1].version not in objects:
            return Answer(404, b"Repository not found.", {"Content-Type": "text/plain"})
        folder = Path(self._repositories.name) / gist.revisions[-1].version
        with self._writing:
            if not folder.exists():
                _write_repository(folder, objects, gist.revisions[-1].version)
        command = [
            "git",
            "-c",
            "safe.directory=*",
            "-c",
            "uploadpack.allowAnySHA1InWant=true",
            "-c",
            "core.compression=1",
        ]
        command += ["upload-pack", "--stateless-rpc"]
        environment = {"PATH": os.defpath, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
        if protocol := seen.headers.get("git-protocol"):
            environment["GIT_PROTOCOL"] = protocol
        if path.endswith("/info/refs") and seen.method == "GET":
            command.append("--http-backend-info-refs")
            kind, told = "advertisement", b"001e# service=git-upload-pack\n0000"
        else:
            kind, told = "result", b""
        body = gzip.decompress(seen.body) if seen.headers.get("content-encoding") == "gzip" else seen.body
        done = subprocess.run([*command, folder], env=environment, input=body, capture_output=True, check=False)
        told += done.stdout
        headers = {"Content-Type": f"application/x-git-upload-pack-{kind}", "Cache-Control": "no-cache"}
        return Answer(200, told, headers)

    def _failing(self, path: str) -> Failure | None:
        for failure in self._failures:
            if path.startswith(failure.path):
                if failure.times is not None:
                    failure.times -= 1
                    if failure.times == 0:
                        self._failures.remove(failure)
                return failure
        return None

    def _api(self, path: str, seen: Seen) -> Answer:
        authorization = seen.headers.get("authorization", "")
        if authorization and self._token and authorization.split(" ")[-1] != self._token:
            return _json_answer(_error("Bad credentials", 401), 401)
        if not seen.headers.get("user-agent"):
            return Answer(
                403, b"Request forbidden by administrative rules. Please make sure your request has a User-Agent"
            )
        version = seen.headers.get("x-github-api-version", API_VERSIONS[0])
        if version not in API_VERSIONS:
            return _json_answer(_error(f"The version {version!r} is not supported.", 400), 400)
        limit = self._limit(bool(authorization))
        if path == "/rate_limit":
            return self._finish(_json_answer(self._rate_limit(limit)), seen, limit, version)
        if limit["remaining"] == 0:
            message = (
                f"API rate limit exceeded for {self.host}. (But here's the good news: Authenticated requests get a"
            )
            answer = _json_answer(_error(f"{message} higher rate limit.)", 403), 403)
            return self._finish(answer, seen, limit, version)
        answer = self._finish(self._resource(path, seen, version), seen, limit, version)
        # "Making a conditional request does not count against your primary rate limit if a 304 response is returned and
        # the request was made while correctly authorized with an Authorization header."
        if answer.status != 304 or not authorization:
            limit["remaining"] -= 1
            limit["used"] += 1
        answer.headers.update(_limit_headers(limit))
        return answer

    def _limit(self, signed_in: bool) -> dict[str, int]:
        total = 5000 if signed_in else 60
        limit = self._limits.setdefault(signed_in, {"remaining": total})
        now = self._now().timestamp()
        if limit.get("reset", 0) <= now:
            limit.update(remaining=total if "reset" in limit else limit["remaining"], reset=math.ceil(now + 3600))
        limit.update(limit=total, used=total - limit["remaining"])
        return limit

    def _finish(self, answer: Answer, seen: Seen, limit: dict[str, int], version: str) -> Answer:
        """The headers that every answer of the API has, the ETag, and a 304 where it matches."""
        if answer.status == 200:
            answer = _conditional(answer, seen, "private" if "authorization" in seen.headers else "public")
        answer.headers |= _limit_headers(limit) | {
            "X-GitHub-Media-Type": "github.v3; format=json",
            "X-GitHub-Api-Version-Selected": version,
        }
        return answer

    def _resource(self, path: str, seen: Seen, version: str) -> Answer:
        query = parse_qs(urlsplit(seen.path).query)
        match [unquote(part) for part in path.strip("/").split("/")]:
            case ["gists", "public"]:
                found = [gist for gist in self._gists.values() if gist.public and gist.owner]
                return self._list(found, query, path, version)
            case ["users", owner, "gists"]:
                theirs = [gist for gist in self._gists.values() if (gist.owner or "").lower() == owner.lower()]
                if not theirs:
                    return _not_found()
                found = [gist for gist in theirs if gist.public]
                return self._list(found, query, path, version)
            case ["gists", gist_id]:
                return self._gist(gist_id, None, version)
            case ["gists", gist_id, "commits"] if gist := self._gists.get(gist_id):
                commits = [self._commit(gist, index) for index in reversed(range(len(gist.revisions)))]
                return self._page(commits, query, path)
            case ["gists", gist_id, sha]:
                return self._gist(gist_id, sha, version)
            case ["repos", owner, name, "readme"] if (text := self._readmes.get(f"{owner}/{name}".lower())) is not None:
                if ".raw" in seen.headers.get("accept", ""):
                    return Answer(200, text, {"Content-Type": "application/vnd.github.raw+json; charset=utf-8"})
                content = {"encoding": "base64", "content": base64.encodebytes(text).decode()}
                return _json_answer(
                    {"type": "file", "path": "README.md", "sha": _blob(text), "size": len(text)} | content
                )
        return _not_found()

    def _gist(self, gist_id: str, sha: str | None, version: str) -> Answer:
        if gist_id in self._refused:
            status, body = self._refused[gist_id]
            return _json_answer(body, status)
        gist = self._gists.get(gist_id)
        if gist is None:
            return _not_found()
        versions = [revision.version for revision in gist.revisions]
        if sha is not None and sha not in versions:
            return _not_found()
        index = len(versions) - 1 if sha is None else versions.index(sha)
        revision = gist.revisions[index]
        if revision.recorded is not None:
            return _json_answer(self._at_home(revision.recorded))
        listed = dict(list(revision.files.items())[:LISTED_FILES])
        body = self._about(gist, revision) | {
            "files": self._files_with_content(gist, listed),
            "forks": [],
            "history": [self._commit(gist, past) for past in range(index, -1, -1)],
            "truncated": len(revision.files) > LISTED_FILES,
        }
        return _json_answer(_as_of(body, version))

    def _at_home(self, value: Any, name: str = "") -> Any:
        """A recorded body with the addresses of the API and of raw files changed to ours."""
        if isinstance(value, dict):
            return {name: self._at_home(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._at_home(inner, name) for inner in value]
        if isinstance(value, str) and name.endswith("url"):
            value = value.replace("https://api.github.com/", f"{self.url}/", 1)
            return value.replace("https://gist.githubusercontent.com/", f"http://{self.host}/raw/", 1)
        return value

    def _list(self, gists: list[StoredGist], query: dict[str, list[str]], path: str, version: str) -> Answer:
        since = query.get("since", [""])[0]
        if since:
            gists = [gist for gist in gists if gist.updated_at >= datetime.fromisoformat(since)]
        gists = sorted(gists, key=lambda gist: gist.updated_at, reverse=True)
        bodies = []
        for gist in gists:
            newest = gist.revisions[-1]
            files = {name: self._file(gist, name, content) for name, content in newest.files.items()}
            body = self._about(gist, newest) | {"files": files, "truncated": False}
            bodies.append(_as_of(body, version))
        return self._page(bodies, query, path)

    def _page(self, items: list[dict[str, Any]], query: dict[str, list[str]], path: str) -> Answer:
        per_page = min(max(_number(query, "per_page", 30), 1), 100)
        page = max(_number(query, "page", 1), 1)
        last = max(math.ceil(len(items) / per_page), 1)
        answer = _json_answer(items[(page - 1) * per_page : page * per_page])
        links = {"next": page + 1, "last": last} if page < last else {}
        if page > 1:
            links |= {"first": 1, "prev": page - 1}
        rest = "".join(f"&{name}={quote(values[0])}" for name, values in query.items() if name not in ("page",))
        if links:
            answer.headers["Link"] = ", ".join(
                f'<{self.url}{path}?page={number}{rest}>; rel="{name}"' for name, number in links.items()
            )
        return answer

    def _about(self, gist: StoredGist, revision: Revision) -> dict[str, Any]:
        url = f"{self.url}/gists/{gist.id}"
        page = f"https://gist.github.com/{gist.owner}/{gist.id}" if gist.owner else f"https://gist.github.com/{gist.id}"
        body: dict[str, Any] = {
            "url": url,
            "forks_url": f"{url}/forks",
            "commits_url": f"{url}/commits",
            "id": gist.id,
            "node_id": "G_" + base64.urlsafe_b64encode(gist.id.encode()).decode().rstrip("="),
            "git_pull_url": f"http://{self.elsewhere if gist.raw_elsewhere else self.host}/git/{gist.id}.git",
            "git_push_url": f"https://gist.github.com/{gist.id}.git",
            "html_url": page,
            "public": gist.public,
            "created_at": _time(gist.created_at),
            "updated_at": _time(revision.committed_at),
            "description": gist.description,
            "comments": 0,
            "comments_enabled": True,
            "user": None,
            "comments_url": f"{url}/comments",
        }
        if gist.owner:  # the body of an anonymous gist has no owner at all
            body["owner"] = self._user(gist.owner)
        return body

    def _file(self, gist: StoredGist, name: str, content: bytes) -> dict[str, Any]:
        language, kind = _LANGUAGES.get(Path(name).suffix.lower(), (None, "text/plain"))
        host = self.elsewhere if gist.raw_elsewhere else self.host
        raw = "/".join([quote(gist.owner or "anonymous"), gist.id, "raw", _blob(content) or "", quote(name, safe="")])
        return {
            "filename": name,
            "type": kind,
            "language": gist.languages.get(name, language),
            "raw_url": f"http://{host}/raw/{raw}",
            "size": len(content),
        }

    def _files_with_content(self, gist: StoredGist, files: dict[str, bytes]) -> dict[str, Any]:
        """A file beyond the cap is cut off, and leaves the ones after it blank."""
        bodies: dict[str, Any] = {}
        blank = False
        for name, content in files.items():
            truncated = blank or len(content) > FILE_BYTES
            body = self._file(gist, name, content) | {"truncated": truncated, "content": "", "encoding": "utf-8"}
            if not blank:
                blank = truncated
                try:
                    whole = content.decode()
                    body["content"] = content[:FILE_BYTES].decode("utf-8", "ignore") if truncated else whole
                except UnicodeDecodeError:
                    body |= {"content": base64.b64encode(content[:FILE_BYTES]).decode(), "encoding": "base64"}
            bodies[name] = body
        return bodies

    def _commit(self, gist: StoredGist, index: int) -> dict[str, Any]:
        revision = gist.revisions[index]
        if index:
            before, after = _lines(gist.revisions[index - 1].files), _lines(revision.files)
            additions, deletions = (after - before).total(), (before - after).total()
        else:  # at once also for 10 MB
            additions, deletions = sum(len(content.splitlines()) for content in revision.files.values()), 0
        return {
            "user": self._user(revision.author) if revision.author else None,
            "version": revision.version,
            "committed_at": _time(revision.committed_at),
            "change_status": {"total": additions + deletions, "additions": additions, "deletions": deletions},
            "url": f"{self.url}/gists/{gist.id}/{revision.version}",
        }

    def _user(self, login: str) -> dict[str, Any]:
        number = int(hashlib.sha256(login.encode()).hexdigest()[:7], 16)
        url = f"{self.url}/users/{quote(login)}"
        return {
            "login": login,
            "id": number,
            "node_id": base64.b64encode(f"04:User{number}".encode()).decode(),
            "avatar_url": f"https://avatars.githubusercontent.com/u/{number}?v=4",
            "gravatar_id": "",
            "url": url,
            "html_url": f"https://github.com/{quote(login)}",
            "followers_url": f"{url}/followers",
            "following_url": f"{url}/following{{/other_user}}",
            "gists_url": f"{url}/gists{{/gist_id}}",
            "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
            "subscriptions_url": f"{url}/subscriptions",
            "organizations_url": f"{url}/orgs",
            "repos_url": f"{url}/repos",
            "events_url": f"{url}/events{{/privacy}}",
            "received_events_url": f"{url}/received_events",
            "type": "User",
            "site_admin": False,
        }

    def _rate_limit(self, limit: dict[str, int]) -> dict[str, Any]:
        core = {name: limit[name] for name in ("limit", "remaining", "reset", "used")}
        search = core | {"limit": 10, "remaining": 10, "used": 0}
        return {"resources": {"core": core, "search": search}, "rate": core}

    def _raw(self, path: str, seen: Seen) -> Answer:
        """`/raw/OWNER/ID/raw/BLOB/NAME`, or without the blob for the latest; free of the budget, as text."""
        match [unquote(part) for part in path.split("/")[2:]]:
            case [_, gist_id, "raw", blob, name] if gist := self._gists.get(gist_id):
                states = [revision.files for revision in gist.revisions]
                content = next((files[name] for files in states if _blob(files.get(name)) == blob), None)
            case [_, gist_id, "raw", name] if gist := self._gists.get(gist_id):
                content = gist.revisions[-1].files.get(name)
            case _:
                content = None
        if content is None:
            return Answer(404, b"404: Not Found", {"Content-Type": "text/plain; charset=utf-8"})
        headers = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
        return _conditional(Answer(200, content, headers), seen, "public")


def recorded_bodies(recordings: Path) -> Iterator[dict[str, Any]]:
    """The bodies among recorded exchanges that are a gist with the content of every file, in the order recorded."""
    with recordings.open(encoding="utf-8") as lines:
        for line in lines:
            body = json.loads(line)["body"]
            files = body.get("files") if isinstance(body, dict) else None
            if files and body.get("history") and all(isinstance(file.get("content"), str) for file in files.values()):
                yield body


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Quiet when whoever asked hangs up in the middle, as one does who was sent too much."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Turns an `Answer` into HTTP, and a `Failure` into trouble."""

    protocol_version = "HTTP/1.1"
    # Headers and body are two writes, and the second would wait 40 ms for the first to be acknowledged.
    disable_nagle_algorithm = True
    server_version = "github.com"
    sys_version = ""
    github: GitHubServer
    elsewhere: bool

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:  # what git asks; all else only reads
        self._answer(self._body())

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, body: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        with self.github.counting(urlsplit(self.path).path):
            answer = self.github.answer(Seen(self.command, self.path, headers, self.elsewhere, body))
            self.github.pause()
        with suppress(ConnectionError):  # whoever asked has gone
            if isinstance(answer, Failure):
                self._fail(answer)
            else:
                self._send(answer)

    def _send(self, answer: Answer) -> None:
        with self.github._lock:
            self.github.statuses[answer.status] += 1
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("X-GitHub-Request-Id", "0400:1A2B:3C4D:5E6F:00000000")
        if answer.status != 304:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if answer.status != 304:
            self.wfile.write(answer.body)

    def _fail(self, failure: Failure) -> None:
        stopped = self.github._stopped
        if isinstance(failure.what, int):
            body = _error("Server Error", failure.what) if failure.body is None else failure.body
            answer = Answer(failure.what, body) if isinstance(body, bytes) else _json_answer(body, failure.what)
            answer.headers.update(failure.headers)
            self._send(answer)
            return
        if failure.what == "garbage":
            self._send(Answer(200, b"<!DOCTYPE html><title>Unicorn!</title>", {"Content-Type": "text/html"}))
            return
        self.close_connection = True
        if failure.what == "hang":
            stopped.wait()
        elif failure.what == "drop":
            # Closing with a linger of nothing sends a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        elif failure.what == "cut":
            self.send_response(200)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"id": "')
        else:
            chunk, pause = {"drip": (b" ", 0.05), "flood": (b" " * 2**16, 0.0)}[failure.what]
            self.send_response(200)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Connection", "close")
            self.end_headers()
            while not stopped.wait(pause):
                self.wfile.write(chunk)
                self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the requests are kept in `GitHubServer.requests`."""


def _json_answer(body: Any, status: int = 200) -> Answer:
    text = body if isinstance(body, str) else json.dumps(body)
    return Answer(status, text.encode(), {"Content-Type": "application/json; charset=utf-8"})


def _error(message: str, status: int) -> dict[str, str]:
    return {"message": message, "documentation_url": DOCUMENTATION, "status": str(status)}


def _not_found() -> Answer:
    return _json_answer(_error("Not Found", 404), 404)


def _conditional(answer: Answer, seen: Seen, scope: str) -> Answer:
    """With its ETag, strong for the plain body and weak for the compressed one; 304 without a body if it matches."""
    tag = f'"{hashlib.sha256(answer.body).hexdigest()}"'
    headers = answer.headers | {"Cache-Control": f"{scope}, max-age=60, s-maxage=60", "Vary": "Accept, Accept-Encoding"}
    zipped = "gzip" in seen.headers.get("accept-encoding", "")
    headers["ETag"] = f"W/{tag}" if zipped else tag
    asked = [part.strip().removeprefix("W/") for part in seen.headers.get("if-none-match", "").split(",")]
    if tag in asked or "*" in asked:
        return Answer(304, b"", headers)
    if zipped:
        return Answer(200, gzip.compress(answer.body, 1, mtime=0), headers | {"Content-Encoding": "gzip"})
    return Answer(200, answer.body, headers)


def _limit_headers(limit: dict[str, int]) -> dict[str, str]:
    headers = {f"X-RateLimit-{name.capitalize()}": str(limit[name]) for name in ("limit", "remaining", "used", "reset")}
    return headers | {"X-RateLimit-Resource": "core"}


def _as_of(body: dict[str, Any], version: str) -> dict[str, Any]:
    """From 2026-03-10 on the body of a gist has no forks, no history and no user."""
    if version == API_VERSIONS[0]:
        return body
    return {name: value for name, value in body.items() if name not in ("forks", "history", "user")}


def _commit(gist: StoredGist, files: dict[str, bytes], modes: Mapping[str, str]) -> tuple[str, dict[str, bytes]]:
    """git's own name for the commit, and the objects it consists of, as git stores them before compression.

    The same gist with the same past has the same commit, so that a restarted stand-in is the same GitHub.
    """
    objects: dict[str, bytes] = {}

    def keep(kind: str, content: bytes) -> str:
        whole = f"{kind} {len(content)}\0".encode() + content
        name = hashlib.sha1(whole).hexdigest()
        objects[name] = whole
        return name

    def entry(mode: str, name: bytes, content: bytes) -> bytes:
        if mode == "40000":
            content_name = keep("tree", entry("100644", b"inner", content))
        else:
            content_name = content.decode() if mode == "160000" else keep("blob", content)
        return mode.encode() + b" " + name + b"\0" + bytes.fromhex(content_name)

    named = sorted((name.encode("utf-8", "surrogatepass"), name) for name in files)
    tree = b"".join(entry(modes.get(name, "100644"), in_git, files[name]) for in_git, name in named)
    lines = [f"tree {keep('tree', tree)}", *(f"parent {past.version}" for past in gist.revisions[-1:])]
    lines += [f"{role} GitHub <noreply@github.com> 0 +0000" for role in ("author", "committer")]
    return keep("commit", "\n".join([*lines, "", f"{gist.id}\n"]).encode()), objects


def _blob(content: bytes | None) -> str | None:
    """The name that git gives the content."""
    return None if content is None else hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _write_repository(folder: Path, objects: dict[str, bytes], head: str) -> None:
    """A bare repository with these objects, and one branch."""
    for name, whole in objects.items():
        path = folder / "objects" / name[:2] / name[2:]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(zlib.compress(whole, 1))
    (folder / "refs" / "heads").mkdir(parents=True)
    (folder / "refs" / "heads" / "main").write_text(f"{head}\n")
    (folder / "HEAD").write_text("ref: refs/heads/main\n")


def _lines(files: dict[str, bytes]) -> Counter[tuple[str, bytes]]:
    return Counter((name, line) for name, content in files.items() for line in content.splitlines())


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _number(query: dict[str, list[str]], name: str, default: int) -> int:
    text = query.get(name, [""])[0]
    return int(text) if text.isdecimal() else default


def main() -> None:
    parser = argparse.ArgumentParser(description="A stand-in for GitHub's gist API.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="0 takes a spare one")
    parser.add_argument("--recordings", type=Path, help="recorded exchanges, one JSON object a line")
    parser.add_argument("--real-python", type=Path, help="real Python gists, one JSON object a line")
    parser.add_argument("--examples", type=Path, default=EXAMPLES, help="a folder of gists (default: tests/examples)")
    options = parser.parse_args()
    server = GitHubServer(options.port, host=options.host)
    if options.recordings:
        server.load_recordings(options.recordings)
    if options.real_python:
        server.load_real_python(options.real_python)
    server.load_examples(options.examples)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with server, suppress(KeyboardInterrupt):
        print(f"GitHub's stand-in listens on {server.url} with {len(server.ids())} gists", flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
