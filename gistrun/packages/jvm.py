"""Packages of Maven Central, for the languages of the Java virtual machine.

What is declared: `//DEPS group:artifact:version` (https://www.jbang.dev/documentation/guide/latest/dependencies.html),
`//> using dep` (https://scala-cli.virtuslab.org/docs/reference/directives), `@Grab`
(http://docs.groovy-lang.org/latest/html/documentation/grape.html), `@file:DependsOn` of Kotlin's scripts; a version
that is left out is the newest release. Else what is imported from a few packages that everybody knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from xml.sax.saxutils import quoteattr

from gistrun.errors import PackagesRefused
from gistrun.model import GistFile, Package, Program
from gistrun.packages.wanted import LOOKED_AT, Need, Wanted

_SOURCES = (".java", ".kt", ".kts", ".scala", ".sc", ".groovy", ".gvy", ".gsh")
_NAME, _VERSION = r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,99}", r"[A-Za-z0-9_][A-Za-z0-9_.+\-]{0,59}"
_COORDINATES = re.compile(rf"({_NAME})(:{{1,2}})({_NAME})(?::({_VERSION}))?(?:@pom)?")
_JBANG = re.compile(r"^//[ \t]{0,4}DEPS[ \t]{1,8}(\S.{0,2000})$", re.MULTILINE)
_USING = re.compile(r"^//>[ \t]{0,4}using[ \t]{1,8}(?:deps?|libs?|dependencies)[ \t]{1,8}(\S.{0,2000})$", re.MULTILINE)
_GRAB = re.compile(r"@Grab\(\s{0,20}(?:value\s{0,8}=\s{0,8})?['\"]([^'\"\n]{1,300})['\"]")
_GRAB_NAMED = re.compile(r"@Grab\(([^)\n]{1,300})\)")
_DEPENDS_ON = re.compile(r"^@file:DependsOn\(([^)\n]{1,1000})\)", re.MULTILINE)
_ELSEWHERE = re.compile(
    r"^(?://[ \t]{0,4}REPOS\b|//>[ \t]{0,4}using[ \t]{1,8}repositor(?:y|ies)\b|@file:Repository\(|@GrabResolver\()"
    r"(.{0,200})",
    re.MULTILINE,
)
_IMPORT = re.compile(r"^[ \t]{0,20}import[ \t]{1,8}(?:static[ \t]{1,8})?([a-z][\w.]{1,200})", re.MULTILINE)
#: Libraries for Scala carry the version of the language in their names.
_SCALA = "_3"
_NEWEST = "latest.release"


class Jvm:
    """See `wanted.Ecosystem`."""

    hosts = frozenset({"repo1.maven.org"})
    lock_name = "jars.lock"

    def wanted(self, program: Program, declared_only: bool) -> tuple[Need, ...]:
        texts = [(file, _text(file)) for file in _sources(program)]
        for file, text in texts:
            if found := _ELSEWHERE.search(text):
                raise PackagesRefused(
                    f"{file.name} names a repository of its own ({found[0].strip()[:80]}). "
                    "Packages come from Maven Central."
                )
        needs = [_need(coordinates, "gist.toml") for coordinates in program.packages]
        declared = [_need(coordinates, source) for _, text in texts for coordinates, source in _declared(text)]
        if declared or declared_only:
            return (*needs, *declared)
        return (*needs, *_imported(text for _, text in texts))

    def request(self, wanted: Wanted) -> Mapping[str, bytes]:
        lines = []
        for need in wanted.needs:
            group, artifact, version = need.text.split(":")
            names = f"org={quoteattr(group)} name={quoteattr(artifact)} rev={quoteattr(version)}"
            lines.append(f'<dependency {names} conf="default->default"/>')
        return {
            "ivy.xml": (
                '<ivy-module version="2.0"><info organisation="gist" module="gist"/>'
                f'<configurations><conf name="default"/></configurations><dependencies>{"".join(lines)}</dependencies>'
                "</ivy-module>"
            ).encode()
        }

    def packages(self, lock: bytes, wanted: Wanted) -> tuple[Package, ...]:
        found = {}
        for line in lock.decode("utf-8").splitlines():
            _, group, artifact, version, _ = line.split(" ")
            name = f"{group}:{artifact}"
            found[name] = Package(name, version, wanted.source(name))
        return tuple(found.values())

    def reason(self, said: str) -> str | None:
        missing = re.findall(r"UNRESOLVED DEPENDENCY: ([^#\s]{1,100})#([^;\s]{1,100});(\S{1,60})", said) or re.findall(
            r"([^#\s:]{1,100})#([^;\s]{1,100});(\S{1,60}?): not found", said
        )
        if not missing:
            return None
        listed = ", ".join(dict.fromkeys(f"{group}:{artifact}:{version}" for group, artifact, version in missing))
        return f"Maven Central has no {listed[:300]}."


def _sources(program: Program) -> list[GistFile]:
    return [file for file in program.files if file.name == program.file or file.name.lower().endswith(_SOURCES)]


def _declared(text: str) -> Iterator[tuple[str, str]]:
    """Coordinates, each with the way in which they are declared."""
    for line in _JBANG.findall(text):
        yield from ((word, "//DEPS") for word in re.split(r"[\s,;]+", line.strip()) if word)
    for line in _USING.findall(text):
        yield from ((word.strip("\"'`"), "using dep") for word in re.split(r"[\s,]+", line.strip()) if word)
    for coordinates in _GRAB.findall(text):
        yield coordinates, "@Grab"
    for inner in _GRAB_NAMED.findall(text):
        values = dict(re.findall(r"\b(group|module|version)\s{0,4}=\s{0,4}['\"]([^'\"]{1,100})['\"]", inner))
        if {"group", "module"} <= values.keys():
            yield (
                ":".join([values["group"], values["module"], *([values["version"]] if "version" in values else [])]),
                "@Grab",
            )
    for inner in _DEPENDS_ON.findall(text):
        yield from ((coordinates, "@file:DependsOn") for coordinates in re.findall(r"\"([^\"]{1,300})\"", inner))


def _need(coordinates: str, source: str) -> Need:
    found = _COORDINATES.fullmatch(coordinates)
    if not found:
        raise PackagesRefused(
            f"{source} asks for “{coordinates[:80]}”, which is not of the form group:artifact:version, such as "
            "com.google.code.gson:gson:2.13.2. Addresses and files are not followed."
        )
    group, colons, artifact, version = found.groups()
    if colons == "::":
        artifact += _SCALA
    if version in (None, "RELEASE", "LATEST", "latest.release", "latest.integration", "latest.stable"):
        version = _NEWEST
    return Need(f"{group}:{artifact}", f"{group}:{artifact}:{version}", source)


def _imported(texts: Iterator[str]) -> Iterator[Need]:
    found: dict[str, None] = {}
    for text in texts:
        for name in _IMPORT.findall(text):
            parts = name.split(".")
            for length in range(len(parts), 1, -1):
                if coordinates := _popular().get(".".join(parts[:length])):
                    found.setdefault(coordinates)
                    break
    return (_need(coordinates, "import") for coordinates in found)


@cache
def _popular() -> dict[str, str]:
    path = Path(__file__).parent / "data" / "jvm.tsv"
    return dict(line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))


def _text(file: GistFile) -> str:
    return file.content[:LOOKED_AT].decode("utf-8", "replace").replace("\r\n", "\n")
