"""Signs in what a program printed by which a language's failures are explained. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gistrun.languages.content import text
from gistrun.model import GistFile


@dataclass(frozen=True, slots=True)
class Symptom:
    """One sign, as `[[hints]]` in a `language.toml` describes it."""

    #: The hint's name, as in the API.
    name: str
    #: A pattern that is found in the output of a program that failed. Its group, if it has one, is what is missing.
    output: str | None = None
    #: A pattern that is found in the file that ran.
    source: str | None = None
    #: The hint's sentence, where the usual one does not serve.
    sentence: str | None = None

    def found(self, output: str, entry: GistFile) -> str | None:
        """What is missing (empty if the pattern does not say), or None if this sign is not there."""
        if self.source and not re.search(self.source, text(entry), re.MULTILINE):
            return None
        if self.output is None:
            return ""
        match = re.search(self.output, output, re.MULTILINE)
        return (match[1] or "" if match.re.groups else "") if match else None
