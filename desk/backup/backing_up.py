"""Making a backup while people work, and restoring one into an empty place."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection

from contracts.printing.stored_files import file_names
from contracts.sealing.histories import HISTORIES
from contracts.sealing.ledger import ISSUED_DOCUMENTS
from desk.backup import databases
from desk.backup.archive import DATABASE, DOCUMENTS, UPLOADS, CannotBackUp, Manifest, unpacked, written

NAMED = re.compile(r"contract-desk-[0-9]{8}-[0-9]{6}\.tar\.gz")


def named(at: datetime) -> str:
    """Return the name of a backup that is put into a folder: its time in UTC."""
    return f"contract-desk-{at:%Y%m%d-%H%M%S}.tar.gz"


def back_up(path: Path) -> Manifest:
    """Write a backup of database, PDFs, ledgers and uploads into a file, and return what it holds.

    Nobody has to stop working. Raises CannotBackUp, and OSError where the file cannot be written.
    """
    documents, uploads = settings.DOCUMENTS_DIR, Path(settings.MEDIA_ROOT)
    at = datetime.now(UTC)
    with written(path) as backup, tempfile.TemporaryDirectory(dir=path.parent, prefix=".backup-") as folder:
        before = {name for names in file_names().values() for name in names}
        for ledger in (ISSUED_DOCUMENTS.path, HISTORIES.path):
            if ledger.exists():
                backup.add(ledger, f"{DOCUMENTS}/{ledger.name}")
        with databases.taken(Path(folder) / DATABASE) as known:
            backup.add(Path(folder) / DATABASE, DATABASE)
        missing = []
        for name in sorted(before | known):
            try:
                backup.add(documents / name, f"{DOCUMENTS}/{name}")
            except FileNotFoundError:
                missing.append(name)
        for file in _files(uploads):
            backup.add(file, f"{UPLOADS}/{file.relative_to(uploads).as_posix()}")
        manifest = Manifest(at.isoformat(timespec="seconds"), connection.vendor, backup.files, tuple(missing))
        backup.close(manifest)
    return manifest


def _files(folder: Path) -> Iterator[Path]:
    """The files of a folder and of the folders in it."""
    yield from sorted(path for path in folder.rglob("*") if path.is_file())


def keep_latest(folder: Path, number: int) -> list[Path]:
    """Remove all backups of a folder but the latest ones, and return those removed; other files are left alone."""
    backups = sorted((path for path in folder.iterdir() if NAMED.fullmatch(path.name)), reverse=True)
    for path in backups[number:]:
        path.unlink()
    return backups[number:]


def restore(path: Path) -> Manifest:
    """Put a backup back into an empty place and return what it held.

    Nothing is written before every file of it is the one that was put in. Raises CannotBackUp where it is not, where
    database or folders are not empty, and for a backup of the other kind of database.
    """
    documents, uploads = settings.DOCUMENTS_DIR, Path(settings.MEDIA_ROOT)
    for what, folder in (("documents, DOCUMENTS_DIR", documents), ("uploads, UPLOADS_DIR", uploads)):
        if folder.is_dir() and any(folder.iterdir()):
            raise CannotBackUp(f"{folder}, the folder of {what}, is not empty. Name an empty one, or none yet.")
    if not databases.is_empty():
        raise CannotBackUp("The database is not empty. Name an empty one in DATABASE_URL.")
    documents.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=documents.parent, prefix=".restore-") as name:
        folder = Path(name)
        manifest = unpacked(path, folder)
        if manifest.vendor != connection.vendor:
            raise CannotBackUp(f"This is a backup of {manifest.vendor}; DATABASE_URL names {connection.vendor}.")
        databases.put_back(folder / DATABASE)
        for part, place in ((DOCUMENTS, documents), (UPLOADS, uploads)):
            if (folder / part).is_dir():
                shutil.copytree(folder / part, place, dirs_exist_ok=True)
    return manifest
