"""Ledgers: files beside the PDFs to which one line is added for everything that is issued, stored or recorded.

They are only ever added to. Whoever changes the books and their digests alike still has the ledgers against him: keep
them, as the PDFs, where those who own the database cannot write.
"""

import fcntl
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from contracts.sealing.ledger_lines import Ledger, LedgerEntry, written


@dataclass(frozen=True)
class LedgerFile:
    """One ledger, by the name of its file."""

    name: str

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return settings.DOCUMENTS_DIR / self.name

    def knows(self, digest: str) -> bool:
        """Tell whether a digest stands in it."""
        try:
            return digest.encode() in self.path.read_bytes()
        except FileNotFoundError:
            return False

    def read(self, *, of: Iterable[str] | None = None) -> Ledger:
        """Read it as it stands, all of it or only the lines of some numbers; an empty one where there is none."""
        words = None if of is None else {written(number) for number in of}
        try:
            with self.path.open(encoding="utf-8", errors="replace") as file:
                lines = (
                    file
                    if words is None
                    else [line for line in file if line.partition(" ")[2].partition(" ")[0] in words]
                )
                return Ledger.of(line.rstrip("\n") for line in lines)
        except FileNotFoundError:
            return Ledger()

    def add(self, entries: Iterable[LedgerEntry]) -> None:
        """Write whole lines to its end and wait until they survive a power cut; one writer at a time."""
        text = "".join(f"{entry.text}\n" for entry in entries)
        if not text:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            _write(handle, text if _is_whole(handle) else f"\n{text}")
            os.fsync(handle)
        finally:
            os.close(handle)


ISSUED_DOCUMENTS = LedgerFile("ledger.txt")
"""A line for each document that was issued and for each of its PDFs."""


def _is_whole(handle: int) -> bool:
    """Whether the last line was written to its end; one that a crash cut off stands alone and is not read."""
    size = os.fstat(handle).st_size
    return size == 0 or os.pread(handle, 1, size - 1) == b"\n"


def _write(handle: int, text: str) -> None:
    data = text.encode()
    while data:
        data = data[os.write(handle, data) :]
