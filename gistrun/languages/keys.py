"""What the keys of a `language.toml` may be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a `language.toml`."""

    #: What is allowed, as the end of "it must be …".
    allowed: str
    fits: Callable[[Any], bool]
    #: A version may have its own value.
    versioned: bool = False
    #: A version with its own value has an image of its own.
    of_image: bool = False


def _all_text(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _groups(value: Any) -> int | None:
    """How many groups a pattern has; None if it is none."""
    try:
        return re.compile(value).groups
    except (TypeError, re.error):
        return None


def _is_pattern(value: Any) -> bool:
    return _groups(value) is not None


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"\w[\w.-]{0,63}", value, re.ASCII))


def _is_command(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and _all_text(value)


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and _all_text(value)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) and _all_text(value.values())


def _is_limits(value: Any) -> bool:
    return isinstance(value, dict) and all(type(number) in (int, float) and number > 0 for number in value.values())


_TEXT, _COMMAND, _LIST = "a text", "a list of one text or more", "a list of texts"
_EXTENSIONS = 'a list of extensions in lower case, each with its dot, such as [".py"]'
KEYS = {
    "title": Key(_TEXT, _is_text),
    "toolchain": Key(_TEXT, _is_text, versioned=True),
    "version_command": Key(_COMMAND, _is_command, versioned=True),
    "version_pattern": Key("a pattern with one group", lambda value: _groups(value) == 1, versioned=True),
    "extensions": Key(
        _EXTENSIONS, lambda value: _is_list(value) and all(each[:1] == "." and each == each.lower() for each in value)
    ),
    "names": Key(_LIST, _is_list),
    "interpreters": Key(_LIST, _is_list, versioned=True),
    "launchers": Key(_LIST, _is_list),
    "options": Key("a pattern", lambda value: _groups(value) is not None, versioned=True),
    "file_options": Key(_LIST, _is_list, versioned=True),
    "reads_shebang": Key("true or false", lambda value: type(value) is bool, versioned=True),
    "plain_names": Key("true or false", lambda value: type(value) is bool, versioned=True),
    "needs_extension": Key("true or false", lambda value: type(value) is bool, versioned=True),
    "github": Key(_LIST, _is_list),
    "compile": Key(_LIST, _is_list, versioned=True),
    "run": Key(_COMMAND, _is_command, versioned=True),
    "ahead": Key(_COMMAND, _is_command, versioned=True),
    "content": Key("a pattern", _is_pattern),
    "entry_pattern": Key("a pattern", _is_pattern),
    "comments": Key("a pattern", _is_pattern),
    "conditions": Key("a table", lambda value: isinstance(value, dict)),
    "declares": Key("a list of tables", lambda value: isinstance(value, list)),
    "last": Key(_LIST, _is_list),
    "imports": Key("a pattern with one group", lambda value: _groups(value) == 1),
    "requires": Key("a list of tables", lambda value: isinstance(value, list)),
    "environment": Key("a table of texts", _is_table, versioned=True),
    "limits": Key("a table of numbers above 0", _is_limits),
    "compile_needs": Key("a table of numbers above 0", _is_limits),
    "debian": Key("forky or trixie", lambda value: value in ("forky", "trixie"), versioned=True, of_image=True),
    "base": Key("the name of a language, or language@version", _is_text, versioned=True, of_image=True),
    "dockerfile": Key("the name of a file in the folder", _is_name, versioned=True, of_image=True),
    "build": Key("a table of texts", _is_table, versioned=True, of_image=True),
    "packages": Key("the name of a folder of images/_packages", _is_text, versioned=True),
    "order": Key("a whole number", lambda value: type(value) is int),
    "probe": Key("true or false", lambda value: type(value) is bool),
    "reads_input": Key("true or false", lambda value: type(value) is bool),
    "version": Key("the name of the default version: letters, digits, . _ -", _is_name),
    "tests": Key("a list of tables", lambda value: isinstance(value, list), versioned=True),
    "hints": Key("a list of tables", lambda value: isinstance(value, list)),
    "versions": Key("a table of tables", lambda value: isinstance(value, dict)),
}
REQUIRES = {
    "file": Key(_TEXT, _is_text),
    "pattern": Key("a pattern with one group", lambda value: _groups(value) == 1),
    "at_least": Key("true or false", lambda value: type(value) is bool),
    "must": Key("true or false", lambda value: type(value) is bool),
}
DECLARES = {key: REQUIRES[key] for key in ("file", "pattern")}
CONDITIONS = {
    "hold": Key(
        "a list of patterns", lambda value: _is_list(value) and all(_groups(each) is not None for each in value)
    ),
    "file": Key("a pattern with one group", lambda value: _groups(value) == 1),
    "names": Key("a pattern", lambda value: _groups(value) is not None),
    "parts": Key("true or false", lambda value: type(value) is bool),
}
HINTS = {
    "name": Key(_TEXT, _is_text),
    "output": Key("a pattern with one group or none", lambda value: _groups(value) in (0, 1)),
    "source": Key("a pattern", lambda value: _groups(value) is not None),
    "sentence": Key(_TEXT, _is_text),
}
TESTS = {
    "name": Key(_TEXT, _is_text),
    "files": Key(_LIST, _is_command),
    "content": Key("a pattern", _is_pattern),
    "interpreters": Key(_LIST, _is_list),
    "unless": Key("a pattern", _is_text),
    "compile": Key(_LIST, _is_list),
    "run": Key(_COMMAND, _is_command),
    "passed": Key("a pattern with one group or none", lambda value: _groups(value) in (0, 1)),
    "failed": Key("a pattern with one group or none", lambda value: _groups(value) in (0, 1)),
    "total": Key("a pattern with one group or none", lambda value: _groups(value) in (0, 1)),
}
TESTS_REQUIRED = ("name", "files", "content", "run")
REQUIRED = ("title", "toolchain", "version_command", "version_pattern", "run")
#: The limits of the compile phase alone; `compile_needs` may raise them, `limits` lowers all others.
OF_COMPILING = ("compile_memory_bytes", "compile_pids")
