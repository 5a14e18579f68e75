"""The install phase as a visitor and a script see it: told while it goes on, and no part of what the program wrote."""

from __future__ import annotations

import time

from flask.testing import FlaskClient
from playwright.sync_api import Page, expect

from gistrun.model import Installed, Lock, Outcome, Package, Phase, PhaseStarted, Progress, State
from tests.fakes import Tap, err, out, passed, taken
from tests.web.conftest import GIST, World

LOCK = Lock(
    "wanted",
    b"lock",
    (
        Package("numpy", "2.3.1", "import", "line 1 of main.py"),
        Package("six", "1.17.0", "requirements.txt", "line 2 of requirements.txt"),
        Package("tzdata", "2025.1", "dependency"),
    ),
)
SAID = err("Resolved 5 packages in 464ms\nCould not resolve host\nAlready here: numpy 2.3.1\n", phase=Phase.INSTALL)
PROGRAM = [PhaseStarted(Phase.RUN), out("1\n"), err("warned\n"), passed()]
MISSING = Outcome(State.FAILED, phase=Phase.INSTALL, message="There is no package nosuch on npm.", install_ms=900)


def test_what_the_installer_says_is_not_what_the_program_wrote(world: World, client: FlaskClient) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), PhaseStarted(Phase.INSTALL), SAID, Installed(LOCK), *PROGRAM]
    run = client.get(f"/api/v1/runs/{world.run().id}").get_json()
    assert (run["stdout"], run["stderr"], run["hints"]) == ("1\n", "warned\n", [])
    assert client.get(f"/gist/{GIST}/output.txt").text == "1\nwarned\n"
    assert "Resolved" not in client.get(f"/gist/{GIST}/output.cast").text
    page = client.get(f"/gist/{GIST}").text
    assert "Already here: numpy 2.3.1" in page
    assert 'aria-label="Installing packages"' in page


def test_output_txt_is_the_programs_own_while_it_runs(world: World, client: FlaskClient) -> None:
    tap = Tap()
    world.sandboxes.scripts["main.py"] = tap
    tap.put(taken(), PhaseStarted(Phase.INSTALL), SAID, Installed(LOCK), *PROGRAM)
    assert client.get(f"/gist/{GIST}/output.txt").text == "1\nwarned\n"


def test_a_text_says_why_there_is_no_output(world: World, client: FlaskClient) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), PhaseStarted(Phase.INSTALL), SAID, MISSING]
    told = "gistrun: There is no package nosuch on npm.\n"
    assert client.get(f"/gist/{GIST}/output.txt").text == told  # live
    world.queue.join()
    assert client.get(f"/gist/{GIST}/output.txt").text == told
    page = client.get(f"/gist/{GIST}").text
    assert "The program printed nothing" not in page
    assert "There is no package nosuch on npm." in page


def test_each_package_says_where_it_came_from(world: World, client: FlaskClient) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), PhaseStarted(Phase.INSTALL), Installed(LOCK), *PROGRAM]
    run = client.get(f"/api/v1/runs/{world.run().id}").get_json()
    assert run["packages"] == [
        {"name": "numpy", "version": "2.3.1", "from": "import", "where": "line 1 of main.py"},
        {"name": "six", "version": "1.17.0", "from": "requirements.txt", "where": "line 2 of requirements.txt"},
        {"name": "tzdata", "version": "2025.1", "from": "dependency"},
    ]
    page = " ".join(client.get(f"/gist/{GIST}").text.split())
    assert "2.3.1, imported in <bdi>line 1 of main.py</bdi>" in page
    assert "1.17.0, from <bdi>requirements.txt</bdi>" in page
    assert "2025.1, another package needs it" in page


def test_the_page_says_what_is_being_done_until_the_program_starts(world: World, live: str, page: Page) -> None:
    tap = Tap()
    world.sandboxes.scripts["main.py"] = tap
    page.goto(f"{live}/gist/{GIST}")
    tap.put(taken(), PhaseStarted(Phase.INSTALL))
    notice = page.locator("#summary .notice")
    for sentence in (
        "The installer of Python is being prepared on this server, once: step 2/7.",
        "Looking for numpy.",
        "Installing numpy 2.3.1, six 1.17.0.",
    ):
        tap.put(Progress(sentence))
        expect(notice).to_have_text(sentence)
    tap.put(SAID, Progress(""), Installed(LOCK), PhaseStarted(Phase.RUN), out("1\n"))
    expect(page.locator(".phase-run")).to_contain_text("1")
    expect(notice).to_have_count(0)
    expect(page.locator(".phase-install")).to_contain_text("Already here: numpy 2.3.1")
    tap.put(passed())
    expect(page.locator("#standing .pill")).to_have_text("passed")


def test_what_is_being_done_is_told_in_the_api(world: World, client: FlaskClient) -> None:
    tap = Tap()
    world.sandboxes.scripts["main.py"] = tap
    opened = world.open(GIST)
    assert opened.run
    tap.put(taken(), PhaseStarted(Phase.INSTALL), Progress("Installing numpy 2.3.1."))
    address = f"/api/v1/runs/{opened.run.id}"
    deadline = time.monotonic() + 20
    while (run := client.get(address).get_json())["message"] is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (run["state"], run["message"]) == ("running", "Installing numpy 2.3.1.")
    tap.put(Progress(""), Installed(LOCK), *PROGRAM)
    world.queue.join()
    run = client.get(address).get_json()
    assert (run["state"], run["message"]) == ("passed", None)
