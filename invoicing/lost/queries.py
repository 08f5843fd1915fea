"""Everything that the ledger or the PDFs know, the database does not, and nobody has explained yet."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from contracts.models import LostRecord
from contracts.periods import day_text
from contracts.printing.stored_files import file_names, sha256_of, titled
from contracts.sealing.histories import HISTORIES, lost_rows
from contracts.sealing.ledger import ISSUED_DOCUMENTS
from contracts.sealing.ledger_lines import ISSUED, PRINTED, Ledger
from invoicing.issued import numbering
from invoicing.issued.given_out import lost_numbers
from invoicing.models import NumberSeries
from sites.reports.lost import lost_reports


@dataclass(frozen=True)
class Lost:
    """One lost number or report, and what is known of it: the ledger's digest and date, and its PDF."""

    title: str
    sha256: str = ""
    issued_on: date | None = None
    file_name: str = ""
    series: str = ""
    is_entry: bool = False

    @property
    def key(self) -> str:
        """What names it among all that is lost: two entries of a history can have had the same key."""
        return f"{self.title} {self.sha256}" if self.is_entry else self.title

    @property
    def known_from(self) -> str:
        """Say where it is known from."""
        if self.issued_on:
            return f"Issued on {day_text(self.issued_on)}, as the ledger says"
        return "Known from its PDF alone" if self.file_name else "Neither the ledger nor a PDF says what it was"


def lost_now() -> list[Lost]:
    """Return everything lost, numbers first, in the order of their series."""
    series = {code: NumberSeries(code=code, prefix=prefix) for code, prefix in numbering.SERIES.values()}
    series |= {row.code: row for row in NumberSeries.objects.order_by("code")}
    return [*_numbers(series.values()), *_reports(), *_entries()]


def lost_file(title: str) -> str:
    """Return the name of the PDF of something lost, whether explained or not; empty where there is none."""
    found = [lost.file_name for lost in lost_now() if lost.title == title]
    found += LostRecord.objects.filter(title=title).values_list("file_name", flat=True)
    return next(filter(None, found), "")


def _numbers(series: Iterable[NumberSeries]) -> Iterator[Lost]:
    lost = {one.text(number): one.code for one in series for number in lost_numbers(one)}
    if not lost:
        return
    ledger, files = ISSUED_DOCUMENTS.read(of=lost), file_names(of={titled(title) for title in lost})
    for title, code in lost.items():
        issued = list(ledger.entries.get((ISSUED, title), ()))
        day, sha256, _link = issued[-1] if issued else ("", "", "")
        yield Lost(
            title=title,
            sha256=sha256,
            issued_on=date.fromisoformat(day) if day else None,
            file_name=_file(title, files.get(titled(title), ()), ledger),
            series=code,
        )


def _file(title: str, names: Iterable[str], ledger: Ledger) -> str:
    """The PDF of a number: the one that the ledger names, or the only one where it names none."""
    printed = {sha256 for _day, sha256, _link in ledger.entries.get((PRINTED, title), ())}
    found = [name for name in names if not printed or sha256_of(name) in printed]
    return found[0] if len(found) == 1 else ""


def _reports() -> Iterator[Lost]:
    for title, names in sorted(lost_reports().items()):
        yield Lost(title=title, file_name=names[0] if len(names) == 1 else "")


def _entries() -> Iterator[Lost]:
    """Entries of histories, and other rows that are sealed from their insertion."""
    explained = set(LostRecord.objects.values_list("title", "sha256"))
    for title, day, sha256 in lost_rows(HISTORIES.read(), explained):
        yield Lost(title=title, sha256=sha256, issued_on=date.fromisoformat(day), is_entry=True)
