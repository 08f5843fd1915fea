"""The chain of issued documents, and the ledger that keeps its links outside the database.

Every document carries a digest of itself and of the one before it in its series, so that none can be changed, dated
otherwise, renumbered or left out without all that follow. The last link proves the whole series: it is enough to have
kept that one elsewhere. The ledger keeps them all, one line for each document, in a file beside the PDFs.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import quote, unquote

ISSUED, PRINTED = "issued", "printed"
MADE_GOOD = "later"
"""The last word of a line that was not written at once, but made good after a crash."""


def chain_sha256(*, before: str, number: str, issued_on: date, content_sha256: str) -> str:
    """Return the link of a document: the SHA-256 of the link before it, its number, its date and its content's digest.

    The first document of a series has no link before it: an empty text.
    """
    text = json.dumps([before, number, issued_on.isoformat(), content_sha256], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class LedgerEntry:
    """One line of the ledger: a document was issued, or its PDF was stored.

    `sha256` is the digest of the content or of the PDF. `chain` is the document's link; a PDF has none, nor has a
    document that was issued before links were kept.
    """

    event: str
    number: str
    issued_on: date
    sha256: str
    chain: str = ""
    backfilled: bool = False

    @property
    def text(self) -> str:
        """The line as it is written, without its end."""
        words = [self.event, quote(self.number, safe=""), self.issued_on.isoformat(), self.sha256, self.chain or "-"]
        return " ".join([*words, MADE_GOOD] if self.backfilled else words)

    @property
    def says(self) -> tuple[str, ...]:
        """What it says of its document."""
        return self.issued_on.isoformat(), self.sha256, self.chain


def entry_of(line: str) -> LedgerEntry | None:
    """Read one line of the ledger; None where it is none, such as one that a crash cut off."""
    words = line.split(" ")
    if len(words) not in (5, 6) or words[0] not in (ISSUED, PRINTED) or words[5:] not in ([], [MADE_GOOD]):
        return None
    event, number, day, sha256, chain = words[:5]
    try:
        issued_on = date.fromisoformat(day)
    except ValueError:
        return None
    if len(sha256) != 64 or (chain != "-" and len(chain) != 64):
        return None
    return LedgerEntry(event, unquote(number), issued_on, sha256, "" if chain == "-" else chain, len(words) == 6)


@dataclass
class Ledger:
    """What the ledger says of every document: by event and number, each different saying once."""

    entries: dict[tuple[str, str], set[tuple[str, ...]]] = field(default_factory=dict)
    backfilled: int = 0
    unreadable: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, lines: Iterable[str]) -> "Ledger":
        """Read the lines of a ledger."""
        ledger = cls()
        for position, line in enumerate(lines, start=1):
            entry = entry_of(line)
            if entry is None:
                ledger.unreadable.append(position)
                continue
            ledger.entries.setdefault((entry.event, entry.number), set()).add(entry.says)
            ledger.backfilled += entry.backfilled
        return ledger

    def holds(self, entry: LedgerEntry) -> bool:
        """Whether there is any line for this event of this document, whatever it says."""
        return (entry.event, entry.number) in self.entries
