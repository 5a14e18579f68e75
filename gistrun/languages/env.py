"""The command line of env(1), as GNU env reads it. Pure. See `info coreutils 'env invocation'`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_SPLIT, _CLEAR, _FOLDER = "--split-string", "--ignore-environment", "--chdir"
_WITH_VALUE = {"u": "--unset", "C": _FOLDER, "a": "--argv0", "S": _SPLIT}
_FLAGS = {"i": _CLEAR, "0": "--null", "v": "--debug"}
#: May have a value after an equals sign.
_SIGNALS = ("--block-signal", "--default-signal", "--ignore-signal")
_SHOWS = ("--null", "--debug", "--list-signal-handling")
_LONG = (*_WITH_VALUE.values(), *_FLAGS.values(), *_SIGNALS, "--list-signal-handling")

#: A line that is to be split. Linux passes all of it as one argument, so the option comes first, or with a few others.
_SPLITS = re.compile(r"((?:-[^\sS]*\s+|\w+=\S*\s+)*)-([i0v]*)(?:S|-split-string[=\s])(.*)", re.DOTALL)
_SPACE = " \t\n\v\f\r"
_ESCAPES = dict(zip("fnrtv\"#$'\\", "\f\n\r\t\v\"#$'\\", strict=True))
_VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*)\}", re.ASCII)


@dataclass(frozen=True, slots=True)
class EnvLine:
    """What a command line of env says."""

    #: The program that is started, and its arguments.
    command: tuple[str, ...]
    #: What changes its environment and its folder, as arguments of env, such as `--unset=HOME` and `A=b`.
    changes: tuple[str, ...] = ()

    @property
    def clears(self) -> bool:
        """Whether the program has no variables but those that are set here."""
        return _CLEAR in self.changes

    @property
    def moves(self) -> bool:
        """Whether it starts in another folder."""
        return any(change.startswith(f"{_FOLDER}=") for change in self.changes)


#: No env at all.
NO_CHANGE = EnvLine(())


def read(argument: str, variables: Mapping[str, str]) -> EnvLine:
    """What env says, given all that follows its name in a shebang.

    Without `-S`, Linux would take all of it for one word. It is split at spaces, which is what its author meant.

    Args:
        variables: what `${NAME}` stands for in a text that is split.
    """
    words = argument.split()
    if found := _SPLITS.fullmatch(argument):
        words = [*found[1].split(), *(f"-{flag}" for flag in found[2]), f"{_SPLIT}={found[3]}"]
    changes: list[str] = []
    while words and words[0].startswith("-"):
        if words[0] == "--":
            words = words[1:]
            break
        name, value, words = _option(words)
        if name == _SPLIT:
            words = [*_split(value or "", variables), *words]
        elif name not in _SHOWS:
            changes.append(name if value is None else f"{name}={value}")
    while words and "=" in words[0]:
        changes.append(words.pop(0))
    return EnvLine(tuple(words), tuple(changes))


def _option(words: list[str]) -> tuple[str, str | None, list[str]]:
    """The long name of the first option, its value, and the words that follow."""
    first, rest = words[0], words[1:]
    if first.startswith("--"):
        name, equals, value = first.partition("=")
        name = next((known for known in _LONG if known.startswith(name)), "--debug")
        if name in _WITH_VALUE.values() and not equals:
            return name, rest[0] if rest else "", rest[1:]
        return name, value if equals else None, rest
    letter, value = first[1:2] or "i", first[2:]  # a mere - is -i
    if letter in _WITH_VALUE:
        return _WITH_VALUE[letter], *((value, rest) if value else (rest[0] if rest else "", rest[1:]))
    return _FLAGS.get(letter, "--debug"), None, [f"-{value}", *rest] if value else rest


def _split(text: str, variables: Mapping[str, str]) -> list[str]:
    try:
        return split(text, variables)
    except ValueError:
        return text.split()


def split(text: str, variables: Mapping[str, str]) -> list[str]:
    """The words of a text, as `env -S` splits it.

    Raises:
        ValueError: env would refuse it.
    """
    words: list[str] = []
    quote, begins, at = "", True, 0
    while at < len(text):
        character = text[at]
        added: str | None = character
        at += 1
        if character in "'\"" and quote in ("", character):
            quote, added = "" if quote else character, ""
        elif character in _SPACE and not quote:
            begins, added = True, None
        elif character == "#" and not quote and begins:
            break
        elif character == "\\" and (quote != "'" or text[at : at + 1] in ("\\", "'")):
            escaped = text[at : at + 1]
            at += 1
            if text.startswith("\\c", at - 2) and quote != '"':
                break
            if escaped == "_":
                begins, added = begins or not quote, " " if quote else None
            elif escaped in _ESCAPES:
                added = _ESCAPES[escaped]
            else:
                raise ValueError(f"\\{escaped}")
        elif character == "$" and quote != "'":
            name = _VARIABLE.match(text, at - 1)
            if name is None:
                raise ValueError(text[at - 1 :])
            added, at = variables.get(name[1]), name.end()
        if added is None:
            continue
        if begins:
            words.append("")
            begins = False
        words[-1] += added
    if quote:
        raise ValueError(quote)
    return words
