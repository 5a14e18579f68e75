"""Debian's own packages in programs of several languages, from the real mirror."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gistrun.model import Phase, State
from tests.images.conftest import Packaged

pytestmark = pytest.mark.timeout(900)  # the first of a language may have to build its images

R = "cat(jsonlite::toJSON(c(1, 2)), '\\n', sep = '')\n"
PERL = "use JSON::XS;\nprint encode_json([1, 2]), qq(\\n);\n"
LUA = 'print(require("cjson").encode({1, 2}))\n'
OCTAVE = "pkg load struct\nprintf('[%d,2]\\n', numfields(setfields(struct(), 'a', 1)))\n"
HASKELL = (
    "import Data.Aeson\nimport qualified Data.ByteString.Lazy.Char8 as B\nmain = B.putStrLn (encode [1 :: Int, 2])\n"
)
TCL = 'package require tdom\nputs [[dom parse "<a>\\[1,2\\]</a>"] selectNodes string(/a)]\n'


@pytest.mark.parametrize(
    ("files", "package", "why"),
    [
        ({"main.r": R}, "r-cran-jsonlite", "import"),
        ({"main.r": R, "DESCRIPTION": "Imports: jsonlite (>= 1.0)\n"}, "r-cran-jsonlite", "DESCRIPTION"),
        ({"main.pl": PERL}, "libjson-xs-perl", "import"),
        ({"main.pl": PERL, "cpanfile": "requires 'JSON::XS';\n"}, "libjson-xs-perl", "cpanfile"),
        ({"main.lua": LUA}, "lua-cjson", "import"),
        ({"main.octave": OCTAVE}, "octave-struct", "import"),
        ({"main.hs": HASKELL}, "libghc-aeson-dev", "import"),
        ({"main.tcl": TCL}, "tdom", "import"),
    ],
    ids=["r", "r-declared", "perl", "perl-declared", "lua", "octave", "haskell", "tcl"],
)
def test_a_package_is_there(packaged: Packaged, files: dict[str, str], package: str, why: str) -> None:
    ran = packaged.run(files)
    assert (ran.outcome.state, ran.stdout) == (State.PASSED, "[1,2]\n"), ran
    assert ran.packages[package] == why
    again = packaged.run(files, lock=ran.lock)
    assert (again.outcome.state, again.installing, again.lock) == (State.PASSED, "", ran.lock)


def test_a_package_that_there_is_not_is_named(packaged: Packaged) -> None:
    ran = packaged.run({"main.pl": "print 1;\n", "cpanfile": "requires 'No::Such::Thing';\n"})
    assert (ran.outcome.state, ran.outcome.phase) == (State.FAILED, Phase.INSTALL)
    assert "cpanfile asks for “No::Such::Thing”, which is not in Debian" in (ran.outcome.message or "")


def test_the_scripts_of_a_package_do_not_run(packaged: Packaged) -> None:
    # Its script would write that file.
    made = "/etc/perl/XML/SAX/ParserDetails.ini"
    ran = packaged.run({"main.pl": f"use XML::SAX ();\nprint -e '{made}' ? 'ran' : 'did not run', qq(\\n);\n"})
    assert (ran.outcome.state, ran.stdout) == (State.PASSED, "did not run\n"), ran
    assert ran.packages["libxml-sax-perl"] == "import"


def test_a_package_that_is_not_the_locks_is_refused(packaged: Packaged) -> None:
    ran = packaged.run({"main.lua": LUA})
    assert ran.lock
    name, version, checksum, *rest = ran.lock.text.decode().split(" ")
    text = " ".join([name, version, checksum[::-1], *rest])
    forged = replace(ran.lock, text=text.encode())
    refused = packaged.run({"main.lua": LUA}, lock=forged)
    assert (refused.outcome.state, refused.outcome.phase) == (State.FAILED, Phase.INSTALL)
    assert "Debian's mirror does not have all of these packages any more." in (refused.outcome.message or "")
