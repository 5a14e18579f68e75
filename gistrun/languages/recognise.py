"""As which language a file would run. Pure.

A shebang decides, then a whole file name, then the extension. Where several languages share an extension, GitHub's own
word for the file decides, then what is in it. So it is where a language that is not here has the extension too. A file
without an extension is what GitHub says it is. A file in no language that holds tests for one, such as a document with
examples, is in that one.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterable, Mapping

from gistrun.languages.content import text
from gistrun.languages.language import Language
from gistrun.languages.shebang import readings
from gistrun.languages.testing import runner_of
from gistrun.model import GistFile


def language_of(file: GistFile, languages: Mapping[str, Language]) -> Language | None:
    """The language that a file would be run as, or None."""
    extension = os.path.splitext(file.name)[1].lower()
    for name in [name for said in readings(file) for name in said.names]:
        if runs := [language for language in languages.values() if name in language.named_by]:
            # An interpreter may be one of several languages.
            return next((language for language in runs if extension in language.extensions), runs[0])
    by_name = [language for language in languages.values() if file.name in language.names]
    if by_name:
        return by_name[0]
    if extension:
        by_extension = [language for language in languages.values() if extension in language.extensions]
        return _shared(file, by_extension) or _tested(file, languages.values())
    return next((language for language in languages.values() if file.language in language.github), None)


def _tested(file: GistFile, languages: Iterable[Language]) -> Language | None:
    """The language whose test runner takes the file, such as a document with examples."""
    return next((language for language in languages if runner_of(file, language.tests)), None)


def _shared(file: GistFile, candidates: Iterable[Language]) -> Language | None:
    """The one of these languages that the file is in."""
    candidates = list(candidates)
    for language in candidates:
        if file.language in language.github:
            return language
    content = text(file)
    for language in candidates:
        if language.content and re.search(language.content, content, re.MULTILINE):
            return language
    if plain := [language for language in candidates if not language.content]:
        return plain[0]
    # GitHub has another word for the file, and nothing in it says that GitHub is wrong.
    return None if file.language or not candidates else candidates[0]
