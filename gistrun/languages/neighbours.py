"""What languages must be to each other, and to the folders that they stand in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from gistrun.languages.language import Language

#: Names of folders that mean something else: groups of languages, and the image of all others.
RESERVED = ("all", "base", "common")
#: The folder with a folder for each ecosystem of packages.
_PACKAGES = "_packages"


def troubles(known: Mapping[str, Language], images: Path) -> Iterator[str]:
    """What is amiss in `images/`, as sentences.

    Args:
        known: every language by the name of its folder.
    """
    for name, language in known.items():
        for version in language.versions:
            for trouble in (*_folder(version, images), *_base(version, known)):
                yield f"{images / name}: {trouble}"
    for path in sorted(images.glob("[!_.]*/Dockerfile*")):
        if path.parent.name not in known:
            yield f"{path.parent} has a {path.name}, but no language.toml."
            break
    yield from _shared(known, images)


def _folder(version: Language, images: Path) -> Iterator[str]:
    if not re.fullmatch(r"[a-z][a-z0-9]*", version.name):
        yield "the folder's name must be lower-case letters and digits, since it stands in addresses."
    elif version.name in RESERVED:
        yield f"the folder's name is {version.name!r}, which means something else; so do {', '.join(RESERVED)}."
    if not (images / version.name / version.dockerfile).is_file():
        yield f"'dockerfile' is {version.dockerfile!r}, but there is no such file."
    if version.packages is not None and not (images / _PACKAGES / version.packages).is_dir():
        there = ", ".join(sorted(path.name for path in (images / _PACKAGES).glob("*") if path.is_dir())) or "none"
        yield f"'packages' is {version.packages!r}, but {_PACKAGES} has {there}."


def _base(version: Language, known: Mapping[str, Language]) -> Iterator[str]:
    below, seen = version, [version.image]
    while below.base is not None:
        name, at, asked = below.base.partition("@")
        if name not in known:
            yield f"'base' is {below.base!r}, but there is no such language; there are {', '.join(known)}."
            return
        found = known[name].at(asked if at else None)
        if found is None:
            there = ", ".join(str(each.version) for each in known[name].versions if each.version) or "one only"
            yield f"'base' is {below.base!r}, but there is no such version; there are {there}."
            return
        if found.image in seen:
            yield f"'base' is {version.base!r}, which leads back to {found.image!r}."
            return
        seen.append(found.image)
        below = found


def _shared(known: Mapping[str, Language], images: Path) -> Iterator[str]:
    """What two languages claim, so that nobody could say whose a file is."""
    for name, names in _claims(known, "names").items():
        if len(names) > 1:
            yield f"{images}: {' and '.join(names)} have {name!r} in 'names', but it must be of one language."
    for word, names in _claims(known, "github").items():
        common = [name for name in names if known[name].order is not None]
        if len(names) > 1 and (len(common) != 1 or _twice(known[name].extensions for name in names)):
            yield (
                f"{images}: {' and '.join(names)} have {word!r} in 'github', but it must be of one language, or of one "
                "with an 'order' and others with other 'extensions'."
            )
    for extension, names in _claims(known, "extensions").items():
        silent = [name for name in names if known[name].content is None]
        if len(silent) > 1:
            yield (
                f"{images}: {' and '.join(silent)} have {extension!r} in 'extensions', and so all but one need "
                "'content', a pattern that is found in their files."
            )
    for claim, names in _claims(known, "interpreters").items():
        if twice := _twice(known[name].extensions for name in names):
            yield (
                f"{images}: {' and '.join(names)} have {claim!r} in 'interpreters' and {', '.join(twice)} in "
                "'extensions', but nothing else tells their scripts apart."
            )
    probes = [name for name, language in known.items() if language.probe]
    if len(probes) > 1:
        yield f"{images}: 'probe' is True for {' and '.join(probes)}, but must be for one language."


def _twice(lists: Iterable[Sequence[str]]) -> list[str]:
    """What is in more than one of the lists."""
    every = [each for values in lists for each in values]
    return sorted({each for each in every if every.count(each) > 1})


def _claims(known: Mapping[str, Language], key: str) -> dict[str, list[str]]:
    """The languages that claim each value of a key."""
    claims: dict[str, list[str]] = {}
    for name, language in known.items():
        for claim in {each: None for version in language.versions for each in getattr(version, key)}:
            claims.setdefault(claim, []).append(name)
    return claims
