"""As which language a file would run. Pure.

A shebang decides, then a whole file name, then GitHub's own word for the file: also where it is of a language that does
not have the extension, or of none that is here. Where GitHub says nothing, it is the extension, and what is in the file
where languages share one. A file in no language that holds tests for one, such as a document with examples, is in that
one. A file in which a language looks for what a gist needs, such as `go.mod`, is no program.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

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
    if any(file.name == each.file for language in languages.values() for each in language.requires):
        return None
    by_name = [language for language in languages.values() if file.name in language.names]
    if by_name:
        return by_name[0]
    candidates = [language for language in languages.values() if extension in language.extensions] if extension else []
    if file.language:
        known = _called(file.language, candidates) or _called(file.language, _any_name(extension, languages.values()))
        # What GitHub knows as something else is not what its extension says.
        return known or (None if candidates else _tested(file, languages.values()))
    return _shared(file, candidates) or _tested(file, languages.values())


def unknown_word(file: GistFile, languages: Mapping[str, Language]) -> str | None:
    """GitHub's word for a file that is not run because of it, although its extension is that of a language here."""
    said = replace(file, language=None)
    if not file.language or language_of(file, languages) or not language_of(said, languages):
        return None
    return file.language


def _called(word: str, languages: Iterable[Language]) -> Language | None:
    """The language that GitHub calls so, of several the common one."""
    found = [language for language in languages if word in language.github]
    return min(found, key=lambda language: (language.order is None, language.order), default=None)


def _any_name(extension: str, languages: Iterable[Language]) -> list[Language]:
    """The languages whose toolchains take a file with an extension that is none of theirs."""
    return [language for language in languages if not (extension and language.needs_extension)]


def _tested(file: GistFile, languages: Iterable[Language]) -> Language | None:
    """The language whose test runner takes the file, such as a document with examples."""
    return next((language for language in languages if runner_of(file, language.tests)), None)


def _shared(file: GistFile, candidates: Sequence[Language]) -> Language | None:
    """The one of these languages that the file is in, as far as its content tells."""
    content = text(file)
    for language in candidates:
        if language.content and re.search(language.content, content, re.MULTILINE):
            return language
    plain = [language for language in candidates if not language.content]
    return next(iter([*plain, *candidates]), None)
