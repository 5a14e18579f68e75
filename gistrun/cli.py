"""The `gistrun` command. Each subcommand is a process of the service or a tool for its operator."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

from gistrun.errors import GistrunError, Refused, SetupError
from gistrun.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns its exit status. An error is printed as one sentence on standard error."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        return int(options.command(options, Settings.load()) or 0)
    except Refused as error:
        print(f"gistrun: {error}", file=sys.stderr)
        return 2
    except GistrunError as error:
        print(f"gistrun: {error}", file=sys.stderr)
        return 1 if isinstance(error, SetupError) else 125
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gistrun", description="Run GitHub gists.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, function: object, about: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=about, description=about)
        sub.set_defaults(command=function)
        return sub

    run = command("run", _run, "Run a gist, or a local file or folder, and exit with the program's own status.")
    run.add_argument("target", help="gist URL or id, or a local file or folder")
    run.add_argument("--file", help="the file to run if there are several")
    run.add_argument(
        "--stdin", metavar="FILE", help="a file for the program's standard input ('-': this command's own)"
    )
    run.add_argument("args", nargs="*", help="the program's arguments (after --)")

    _add_images(command("images", None, "Build or check the language images."))
    command("web", _web, "Serve pages, API, badges and webhooks on HOST and PORT.")
    command("worker", _worker, "Execute runs, one at a time.")
    command("pool", _pool, "Execute runs with GISTRUN_WORKERS workers.")
    command("builder", _builder, "Make the images of the common languages, and every other when a gist needs it.")
    command("watch", _watch, "Keep gists fresh, recover lost runs, and remove sandboxes that were left behind.")
    command("sweep", _sweep, "Remove the containers that a service left behind when it was stopped hard.")
    command("doctor", _doctor, "Check whether this machine can run gists safely.")
    return parser


def _add_images(images: argparse.ArgumentParser) -> None:
    build = "Build images that are missing or out of date: of the common languages, or those named."
    check = "Run the checks of every language that is built, or of those named."
    show = "List the images with their toolchains and sizes."
    prune = "Remove the images with packages and of languages that are not common, or of those named."
    actions = images.add_subparsers(required=True, metavar="ACTION")
    for name, function, about in (
        ("build", _images_build, build),
        ("check", _images_check, check),
        ("list", _images_list, show),
        ("prune", _images_prune, prune),
    ):
        action = actions.add_parser(name, help=about, description=about)
        action.add_argument("images", nargs="*", metavar="language", help="such as ruby, or python@3.13 for a version")
        action.set_defaults(command=function)
        if name == "build":
            action.add_argument("--all", action="store_true", help="every language with every version")


# Each command imports what it needs. gevent must patch the standard library before the web process imports the rest,
# and the sentence about a bad setting should not wait until an SDK is imported.


def _run(options: argparse.Namespace, settings: Settings) -> int:
    from gistrun.app import App
    from gistrun.commands.run import run

    return run(App(settings), options.target, options.file, options.args, options.stdin)


def _images_build(options: argparse.Namespace, settings: Settings) -> int:
    from gistrun.app import App
    from gistrun.commands.images import build

    return 1 if build(App(settings), options.images, everything=options.all) else 0


def _images_check(options: argparse.Namespace, settings: Settings) -> int:
    from gistrun.app import App
    from gistrun.commands.images import check

    return 1 if check(App(settings), options.images) else 0


def _images_list(options: argparse.Namespace, settings: Settings) -> int:
    from gistrun.app import App
    from gistrun.commands.images import show

    return show(App(settings), options.images)


def _images_prune(options: argparse.Namespace, settings: Settings) -> int:
    from gistrun.app import App
    from gistrun.commands.images import prune

    return prune(App(settings), options.images)


def _web(_: argparse.Namespace, settings: Settings) -> int:
    from gistrun.processes.web import web

    web(settings)


def _worker(_: argparse.Namespace, settings: Settings) -> int:
    from gistrun.processes.pool import worker

    worker(settings)
    return 0


def _pool(_: argparse.Namespace, settings: Settings) -> int:
    from gistrun.processes.pool import pool

    pool(settings)
    return 0


def _builder(_: argparse.Namespace, settings: Settings) -> int:
    from gistrun.app import App
    from gistrun.processes.builder import builder
    from gistrun.store import BACKGROUND_PATIENCE_S

    builder(App(settings, BACKGROUND_PATIENCE_S))
    return 0


def _watch(_: argparse.Namespace, settings: Settings) -> int:
    from gistrun.app import App
    from gistrun.processes.watch import watch
    from gistrun.store import BACKGROUND_PATIENCE_S

    watch(App(settings, BACKGROUND_PATIENCE_S))
    return 0


def _sweep(_: argparse.Namespace, settings: Settings) -> int:
    from gistrun.app import App
    from gistrun.commands.sweep import sweep

    return sweep(App(settings))


def _doctor(_: argparse.Namespace, settings: Settings) -> int:
    from gistrun.app import App
    from gistrun.commands.doctor import doctor

    return doctor(App(settings))


if __name__ == "__main__":
    sys.exit(main())
