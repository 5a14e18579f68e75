"""What may be asked of npm: names of its registry, with versions or tags of it. Pure.

npm itself also takes addresses, paths and repositories in the place of a version. Those are refused here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gistrun.errors import PackagesRefused
from gistrun.packages.wanted import Need

#: Names as old packages have them too, which may hold capital letters.
_NAME = re.compile(r"(?:@[A-Za-z0-9~-][\w.~-]{0,100}/)?[A-Za-z0-9~-][\w.~-]{0,213}", re.ASCII)
_TAG = re.compile(r"[A-Za-z][\w-]{0,63}", re.ASCII)
_OPERATOR = re.compile(r"[~^]|[<>]=?|=|-")
_NUMBER = r"(?:\d{1,16}|[xX*])"
_END = r"(?:-[\w.-]{1,60})?(?:\+[\w.-]{1,60})?"
_VERSION = re.compile(
    rf"(?:[~^]|[<>]=?|=|~>)?v?{_NUMBER}(?:\.{_NUMBER}(?:\.{_NUMBER}{_END})?)?",
    re.ASCII,
)
#: npm reads these as the names of files.
_ARCHIVES = (".tgz", ".tar.gz", ".tar")
_NOT_NAMES = {"node_modules", "favicon.ico"}


def named(text: str, source: str) -> Need:
    """The package that is named as on npm's command line: `lodash`, `lodash@4`, `@types/node@^24`.

    Raises:
        PackagesRefused: it is not a package of npm.
    """
    name, version = parted(text)
    return need(name, version, source)


def need(name: str, version: str, source: str) -> Need:
    """A package by its name and what stands for a version in `package.json`.

    Raises:
        PackagesRefused: it is not a package of npm.
    """
    real, wanted = name, version.strip() or "*"
    if wanted.startswith("npm:"):
        real, wanted = parted(wanted.removeprefix("npm:"))
        wanted = wanted or "*"
    if not (is_name(name) and is_name(real) and _is_version(wanted)):
        raise PackagesRefused(_refusal(f"{name}@{version}" if version else name, source))
    return Need(real, f"{name}@{wanted}" if real == name else f"{name}@npm:{real}@{wanted}", source)


def parted(text: str) -> tuple[str, str]:
    """The name and what stands behind its `@`."""
    name, _, version = text[1:].partition("@")
    return text[:1] + name, version


def is_name(name: str) -> bool:
    """Whether npm would take it for the name of a package."""
    return bool(_NAME.fullmatch(name)) and len(name) <= 214 and name.lower() not in _NOT_NAMES


def of_module(specifier: str) -> str | None:
    """The package that has the module of that name: `lodash` for `lodash/fp`; None where that is no package."""
    parts = specifier.split("/")
    name = "/".join(parts[: 2 if specifier.startswith("@") else 1])
    return name if is_name(name) else None


def table(value: object, source: str) -> Mapping[str, str]:
    """A table of names and versions.

    Raises:
        PackagesRefused: it is none.
    """
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise PackagesRefused(f"The packages in {source} are not a table of names and versions.")
    return value


def _is_version(text: str) -> bool:
    if len(text) > 200 or text.lower().endswith(_ARCHIVES):
        return False
    words = text.replace("||", " ").split(" ")
    return bool(_TAG.fullmatch(text)) or all(
        _VERSION.fullmatch(word) or _OPERATOR.fullmatch(word) for word in words if word
    )


def shown(text: str) -> str:
    """What a gist wrote, so that it fits into a sentence."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text[:80])


def _refusal(text: str, source: str) -> str:
    return (
        f"{source} asks for “{shown(text)}”, which is not a name of npm with a version, such as lodash@^4. Addresses, "
        "paths and repositories are not followed."
    )
