"""How often a worker asks its engine for a list of images."""

from __future__ import annotations

from gistrun.errors import EngineUnavailable
from gistrun.model import Image
from gistrun.work.listing import EVERY_S, LONGEST_S, TIMES, Listing

IMAGE = Image("python", "sha256:1", "Python 3.14")


class Engine:
    """One that takes so many seconds for a list, and does not give it if they are too many."""

    def __init__(self, takes_s: float = 0.0) -> None:
        self.takes_s, self.now, self.asked = takes_s, 0.0, 0

    def list(self) -> list[Image]:
        self.asked += 1
        self.now += min(self.takes_s, 3)
        if self.takes_s > 3:
            raise EngineUnavailable("timed out")
        return [IMAGE]

    def beat_for(self, listing: Listing, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            listing.images()
            self.now += 3


def test_a_list_serves_several_heartbeats() -> None:
    engine = Engine()
    listing = Listing(engine.list, lambda: engine.now)
    assert listing.images() == [IMAGE]
    engine.beat_for(listing, 60)
    assert engine.asked <= 60 / EVERY_S + 1


def test_an_engine_that_is_slow_is_asked_seldom() -> None:
    engine = Engine(takes_s=2)
    engine.beat_for(Listing(engine.list, lambda: engine.now), 200)
    assert engine.asked <= 200 / (2 * TIMES) + 1


def test_an_engine_that_gives_no_list_is_asked_less_and_less() -> None:
    engine = Engine()
    listing = Listing(engine.list, lambda: engine.now)
    listing.images()
    engine.takes_s = 60
    engine.beat_for(listing, 3600)
    assert engine.asked < 14
    assert listing.images() == [IMAGE]
    engine.takes_s = 0
    engine.beat_for(listing, LONGEST_S)
    before = engine.asked
    engine.beat_for(listing, 60)
    assert engine.asked - before >= 4
