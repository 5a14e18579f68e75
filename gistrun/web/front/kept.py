"""Finished pages, badges and outputs, rendered once. From then on they are sent without Flask, templates or GitHub.

    request ─ store.rendered.show ─ kept ─ the bytes of that digest, in this process ─ 200 or 304
                └ not kept: a token ─ Flask, a view ─ Rendering ─ store.rendered.keep, unless something has changed

What is sent is the same bytes for every visitor, so a cache in front may hold it and revalidate it by its ETag.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from itertools import count
from pathlib import Path
from typing import Any, cast

from flask import Flask, Response, current_app, request
from werkzeug.datastructures import Headers
from werkzeug.http import parse_accept_header

import gistrun
from gistrun.errors import StoreUnavailable
from gistrun.model import Run, State
from gistrun.store import Store, Token
from gistrun.web.front.headers import HEADERS, SECRET
from gistrun.web.front.hosts import REFUSED
from gistrun.web.front.validators import matches

EXTENSION = "gistrun-rendered"

#: Characters of an address by which an answer is kept (a badge's may be longer), bytes of a rendering that is kept, and
#: bytes of renderings that this process holds.
_LONGEST_ADDRESS = 500
_LARGEST = 2**20
_HELD = 32 * 2**20
#: An id as GitHub writes it; any other spelling is redirected or answered by a view.
_KEPT_ID = re.compile(r"[0-9a-f]{1,64}")
#: Where a request's token waits for the view.
_TOKEN = "gistrun.token"  # noqa: S105 - the name of a key
#: What follows a gist's id in addresses whose answer differs each time.
_NOT_KEPT = frozenset({"rerun", "events", "history"})

Answer = tuple[str, list[tuple[str, str]], bytes]


@dataclass(frozen=True)
class Rendering:
    """A rendered response, before it is adapted to one request.

    Args:
        headers: all but `ETag`, `Vary` and those about the length and the encoding.
    """

    headers: tuple[tuple[str, str], ...]
    packed: bytes  # gzip

    @classmethod
    def of(cls, headers: tuple[tuple[str, str], ...], body: str | bytes) -> Rendering:
        """The rendering of a text, or of a picture's bytes."""
        return cls(headers, gzip.compress(body.encode() if isinstance(body, str) else body, 6, mtime=0))

    @classmethod
    def load(cls, record: bytes) -> Rendering:
        """The inverse of `dump`."""
        head, _, packed = record.partition(b"\n")
        return cls(tuple((name, value) for name, value in json.loads(head)), packed)

    def dump(self) -> bytes:
        """As it is kept."""
        return json.dumps(self.headers).encode() + b"\n" + self.packed

    @cached_property
    def digest(self) -> str:
        """Equal renderings have equal digests."""
        return hashlib.sha256(self.dump()).hexdigest()[:24]

    @cached_property
    def plain(self) -> bytes:
        """Not compressed: for readers that do not take gzip."""
        return gzip.decompress(self.packed)

    def to(self, environ: dict[str, Any]) -> Answer:
        """Status, headers and body for this request; the answer to HEAD is sent without the body."""
        zipped = takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))
        etag = f'"{self.digest}-gzip"' if zipped else f'"{self.digest}"'
        headers = [*self.headers, ("ETag", etag), ("Vary", "Accept-Encoding")]
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known and (known == etag or matches(known, etag)):
            return "304 NOT MODIFIED", [field for field in headers if field[0] != "Content-Type"], b""
        body = self.packed if zipped else self.plain
        if zipped:
            headers.append(("Content-Encoding", "gzip"))
        headers.append(("Content-Length", str(len(body))))
        return "200 OK", headers, body


