"""Clicks: what a visitor asks for over HTTP, timed until the first byte of output and until the end is known."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass
from typing import Any

_PATIENCE_S = 120


@dataclass(frozen=True)
class Click:
    """Seconds from the click to the first byte of the program's output, and to its end."""

    first: float
    end: float
    output: str
    #: As the end event tells it; empty over plain HTTP.
    run: dict[str, Any]


class Lost(Exception):
    """A click that was not answered as it must be."""


class Visitor:
    """Somebody at an address, who connects anew for every click.

    Args:
        address: told in `X-Forwarded-For`, which is believed from this machine.
    """

    def __init__(self, port: int, address: str = "192.0.2.1") -> None:
        self._port = port
        self._headers = {"X-Forwarded-For": address}

    def over_http(self, gist: str) -> Click:
        """`GET /gist/<id>/output.txt`, as `curl -N` does."""
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_PATIENCE_S)
        try:
            connection.request("GET", f"/gist/{gist}/output.txt", headers=self._headers)
            answer = _good(connection.getresponse(), 200)
            output = answer.read1(2**16)
            first = time.perf_counter() - began
            output += answer.read()
            end = time.perf_counter() - began
        except (OSError, http.client.HTTPException) as error:
            raise Lost(f"output.txt broke off: {error!r}") from error
        finally:
            connection.close()
        return Click(first, end, output.decode(), {})

    def over_sse(self, gist: str, **body: Any) -> Click:
        """`POST /api/v1/gists/<id>/runs`, then `GET /runs/<run id>/events`, as a page's script does."""
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_PATIENCE_S)
        try:
            headers = {**self._headers, "Content-Type": "application/json"}
            connection.request("POST", f"/api/v1/gists/{gist}/runs", json.dumps(body), headers)
            run = json.loads(_good(connection.getresponse(), 200, 202).read())["id"]
            connection.request("GET", f"/runs/{run}/events", headers=self._headers)
            return _follow(_good(connection.getresponse(), 200), began)
        except (OSError, http.client.HTTPException) as error:
            raise Lost(f"the events broke off: {error!r}") from error
        finally:
            connection.close()

    def start(self, gist: str) -> str:
        """Have a run begin; returns its id without waiting."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_PATIENCE_S)
        try:
            connection.request("POST", f"/api/v1/gists/{gist}/runs", headers=self._headers)
            told: dict[str, Any] = json.loads(_good(connection.getresponse(), 200, 202).read())
            return str(told["id"])
        finally:
            connection.close()

    def ended(self, run: str) -> dict[str, Any]:
        """The run, once it has ended."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_PATIENCE_S)
        try:
            for _ in range(4):
                connection.request("GET", f"/api/v1/runs/{run}?wait=30", headers=self._headers)
                told: dict[str, Any] = json.loads(_good(connection.getresponse(), 200).read())
                if told["state"] not in ("queued", "running"):
                    return told
        except (OSError, http.client.HTTPException) as error:
            raise Lost(f"the wait for a run broke off: {error!r}") from error
        finally:
            connection.close()
        raise Lost(f"run {run} is {told['state']} for ever")


def _good(answer: http.client.HTTPResponse, *allowed: int) -> http.client.HTTPResponse:
    if answer.status not in allowed:
        raise Lost(f"status {answer.status}: {answer.read(500)!r}")
    return answer


def _follow(answer: http.client.HTTPResponse, began: float) -> Click:
    """Read events (https://html.spec.whatwg.org/multipage/server-sent-events.html) until the one named `end`."""
    rest, first, output = b"", None, []
    while piece := answer.read1(2**16):
        now = time.perf_counter() - began
        *events, rest = (rest + piece).split(b"\n\n")
        for event in events:
            fields = dict(line.split(b": ", 1) for line in event.split(b"\n") if b": " in line)
            name = fields.get(b"event")
            if name == b"output":
                first = first or now
                output.append(json.loads(fields[b"data"])["data"])
            elif name == b"end":
                return Click(first or now, now, "".join(output), json.loads(fields[b"data"]))
    raise Lost("the events ended without an end")
