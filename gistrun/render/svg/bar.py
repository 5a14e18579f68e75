"""The bar above the terminal: how the run ended, what ran, what it took."""

from __future__ import annotations

from dataclasses import dataclass

from gistrun.render.badge.label import cleaned
from gistrun.render.badge.widths import Font, characters, measure
from gistrun.render.svg.text import number, xml

#: Pixels: the bar's height, what is free at its ends, between its parts; from the dot to the words beside it.
HEIGHT, EDGE, _GAP, _DOT = 32, 16, 16, 16
#: Room that is left for a name rather than to the facts after the first ones.
_NAME, _BEFORE_NAME = 96, 2
#: The text's size against that of the table of widths; bold text is a seventh wider.
_SIZE, _BOLD = 12 / 11, 1.15

#: The colour of a state on light and on dark, by shields.io's name of it; as in gistrun.css.
_STATES = {
    "brightgreen": ("#1a7f37", "#56d364"),
    "yellow": ("#8a5a00", "#e3b341"),
    "orange": ("#a8410a", "#ffa657"),
    "red": ("#c21c2c", "#ff8b84"),
}
_OTHER = ("#59636e", "#9198a1")


@dataclass(frozen=True, slots=True)
class Heading:
    """What the bar says."""

    state: str
    #: shields.io's name of the state's colour.
    color: str
    #: What ran; empty where nothing did.
    name: str = ""
    #: Exit status, duration and the like, the most telling first.
    facts: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """All of it in a line."""
        said = f"{cleaned(self.name)}: {self.state}" if self.name else self.state
        return ", ".join((said, *self.facts))

    @property
    def rules(self) -> tuple[str, str]:
        """The rule of the state's colour on the light page, and on the dark one."""
        light, dark = _STATES.get(self.color, _OTHER)
        return f".k{{fill:{light}}}", f".k{{fill:{dark}}}"


def bar(heading: Heading, whole: float) -> str:
    """The bar as elements, `whole` pixels wide. What there is no room for is left out, the least telling first."""
    room = whole - 2 * EDGE - _DOT - _of(heading.state) * _BOLD
    facts = list(heading.facts)
    name = cleaned(heading.name)
    while facts and _of(" · ".join(facts)) + _GAP > room - (min(_of(name), _NAME) + _GAP) * (len(facts) > _BEFORE_NAME):
        facts.pop()
    said = " · ".join(facts)
    room -= _of(said) + 2 * _GAP
    name = _short(name, room)
    at = EDGE + _DOT + _of(heading.state) * _BOLD + _GAP
    parts = [f'<circle class="k" cx="{EDGE + 5}" cy="16" r="5"/>']
    parts.append(f'<text class="h k" x="{EDGE + _DOT}" y="20">{xml(heading.state)}</text>')
    if name:
        parts.append(f'<text class="h n" x="{number(at)}" y="20">{xml(name)}</text>')
    if said:
        parts.append(f'<text class="h m" x="{number(whole - EDGE)}" y="20" text-anchor="end">{xml(said)}</text>')
    return "".join(parts)


def _of(text: str) -> float:
    """Pixels that the text takes in the bar, rather too many: the table is of a wide font."""
    return max(1, round(measure(text, Font.VERDANA_11))) * _SIZE if text else 0


def _short(name: str, room: float) -> str:
    """The name, or its beginning where there is no room for all of it; empty where there is hardly any."""
    if _of(name) <= room:
        return name
    whole = characters(name)
    while whole and _of("".join(whole) + "…") > room:
        whole.pop()
    return "".join(whole) + "…" if len(whole) > 3 else ""
