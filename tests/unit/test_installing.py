"""Programs run with the packages that they need, or say why they cannot have them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace

import pytest

from gistrun import languages
from gistrun.errors import EngineRefused, PackagesRefused, RegistryUnavailable
from gistrun.installing import InstallingSandboxes
from gistrun.languages import Language
from gistrun.model import (
    GistFile,
    Image,
    Installed,
    Lock,
    Outcome,
    Output,
    Package,
    Packages,
    Phase,
    PhaseStarted,
    Program,
    Progress,
    SandboxTaken,
    State,
)
from gistrun.packages.steps import Doing, Early, Ready, Said, Soon, Step
from gistrun.packages.wanted import Need
from tests.fakes import ScriptedSandboxes, out, passed, taken

PYTHON = languages.load()["python"]
ADVICE = "Correct it there, or take it out."
LOCK = Lock("wanted", b"lock", (Package("numpy", "2.0", "import"),))


class Environments:
    """Remembers what was asked for."""

    def __init__(self, *says: str | Step, refusal: str | None = None, silent: str | None = None) -> None:
        self.asked: list[tuple[tuple[Need, ...], Lock | None]] = []
        self.early: Early | None = None
        #: The ecosystems that were asked, and the one whose registry does not answer.
        self.ecosystems: list[str | None] = []
        self._silent = silent
        self._says = says
        self._refusal = refusal

    def base(self, language: Language) -> Image:
        return Image(language.image, "sha256:base", "Python 3.14")

    def ensure(self, language: Language, needs: tuple[Need, ...], lock: Lock | None) -> Iterator[Step]:
        self.asked.append((needs, lock))
        self.ecosystems.append(language.packages)
        for number, step in enumerate(self._says):
            yield Said(float(number), step) if isinstance(step, str) else step
        if self._refusal:
            raise PackagesRefused(self._refusal)
        if language.packages == self._silent:
            raise RegistryUnavailable("A registry of packages does not answer: it is away.")
        yield Ready(f"{language.image}+abc", LOCK, early=self.early)

    def is_of(self, language: Language, needs: tuple[Need, ...], lock: Lock | None) -> bool:
        return lock is not None and lock.wanted == f"{language.packages}: {needs[0].text}"

    def was_used(self, ready: Ready) -> None:
        self.used = ready.image

    def stop(self) -> None:
        pass

    def close(self, patience_s: float) -> None:
        pass


class Sandboxes(ScriptedSandboxes):
    #: The folder that the sandbox made ahead has, by the environment's name.
    made: tuple[str, str] | None = None
    #: Whether it can be made.
    can = True

    def ahead(self, image: Image, packages: str) -> None:
        self.made = (image.name, packages) if self.can else None

    def is_ahead(self, name: str) -> bool:
        return self.made is not None and self.made[0] == name

    def forget_ahead(self) -> None:
        self.made = None

    def stop(self) -> None:
        pass


def a_program(source: str, **fields: object) -> Program:
    return replace(Program("python", "main.py", (GistFile("main.py", source.encode()),)), **fields)  # type: ignore[arg-type]


def made(environments: Environments, allowed: Packages = Packages.ON) -> tuple[InstallingSandboxes, Sandboxes]:
    inner = Sandboxes({"main.py": [taken(), PhaseStarted(Phase.RUN), out("1\n"), passed()]})
    return InstallingSandboxes(inner, environments, lambda _: PYTHON, allowed), inner


def test_a_program_that_needs_nothing_runs_as_in_any_sandbox() -> None:
    environments = Environments()
    sandboxes, _ = made(environments)
    events = list(sandboxes.run(a_program("import os\n")))
    assert events == [taken(), PhaseStarted(Phase.RUN), out("1\n"), passed()]
    assert environments.asked == []


def test_a_program_runs_in_the_environment_of_what_it_needs() -> None:
    environments = Environments("Installing numpy 2.0\n")
    sandboxes, inner = made(environments)
    *events, outcome = sandboxes.run(a_program("import numpy\n"))
    assert events[:2] == [SandboxTaken("sha256:base", "Python 3.14"), PhaseStarted(Phase.INSTALL)]
    assert isinstance(events[2], Output)
    assert (events[2].phase, events[2].data) == (Phase.INSTALL, "Installing numpy 2.0\n")
    assert events[3:] == [Progress(""), Installed(LOCK), PhaseStarted(Phase.RUN), out("1\n")]
    assert isinstance(outcome, Outcome)
    assert outcome.install_ms is not None
    assert inner.programs[0].environment == environments.used == "python+abc"


def test_nothing_is_told_of_an_environment_that_is_there() -> None:
    sandboxes, _ = made(Environments())
    events = list(sandboxes.run(a_program("import numpy\n")))
    assert PhaseStarted(Phase.INSTALL) not in events


SOON = Soon(Image("python+abc", "sha256:tools", "Python 3.14"), "/engine/layer/packages")


def test_a_sandbox_is_made_while_the_packages_are_unpacked_and_they_stay_until_the_program_has_ended() -> None:
    environments = Environments(SOON)
    environments.early = Early(Future(), threading.Event())  # which becomes no image while the program runs
    sandboxes, inner = made(environments)
    events = sandboxes.run(a_program("import numpy\n"))
    assert next(event for event in events if isinstance(event, Output)) == out("1\n")
    assert inner.made == ("python+abc", "/engine/layer/packages")
    assert not environments.early.released.is_set()
    list(events)
    assert environments.early.released.is_set()
    assert inner.made is None


def test_where_no_sandbox_can_be_made_ahead_the_program_waits_for_the_image() -> None:
    environments = Environments(SOON)
    environments.early = Early(Future(), threading.Event())
    environments.early.made.set_exception(EngineRefused("no space left on device"))
    sandboxes, inner = made(environments)
    inner.can = False
    with pytest.raises(EngineRefused):
        list(sandboxes.run(a_program("import numpy\n")))
    assert inner.programs == []
    assert environments.early.released.is_set()


def test_who_gives_up_when_all_is_unpacked_releases_it() -> None:
    environments = Environments(SOON)
    environments.early = Early(Future(), threading.Event())
    sandboxes, inner = made(environments)
    events = sandboxes.run(a_program("import numpy\n"))
    assert next(event for event in events if isinstance(event, Progress)) == Progress("")
    events.close()
    assert environments.early.released.is_set()
    assert inner.made is None


def test_a_sandbox_made_ahead_is_not_kept_where_the_installation_fails() -> None:
    sandboxes, inner = made(Environments(SOON, refusal="There is no numpy."))
    list(sandboxes.run(a_program("import numpy\n")))
    assert inner.made is None


def test_the_packages_that_a_gist_had_are_asked_for_again() -> None:
    environments = Environments()
    sandboxes, _ = made(environments)
    list(sandboxes.run(a_program("import numpy\n", lock=LOCK)))
    assert environments.asked[0][1] == LOCK


def test_packages_that_cannot_be_had_end_the_run_while_it_installs() -> None:
    sandboxes, inner = made(Environments("looking\n", refusal="There is no numpy."))
    *_, outcome = sandboxes.run(a_program("import numpy\n"))
    assert isinstance(outcome, Outcome)
    assert (outcome.state, outcome.phase, outcome.message) == (State.FAILED, Phase.INSTALL, "There is no numpy.")
    assert inner.programs == []
    assert [(hint.name, hint.text) for hint in outcome.hints] == [
        ("missing-package", f"It asks for numpy in line 1 of main.py. {ADVICE}")
    ]


@pytest.mark.parametrize(
    ("files", "requirement"),
    [
        ({"main.py": "# /// script\n# requires-python = '<3.12'\n# ///\nprint(1)\n"}, "<3.12"),
        ({"main.py": "print(1)\n", "pyproject.toml": '[project]\nrequires-python = ">=3.8,<3.11"\n'}, ">=3.8,<3.11"),
        ({"main.py": "print(1)\n", "pyproject.toml": '[tool.poetry.dependencies]\na = "1"\npython = "~3.9"\n'}, "~3.9"),
        ({"main.py": "# requires-python = '>=4'\nimport numpy\n"}, ">=4"),
    ],
)
def test_a_version_that_is_not_here_ends_the_run_and_those_that_are_are_told(
    files: dict[str, str], requirement: str
) -> None:
    sandboxes, inner = made(Environments())
    contents = tuple(GistFile(name, text.encode()) for name, text in files.items())
    *_, outcome = sandboxes.run(a_program("", files=contents, version="3.14"))
    assert isinstance(outcome, Outcome)
    assert (outcome.state, outcome.phase) == (State.FAILED, Phase.INSTALL)
    assert outcome.message == f"It requires Python {requirement}, and here there are 3.14 and 3.13."
    assert inner.programs == []


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({"main.py": "# requires-python = '>=3.8'\n"}, "3.14"),
        ({"main.py": "# requires-python = '<3.12'\n"}, "3.13"),  # asked for by name
        ({"main.py": "# requires-python = 'whatever'\n"}, "3.14"),
        ({"main.py": "", "Pipfile": '[requires]\npython_version = "3.8"\n'}, "3.14"),  # Pipenv only warns
        ({"main.py": "", "pyproject.toml": '[tool.hatch.envs.test]\npython = "3.8"\n'}, "3.14"),
    ],
)
def test_a_version_that_fits_or_need_not_fit_runs(files: dict[str, str], version: str) -> None:
    sandboxes, _ = made(Environments())
    contents = tuple(GistFile(name, text.encode()) for name, text in files.items())
    *_, outcome = sandboxes.run(a_program("", files=contents, version=version))
    assert isinstance(outcome, Outcome)
    assert outcome.state is State.PASSED


def test_a_hint_names_the_line_that_asks_for_what_cannot_be_had() -> None:
    imported = a_program("import os\nimport yaml\n")
    declared = a_program("# /// script\n# dependencies = [\n#   'Typing_Extensions>9',\n# ]\n# ///\n")
    for program, name, line in ((imported, "pyyaml", 2), (declared, "typing-extensions", 3)):
        sandboxes, _ = made(Environments(refusal=f"There is no package {name} in the registry."))
        *_, outcome = sandboxes.run(program)
        assert isinstance(outcome, Outcome)
        assert [hint.text for hint in outcome.hints] == [f"It asks for {name} in line {line} of main.py. {ADVICE}"]


def test_a_hint_names_the_file_that_declares_it_and_not_one_that_imports_it() -> None:
    files = (GistFile("main.py", b"import idna\n"), GistFile("requirements.txt", b"# these\nidna>=99\n"))
    sandboxes, _ = made(Environments(refusal="There is no version of idna that is >=99."))
    *_, outcome = sandboxes.run(Program("python", "main.py", files))
    assert isinstance(outcome, Outcome)
    assert [hint.text for hint in outcome.hints] == [f"It asks for idna in line 2 of requirements.txt. {ADVICE}"]


def test_each_need_has_the_line_that_asks_for_it() -> None:
    environments = Environments()
    sandboxes, _ = made(environments)
    files = (GistFile("main.py", b"import idna, six\n"), GistFile("requirements.txt", b"idna\n\nsix>=1\n"))
    list(sandboxes.run(Program("python", "main.py", files)))
    assert {need.name: need.where for need in environments.asked[0][0]} == {
        "idna": "line 1 of requirements.txt",
        "six": "line 3 of requirements.txt",
    }


def test_a_hint_is_found_for_packages_that_do_not_go_together() -> None:
    sandboxes, _ = made(Environments(refusal="The packages do not go together: django<2 and wagtail>5."))
    *_, outcome = sandboxes.run(a_program("x = 1\n# pip install django<2 wagtail>5\n"))
    assert isinstance(outcome, Outcome)
    assert [hint.text for hint in outcome.hints] == [f"It asks for django in line 2 of main.py. {ADVICE}"]


@pytest.mark.parametrize(
    ("allowed", "source", "asked"),
    [
        (Packages.ON, "import numpy\n", True),
        (Packages.DECLARED, "import numpy\n", False),
        (Packages.DECLARED, "# pip install numpy\nimport numpy\n", True),
        (Packages.OFF, "# pip install numpy\nimport numpy\n", False),
    ],
)
def test_a_deployment_says_which_packages_are_installed(allowed: Packages, source: str, asked: bool) -> None:
    environments = Environments()
    sandboxes, _ = made(environments, allowed)
    list(sandboxes.run(a_program(source)))
    assert bool(environments.asked) == asked


def test_a_language_without_packages_says_so() -> None:
    sandboxes, _ = made(Environments())
    sandboxes = InstallingSandboxes(
        sandboxes._sandboxes, Environments(), lambda _: replace(PYTHON, packages=None), Packages.ON
    )
    *_, outcome = sandboxes.run(a_program("", packages=("x",)))
    assert isinstance(outcome, Outcome)
    assert outcome.message == "gist.toml names packages, but there are none for Python here."


def test_more_packages_than_may_be_asked_for_are_refused() -> None:
    sandboxes, _ = made(Environments())
    *_, outcome = sandboxes.run(a_program("", packages=tuple(f"p{number}" for number in range(201))))
    assert isinstance(outcome, Outcome)
    assert outcome.message == "The gist asks for 201 packages; 200 are the most."


def test_it_is_told_what_is_being_done_until_the_packages_are_there() -> None:
    environments = Environments(Doing("Looking for numpy."), Doing("Installing numpy 2.0."), "Installing numpy 2.0\n")
    sandboxes, _ = made(environments)
    events = list(sandboxes.run(a_program("import numpy\n")))
    assert [event.text for event in events if isinstance(event, Progress)] == [
        "Looking for numpy.",
        "Installing numpy 2.0.",
        "",
    ]


def test_what_is_done_once_on_a_host_does_not_count_as_installing(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 1.0, 60.0, 100.0, 101.0, 102.0, *[103.0] * 10])
    monkeypatch.setattr("gistrun.installing.time.monotonic", lambda: next(clock))
    preparing = Doing("The installer of Python is being prepared on this server, once.", installing=False)
    sandboxes, _ = made(Environments(preparing, preparing, Doing("Looking for numpy."), refusal="There is no numpy."))
    *_, outcome = sandboxes.run(a_program("import numpy\n"))
    assert isinstance(outcome, Outcome)
    assert outcome.install_ms == 2_000


def in_ruby(environments: Environments) -> tuple[InstallingSandboxes, Program]:
    inner = Sandboxes({"main.rb": [taken(), PhaseStarted(Phase.RUN), out("1\n"), passed()]})
    sandboxes = InstallingSandboxes(inner, environments, lambda _: languages.load()["ruby"], Packages.ON)
    return sandboxes, Program("ruby", "main.rb", (GistFile("main.rb", b"require 'rainbow'\n"),))


def test_other_packages_serve_where_a_registry_does_not_answer() -> None:
    environments = Environments(silent="ruby")
    sandboxes, program = in_ruby(environments)
    events = list(sandboxes.run(program))
    said = "".join(event.data for event in events if isinstance(event, Output) and event.phase is Phase.INSTALL)
    assert said == "A registry of packages does not answer: it is away. What debian has is taken instead.\n"
    assert [(needs[0].text, lock) for needs, lock in environments.asked] == [("rainbow", None), ("ruby-rainbow", None)]
    assert Installed(LOCK) in events
    # It is not asked again at once.
    list(sandboxes.run(program))
    assert environments.ecosystems == ["ruby", "debian", "debian"]


def test_a_registry_that_does_not_answer_is_told_where_nothing_else_serves() -> None:
    sandboxes, program = in_ruby(Environments(silent="ruby"))
    gemfile = GistFile("Gemfile", b"gem 'not-in-debian'\n")
    with pytest.raises(RegistryUnavailable):
        list(sandboxes.run(replace(program, files=(*program.files, gemfile))))


def test_a_revision_keeps_the_packages_that_served_instead() -> None:
    environments = Environments()
    sandboxes, program = in_ruby(environments)
    list(sandboxes.run(replace(program, lock=Lock("debian: ruby-rainbow", b""))))
    list(sandboxes.run(replace(program, lock=Lock("ruby: rainbow", b""))))
    assert environments.ecosystems == ["debian", "ruby"]
