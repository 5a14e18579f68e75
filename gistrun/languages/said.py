"""The places where a gist may say something about itself. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Requirement:
    """A place where a gist may say which version of a language it needs, as `[[requires]]` describes it."""

    #: A file's name, or a pattern with a * for the file that runs.
    file: str
    #: A pattern whose one group is the requirement.
    pattern: str
    #: The version that is needed wherever the pattern is found, whose group then does not count; empty for none.
    version: str = ""
    #: True where a bare version means that one or a newer one.
    at_least: bool = False
    #: True where a program does not run if no version here is meant.
    must: bool = False


@dataclass(frozen=True, slots=True)
class Declaration:
    """A place where a gist may say which file is to be run, as `[[declares]]` describes it."""

    #: A file's name.
    file: str
    #: A pattern whose one group is the name of the file to be run.
    pattern: str
