"""What a gist expects of its own program: files that its output must equal. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gistrun.model import Case, Gist, GistFile

#: The files that hold what the program must print, the first of these that is there.
_EXPECTED = ("expected_output.txt", "expected.txt")
#: More pairs of input and output than this are not run.
CASES = 100


def expected_output(gist: Gist) -> str | None:
    """The name of the file that standard output must equal, or None."""
    return next((name for name in _EXPECTED if gist.file(name)), None)


def cases(files: Iterable[GistFile]) -> tuple[Case, ...]:
    """The pairs of an input and the output that it must lead to: `1.in` and `1.out`. In the order of their numbers."""
    names = {file.name for file in files}
    stems = [name.removesuffix(".in") for name in names if name.endswith(".in")]
    return tuple(Case(f"{stem}.in", f"{stem}.out") for stem in sorted(stems, key=_by_number) if f"{stem}.out" in names)


def _by_number(stem: str) -> list[tuple[int, str]]:
    """`2` comes before `10`."""
    return [(int(part), "") if part.isdecimal() and len(part) < 20 else (0, part) for part in re.split(r"(\d+)", stem)]
