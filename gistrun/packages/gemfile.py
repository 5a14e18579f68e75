"""What a Gemfile asks for, and `gemfile do` of `bundler/inline`. Pure.

Both are programs. They are never run: only calls of `gem` with plain texts are read, and what else a call says of where
a gem is to come from is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from tree_sitter import Node

from gistrun.errors import PackagesRefused
from gistrun.model import GistFile
from gistrun.packages.syntax import walk
from gistrun.packages.wanted import Need

_NAME = re.compile(r"(?=[\w.-]{0,99}[A-Za-z])[A-Za-z0-9_][\w.-]{0,99}", re.ASCII)
_CONDITION = re.compile(r"(?:(?:[<>!]?=|[<>]|~>)[ \t]{0,4})?\d{1,9}(?:[.-][0-9A-Za-z]{1,30}){0,10}", re.ASCII)
_MOST_CONDITIONS, _MOST_SHOWN = 10, 80
#: The registry, as people write it. It is asked at the deployment's own address.
_USUAL = re.compile(r"https?://(?:www\.)?rubygems\.org/?|rubygems|gemcutter|rubyforge")
#: What else a call may say, and what is told of where a gem is instead.
_HARMLESS = {"require", "group", "groups", "install_if", "force_ruby_platform"}
_PLATFORMS = {"platform", "platforms"}
_OTHER_CALLS = {"git", "path", "github", "gist", "bitbucket", "eval_gemfile", "plugin"}
#: Names of platforms that are this one; the others are Windows, and Ruby on the Java virtual machine.
_HERE = re.compile(r"(?:ruby|mri|truffleruby)(?:_\d{2})?")


def in_file(file: GistFile) -> tuple[Need, ...]:
    """What a Gemfile asks for.

    Raises:
        PackagesRefused: it asks for something that is no gem of the registry, or that only running it would tell.
    """
    return tuple(_asked(walk(file.content, "ruby"), _Place(file.name, file.name)))


def in_program(file: GistFile) -> tuple[Need, ...] | None:
    """What `gemfile do … end` in a program asks for; None where there is none. Raises as `in_file`."""
    nodes = walk(file.content, "ruby")
    for node in nodes:
        if _called(node) == "gemfile" and _block(node):
            return tuple(_asked(_within(node, nodes), _Place("gemfile", file.name)))
    return None


def named(text: str) -> Need:
    """A gem that `gist.toml` names: `nokogiri`, `nokogiri:1.18` or `nokogiri ~> 1.18, < 2`.

    Raises:
        PackagesRefused: it is no gem of the registry.
    """
    name, *conditions = re.split(r"[:,]|(?<=\w) ", text, maxsplit=_MOST_CONDITIONS + 1)
    return need(name, conditions, "gist.toml")


def need(name: str, conditions: list[str], source: str, where: str = "") -> Need:
    """A gem by its name and conditions on its version.

    Raises:
        PackagesRefused: it is no gem of the registry.
    """
    conditions = [condition.strip(" \t") for condition in conditions]
    fits = len(conditions) <= _MOST_CONDITIONS and all(map(_CONDITION.fullmatch, conditions))
    if not (_NAME.fullmatch(name) and fits):
        raise PackagesRefused(_refusal(", ".join([name, *conditions]), source))
    return Need(name, f"{name} {', '.join(conditions)}".rstrip(), source, where)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where something is asked for."""

    source: str
    file: str

    def of(self, node: Node) -> str:
        return f"line {node.start_point.row + 1} of {self.file}"


def _asked(nodes: Iterator[Node], place: _Place) -> Iterator[Need]:
    passed_over = 0
    for node in nodes:
        name = _called(node)
        if not name or node.start_byte < passed_over:
            continue
        arguments = _arguments(node)
        if name == "gem":
            yield from _gem(node, arguments, place)
        elif name == "source":
            _check_source(arguments[0] if arguments else None, place)
        elif name in _OTHER_CALLS:
            raise PackagesRefused(_refusal(_text(node).partition("\n")[0], place.source))
        elif (name in _PLATFORMS and not _are_here(arguments)) or name == "git_source":
            passed_over = node.end_byte


def _gem(node: Node, arguments: list[Node], place: _Place) -> Iterator[Need]:
    texts: list[str] = []
    for argument in arguments:
        if argument.type == "pair":
            key, value = _pair(argument)
            if key in _PLATFORMS:
                if not _are_here([value] if value else []):
                    return
            elif key == "source":
                _check_source(value, place)
            elif key not in _HARMLESS:
                raise PackagesRefused(_refusal(_text(node), place.source))
            continue
        parts = argument.named_children if argument.type == "array" and texts else [argument]
        plain = [_plain(part) for part in parts]
        if None in plain:
            raise PackagesRefused(
                f"{place.source} asks for “{_shown(_text(node))}”, which only running it would tell. It is read and "
                "not run, so names and versions of gems must stand there as they are."
            )
        texts += [text for text in plain if text is not None]
    if texts:
        yield need(texts[0], texts[1:], place.source, place.of(node))


def _check_source(value: Node | None, place: _Place) -> None:
    text = _plain(value) if value else ""
    if text is None or (text and not _USUAL.fullmatch(text)):
        shown = _shown(_text(value) if value else "")
        raise PackagesRefused(f"{place.source} names a source of its own ({shown}). Gems come from RubyGems.")


def _within(node: Node, following: Iterator[Node]) -> Iterator[Node]:
    """Those of the following nodes that are in that one."""
    return takewhile(lambda each: each.start_byte < node.end_byte, following)


def _called(node: Node) -> str:
    """The name of the method that is called on nothing; empty for anything else."""
    if node.type != "call" or node.child_by_field_name("receiver"):
        return ""
    return _text(node.child_by_field_name("method"))


def _arguments(call: Node) -> list[Node]:
    found = call.child_by_field_name("arguments")
    return found.named_children if found else []


def _block(call: Node) -> Node | None:
    return call.child_by_field_name("block")


def _pair(pair: Node) -> tuple[str, Node | None]:
    key = pair.child_by_field_name("key")
    return _text(key).strip(":\"'"), pair.child_by_field_name("value")


def _plain(node: Node) -> str | None:
    """The text of a literal without a calculation in it; None for anything else."""
    if node.type == "simple_symbol":
        return _text(node)[1:]
    if node.type != "string" or any(child.type != "string_content" for child in node.named_children):
        return None
    return "".join(_text(child) for child in node.named_children)


def _are_here(values: list[Node]) -> bool:
    """Whether one of these names of platforms is this one; what is no plain name may be."""
    for value in values:
        if value.type in ("array", "symbol_array", "string_array"):
            if _are_here(value.named_children):
                return True
        elif value.type == "bare_symbol" or value.type == "bare_string":
            if _HERE.fullmatch(_text(value)):
                return True
        elif (name := _plain(value)) is None or _HERE.fullmatch(name):
            return True
    return False


def _refusal(text: str, source: str) -> str:
    return (
        f"{source} asks for “{_shown(text)}”, which is not a gem of RubyGems with a version, such as rake, “~> 13.0”. "
        "Addresses, paths and repositories are not followed."
    )


def _shown(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text[:_MOST_SHOWN])


def _text(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node else ""
