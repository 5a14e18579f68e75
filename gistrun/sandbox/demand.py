"""How many sandboxes wait for each image: from recent requests and the memory there is. Pure.

All times are seconds of one clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: An image that nobody has requested for so many seconds has no waiting sandboxes.
IN_USE_S = 900.0
#: A burst is several requests within 2 seconds. As many sandboxes wait as the largest burst of the last 5 minutes took.
TOGETHER_S = 2.0
LATELY_S = 300.0
#: After a burst, at most so many times the usual number of sandboxes wait for an image.
_BURST = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """How many sandboxes one worker may keep waiting."""

    #: For each image in use.
    warm: int
    #: For an image that is requested in bursts.
    most: int
    #: For all images together.
    room: int = 1000

    @classmethod
    def of(cls, warm: int, memory_bytes: int, each_bytes: int, workers: int, index: int) -> Plan:
        """One worker's share of what all workers of a host keep waiting.

        Args:
            warm: sandboxes for each image in use, on the whole host.
            memory_bytes: memory that all waiting sandboxes of the host may take.
            each_bytes: memory that one takes.
            index: the worker's number, counted from 0.
        """
        share, rest = divmod(warm, workers)
        return cls(share + (index < rest), -(-_BURST * warm // workers), memory_bytes // workers // each_bytes)


def wanted(asked: Mapping[str, float], taken: Mapping[str, Sequence[float]], now: float, plan: Plan) -> dict[str, int]:
    """How many sandboxes should wait for each image, the image requested last first.

    Args:
        asked: when each image was last requested from any worker.
        taken: when this worker took a sandbox of each image, in order.
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
        # Of the images with the largest number, reduce the one that was requested longest ago.
        numbers[next(name for name in reversed(names) if numbers[name] == largest)] -= 1
    return {name: number for name, number in numbers.items() if number}


def _burst(moments: Sequence[float], now: float) -> int:
    """The size of the largest recent burst."""
    lately = [moment for moment in moments if now - moment < LATELY_S]
    most = start = 0
    for end, moment in enumerate(lately):
        while moment - lately[start] > TOGETHER_S:
            start += 1
        most = max(most, end - start + 1)
    return most
