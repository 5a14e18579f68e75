"""How many sandboxes wait: by what was asked for lately, within the memory there is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gistrun.sandbox.demand import IN_USE_S, LATELY_S, TOGETHER_S, Plan, wanted
from gistrun.sandbox.host import AT_A_TIME, FIRST_S, Host

NOW = 10_000.0
MB = 2**20


def test_only_recently_requested_images_wait() -> None:
    asked = {"python": NOW - 1, "bash": NOW - IN_USE_S + 1, "go": NOW - IN_USE_S}
    assert wanted(asked, {}, NOW, Plan(2, 8)) == {"python": 2, "bash": 2}


def test_sandboxes_taken_by_this_worker_count_at_once() -> None:
    assert wanted({}, {"ruby": [NOW - 1]}, NOW, Plan(2, 8)) == {"ruby": 2}
    assert wanted({"ruby": NOW - 9999}, {"ruby": [NOW - 1]}, NOW, Plan(2, 8)) == {"ruby": 2}


def test_a_burst_has_its_share_up_to_the_most_and_for_a_while() -> None:
    five = [NOW - 100 + n * TOGETHER_S / 5 for n in range(5)]
    assert wanted({}, {"c": five}, NOW, Plan(2, 8)) == {"c": 5}
    assert wanted({}, {"c": five}, NOW, Plan(2, 4)) == {"c": 4}
    assert wanted({}, {"c": five}, NOW + LATELY_S, Plan(2, 8)) == {"c": 2}


def test_a_steady_stream_is_no_burst() -> None:
    steady = [NOW - 100 + n * TOGETHER_S * 1.1 for n in range(40)]
    assert wanted({}, {"c": steady}, NOW, Plan(2, 8)) == {"c": 2}


def test_a_worker_to_which_none_fall_keeps_some_after_a_burst_only() -> None:
    assert wanted({"c": NOW}, {"c": [NOW - 1]}, NOW, Plan(0, 2)) == {}
    assert wanted({"c": NOW}, {"c": [NOW - 1, NOW - 0.5]}, NOW, Plan(0, 2)) == {"c": 2}


def test_short_memory_drops_the_image_requested_longest_ago() -> None:
    asked = {"python": NOW, "bash": NOW - 10, "go": NOW - 20}
    assert wanted(asked, {}, NOW, Plan(2, 8, room=5)) == {"python": 2, "bash": 2, "go": 1}
    assert wanted(asked, {}, NOW, Plan(2, 8, room=2)) == {"python": 1, "bash": 1}
    assert wanted(asked, {}, NOW, Plan(2, 8, room=0)) == {}


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.floats(0, 2 * IN_USE_S)),
    st.dictionaries(st.sampled_from("abcdef"), st.lists(st.floats(0, 2 * LATELY_S))),
    st.integers(0, 5),
    st.integers(0, 20),
)
def test_never_more_than_there_is_room_for(
    ages: dict[str, float], taken: dict[str, list[float]], warm: int, room: int
) -> None:
    moments = {name: sorted(NOW - age for age in ages) for name, ages in taken.items()}
    numbers = wanted({name: NOW - age for name, age in ages.items()}, moments, NOW, Plan(warm, 4 * warm, room))
    assert sum(numbers.values()) <= room
    assert all(0 < number <= 4 * warm for number in numbers.values())


@pytest.mark.parametrize(("warm", "workers"), [(2, 2), (1, 2), (5, 3), (0, 4), (3, 1)])
def test_the_shares_of_all_workers_are_the_whole(warm: int, workers: int) -> None:
    plans = [Plan.of(warm, 512 * MB, 16 * MB, workers, place) for place in range(workers)]
    assert sum(plan.warm for plan in plans) == warm
    assert sum(plan.room for plan in plans) <= 32
    assert all(plan.most >= plan.warm for plan in plans)
    assert (warm == 0) is all(plan.most == 0 for plan in plans)


def test_no_sandbox_is_made_while_a_program_is_starting_anywhere_on_the_host() -> None:
    host = Host(3)
    assert host.quiet(NOW)
    host.slot(2).run_begins(NOW)
    assert not host.quiet(NOW + FIRST_S / 2)
    assert host.quiet(NOW + 2 * FIRST_S)  # it goes on: nobody waits for its first words any more
    host.slot(2).run_begins(NOW)
    host.slot(2).run_ended()
    assert host.quiet(NOW)


def test_so_many_sandboxes_are_made_at_a_time_on_one_host() -> None:
    host = Host(4)
    with host.slot(0).making(NOW), host.slot(1).making(NOW):
        assert AT_A_TIME == 2
        assert not host.quiet(NOW)
        host.slot(1).clear()  # killed, and another is in its place
        assert host.quiet(NOW)
    assert host.quiet(NOW)


def test_a_worker_killed_while_making_does_not_block_the_others() -> None:
    host = Host(2)
    making = [host.slot(index).making(NOW) for index in range(2)]
    for each in making:
        each.__enter__()
    assert not host.quiet(NOW + 1)
    assert host.quiet(NOW + 60)
