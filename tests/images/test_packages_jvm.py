"""Packages of Maven Central in programs of the Java virtual machine, from the real registry."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from gistrun.model import Phase, State
from tests.images.conftest import Packaged

pytestmark = pytest.mark.timeout(900)  # the first of a language may have to build its images

GSON = "com.google.code.gson:gson"
JAVA = (
    "import com.google.gson.Gson;\n"
    "public class Main {\n"
    "    public static void main(String[] a) { System.out.println(new Gson().toJson(new int[]{1, 2})); }\n"
    "}\n"
)
KOTLIN = "import com.google.gson.Gson\nfun main() { println(Gson().toJson(listOf(1, 2))) }\n"
SCRIPT = "import com.google.gson.Gson\nprintln(Gson().toJson(listOf(1, 2)))\n"
COROUTINES = (
    'import kotlinx.coroutines.*\nfun main() = runBlocking { println(listOf(1, 2).toString().replace(" ", "")) }\n'
)
YAML = "import groovy.yaml.YamlSlurper\nprintln groovy.json.JsonOutput.toJson(new YamlSlurper().parseText('[1, 2]'))\n"
SCALA = "@main def main() = println(upickle.default.write(List(1, 2)))\n"
GROOVY = "import com.google.gson.Gson\nprintln new Gson().toJson([1, 2])\n"


@pytest.mark.parametrize(
    ("name", "source", "package", "why"),
    [
        ("Main.java", f"//DEPS {GSON}:2.11.0\n{JAVA}", GSON, "//DEPS"),
        ("Main.java", JAVA, GSON, "import"),
        ("main.kt", f"//DEPS {GSON}:2.11.0\n{KOTLIN}", GSON, "//DEPS"),
        ("main.kts", f'@file:DependsOn("{GSON}:2.11.0")\n{SCRIPT}', GSON, "@file:DependsOn"),
        ("main.scala", f"//> using dep com.lihaoyi::upickle:4.1.0\n{SCALA}", "com.lihaoyi:upickle_3", "using dep"),
        ("main.kt", COROUTINES, "org.jetbrains.kotlinx:kotlinx-coroutines-core-jvm", "import"),
        ("main.groovy", YAML, "org.apache.groovy:groovy-yaml", "import"),
        ("main.groovy", f"@Grab('{GSON}:2.11.0')\n{GROOVY}", GSON, "@Grab"),
    ],
    ids=["java", "java-import", "kotlin", "kotlin-script", "scala", "kotlin-import", "groovy-import", "groovy"],
)
def test_a_package_is_there(packaged: Packaged, name: str, source: str, package: str, why: str) -> None:
    ran = packaged.run({name: source})
    assert (ran.outcome.state, ran.stdout) == (State.PASSED, "[1,2]\n"), ran
    assert ran.packages[package] == why
    again = packaged.run({name: source + "\n"}, lock=ran.lock)
    assert (again.outcome.state, again.installing, again.lock) == (State.PASSED, "", ran.lock)


def test_the_newest_release_is_no_alpha(packaged: Packaged) -> None:
    for package, source in (
        ("org.slf4j:slf4j-api", "org.slf4j.Logger a = org.slf4j.LoggerFactory.getLogger(`x`)"),
        ("commons-io:commons-io", "String a = org.apache.commons.io.FilenameUtils.getName(`x`)"),
    ):
        body = source.replace("`", '"')
        ran = packaged.run(
            {"Main.java": f"//DEPS {package}\nclass Main {{ static void main(String[] b) {{ {body}; }} }}\n"}
        )
        assert ran.lock, ran
        (version,) = (each.version for each in ran.lock.packages if each.name == package)
        assert re.fullmatch(r"\d{1,3}(\.\d+)+", version)


def test_a_package_that_there_is_not_is_named(packaged: Packaged) -> None:
    ran = packaged.run({"Main.java": f"//DEPS com.no-such.thing:nothing:1.0\n{JAVA}"})
    assert (ran.outcome.state, ran.outcome.phase) == (State.FAILED, Phase.INSTALL)
    assert ran.outcome.message == "Maven Central has no com.no-such.thing:nothing:1.0."
    assert [hint.text for hint in ran.outcome.hints] == [
        "It asks for com.no-such.thing:nothing in line 1 of Main.java. Correct it there, or take it out."
    ]


def test_a_jar_that_is_not_the_locks_is_refused(packaged: Packaged) -> None:
    ran = packaged.run({"Main.java": f"//DEPS {GSON}:2.10.1\n{JAVA}"})
    assert ran.lock
    forged = replace(ran.lock, text=ran.lock.text.replace(ran.lock.text[:8], b"00000000"))
    assert packaged.run({"Main.java": f"//DEPS {GSON}:2.10.1\n{JAVA}"}, lock=forged).outcome.phase is Phase.INSTALL
