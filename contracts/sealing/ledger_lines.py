"""The lines of a ledger, which keeps outside the database what was issued and recorded in it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import quote, unquote

ISSUED, PRINTED, RECORDED, CHANGED = "issued", "printed", "recorded", "changed"
EVENTS = (ISSUED, PRINTED, RECORDED, CHANGED)
MADE_GOOD = "later"
"""The last word of a line that was not written at once, but made good after a crash."""


@dataclass(frozen=True)
class LedgerEntry:
    """One line of a ledger: a document was issued, its PDF was stored, or a row was recorded or changed.

    `sha256` is the digest of the content, the PDF or the row. `chain` is the document's link; nothing else has one, nor
    has a document that was issued before links were kept.
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
        words = [self.event, written(self.number), self.issued_on.isoformat(), self.sha256, self.chain or "-"]
        return " ".join([*words, MADE_GOOD] if self.backfilled else words)

    @property
    def says(self) -> tuple[str, ...]:
        """What it says of its document."""
        return self.issued_on.isoformat(), self.sha256, self.chain


def written(number: str) -> str:
    """Return a number as one word of a line."""
    return quote(number, safe="")


def entry_of(line: str) -> LedgerEntry | None:
    """Read one line of the ledger; None where it is none, such as one that a crash cut off."""
    words = line.split(" ")
    if len(words) not in (5, 6) or words[0] not in EVENTS or words[5:] not in ([], [MADE_GOOD]):
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
    """What a ledger says, by event and number: each different saying once, the one that was said last at the end."""

    entries: dict[tuple[str, str], dict[tuple[str, ...], None]] = field(default_factory=dict)
    last: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What was said last of a number, whatever the event."""
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
            says = ledger.entries.setdefault((entry.event, entry.number), {})
            says.pop(entry.says, None)
            says[entry.says] = None
            ledger.last[entry.number] = entry.says
            ledger.backfilled += entry.backfilled
        return ledger

    def holds(self, entry: LedgerEntry) -> bool:
        """Whether there is any line for this event of this document, whatever it says."""
        return (entry.event, entry.number) in self.entries
