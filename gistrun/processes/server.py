"""The gunicorn worker of the web processes, which takes longer addresses than gunicorn's own."""

from __future__ import annotations

from gunicorn.http import message
from gunicorn.workers.ggevent import GeventWorker

#: Bytes of a request's first line. It holds arguments (64 KiB at most), but input has to be sent in a body.
LONGEST_REQUEST_LINE = 2**16


class Worker(GeventWorker):  # type: ignore[misc]
    """Has the application answer a long address in the form that was asked for: page, badge or problem.

    gunicorn cuts `--limit-request-line` down to 8,190 bytes and answers longer ones itself, in HTML. 0 means no limit
    there, so that one client could fill the memory. The bound is a constant of its module `gunicorn.http.message`.
    """

    def init_process(self) -> None:
        message.MAX_REQUEST_LINE = LONGEST_REQUEST_LINE
        super().init_process()
