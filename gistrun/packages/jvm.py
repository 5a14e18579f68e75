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
from itertools import islice
from pathlib import Path
from xml.sax.saxutils import quoteattr

from gistrun.errors import PackagesRefused
from gistrun.model import Package, Program
from gistrun.packages.sources import Source, sources
from gistrun.packages.wanted import MOST, Need, Wanted

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
_IMPORT = re.compile(r"(?:^|[{;])[ \t]{0,40}import[ \t]{1,8}(?:static[ \t]{1,8})?([a-z][^\n;]{1,400})", re.MULTILINE)
_PACKAGE = re.compile(r"^[ \t]{0,8}package[ \t]{1,8}([a-z][\w.]{0,200})", re.MULTILINE)
#: Libraries for Scala carry the version of the language in their names.
_SCALA = "_3"
#: A version that is left out, and what `ivysettings.xml` calls the newest that is no alpha.
_NEWEST, _IVYS_NEWEST = "latest.release", "newest()"


class Jvm:
    """See `wanted.Ecosystem`."""

    hosts = frozenset({"repo1.maven.org"})
    lock_name = "jars.lock"

    def wanted(self, program: Program, declared_only: bool) -> tuple[Need, ...]:
        files = sources(program)
        for source in files:
            if found := _ELSEWHERE.search(source.text):
                raise PackagesRefused(
                    f"{source.name} names a repository of its own ({found[0].strip()[:80]}). "
                    "Packages come from Maven Central."
                )
        needs = [_need(coordinates, "gist.toml") for coordinates in program.packages]
        # One more than may be asked for is enough to be refused.
        declared = list(islice((need for source in files for need in _declared(source)), MOST + 1))
        if declared or declared_only:
            return (*needs, *declared)
        return (*needs, *_imported(files))

    def request(self, wanted: Wanted) -> Mapping[str, bytes]:
        lines = []
        for need in wanted.needs:
            group, artifact, version = need.text.split(":")
            version = _IVYS_NEWEST if version == _NEWEST else version
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
        found = (
            f"{group}:{artifact}" if version == _IVYS_NEWEST else f"{group}:{artifact}:{version}"
            for group, artifact, version in missing
        )
        return f"Maven Central has no {', '.join(dict.fromkeys(found))[:300]}."


def _declared(source: Source) -> Iterator[Need]:
    """What a file declares, in all the ways that there are."""
    for found in _JBANG.finditer(source.text):
        for word in filter(None, re.split(r"[\s,;]+", found[1].strip())):
            yield _need(word, "//DEPS", source.place(found))
    for found in _USING.finditer(source.text):
        for word in filter(None, re.split(r"[\s,]+", found[1].strip())):
            yield _need(word.strip("\"'`"), "using dep", source.place(found))
    for found in _GRAB.finditer(source.code):
        yield _need(found[1], "@Grab", source.place(found))
    for found in _GRAB_NAMED.finditer(source.code):
        values = dict(re.findall(r"\b(group|module|version)\s{0,4}=\s{0,4}['\"]([^'\"]{1,100})['\"]", found[1]))
        if {"group", "module"} <= values.keys():
            parts = (values[key] for key in ("group", "module", "version") if key in values)
            yield _need(":".join(parts), "@Grab", source.place(found))
    for found in _DEPENDS_ON.finditer(source.code):
        for coordinates in re.findall(r"\"([^\"]{1,300})\"", found[1]):
            yield _need(coordinates, "@file:DependsOn", source.place(found))


def _need(coordinates: str, source: str, where: str = "") -> Need:
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
    return Need(f"{group}:{artifact}", f"{group}:{artifact}:{version}", source, where)


def _imported(files: list[Source]) -> Iterator[Need]:
    """The packages that the files import of those that everybody knows, each with the first line that does."""
    own = {name for source in files for name in _PACKAGE.findall(source.bare)}
    needs: dict[str, Need] = {}
    for source in files:
        for found in _IMPORT.finditer(source.bare):
            # Scala imports several at once: `a.b.{C, D}, e.f`.
            for name in re.findall(r"(?:^|,)\s{0,20}([a-z][\w.]{1,200})", re.sub(r"\{[^{}]*\}?", "", found[1])):
                parts = [part for part in name.split(".") if part]
                if not own.isdisjoint((".".join(parts), ".".join(parts[:-1]))):
                    continue
                coordinates = _coordinates(parts, source.language)
                if coordinates and coordinates not in needs:
                    needs[coordinates] = _need(coordinates, "import", source.place(found))
    return iter(needs.values())


def _coordinates(parts: list[str], language: str) -> str | None:
    """The package that has that import; what is made for Scala counts in Scala alone."""
    for length in range(len(parts), 0, -1):
        coordinates = _popular().get(".".join(parts[:length]))
        if coordinates:
            return coordinates if language == "scala" or "::" not in coordinates else None
    return None


@cache
def _popular() -> dict[str, str]:
    path = Path(__file__).parent / "data" / "jvm.tsv"
    return dict(line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
