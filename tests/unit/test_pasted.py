"""What people paste, and the gist that is meant."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from urllib.parse import quote

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from gistrun.address import REVISION, Address, check_id
from gistrun.errors import BadInput
from gistrun.pasted import parse, run

ID = "aa5a315d61ae9438b18d"
LONG = "0123456789abcdef0123456789abcdef"
SHA = "57a7f021a713b1c5a6a199b54cc514735d2d462f"
OTHER_SHA = "57a7f021a713b1c5a6a199b54cc514735d2d4630"


@pytest.mark.parametrize(
    ("pasted", "meant"),
    [
        (ID, Address(ID)),
        (f"  {ID}\n", Address(ID)),
        ("1", Address("1")),
        ("AA5A315D61AE9438B18D", Address("aa5a315d61ae9438b18d")),
        (f"{ID}.git", Address(ID)),
        (f"octocat/{ID}", Address(ID)),
        (f"{ID}/{SHA}", Address(ID, SHA)),
        (f"https://gist.github.com/{ID}", Address(ID)),
        (f"https://gist.github.com/octocat/{ID}", Address(ID)),
        (f"http://gist.github.com/octocat/{ID}/", Address(ID)),
        (f"gist.github.com/octocat/{ID}", Address(ID)),
        (f"https://gist.github.com/octocat/{ID}.git", Address(ID)),
        (f"https://gist.github.com/octocat/{ID}.js?file=a.py", Address(ID, file="a.py")),
        (f"https://gist.github.com/octocat/{ID}?file=tour.py", Address(ID, file="tour.py")),
        (
            f"https://gist.github.com/octocat/{ID}?file=a%20%26b.py#file-a-b-py",
            Address(ID, file="a &b.py", fragment="file-a-b-py"),
        ),
        (f"{ID}.js?file=a.py", Address(ID, file="a.py")),
        (f"git@gist.github.com:{ID}.git", Address(ID)),
        (f"https://gist.github.com/octocat/{ID}/{SHA}", Address(ID, SHA)),
        (f"https://gist.github.com/octocat/{ID}/revisions", Address(ID)),
        (f"https://gist.github.com/octocat/{ID}#file-main-py", Address(ID, fragment="file-main-py")),
        (f"https://gist.github.com/ada/{LONG}", Address(LONG)),
        (f"https://gist.github.com/ada/{LONG}/{SHA}", Address(LONG, SHA)),
        (
            f"https://gist.githubusercontent.com/octocat/{ID}/raw/{SHA}/main.py",
            Address(ID, file="main.py", content=SHA),
        ),
        (
            f"https://gist.githubusercontent.com/octocat/{ID}/raw/{SHA}/a%20b.py",
            Address(ID, file="a b.py", content=SHA),
        ),
        (f"https://gist.github.com/octocat/{ID}/raw/main.py", Address(ID, file="main.py")),
        (f"https://gist.github.com/octocat/{ID}/raw", Address(ID)),
        (f"https://gist.github.com/octocat/{ID}/raw/{SHA.upper()}", Address(ID, content=SHA)),
        (f"https://gist.github.com/octocat/{ID}/raw/{SHA.upper()}/main.py", Address(ID, file="main.py", content=SHA)),
        (f"https://gist.github.com/octocat/{ID}/{SHA.upper()}", Address(ID, SHA)),
        (f"{LONG}/{ID}", Address(ID)),
        (f"{ID}.git/{SHA}", Address(ID, SHA)),
        (f"https://api.github.com/gists/{ID}", Address(ID)),
        (f"https://api.github.com/gists/{ID}/{SHA}", Address(ID, SHA)),
        (f"https://git.example.com/gist/octocat/{ID}", Address(ID)),
        (f"https://git.example.com/gist/{ID}", Address(ID)),
        (f"https://gist.git.example.com/octocat/{ID}", Address(ID)),
        (f"http://127.0.0.1:8000/gist/{ID}", Address(ID)),
        (f"http://127.0.0.1:8000/gist/{ID}/{SHA}?file=a.py", Address(ID, SHA, "a.py")),
        (f"localhost:8000/gist/{ID}?file=", Address(ID)),
        (f"http://127.0.0.1:8000/gist/{ID}/badge.svg", Address(ID)),
        (f"<https://gist.github.com/octocat/{ID}>", Address(ID)),
        (f"< https://gist.github.com/octocat/{ID}#file-main-py >", Address(ID, fragment="file-main-py")),
        (f'<script src="https://gist.github.com/octocat/{ID}.js"></script>', Address(ID)),
        (f"<SCRIPT async src=https://gist.github.com/octocat/{ID}.js?file=a.py></SCRIPT>", Address(ID, file="a.py")),
        (f'<script src="//gist.github.com/{ID}.js?file=tour.py"></script>', Address(ID, file="tour.py")),
        (f"gh gist view {ID}", Address(ID)),
        (f"gh gist view --raw -f main.py https://gist.github.com/octocat/{ID}", Address(ID, file="main.py")),
        (f"gh gist view {ID} -f tour.py", Address(ID, file="tour.py")),
        (f"gh gist view -rf tour.py {ID}", Address(ID, file="tour.py")),
        (f"gh gist view -f=1 {ID}", Address(ID, file="1")),
        (f"gh gist view --filename=tour.py {ID}", Address(ID, file="tour.py")),
        (f"gh gist view {ID} --filename 'my tour.py'", Address(ID, file="my tour.py")),
        (f'$ gh gist view {ID} --filename "my tour.py"', Address(ID, file="my tour.py")),
        (f"gh gist view --files {ID}", Address(ID)),
        (f"gh gist clone {ID} folder", Address(ID)),
        (f"git clone --depth 1 git@gist.github.com:{ID}.git", Address(ID)),
        (f"git clone https://gist.github.com/octocat/{ID}.git", Address(ID)),
    ],
)
def test_addresses_that_people_paste(pasted: str, meant: Address) -> None:
    assert parse(pasted) == meant


@pytest.mark.parametrize(
    "around",
    ["`{}`", "'{}'", '"{}"', "“{}”", "({})", "[{}]", "{}.", "{},", "({}).", "**{}**", "$ {}", "`$ {}`", "[x]({})",
     "[the [x] gist](<{}>)", f"[![gistrun](https://x.org/gist/{ID}/badge.svg)]({{}})", '[x]({} "title")'],
)  # fmt: skip
@pytest.mark.parametrize(
    ("pasted", "meant"),
    [
        (f"https://gist.github.com/octocat/{ID}#file-main-py", Address(ID, fragment="file-main-py")),
        (f"gist.github.com/octocat/{ID}?file=tour.py", Address(ID, file="tour.py")),
    ],
)
def test_what_is_copied_along_with_an_address(around: str, pasted: str, meant: Address) -> None:
    assert parse(around.format(pasted)) == meant


@pytest.mark.parametrize("around", ["`{}`", "$ {}", "`$ {}`", "({}).", "“{}”"])
def test_what_is_copied_along_with_a_command(around: str) -> None:
    assert parse(around.format(f"gh gist view -f tour.py {ID}")) == Address(ID, file="tour.py")
    assert parse(around.format(f"git clone https://gist.github.com/{ID}.git")) == Address(ID)


RAW = f"https://gist.githubusercontent.com/octocat/{ID}/raw/{SHA}/a.py"
BADGE = f"https://gistrun.example/gist/{ID}/badge.svg?label=x"
AT_GITHUB = f"https://gist.github.com/octocat/{ID}"


@pytest.mark.parametrize(
    ("pasted", "meant"),
    [
        (f"{AT_GITHUB}.json", Address(ID)),
        (f"{AT_GITHUB}.pibb", Address(ID)),
        (f"git clone https://gist.github.com/{ID}.git", Address(ID)),
        (f"git clone git@gist.github.com:{ID}.git folder", Address(ID)),
        (f"sudo git clone https://user@gist.github.com/{ID}.git", Address(ID)),
        (f"pip install git+https://gist.github.com/{ID}.git@{SHA}", Address(ID, SHA)),
        (f"npm i gist:{ID}", Address(ID)),
        (
            f"curl -L https://gist.githubusercontent.com/o/{ID}/raw/{SHA.upper()}/a.sh | sh",
            Address(ID, file="a.sh", content=SHA),
        ),
        (f"https://shields.example/endpoint?url=https://gistrun.example/gist/{ID}/badge.json&style=flat", Address(ID)),
        (f"https://shields.example/endpoint?style=flat&url=//gistrun.example/gist/{ID}&logo=x", Address(ID)),
        (f"https://x.example/?url=https%3A%2F%2Fgistrun.example%2Fgist%2F{ID}%2Fbadge.json&style=flat", Address(ID)),
        (f"https://x.example/?url={AT_GITHUB}/raw/{SHA}/a.py&style=flat", Address(ID, file="a.py", content=SHA)),
        (f"https://www.typescriptlang.org/play?#gist/{ID}-0", Address(ID)),
        (f"https://www.typescriptlang.org/play/?target=9#gist/{ID}-12", Address(ID)),
        (f"https://x.example/?url=gist.github.com/o/{ID}&style=flat", Address(ID)),
        (f"![gist]({BADGE})", Address(ID)),
        (f"[![gist]({BADGE})](https://example.com/)", Address(ID)),
        (f'<a href="{AT_GITHUB}"><img src="{BADGE}"></a>', Address(ID)),
        (f"[1]: {AT_GITHUB}", Address(ID)),
        (f"{{% gist {ID} a.py %}}", Address(ID, file="a.py")),
        (f'{{{{< gist octocat {ID} "a.py" >}}}}', Address(ID, file="a.py")),
        (f'{{"id": "{ID}", "url": "https:\\/\\/api.github.com\\/gists\\/{ID}"}}', Address(ID)),
        (f"Look at {AT_GITHUB}, it is nice.", Address(ID)),
        (f"Look at {AT_GITHUB}#file-a-py: it is nice", Address(ID, fragment="file-a-py")),
        (f"My gist ({ID}) and its page, {AT_GITHUB}/{SHA}", Address(ID, SHA)),
        ("https://gist.github.com/octocat/9257657 was my gist of 2014", Address("9257657")),
        (f"\u200b{AT_GITHUB}\ufeff", Address(ID)),
        (f"{AT_GITHUB[:-5]}\u200b{AT_GITHUB[-5:]}", Address(ID)),
        (f"\u00a0{ID}\u00a0", Address(ID)),
        (f"see\u00a0{AT_GITHUB}\u2028or not", Address(ID)),
        (f"«{AT_GITHUB}»…", Address(ID)),
        (f"（{AT_GITHUB}）。", Address(ID)),
        (f"~~_{AT_GITHUB}_~~", Address(ID)),
        (quote(AT_GITHUB, safe=""), Address(ID)),
        (quote(quote(AT_GITHUB, safe=""), safe=""), Address(ID)),
        (f"https://github.com/login?return_to={quote(AT_GITHUB, safe='')}", Address(ID)),
        (f"https://example.com/translate?u={AT_GITHUB}&to=en", Address(ID)),
        (f"https://web.archive.org/web/2020/{AT_GITHUB}", Address(ID)),
        (f"view-source:{AT_GITHUB}", Address(ID)),
        (f"https://mybinder.org/v2/gist/octocat/{ID}/{SHA}?labpath=a.ipynb", Address(ID, SHA)),
        (f"https://mybinder.org/v2/gist/octocat/{ID}/HEAD", Address(ID)),
        (f"https://nbviewer.org/gist/octocat/{ID}", Address(ID)),
        (f"https://gistpreview.github.io/?{ID}/index.html", Address(ID)),
        (f"https://gist.github.com/starred/octocat/{ID}", Address(ID)),
        (f"&lt;script src=&quot;{AT_GITHUB}.js?file=a.py&quot;&gt;&lt;/script&gt;", Address(ID, file="a.py")),
    ],
)
def test_a_text_that_holds_the_address_of_one_gist(pasted: str, meant: Address) -> None:
    assert parse(pasted) == meant


@pytest.mark.parametrize(
    ("pasted", "meant"),
    [
        # a revision and a file, wherever they stand
        (f"curl -fsSL {RAW}", Address(ID, file="a.py", content=SHA)),
        (f"curl -s '{RAW}' | python3", Address(ID, file="a.py", content=SHA)),
        (f"wget -O - {RAW.replace(SHA, SHA.upper())}", Address(ID, file="a.py", content=SHA)),
        (f"deno run {AT_GITHUB}/raw/a.py", Address(ID, file="a.py")),
        (f"Look at {AT_GITHUB}/{SHA.upper()}.", Address(ID, SHA)),
        (f"{ID.upper()}/{SHA.upper()}", Address(ID, SHA)),
        (f"octocat/{ID}/{SHA}", Address(ID, SHA)),
        (f"npm i gist:{ID}#{SHA}", Address(ID, SHA)),
        (f"npm install git+https://gist.github.com/{ID}.git#{SHA}", Address(ID, SHA)),
        (f"{AT_GITHUB}/archive/{SHA}.zip", Address(ID, SHA)),
        (f"https://codeload.github.com/gist/{ID}/zip/{SHA}", Address(ID, SHA)),
        (f"curl -N https://x.example/gist/{ID}/output.txt?sha={SHA}", Address(ID, SHA)),
        (f"https://x.example/api/v1/gists/{ID}?sha={SHA}", Address(ID, SHA)),
        (f"the file {AT_GITHUB}?file=a%20b.py of it", Address(ID, file="a b.py")),
        (f"the file {AT_GITHUB}?file=größe.py of it", Address(ID, file="größe.py")),
        (f"{AT_GITHUB}?file=a(1).py", Address(ID, file="a(1).py")),
        (f"({AT_GITHUB}?file=a.py)", Address(ID, file="a.py")),
        (f"{AT_GITHUB}#file-a-py-L3, line 3", Address(ID, fragment="file-a-py-L3")),
        (f"{AT_GITHUB}/{SHA}#file-a-py", Address(ID, SHA, fragment="file-a-py")),
        (f"看{AT_GITHUB}/{SHA}吧", Address(ID, SHA)),
        (f"вот:{AT_GITHUB}?file=a.py—смотри", Address(ID, file="a.py—смотри")),
        (f"{AT_GITHUB}/revisions#diff-1", Address(ID, fragment="diff-1")),
        # commands
        (f"Run `gh gist view {ID} -f a.py` to see it.", Address(ID, file="a.py")),
        (f"gh gist view -rf .bashrc {ID}", Address(ID, file=".bashrc")),
        (f"(gh gist view {ID} -f a.py).", Address(ID, file="a.py")),
        (f"gh gist edit {ID} --filename 'it; is.py' && echo done", Address(ID, file="it; is.py")),
        (f"gh gist view -w {AT_GITHUB}", Address(ID)),
        ("gh gist view 9257657", Address("9257657")),
        ("gh gist clone 9257657 folder -- --depth 1", Address("9257657")),
        ("gh gist view octocat/9257657 -f a.py", Address("9257657", file="a.py")),
        (f"gh gist clone {AT_GITHUB} 7", Address(ID)),
        (f"gh gist view {ID}; git clone https://gist.github.com/{ID}.git {LONG[:7]}", Address(ID)),
        (f"git clone --branch main ssh://git@gist.github.com/{ID}.git", Address(ID)),
        (f"git remote add origin org-1@gist.github.com:{ID}.git", Address(ID)),
        (f"git submodule add https://gist.github.com/{LONG}.git 3", Address(LONG)),
        (f"git checkout {SHA} # of {AT_GITHUB}", Address(ID)),
        # the same gist twice is one
        (f"{AT_GITHUB} and {RAW}", Address(ID, file="a.py", content=SHA)),
        (f"[![gist]({BADGE})]({AT_GITHUB})", Address(ID)),
        (f"[![gist](https://x.example/gist/{ID}/badge.svg?file=a.py)]({AT_GITHUB}/{SHA})", Address(ID, SHA, "a.py")),
        (f"{AT_GITHUB}?file=a.py and {AT_GITHUB}?file=b.py", Address(ID)),
        (f"{AT_GITHUB}/{SHA}, then {AT_GITHUB}/{OTHER_SHA}", Address(ID)),
        (f"{AT_GITHUB.replace(ID, ID.upper())} {ID}", Address(ID)),
        (f"<script src='{AT_GITHUB}.js'></script><noscript><a href='{AT_GITHUB}'>gist</a></noscript>", Address(ID)),
        (f"<script src=//gist.github.com/{ID}.js?file=a.py></script>", Address(ID, file="a.py")),
        (f"<iframe src='https://x.example/?u={quote(AT_GITHUB, safe='')}'></iframe> {AT_GITHUB}", Address(ID)),
        # other hosts, other ways to write it
        (f"https://gist-github-com.translate.goog/octocat/{ID}?_x_tr_sl=en", Address(ID)),
        ("https://bl.ocks.org/mbostock/4060606", Address("4060606")),
        ("https://gist.git.example.com/octocat/12", Address("12")),
        ("https://git.example.com/gist/octocat/12", Address("12")),
        (f"http://[::1]:8000/gist/{ID}?file=a.py", Address(ID, file="a.py")),
        (f"&lt;a href=&#x27;https:&#x2F;&#x2F;gist.github.com&#x2F;o&#x2F;{ID}&#x27;&gt;", Address(ID)),
        (f'{{"html_url": "https:\\u002f\\u002fgist.github.com\\u002f{ID}"}}', Address(ID)),
        (f"{AT_GITHUB}\n\nIt prints 3/4 of 12/2024, at {SHA}.", Address(ID)),
        (f"HTTPS://GIST.GITHUB.COM/Octocat/{ID.upper()}", Address(ID)),
        (f"https://gist.github.com//octocat//{ID}//", Address(ID)),
        ("4chan/9257657", Address("9257657")),
        (f"9257657/{SHA}", Address("9257657", SHA)),
        (SHA, Address(SHA)),
        (f"{LONG}{LONG}", Address(LONG + LONG)),
        (f"See https://x.example/gist/{LONG}{LONG}, which is code that was pasted", Address(LONG + LONG)),
        (f"{AT_GITHUB}/{LONG}", Address(ID)),
    ],
)
def test_what_is_named_along_with_a_gist_is_kept(pasted: str, meant: Address) -> None:
    assert parse(pasted) == meant


MD5 = "d41d8cd98f00b204e9800998ecf8427e"


@pytest.mark.parametrize(
    ("pasted", "meant"),
    [
        # what looks like an id beside an address
        (f"git clone git@gist.github.com:{ID}.git {LONG}", Address(ID)),
        (f"git clone {AT_GITHUB}.git {SHA[:20]} && cd {SHA[:20]}", Address(ID)),
        (f"gh gist clone {ID} {LONG}", Address(ID)),
        (f"See {AT_GITHUB} (md5 {MD5}).", Address(ID)),
        (f"{MD5}  {AT_GITHUB}", Address(ID)),
        (f"wget {AT_GITHUB}/archive/{SHA}.zip -O {MD5}.zip", Address(ID, SHA)),
        (f"https://cdn.example/{MD5}/a.png of {AT_GITHUB}", Address(ID)),
        # a name with spaces
        (f"{AT_GITHUB}.js?file=a b.py", Address(ID, file="a b.py")),
        (f"{AT_GITHUB}?file=a b.py.", Address(ID, file="a b.py")),
        (f"{AT_GITHUB}/raw/{SHA}/my first try.py", Address(ID, file="my first try.py", content=SHA)),
        (f'<script src="{AT_GITHUB}.js?file=a b.py"></script>', Address(ID, file="a b.py")),
        (f"{AT_GITHUB}?file=a.py and b.py", Address(ID, file="a.py")),
        # other viewers
        (f"https://bl.ocks.org/octocat/raw/{ID}/", Address(ID)),
        (f"https://bl.ocks.org/octocat/raw/{ID}/{SHA}/index.html", Address(ID, SHA, "index.html")),
        ("https://bl.ocks.org/mbostock/raw/4060606/", Address("4060606")),
        (f"https://vega.github.io/editor/#/gist/{ID}/{SHA}/spec.json", Address(ID, SHA, "spec.json")),
        (f"https://vega.github.io/editor/#/gist/vega-lite/octocat/{ID}/spec.json/view", Address(ID, file="spec.json")),
        (f"https://nbviewer.org/gist/octocat/{ID}/{SHA}/a%20b.ipynb", Address(ID, SHA, "a b.ipynb")),
        (f"https://colab.research.google.com/gist/octocat/{ID}/a.ipynb", Address(ID, file="a.ipynb")),
        (f"https://mybinder.org/v2/gist/octocat/{ID}/{SHA}?filepath=a.ipynb", Address(ID, SHA, "a.ipynb")),
        (f"https://x.example/gist/{ID}/{SHA}/raw/a.py", Address(ID, SHA, "a.py")),
        (f"https://stackblitz.com/edit/gist-{ID}", Address(ID)),
        # elements, shortcodes and tags
        (f'<code data-gist-id="{ID}" data-gist-file="x">', Address(ID, file="x")),
        (f"<code id='12' data-gist-file='a b.py' data-gist-id='octocat/{ID}'></code>", Address(ID, file="a b.py")),
        ('&lt;code data-gist-id="9257657"&gt;', Address("9257657")),
        (f"[gist id={ID} file=a.py]", Address(ID, file="a.py")),
        ('[gist id="9257657" file="a b.py"]', Address("9257657", file="a b.py")),
        (f"[gist {AT_GITHUB}/{SHA}]", Address(ID, SHA)),
        (f"[gist]{ID}[/gist]", Address(ID)),
        (f"[gist 42]({AT_GITHUB})", Address(ID)),
        ("{% gist octocat/9257657 a.py %}", Address("9257657", file="a.py")),
        ("{{< gist spf13 7896402 >}}", Address("7896402")),
    ],
)
def test_an_address_counts_before_what_only_looks_like_an_id(pasted: str, meant: Address) -> None:
    assert parse(pasted) == meant


RUN = "0123456789abcdef0123"


@pytest.mark.parametrize(
    "around",
    ["{}", "http://gr.example:8000{}", "See GR.example:8000{}.", "curl -N 'https://gr.example:8000{}'", "[run]({})"],
)
@pytest.mark.parametrize("path", [f"/runs/{RUN}", f"/api/v1/runs/{RUN}", f"/runs/{RUN}/events", f"/runs/{RUN}/"])
def test_the_address_of_a_run_is_not_that_of_a_gist(around: str, path: str) -> None:
    text = around.format(path)
    assert run(text, "gr.example:8000") == RUN
    with pytest.raises(BadInput):
        parse(text, "gr.example:8000")


@pytest.mark.parametrize("text", [f"https://other.example/runs/{RUN}", f"/runs/{RUN} /runs/{RUN[::-1]}", "/runs/1", ""])
def test_what_is_no_run_of_this_service(text: str) -> None:
    assert run(text, "gr.example:8000") is None


def test_a_user_may_be_called_runs() -> None:
    assert parse(f"https://gist.github.com/runs/{RUN}", "gr.example") == Address(RUN)
    with pytest.raises(BadInput):
        parse(f"https://gist.example/runs/{RUN}", "gist.example")
    assert run(f"https://gist.example/runs/{RUN}", "gist.example") == RUN


def test_a_number_is_a_gist_at_this_very_host() -> None:
    for text in ("http://here.example:8000/octocat/12", "here.example:8000/12", "See http://HERE.example:8000/12!"):
        assert parse(text, "here.example:8000") == Address("12"), text
        with pytest.raises(BadInput):
            parse(text, "other.example")


@pytest.mark.parametrize(
    "pasted",
    [
        f"{ID} or {LONG}",
        f"{ID},{LONG}",
        f"{AT_GITHUB} https://gist.github.com/ada/{LONG}",
        f"[one]({AT_GITHUB}) [two](https://gist.github.com/ada/{LONG})",
        f"[![gist]({BADGE})](https://gist.github.com/ada/{LONG})",
        f"[![gist](https://x.example/gist/1/badge.svg)]({AT_GITHUB})",
        f'<script src="{AT_GITHUB}.js"></script><script src="https://gist.github.com/ada/{LONG}.js"></script>',
        f'<a href="https://gist.github.com/ada/{LONG}"><img src="{BADGE}"></a>',
        f"![one]({BADGE}) ![two](https://gistrun.example/gist/{LONG}/badge.svg)",
        f"gh gist view {ID} && gh gist view {LONG}",
        f"gh gist view {ID} # as in {LONG}",
        f"git clone {AT_GITHUB}.git; git clone git@gist.github.com:{LONG}.git",
        f"git@gist.github.com:{ID}.git https://gist.github.com/9257657",
        f"https://x.example/gist/{ID}?next={quote(f'https://gist.github.com/ada/{LONG}', safe='')}",
        f"https://web.archive.org/web/2020/{AT_GITHUB}/https://gist.github.com/ada/{LONG}",
        f"gist.github.com/octocat/{ID},gist.github.com/ada/{LONG}",
        f"{AT_GITHUB}\nhttps://gist.github.com/ada/{LONG}",
    ],
)
def test_a_text_that_holds_several_gists_is_refused(pasted: str) -> None:
    with pytest.raises(BadInput, match="several gists"):
        parse(pasted)


@pytest.mark.parametrize(
    "pasted",
    ["3/4", "12/2024", "24/7", "1/2/3", "3.14/15", "10/pages", f"evil.com/{SHA}", f"https://evil.com/{SHA}",
     f"https://evil.com/octocat/{SHA}", "https://evil.com/12", "evil.com/octocat/12", "https://evil.com/gist/2024/12",
     f"heads/{SHA}", "gh gist view -f 12", "gh gist list -L 10", "git clone --depth 1", "127.0.0.1/24", "and/or",
     "https://digist.example/12", f"sha256:{LONG}{LONG}", f"https://github.com/o/r/tree/{SHA}", "05/06/2024", "https://example.com/2024/12/24"],
)  # fmt: skip
def test_what_only_looks_like_an_id_is_refused(pasted: str) -> None:
    for text in (pasted, f"See {pasted}, please"):
        with pytest.raises(BadInput, match="is not the address of a gist"):
            parse(text)


@pytest.mark.parametrize(
    "pasted",
    ["I have 3 gists", "and/or 3/4 of it", "see issue 42", f"https://github.com/octocat/hello/commit/{SHA} it is",
     f"at commit {SHA} of mine", f"https://example.com/?token={ID} is mine", "gist.github.com/octocat"],
)  # fmt: skip
def test_a_sentence_without_a_gist_is_refused(pasted: str) -> None:
    with pytest.raises(BadInput):
        parse(pasted)


@pytest.mark.parametrize("count", [1, 10, 300, 6_000, 100_000])
@pytest.mark.parametrize(
    "part", ["<script ", "<script src ", "](", ":", "gh gist -f ", "gist/", "%", "x/", "//", "[", "gh gist view '",
             "%25", "https:/", "a@", "/raw", "gist.", "=//", "&#x2f;", "gh gist view -f ", "https%3a", "'", "gh  ",
             "/runs/", "[gist ", "{% gist ", "<a ", "<a data-gist-id ", "?file=a ", "data-gist-id=", "/raw/a ", "#/"]
)  # fmt: skip
def test_a_repetition_is_refused_at_once(part: str, count: int) -> None:
    began = time.process_time()
    with pytest.raises(BadInput):
        parse(part * count + "?")
    assert time.process_time() - began < 2


_PIECES = st.sampled_from(
    [ID, SHA, "1", "/", "//", ":", ".", "?", "#", "%", "&", "=", " ", "\0", "\ud800", "%ff", "[", "](", "<script src=",
     "https://", "git@", "gh gist view ", "git clone ", " -f ", "?file=", "raw", ".git", ".js", "gist", "'", '"']
)  # fmt: skip


@given(st.text() | st.lists(_PIECES).map("".join))
def test_any_text_is_a_gist_or_refused(text: str) -> None:
    with suppress(BadInput):
        meant = parse(text)
        check_id(meant.gist)
        assert meant.gist == meant.gist.lower()
        assert meant.revision is None or REVISION.fullmatch(meant.revision)


_SAID = st.sampled_from(
    [(AT_GITHUB, Address(ID)), (f"{AT_GITHUB}/{SHA}", Address(ID, SHA)), (f"gist.github.com/{ID}", Address(ID)),
     (f"{AT_GITHUB}?file=a%20b.py", Address(ID, file="a b.py")), (RAW, Address(ID, file="a.py", content=SHA)),
     (f"{AT_GITHUB}#file-a-py", Address(ID, fragment="file-a-py")), ("https://gist.github.com/a/12", Address("12")),
     (f"git@gist.github.com:{ID}.git", Address(ID)), (f"gh gist view {ID} -f a.py", Address(ID, file="a.py"))]
)  # fmt: skip
_ENDS = st.sampled_from(["", ".", ",", "!", ")", "”", "…", "\u200b"])


@given(st.text(), _SAID, _ENDS, st.sampled_from([" ", "\n", "\u00a0", "\t"]), st.text())
@example("100% of [this](", (AT_GITHUB, Address(ID)), ")", " ", "%")
def test_an_address_is_found_in_any_sentence(
    before: str, said: tuple[str, Address], end: str, space: str, behind: str
) -> None:
    address, meant = said
    # Another gist around it, an open quotation of a command, and an option behind it would change what is meant.
    assume(not re.search(r"gist|[0-9a-f]{20}", before + behind, re.IGNORECASE))
    assume(not (address.startswith("gh ") and re.search(r"-\S*f|['\"]", behind)))
    assert parse(f"{before}{space}{address}{end}{space}{behind}") == meant


@pytest.mark.parametrize(
    "pasted",
    ["", "   ", "hello world", "https://github.com", "https://gist.github.com/octocat", "javascript:alert(1)", "../..",
     "g" * 20, "a" * 41, "a" * 19, "abc123", "http://[", "//", "<script>", f"https://example.com/x/y/{ID}"],
)  # fmt: skip
def test_text_without_a_gist_is_refused_with_a_sentence(pasted: str) -> None:
    with pytest.raises(BadInput, match=r"Paste .*gist"):
        parse(pasted)


@pytest.mark.parametrize("pasted", ["<>", "<script src=></script>", "gh gist list", "git clone", "gh gist view --web"])
def test_a_refusal_shows_the_pasted_text(pasted: str) -> None:
    with pytest.raises(BadInput, match="is not the address of a gist"):
        parse(pasted)
