"""The pages' routes, without a browser."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from gistrun.errors import GitHubUnavailable
from gistrun.model import Image, Limit, Outcome, Phase, Revision, State
from gistrun.settings import Rate
from gistrun.web import create_app
from tests.fakes import IMAGE, TOOLCHAIN, err, failed, out, passed, taken
from tests.web.conftest import GIST, NEXT_REVISION, OTHER_GIST, REVISION, SECRET_GIST, World, a_gist


def test_home_lists_languages_and_what_was_run(world: World, client: FlaskClient) -> None:
    world.store.images.publish_broken("ruby", "The image cannot be built.")
    world.run()
    page = client.get("/").text
    assert re.search(r"<span>Python</span> <span[^>]*>3.13.5<", page)
    assert "The first gist in a language may wait" in page
    assert "not available" in page
    assert f'href="/gist/{GIST}"' in page
    assert "passed" in page


@pytest.mark.parametrize(
    ("pasted", "target"),
    [
        (GIST, f"/gist/{GIST}"),
        (f"https://gist.github.com/octocat/{GIST}/{REVISION}", f"/gist/{GIST}/{REVISION}"),
        (f"https://gist.github.com/octocat/{GIST}#file-main-py", f"/gist/{GIST}#file-main-py"),
        (f"https://gist.github.com/o/{GIST}/raw/a%20%26b.py", f"/gist/{GIST}?file=a+%26b.py"),
        (f"https://gist.github.com/o/{GIST}.js?file=b.py", f"/gist/{GIST}?file=b.py"),
        (f"`gh gist view -f b.py {GIST}`", f"/gist/{GIST}?file=b.py"),
        (f"https://gist.github.com/octocat/{GIST}#%", f"/gist/{GIST}"),
        (f"Look at https://gist.github.com/octocat/{GIST}?file=b.py, please.", f"/gist/{GIST}?file=b.py"),
        (f"![gist](http://127.0.0.1:8000/gist/{GIST}/badge.svg)", f"/gist/{GIST}"),
        (f"https%3A%2F%2Fgist.github.com%2Foctocat%2F{GIST}", f"/gist/{GIST}"),
        (f"\u200b{GIST}\u00a0", f"/gist/{GIST}"),
        (f"git clone git@gist.github.com:{GIST}.git folder", f"/gist/{GIST}"),
    ],
)
def test_the_box_leads_to_the_gist(client: FlaskClient, pasted: str, target: str) -> None:
    answer = client.get("/", query_string={"gist": pasted})
    assert (answer.status_code, answer.headers["Location"]) == (302, target)


def test_the_sha_of_a_raw_file_is_a_revision_or_the_name_of_its_content(world: World, client: FlaskClient) -> None:
    old = world.github.add(a_gist(revision=NEXT_REVISION))
    world.github.add(a_gist(files={"main.py": "what is up, doc?"}, history=(Revision(REVISION), Revision("6" * 40))))
    # https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
    content = "bd9dbf5aae1a3862dd1526723246b20206e5fc37"

    def leads_to(sha: str) -> str:
        raw = f"curl -s https://gist.githubusercontent.com/octocat/{GIST}/raw/{sha}/main.py | python3"
        return client.get("/", query_string={"gist": raw}).headers["Location"]

    assert leads_to(REVISION.upper()) == f"/gist/{GIST}/{REVISION}?file=main.py"
    assert leads_to("6" * 40) == f"/gist/{GIST}/{'6' * 40}?file=main.py"
    assert leads_to(content) == f"/gist/{GIST}?file=main.py"
    assert [asked[1] for asked in world.github.asked] == [None]
    assert leads_to(old.revision) == f"/gist/{GIST}/{old.revision}?file=main.py"
    assert leads_to("7" * 40) == f"/gist/{GIST}?file=main.py"
    world.github.error = GitHubUnavailable("GitHub does not answer.")
    assert leads_to("8" * 40) == f"/gist/{GIST}?file=main.py"


def test_a_number_at_our_own_host_is_a_gist(client: FlaskClient) -> None:
    for text, status in (("http://localhost/octocat/12", 302), ("https://evil.example/octocat/12", 400), ("3/4", 400)):
        assert client.get("/", query_string={"gist": text}).status_code == status


@pytest.mark.parametrize(
    ("fragment", "target"),
    [
        ("file-bench_mark-py", "?file=bench_mark.py#file-bench_mark-py"),
        ("file-bench_mark-py-L1", "?file=bench_mark.py#file-bench_mark-py-L1"),
        ("file-main-py", "#file-main-py"),  # it runs anyway
        ("file-notes-txt", "#file-notes-txt"),  # it cannot run
        ("file-other-py", "#file-other-py"),
    ],
)
def test_an_address_that_points_at_a_file_runs_that_file(
    world: World, client: FlaskClient, fragment: str, target: str
) -> None:
    world.github.add(a_gist(files={"main.py": "", "bench_mark.py": "print(2)", "notes.txt": "x"}))
    answer = client.get("/", query_string={"gist": f"https://gist.github.com/octocat/{GIST}#{fragment}"})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/gist/{GIST}{target}")


def test_a_file_may_be_named_in_either_unicode_normal_form(world: World, client: FlaskClient) -> None:
    composed, decomposed = "caf\u00e9.py", "cafe\u0301.py"
    for name, other in ((composed, decomposed), (decomposed, composed)):
        world.github.add(a_gist(OTHER_GIST, files={"main.py": "", name: "print(1)"}, revision=NEXT_REVISION))
        world.store.client.flushdb()
        world.store.images.publish(Image("python", IMAGE, TOOLCHAIN))
        world.sandboxes.scripts[name] = [taken(), out("coffee\n"), passed()]
        assert client.get(f"/gist/{OTHER_GIST}", query_string={"file": other}).status_code == 200
        world.queue.join()
        assert world.sandboxes.programs[-1].file == name


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        f"/octocat/{GIST}/other",
        f"/api/{GIST}",
        f"/u/{GIST}",
        f"/octocat/x/{GIST}",
        "/gist/",
        "/a/b/c",
        "/nothing/",
        "/example.com//",
        f"/octocat/{GIST}.svg",
    ],
)
def test_other_addresses_are_no_gist(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_bad_input_in_the_box_is_reported_and_kept(client: FlaskClient) -> None:
    answer = client.get("/", query_string={"gist": '"><script>alert(1)</script>'})
    assert answer.status_code == 400
    assert "is not the address of a gist. Paste one such as" in answer.text
    assert 'value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"' in answer.text


def test_a_first_visit_runs_and_the_next_one_shows_the_kept_run(world: World, client: FlaskClient) -> None:
    first = client.get(f"/gist/{GIST}")
    assert first.status_code == 200
    world.queue.join()
    again = client.get(f"/gist/{GIST}").text
    for told in ("hello world\n", "passed", "41 ms", "17 ms", "9 MB", "Python 3.13.5", "kept result", REVISION[:7]):
        assert told in again
    assert f'href="/gist/{GIST}/{REVISION}"' in again
    assert "Checked" in again
    assert 'http-equiv="refresh"' not in again
    assert len(world.queue.executes) == 1


def test_while_it_runs_a_page_without_javascript_refreshes_itself(world: World, client: FlaskClient) -> None:
    world.known.pop("c")
    page = client.get("/gist/" + world.github.add(a_gist(OTHER_GIST, files={"a.rb": "puts 1"})).id).text
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page
    assert "Ruby is being prepared on this server, which takes about a minute." in page
    assert "data-events=" in page


def test_a_pinned_page_shows_that_revision(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(revision=NEXT_REVISION, files={"main.py": "print('newer')\n"}))
    page = client.get(f"/gist/{GIST}/{REVISION}").text
    assert "hello world" in page
    assert "newer" not in page
    assert "see the latest" in page


def test_file_args_and_stdin_reach_the_program(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(files={"main.py": "", "b.py": "print(2)"}))
    world.sandboxes.scripts["b.py"] = [taken(), out("two\n"), passed()]
    url = f"/gist/{GIST}?file=b.py&args=one+'two+words'&args=three&stdin=line%0D%0A"
    client.get(url)
    world.queue.join()
    program = world.sandboxes.programs[-1]
    assert (program.file, program.args, program.stdin) == ("b.py", ("one", "two words", "three"), b"line\n")
    page = client.get(url).text
    assert "two\n" in page
    assert 'name="args" value="one &#39;two words&#39; three"' in page
    assert len(world.queue.executes) == 1


def test_output_of_a_compiler_and_of_standard_error_are_marked(world: World, client: FlaskClient) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), err("warning\n", phase=Phase.COMPILE), err("oops\n"), failed(3)]
    world.run()
    page = client.get(f"/gist/{GIST}").text
    shown = page.split('id="output"')[1]
    assert (
        'aria-label="Compiler"><div class="rows"><div><span class="stderr">warning</span>\n</div></div></div>' in shown
    )
    assert (
        '<div class="phase phase-run c32"><div class="rows"><div><span class="stderr">oops</span>\n</div></div></div>'
        in shown
    )
    assert re.search(r"<dt>Exit status</dt><dd>3</dd>", page)


def test_the_limit_that_stopped_it_is_reported(world: World, client: FlaskClient) -> None:
    message = "Stopped after 30 seconds, the longest a program may run here."
    limited = Outcome(State.TIMED_OUT, signal="SIGKILL", phase=Phase.RUN, limit=Limit("time", 30, "s"), message=message)
    world.sandboxes.scripts["main.py"] = [taken(), replace(limited, truncated=True)]
    world.run()
    page = client.get(f"/gist/{GIST}").text
    assert message in page
    assert "timed out" in page
    assert "SIGKILL" in page
    assert "printed more than is kept" in page


def test_a_gist_with_nothing_to_run_is_shown_with_the_reason(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(files={"notes.md": "# Notes", "data.bin": b"\0\1\2"}))
    answer = client.get(f"/gist/{GIST}")
    assert answer.status_code == 200
    assert "no file in a language that can be run here" in answer.text
    assert "Notes" in answer.text
    assert "Binary file, 3 bytes." in answer.text
    assert not world.queue.executes


def test_a_gist_toml_that_is_not_well_formed_is_told_beside_the_files(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(files={"main.py": "print(41)", "gist.toml": "colour = 1"}))
    answer = client.get(f"/gist/{GIST}")
    assert answer.status_code == 200
    assert "gist.toml has an unknown key &#39;colour&#39;" in answer.text
    assert "41" in answer.text
    assert not world.queue.executes


def test_the_other_versions_are_offered_with_what_differs(world: World, client: FlaskClient) -> None:
    world.store.images.publish(Image("python@3.13", IMAGE, "Python 3.13.5"))
    world.github.add(a_gist(files={"main.py": "print(1)"}))
    world.run()
    page = client.get(f"/gist/{GIST}").text
    assert page.count("not run yet") == 1
    assert f'href="/gist/{GIST}?version=3.13" rel="nofollow"' in page
    world.sandboxes.scripts["main.py"] = [taken(), out("another\n"), failed()]
    client.get(f"/gist/{GIST}?version=3.13")
    world.queue.join()
    page = client.get(f"/gist/{GIST}").text
    assert "with other output" in page
    assert '<span class="new">+ <mark>another</mark>' in page
    page = client.get(f"/gist/{GIST}?version=3.13").text
    assert f'href="/gist/{GIST}?version=3.14"' in page
    assert '<span class="gone">- <mark>another</mark>' in page


def test_a_version_with_the_same_output_says_so(world: World, client: FlaskClient) -> None:
    world.store.images.publish(Image("python@3.13", IMAGE, "Python 3.13.5"))
    world.github.add(a_gist(files={"main.py": "print(1)"}))
    world.run()
    client.get(f"/gist/{GIST}?version=3.13")
    world.queue.join()
    assert "with the same output" in client.get(f"/gist/{GIST}").text


def test_a_failure_leads_to_the_line_and_says_what_was_amiss(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(files={"main.py": "import numpy\n"}))
    text = '  File "/sandbox/gist/main.py", line 1\nModuleNotFoundError: No module named'
    world.sandboxes.scripts["main.py"] = [taken(), err(f"{text} 'numpy'\n"), replace(failed(), output_bytes=9)]
    run = world.run()
    for path in (f"/gist/{GIST}", f"/runs/{run.id}/summary"):
        page = client.get(path).text
        assert '<a href="#file-main-py-L1"><bdi>main.py</bdi>, line 1</a>' in page
        assert "It needs numpy, which is not installed here." in page
    assert client.get(f"/api/v1/runs/{run.id}").json["hints"] == [
        {
            "name": "missing-package",
            "text": "It needs numpy, which is not installed here. Line 1 of main.py asks for it.",
        }
    ]


def test_one_page_shows_a_bounded_part_of_a_large_gist(world: World, client: FlaskClient) -> None:
    files: dict[str, str | bytes] = {f"{n:03}.txt": "\n" * 9_000 for n in range(60)}
    world.github.add(a_gist(files=files | {"main.py": "import os\n"}))
    page = client.get(f"/gist/{GIST}").text
    assert len(page) < 8 * 2**20
    assert "Too much for one page" in page
    assert '<span class="kn">import</span>' in page


def test_secret_gists_are_kept_out_of_indexes_lists_and_referrers(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(SECRET_GIST, public=False))
    world.run(SECRET_GIST)
    answer = client.get(f"/gist/{SECRET_GIST}")
    assert '<meta name="robots" content="noindex">' in answer.text
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert SECRET_GIST not in client.get("/").text


def test_events_do_not_name_the_secret_gist_of_the_same_program(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(SECRET_GIST, public=False, revision=NEXT_REVISION))
    world.run(SECRET_GIST)
    shown = world.run(GIST)
    assert len(world.queue.executes) == 1
    for url in (f"/runs/{shown.id}/events", f"/gist/{GIST}", f"/api/v1/runs/{shown.id}"):
        told = client.get(url).text
        assert SECRET_GIST not in told
        assert NEXT_REVISION not in told


def test_rerun_runs_anew_and_its_page_shows_that_run(world: World, client: FlaskClient) -> None:
    world.run()
    world.sandboxes.scripts["main.py"] = [taken(), out("second\n"), passed()]
    answer = client.post(f"/gist/{GIST}/rerun", data={"args": "x 'y z'", "sha": REVISION})
    assert answer.status_code == 303
    path, _, query = answer.headers["Location"].partition("?")
    assert path == f"/gist/{GIST}/{REVISION}"
    assert query == "args=x+%27y+z%27&run=run2"
    world.queue.join()
    assert "second\n" in client.get(answer.headers["Location"]).text
    assert "hello world\n" in client.get(f"/gist/{GIST}").text.split('id="output"')[1]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 303),  # no browser sends neither
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ({"Origin": "http://localhost"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"}, 403),
        ({"Sec-Fetch-Site": ""}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "http://localhost:81"}, 403),
        ({"Origin": "https://localhost"}, 403),  # another scheme is another site
        ({"Origin": "HTTP://LOCALHOST"}, 303),
        ({"Origin": "null"}, 403),
    ],
)
def test_a_rerun_is_refused_when_a_page_of_another_site_sends_it(
    world: World, client: FlaskClient, sent: dict[str, str], status: int
) -> None:
    world.run()
    answer = client.post(f"/gist/{GIST}/rerun", headers=sent)
    assert answer.status_code == status
    assert len(world.queue.executes) == (2 if status == 303 else 1)
    if status == 403:
        assert "another site" in answer.text


@pytest.mark.parametrize(("scheme", "status"), [("https", 303), ("http", 403)])
def test_with_tls_only_a_page_that_came_with_tls_may_ask_for_a_rerun(
    client: FlaskClient, scheme: str, status: int
) -> None:
    sent = {"Origin": f"{scheme}://localhost"}
    assert client.post(f"/gist/{GIST}/rerun", headers=sent, base_url="https://localhost").status_code == status


def test_other_sites_may_read_pages_and_use_the_api(client: FlaskClient) -> None:
    sent = {"Sec-Fetch-Site": "cross-site", "Origin": "https://blog.example"}
    assert client.get(f"/gist/{GIST}", headers=sent).status_code == 200
    assert client.post(f"/api/v1/gists/{GIST}/runs", json={}, headers=sent).status_code in (200, 202)


def test_a_run_of_another_gist_or_revision_is_not_shown(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist(OTHER_GIST, files={"main.py": "print('other')"}))
    world.sandboxes.scripts["main.py"] = [taken(), out("private words\n"), passed()]
    other = world.run(OTHER_GIST)
    for path in (f"/gist/{GIST}", f"/gist/{OTHER_GIST}/{NEXT_REVISION}"):
        answer = client.get(f"{path}?run={other.id}&file=main.py")
        assert (answer.status_code, answer.headers["Location"]) == (302, f"{path}?file=main.py")
    assert client.get(f"/gist/{GIST}?run=unknown").status_code == 302


def test_a_run_of_an_earlier_revision_is_shown_with_its_files(world: World, client: FlaskClient) -> None:
    old = world.run()
    world.clock.forward(120)
    world.github.add(a_gist(revision=NEXT_REVISION, files={"main.py": "print('newer')\n"}))
    world.runs.revisit(GIST)
    page = client.get(f"/gist/{GIST}?run={old.id}").text
    assert "This run is of an earlier revision." in page
    assert "hello world" in page
    assert "newer" not in page


@pytest.mark.parametrize(
    ("path", "target"),
    [
        (f"/octocat/{GIST}", f"/gist/{GIST}"),
        (f"/octocat/{GIST}?file=a.py&args=x+y", f"/gist/{GIST}?file=a.py&args=x+y"),
        (f"/octocat/{GIST}/{REVISION}", f"/gist/{GIST}/{REVISION}"),
        (f"/{GIST}", f"/gist/{GIST}"),
        (f"/{GIST}/", f"/gist/{GIST}"),
        (f"/{GIST}/{REVISION}", f"/gist/{GIST}/{REVISION}"),
        (f"/octocat/{GIST.upper()}", f"/gist/{GIST}"),
        (f"/octocat/{GIST}.git", f"/gist/{GIST}"),
        (f"/octocat/{GIST}/raw", f"/gist/{GIST}"),
        (f"/octocat/{GIST}/raw/{REVISION}/b.py", f"/gist/{GIST}/{REVISION}?file=b.py"),
        (f"/octocat/{GIST}/raw/b.py?args=x", f"/gist/{GIST}?file=b.py&args=x"),
        (f"/octocat/{GIST}/revisions", f"/gist/{GIST}/history"),
        (f"/octocat/{GIST}/forks", f"/gist/{GIST}"),
        (f"/octocat/{GIST}/stargazers/", f"/gist/{GIST}"),
        (f"/gist/{GIST}/", f"/gist/{GIST}"),
        (f"/gist/{GIST}/?file=a.py", f"/gist/{GIST}?file=a.py"),
        (f"/gist/{GIST}/{REVISION}/", f"/gist/{GIST}/{REVISION}"),
        (f"/gist/{GIST.upper()}", f"/gist/{GIST}"),
        (f"/gist/{GIST.upper()}/{REVISION.upper()}?args=x", f"/gist/{GIST}/{REVISION}?args=x"),
        (f"/gist/{GIST}.git", f"/gist/{GIST}"),
        (f"/gist/{GIST}.json", f"/gist/{GIST}"),
        (f"/octocat/{GIST}.json", f"/gist/{GIST}"),
        (f"/octocat/{GIST}.pibb/", f"/gist/{GIST}"),
        (f"/gist/{GIST}/raw", f"/gist/{GIST}"),
        (f"/gist/{GIST}/raw/?args=x", f"/gist/{GIST}?args=x"),
        (f"/gist/{GIST}/raw/{REVISION.upper()}/b.py", f"/gist/{GIST}/{REVISION}?file=b.py"),
        (f"/gist/{GIST.upper()}/revisions", f"/gist/{GIST}/history"),
        (f"/gist/{GIST}/forks?file=b.py", f"/gist/{GIST}?file=b.py"),
        (f"/gist/{GIST}/stargazers", f"/gist/{GIST}"),
        (f"/octocat/{GIST}.js", f"/gist/{GIST}"),
        (f"/octocat/{GIST}.js?file=b.py", f"/gist/{GIST}?file=b.py"),
        (f"/{GIST}.js", f"/gist/{GIST}"),
        (f"/octocat/{GIST}?file=b.py", f"/gist/{GIST}?file=b.py"),
        (f"/octocat/{GIST}/raw/100%2525%20%23%3F(1)", f"/gist/{GIST}?file=100%2525+%23%3F%281%29"),
        (f"/octocat/{GIST}/raw/%ff.py", f"/gist/{GIST}?file=%EF%BF%BD.py"),
        (f"/gist/octocat/{GIST}", f"/gist/{GIST}"),
        (f"/gist/octocat/{GIST}/{REVISION}?args=x", f"/gist/{GIST}/{REVISION}?args=x"),
        (f"/gist/octocat/{GIST}/raw/b.py", f"/gist/{GIST}?file=b.py"),
        (f"/gist/octocat/{GIST.upper()}.git", f"/gist/{GIST}"),
        (f"/gist/{GIST}/revisions/", f"/gist/{GIST}/history"),
        (f"/gist/{GIST}/stargazers/", f"/gist/{GIST}"),
        (f"/gist/{GIST}/{REVISION}/revisions", f"/gist/{GIST}/history"),
        (f"/gist/{GIST}/archive/{REVISION}.zip", f"/gist/{GIST}/{REVISION}"),
        (f"/octocat/{GIST}/archive/{REVISION}.tar.gz", f"/gist/{GIST}/{REVISION}"),
        (f"/octocat/{GIST}/{REVISION}.js", f"/gist/{GIST}/{REVISION}"),
        (f"/{GIST}/{REVISION}.js", f"/gist/{GIST}/{REVISION}"),
        (f"/octocat/{GIST}/edit", f"/gist/{GIST}"),
        (f"/gist/{GIST}/download", f"/gist/{GIST}"),
        (f"/octocat/{GIST}/history", f"/gist/{GIST}/history"),
        (f"/octocat/{GIST}/badge.svg?label=a+b", f"/gist/{GIST}/badge.svg?label=a+b"),
        (f"/{GIST}/badge.json", f"/gist/{GIST}/badge.json"),
        (f"/octocat/{GIST}/output.txt/?file=b.py", f"/gist/{GIST}/output.txt?file=b.py"),
        (f"/gist/{GIST}/{REVISION.upper()}/output.txt?args=x", f"/gist/{GIST}/output.txt?sha={REVISION}&args=x"),
        (f"/gist/{GIST}/{REVISION}/output.cast", f"/gist/{GIST}/output.cast?sha={REVISION}"),
        (f"/gist/{GIST}/{REVISION}/badge.svg", f"/gist/{GIST}/badge.svg"),
        (f"/gist/{GIST}/history/?from={REVISION}", f"/gist/{GIST}/history?from={REVISION}"),
        (f"/gist/{GIST}/output.cast/", f"/gist/{GIST}/output.cast"),
        ("/u/octocat/", "/u/octocat"),
        ("/healthz/", "/healthz"),
        (f"/gist/{GIST}/badge.svg/", f"/gist/{GIST}/badge.svg"),
        (f"/gist/{GIST}/badge.json/?label=a%20b", f"/gist/{GIST}/badge.json?label=a%20b"),
        (f"/gist/{GIST}/output.txt/?sha={REVISION}", f"/gist/{GIST}/output.txt?sha={REVISION}"),
        (f"/gist/{GIST}/events/", f"/gist/{GIST}/events"),
        ("/runs/run1/events/", "/runs/run1/events"),
        ("/api/v1/languages/", "/api/v1/languages"),
    ],
)
def test_a_swapped_host_leads_to_the_gist(client: FlaskClient, path: str, target: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (302, target)


def test_output_txt(world: World, client: FlaskClient) -> None:
    colours = [out("\x1b[31mred\x1b"), err("warn\n"), out("[0m\r\n"), out("\x1b]52;c;eA==\x07more\n")]
    world.sandboxes.scripts["main.py"] = [taken(), *colours, failed()]
    answer = client.get(f"/gist/{GIST}/output.txt")
    assert answer.text == "redwarn\n\r\nmore\n"
    assert answer.content_type == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Gistrun-Run"] == "run1"
    kept = client.get(f"/gist/{GIST}/output.txt?sha={REVISION}")
    assert (kept.text, kept.headers["Gistrun-Run"]) == (answer.text, "run1")


def test_output_txt_tells_what_was_not_the_programs_fault(world: World, client: FlaskClient) -> None:
    world.sandboxes.scripts.clear()
    answer = client.get(f"/gist/{GIST}/output.txt")
    assert answer.text == "gistrun: No sandbox could be had: the engine does not answer.\n"


def test_github_down_shows_the_kept_gist_with_a_notice(world: World, client: FlaskClient) -> None:
    world.run()
    world.clock.forward(600)
    world.github.error = GitHubUnavailable("GitHub does not answer.")
    assert re.search("Checked</dt><dd><time[^>]*>2026-11-22 17:34:00 UTC</time>", client.get(f"/gist/{GIST}").text)
    assert world.revisit() == [GIST]
    answer = client.get(f"/gist/{GIST}")
    assert answer.status_code == 200
    assert "GitHub does not answer. This page shows the gist as it was 10 minutes ago." in answer.text
    assert "hello world" in answer.text


def test_new_runs_of_one_visitor_are_limited_and_kept_ones_are_not(world: World) -> None:
    app = create_app(
        world.runs,
        world.store,
        world.known,
        replace(world.settings, rate=Rate(2, 60)),
        world.github.public_gists,
        now=world.clock,
    )
    client = app.test_client()

    def visit(arg: int, address: str = "192.0.2.1", path: str = "") -> tuple[int, str | None]:
        answer = client.get(f"/gist/{GIST}{path}?args={arg}", environ_base={"REMOTE_ADDR": address})
        world.queue.join()
        return answer.status_code, answer.headers.get("Retry-After")

    assert [visit(1)[0], visit(1)[0], visit(2)[0], visit(2)[0], visit(1)[0]] == [200] * 5
    status, retry_after = visit(3)
    assert status == 429
    assert 1 <= int(retry_after or 0) <= 60
    assert visit(1)[0] == 200
    assert visit(3, path="/output.txt")[0] == 429
    assert visit(3, address="192.0.2.2")[0] == 200
    assert [visit(n, address=f"2001:db8::{n}")[0] for n in (4, 5, 6)] == [200, 200, 429]
    assert visit(6, address="2001:db8:0:1::1")[0] == 200


def test_the_address_of_a_run_leads_to_it(world: World, client: FlaskClient) -> None:
    world.github.add(a_gist())
    run_id = world.run().id
    target = f"/gist/{GIST}?run={run_id}"
    assert client.get(f"/runs/{run_id}").location == target
    assert client.get(f"/runs/{run_id}/").location == f"/runs/{run_id}"
    assert "hello world" in client.get(target).text
    assert client.get("/runs/none").status_code == 404


@pytest.mark.parametrize(
    "path", ["/runs/{}", "http://localhost/api/v1/runs/{}", "curl -N http://localhost/runs/{}/events"]
)
def test_the_box_takes_the_address_of_a_run(world: World, client: FlaskClient, path: str) -> None:
    ran = world.run()
    run_id = "0123456789abcdef0123"
    pasted = {"gist": path.format(run_id)}
    answer = client.get("/", query_string=pasted)
    assert answer.status_code == 400
    assert "This is the address of a run that is kept no longer. Paste the address of its gist." in answer.text
    copy = replace(ran, id=run_id)
    gist = world.store.gists.get(GIST, ran.revision)
    assert gist
    assert world.store.ends.copy(ran.id, copy, "another key", gist)
    assert client.get("/", query_string=pasted).location == f"/gist/{GIST}?run={run_id}"
