"""How somebody wants a badge to look, and what is drawn then."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_LABEL = "gistrun"


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody wants a badge to look. What cannot be used has no effect."""

    label: str = DEFAULT_LABEL
    style: str = "flat"
    #: Colours as `colors.color` takes them, of the message and of the label; None for the badge's own.
    color: str | None = None
    label_color: str | None = None
    #: A picture as `logos.from_data` gives it; empty for none.
    logo: str = ""
    #: Addresses to which the label and the message lead; only those of the web have an effect.
    links: tuple[str, ...] = ()
    #: Seconds for which shields.io may keep it; None where nobody says.
    cache_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn: everything is checked, and fit for markup once it is escaped."""

    label: str
    message: str
    #: As SVG takes them; None for a label without a colour of its own.
    color: str
    label_color: str | None = None
    #: A data URI, or empty.
    logo: str = ""
    #: Where label and message lead; empty for nowhere.
    links: tuple[str, str] = ("", "")
