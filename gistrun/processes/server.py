"""The gunicorn worker of the web processes. The application itself refuses what gunicorn would refuse in HTML."""

from __future__ import annotations

import errno
import re
from typing import Any
from urllib.parse import quote

from gevent import Timeout
from gunicorn.http import message
from gunicorn.http.errors import (
    ExpectationFailed,
    InvalidHeader,
    InvalidHeaderName,
    InvalidHTTPVersion,
    InvalidRequestLine,
    InvalidRequestMethod,
    InvalidSchemeHeaders,
    LimitRequestHeaders,
    LimitRequestLine,
    NoMoreData,
    ObsoleteFolding,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.http.parser import RequestParser
from gunicorn.workers.ggevent import GeventWorker

#: Bytes of a request's first line. It holds arguments (64 KiB at most), but input has to be sent in a body.
LONGEST_REQUEST_LINE = 2**16
#: Bytes of a longer line that are read, so that its sender gets to see the answer. They are not kept.
_READ_OF_A_LINE = 2**23
#: Seconds for the line and the headers, once they have begun.
_HEAD_S = 10
#: Seconds for each piece of a body, which is 64 KiB.
_BODY_S = 60
_END_OF_LINE = b" HTTP/1.1"
_ASCII = bytes(range(128))
#: The path in the beginning of a first line that is no request.
_PATH = re.compile(rb"^[^\s/]*\s+(/[!-~]*?)(?=[\s?#]|$)")


class Worker(GeventWorker):  # type: ignore[misc]
    """Has the application answer a long address in the form that was asked for: page, badge, problem or text.

    gunicorn cuts `--limit-request-line` down to 8,190 bytes and answers longer ones itself, in HTML. 0 means no limit
    there, so that one client could fill the memory. The bound is a constant of its module `gunicorn.http.message`.
    """

    def init_process(self) -> None:
        message.MAX_REQUEST_LINE = LONGEST_REQUEST_LINE
        RequestParser.mesg_class = Request
        super().init_process()

    def timeout_ctx(self) -> Timeout:
        """Bounds the wait for a request with what is left of the body of the one before. `Request` bounds its parts."""
        return Timeout(self.cfg.keepalive + _HEAD_S + 1, False)


class Request(message.Request):  # type: ignore[misc]
    """A request. The application gets the beginning of a line that is too long, which it refuses with 414.

    In place of a line or of headers that gunicorn refuses it gets a status. The name holds a space, so that no client
    can send it.
    """

    #: The first line as it was sent, or its beginning.
    _line = b""

    def parse(self, unreader: Any) -> bytes | bytearray:
        """Read the line and the headers; returns the bytes that were read behind them."""
        self._wait(unreader)
        try:
            with Timeout(_HEAD_S):
                return super().parse(unreader)  # type: ignore[no-any-return]
        except Timeout:
            if self.method is None:
                self._stand_in()
            self._refuse(408)
        except (InvalidRequestLine, InvalidRequestMethod, InvalidHTTPVersion):
            self._stand_in()
            self._refuse(400)
        except (InvalidHeader, InvalidHeaderName, InvalidSchemeHeaders, ObsoleteFolding):
            self._refuse(400)
        except ExpectationFailed:
            self._refuse(417)
        except LimitRequestHeaders:
            self._refuse(431)
        return b""

    def _wait(self, unreader: Any) -> None:
        """Wait for the first bytes; a connection on which none come is closed."""
        try:
            with Timeout(self.cfg.keepalive):
                unreader.unread(unreader.read())
        except Timeout:
            raise NoMoreData from None

    def _stand_in(self) -> None:
        """Be a request for the path that the line names, whatever is wrong with the line."""
        named = _PATH.search(self._line)
        self.method, self.version = "GET", (1, 1)
        self.uri = self.path = named[1].decode() if named else "/"
        self.query = self.fragment = ""

    def set_body_reader(self) -> None:
        """Find out from the headers how long the body is."""
        try:
            super().set_body_reader()
            if any(name == "TRANSFER-ENCODING" and value.lower() != "chunked" for name, value in self.headers):
                raise UnsupportedTransferCoding("gzip and its like are not decoded")
        except (InvalidHeader, UnsupportedTransferCoding) as error:
            self._refuse(501 if isinstance(error, UnsupportedTransferCoding) else 400)
            super().set_body_reader()
        self.body.reader = BodyReader(self.body.reader)

    def _refuse(self, status: int) -> None:
        self.force_close()
        self.headers = [("GISTRUN REFUSED", str(status))]

    def parse_request_line(self, line_bytes: bytes) -> None:
        """Take the letters beyond ASCII that curl sends as they are."""
        self._line = line_bytes
        if not line_bytes.isascii():
            line_bytes = quote(line_bytes, safe=_ASCII).encode()
        super().parse_request_line(line_bytes)

    def read_line(self, unreader: Any, buf: bytearray, limit: int = 0) -> tuple[bytes, bytearray]:
        """The first line, and the bytes that were read behind it."""
        self._line = bytes(buf)
        try:
            line, rest = super().read_line(unreader, buf, limit)
        except LimitRequestLine:
            self.force_close()
            # The line ends with the version, so this cuts off a part of the address.
            line, rest = bytes(buf[: limit - len(_END_OF_LINE)]) + _END_OF_LINE, _behind_line(unreader, buf)
        return line, rest


class BodyReader:
    """Reads a body. One that is cut off, malformed or too slow ends with an `OSError`, for which the answer is 400.

    gunicorn closes the connection then, since nobody knows where the next request would begin.
    """

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def read(self, size: int) -> bytes:
        """The next bytes of the body, `size` at most."""
        left: int | None = getattr(self._reader, "length", None)  # of a body that says how long it is
        if left == 0:
            return b""
        try:
            with Timeout(_BODY_S):
                read: bytes = self._reader.read(size)
        except (ParseException, NoMoreData, Timeout) as error:
            raise self._broken() from error
        if left is not None and len(read) < min(size, left):
            raise self._broken()
        return read

    def _broken(self) -> OSError:
        # gunicorn logs any other number with a traceback.
        return OSError(errno.ECONNRESET, "The body has no end")


def _behind_line(unreader: Any, chunk: bytes | bytearray) -> bytearray:
    """Read to the end of a line; returns the bytes behind it. A line without an end counts as the end of the head."""
    read = len(chunk)
    while b"\n" not in chunk:
        chunk = unreader.read()
        read += len(chunk)
        if not chunk or read > _READ_OF_A_LINE:
            return bytearray(b"\r\n")
    return bytearray(chunk.partition(b"\n")[2])