class Rendered:
    """The kept renderings of one application: WSGI middleware around it, and where its views leave them.

    Args:
        edition: names everything that decides how pages are rendered, except what is stored.
        interval: seconds between two checks of a gist that somebody views.
    """

    def __init__(self, app: Flask, store: Store, edition: str, interval: float, now: Callable[[], datetime]) -> None:
        self._inside: Callable[[dict[str, Any], Any], Iterable[bytes]] = app.wsgi_app
        self._shelf = store.rendered
        self._edition = edition
        self._interval = interval
        self._now = now
        self._process = os.urandom(8).hex()
        self._tokens = count()
        self._held: OrderedDict[str, Rendering] = OrderedDict()
        self._held_bytes = 0
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer with a kept rendering, if there is one for this request; else have the application answer."""
        address = self._address(environ)
        rendering = self._kept(environ, *address) if address else None
        if rendering is None:
            return self._inside(environ, start_response)
        status, headers, body = rendering.to(environ)
        start_response(status, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _address(self, environ: dict[str, Any]) -> tuple[str, str] | None:
        """The gist, and the name under which the answer to this request is kept; None when none is kept."""
        path = environ["PATH_INFO"]
        if not path.startswith("/gist/") or environ["REQUEST_METHOD"] not in ("GET", "HEAD") or REFUSED in environ:
            return None
        query = environ.get("QUERY_STRING", "")
        gist_id, _, rest = path[6:].partition("/")
        site = f"{environ['wsgi.url_scheme']}://{environ.get('HTTP_HOST', '')}{environ['SCRIPT_NAME']}"
        name = f"{self._edition} {site}{path}?{query}"
        if not _KEPT_ID.fullmatch(gist_id) or "run=" in query:
            return None
        if len(name) > _LONGEST_ADDRESS:
            if not rest.startswith("badge."):
                return None
            name = hashlib.sha256(name.encode()).hexdigest()  # it holds a picture
        if rest in _NOT_KEPT or "/raw/" in rest:
            return None
        return gist_id, name

    def _kept(self, environ: dict[str, Any], gist_id: str, name: str) -> Rendering | None:
        try:
            token = f"{self._process}{next(self._tokens)}"
            shown = self._shelf.show(gist_id, name, token, self._now(), self._interval)
            if isinstance(shown, Token):
                environ[_TOKEN] = shown
                return None
            if shown.until and self._now().timestamp() >= shown.until:
                return None
            return self._held.get(shown.digest) or self._fetch(gist_id, shown.digest)
        except StoreUnavailable:
            return None  # the views answer with a sentence

    def _fetch(self, gist_id: str, digest: str) -> Rendering | None:
        record = self._shelf.body(gist_id, digest)
        return self._hold(Rendering.load(record)) if record else None

    def _hold(self, rendering: Rendering) -> Rendering:
        with self._lock:
            if rendering.digest not in self._held:
                self._held[rendering.digest] = rendering
                self._held_bytes += len(rendering.packed)
            while self._held_bytes > _HELD:
                self._held_bytes -= len(self._held.popitem(last=False)[1].packed)
        return rendering

    def keep(self, rendering: Rendering, run: Run, until: float = 0) -> None:
        """Keep the answer to Flask's request for the next one, as long as it shows the current state.

        Args:
            run: the ended run that it shows.
            until: time in seconds since the epoch after which it is not shown any more; 0 for no such time.
        """
        if not run.state.finished or run.state is State.ERROR or len(rendering.packed) > _LARGEST:
            return
        token = request.environ.get(_TOKEN)
        with suppress(StoreUnavailable):  # the answer itself is there
            if token and self._shelf.keep(token, run.id, rendering.digest, until, rendering.dump()):
                self._hold(rendering)


def answer(rendering: Rendering) -> Response:
    """The rendering as the answer to Flask's request."""
    status, headers, body = rendering.to(request.environ)
    return Response(body, status, Headers(headers))


@lru_cache(maxsize=256)
def takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding header takes gzip (RFC 9110, 12.5.3)."""
    return parse_accept_header(accepted)["gzip"] > 0


def edition_of(*settings: Any) -> str:
    """Names the code and the settings that render: a new name after an upgrade, or with other settings."""
    digest = hashlib.sha256(repr(settings).encode())
    folder = Path(gistrun.__file__).parent
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".html", ".js", ".css", ".svg", ".tsv"):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def rendered() -> Rendered:
    """That of the application that answers this request."""
    return cast(Rendered, current_app.extensions[EXTENSION])


def headers(content_type: str, *own: tuple[str, str], public: bool = True) -> tuple[tuple[str, str], ...]:
    """The headers of a rendering: its own, and those of every answer; `public` is the gist's.

    A cache may hold it and must revalidate it each time. Otherwise GitHub's image proxy would keep a badge for a year.
    """
    kept_by = "public" if public else "private"
    common = HEADERS | ({} if public else SECRET)
    common |= {"Content-Type": content_type, "Cache-Control": f"{kept_by}, no-cache"}
    return tuple((common | dict(own)).items())
