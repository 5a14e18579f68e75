from __future__ import annotations

import contextlib
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gistrun.render.clean import PREFIX, Neighbour, Neighbours
from gistrun.render.markdown import markdown
from gistrun.render.notshown import NotShown

GIST = "aa5a315d61ae9438b18d"
FILES = Neighbours(
    GIST,
    (
        Neighbour("plot.png", "file-plot-png", "/gist/x/y/raw/plot.png", 640, 320),
        Neighbour('a"b<&.png', "file-a-b-png", "/gist/x/y/raw/a&lt;.png"),
        Neighbour("notes.md", "file-notes-md"),
    ),
)
MINE = f"{PREFIX}file-readme-md-"


def html(text: str) -> str:
    return markdown(text, "file-readme-md", FILES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("~~gone~~ and ~gone~", "<s>gone</s> and <s>gone</s>"),
        ("- [x] done\n- [ ] open", '<ul class="tasks">'),
        ("- [x] done", '<input type="checkbox" disabled aria-label="Task" checked> done'),
        ("|a|b|\n|:-:|--:|\n|1|2|", '<th align="center">a</th>\n<th align="right">b</th>'),
        ("see https://example.org/a_b_c.", '<a href="https://example.org/a_b_c"'),
        ("me@example.org", '<a href="mailto:me@example.org"'),
        ("> [!WARNING]\n> hot", '<div class="alert alert-warning">\n<p class="alert-title">Warning</p>\n<p>hot</p>'),
        ("a[^1]\n\n[^1]: note", f'<sup class="footnote-ref"><a href="#{MINE}fn1" id="{MINE}fnref1"'),
        ("# Hi `x`, you!", f'<h1 id="{MINE}hi-x-you">'),
        ("# a\n# a", f'<h1 id="{MINE}a-1">'),
        ("[b](#hi)", f'href="#{MINE}hi"'),
        ("$e^{i_1 + i_2}$", '<span class="math">$e^{i_1 + i_2}$</span>'),
        ("$$\na_1*b*c\n$$", '<div class="math">\n$$a_1*b*c$$\n</div>'),
        ("$5 and $10 *off*", "$5 and $10 <em>off</em>"),
        ("```python\nimport os\n```", '<span class="kn">import</span>'),
        ("```nonsense\n<b>\n```", '<pre tabindex="0"><code>&lt;b&gt;\n</code></pre>'),
        ("---\na: b\n---\nhi", '<span class="nt">a</span>'),
        (
            "<details><summary>x</summary>\n\n**b**\n\n</details>",
            "<details><summary>x</summary>\n<p><strong>b</strong></p>",
        ),
        ('<p align="center">a</p>', '<p align="center">a</p>'),
        ("[n](notes.md)", 'href="#file-notes-md"'),
        ("[n](./notes.md#L3)", 'href="#file-notes-md-L3"'),
        ("[n](notes.md#L3-L5)", 'href="#file-notes-md-L3-L5"'),
        ("[n](notes.md#a-title)", 'href="#file-notes-md"'),
        ("[n](#L3)", 'href="#file-readme-md-L3"'),
        ("[n](#Lx)", f'href="#{MINE}Lx"'),
        ('<a name="there"></a>[n](#there)', f'<a name="{MINE}there" rel="nofollow noopener noreferrer ugc"></a>'),
        (":tada: at 10:30:45 :+1:", "<p>🎉 at 10:30:45 👍</p>"),
        ("**:rocket:** :white_check_mark: :no_such_thing:", "<strong>🚀</strong> ✅ :no_such_thing:"),
        ("`:tada:`", "<code>:tada:</code>"),
        ("https://example.org/:tada:x", ">https://example.org/:tada:x</a>"),
        ("# :tada: Hi", f'<h1 id="{MINE}tada-hi">🎉 Hi</h1>'),
        ("[n](#file-notes-md-L3-L4)", 'href="#file-notes-md-L3-L4"'),
    ],
)
def test_as_github_shows_it(text: str, expected: str) -> None:
    assert expected in html(text)


@pytest.mark.parametrize(
    "text",
    [
        "![A plot](plot.png)",
        "![A plot](./plot.png?raw=true)",
        f"![A plot](https://gist.githubusercontent.com/octocat/{GIST}/raw/{'4' * 40}/plot.png)",
        f"![A plot](https://gist.github.com/octocat/{GIST}/raw/plot.png)",
        '<img alt="A plot" src="plot.png" onerror="alert(1)">',
    ],
)
def test_a_picture_of_the_same_gist_is_shown_in_its_size(text: str) -> None:
    image = 'src="/gist/x/y/raw/plot.png" alt="A plot" width="640" height="320"'
    assert f'<img {image} loading="lazy" decoding="async">' in html(text)


