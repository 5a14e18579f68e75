"""How many sandboxes wait for each language: from what was asked for lately and the memory there is. Pure.

Moments are seconds of one clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: A language not asked for during so many seconds keeps no sandbox waiting.
IN_USE_S = 900.0
#: What was taken within so many seconds ...
TOGETHER_S = 2.0
#: ... at any time during so many is what may be wanted again.
LATELY_S = 300.0
#: How many times as many as usual wait for a language that is asked for in bursts.
_BURST = 4
#: Where nobody has asked for anything yet.
FIRST = ("python", "bash", "javascript")


@dataclass(frozen=True, slots=True)
class Plan:
    """What one worker may keep waiting."""

    #: For each language in use.
    warm: int
    #: For one that is asked for in bursts.
    most: int
    #: How many in all.
    room: int = 1000

    @classmethod
    def of(cls, warm: int, memory_bytes: int, each_bytes: int, workers: int, place: int) -> Plan:
        """The share of the worker at that place, counted from 0, of what so many workers keep.

        Args:
            memory_bytes: what all that wait may take.
            each_bytes: what one takes.
        """
        share, rest = divmod(warm, workers)
        return cls(share + (place < rest), -(-_BURST * warm // workers), memory_bytes // workers // each_bytes)


def wanted(asked: Mapping[str, float], taken: Mapping[str, Sequence[float]], now: float, plan: Plan) -> dict[str, int]:
    """How many should wait for each language, the one asked for last first.

    Args:
        asked: when each language was last asked for, by anybody.
        taken: when this worker took a sandbox of each, in order.
    """
    last = {name: max([at, *taken.get(name, ())]) for name, at in asked.items()}
    last |= {name: moments[-1] for name, moments in taken.items() if moments and name not in last}
    in_use = [name for name in sorted(last, key=last.__getitem__, reverse=True) if now - last[name] < IN_USE_S]
    numbers = {}
    for name in in_use:
        burst = min(plan.most, _burst(taken.get(name, ()), now))
        numbers[name] = burst if burst > max(1, plan.warm) else plan.warm
    names = list(numbers)
    while sum(numbers.values()) > plan.room:
        largest = max(numbers.values())
        # The last of the largest: what was asked for longest ago.
        numbers[next(name for name in reversed(names) if numbers[name] == largest)] -= 1
    return {name: number for name, number in numbers.items() if number}


def _burst(moments: Sequence[float], now: float) -> int:
    """The most that were taken together lately."""
    lately = [moment for moment in moments if now - moment < LATELY_S]
    most = start = 0
    for end, moment in enumerate(lately):
        while moment - lately[start] > TOGETHER_S:
            start += 1
        most = max(most, end - start + 1)
    return most
