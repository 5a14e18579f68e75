"""What a `language.toml` may say. What a careless author writes is told with its key, its value and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from gistrun import languages
from gistrun.errors import SetupError
from gistrun.explaining import SENTENCES
from gistrun.languages.keys import HINT_NAMES
from gistrun.model import Limits

WELL_FORMED = """
title = "Mini"
toolchain = "Mini"
version_command = ["mini", "--version"]
version_pattern = '([\\d.]+)'
run = ["mini", "{file}"]
github = ["Mini"]
"""


def folder(images: Path, text: str, name: str = "mini") -> Path:
    """A folder of a language like those of images/."""
    (images / name).mkdir()
    (images / name / "language.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    (images / name / "Dockerfile").write_text("ARG BASE=gistrun/base\nFROM $BASE\n")
    return images / name


def told(path: Path) -> str:
    """What is said of the folder, and of the file in it."""
    with pytest.raises(SetupError) as error:
        languages.read(path)
    assert str(path / "language.toml") in str(error.value)
    return str(error.value)


def run_is(argument: str) -> str:
    return WELL_FORMED.replace('"{file}"]', f'"{{file}}", "{argument}"]')


def test_a_well_formed_language_is_read(tmp_path: Path) -> None:
    read = languages.read(folder(tmp_path, WELL_FORMED + 'extensions = [".mini"]\n[environment]\nA = "b"\n'))
    assert (read.name, read.title, read.run) == ("mini", "Mini", ("mini", "{file}"))
    assert (read.extensions, read.environment, read.compile) == ((".mini",), (("A", "b"),), ())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('colour = "red"', "unknown key 'colour'"),
        ("[limits]\npatience = 3", "no 'patience' for 'limits'; there are timeout_s"),
        ("[limits]\nnetwork = 1", "no 'network' for 'limits'"),
        (
            "[limits]\npids = -3",
            "'limits' is {'pids': -3}, but must be a table of numbers: 16777216 or more for memory",
        ),
        ('[limits]\npids = "3"', "but must be a table of numbers"),
        ("[limits]\nmemory_bytes = 256", "16777216 or more for memory_bytes"),
        ("[limits]\ndisk_bytes = 2e7", "all of them whole"),
        ("[limits]\ntimeout_s = inf", "but must be a table of numbers"),
        ("[compile_needs]\nmemory_bytes = 16777216", "no 'memory_bytes' for 'compile_needs'"),
        ("[compile_needs]\ncompile_memory_bytes = 1024", "16777216 or more for compile_memory_bytes"),
        ("extensions = [1]", "'extensions' is [1], but must be a list of extensions"),
        ('extensions = [""]', "'extensions' is [''], but must be"),
        (
            'extensions = ["py"]',
            "'extensions' is ['py'], but must be a list of extensions in lower case, each with its",
        ),
        ('extensions = [".PY"]', "in lower case"),
        ('extensions = [".tar.gz"]', "'extensions' is ['.tar.gz'], but must be"),
        ('extensions = [".py", ".py"]', "none there twice"),
        ('extensions = ".py"', "'extensions' is '.py', but must be a list"),
        ('names = [""]', "'names' is [''], but must be a list of names of files"),
        ('names = ["src/Minifile"]', "without a folder"),
        (
            'interpreters = ["/usr/bin/mini"]',
            "'interpreters' is ['/usr/bin/mini'], but must be a list of names of prog",
        ),
        ('interpreters = ["env mini"]', "such as"),
        ('launchers = [""]', "'launchers' is [''], but must be"),
        ('last = ["./setup.mini"]', "'last' is ['./setup.mini'], but must be"),
        ('file_options = [""]', "'file_options' is [''], but must be"),
        ("order = true", "'order' is True, but must be a whole number, 0 or more"),
        ("order = -1", "'order' is -1, but must be a whole number, 0 or more"),
        ("order = 1.5", "'order' is 1.5, but must be a whole number"),
        ("probe = 1", "'probe' is 1, but must be true or false"),
        ('reads_input = "yes"', "'reads_input' is 'yes', but must be true or false"),
        ("[environment]\nA = 1", "'environment' is {'A': 1}, but must be a table of texts"),
        ('[environment]\n"A=B" = "1"', "letters, digits and _ only"),
        ('[environment]\nA = "a\\u0000b"', "but must be a table of texts"),
        ('[environment]\norder = "1"', "'order' stands in 'environment', but must stand above all tables"),
        (
            '[environment]\nA = "{build}"',
            "'environment' has '{build}', in which {build} is no placeholder; known are {m",
        ),
        ('[build]\nBASE = "debian"', "'build' has 'BASE'"),
        ('content = "("', "'content' is '(', but must be a pattern"),
        ('content = ""', "but must be a pattern that is not found in an empty text"),
        ('content = "x*"', "but must be a pattern that is not found in an empty text"),
        ('entry_pattern = "["', "'entry_pattern' is '[', but must be a pattern"),
        ('comments = "a{99999999999}"', "'comments' is 'a{99999999999}', but must be a pattern"),
        ('imports = "^import (.+) as (.+)"', "but must be a pattern with one group"),
        (
            'dockerfile = "../Dockerfile"',
            "'dockerfile' is '../Dockerfile', but must be the name of a file in the folder",
        ),
        ('packages = "../../etc"', "'packages' is '../../etc', but must be the name of a folder of images/_packages"),
        ('debian = "sid"', "'debian' is 'sid', but must be forky or trixie"),
        ('base = "../c"', "'base' is '../c', but must be the name of a language, or language@version"),
        ('base = "c"\ndebian = "trixie"', "'debian' is 'trixie', but it is that of 'base', 'c'"),
        ('version = "1/2"', "must be the name of the default version"),
        ('[versions."1"]\nrun = ["x"]', "needs 'version'"),
        ('version = "2"\n[versions."1"]\ntitle = "Old"', "version '1' has an unknown key 'title'"),
        ('version = "2"\n[versions."1"]\nahead = ["x"]', "no image of its own"),
        ('version = "1"\n[versions."1"]\nrun = ["x"]', "is the default one"),
        (
            'version = "2"\n[versions."1/0"]\nrun = ["x"]',
            "version '1/0': the name of a version must be letters, digits",
        ),
        ('version = "2"\n[versions."1"]', "version '1' is {}, but must be a table of what differs"),
        ('version = "2"\n[versions."1"]\nrun = ["x"]', "version '1': 'compile' and 'run' are ['x'], but one must have"),
        (
            'version = "2"\nbase = "c"\n[versions."1"]\ndebian = "trixie"',
            "'debian' is 'trixie', but it is that of 'bas",
        ),
        ('[[hints]]\nname = "typo"\noutput = "x"', "'name' is 'typo', but must be one of missing-package, no-network"),
        ('[[hints]]\nname = "python-2"', "the hint 'python-2' needs 'output' or 'source'"),
        ('[[requires]]\nfile = "a/b"\npattern = "(x)"', "'file' is 'a/b', but must be the name of a file, without"),
        ('[[requires]]\nfile = "a"\npattern = "(x)"', "'requires' has no effect, because there are no 'versions'"),
        ("tests = [1]", "tests has 1, but must be tables, each under [[tests]]"),
        ('requires = ["go.mod"]', "requires has 'go.mod', but must be tables, each under [[requires]]"),
        (
            'version = "1"\n[versions.2]\ntoolchain = "M"\n[[requires]]\nfile = "a"',
            "must be 'pattern' or 'key', and",
        ),
        ('[[requires]]\npattern = "(a)"', "requires lacks 'file', which must be the name of a file"),
        ("names = " + "[" * 5000 + "]" * 5000, "cannot be read"),
        ('[tests]\nname = "x"', "but must be a list of tables"),
        ("compile_needs = { compile_pids = 100 }", "'compile_needs' has no effect, because there is no 'compile'"),
        ('options = "-x"', "'options' has no effect, because no command has {options}"),
        ('file_options = ["-f"]', "'file_options' has no effect, because no command has {options}"),
        ("needs_extension = true", "'needs_extension' is True, but there is no 'extensions'"),
        ('ahead = ["other"]', "'ahead' starts 'other', but must start what 'run' starts, 'mini'"),
        ('ahead = ["mini", "{file}"]', "'ahead' has '{file}', in which {file} is no placeholder; known are none"),
        ('compile = ["cc", ""]', "'compile' is ['cc', ''], but must be a list of texts, none of them empty"),
        ('compile = "cc {file}"', "'compile' is 'cc {file}', but must be a list of texts"),
    ],
)
def test_what_is_not_allowed_is_told(tmp_path: Path, text: str, words: str) -> None:
    assert words in told(folder(tmp_path, WELL_FORMED + text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (WELL_FORMED.replace('title = "Mini"', ""), "lacks 'title', which must be a text of one line"),
        (WELL_FORMED.replace('title = "Mini"', 'title = ""'), "'title' is '', but must be a text of one line"),
        (WELL_FORMED.replace('title = "Mini"', 'title = "a\\nb"'), "must be a text of one line"),
        (WELL_FORMED.replace('title = "Mini"', "title = 1"), "'title' is 1, but must be a text"),
        (WELL_FORMED.replace('run = ["mini", "{file}"]', "run = []"), "'run' is [], but must be a list of one text or"),
        (WELL_FORMED.replace('run = ["mini", "{file}"]', 'run = "mini"'), "'run' is 'mini', but must be a list"),
        (
            WELL_FORMED.replace('"{file}"', ""),
            "'compile' and 'run' are ['mini'], but one must have {file} or {stem} or",
        ),
        (WELL_FORMED.replace('github = ["Mini"]', ""), "no file is in this language"),
        (WELL_FORMED.replace("'([\\d.]+)'", "'[\\d.]+'"), "must be a pattern with one group"),
        (
            run_is("{nope}"),
            "'run' has '{nope}', in which {nope} is no placeholder; known are {build}, {file}, {interpreter}, {memory}",
        ),
        (run_is("{ file }"), "{ file } is no placeholder"),
        (run_is("{FILE}"), "{FILE} is no placeholder"),
        (run_is("-x{options}"), "'run' has '-x{options}', but {options} must be an argument of its own"),
        (run_is("{build}/program"), "but without 'compile' nothing is in {build}"),
        (run_is(""), "'run' is ['mini', '{file}', ''], but must be"),
        (run_is("a\\u0000b"), "but must be"),
        ("title = ", "cannot be read"),
        ("title = '\udcff'", "cannot be read"),
    ],
)
def test_a_language_that_lacks_what_it_needs_is_told(tmp_path: Path, text: str, words: str) -> None:
    assert words in told(folder(tmp_path, text))


TESTS = '[[tests]]\nname = "t"\nfiles = ["*.mini"]\ncontent = "test"\nrun = ["mini", "{file}"]\npassed = "ok"\n'


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "t"', "", "tests lacks 'name', which must be a text of one line"),
        ('["*.mini"]', "[]", "'files' is [], but must be a list of one or more names of files"),
        ('["*.mini"]', '["tests/*.mini"]', "without a folder"),
        ("{file}", "{entry}", "tests 't': 'run' has '{entry}', in which {entry} is no placeholder"),
        ('passed = "ok"', 'failed = "no"', "tests 't': there must be 'passed' or 'total', and not both"),
        ('passed = "ok"', 'passed = "ok"\ntotal = "all (.)"', "and not both"),
        ('passed = "ok"', 'passed = "ok"\nunless = "("', "'unless' is '(', but must be a pattern"),
        ('passed = "ok"', 'passed = "(a)(b)"', "'passed' is '(a)(b)', but must be a pattern with one group or none"),
        ("[[tests]]", TESTS + "[[tests]]", "'name' of two 'tests' is 't', but each must have its own"),
    ],
)
def test_tests_that_would_not_run_are_told(tmp_path: Path, old: str, new: str, words: str) -> None:
    languages.read(folder(tmp_path, WELL_FORMED + TESTS))
    assert words in told(folder(tmp_path, WELL_FORMED + TESTS.replace(old, new), "other"))


@pytest.mark.parametrize("value", ["(" * 3000, "(?:" * 3000 + "a" + ")" * 3000])
def test_of_a_long_value_the_beginning_is_shown(tmp_path: Path, value: str) -> None:
    message = told(folder(tmp_path, WELL_FORMED + f"content = '{value}'"))
    assert "but must be a pattern" in message
    assert len(message) < 500


def test_a_language_may_lower_limits_and_never_raise_them(tmp_path: Path) -> None:
    lowered = languages.read(folder(tmp_path, WELL_FORMED + "[limits]\ntimeout_s = 5\npids = 1000\n"))
    limits = lowered.effective(Limits(timeout_s=30, pids=64))
    assert (limits.timeout_s, limits.pids) == (5, 64)


def test_a_folder_without_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be read"):
        languages.read(tmp_path)


def test_the_hints_that_a_language_may_have_signs_for_have_sentences() -> None:
    assert set(HINT_NAMES) == set(SENTENCES) - {"printed-nothing"}


# Beside each other


def of(name: str, text: str = "") -> str:
    """Another language than Mini."""
    return WELL_FORMED.replace("Mini", name.title()) + text


@pytest.mark.parametrize(
    ("folders", "words"),
    [
        ({"Mini": of("mini")}, "the folder's name must be lower-case letters and digits"),
        ({"mini-lisp": of("mini")}, "the folder's name must be lower-case letters and digits"),
        ({"all": of("mini")}, "the folder's name is 'all', which means something else; so do all, base, common"),
        ({"mini": of("mini", 'dockerfile = "Other"')}, "'dockerfile' is 'Other', but there is no such file"),
        ({"mini": of("mini", 'packages = "pip"')}, "'packages' is 'pip', but _packages has none"),
        ({"mini": of("mini", 'base = "maxi"')}, "'base' is 'maxi', but there is no such language; there are mini"),
        ({"mini": of("mini", 'base = "mini"')}, "'base' is 'mini', which leads back to 'mini'"),
        (
            {"a": of("a", 'base = "b"'), "b": of("b", 'base = "c"'), "c": of("c", 'base = "a"')},
            "a: 'base' is 'b', which leads back to 'a'",
        ),
        ({"a": of("a", 'base = "b"'), "b": of("b", 'base = "b"')}, "a: 'base' is 'b', which leads back to 'b'"),
        ({"a": of("a"), "b": of("b", 'base = "a@2"')}, "'base' is 'a@2', but there is no such version; there are one"),
        (
            {"a": of("a", 'version = "1"'), "b": of("b", 'base = "a@2"')},
            "b: 'base' is 'a@2', but there is no such version; there are 1.",
        ),
        ({"a": of("x"), "b": of("x")}, "a and b have 'X' in 'github', but it must be of one language"),
        (
            {"a": of("x", 'extensions = [".x"]\norder = 1'), "b": of("x", 'extensions = [".x"]\ncontent = "b"')},
            "a and b have 'X' in 'github'",
        ),
        ({"a": of("a", 'names = ["F"]'), "b": of("b", 'names = ["F"]')}, "a and b have 'F' in 'names'"),
        (
            {"a": of("a", 'extensions = [".x"]'), "b": of("b", 'extensions = [".x"]')},
            "a and b have '.x' in 'extensions', and so all but one need 'content'",
        ),
        (
            {
                "a": of("a", 'extensions = [".x"]\ninterpreters = ["m"]\ncontent = "a"'),
                "b": of("b", 'extensions = [".x"]\ninterpreters = ["m"]'),
            },
            "a and b have 'm' in 'interpreters' and .x in 'extensions'",
        ),
        ({"a": of("a", "probe = true"), "b": of("b", "probe = true")}, "'probe' is True for a and b, but must be for"),
    ],
)
def test_languages_that_cannot_stand_beside_each_other_are_told(
    tmp_path: Path, folders: dict[str, str], words: str
) -> None:
    for name, text in folders.items():
        folder(tmp_path, text, name)
    with pytest.raises(SetupError) as error:
        languages.load(images=tmp_path)
    assert words in str(error.value)
    assert str(tmp_path) in str(error.value)


def test_a_folder_whose_language_toml_has_another_name_is_told(tmp_path: Path) -> None:
    (folder(tmp_path, WELL_FORMED) / "language.toml").rename(tmp_path / "mini" / "languages.toml")
    with pytest.raises(SetupError, match=r"mini has a Dockerfile, but no language\.toml"):
        languages.load(images=tmp_path)


def test_githubs_word_may_be_of_a_common_language_and_of_another_with_other_extensions(tmp_path: Path) -> None:
    folder(tmp_path, of("x", 'extensions = [".x"]\norder = 1'), "a")
    folder(tmp_path, of("x", 'extensions = [".y"]'), "b")
    assert set(languages.load(images=tmp_path)) == {"a", "b"}


def test_one_of_two_languages_with_the_same_extension_may_be_silent(tmp_path: Path) -> None:
    folder(tmp_path, of("a", 'extensions = [".x"]'), "a")
    folder(tmp_path, of("b", 'extensions = [".x"]\ncontent = "b"'), "b")
    assert set(languages.load(images=tmp_path)) == {"a", "b"}
