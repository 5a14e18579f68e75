"""The command lines that compile and run a program. Pure."""

from __future__ import annotations

import os.path
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gistrun.languages.language import Language
from gistrun.languages.shebang import Shebang, first_line, readings
from gistrun.model import GistFile, Program

#: The part of a command that stands for the options in a program's shebang, and the one that stands for its file.
OPTIONS, FILE = "{options}", "{file}"


#: Names that every toolchain takes.
_PLAIN, _NOT_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*"), re.compile(r"[^A-Za-z0-9_.+-]")


def prepared(language: Language, program: Program) -> Program:
    """The program as its toolchain wants it: perhaps without a shebang, with an extension, or with a plain name."""
    entry = next((file for file in program.files if file.name == program.file), None)
    if entry is None:
        return program
    name, content = entry.name, entry.content
    if language.plain_names and not _PLAIN.fullmatch(name):
        plain = "gist" + _NOT_PLAIN.sub("_", name)
        name = name if any(file.name == plain for file in program.files) else plain
    if not first_line(entry) and name == entry.name:
        return program
    if first_line(entry) and language.needs_extension and os.path.splitext(name)[1].lower() not in language.extensions:
        longer = name + language.extensions[0]
        name = name if any(file.name == longer for file in program.files) else longer
    if first_line(entry) and not language.reads_shebang:
        content = b"".join(content.partition(b"\n")[1:])
    made = GistFile(name, content, entry.language)
    return replace(program, file=name, files=tuple(made if file is entry else file for file in program.files))


def commands(
    language: Language, program: Program, places: Mapping[str, str], environment: Mapping[str, str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The command lines that compile the program (empty if nothing does) and that run it.

    Args:
        places: what `build`, `gist` and `memory` stand for.
        environment: the variables of every program. The language's own are not among them.
    """
    how = language.runner(program) or language
    environment = {**environment, **variables(language, places)}
    entry = next((file for file in program.files if file.name == program.file), None)
    said = _said(language, program, entry, environment) if entry else None
    program = prepared(language, program)
    run = argv(language, how.run, program, places, said)
    changes = _changes(said, {"PATH": environment.get("PATH", ""), **variables(language, places)})
    if changes or (language.ahead and run != argv(language, how.run, program, places)):
        # An interpreter that is started already has its options; another command line starts a new one.
        run = ("env", *changes, *run)
    return argv(language, how.compile, program, places, said), (*run, *program.args)


def _said(language: Language, program: Program, entry: GistFile, environment: Mapping[str, str]) -> Shebang | None:
    """The file's shebang. Of a file with tests it may name their runner: `python3 -m pytest -q` is pytest's."""
    runner = language.runner(program)
    known = runner.interpreters if runner else ()
    named = (said for said in readings(entry, environment) if said.is_one_of(known))
    return next(named, None) or language.shebang(entry, environment)


def _changes(said: Shebang | None, kept: Mapping[str, str]) -> list[str]:
    """What env changes for the program, as arguments of env. `kept` are variables that it does not clear: by them the
    interpreter is found, and works in a sandbox.
    """
    if said is None:
        return []
    options = [change for change in said.env.changes if change.startswith("-")]
    return [
        *options,
        *(f"{name}={value}" for name, value in kept.items() if said.env.clears),
        *said.env.changes[len(options) :],
    ]


def variables(language: Language, places: Mapping[str, str]) -> dict[str, str]:
    """The language's `environment` with `places` filled in."""
    return {name: _fill(value, places) for name, value in language.environment}


def argv(
    language: Language,
    template: Sequence[str],
    program: Program,
    places: Mapping[str, str],
    said: Shebang | None = None,
) -> tuple[str, ...]:
    """`compile` or `run` with the program's file names and `places` filled in. A name is never taken for an option.

    Args:
        said: the program's shebang, whose options are passed on.
    """
    entry = _as_argument(program.file)
    if said and said.env.moves:
        entry = os.path.join(places.get("gist", ""), program.file)
    options = _passed_on(said, language, (language.runner(program) or language).interpreters) if said else []
    if any(re.fullmatch(r"-\w*S", option) for option in options):
        entry = os.path.join(".", entry)  # Perl and Ruby would look for a name without a slash along PATH
    template = list(template)
    if _takes_file(options, language.file_options) and OPTIONS in template and FILE in template:
        # The shebang's own -f takes the place of ours.
        template[template.index(OPTIONS) + 1 :] = template[_last(template, FILE) :]
    interpreter = said.interpreter if said and said.is_one_of(language.named_by) else ""
    values = {"file": entry, "stem": os.path.splitext(entry)[0], "interpreter": interpreter, **places}
    result: list[str] = []
    for part in template:
        if part == "{sources}":
            result += [_as_argument(name) for name in language.sources(program)]
        elif part == OPTIONS:
            result += options
        else:
            result.append(_fill(part, values))
    return tuple(result)


def _passed_on(said: Shebang, language: Language, interpreters: Sequence[str]) -> list[str]:
    """The shebang's options that the language's own command gets."""
    if not said.is_one_of(interpreters):
        return []
    words = list(said.options)
    if words[-1:] == ["--"]:  # it says no more than that the file's name comes next
        words.pop()
    return words if language.options is None else _known(words, language.options)


def _known(words: Sequence[str], options: str) -> list[str]:
    """Those of the words, alone or with their value behind them, that fit the pattern."""
    kept: list[str] = []
    at = 0
    while at < len(words):
        pair = words[at : at + 2]
        takes_value = len(pair) == 2 and pair[0].startswith("-") and not pair[1].startswith("-")
        if re.fullmatch(options, pair[0]):
            kept.append(pair[0])
        elif takes_value and re.fullmatch(options, " ".join(pair)):
            kept += pair
            at += 1
        at += 1
    return kept


def _takes_file(options: Sequence[str], known: Sequence[str]) -> bool:
    """Whether the last option takes the file: a known one, also at the end of others (`-nf`) or shortened (`--fil`)."""
    last = options[-1] if options else ""
    return any(
        last == option
        or (len(option) == 2 and re.fullmatch(rf"-\w*{re.escape(option[1])}", last))
        or (len(last) > 3 and option.startswith("--") and option.startswith(last))
        for option in known
    )


def _last(template: Sequence[str], part: str) -> int:
    return len(template) - 1 - list(reversed(template)).index(part)


def _fill(text: str, values: Mapping[str, str]) -> str:
    # In one pass, because a file name may contain these words itself.
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), text)


def _as_argument(name: str) -> str:
    # A leading @ makes GCC read options from that file.
    return f"./{name}" if name.startswith(("-", "@")) else name
