"""Markdown as GitHub shows it, as HTML that can do nothing: tables, task lists, alerts, footnotes, highlighted code.

The parser's cost can grow with the square of what it reads, so the time it takes is bounded, and so is what it writes.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import Any

from emoji import emojize
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.gfm import gfm_plugin

from gistrun.render.clean import Neighbours, clean
from gistrun.render.notshown import NotShown
from gistrun.render.source import code

#: Characters of a text, and of one paragraph or cell in it.
_LONGEST = 128 * 1024
_PARAGRAPH = 16 * 1024
#: Seconds of this thread's CPU time, looked at once in so many steps.
_SECONDS = 1.0
_STEPS = 32
#: Characters of HTML, and of the addresses in it: one long definition can be referred to many times.
_WRITTEN = 2**20
_ADDRESSES = 2**18
#: Elements of raw HTML inside each other.
_NESTED = 100
#: Characters of code that are highlighted, in one block and together. A lexer can take 18 ms for a kilobyte.
_BLOCK, _BLOCKS = 10_000, 30_000

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_ALIGNED = re.compile(r"text-align:(left|right|center)")
_NO_SLUG = re.compile(r"[^\w\- ]")
#: What may be the name of an emoji, as GitHub has them.
_EMOJI = re.compile(r":[a-z0-9_+-]{1,60}:")
_PROTOCOLS = ("http", "https", "mailto", "xmpp")


def markdown(text: str, prefix: str, neighbours: Neighbours) -> str:
    """The HTML. Every id in it begins with `prefix`, behind a word that no id of ours begins with.

    Raises:
        NotShown: it is too long, or takes too long.
    """
    if len(text) > _LONGEST:
        raise NotShown(f"it is longer than {_LONGEST // 1024} KB")
    env: dict[str, Any] = {"until": time.thread_time() + _SECONDS, "steps": 0, "code": _BLOCKS}
    html = _parser().render(text, env)
    if len(html) > _WRITTEN:
        raise NotShown("it becomes too much for a page")
    return clean(html, prefix, neighbours)


def _in_time(state: StateBlock | StateInline, *_: Any) -> bool:
    """A rule that never fits, so that the parser asks it at every step. Raises NotShown."""
    state.env["steps"] += 1
    if state.env["steps"] % _STEPS == 0 and time.thread_time() > state.env["until"]:
        raise NotShown("it takes too long")
    return False


def _bounded(state: StateCore) -> None:
    """Before the inline rules. Raises NotShown."""
    depth = 0
    for token in state.tokens:
        if token.type == "inline" and len(token.content) > _PARAGRAPH:
            raise NotShown(f"a paragraph in it is longer than {_PARAGRAPH // 1024} KB")
        if token.type in ("inline", "html_block"):
            for closes, name in _TAG.findall(token.content):
                if name.lower() not in _VOID:
                    depth = max(depth - 1, 0) if closes else depth + 1
                if depth > _NESTED:
                    raise NotShown(f"more than {_NESTED} of its elements are inside each other")


def _finished(state: StateCore) -> None:
    """After the inline rules: what headings are called, how columns are aligned, which classes our page knows."""
    slugs: dict[str, int] = {}
    addresses = 0
    for index, token in enumerate(state.tokens):
        if token.type == "heading_open":
            token.attrSet("id", _slug(state.tokens[index + 1].children or (), slugs))
        elif token.type in ("th_open", "td_open"):
            if aligned := _ALIGNED.fullmatch(str(token.attrs.pop("style", ""))):
                token.attrSet("align", aligned[1])
        elif "class" in token.attrs:
            _rename(token)
        _put_emoji(token.children or ())
        for child in token.children or ():
            addresses += sum(len(str(value)) for value in child.attrs.values())
        if addresses > _ADDRESSES:
            raise NotShown("it becomes too much for a page")


def _put_emoji(children: Sequence[Token]) -> None:
    """In place of their names, but not where an address is its own text."""
    in_address = False
    for child in children:
        if child.type in ("link_open", "link_close"):
            in_address = child.type == "link_open" and child.info == "auto"
        elif child.type == "text" and not in_address and ":" in child.content:
            child.content = _EMOJI.sub(lambda name: emojize(name[0], language="alias"), child.content)


def _slug(children: Sequence[Token], slugs: dict[str, int]) -> str:
    """GitHub's own: `some-title`, and `some-title-1` for the second one of that title."""
    title = "".join(child.content for child in children if child.type in ("text", "code_inline"))
    slug = _NO_SLUG.sub("", title.strip().lower()).replace(" ", "-")
    count = slugs[slug] = slugs.get(slug, -1) + 1
    return f"{slug}-{count}" if count else slug


def _rename(token: Token) -> None:
    classes = str(token.attrs["class"])
    if classes == "contains-task-list":
        token.attrs["class"] = "tasks"
    elif classes.startswith("markdown-alert"):
        token.attrs["class"] = classes.replace("markdown-alert ", "alert ").replace("markdown-alert-", "alert-")


def _fence(_self: Any, tokens: Sequence[Token], index: int, _options: Any, env: Any) -> str:
    token = tokens[index]
    language = token.info.split()[0] if token.info.strip() else ""
    lit = len(token.content) <= min(_BLOCK, env["code"])
    env["code"] -= len(token.content) if lit else 0
    html = code(token.content, language) if lit and language else escape(token.content)
    return f"<pre><code>{html}</code></pre>\n"


def _front_matter(_self: Any, tokens: Sequence[Token], index: int, _options: Any, env: Any) -> str:
    token = tokens[index]
    return _fence(None, [Token("fence", "code", 0, content=f"{token.content}\n", info="yaml")], 0, None, env)


def _math(content: str, how: dict[str, bool]) -> str:
    mark = "$$" if how["display_mode"] else "$"
    return escape(f"{mark}{content}{mark}")


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": True, "maxNesting": 20, "linkify": False})
    made.use(gfm_plugin, dollarmath=False, front_matter=True)
    made.use(_dollars)
    made.block.ruler.before("front_matter", "in_time", _in_time)
    made.inline.ruler.before("text", "in_time", _in_time)
    made.core.ruler.before("inline", "bounded", _bounded)
    made.core.ruler.push("finished", _finished)
    made.add_render_rule("fence", _fence)
    made.add_render_rule("front_matter", _front_matter)
    _only_after_a_protocol(made)
    return made


def _dollars(made: MarkdownIt) -> None:
    """Where a dollar sign means money, it has a digit before it or a space behind it."""
    dollarmath_plugin(
        made, allow_labels=False, allow_space=False, allow_digits=False, allow_blank_lines=False, renderer=_math
    )


def _only_after_a_protocol(made: MarkdownIt) -> None:
    """The rule for addresses looks back through the whole paragraph at every colon; now only behind a protocol."""
    rule = next(rule.fn for rule in made.inline.ruler.__rules__ if rule.name == "gfm_autolink_protocol")

    def guarded(state: StateInline, silent: bool) -> bool:
        before = state.src[max(state.pos - 6, 0) : state.pos]
        return before.endswith(_PROTOCOLS) and bool(rule(state, silent))

    made.inline.ruler.at("gfm_autolink_protocol", guarded)