def test_a_picture_keeps_its_shape_where_one_side_is_given() -> None:
    assert 'width="100" height="50"' in html('<img src="plot.png" width="100">')
    assert 'width="20" height="10"' in html('<img src="plot.png" height="10">')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("![build](https://example.org/b.svg)", '<a href="https://example.org/b.svg" rel="nofollow'),
        ("![build](https://example.org/b.svg)", ">Image: build</a>"),
        ("[![build](https://example.org/b.svg)](https://example.org)", "<span>build</span></a>"),
        ("![x](data:image/png;base64,AAAA)", "<span>x</span>"),
        ('<img src="data:image/png;base64,AAAA" alt="x">', "<span>x</span>"),
        ("![x](/gist/other/raw/y.png)", "<span>x</span>"),
        ("![x](//example.org/y.png)", '<a href="//example.org/y.png"'),
        ("![x](notes.md)", "<a"),
        (f"![x](https://gist.github.com/octocat/{'b' * 20}/raw/plot.png)", "Image: x</a>"),
        ('<picture><source srcset="//a.org/a.png"><img src="https://a.org/b.png"></picture>', "Image: "),
    ],
)  # fmt: skip
def test_a_picture_from_elsewhere_is_a_link(text: str, expected: str) -> None:
    made = html(text)
    assert "<img" not in made
    assert "srcset" not in made
    if expected != "<a":
        assert expected in made


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "&#106;avascript:alert(1)", "data:text/html,x", "vbscript:x",
     "/gist/x", "../x", "file:///etc/passwd", "\\\\evil", "blob:x", "ftp://x"],
)  # fmt: skip
def test_only_web_and_mail_addresses_are_links(link: str) -> None:
    for text in (f"[a]({link})", f'<a href="{link}">a</a>', f"<{link}>", f"[a]: <{link}>\n\n[a]"):
        assert "href" not in html(text)


@pytest.mark.parametrize(
    "text",
    [
        '<div id="run" class="pill failed file">x</div>',
        '<a name="gist" id="gist">x</a>',
        '<span class="tag stderr B">x</span>',
        '<form id="told"><input name="attributes"><button>Run</button></form>',
        '<p style="position:fixed">x</p>',
        '<h1 id="main">x</h1>',
    ],
)
def test_nothing_passes_for_a_part_of_our_page(text: str) -> None:
    made = html(text)
    assert all(name.startswith(PREFIX) for name in re.findall(r'\bid="([^"]*)"', made))
    assert not re.search(r'\bname="(?!user-content-)|\bstyle=|class="[^"]+"|<form|<button', made)


def test_every_link_tells_the_other_side_nothing() -> None:
    made = html(
        "[a](https://a.org) https://b.org <a href='https://c.org' rel=opener target=_blank>c</a> ![d](https://d.org/d.png)"
    )
    assert made.count("<a ") == made.count('rel="nofollow noopener noreferrer ugc"') == 4
    assert "target" not in made


HOSTILE = {
    "brackets": "[" * 15_000,
    "references": ("[a][b" * 3000 + "\n\n") * 8,
    "colons": ("a:" * 8000 + "\n\n") * 8,
    "quotes": "> " * 60_000,
    "addresses": ("http://a" + "(" * 5000 + ")" * 5000 + "\n\n") * 10,
    "footnotes": "".join(f"[^{n}]\n\n[^{n}]: x\n\n" for n in range(6000)),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_takes_long(text: str) -> None:
    began = time.thread_time()
    with contextlib.suppress(NotShown):
        html(text)
    assert time.thread_time() - began < 4


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a" * 200_000, "longer than 128 KB"),
        ("a" * 20_000, "a paragraph in it"),
        ("<div>" * 500, "inside each other"),
        ("[a]: https://x.org/" + "x" * 15_000 + "\n\n" + "[a] " * 2000, "too much for a page"),
    ],
)
def test_what_is_too_much_says_why(text: str, why: str) -> None:
    with pytest.raises(NotShown, match=why):
        html(text)


@settings(max_examples=150)
@given(
    st.text(alphabet=st.sampled_from(list("<>\"'`*_[]()!#&;:/\\=-+|~$^\n\t aibmgsr123.{}%@\ufeff\u202e")), max_size=120)
)
def test_whatever_it_holds_only_allowed_markup_comes_out(text: str) -> None:
    made = html(text)
    for tag, attributes in re.findall(r"<([a-z0-9]+)((?:\s[^<>]*)?)>", made):
        assert tag not in ("script", "style", "iframe", "object", "form", "svg", "math", "link", "meta", "base")
        assert not re.search(r"\son[a-z]+=|\sstyle=", attributes)
    for href in re.findall(r'href="([^"]*)"', made):
        assert re.match(r"(?:https?:)?//|mailto:|#", href)
