"""Finished pages, badges and outputs, rendered once and answered from then on without Flask, templates or GitHub.

    asked ─ Store.show ─ kept ─ the bytes of that digest, in this process ─ 200 or 304
               └ not kept: a mark ─ Flask, a view ─ Rendering ─ Store.keep, unless something changed since the mark

What is kept is the same for all visitors. Where a page has a form it is kept as what comes before the visitor's token
and what comes after it, each compressed by itself: so the token is put in without compressing anything, and no length
tells anything of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any, cast

from flask import Flask, Response, current_app, request
from werkzeug.datastructures import Headers
from werkzeug.http import parse_accept_header, parse_etags

import gistrun
from gistrun.address import GIST_ID
from gistrun.errors import StoreUnavailable
from gistrun.model import Run, State
from gistrun.store import Store, Token
from gistrun.web.headers import HEADERS, SECRET
from gistrun.web.tokens import Tokens, Visitor

EXTENSION = "gistrun-rendered"

#: Stands in a template for the visitor's token. No gist can know it.
_HOLE = os.urandom(16).hex()
#: Characters of an address, and bytes of an answer, that are kept; bytes that this process holds of them.
_LONGEST_ADDRESS = 500
_LARGEST = 2**20
_HELD = 32 * 2**20
_MARK = "gistrun.mark"
_GZIP = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


@dataclass(frozen=True)
class Rendering:
    """An answer before it is anybody's: headers besides those of all answers, and the text with a hole for the token.

    `text` has no hole where there is no form.
    """

    headers: tuple[tuple[str, str], ...]
    text: str

    def dump(self) -> bytes:
        """As it is kept."""
        before, hole, after = self.text.encode().partition(_HOLE.encode())
        first = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = first.compress(before)
        if not hole:
            packed += first.flush()
            rest = b""
        else:
            packed += first.flush(zlib.Z_FULL_FLUSH)
            second = zlib.compressobj(6, zlib.DEFLATED, -15)
            rest = second.compress(after) + second.flush()
        head = {"headers": self.headers, "personal": bool(hole), "packed": len(packed)}
        return json.dumps(head).encode() + b"\n" + packed + rest


def hole() -> str:
    """What a template puts where the visitor's token belongs."""
    return _HOLE


class _Answer:
    """A rendering as it is sent."""

    def __init__(self, digest: str, kept: bytes) -> None:
        self.digest = digest
        head, _, packed = kept.partition(b"\n")
        told = json.loads(head)
        self.headers = [(name, value) for name, value in told["headers"]]
        self.personal: bool = told["personal"]
        self.packed, self.packed_rest = packed[: told["packed"]], packed[told["packed"] :]
        unpack = zlib.decompressobj(-15)
        self.before = unpack.decompress(self.packed)
        self.after = zlib.decompress(self.packed_rest, -15) if self.personal else b""
        self.check = zlib.crc32(self.before)
        self.bytes = len(self.before) + len(self.after) + len(packed)
        if not self.personal:
            self.packed = _GZIP + self.packed + struct.pack("<LL", self.check, len(self.before) & 0xFFFFFFFF)

    def whole(self, token: bytes) -> bytes:
        return self.before + token + self.after

    def zipped(self, token: bytes) -> bytes:
        if not self.personal:
            return self.packed
        check = zlib.crc32(self.after, zlib.crc32(token, self.check))
        size = len(self.before) + len(token) + len(self.after)
        # RFC 1951, 3.2.4: a stored block. What comes before ends at a byte (a full flush), and so does this.
        stored = struct.pack("<BHH", 0, len(token), len(token) ^ 0xFFFF) + token
        return _GZIP + self.packed + stored + self.packed_rest + struct.pack("<LL", check, size & 0xFFFFFFFF)

    def to(self, environ: dict[str, Any], visitor: Visitor | None) -> tuple[str, list[tuple[str, str]], bytes]:
        """Status, headers and body for this request."""
        zipped = takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))
        etag = f'"{self.digest}{"-" + visitor.name if visitor else ""}{"-gzip" if zipped else ""}"'
        headers = [*self.headers, ("ETag", etag)]
        if visitor:
            headers.append(("Vary", "Accept-Encoding, Cookie"))
            if visitor.cookies:
                headers.append(("Set-Cookie", visitor.cookies[environ.get("wsgi.url_scheme") == "https"]))
        else:
            headers.append(("Vary", "Accept-Encoding"))
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known and (known == etag or parse_etags(known).contains_weak(etag.strip('"'))):
            return "304 NOT MODIFIED", [field for field in headers if field[0] != "Content-Type"], b""
        token = visitor.token if visitor else b""
        if zipped:
            body = self.zipped(token)
            headers.append(("Content-Encoding", "gzip"))
        else:
            body = self.whole(token)
        headers.append(("Content-Length", str(len(body))))
        return "200 OK", headers, b"" if environ["REQUEST_METHOD"] == "HEAD" else body


