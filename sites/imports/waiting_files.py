"""Files that were checked and wait for a person's confirmation, for a day at most."""

import hashlib
import time

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

FOLDER = "imports"
LONGEST_SECONDS = 24 * 60 * 60


def keep(content: bytes) -> str:
    """Keep a file until it is confirmed, and return its digest; files that nobody confirmed in a day are removed."""
    _sweep()
    digest = hashlib.sha256(content).hexdigest()
    if not default_storage.exists(_place(digest)):
        default_storage.save(_place(digest), ContentFile(content))
    return digest


def kept(digest: str) -> bytes | None:
    """Return a file that is kept, or None where it is no longer there."""
    try:
        with default_storage.open(_place(digest)) as file:
            return file.read()
    except FileNotFoundError:
        return None


def remove(digest: str) -> None:
    """Remove a file that was confirmed."""
    default_storage.delete(_place(digest))


def _place(digest: str) -> str:
    return f"{FOLDER}/{digest}"


def _sweep() -> None:
    if not default_storage.exists(FOLDER):
        return
    for name in default_storage.listdir(FOLDER)[1]:
        age = time.time() - default_storage.get_modified_time(_place(name)).timestamp()
        if age > LONGEST_SECONDS:
            default_storage.delete(_place(name))
