"""The wheels that the lock names: waits until there is a lock, tells it, waits for a line, and has them in `wheels`.

Each is compared with the lock's hash, also if it was kept. What uv is to install of them is written to wheels.txt.
"""

import concurrent.futures
import hashlib
import os
import sys
import urllib.parse
import zipfile

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), "/usr/local/lib/gistrun/building"]

import files  # noqa: E402
import locked  # noqa: E402
from packaging.tags import sys_tags  # noqa: E402
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename  # noqa: E402

_KEPT, _LEFT, _WHEELS = "/kept", "/cache", "wheels"
_AT_A_TIME = 8
#: Files in all wheels together.
_MOST_FILES = 300_000
_ADVICE = "ask for fewer, or for smaller ones"
_DOWNLOAD, _DISK = (int(os.environ[f"GISTRUN_{what}_BYTES"]) for what in ("DOWNLOAD", "DISK"))


def main():
    with open("resolved", encoding="utf-8"):
        packages = locked.packages()
    chosen = _chosen([package for package in packages if package.get("wheels")])
    with open("pylock.toml", "rb") as file:
        lock = file.read()
    whole = b" whole" if len(chosen) == len(packages) else b""
    sys.stdout.buffer.write(b"%d%s\n%s" % (len(lock), whole, lock))
    sys.stdout.flush()
    if not sys.stdin.buffer.readline():
        return 1  # nobody waits any more
    _fetch(chosen)
    if len(chosen) < len(packages):
        import sources  # only where it is needed, since it takes a while

        return sources.fetch()
    return 0


def _chosen(packages):
    """For each package the wheel that fits this interpreter best. Ends with a sentence if all are too large."""
    order = {tag: number for number, tag in enumerate(sys_tags())}
    chosen = [_best(package, order) for package in packages]
    total = sum(each["size"] for each in chosen)
    if total > _DOWNLOAD:
        largest = sorted(chosen, key=lambda each: -each["size"])[:3]
        named = ", ".join(f"{each['name']} {each['version']} {each['size'] / 1e6:,.0f} MB" for each in largest)
        sys.exit(
            f"refused: These packages are larger than the {_DOWNLOAD / 1e6:,.0f} MB that may be downloaded: together "
            f"{total / 1e6:,.0f} MB, {named}."
        )
    return chosen


def _best(package, order):
    """Of a package's wheels the one whose tags come first."""
    found = []
    for wheel in package["wheels"]:
        name = urllib.parse.unquote(urllib.parse.urlsplit(wheel["url"]).path.rpartition("/")[2])
        try:
            tags = parse_wheel_filename(name)[3]
        except InvalidWheelFilename:
            continue
        if "/" in name:
            continue
        place = min((order[tag] for tag in tags if tag in order), default=None)
        if place is not None:
            found.append((place, name, wheel))
    if not found:
        sys.exit(
            f"refused: {package['name']} {package['version']}, which this gist had before, is not made for the Python "
            "that is here now: run it again with today's packages."
        )
    _, name, wheel = min(found, key=lambda each: each[0])
    return {
        "name": package["name"],
        "version": package["version"],
        "file": name,
        "url": wheel["url"],
        "size": wheel.get("size", 0),
        "sha256": wheel.get("hashes", {}).get("sha256"),
    }


def _fetch(chosen):
    os.makedirs(_WHEELS)
    with concurrent.futures.ThreadPoolExecutor(_AT_A_TIME) as threads:
        # The largest first: they take longest.
        order = sorted(chosen, key=lambda each: -each["size"])
        lines = list(threads.map(_have, order))
    _weigh(chosen)
    with open("wheels.txt", "w", encoding="utf-8") as file:
        file.writelines(lines)


def _have(wheel):
    """Have one wheel in its place; returns what uv is to install."""
    path, digest = os.path.join(_WHEELS, wheel["file"]), wheel["sha256"]
    kept = os.path.join(_KEPT, digest) if digest else ""
    if kept and _hash(kept) == digest:
        os.symlink(kept, path)
    else:
        left = os.path.join(_LEFT, f"{canonicalize_name(wheel['name'])}.whl")
        try:
            actual = files.download(wheel["url"], left, _DOWNLOAD)
        except files.NotGot as error:
            _refuse(f"{wheel['name']} {wheel['version']} {error}")
        if digest not in (None, actual):
            _refuse(f"{wheel['name']} is not what its registry says: its hash differs")
        digest = actual
        os.symlink(left, path)
    return f"{wheel['name']}=={wheel['version']} --hash=sha256:{digest}\n"


def _refuse(why):
    # On a thread of its own, with the others at work: nothing of theirs counts any more.
    sys.stderr.write(f"refused: {why}.\n")
    sys.stderr.flush()
    os._exit(1)


def _hash(path):
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _weigh(chosen):
    """What the wheels say that is in them. Those that do not say it right are stopped while they are unpacked."""
    size = count = 0
    for wheel in chosen:
        try:
            with zipfile.ZipFile(os.path.join(_WHEELS, wheel["file"])) as archive:
                entries = archive.infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            continue  # uv says what is wrong with it
        size += sum(entry.file_size for entry in entries)
        count += len(entries)
    if size > _DISK:
        _refuse(f"These packages take more than the {_DISK / 1e6:,.0f} MB of disk that they may; {_ADVICE}")
    if count > _MOST_FILES:
        _refuse(f"These packages have more than the {_MOST_FILES:,} files that they may; {_ADVICE}")


if __name__ == "__main__":
    sys.exit(main())