class Rendered:
    """What is kept of one application's renderings: WSGI middleware around it, and where its views leave them."""

    def __init__(self, app: Flask, store: Store, edition: str, interval: float, now: Callable[[], datetime]) -> None:
        self._inside: Callable[[dict[str, Any], Any], Iterable[bytes]] = app.wsgi_app
        self._store = store
        self._edition = edition
        self._interval = interval
        self._now = now
        self._tokens = Tokens(app)
        self._mark = os.urandom(8).hex()
        self._marks = count()
        self._held: OrderedDict[str, _Answer] = OrderedDict()
        self._held_bytes = 0
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer with what is kept, if it is what the request asks for, or have the application answer."""
        address = self._address(environ)
        if address is not None and (found := self._kept(environ, *address)):
            status, headers, body = found
            start_response(status, headers)
            return [body]
        return self._inside(environ, start_response)

    def _kept(
        self, environ: dict[str, Any], gist_id: str, name: str
    ) -> tuple[str, list[tuple[str, str]], bytes] | None:
        try:
            mark = f"{self._mark}{next(self._marks)}"
            shown = self._store.rendered.show(gist_id, name, mark, self._now(), self._interval)
            if isinstance(shown, Token):
                environ[_MARK] = shown, name
                return None
            if shown.until and self._now().timestamp() >= shown.until:
                return None
            answer = self._held.get(shown.digest) or self._fetched(gist_id, shown.digest)
        except StoreUnavailable:
            return None  # the views know what to say
        if answer is None:
            return None
        visitor = None
        if answer.personal:
            visitor = self._tokens.of(environ.get("HTTP_COOKIE", ""))
            if visitor is None:
                return None
        return answer.to(environ, visitor)

    def _fetched(self, gist_id: str, digest: str) -> _Answer | None:
        kept = self._store.rendered.body(gist_id, digest)
        return self._hold(digest, kept) if kept else None

    def _hold(self, digest: str, kept: bytes) -> _Answer:
        answer = _Answer(digest, kept)
        with self._lock:
            if digest not in self._held:
                self._held[digest] = answer
                self._held_bytes += answer.bytes
            while self._held_bytes > _HELD:
                self._held_bytes -= self._held.popitem(last=False)[1].bytes
        return answer

    def _address(self, environ: dict[str, Any]) -> tuple[str, str] | None:
        """The gist, and under what its answer to this request is kept; None for what is not."""
        path = environ["PATH_INFO"]
        if not path.startswith("/gist/") or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return None
        query = environ.get("QUERY_STRING", "")
        gist_id, _, rest = path[6:].partition("/")
        site = f"{environ['wsgi.url_scheme']}://{environ.get('HTTP_HOST', '')}{environ['SCRIPT_NAME']}"
        name = f"{self._edition} {site}{path}?{query}"
        if len(name) > _LONGEST_ADDRESS or not GIST_ID.fullmatch(gist_id) or rest in _NOT_KEPT or "run=" in query:
            return None
        return gist_id, name

    def answer(self, rendering: Rendering, gist_id: str, run: Run | None, until: float = 0) -> Response:
        """The answer to Flask's request, kept for the next one.

        Args:
            run: the ended one it shows, if it may be kept: it stays true until the gist or a language changes.
            until: time of the epoch after which it is shown no longer; 0: as long as it is true.
        """
        kept = rendering.dump()
        digest = hashlib.sha256(kept).hexdigest()[:24]
        if run and run.state.finished and run.state is not State.ERROR and len(kept) <= _LARGEST:
            mark, name = request.environ.get(_MARK, (None, ""))
            if mark and self._store.rendered.keep(gist_id, name, mark, run.id, digest, until, kept):
                self._hold(digest, kept)
        answer = _Answer(digest, kept)
        visitor = self._tokens.of_session() if answer.personal else None
        status, headers, body = answer.to(request.environ, visitor)
        return Response(body, status, Headers(headers))


#: What comes after a gist's id that is another thing at each request.
_NOT_KEPT = frozenset({"rerun", "events", "history"})


@lru_cache(maxsize=256)
def takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding header takes gzip (RFC 9110, 12.5.3)."""
    return parse_accept_header(accepted)["gzip"] > 0


def edition_of(*settings: Any) -> str:
    """Names what renders: another one after an upgrade, or with other settings."""
    told = hashlib.sha256(repr(settings).encode())
    folder = Path(gistrun.__file__).parent
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".html", ".js", ".css", ".svg"):
            told.update(path.read_bytes())
    return told.hexdigest()[:16]


def rendered() -> Rendered:
    """That of the application that answers this request."""
    return cast(Rendered, current_app.extensions[EXTENSION])


def headers(content_type: str, *own: tuple[str, str], public: bool = True) -> tuple[tuple[str, str], ...]:
    """The headers of a rendering: its own, and those that every answer carries; `public` is the gist's."""
    return tuple((HEADERS | ({} if public else SECRET) | {"Content-Type": content_type} | dict(own)).items())
