"""What was issued on an import, whatever its kind: as long as it stands, the import cannot be undone."""

from collections.abc import Callable, Collection

from contracts.periods import Month, day_text
from sites.models import ImportedFile, MonthlyReport


def dependent_reports(
    file: ImportedFile, *, agreements: Collection[int], rests: Callable[[int, Month], bool], what: str
) -> list[str]:
    """Return a sentence for every monthly report that was issued since the import and took in something of it.

    `rests` says so of an agreement, by its key, and a month; `what` names what the report took in: "figures".
    """
    reports = MonthlyReport.objects.filter(agreement__in=agreements, issued_on__gte=file.imported_on)
    found = []
    for report in reports.select_related("agreement").order_by("agreement", "month", "revision"):
        if rests(report.agreement_id, Month.of(report.month)):
            message = f"{report} of agreement {report.agreement.number}, issued on {day_text(report.issued_on)}"
            found.append(
                f"{message}, is based on {what} of this file. Correct the {what} and issue a revision instead."
            )
    return found
