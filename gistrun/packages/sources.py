"""The source files of the Java virtual machine's languages, with their comments and strings told apart. Pure."""

from __future__ import annotations

import os.path
import re
from dataclasses import dataclass

from gistrun.model import GistFile, Program
from gistrun.packages.syntax import walk
from gistrun.packages.wanted import LOOKED_AT

_LANGUAGES = {
    ".java": "java",
    ".kt": "kotlin",
    ".kts": "kotlin",
    ".scala": "scala",
    ".sc": "scala",
    ".groovy": "groovy",
    ".gvy": "groovy",
    ".gsh": "groovy",
}


@dataclass(frozen=True, slots=True)
class Source:
    """One file. All three texts have the same lines."""

    name: str
    language: str
    text: str
    #: Without comments.
    code: str
    #: Without comments and strings.
    bare: str

    def place(self, found: re.Match[str]) -> str:
        """Where something was found in one of the texts."""
        return f"line {found.string.count(chr(10), 0, found.start(1)) + 1} of {self.name}"


def sources(program: Program) -> list[Source]:
    """The program's file, and the gist's others in these languages."""
    known = set(_LANGUAGES.values())
    found = []
    for file in program.files:
        language = _LANGUAGES.get(os.path.splitext(file.name)[1].lower())
        if file.name == program.file:
            language = language or (program.language if program.language in known else "java")
        if language:
            found.append(_source(file, language))
    return found


def _source(file: GistFile, language: str) -> Source:
    content = file.content[:LOOKED_AT].replace(b"\r\n", b"\n")
    code, bare = bytearray(content), bytearray(content)
    for node in walk(content, language):
        is_comment = "comment" in node.type
        if is_comment or "string" in node.type:
            blank = re.sub(rb"[^\n]", b" ", content[node.start_byte : node.end_byte])
            bare[node.start_byte : node.end_byte] = blank
            if is_comment:
                code[node.start_byte : node.end_byte] = blank
    return Source(file.name, language, *(bytes(each).decode("utf-8", "replace") for each in (content, code, bare)))
