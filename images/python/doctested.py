"""Runs the program that is the first argument, and then the examples (>>>) in the docstrings of what it has made.

Of a document only the examples are run.
"""

import doctest
import os
import sys
import traceback
import types


def run(path: str) -> int:
    """The exit status of the program, or 1 if an example failed."""
    module = types.ModuleType("__main__")
    module.__file__ = path
    sys.modules["__main__"] = module
    status = 0
    try:
        with open(path, "rb") as file:
            exec(compile(file.read(), path, "exec"), module.__dict__)  # noqa: S102 - the gist's own program
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException as error:
        # Without the two frames of this file.
        traceback.print_exception(error.with_traceback(error.__traceback__ and error.__traceback__.tb_next))
        return 1
    counted = report(*doctest.testmod(module))
    return status or counted


def run_document(path: str) -> int:
    """1 if an example failed, else 0. The fences around code are no part of what the code prints."""
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        lines = ["" if line.lstrip().startswith(("```", "~~~")) else line.rstrip("\r\n") for line in file]
    test = doctest.DocTestParser().get_doctest("\n".join(lines) + "\n", {}, path, path, 0)
    return report(*doctest.DocTestRunner().run(test))


def report(failed: int, tried: int) -> int:
    if tried:
        print(f"doctest: {tried - failed} passed, {failed} failed", file=sys.stderr)
    return int(failed > 0)


sys.argv = sys.argv[1:]
sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
sys.exit((run if sys.argv[0].endswith((".py", ".pyw")) else run_document)(sys.argv[0]))
