"""What the keys of a `language.toml` may be."""

from __future__ import annotations

import re
from typing import Any

from gistrun.languages.values import (
    Key,
    groups,
    is_arguments,
    is_command,
    is_limits,
    is_list,
    is_name,
    is_sign,
    is_table,
    is_text,
)


def _is_flag(value: Any) -> bool:
    return type(value) is bool


def _is_sign_with_group(value: Any) -> bool:
    return is_sign(value, (1,))


def _is_count(value: Any) -> bool:
    return is_sign(value, (0, 1))


def _is_files(value: Any) -> bool:
    return is_list(value, r"[^/\x00-\x1f]+")


_TEXT = "a text of one line"
_COMMAND, _ARGUMENTS = "a list of one text or more, none of them empty", "a list of texts, none of them empty"
_LIST = "a list of texts, none of them empty and none there twice"
_FILES = "a list of names of files, without a folder and none there twice"
_PROGRAMS = 'a list of names of programs, without a folder and none there twice, such as ["python"]'
_EXTENSIONS = 'a list of extensions in lower case, each with its dot and none there twice, such as [".py"]'
_LIMITS = (
    "a table of numbers: 16777216 or more for memory_bytes, 1048576 for disk_bytes, 1024 for output_bytes, 8 for pids, "
    "all of them whole; 0.1 or more for the others"
)
_VARIABLES = "a table of texts, whose names have letters, digits and _ only"
_FLAG, _TABLE, _TABLES = "true or false", "a table", "a list of tables"
_SIGN, _GROUP = "a pattern that is not found in an empty text", "a pattern with one group, not found in an empty text"
_COUNT = "a pattern with one group or none, not found in an empty text"

_FLAG_KEY = Key(_FLAG, _is_flag)
_PROGRAM_LIST = Key(_PROGRAMS, lambda value: is_list(value, r"\w[\w.+-]*"))
KEYS = {
    "title": Key(_TEXT, is_text),
    "toolchain": Key(_TEXT, is_text, versioned=True),
    "version_command": Key(_COMMAND, is_command, versioned=True),
    "version_pattern": Key(_GROUP, _is_sign_with_group, versioned=True),
    "extensions": Key(
        _EXTENSIONS,
        lambda value: is_list(value, r"\.[^\s./\\]+") and all(each == each.lower() for each in value),
    ),
    "names": Key(_FILES, _is_files),
    "interpreters": Key(_PROGRAM_LIST.allowed, _PROGRAM_LIST.fits, versioned=True),
    "launchers": _PROGRAM_LIST,
    "options": Key("a pattern", lambda value: groups(value) is not None, versioned=True),
    "file_options": Key(_LIST, is_list, versioned=True),
    "reads_shebang": Key(_FLAG, _is_flag, versioned=True),
    "plain_names": Key(_FLAG, _is_flag, versioned=True),
    "needs_extension": Key(_FLAG, _is_flag, versioned=True),
    "github": Key(_LIST, is_list),
    "compile": Key(_ARGUMENTS, is_arguments, versioned=True),
    "run": Key(_COMMAND, is_command, versioned=True),
    "ahead": Key(_COMMAND, is_command, versioned=True),
    "content": Key(_SIGN, is_sign),
    "entry_pattern": Key(_SIGN, is_sign),
    "comments": Key(_SIGN, is_sign),
    "conditions": Key(_TABLE, lambda value: isinstance(value, dict)),
    "declares": Key(_TABLES, lambda value: isinstance(value, list)),
    "last": Key(_FILES, _is_files),
    "imports": Key(_GROUP, _is_sign_with_group),
    "requires": Key(_TABLES, lambda value: isinstance(value, list)),
    "environment": Key(_VARIABLES, is_table, versioned=True),
    "limits": Key(_LIMITS, is_limits),
    "compile_needs": Key(
        _LIMITS.replace("memory_bytes", "compile_memory_bytes").replace("pids", "compile_pids"), is_limits
    ),
    "debian": Key("forky or trixie", lambda value: value in ("forky", "trixie"), versioned=True, of_image=True),
    "base": Key(
        "the name of a language, or language@version",
        lambda value: isinstance(value, str) and bool(re.fullmatch(r"[a-z][a-z0-9]*(@\w[\w.-]*)?", value, re.ASCII)),
        versioned=True,
        of_image=True,
    ),
    "dockerfile": Key("the name of a file in the folder", is_name, versioned=True, of_image=True),
    "build": Key(_VARIABLES, is_table, versioned=True, of_image=True),
    "packages": Key("the name of a folder of images/_packages", is_name, versioned=True),
    "packages_instead": Key("the name of a folder of images/_packages", is_name, versioned=True),
    "order": Key("a whole number, 0 or more", lambda value: type(value) is int and value >= 0),
    "probe": _FLAG_KEY,
    "reads_input": _FLAG_KEY,
    "version": Key("the name of the default version: letters, digits, . _ -", is_name),
    "tests": Key(_TABLES, lambda value: isinstance(value, list), versioned=True),
    "hints": Key(_TABLES, lambda value: isinstance(value, list)),
    "versions": Key("a table of tables", lambda value: isinstance(value, dict)),
}
_FILE = Key("the name of a file, without a folder", lambda value: _is_files([value]))
REQUIRES = {
    "file": _FILE,
    "pattern": Key(_COUNT, _is_count),
    "version": Key("the name of a version", is_name),
    "key": Key('the path of a value in a JSON file, such as "engines.node"', is_text),
    "at_least": _FLAG_KEY,
    "must": _FLAG_KEY,
}
DECLARES = {
    "file": _FILE,
    "pattern": Key(_GROUP, _is_sign_with_group),
    "key": REQUIRES["key"],
}
CONDITIONS = {
    "hold": Key("a list of patterns", lambda value: is_list(value) and all(groups(each) is not None for each in value)),
    "file": Key(_GROUP, _is_sign_with_group),
    "names": Key(_SIGN, is_sign),
    "parts": _FLAG_KEY,
}
#: The hints that a language may have signs for.
HINT_NAMES = (
    "missing-package",
    "no-network",
    "python-2",
    "windows-line-ends",
    "needs-display",
    "asked-for-arguments",
)
HINTS = {
    "name": Key(f"one of {', '.join(HINT_NAMES)}", lambda value: value in HINT_NAMES),
    "output": Key(_COUNT, _is_count),
    "source": Key(_SIGN, is_sign),
    "sentence": Key(_TEXT, is_text),
}
TESTS = {
    "name": Key(_TEXT, is_text),
    "files": Key(_FILES.replace("a list of", "a list of one or more"), lambda value: _is_files(value) and bool(value)),
    "content": Key(_SIGN, is_sign),
    "interpreters": _PROGRAM_LIST,
    "unless": Key(_SIGN, is_sign),
    "program": _FLAG_KEY,
    "compile": Key(_ARGUMENTS, is_arguments),
    "run": Key(_COMMAND, is_command),
    "passed": Key(_COUNT, _is_count),
    "failed": Key(_COUNT, _is_count),
    "total": Key(_COUNT, _is_count),
}
TESTS_REQUIRED = ("name", "files", "content", "run")
REQUIRED = ("title", "toolchain", "version_command", "version_pattern", "run")
#: The limits of the compile phase alone; `compile_needs` may raise them, `limits` lowers all others.
OF_COMPILING = ("compile_memory_bytes", "compile_pids")
