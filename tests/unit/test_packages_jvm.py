"""What programs of the Java virtual machine ask for."""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path

import pytest

from gistrun.errors import PackagesRefused
from gistrun.model import GistFile, Package, Program
from gistrun.packages.jvm import Jvm
from gistrun.packages.wanted import LOOKED_AT, Need, Wanted

JVM = Jvm()


def wanted(source: str, name: str = "Main.java", *, declared_only: bool = False) -> list[tuple[str, str]]:
    program = Program("java", name, (GistFile(name, source.encode()),))
    return [(need.text, need.source) for need in JVM.wanted(program, declared_only)]


@pytest.mark.parametrize(
    ("line", "needs"),
    [
        ("//DEPS com.a:b:1.0", [("com.a:b:1.0", "//DEPS")]),
        ("//DEPS com.a:b:1.0 com.a:c:2", [("com.a:b:1.0", "//DEPS"), ("com.a:c:2", "//DEPS")]),
        ("//DEPS com.a:b", [("com.a:b:latest.release", "//DEPS")]),
        ("//DEPS com.a:b:RELEASE", [("com.a:b:latest.release", "//DEPS")]),
        ("//> using dep com.a::b:1.0", [("com.a:b_3:1.0", "using dep")]),
        ('//> using lib "com.a:b:1.0"', [("com.a:b:1.0", "using dep")]),
        ("@Grab('com.a:b:1.0')", [("com.a:b:1.0", "@Grab")]),
        ("@Grab(group='com.a', module='b', version='1.0')", [("com.a:b:1.0", "@Grab")]),
        (
            '@file:DependsOn("com.a:b:1.0", "com.a:c:1")',
            [("com.a:b:1.0", "@file:DependsOn"), ("com.a:c:1", "@file:DependsOn")],
        ),
        ("import com.google.gson.Gson;", [("com.google.code.gson:gson:latest.release", "import")]),
        ("import static org.jsoup.Jsoup.parse;", [("org.jsoup:jsoup:latest.release", "import")]),
        ("import java.util.List;\nimport com.example.Mine;", []),
        ("import okhttp3.OkHttpClient;", [("com.squareup.okhttp3:okhttp-jvm:latest.release", "import")]),
        ("import zio.ZIO;", []),  # of Scala alone
        ("/* import com.google.gson.Gson;\nimport org.jsoup.Jsoup;\n*/", []),
        ("// import com.google.gson.Gson;\n/**\n import org.jsoup.Jsoup;\n */", []),
        ('String a = """\nimport com.google.gson.Gson;\n""";', []),
        ("package com.google.gson;\nimport com.google.gson.Gson;", []),
        ("/*\n@Grab('com.a:b:1.0')\n*/", []),
        ("// DEPSx com.a:b:1.0", []),
    ],
)
def test_what_is_asked_for(line: str, needs: list[tuple[str, str]]) -> None:
    assert wanted(line) == needs


@pytest.mark.parametrize(
    ("name", "source", "needs"),
    [
        ("a.kt", "import kotlinx.coroutines.*\n/* /* */ import okio.Buffer */\nfun main() {}", {"org.jetbrains.kotlinx:kotlinx-coroutines-core-jvm"}),
        ("a.kt", 'val a = """\nimport okio.Buffer\n"""', set()),
        ("a.scala", "import cats.effect.{IO, IOApp}, zio.*\nobject A { import fs2.Stream }",
         {"org.typelevel:cats-effect_3", "dev.zio:zio_3", "co.fs2:fs2-core_3"}),
        ("a.scala", "import mine.{zio, fs2}\n/*\nimport cats.data.State */", set()),
        ("a.groovy", "import groovy.yaml.YamlSlurper\n/*\nimport okio.Buffer\n*/\ndef s = \'\'\'\nimport okio.Buffer\n\'\'\'",
         {"org.apache.groovy:groovy-yaml"}),
    ],
)  # fmt: skip
def test_imports_are_parsed_in_each_language(name: str, source: str, needs: set[str]) -> None:
    program = Program("java", name, (GistFile(name, source.encode()),))
    assert {need.name for need in JVM.wanted(program, False)} == needs


