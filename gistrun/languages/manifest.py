"""From the folders of `images/` to languages: what a `language.toml` may say."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from gistrun.errors import SetupError
from gistrun.languages import coherence, neighbours
from gistrun.languages.conditions import Conditions
from gistrun.languages.keys import (
    CONDITIONS,
    DECLARES,
    HINTS,
    KEYS,
    OF_COMPILING,
    REQUIRED,
    REQUIRES,
    TESTS,
    TESTS_REQUIRED,
)
from gistrun.languages.language import Language
from gistrun.languages.said import Declaration, Requirement
from gistrun.languages.symptom import Symptom
from gistrun.languages.testing import Runner
from gistrun.languages.values import Key, is_name, shown
from gistrun.model import Limits

IMAGES = Path(__file__).resolve().parents[2] / "images"

#: The groups of languages that `GISTRUN_LANGUAGES` may name.
ALL, COMMON = "all", "common"


def read(folder: Path) -> Language:
    """The language of one folder of `images/`.

    Raises:
        SetupError: `language.toml` is missing, has an unknown key or a value that is not allowed, or lacks a key. The
            message names the key, the value and what is allowed.
    """
    path = folder / "language.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, RecursionError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SetupError(f"{path} cannot be read: {error}.") from error
    _check(path, table, KEYS)
    _check_places(path, table)
    requires = _tables(path, "requires", table, REQUIRES, ("file",))
    for each in requires:
        if "pattern" in each and "version" not in each and re.compile(each["pattern"]).groups != 1:
            raise SetupError(
                f"{path}, requires: 'pattern' is {shown(each['pattern'])}, but must be a pattern with one group."
            )
    declares = _tables(path, "declares", table, DECLARES, ("file",))
    versions = table.pop("versions", {})
    if versions and not table.get("version"):
        raise SetupError(f"{path} has 'versions', and so needs 'version', the name of the default one.")
    table["tests"] = _runners(path, table)
    table["requires"] = tuple(Requirement(**each) for each in requires)
    table["hints"] = tuple(Symptom(**each) for each in _tables(path, "hints", table, HINTS, ("name",)))
    conditions = table.pop("conditions", {})
    _check(f"{path}, conditions", conditions, CONDITIONS)
    table["conditions"] = Conditions(**_as_values(conditions))
    table["declares"] = tuple(Declaration(**each) for each in declares)
    table["numbers"] = tuple(name for name in (table.get("version"), *versions) if name)
    table["logo"] = _logo(folder / "logo.svg")
    default = _language(folder.name, table)
    language = replace(default, others=tuple(_version(path, default, table, *each) for each in versions.items()))
    for trouble in coherence.troubles(language):
        raise SetupError(f"{path}: {trouble}")
    return language


def _logo(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8") if path.is_file() else None
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"{path} cannot be read: {error}.") from error


def _runners(where: object, table: dict[str, Any]) -> tuple[Runner, ...]:
    return tuple(Runner(**each) for each in _tables(where, "tests", table, TESTS, TESTS_REQUIRED))


def _tables(
    place: object, name: str, table: dict[str, Any], known: dict[str, Key], required: Iterable[str]
) -> list[dict[str, Any]]:
    """The tables `[[name]]`, each checked."""
    found = table.pop(name, [])
    where = f"{place}, {name}"
    values = []
    for each in found:
        if not isinstance(each, dict):
            raise SetupError(f"{where} has {shown(each)}, but must be tables, each under [[{name}]].")
        _check(where, each, known)
        for key in required:
            if key not in each:
                raise SetupError(f"{where} lacks {key!r}, which must be {known[key].allowed}.")
        values.append(_as_values(each))
    return values


def _as_values(table: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}


def _version(path: Path, default: Language, table: dict[str, Any], name: str, own: Any) -> Language:
    """Another version: the language's table with the version's own values."""
    where = f"{path}, version {name!r}"
    if not is_name(name):
        raise SetupError(f"{where}: the name of a version must be letters, digits, . _ -")
    if not isinstance(own, dict) or not own:
        raise SetupError(f"{where} is {shown(own)}, but must be a table of what differs from the default.")
    if name == default.version:
        raise SetupError(f"{where} is the default one, and so its values stand at the top.")
    _check(where, own, {key: known for key, known in KEYS.items() if known.versioned})
    if "tests" in own:
        own = {**own, "tests": _runners(where, dict(own))}
    has_image = any(KEYS[key].of_image for key in own)
    if not has_image and {"environment", "ahead"} & own.keys():
        raise SetupError(f"{where} has no image of its own, and so it needs the default's 'environment' and 'ahead'.")
    merged = {**table, **own, "version": name, "order": None}
    if "debian" in own and merged.get("base"):
        raise SetupError(f"{where}: 'debian' is {own['debian']!r}, but it is that of 'base', {merged['base']!r}.")
    for key in ("environment", "build"):
        merged[key] = {**table.get(key, {}), **own.get(key, {})}
    return _language(default.name, merged, image=f"{default.name}@{name}" if has_image else default.name)


def _language(name: str, table: dict[str, Any], image: str = "") -> Language:
    values: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, list):
            value = tuple(value)
        elif isinstance(value, dict):
            value = tuple(value.items())
        values[key] = value
    return Language(name, image=image, **values)


def _check(where: object, table: dict[str, Any], known: dict[str, Key]) -> None:
    for key, value in table.items():
        if key not in known:
            raise SetupError(f"{where} has an unknown key {key!r}; known are {', '.join(sorted(known))}.")
        if not known[key].fits(value):
            raise SetupError(f"{where}: {key!r} is {shown(value)}, but must be {known[key].allowed}.")
    _check_names(where, "limits", table.get("limits", {}), [name for name in _limits() if name not in OF_COMPILING])
    _check_names(where, "compile_needs", table.get("compile_needs", {}), list(OF_COMPILING))


def _check_places(path: Path, table: dict[str, Any]) -> None:
    """Whether each key stands where it belongs, as far as that shows."""
    for name in table.get("environment", {}):
        # In TOML, all that follows a table's head belongs to the table.
        if name in KEYS:
            raise SetupError(f"{path}: {name!r} stands in 'environment', but must stand above all tables.")
    for key in REQUIRED:
        if key not in table:
            raise SetupError(f"{path} lacks {key!r}, which must be {KEYS[key].allowed}.")
    if "base" in table and "debian" in table:
        raise SetupError(f"{path}: 'debian' is {table['debian']!r}, but it is that of 'base', {table['base']!r}.")
    if "BASE" in table.get("build", {}):
        raise SetupError(f"{path}: 'build' has 'BASE', which is the image below; 'base' and 'debian' choose it.")


def _check_names(where: object, key: str, limits: dict[str, Any], known: list[str]) -> None:
    for name in limits:
        if name not in known:
            raise SetupError(f"{where}: there is no {name!r} for {key!r}; there are {', '.join(known)}.")


def _limits() -> list[str]:
    return [field.name for field in fields(Limits) if isinstance(field.default, int | float)]


def load(names: tuple[str, ...] | None = None, images: Path = IMAGES) -> dict[str, Language]:
    """The languages of `images/` by name: every one, or only those of the names and groups given.

    A language whose image is built on another's brings that one along.

    Raises:
        SetupError: a name is that of no language or group, or a `language.toml` is not well-formed.
    """
    known = {path.parent.name: read(path.parent) for path in sorted(images.glob("*/language.toml"))}
    for trouble in neighbours.troubles(known, images):
        raise SetupError(trouble)
    chosen: set[str] = set()
    for name in names or (ALL,):
        if name in (ALL, COMMON):
            chosen |= {each.name for each in known.values() if name == ALL or each.order is not None}
        elif name in known:
            chosen.add(name)
        else:
            there = ", ".join([ALL, COMMON, *known])
            raise SetupError(f"GISTRUN_LANGUAGES names {name!r}, but there are only {there}.")
    return {name: language for name, language in known.items() if name in chosen}
