from __future__ import annotations

from contextlib import suppress
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gistrun.address import REVISION, Address, check_id, file_anchors, file_at
from gistrun.errors import BadInput
from gistrun.pasted import parse

ID = "aa5a315d61ae9438b18d"
LONG = "0123456789abcdef0123456789abcdef"
SHA = "57a7f021a713b1c5a6a199b54cc514735d2d462f"


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
        (f"https://gist.githubusercontent.com/octocat/{ID}/raw/{SHA}/main.py", Address(ID, file="main.py")),
        (f"https://gist.githubusercontent.com/octocat/{ID}/raw/{SHA}/a%20b.py", Address(ID, file="a b.py")),
        (f"https://gist.github.com/octocat/{ID}/raw/main.py", Address(ID, file="main.py")),
        (f"https://gist.github.com/octocat/{ID}/raw", Address(ID)),
        (f"https://gist.github.com/octocat/{ID}/raw/{SHA.upper()}", Address(ID)),
        (f"https://gist.github.com/octocat/{ID}/raw/{SHA.upper()}/main.py", Address(ID, file="main.py")),
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
     "[the [x] gist](<{}>)", "[![gistrun](https://x.org/gist/1/badge.svg)]({})" , '[x]({} "title")'],
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
        (f"curl -L https://gist.githubusercontent.com/o/{ID}/raw/{SHA.upper()}/a.sh | sh", Address(ID, file="a.sh")),
        (f"![gist]({BADGE})", Address(ID)),
        (f"[![gist]({BADGE})](https://example.com/)", Address(ID)),
        (f'<a href="{AT_GITHUB}"><img src="{BADGE}"></a>', Address(ID)),
        (f"[1]: {AT_GITHUB}", Address(ID)),
        (f"{{% gist {ID} a.py %}}", Address(ID)),
        (f'{{{{< gist octocat {ID} "a.py" >}}}}', Address(ID)),
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


@pytest.mark.parametrize("pasted", [f"{ID} or {LONG}", f"{AT_GITHUB} https://gist.github.com/ada/{LONG}"])
def test_a_text_that_holds_several_gists_is_refused(pasted: str) -> None:
    with pytest.raises(BadInput, match="several gists"):
        parse(pasted)


@pytest.mark.parametrize(
    "pasted",
    ["I have 3 gists", "and/or 3/4 of it", "see issue 42", f"https://github.com/octocat/hello/commit/{SHA} it is",
     f"at commit {SHA} of mine", f"https://example.com/?token={ID} is mine", "gist.github.com/octocat"],
)  # fmt: skip
def test_a_sentence_without_a_gist_is_refused(pasted: str) -> None:
    with pytest.raises(BadInput):
        parse(pasted)


@pytest.mark.parametrize("count", [1, 10, 300, 100_000])
@pytest.mark.parametrize("part", ["<script ", "<script src ", "](", ":", "gh gist -f ", "gist/", "%", "x/", "//", "["])
def test_a_repetition_is_refused_at_once(part: str, count: int) -> None:
    with pytest.raises(BadInput):
        parse(part * count + "?")


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


def test_files_have_githubs_own_anchors() -> None:
    names = ["main.py", "bench_mark.py", "A b.c", "a-b.c", "Ünï.py"]
    assert file_anchors(names) == ["file-main-py", "file-bench_mark-py", "file-a-b-c", "file-a-b-c-2", "file-n-py"]


@pytest.mark.parametrize(
    ("fragment", "file"),
    [
        ("file-bench_mark-py", "bench_mark.py"),
        ("file-bench_mark-py-L3", "bench_mark.py"),
        ("file-bench_mark-py-L3-L12", "bench_mark.py"),
        ("file-x-l3", "x.l3"),
        ("file-other-py", None),
        ("", None),
    ],
)
def test_a_fragment_points_at_a_file(fragment: str, file: str | None) -> None:
    assert file_at(fragment, ["main.py", "bench_mark.py", "x.l3"]) == file