@pytest.mark.parametrize(
    ("source", "where"),
    [
        ("\n\nimport com.google.gson.Gson;", "line 3 of Main.java"),
        ("\n//DEPS com.a:b:1.0", "line 2 of Main.java"),
        ("@Grab('com.a:b:1')", "line 1 of Main.java"),
        ("\n@Grab(group='com.a', module='b')", "line 2 of Main.java"),
    ],
)
def test_the_line_that_asks_for_a_package_is_known(source: str, where: str) -> None:
    (need,) = JVM.wanted(Program("java", "Main.java", (GistFile("Main.java", source.encode()),)), False)
    assert need.where == where


def test_groovys_own_packages_have_the_version_of_the_image() -> None:
    root = Path(__file__).parents[2]
    (version,) = re.findall(r"/groovy-([\d.]+)\.jar", (root / "images/groovy/jars.sha256").read_text())
    table = (root / "gistrun/packages/data/jvm.tsv").read_text()
    assert set(re.findall(r"org\.apache\.groovy:[\w-]+:(\S+)", table)) == {version}


@pytest.mark.parametrize(
    "piece", ["//DEPS a:b\n", "import okio.B\n", "/* import a.b;", '"""', "@Grab('a:b')", "import {", "\0\xff"]
)
@pytest.mark.parametrize("name", ["a.java", "a.kt", "a.scala", "a.groovy"])
def test_hostile_files_take_little_time(name: str, piece: str) -> None:
    content = (piece * (LOOKED_AT // 8 // len(piece))).encode()
    began = time.process_time()
    with contextlib.suppress(PackagesRefused):
        JVM.wanted(Program("java", name, (GistFile(name, content),)), False)
    assert time.process_time() - began < 4


def test_imports_count_only_where_nothing_is_declared() -> None:
    both = "//DEPS com.a:b:1\nimport com.google.gson.Gson;"
    assert wanted(both) == [("com.a:b:1", "//DEPS")]
    assert wanted("import com.google.gson.Gson;", declared_only=True) == []


@pytest.mark.parametrize(
    "line",
    [
        "//DEPS https://example.com/a.jar",
        "//DEPS com.a:b:1.0@jar",
        "//DEPS ../../etc/passwd",
        '//DEPS com.a:b:1"/><x',
        "//DEPS com.a:b:[1,2)",
        "//DEPS com.a",
        "//DEPS -Dx=y:b:1",
        "@Grab('file:///x.jar')",
        "//> using dep ${com.a}:b:1",
        "//REPOS evil=https://example.com\n//DEPS com.a:b:1",
        "//> using repository https://example.com",
        '@file:Repository("https://example.com")',
        "@GrabResolver(name='x', root='https://example.com')",
    ],
)
def test_what_is_no_package_of_maven_central_is_refused(line: str) -> None:
    with pytest.raises(PackagesRefused, match=r"is not of the form group:artifact:version|a repository of its own"):
        wanted(line)


def test_hostile_text_is_read_quickly() -> None:
    for line in (
        "//DEPS " + "a" * 200_000,
        "@Grab(" * 50_000,
        "import " + "a." * 100_000,
        "//> using dep " + " " * 200_000,
    ):
        try:
            wanted(line)
        except PackagesRefused:
            continue


def test_the_request_is_well_formed_and_the_lock_comes_back() -> None:
    asked = Wanted((Need("com.a:b", "com.a:b:1.0", "//DEPS"),))
    request = JVM.request(asked)["ivy.xml"].decode()
    assert '<dependency org="com.a" name="b" rev="1.0" conf="default->default"/>' in request
    newest = JVM.request(Wanted((Need("com.a:b", "com.a:b:latest.release", "import"),)))["ivy.xml"].decode()
    assert 'name="b" rev="newest()"' in newest
    lock = b"ab com.a b 1.0 com/a/b/1.0/b-1.0.jar\ncd org.c d 2 org/c/d/2/d-2.jar\n"
    assert JVM.packages(lock, asked) == (Package("com.a:b", "1.0", "//DEPS"), Package("org.c:d", "2", "dependency"))


def test_the_reason_names_what_there_is_not() -> None:
    assert JVM.reason("\t\t:: com.no#thing;newest(): not found\n") == "Maven Central has no com.no:thing."
    assert JVM.reason("\t\t:: com.no#thing;1.0: not found\n") == "Maven Central has no com.no:thing:1.0."
    assert JVM.reason("something else") is None
