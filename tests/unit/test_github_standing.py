"""How an account stands with GitHub, as values: limits and the circuit breaker."""

from __future__ import annotations

from gistrun.github.standing import FAILURES, PROBE_S, Standing, asked_to_wait, budget_of

NOW = 1_800_000_000.0


def broken(times: int, now: float = NOW) -> Standing:
    standing = Standing()
    for _ in range(times):
        standing = standing.failed(now, now)
    return standing


def test_a_standing_survives_its_way_through_the_ledger() -> None:
    standing = broken(FAILURES).with_budget(60, 7, NOW + 100).limited(NOW, 90, "GitHub asks us to wait.")
    assert Standing.from_fields(standing.as_fields()) == standing
    assert Standing.from_fields({}) == Standing()


def test_a_record_of_another_version_is_read() -> None:
    older = {"limit": "60", "remaining": "7", "reset": "5.0", "closed_until": "0.0", "because": "", "strikes": "2"}
    assert Standing.from_fields(older) == Standing(60, 7, 5.0, 0.0, "", 2)
    assert Standing.from_fields({**older, "of_the_future": "x"}) == Standing(60, 7, 5.0, 0.0, "", 2)


def test_the_breaker_stays_closed_for_fewer_failures() -> None:
    standing = broken(FAILURES - 1)
    assert standing.open_for(NOW) == 0
    assert not standing.is_half_open(NOW)


def test_it_opens_and_becomes_half_open() -> None:
    standing = broken(FAILURES)
    assert standing.open_for(NOW) == 10
    assert not standing.is_half_open(NOW + 9)
    assert standing.is_half_open(NOW + 10)
    assert standing.open_for(NOW + 10) == 0


def test_requests_that_were_under_way_when_it_opened_do_not_count() -> None:
    standing = broken(FAILURES)
    for _ in range(5):
        standing = standing.failed(NOW - 1, NOW + 1)
    assert standing == broken(FAILURES)


def test_while_one_probes_the_others_wait() -> None:
    probing = broken(FAILURES).probing(NOW + 10)
    assert probing.open_for(NOW + 10) == PROBE_S
    assert probing.is_half_open(NOW + 10 + PROBE_S)
    assert probing.failed(NOW + 10, NOW + 12).open_for(NOW + 12) == 20
    assert probing.answered() == Standing()


def test_the_wait_has_an_end_however_often_it_failed() -> None:
    assert broken(1000).open_for(NOW) == 300


def test_headers_without_a_limit_of_ours_are_none() -> None:
    headers = {"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "7", "X-RateLimit-Reset": str(int(NOW) + 9)}
    assert budget_of(headers, NOW) == (60, 7, NOW + 9)
    assert budget_of(headers | {"X-RateLimit-Reset": str(int(NOW) + 9999)}, NOW) == (60, 7, NOW + 3600)
    assert budget_of(headers | {"X-RateLimit-Resource": "search"}, NOW) is None
    assert budget_of(headers | {"X-RateLimit-Reset": str(int(NOW))}, NOW) is None
    assert budget_of({}, NOW) is None


def test_retry_after_is_believed_up_to_an_hour() -> None:
    assert [asked_to_wait({"Retry-After": text}, NOW) for text in ("7", "0", "99999", "soon", "")] == [
        7,
        1,
        3600,
        None,
        None,
    ]
