"""Monthly reports that are among the PDFs but not in the database, which was restored from an older backup."""

import re
from collections.abc import Mapping

from contracts.models import Agreement, LostRecord
from contracts.periods import Month
from contracts.printing.stored_files import file_names, titled
from sites.models import MonthlyReport
from sites.reports.printing import BEGINNING, report_title


def lost_reports() -> dict[str, list[str]]:
    """Return the files of every report that is in no book and that nobody has explained, by the report's name."""
    files = file_names(BEGINNING)
    issued = MonthlyReport.objects.values_list("agreement__number", "month", "revision") if files else ()
    explained = explained_reports() if files else {}
    known = {titled(report_title(number, month.isoformat(), revision)) for number, month, revision in issued}
    return {title: names for title, names in files.items() if title not in known and title not in explained}


def explained_reports(beginning: str = BEGINNING) -> dict[str, LostRecord]:
    """Return what finance has explained of lost reports, by their names."""
    return {row.title: row for row in LostRecord.objects.filter(title__startswith=beginning).order_by("pk")}


def lost_of_month(agreement: Agreement, month: Month, *, issued: int | None) -> list[str]:
    """Return the lost reports of a month that nobody has explained; `issued` is the last revision in the books."""
    files = _revisions(agreement, month, file_names(_title(agreement, month)))
    explained = explained_of_month(agreement, month)
    known = range(0 if issued is None else issued + 1)
    return [title for revision, title in sorted(files.items()) if revision not in known and revision not in explained]


def explained_of_month(agreement: Agreement, month: Month) -> dict[int, LostRecord]:
    """Return the lost reports of a month that were explained, by their revision: none is ever issued again."""
    rows = explained_reports(_title(agreement, month))
    return {revision: rows[title] for revision, title in _revisions(agreement, month, rows).items()}


def _title(agreement: Agreement, month: Month) -> str:
    return titled(report_title(agreement.number, month.span.first_day.isoformat()))


def _revisions(agreement: Agreement, month: Month, titles: Mapping[str, object]) -> dict[int, str]:
    name = re.compile(re.escape(_title(agreement, month)) + r"(?:-revision-([0-9]{1,4}))?")
    return {int(match[1] or 0): match[0] for match in map(name.fullmatch, titles) if match}
