"""One language: how its files are recognised, and the commands that compile and run them. Pure."""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from gistrun.languages.conditions import Conditions
from gistrun.languages.content import beginnings, text
from gistrun.languages.said import Declaration, Requirement
from gistrun.languages.shebang import Shebang, readings
from gistrun.languages.symptom import Symptom
from gistrun.languages.testing import Runner, runner_of
from gistrun.model import GistFile, Limits, Program


@dataclass(frozen=True, slots=True)
class Language:
    """One language, or one version of it, as its `language.toml` describes it.

    In `compile` and `run`, the argument `{file}` stands for the entry file's name, `{stem}` for its name without
    extension, `{sources}` for one argument for every source file of the program, `{options}` for the options that
    its shebang gives the interpreter, `{interpreter}` for the interpreter that it names (empty if none), and
    `{build}` for the folder that compilers write to. In those and in `environment`, `{memory}` stands for the
    program's limit of memory in MiB, for runtimes that look at the machine's memory.
    """

    #: The folder's name, as in URLs and labels.
    name: str
    #: The name as people write it.
    title: str
    #: The toolchain's name without its version, such as "GCC".
    toolchain: str
    #: The command that prints the toolchain's version.
    version_command: tuple[str, ...]
    #: A pattern for what it prints; the first group is the version.
    version_pattern: str
    run: tuple[str, ...]
    compile: tuple[str, ...] = ()
    #: The command that pre-starts an interpreter in a waiting sandbox. It then becomes what `run` would have started.
    ahead: tuple[str, ...] = ()
    #: With the dot, in lower case.
    extensions: tuple[str, ...] = ()
    #: Whole file names, such as Makefile.
    names: tuple[str, ...] = ()
    #: Base names of interpreters in a shebang, without a version number.
    interpreters: tuple[str, ...] = ()
    #: The same for programs that start an interpreter themselves, such as `uv`. Their options are not passed on.
    launchers: tuple[str, ...] = ()
    #: A pattern for the options of a shebang that are passed on, each alone or with its value behind a space; all of
    #: them without one.
    options: str | None = None
    #: Options after which the file comes, such as `-f`. As the last of a shebang's, they take the place of our own.
    file_options: tuple[str, ...] = ()
    #: False where the toolchain does not know a shebang; it then gets the file with an empty line in its place.
    reads_shebang: bool = True
    #: True where the toolchain wants a file to have an extension; a file without one gets the first of `extensions`.
    needs_extension: bool = False
    #: True where the toolchain takes plain file names only; an entry file with another gets one.
    plain_names: bool = False
    #: GitHub's names of the language.
    github: tuple[str, ...] = ()
    #: A file of this language has this pattern in it, where languages share an extension and GitHub does not say more.
    content: str | None = None
    #: A file that matches this pattern is a program of its own, and so not a source file of another program.
    entry_pattern: str | None = None
    #: A pattern for comments, strings and the like, in which `entry_pattern` is not looked for.
    comments: str | None = None
    #: Which files, and which parts of them, a compiler leaves out.
    conditions: Conditions = field(default_factory=Conditions)
    #: A pattern whose one group is the name of a module or file that a file imports, or several with commas between.
    imports: str | None = None
    #: Where a gist says which file is to be run.
    declares: tuple[Declaration, ...] = ()
    #: Patterns for the names of files that serve others, and so run only where nothing else does.
    last: tuple[str, ...] = ()
    #: Where a gist says which version it needs.
    requires: tuple[Requirement, ...] = ()
    #: Further environment variables of the program.
    environment: tuple[tuple[str, str], ...] = ()
    #: Limits lower than the deployment's, by the names of `Limits`; higher ones have no effect.
    limits: tuple[tuple[str, float], ...] = ()
    #: What the compile phase needs beyond the limits of the run phase, by the names of `Limits`.
    compile_needs: tuple[tuple[str, float], ...] = ()
    #: The Debian below its image: a suite's name.
    debian: str = "forky"
    #: The language on whose image this one's is built; None for Debian with the supervisor.
    base: str | None = None
    #: The Dockerfile in its folder, and the build arguments that it gets.
    dockerfile: str = "Dockerfile"
    build: tuple[tuple[str, str], ...] = ()
    #: The ecosystem of its packages, a folder of `images/_packages`; None where none can be had.
    packages: str | None = None
    #: The ecosystem that serves where the registry of the first does not answer.
    packages_instead: str | None = None
    #: Common languages have an order: their images are made first, the lowest number first. All others are made when
    #: the first gist needs them.
    order: int | None = None
    #: True for a shell that can run the script by which `gistrun doctor` checks the policy from inside a sandbox.
    probe: bool = False
    #: Its interpreter reads standard input by itself, so a read of it says nothing about the program.
    reads_input: bool = False
    #: The name of this version, such as "3.14"; None if the language has one version only.
    version: str | None = None
    #: The names of all versions of the language, the default first.
    numbers: tuple[str, ...] = ()
    #: The name of the image that it runs on: the language's, or "language@version" for an image of its own.
    image: str = ""
    #: How its tests are run, for gists that are tests.
    tests: tuple[Runner, ...] = ()
    #: Signs by which its failures are explained.
    hints: tuple[Symptom, ...] = ()
    #: Its picture on badges, an SVG document; None where it has none.
    logo: str | None = None
    #: The other versions of the language. A version has none itself.
    others: tuple[Language, ...] = ()

    def __post_init__(self) -> None:
        if not self.image:
            object.__setattr__(self, "image", self.name)

    @property
    def versions(self) -> tuple[Language, ...]:
        """Every version, the default first."""
        return (self, *self.others)

    def at(self, version: str | None) -> Language | None:
        """That version of the language, the default for None; None if it has no such version."""
        if version is None:
            return self
        return next((each for each in self.versions if each.version == version), None)

    def effective(self, limits: Limits) -> Limits:
        """The limits of a program in this language, given those of the deployment."""
        lowered = replace(limits, **{name: min(value, getattr(limits, name)) for name, value in self.limits})
        needs = dict(self.compile_needs)
        return replace(
            lowered,
            compile_memory_bytes=max(
                lowered.memory_bytes, min(int(needs.get("compile_memory_bytes", 0)), limits.compile_memory_bytes)
            ),
            compile_pids=max(lowered.pids, min(int(needs.get("compile_pids", 0)), limits.compile_pids)),
        )

    def runner(self, program: Program) -> Runner | None:
        """How the program's tests are run; None if it is no tests."""
        return next((runner for runner in self.tests if runner.name == program.tests), None)

    @property
    def named_by(self) -> set[str]:
        """What a shebang may name for any version of the language, or for its tests."""
        tests = {name for runner in self.tests for name in runner.interpreters}
        return tests | {name for version in self.versions for name in (*version.interpreters, *version.launchers)}

    def shebang(self, file: GistFile, variables: Mapping[str, str] | None = None) -> Shebang | None:
        """What the file's first lines say, if they name an interpreter of this language. Args as for `readings`."""
        return next((said for said in readings(file, variables) if said.is_one_of(self.named_by)), None)

    def begins(self, file: GistFile) -> bool:
        """Whether a program of this language begins in that file, as far as its `entry_pattern` tells."""
        if self.entry_pattern is None:
            return False
        content = text(file)
        if self.comments:
            content = re.sub(self.comments, " ", content, flags=re.MULTILINE)
        content = self.conditions.kept(content)
        return bool(re.search(self.entry_pattern, content, re.MULTILINE))

    def is_tests(self, file: GistFile) -> bool:
        """Whether the file holds tests for any version of the language, and is no program beside."""
        runners = {runner for version in self.versions for runner in version.tests if not runner.program}
        return any(runner.takes(file) for runner in runners)

    def sources(self, program: Program) -> list[str]:
        """The entry file, then every other file of the language that is neither a program of its own nor tests."""
        own = [file for file in beginnings(program.files) if os.path.splitext(file.name)[1].lower() in self.extensions]
        others = [
            file.name
            for file in own
            if file.name != program.file and not self.begins(file) and not runner_of(file, self.tests)
        ]
        return [program.file, *others]


def first(languages: Mapping[str, Language]) -> list[str]:
    """The names of the common languages, the lowest `order` first."""
    common = [language for language in languages.values() if language.order is not None]
    return [language.name for language in sorted(common, key=lambda language: (language.order, language.name))]


def by_image(languages: Mapping[str, Language]) -> dict[str, Language]:
    """The language or version that each image is made for, by the image's name."""
    images: dict[str, Language] = {}
    for version in _all_versions(languages):
        images.setdefault(version.image, version)
    return images


def _all_versions(languages: Mapping[str, Language]) -> Iterator[Language]:
    for language in languages.values():
        yield from language.versions


def probe(languages: Mapping[str, Language]) -> Language | None:
    """The shell that can check the policy from inside a sandbox, or None if it is not among the languages."""
    return next((language for language in languages.values() if language.probe), None)
