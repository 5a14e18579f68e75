"""How a cell looks: colours, styles, the stream that wrote it, and its link."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

#: No colour of its own.
DEFAULT = -1
#: Added to a true colour (0xRRGGBB); smaller numbers are places in the palette of 256.
TRUE = 0x1000000

BOLD, DIM, ITALIC, BLINK, INVERSE, HIDDEN, STRUCK, OVERLINED = (1 << place for place in range(8))

#: The numbers of SGR that set a flag, and those that clear flags.
_SET = {1: BOLD, 2: DIM, 3: ITALIC, 5: BLINK, 7: INVERSE, 8: HIDDEN, 9: STRUCK, 53: OVERLINED}
_CLEAR = {22: BOLD | DIM, 23: ITALIC, 25: BLINK, 27: INVERSE, 28: HIDDEN, 29: STRUCK, 55: OVERLINED}

#: A parameter and what follows it after colons: `4:3` is (4, (3,)). One left out is 0, and -1 after a colon.
Parameters = tuple[tuple[int, tuple[int, ...]], ...]


class Style(NamedTuple):
    """The look of a cell."""

    foreground: int = DEFAULT
    background: int = DEFAULT
    flags: int = 0
    #: 0 none, 1 single, 2 double, 3 curly, 4 dotted, 5 dashed.
    underline: int = 0
    #: True if it came on standard error.
    error: bool = False
    #: The address that a program gave, not yet judged; None without one.
    link: str | None = None


PLAIN = Style()


@lru_cache(maxsize=4096)
def erased(style: Style) -> Style:
    """The look of a cell erased while that style is on: its background only."""
    return PLAIN if style.background == DEFAULT else Style(background=style.background)


@lru_cache(maxsize=4096)
def restyled(style: Style, parameters: Parameters) -> Style:
    """The style after SGR (select graphic rendition) with these parameters. What is unknown changes nothing."""
    foreground, background, flags, underline, error, link = style
    place = 0
    while place < len(parameters):
        number, further = parameters[place]
        if number == 0:
            foreground = background = DEFAULT
            flags = underline = 0
        elif number in _SET:
            flags |= _SET[number]
        elif number in _CLEAR:
            flags &= ~_CLEAR[number]
        elif number == 4:
            underline = (further[0] if 0 <= further[0] <= 5 else 1) if further else 1
        elif number == 21:
            underline = 2
        elif number == 24:
            underline = 0
        elif 30 <= number <= 37:
            foreground = number - 30
        elif 90 <= number <= 97:
            foreground = number - 82
        elif 40 <= number <= 47:
            background = number - 40
        elif 100 <= number <= 107:
            background = number - 92
        elif number == 39:
            foreground = DEFAULT
        elif number == 49:
            background = DEFAULT
        elif number in (38, 48, 58):
            colour, taken = _colour(parameters, place)
            place += taken
            if colour is not None and number == 38:
                foreground = colour
            elif colour is not None and number == 48:
                background = colour
        place += 1
    return Style(foreground, background, flags, underline, error, link)


def _colour(parameters: Parameters, place: int) -> tuple[int | None, int]:
    """The colour that 38, 48 or 58 at that place names, with colons or semicolons, and how many further parameters it
    takes. The rules are xterm's, also for what is cut short.
    """
    read = [0, 0, -1, 0, 0, 0]
    space = taken = 0  # `space`: 1 once it is known where a colour space would stand
    while True:
        number, further = parameters[place + taken]
        read[taken + space] = number
        if further:
            for offset, value in enumerate(further):
                if read[1] == 5:
                    space = 1
                if offset + taken + 1 + space >= len(read):
                    break
                read[taken + offset + 1 + space] = value
            break
        if (read[1] == 5 and taken + space >= 2) or (read[1] == 2 and taken + space >= 5):
            break
        if read[1]:
            space = 1
        taken += 1
        if taken + place >= len(parameters) or taken + space >= len(read):
            break
    red, green, blue = (max(value, 0) & 0xFF for value in read[3:])
    if read[1] == 2:
        return TRUE | red << 16 | green << 8 | blue, taken
    return (red if read[1] == 5 else None), taken
