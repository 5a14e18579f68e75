"""A small index of gems for tests: Bundler's compact index (/versions, /info/NAME) and the gems, over HTTP here."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

#: What code of a gem does when it runs: it writes where it should not, and asks the index.
PAYLOAD = """
require "net/http"
%%w[/packages/RAN /request/RAN /usr/bin/ruby /etc/RAN].each { |path| File.write(path, "x", mode: "a") rescue nil }
[["127.0.0.1", 3128], [nil, nil]].each do |proxy|
  Net::HTTP.new("127.0.0.1", %d, *proxy).get("/ran") rescue nil
end
"""


@dataclass
class Gems:
    """Gems that are put into it, and what it was asked for."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    _info: dict[str, list[str]] = field(default_factory=dict)
    _files: dict[str, bytes] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def payload(self) -> str:
        return PAYLOAD % self.port

    def clear(self) -> None:
        for each in (self.asked, self._info, self._files):
            each.clear()

    def put(self, name: str, version: str = "1.0", content: bytes | None = None, **told: str) -> None:
        """A gem, with what the index says of it: `needs`, `checksum`, `ruby`, `platform`."""
        content = gem(name, version, {f"lib/{name}.rb": ""}) if content is None else content
        number = f"{version}-{told['platform']}" if "platform" in told else version
        self._files[f"/gems/{name}-{number}.gem"] = content
        checksum = told.get("checksum", hashlib.sha256(content).hexdigest())
        after = [f"checksum:{checksum}"] if checksum else []
        after += [f"ruby:{told['ruby']}"] if "ruby" in told else []
        self._info.setdefault(name, []).append(f"{number} {told.get('needs', '')}|{','.join(after)}")

    def answer(self, path: str) -> tuple[int, bytes]:
        self.asked.append(path)
        if path in self._files:
            return 200, self._files[path]
        if path == "/versions":
            lines = [
                f"{name} {','.join(line.split(' ')[0] for line in lines)} {hashlib.md5(self._told(name)).hexdigest()}\n"
                for name, lines in sorted(self._info.items())
            ]
            return 200, f"created_at: 2026-01-01T00:00:00Z\n---\n{''.join(lines)}".encode()
        found = re.fullmatch(r"/info/([^/]+)", path)
        if found and found[1] in self._info:
            return 200, self._told(found[1])
        return 404, b"not here"

    def _told(self, name: str) -> bytes:
        return ("---\n" + "".join(f"{line}\n" for line in self._info[name])).encode()


def gem(
    name: str,
    version: str = "1.0",
    files: Mapping[str, str | bytes] | None = None,
    extensions: tuple[str, ...] = (),
    links: Mapping[str, str] | None = None,
    platform: str = "ruby",
) -> bytes:
    """The bytes of a gem with these files and symbolic links."""
    lines = [
        "--- !ruby/object:Gem::Specification",
        f"name: {name}",
        f"version: !ruby/object:Gem::Version\n  version: '{version}'",
        f"platform: {platform}",
        "authors: [tests]\nsummary: a gem\ndependencies: []\nrequire_paths:\n- lib",
        "extensions: [" + ", ".join(extensions) + "]",
        "files: [" + ", ".join(f'"{file}"' for file in files or {}) + "]",
        "specification_version: 4",
    ]
    parts = {
        "metadata.gz": gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0),
        "data.tar.gz": gzip.compress(_tar(files or {}, links or {}), mtime=0),
    }
    return _tar(parts, {})


def _tar(files: Mapping[str, str | bytes], links: Mapping[str, str]) -> bytes:
    result = io.BytesIO()
    with tarfile.open(fileobj=result, mode="w", format=tarfile.USTAR_FORMAT) as made:
        for name, target in links.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            made.addfile(entry)
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            data = content.encode() if isinstance(content, str) else content
            entry.size, entry.mode = len(data), 0o644
            made.addfile(entry, io.BytesIO(data))
    return result.getvalue()


@contextmanager
def serving() -> Iterator[Gems]:
    """An index that answers."""
    gems = Gems()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, content = gems.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    gems.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield gems
    finally:
        server.shutdown()
        server.server_close()
