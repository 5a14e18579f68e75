"""`gistrun web`: becomes the server that serves pages, API, badges and webhooks."""

from __future__ import annotations

import os
import socket
import sys
from typing import NoReturn

from gistrun.errors import SetupError
from gistrun.processes.server import LONGEST_REQUEST_LINE
from gistrun.settings import Settings


def web(settings: Settings) -> NoReturn:
    """Become the server.

    Raises:
        SetupError: the server cannot listen on the address.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            reason = f"{settings.host}:{settings.port} cannot be listened on ({error.strerror})"
            raise SetupError(f"{reason}: set HOST and PORT, or stop what uses it.") from error
    os.execv(sys.executable, server(settings.host, settings.port))  # noqa: S606 - nothing here comes from outside


def server(host: str, port: int, application: str = "gistrun.wsgi:create()") -> list[str]:
    """The command that serves a WSGI application in the same way as the service."""
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    command = [sys.executable, "-m", "gunicorn", "--bind", address, "--worker-class", "gistrun.processes.server.Worker"]
    command += ["--limit-request-line", str(LONGEST_REQUEST_LINE)]
    # A process for each core up to four: more would only take memory, and a reader of Redis each.
    command += ["--workers", str(max(2, min(4, os.cpu_count() or 1))), "--worker-connections", "10000"]
    command += ["--graceful-timeout", "2", "--timeout", "60", "--log-level", "warning"]
    # The application itself decides which proxies are believed (`web/front/proxies.py`).
    command += ["--forwarded-allow-ips", ""]
    command += ["--worker-tmp-dir", "/dev/shm", "--no-control-socket", application]  # noqa: S108 - memory, as gunicorn advises
    return command
