"""The connection to Redis."""

from __future__ import annotations

import pytest

from gistrun.errors import StoreUnavailable
from gistrun.store import Store, connect


def test_a_server_that_does_not_answer_is_said_to_be_unreachable() -> None:
    with pytest.raises(StoreUnavailable):
        Store(connect("redis://127.0.0.1:1")).ping()
