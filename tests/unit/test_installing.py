"""Programs run with the packages that they need, or say why they cannot have them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from gistrun import languages
from gistrun.errors import PackagesRefused, RegistryUnavailable
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
    SandboxTaken,
    State,
)
from gistrun.packages.environments import Ready
from gistrun.packages.installer import Said
from gistrun.packages.wanted import Need
from tests.fakes import ScriptedSandboxes, out, passed, taken

PYTHON = languages.load()["python"]
LOCK = Lock("wanted", b"lock", (Package("numpy", "2.0", "import"),))


class Environments:
    """Remembers what was asked for."""

    def __init__(self, *says: str, refusal: str | None = None, silent: str | None = None) -> None:
        self.asked: list[tuple[tuple[Need, ...], Lock | None]] = []
        #: The ecosystems that were asked, and the one whose registry does not answer.
        self.ecosystems: list[str | None] = []
        self._silent = silent
        self._says = says
        self._refusal = refusal

    def base(self, language: Language) -> Image:
        return Image(language.image, "sha256:base", "Python 3.14")

    def ensure(self, language: Language, needs: tuple[Need, ...], lock: Lock | None) -> Iterator[Said | Ready]:
        self.asked.append((needs, lock))
        self.ecosystems.append(language.packages)
        for number, text in enumerate(self._says):
            yield Said(float(number), text)
        if self._refusal:
            raise PackagesRefused(self._refusal)
        if language.packages == self._silent:
            raise RegistryUnavailable("A registry of packages does not answer: it is away.")
        yield Ready(f"{language.image}+abc", LOCK)

    def is_of(self, language: Language, needs: tuple[Need, ...], lock: Lock | None) -> bool:
        return lock is not None and lock.wanted == f"{language.packages}: {needs[0].text}"

    def was_used(self, image: str) -> None:
        self.used = image

    def stop(self) -> None:
        pass

    def close(self, patience_s: float) -> None:
        pass


class Sandboxes(ScriptedSandboxes):
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
    assert events[3:] == [Installed(LOCK), PhaseStarted(Phase.RUN), out("1\n")]
    assert isinstance(outcome, Outcome)
    assert outcome.install_ms is not None
    assert inner.programs[0].environment == environments.used == "python+abc"


def test_nothing_is_told_of_an_environment_that_is_there() -> None:
    sandboxes, _ = made(Environments())
    events = list(sandboxes.run(a_program("import numpy\n")))
    assert PhaseStarted(Phase.INSTALL) not in events


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
        ("missing-package", "It asks for numpy in line 1 of main.py.")
    ]


def test_a_hint_names_the_line_that_asks_for_what_cannot_be_had() -> None:
    imported = a_program("import os\nimport yaml\n")
    declared = a_program("# /// script\n# dependencies = [\n#   'Typing_Extensions>9',\n# ]\n# ///\n")
    for program, name, line in ((imported, "pyyaml", 2), (declared, "typing-extensions", 3)):
        sandboxes, _ = made(Environments(refusal=f"There is no package {name} in the registry."))
        *_, outcome = sandboxes.run(program)
        assert isinstance(outcome, Outcome)
        assert [hint.text for hint in outcome.hints] == [f"It asks for {name} in line {line} of main.py."]


def test_a_hint_is_found_for_packages_that_do_not_go_together() -> None:
    sandboxes, _ = made(Environments(refusal="The packages do not go together: django<2 and wagtail>5."))
    *_, outcome = sandboxes.run(a_program("x = 1\n# pip install django<2 wagtail>5\n"))
    assert isinstance(outcome, Outcome)
    assert [hint.text for hint in outcome.hints] == ["It asks for django in line 2 of main.py."]


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
