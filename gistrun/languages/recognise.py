"""As which language a file would run. Pure.

A shebang decides, then a whole file name, then the extension. Where several languages share an extension, GitHub's own
word for the file decides, then what is in it. A file without an extension is what GitHub says it is.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterable, Mapping

from gistrun.languages.content import text
from gistrun.languages.language import Language
from gistrun.model import GistFile


def language_of(file: GistFile, languages: Mapping[str, Language]) -> Language | None:
    """The language that a file would be run as, or None."""
    if found := shebang(file):
        for language in languages.values():
            if found[0] in language.interpreters:
                return language
    by_name = [language for language in languages.values() if file.name in language.names]
    if by_name:
        return by_name[0]
    extension = os.path.splitext(file.name)[1].lower()
    if extension:
        return _shared(file, [language for language in languages.values() if extension in language.extensions])
    return next((language for language in languages.values() if file.language in language.github), None)


def _shared(file: GistFile, candidates: Iterable[Language]) -> Language | None:
    """The one of these languages that the file is in."""
    candidates = list(candidates)
    if len(candidates) < 2:
        return candidates[0] if candidates else None
    for language in candidates:
        if file.language in language.github:
            return language
    content = text(file)
    for language in candidates:
        if language.content and re.search(language.content, content, re.MULTILINE):
            return language
    return next((language for language in candidates if not language.content), candidates[0])


def shebang(file: GistFile) -> tuple[str, str] | None:
    """The interpreter's base name and version, or None: `#!/usr/bin/env -S python3.11 -u` gives ("python", "3.11")."""
    first = file.content.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0][:256]
    if not first.startswith(b"#!"):
        return None
    words = first[2:].decode("utf-8", "replace").split()
    if words and os.path.basename(words[0]) == "env":
        words = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    if not words:
        return None
    name = os.path.basename(words[0])
    base = re.sub(r"[\d.]+$", "", name)
    return (base, name.removeprefix(base)) if base else None
