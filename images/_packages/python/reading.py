"""Reads what a source distribution says of itself, and runs none of it."""

import email.parser
import re
import tarfile
import tomllib
import zipfile

#: Entries of an archive that are looked at, and bytes of one file that is read.
_ENTRIES, _FILE_BYTES = 20_000, 2**20
_READ = re.compile(r"[^/]+/(?:PKG-INFO|pyproject\.toml|(?:[^/]+/)?[^/]+\.egg-info/(?:PKG-INFO|requires\.txt))")


class NotSaid(Exception):
    """What a package needs is not to be seen without running it."""


def needs(path):
    """What the source distribution in that file needs, as requirements; and the Python that it needs, or None.

    Raises:
        NotSaid: it does not say so in a file.
    """
    try:
        files = dict(_files(path))
    except (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError, ValueError) as error:
        raise NotSaid("cannot be unpacked") from error
    for read in (_from_metadata, _from_project, _from_egg):
        found = read(files)
        if found is not None:
            return found
    raise NotSaid("does not say what it needs without being run")


def _files(path):
    """The files that may say it, by their names in the archive."""
    if path.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist()[:_ENTRIES]:
                if _READ.fullmatch(entry.filename) and entry.file_size <= _FILE_BYTES:
                    yield entry.filename, archive.read(entry)
        return
    with tarfile.open(path, "r|*") as archive:
        for number, entry in enumerate(archive):
            if number > _ENTRIES:
                return
            if entry.isreg() and entry.size <= _FILE_BYTES and _READ.fullmatch(entry.name):
                yield entry.name, archive.extractfile(entry).read()


def _from_metadata(files):
    """PKG-INFO, which counts from version 2.2 on: then it says which of its fields only a build would tell."""
    for name, content in files.items():
        if not re.fullmatch(r"[^/]+/PKG-INFO", name):
            continue
        fields = email.parser.BytesParser().parsebytes(content, headersonly=True)
        version = re.fullmatch(r"(\d{1,3})\.(\d{1,3})", str(fields.get("Metadata-Version", "")).strip())
        dynamic = {str(each).strip().lower() for each in fields.get_all("Dynamic", [])}
        if (
            version
            and (int(version[1]), int(version[2])) >= (2, 2)
            and not dynamic & {"requires-dist", "requires-python"}
        ):
            return [str(each) for each in fields.get_all("Requires-Dist", [])], fields.get("Requires-Python")
    return None


def _from_project(files):
    for name, content in files.items():
        if name.endswith("/pyproject.toml"):
            try:
                project = tomllib.loads(content.decode()).get("project")
            except (ValueError, RecursionError):
                return None
            if isinstance(project, dict) and "dependencies" not in project.get("dynamic", []):
                listed = project.get("dependencies", [])
                if isinstance(listed, list) and all(isinstance(each, str) for each in listed):
                    return listed, project.get("requires-python")
    return None


def _from_egg(files):
    """What setuptools wrote beside the sources when it made the distribution. No file means that nothing is needed."""
    folders = {name.rpartition("/")[0] for name in files if ".egg-info/" in name}
    if len(folders) != 1:
        return None
    needed, condition = [], ""
    for line in files.get(f"{folders.pop()}/requires.txt", b"").decode("utf-8", "replace").splitlines():
        section = re.fullmatch(r"\[([^:\]]{0,100}):?([^\]]{0,300})\]", line.strip())
        if section:
            extra = f"extra == '{section[1]}'" if section[1] else ""
            condition = " and ".join(f"({each})" for each in (extra, section[2]) if each)
        elif line.strip():
            needed.append(f"{line.strip()}; {condition}" if condition else line.strip())
    return needed, None
