"""Answers that stay open: how many of them one visitor may hold (`GISTRUN_STREAMS`), and their headers.

Redis counts the streams of all web processes together. Each stream has a lease that its process renews, so that the
streams of a killed process stop counting after a minute.
"""

from __future__ import annotations

import logging
import select
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any

from flask import Response, request

from gistrun.errors import StoreUnavailable, TooManyStreams
from gistrun.store import Store

log = logging.getLogger(__name__)

_LEASE_S = 60
_RENEWAL_S = 20
#: Seconds after which a visitor with too many streams may try again.
_RETRY_AFTER_S = 10


class OpenStreams:
    """The streams that this process holds open."""

    def __init__(self, store: Store, most: int) -> None:
        self._visitors = store.visitors
        self._most = most
        self._lock = threading.Lock()
        #: The visitor of each stream, and its connection where the server tells it.
        self._held: dict[str, tuple[str, Any]] = {}
        self._renewing = False

    def open(self, visitor: str, connection: Any = None) -> Callable[[], None]:
        """Count one more stream of the visitor; what is returned must be called when the stream closes.

        Args:
            connection: the visitor's socket. A stream whose visitor has left is noticed only when something is sent.
                So before a visitor is refused, the sockets of that visitor's streams are checked.

        Raises:
            TooManyStreams, StoreUnavailable
        """
        stream = uuid.uuid4().hex
        if not (self._count(visitor, stream) or (self._close_left(visitor) and self._count(visitor, stream))):
            raise TooManyStreams(
                f"You hold {self._most} open streams, which is as many as one visitor may. Close one, then try again.",
                retry_after=_RETRY_AFTER_S,
            )
        with self._lock:
            self._held[stream] = visitor, connection
            start, self._renewing = not self._renewing, True
        if start:
            threading.Thread(target=self._renew, name="streams", daemon=True).start()
        return partial(self._close, stream)

    def _count(self, visitor: str, stream: str) -> bool:
        return self._visitors.open_stream(visitor, stream, self._most, _LEASE_S)

    def _close_left(self, visitor: str) -> bool:
        """Count the visitor's streams whose other end has left no longer; whether there were any."""
        with self._lock:
            own = [(stream, connection) for stream, (holder, connection) in self._held.items() if holder == visitor]
        left = [stream for stream, connection in own if connection and _has_left(connection)]
        for stream in left:
            self._close(stream)
        return bool(left)

    def _close(self, stream: str) -> None:
        with self._lock:
            visitor, _ = self._held.pop(stream, (None, None))
        if visitor is not None:
            with suppress(StoreUnavailable):  # then the lease ends by itself
                self._visitors.close_stream(visitor, stream)

    def _renew(self) -> None:
        while True:
            time.sleep(_RENEWAL_S)
            with self._lock:
                held = {stream: visitor for stream, (visitor, _) in self._held.items()}
                if not held:
                    self._renewing = False
                    return
            try:
                self._visitors.renew_streams(held, _LEASE_S)
            except StoreUnavailable:
                log.debug("Redis does not answer; the next renewal of the streams' leases may come in time")
            except Exception:  # without this thread no lease would be renewed any more
                log.exception("The leases of open streams could not be renewed")


def _has_left(connection: Any) -> bool:
    try:
        return bool(select.select([connection], [], [], 0)[0]) and connection.recv(1, socket.MSG_PEEK) == b""
    except (OSError, ValueError):  # closed here already
        return True


def stream_response(
    streams: OpenStreams, visitor: str, body: Iterable[str] | Iterable[bytes], content_type: str
) -> Response:
    """An answer that stays open and counts as a stream of the visitor until it is closed.

    Raises:
        TooManyStreams, StoreUnavailable
    """
    stream = not_buffered(Response(body, content_type=content_type))
    if request.method != "HEAD":
        stream.call_on_close(streams.open(visitor, request.environ.get("gunicorn.socket")))
    return stream


def not_buffered(answer: Response) -> Response:
    """The answer, with headers that keep a proxy from collecting it before it passes it on."""
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["X-Accel-Buffering"] = "no"
    return answer
