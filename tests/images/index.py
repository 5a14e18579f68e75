"""A small index of packages for tests: pages of PEP 691 and files, over HTTP on this machine."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

#: What a program that runs where it must not leaves behind: a file, and a question to this index.
PAYLOAD = """
import os, socket, urllib.request
for path in ("/packages/RAN", "/request/RAN", "/usr/bin/python3", "/usr/local/lib/RAN", "/etc/RAN"):
    try:
        open(path, "a").write("x")
    except OSError:
        pass
for proxy in ({"http": "http://127.0.0.1:3128"}, {}):
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler(proxy))
        opener.open("http://127.0.0.1:%d/ran", timeout=1)
    except OSError:
        pass
"""


@dataclass
class Index:
    """Packages that are put into it, and what it was asked for."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    #: Seconds before each answer.
    pause_s: float = 0.0
    _pages: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    _files: dict[str, bytes] = field(default_factory=dict)
    _moved: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/simple/"

    @property
    def payload(self) -> str:
        return PAYLOAD % self.port

    def clear(self) -> None:
        self.pause_s = 0.0
        for each in (self.asked, self._pages, self._files, self._moved):
            each.clear()

    def put(self, name: str, file: str, content: bytes, **listed: object) -> None:
        """A file of that package, with what its page says of it."""
        self._files[f"/files/{file}"] = content
        digest = hashlib.sha256(content).hexdigest()
        entry = {"filename": file, "url": f"/files/{file}", "hashes": {"sha256": digest}, **listed}
        self._pages.setdefault(name, []).append(entry)

    def move(self, name: str, url: str) -> None:
        """The page of that package is elsewhere."""
        self._moved[f"/simple/{name}/"] = url

    def wheel(
        self,
        name: str,
        version: str = "1.0",
        files: Mapping[str, str | bytes] | None = None,
        needs: tuple[str, ...] = (),
        tag: str = "py3-none-any",
        **listed: object,
    ) -> None:
        """A wheel with these files."""
        content = wheel(name, version, files or {f"{name}.py": ""}, needs)
        self.put(name, f"{name.replace('-', '_')}-{version}-{tag}.whl", content, **listed)

    def source(self, name: str, files: Mapping[str, str], version: str = "1.0") -> None:
        """A source distribution with these files in its folder."""
        self.put(
            name,
            f"{name}-{version}.tar.gz",
            archive({f"{name}-{version}/{file}": text for file, text in files.items()}),
        )

    def answer(self, path: str) -> tuple[int, str, bytes]:
        self.asked.append(path)
        time.sleep(self.pause_s)
        if path in self._moved:
            return 302, self._moved[path], b""
        if path in self._files:
            return 200, "application/octet-stream", self._files[path]
        found = re.fullmatch(r"/simple/([^/]+)/", path)
        if found and found[1] in self._pages:
            page = {"meta": {"api-version": "1.0"}, "name": found[1], "files": self._pages[found[1]]}
            return 200, "application/vnd.pypi.simple.v1+json", json.dumps(page).encode()
        return 404, "text/plain", b""


def wheel(
    name: str, version: str, files: Mapping[str, str | bytes], needs: tuple[str, ...] = (), python: str = ""
) -> bytes:
    """The bytes of a wheel."""
    told = [
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        *(f"Requires-Dist: {each}\n" for each in needs),
    ]
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    whole = {
        **files,
        f"{info}/METADATA": "".join(told) + (f"Requires-Python: {python}\n" if python else ""),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{file},,\n" for file in whole)
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as made:
        for file, content in {**whole, f"{info}/RECORD": record}.items():
            made.writestr(file, content)
    return result.getvalue()


def archive(files: Mapping[str, str], links: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a tar.gz with these files and symbolic links."""
    result = io.BytesIO()
    with tarfile.open(fileobj=result, mode="w:gz") as made:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            made.addfile(entry, io.BytesIO(text.encode()))
        for name, target in (links or {}).items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            made.addfile(entry)
    return result.getvalue()


@contextmanager
def serving() -> Iterator[Index]:
    """An index that answers."""
    index = Index()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, told, content = index.answer(self.path)
            self.send_response(status)
            self.send_header("Location" if status == 302 else "Content-Type", told)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    index.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield index
    finally:
        server.shutdown()
        server.server_close()
