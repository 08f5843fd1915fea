"""The folder of documents: files that appear whole or not at all, whose names carry the beginning of their digest."""

import os
import re
import tempfile
import time
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path

from django.conf import settings

UNFINISHED = ".part"
PAPERS = "reviews"
"""The folder within it for papers that are printed anew each time; nothing is kept of them."""

_FINISHED = re.compile(r"([^.]+)\.[0-9a-f]{16}\.pdf")

ABANDONED_AFTER = 60 * 60
"""Seconds after which an unfinished file belongs to no process any more."""


def stored_name(title: str, digest: str) -> str:
    """Return the name of a stored PDF: its number or title, and the beginning of the digest."""
    return f"{titled(title)}.{digest[:16]}.pdf"


def titled(title: str) -> str:
    """Return a number or title as the names of its files begin."""
    return re.sub(r"[^A-Za-z0-9-]+", "-", title)


def file_names(beginning: str = "", *, of: Collection[str] | None = None) -> dict[str, list[str]]:
    """Return the finished PDFs in the folder by their titles, of all, of those that begin so or of some titles."""
    try:
        names = sorted(name for name in os.listdir(settings.DOCUMENTS_DIR) if name.startswith(beginning))
    except FileNotFoundError:
        return {}
    if of is not None:
        names = [name for name in names if name.partition(".")[0] in of]
    found: dict[str, list[str]] = {}
    for name in names:
        if match := _FINISHED.fullmatch(name):
            found.setdefault(match[1], []).append(name)
    return found


def another_folder(*, unknown: str, unsure: str) -> str:
    """Say that the folder of documents is not the right one, by what it does not know, and what nobody knows then."""
    return (
        f"{settings.DOCUMENTS_DIR}, the folder of documents (DOCUMENTS_DIR), does not know {unknown}, whose PDF was "
        f"stored, so nobody knows whether {unsure} before: ask an administrator to mount or name the right folder, or "
        "to make it again where it was lost for good."
    )


def path_of(file_name: str) -> Path:
    """Return where a file is kept."""
    return settings.DOCUMENTS_DIR / file_name


def sha256_of(file_name: str) -> str:
    """Return the digest of a file as it is now; empty where it is missing or cannot be read."""
    try:
        return sha256(path_of(file_name).read_bytes()).hexdigest()
    except OSError:
        return ""


def keep(file_name: str, data: bytes, *, folder: Path | None = None) -> None:
    """Write a file that is either there as a whole, and survives a power cut, or not there at all."""
    folder = folder or settings.DOCUMENTS_DIR
    folder.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=folder, prefix=".", suffix=UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(unfinished).replace(folder / file_name)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    _sync(folder)


def sweep() -> None:
    """Remove what killed processes have left unfinished."""
    for path in settings.DOCUMENTS_DIR.glob(f".*{UNFINISHED}"):
        try:
            if path.stat().st_mtime < time.time() - ABANDONED_AFTER:
                path.unlink()
        except FileNotFoundError:
            continue  # another process finished it, or swept it, in the meantime


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
