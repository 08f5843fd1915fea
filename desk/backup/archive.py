"""A backup is one file: the database, the PDFs with their ledgers, the uploads, and a manifest of all of it.

The parts are taken in an order in which they fit one another while people work: the ledgers first, then the database as
it is at one moment, then the PDFs that it knows. A ledger that lacks the last lines is made good when it is restored;
one that had more would keep the restored desk from giving out numbers.
"""

import hashlib
import json
import os
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from contracts.refusal import Refusal

FORM = 1
MANIFEST, DATABASE, DOCUMENTS, UPLOADS = "manifest.json", "database", "documents", "uploads"
AT_ONCE = 1024**2


class CannotBackUp(Refusal):
    """No backup can be made, or one cannot be restored; the message says why and what to do."""


@dataclass(frozen=True)
class Member:
    """A file of a backup: its size in bytes and its SHA-256."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup holds: when and of which kind of database it was made, its files, and PDFs that were not there."""

    made_at: str
    vendor: str
    files: Mapping[str, Member]
    missing: tuple[str, ...] = ()

    def as_json(self) -> bytes:
        files = {name: [member.size, member.sha256] for name, member in self.files.items()}
        content = {"form": FORM, "made_at": self.made_at, "database": self.vendor, "missing": self.missing}
        return json.dumps(content | {"files": files}, indent=1).encode()


class Writer:
    """Writes a backup file: it appears whole or not at all, and only its owner may read it."""

    def __init__(self, archive: tarfile.TarFile):
        self._archive = archive
        self.files: dict[str, Member] = {}

    def add(self, path: Path, name: str) -> None:
        """Put a file in, as it stands now."""
        entry = tarfile.TarInfo(name)
        with path.open("rb") as file:
            entry.size, entry.mode, entry.mtime = os.fstat(file.fileno()).st_size, 0o600, int(path.stat().st_mtime)
            reader = _Hashing(file, entry.size)
            self._archive.addfile(entry, reader)
        self.files[name] = Member(entry.size, reader.digest.hexdigest())

    def close(self, manifest: Manifest) -> None:
        """Put the manifest in, as the last file."""
        data = manifest.as_json()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(data), 0o600
        with tempfile.TemporaryFile() as file:
            file.write(data)
            file.seek(0)
            self._archive.addfile(entry, file)


class _Hashing:
    """Reads so many bytes of a file, also of one that grows meanwhile, and computes their digest."""

    def __init__(self, file, size: int):
        self._file, self._left, self.digest = file, size, hashlib.sha256()

    def read(self, number: int) -> bytes:
        data = self._file.read(min(number, self._left))
        self._left -= len(data)
        self.digest.update(data)
        return data


@contextmanager
def written(path: Path) -> Iterator[Writer]:
    """Write a backup file. Raises OSError where it cannot be written; what was begun is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as archive:
                yield Writer(archive)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def unpacked(path: Path, folder: Path) -> Manifest:
    """Unpack a backup into an empty folder and return its manifest, once every file is the one that was put in.

    Raises CannotBackUp, naming the first file that is not, and for anything that is no backup.
    """
    found: dict[str, Member] = {}
    try:
        for name, member in _unpack(path, folder):
            found[name] = member
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError) as fault:
        after = f", after {list(found)[-1]}" if found else ""
        raise CannotBackUp(f"{path} cannot be read as a backup{after} ({fault}). Take another copy of it.") from None
    manifest = _manifest(folder / MANIFEST, path)
    for name, member in manifest.files.items():
        if name not in found:
            raise CannotBackUp(f"{path} lacks {name}, which its manifest names. Take another copy of it.")
        if found[name] != member:
            raise CannotBackUp(f"{name} in {path} is not the file that was put in. Take another copy of it.")
    if strange := sorted(found.keys() - manifest.files.keys() - {MANIFEST}):
        raise CannotBackUp(f"{path} holds {strange[0]}, which its manifest does not name. Take another copy of it.")
    return manifest


def _unpack(path: Path, folder: Path) -> Iterator[tuple[str, Member]]:
    with tarfile.open(path, mode="r:gz") as archive:
        for entry in archive:
            name = PurePosixPath(entry.name)
            if not entry.isfile() or name.is_absolute() or ".." in name.parts:
                raise ValueError(f"{entry.name} is no file of a backup")
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            digest, size = hashlib.sha256(), 0
            with archive.extractfile(entry) as source, open(target, "xb", opener=_private) as copy:
                while data := source.read(AT_ONCE):
                    copy.write(data)
                    digest.update(data)
                    size += len(data)
            yield entry.name, Member(size, digest.hexdigest())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _manifest(path: Path, backup: Path) -> Manifest:
    try:
        content = json.loads(path.read_text())
        files = {name: Member(size, digest) for name, (size, digest) in content["files"].items()}
        form, vendor = content["form"], content["database"]
        manifest = Manifest(content["made_at"], vendor, files, tuple(content["missing"]))
    except FileNotFoundError:
        raise CannotBackUp(
            f"{backup} has no manifest: it is no backup, or no whole one. Take another copy of it."
        ) from None
    except (ValueError, KeyError, TypeError):
        raise CannotBackUp(f"The manifest of {backup} cannot be read. Take another copy of it.") from None
    if form != FORM:
        raise CannotBackUp(f"{backup} is of a later form ({form}). Restore it with the version that made it.")
    return manifest
