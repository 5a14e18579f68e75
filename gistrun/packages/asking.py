"""Where a program asks for what it needs, and what is told of that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from gistrun.model import Hint, Program
from gistrun.packages.wanted import LOOKED_AT, Need

_ADVICE = "Correct it there, or take it out."


def hints(reason: str, needs: tuple[Need, ...]) -> Iterator[Hint]:
    """Which of the packages that the reason names is asked for where. One is enough."""
    words = {word.rstrip(".:;") for word in re.split(r"[\s,`“”()<>=!~]+", reason)}
    for need in needs:
        if (need.name in words or need.text in words) and need.where:
            yield Hint("missing-package", f"It asks for {need.name} in {need.where}. {_ADVICE}")
            return


def placed(needs: tuple[Need, ...], program: Program) -> Iterator[Need]:
    """These needs, each with the first line that names it: in the file that asks for it if possible, else in the
    program's own.
    """
    sources = {need.source for need in needs} | {program.file}
    texts = {
        file.name: file.content[:LOOKED_AT].decode("utf-8", "replace") for file in program.files if file.name in sources
    }
    for need in needs:
        name = r"[-_.]+".join(map(re.escape, re.split(r"[-_.]+", need.name)))
        pattern, where = re.compile(rf"(?<![\w-]){name}(?![\w-])", re.IGNORECASE), need.where
        for file in dict.fromkeys((need.source, program.file)):
            found = None if where else pattern.search(texts.get(file, ""))
            if found:
                where = f"line {texts[file].count(chr(10), 0, found.start()) + 1} of {file}"
        yield replace(need, where=where)
