"""A site whose counts of July 1999 stand in monthly reports, in a renewal review, and behind invoices."""

import re
from datetime import date

from contracts.models import Agreement
from contracts.periods import Month
from sites.counts.recording import record_counts
from sites.models import ComponentCount, CountChange, MonthlyReport, RenewalReview, Site
from sites.reports.reporting import issue_report, revise_report
from tests import factories, reference
from tests.invoicing.billing_cases import issue_through
from tests.sites.reviews.cases import agree, opened

JULY, AUGUST = date(1999, 7, 31), date(1999, 8, 31)
GROWN = reference.SMALLEST | {"GE": 16, "SLC": 9}
ON = date(1999, 11, 15)


def counted_site(agreement: Agreement, city: str = "Augusta") -> Site:
    """A site that has grown from Very Small to Small by July."""
    site = factories.site(agreement, city, state="GA")
    factories.counts(site, reference.ANCHOR, reference.SMALLEST)
    record(site, JULY, GROWN)
    record(site, AUGUST, GROWN)
    return site


def record(site: Site, day: date, quantities: dict, **more) -> None:
    """Record counts on the day after they were made."""
    facts = {"source": "letter", "on": date(1999, 9, 1), "by": None} | more
    record_counts(site=site, counted_on=day, quantities=quantities, **facts)


def report(agreement: Agreement, month: int) -> MonthlyReport:
    """Issue the report of a month of 1999."""
    return issue_report(agreement=agreement, month=Month(1999, month), days_after=10, on=date(1999, 9, 5), by=None)


def revise(agreement: Agreement, month: int) -> MonthlyReport:
    """Issue a revision of the report of a month of 1999."""
    facts = {"days_after": 10, "reason": "A count was wrong", "on": ON, "by": None}
    return revise_report(agreement=agreement, month=Month(1999, month), **facts)


def reviewed(agreement: Agreement, *, agreed: bool = True) -> RenewalReview:
    """Open the review of the first annual period, and agree to what it proposes."""
    review = opened(agreement)
    return agree(review) if agreed else review


# ---- pages ---------------------------------------------------------------------------------------------------------


def history_of(site: Site, code: str = "GE", day: str = "1999-07-31") -> str:
    """The address of a figure."""
    return f"/sites/{site.pk}/counts/{code}/{day}/"


def correct(site: Site, **more) -> str:
    """The address of its correction."""
    return history_of(site, **more) + "correct/"


def text_of(response) -> str:
    """What a page says."""
    assert response.status_code == 200, response.status_code
    html = re.sub(r"<(script|style).*?</\1>", "", response.content.decode(), flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", html.split("<main")[1].split("</main")[0]).split()).replace(" ,", ",")


def rows_of(response, table: str) -> list[str]:
    """The rows of a table's body as text."""
    html = response.content.decode().split(f'aria-label="{table}"')[1].split("</table>")[0]
    rows = html.split("<tbody>")[1].split("<tr>")[1:]
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]


HISTORY, RESTING = "History of the figure", "Documents that depend on the figure"


def stored(site: Site, code: str = "GE") -> int | None:
    """The figure of July on file."""
    row = ComponentCount.objects.filter(site=site, component_code=code, counted_on=JULY).first()
    return row.quantity if row else None


def entries() -> list[tuple]:
    """The history of the gateway elements of July."""
    rows = CountChange.objects.filter(component_code="GE", counted_on=JULY).order_by("pk")
    return [(row.before, row.after, row.source, row.reason) for row in rows]


def typed(**more) -> dict:
    """A correction as the form sends it."""
    return {"quantity": "14", "reason": "A bay was left out", "source": "call", "seen": "16"} | more


def documents_of(agreement: Agreement) -> None:
    """Two reports, an agreed review and two invoices that rest on the figures of July."""
    report(agreement, 7)
    report(agreement, 8)
    reviewed(agreement)
    issue_through(date(1999, 11, 30))
