"""For which other interpreters and machines a version of a package is made."""

import urllib.parse

from packaging.tags import sys_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

_LISTED = 6


def told(version, addresses):
    """That a version is made for others and which versions are for this one, as the end of a sentence that begins with
    its name; None if it is made for nobody.

    Args:
        addresses: of all files of the package.
    """
    ours = list(sys_tags())
    fitting, pairs = set(ours), {(tag.interpreter, tag.abi) for tag in ours}
    tags, here = set(), set()
    for address in addresses:
        try:
            name = urllib.parse.unquote(urllib.parse.urlsplit(address).path.rpartition("/")[2])
            _, number, _, of_wheel = parse_wheel_filename(name)
        except (InvalidWheelFilename, ValueError):
            continue
        if str(number) == version:
            tags |= of_wheel
        if not of_wheel.isdisjoint(fitting) and not number.is_prerelease:
            here.add(number)
    if not tags:
        return None
    machines = sorted({tag.platform for tag in tags if (tag.interpreter, tag.abi) in pairs})
    if machines:
        made = f"is made for other machines ({', '.join(machines[:_LISTED])}), and not for this one"
    else:
        pythons = _pythons({tag.interpreter for tag in tags})
        made = f"is made for Python {pythons}, and not for {_pythons({ours[0].interpreter})}"
    if not here:
        return f"{made}; no version is"
    first, last = min(here), max(here)
    return (
        f"{made}; {first if first == last else f'versions from {first} to {last}'} {'is' if first == last else 'are'}"
    )


def _pythons(interpreters):
    numbers = sorted({(int(each[2]), int(each[3:] or 0)) for each in interpreters if each[2:].isdecimal()})
    return ", ".join(f"{major}.{minor}" if minor else str(major) for major, minor in numbers)
