"""Source files as trees. The parsers take any bytes, also those that are no program, for a second at most.

They never run out of stack, which the parsers of the languages' own standard libraries do for hostile files.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from tree_sitter import Language, Node, Parser, Query, QueryCursor

from gistrun.packages.wanted import LOOKED_AT

#: Seconds of the processor for one file. Where a grammar does not fit, the time of some is the square of the size.
_MOST_S = 1.0
#: A parser asks for a file in pieces; one that is given the whole file cannot be stopped.
_PIECE_BYTES = 64 * 1024
#: Nodes directly below one that stands for a part that is no program.
_MOST_BELOW_ERROR = 5_000


@dataclass(frozen=True, slots=True)
class Found:
    """One place in a file."""

    text: str
    #: From 1.
    line: int


def find(content: bytes, grammar: str, query: str) -> Iterator[Found]:
    """The nodes that the query calls `@found`, in the order of the file.

    Args:
        grammar: the name of a module of tree-sitter, without `tree_sitter_`; with a colon and the name of a function
            where the module has several grammars.
        query: in tree-sitter's own language.
    """
    parser, compiled = _prepared(grammar, query)
    root = _parsed(parser, content[:LOOKED_AT])
    if root is None or _is_tangled(root):
        return
    nodes: list[Node] = QueryCursor(compiled).captures(root).get("found", [])
    for node in sorted(nodes, key=lambda node: node.start_byte):
        yield Found((node.text or b"").decode("utf-8", "replace"), node.start_point.row + 1)


def walk(content: bytes, grammar: str) -> Iterator[Node]:
    """All nodes, in the order of the file. Unlike a search with a query this takes no longer for hostile files."""
    parser, _ = _prepared(grammar, "")
    root = _parsed(parser, content[:LOOKED_AT])
    if root is None:
        return
    cursor = root.walk()
    while True:
        if cursor.node is not None and cursor.node.is_named:
            yield cursor.node
        if not cursor.goto_first_child():
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent():
                    return


def _parsed(parser: Parser, content: bytes) -> Node | None:
    """The root of the tree; None for a file that is made to be parsed for minutes."""
    deadline = time.thread_time() + _MOST_S
    try:
        return parser.parse(
            lambda offset, _: content[offset : offset + _PIECE_BYTES],
            progress_callback=lambda _offset, _error: time.thread_time() > deadline,
        ).root_node
    except ValueError:
        parser.reset()
        return None


def _is_tangled(root: Node) -> bool:
    """Whether a part of the file that is no program is so large that a query would take minutes.

    A query's time grows with the square of what is directly below such a part. No program of people is like that.
    """
    cursor = root.walk()
    while True:
        node = cursor.node
        if node and node.is_error and node.child_count > _MOST_BELOW_ERROR:
            return True
        if node and node.has_error and cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return False


@cache
def _prepared(grammar: str, query: str) -> tuple[Parser, Query]:
    module, _, function = grammar.partition(":")
    language = Language(getattr(import_module(f"tree_sitter_{module}"), function or "language")())
    return Parser(language), Query(language, query)
