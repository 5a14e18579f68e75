"""The `gistrun` command. Each subcommand is one process of the service, or a thing an operator does by hand."""

from __future__ import annotations

import argparse
import logging
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gistrun.errors import GistrunError, Refused, SetupError
from gistrun.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns its exit status. What goes wrong is one sentence on standard error."""
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
    run.add_argument("--file", help="the file to run where there are several")
    run.add_argument("--stdin", metavar="FILE", help="what the program reads ('-': our own standard input)")
    run.add_argument("args", nargs="*", help="the program's arguments (after --)")

    images = command("images", None, "Build or check the language images.")
    actions = images.add_subparsers(required=True, metavar="ACTION")
    for name, function, about in (
        ("build", _images_build, "Build the images that are missing or out of date."),
        ("check", _images_check, "Run every language's hello and compare what it prints."),
    ):
        action = actions.add_parser(name, help=about, description=about)
        action.add_argument("languages", nargs="*", metavar="language", help="all, when none is named")
        action.set_defaults(command=function)

    command("web", _web, "Serve pages, API, badges and webhooks on HOST and PORT.")
    command("worker", _worker, "Execute runs, one at a time.")
    command("pool", _pool, "Execute runs with GISTRUN_WORKERS workers.")
    command("watch", _watch, "Look after the service: lost runs, sandboxes left behind.")
    command("doctor", _doctor, "Say whether everything is there to run gists safely.")
    return parser


# The commands import what they need: gevent must patch the standard library before the web process loads the rest,
# and a sentence about a bad setting should not wait for an SDK.


def _run(options: argparse.Namespace, settings: Settings) -> int:
    from gistrun.local import run

    return run(settings, options.target, options.file, options.args, options.stdin)


def _images_build(options: argparse.Namespace, settings: Settings) -> int:
    from gistrun.app import App

    app = App(settings)
    _check_names(options.languages, app.languages)
    return 1 if app.build_images(options.languages) else 0


def _images_check(options: argparse.Namespace, settings: Settings) -> int:
    from gistrun.app import App
    from gistrun.local import check_images

    app = App(settings)
    _check_names(options.languages, app.languages)
    return check_images(app, options.languages or list(app.languages))


def _check_names(names: list[str], known: Mapping[str, object]) -> None:
    for name in names:
        if name not in known:
            raise SetupError(f"There is no language {name!r}; there are {', '.join(known)}.")


def _web(_: argparse.Namespace, settings: Settings) -> int:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            reason = f"{settings.host}:{settings.port} cannot be listened on ({error.strerror})"
            raise SetupError(f"{reason}: set HOST and PORT, or stop what uses it.") from error
    os.execv(sys.executable, server(settings.host, settings.port))  # noqa: S606 - becomes the server; nothing here comes from outside


def server(host: str, port: int, application: str = "gistrun.wsgi:create()") -> list[str]:
    """The command that serves a WSGI application as the service's own is served."""
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    command = [sys.executable, "-m", "gunicorn", "--bind", address, "--worker-class", "gevent"]
    # A process for each core up to four: more would only take memory and a reader of Redis each.
    command += ["--workers", str(max(2, min(4, os.cpu_count() or 1))), "--worker-connections", "10000"]
    command += ["--graceful-timeout", "2", "--timeout", "60", "--log-level", "warning"]
    command += ["--worker-tmp-dir", "/dev/shm", "--no-control-socket", application]  # noqa: S108 - memory, as gunicorn advises
    return command


def _refuse_unsafe(settings: Settings) -> None:
    """Raises SetupError unless the engine enforces what the sandbox stands on and the queue is safe in Redis."""
    from gistrun.app import App
    from gistrun.doctor import examine

    for finding in examine(App(settings)):
        if not finding.well:
            raise SetupError(finding.sentence)


def _worker(_: argparse.Namespace, settings: Settings) -> int:
    from gistrun.app import App
    from gistrun.sandbox.host import Host
    from gistrun.work import jobs

    settings = replace(settings, workers=1)
    _refuse_unsafe(settings)
    app, host = App(settings), Host()
    with app.network():
        jobs.work(app.store, lambda name, place: app.work(name, place, host))
    return 0


def _pool(_: argparse.Namespace, settings: Settings) -> int:
    from gistrun.app import App
    from gistrun.sandbox.host import Host
    from gistrun.store import Store, connect
    from gistrun.work import jobs

    _refuse_unsafe(settings)
    host = Host(settings.workers)
    # Each worker wires itself, after the fork: connections and threads do not cross one.
    with App(settings).network():
        jobs.pool(
            lambda: Store(connect(settings.redis_url)),
            lambda name, place: App(settings).work(name, place, host),
            settings.workers,
        )
    return 0


def _watch(_: argparse.Namespace, settings: Settings) -> int:
    from gistrun.app import App
    from gistrun.processes.watch import watch

    watch(App(settings))
    return 0


def _doctor(_: argparse.Namespace, settings: Settings) -> int:
    from gistrun.app import App
    from gistrun.doctor import examine, look_inside

    app = App(settings)
    findings = list(examine(app))
    if all(finding.well for finding in findings):
        findings += look_inside(app)
    for finding in findings:
        print(f"{'ok' if finding.well else 'NOT OK'}  {finding.name}: {finding.sentence}")
    return 0 if all(finding.well for finding in findings) else 1


if __name__ == "__main__":
    sys.exit(main())
