"""Runs the program that is the first argument, and then the examples (>>>) in the docstrings of what it has made."""

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
    failed, tried = doctest.testmod(module)
    if tried:
        print(f"doctest: {tried - failed} passed, {failed} failed", file=sys.stderr)
    return status or int(failed > 0)


sys.argv = sys.argv[1:]
sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
sys.exit(run(sys.argv[0]))
