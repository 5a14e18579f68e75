"""The colours of a terminal, so that text is readable on the page's light and dark backgrounds.

A program chooses a colour without knowing the background. As text on the page's own background it is made darker or
lighter until its contrast is `CONTRAST`. Backgrounds are as the program chose them.
"""

from __future__ import annotations

#: The backgrounds of output: `--subtle` in gistrun.css, in the light and in the dark.
LIGHT, DARK = 0xF6F8FA, 0x151B23
#: The contrast of text with its background that WCAG AA asks for.
CONTRAST = 4.5

#: The 16 named colours as text on light, on dark, and beside or as a background of the program's own.
_NAMED_LIGHT = (
    *(0x24292F, 0xC21C2C, 0x116329, 0x7A4E00, 0x0550AE, 0x8250DF, 0x1B6A70, 0x59636E),
    *(0x57606A, 0xA40E26, 0x1A7F37, 0x8A5A00, 0x0969DA, 0x9A4FD6, 0x1B7C83, 0x6A727B),
)
_NAMED_DARK = (
    *(0x8B949E, 0xFF7B72, 0x3FB950, 0xD29922, 0x58A6FF, 0xBC8CFF, 0x39C5CF, 0xB1BAC4),
    *(0x8E96A0, 0xFFA198, 0x56D364, 0xE3B341, 0x79C0FF, 0xD2A8FF, 0x56D4DD, 0xFFFFFF),
)
_NAMED = (
    *(0x24292F, 0xCF222E, 0x1A7F37, 0xD4A72C, 0x0969DA, 0x8250DF, 0x1B7C83, 0xD0D7DE),
    *(0x57606A, 0xFF8182, 0x6FDD8B, 0xEAC54F, 0x80CCFF, 0xD8B9FF, 0x76E3EA, 0xFFFFFF),
)
#: Black and white where they are text beside a ground.
_EXTREMES = {0: 0x0D1117, 7: 0xD0D7DE}
_STEPS = (0, 95, 135, 175, 215, 255)


def colour(place: int) -> int:
    """The colour at that place of the palette of 256, as it is."""
    if place < 16:
        return _NAMED[place]
    if place < 232:
        red, rest = divmod(place - 16, 36)
        return _STEPS[red] << 16 | _STEPS[rest // 6] << 8 | _STEPS[rest % 6]
    return (8 + 10 * (place - 232)) * 0x010101


def nearest(rgb: int) -> int:
    """The place in the palette (16 to 255) of the colour next to a true colour.

    The browser's half is `nearest` in static/terminal/look.js.
    """
    channels = [rgb >> 16 & 0xFF, rgb >> 8 & 0xFF, rgb & 0xFF]
    steps = [0 if value < 48 else 1 if value < 115 else (value - 35) // 40 for value in channels]
    grey = min(23, max(0, (sum(channels) // 3 - 3) // 10))
    distance = sum((value - _STEPS[step]) ** 2 for value, step in zip(channels, steps, strict=True))
    if sum((value - (8 + 10 * grey)) ** 2 for value in channels) < distance:
        return 232 + grey
    return 16 + 36 * steps[0] + 6 * steps[1] + steps[2]


def on_light(place: int) -> int:
    """That colour of the palette as text on the light page."""
    return _readable(_NAMED_LIGHT[place] if place < 16 else colour(place), LIGHT, 0)


def on_dark(place: int) -> int:
    """That colour of the palette as text on the dark page."""
    return _readable(_NAMED_DARK[place] if place < 16 else colour(place), DARK, 255)


def beside(place: int, *, dark: bool) -> int:
    """That colour of the palette as text beside a ground of the program's own. Black and white are meant as such."""
    if _is_grey(place):
        return _EXTREMES.get(place, colour(place))
    return on_dark(place) if dark else on_light(place)


def is_dark(background: int) -> bool:
    """Whether white is more readable there than black."""
    return contrast(0x0D1117, background) < contrast(0xFFFFFF, background)


def contrast(one: int, other: int) -> float:
    """The contrast of two colours, from 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(rgb: int) -> float:
    shares = [(rgb >> shift & 0xFF) / 255 for shift in (16, 8, 0)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _readable(rgb: int, background: int, towards: int) -> int:
    """The colour, mixed with black (0) or white (255) until it can be read."""
    for share in range(0, 101, 2):
        mixed = 0
        for shift in (16, 8, 0):
            value = rgb >> shift & 0xFF
            mixed |= (value + (towards - value) * share // 100) << shift
        if contrast(mixed, background) >= CONTRAST:
            return mixed
    return towards * 0x010101


def stylesheet() -> str:
    """The rules of all 256 colours: `fN` as text, `gN` as ground. Those of grounds come last, and so win.

    `--light` and `--dark` of gistrun.css choose one of two colours; `light-dark()` is not in all browsers yet.
    Text beside a ground of the program's own is as on the dark page if that ground is dark, else as on the light one.
    """
    rules = [
        "/* The colours of a terminal. Made by `python -m tests.terminal.tables` from render/terminal/palette.py. */"
    ]
    for place in range(256):
        light, dark = as_css(on_light(place)), as_css(on_dark(place))
        both = f"var(--light,{light})var(--dark,{dark})"
        shown = as_css(beside(place, dark=False)), as_css(beside(place, dark=True))
        rules.append(f".f{place}{{--l:{shown[0]};--d:{shown[1]};color:{both}}}")
    for place in range(256):
        ground = colour(place)
        text = "d,#fff" if is_dark(ground) else "l,#0d1117"
        rules.append(f".g{place}{{background:{as_css(ground)};color:var(--{text})}}")
    return "\n".join(rules) + "\n"


def _is_grey(place: int) -> bool:
    rgb = colour(place)
    return place in (0, 7, 8, 15) or rgb % 0x010101 == 0


def as_css(rgb: int) -> str:
    """`#rrggbb`, or `#rgb` where that says the same."""
    text = f"{rgb:06x}"
    return f"#{text[::2]}" if text[::2] == text[1::2] else f"#{text}"
