"""The places where a gist may say something about itself. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from gistrun.languages.content import text
from gistrun.model import GistFile


@dataclass(frozen=True, slots=True)
class Declaration:
    """A place where a gist may say which file is to be run, as `[[declares]]` describes it."""

    #: A file's name.
    file: str
    #: A pattern whose one group is what it says.
    pattern: str | None = None
    #: Where in a JSON file it is said, such as "engines.node".
    key: str | None = None

    def told(self, file: GistFile) -> str | None:
        """What that file says; None if it says nothing."""
        if self.key is not None:
            return _at(self.key, text(file))
        found = re.search(self.pattern, text(file), re.MULTILINE) if self.pattern else None
        # A group may be one that the pattern can do without.
        return (found[1] or None) if found else None


@dataclass(frozen=True, slots=True)
class Requirement(Declaration):
    """A place where a gist may say which version of a language it needs, as `[[requires]]` describes it.

    Its file may be a pattern with a * for the file that runs.
    """

    #: The version that is needed wherever the pattern is found, whose group then does not count; empty for none.
    version: str = ""
    #: True where a bare version means that one or a newer one.
    at_least: bool = False
    #: True where a program does not run if no version here is meant.
    must: bool = False

    def told(self, file: GistFile) -> str | None:
        """The version that the file requires, or the condition for it; None if it says nothing."""
        if self.version:
            return self.version if self.pattern and re.search(self.pattern, text(file), re.MULTILINE) else None
        return Declaration.told(self, file)


def _at(key: str, content: str) -> str | None:
    try:
        value = json.loads(content.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None
    for name in key.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) and value else None
