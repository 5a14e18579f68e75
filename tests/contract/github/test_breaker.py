"""While GitHub does not answer, it is not asked: a circuit breaker, shared by all processes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from gistrun.errors import GitHubLimited, GitHubUnavailable, NotFound
from gistrun.github import GitHub
from tests.contract.github.answers import ID, fetched
from tests.github_server import GitHubServer
from tests.world import Clock

#: Ways of not answering.
SILENCES = ["hang", "drop", 500, 502, 503]


def refused(github: GitHub, gist_id: str = ID, **more: Any) -> GitHubUnavailable:
    with pytest.raises(GitHubUnavailable) as caught:
        github.gists.fetch(gist_id, **more)
    return caught.value


@pytest.fixture(autouse=True)
def gists(server: GitHubServer) -> None:
    server.put(ID, {"main.py": "print(1)"})


@pytest.mark.parametrize("silence", SILENCES)
def test_after_three_failures_in_a_row_nobody_asks_for_a_while(
    share: Callable[..., GitHub], server: GitHubServer, clock: Clock, silence: int | str
) -> None:
    one, other = share(timeout_s=0.1), share(timeout_s=0.1)
    server.fail(silence, times=None)
    for github in (one, other, one):
        refused(github)
    assert len(server.requests) == 3
    for background in (False, True):
        error = refused(other, background=background)
        assert "did not answer this server's last requests" in str(error)
        assert "Try again in 10 seconds." in str(error)
        assert error.retry_after == 10
        assert not isinstance(error, GitHubLimited)
    with pytest.raises(GitHubUnavailable, match="last requests"):
        one.lists.changed_gists("octocat", clock())
    with pytest.raises(GitHubUnavailable, match="last requests"):
        one.readmes.readme("octocat", "Hello-World")
    assert len(server.requests) == 3


def test_a_server_that_is_gone_is_not_connected_to_for_ever(make: Callable[..., GitHub], clock: Clock) -> None:
    with GitHubServer() as gone:
        pass
    github = make(api_url=gone.url)
    for _ in range(3):
        assert "cannot be reached" in str(refused(github))
    assert "last requests" in str(refused(github))


def test_each_failed_probe_doubles_the_wait_up_to_five_minutes(
    share: Callable[..., GitHub], server: GitHubServer, clock: Clock
) -> None:
    github = share()
    server.fail(502, times=None)
    for _ in range(2):
        refused(github)
    waits = []
    for _ in range(7):
        refused(github)  # the third failure, and then each probe
        waits.append(refused(github).retry_after or 0)
        clock.forward(waits[-1])
    assert waits == [10, 20, 40, 80, 160, 300, 300]
    assert len(server.requests) == 9


def test_the_first_answer_closes_the_breaker(share: Callable[..., GitHub], server: GitHubServer, clock: Clock) -> None:
    one, other = share(), share()
    server.fail(502, times=3)
    for _ in range(3):
        refused(one)
    clock.forward(10)
    fetched(other, ID)
    for _ in range(2):
        server.fail(502)
        refused(one)
        fetched(one, ID)


@pytest.mark.parametrize("status", [304, 403, 404])
def test_an_answer_of_any_other_kind_is_one(share: Callable[..., GitHub], server: GitHubServer, status: int) -> None:
    github = share("s3cret")
    etag = fetched(github, ID).etag
    for _ in range(3):
        server.fail(502, times=2)
        refused(github)
        refused(github)
        if status == 304:
            assert github.gists.fetch(ID, etag=etag) is None
        else:
            server.fail(status)
            with pytest.raises((NotFound, GitHubUnavailable)):
                github.gists.fetch(ID)
    fetched(github, ID)


def test_one_request_at_a_time_probes(share: Callable[..., GitHub], server: GitHubServer, clock: Clock) -> None:
    server.fail(502, times=3)
    one, other = share(queue_s=0.05), share(timeout_s=0.1, queue_s=0.05)
    for _ in range(3):
        refused(one)
    clock.forward(10)
    server.fail("hang", times=None)
    probe = threading.Thread(target=refused, args=(share(timeout_s=30.0),))
    probe.start()
    while len(server.requests) < 4:
        probe.join(0.005)
    refused(other)
    refused(other, background=True)
    assert len(server.requests) == 4
    server.stop()
    probe.join()


def test_a_probe_whose_process_is_lost_makes_room_for_another(
    share: Callable[..., GitHub], server: GitHubServer, clock: Clock, ledger: Callable[[], Any]
) -> None:
    github = share()
    server.fail(502, times=3)
    for _ in range(3):
        refused(github)
    clock.forward(10)
    account = github._allowance.account
    begun = str(clock().timestamp() + 25)
    ledger().change_github_standing(account, lambda standing: {**standing, "open_until": begun}, 60)
    assert refused(github).retry_after == 25
    clock.forward(25)
    fetched(github, ID)


def test_raw_files_that_fail_are_no_reason_not_to_ask_the_api(
    share: Callable[..., GitHub], server: GitHubServer
) -> None:
    server.put(ID, {"large.txt": "x" * (2**20 + 1)})
    github = share(max_bytes=2**22)
    server.fail("drop", path="/raw/", times=4)
    for _ in range(4):
        refused(github)
    fetched(github, ID)
