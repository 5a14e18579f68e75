"""Whatever the Docker SDK raises becomes one of two errors of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import docker
import pytest
import requests
import urllib3

from gistrun.engine import Engine
from gistrun.errors import EngineRefused, EngineUnavailable
from gistrun.web.front.errors import status_of


def answer(status: int) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    return response


def refusal(status: int, explanation: str = "no such container") -> docker.errors.APIError:
    return docker.errors.APIError("", response=answer(status), explanation=explanation)


class Client:
    """The SDK's client; every call raises `error`, and what yields does so after one line."""

    base_url = "http+docker://localhost"

    def __init__(self, error: Exception, removed: Exception | None = None) -> None:
        self._error = error
        self._removed = removed
        self.waited = False

    def info(self) -> None:
        raise self._error

    inspect_image = inspect_network = lambda self, name: self.info()

    def build(self, **_: Any) -> Iterator[dict[str, Any]]:
        yield {"stream": "Step 1"}
        raise self._error

    def remove_container(self, *_: Any, **__: Any) -> None:
        raise self._error

    def wait(self, *_: Any, **__: Any) -> None:
        self.waited = True
        if self._removed:
            raise self._removed


SILENT = [
    requests.ConnectionError("gone"),
    requests.ReadTimeout("slow"),
    urllib3.exceptions.ProtocolError("broken"),
    urllib3.exceptions.ReadTimeoutError(None, "", "slow"),  # type: ignore[arg-type]
    docker.errors.StreamParseError("half a line"),
    ConnectionRefusedError("refused"),
    TimeoutError("slow"),
]


@pytest.mark.parametrize("error", SILENT, ids=lambda error: type(error).__name__)
def test_an_engine_that_does_not_answer_is_unavailable(error: Exception) -> None:
    with pytest.raises(EngineUnavailable, match="The Docker engine does not answer: "):
        Engine(Client(error)).info()
    lines = Engine(Client(error)).build(b"", "Dockerfile", {}, {}, None)
    assert next(lines) == {"stream": "Step 1"}
    with pytest.raises(EngineUnavailable):
        next(lines)


@pytest.mark.parametrize("error", [refusal(500, "it says why"), docker.errors.NullResource("it says why")])
def test_an_engine_that_answers_with_an_error_has_refused(error: Exception) -> None:
    with pytest.raises(EngineRefused) as raised:
        Engine(Client(error)).info()
    assert raised.value.reason == "it says why."
    assert str(raised.value) == "The Docker engine refused: it says why."
    assert raised.value.code == (500 if isinstance(error, docker.errors.APIError) else None)
    assert status_of(raised.value) == 503  # of our own answer


def test_a_missing_thing_is_none() -> None:
    engine = Engine(Client(refusal(404)))
    assert engine.image("gistrun/python") is None
    assert engine.network("gistrun-egress") is None
    with pytest.raises(EngineRefused):
        Engine(Client(refusal(500))).image("gistrun/python")


def test_a_container_that_is_gone_or_about_to_go_counts_as_removed() -> None:
    Engine(Client(refusal(404))).remove("abc")
    going = Client(refusal(409), removed=refusal(404))
    Engine(going).remove("abc")
    assert going.waited
    with pytest.raises(EngineRefused):
        Engine(Client(refusal(500))).remove("abc")
    with pytest.raises(EngineUnavailable):
        Engine(Client(refusal(409), removed=requests.ConnectionError("slow"))).remove("abc")
