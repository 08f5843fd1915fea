"""Every kind of document with several pages and the longest words: nothing leaves its sheet, nothing is parted."""

import calendar
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from contracts.models import Agreement, Party
from contracts.periods import Month
from contracts.printing.pdf import render_pdf
from invoicing.credits.crediting import credit
from invoicing.documents.printing import render_content
from invoicing.models import Invoice
from invoicing.runs.drafting import draft_invoices
from sites.hours.recording import buy_blocks
from sites.models import RenewalReview, Site
from sites.reports.printing import render_report
from sites.reports.reporting import issue_report, revise_report
from sites.reviews.content import Edition, review_paper
from sites.reviews.printing import review_html
from sites.reviews.reviewing import open_review
from tests import factories, reference
from tests.contracts.printing.placed import Placed, placed
from tests.sites.reports.test_reporting import correct

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

TEMPLATES = Path(__file__).resolve().parents[1] / "templates" / "print"
WORD = "Mammutbaumwollspinnereigenossenschaftsgebaeudeverwaltungsrat"
"""One word of 60 letters."""
SITES = 24
DECEMBER, JULY = date(1998, 12, 1), date(1999, 7, 31)
ALONE = ("Total", "All sites", "Difference")
"""How the rows begin that never stand alone on a sheet."""
HEADINGS = ("H1", "H2", "H3", "THead", "Caption")
MARGIN_BELOW = 54
MONTHS = tuple(calendar.month_name[1:]) + tuple(calendar.month_abbr[1:])


@pytest.fixture
def agreement() -> Agreement:
    """An agreement in which everything that can be named is one long word, with many sites."""
    levels = tuple(replace(level, name=f"{WORD[:59]}{level.rank}") for level in reference.LEVELS)
    components = (replace(reference.COMPONENTS[0], name=WORD), *reference.COMPONENTS[1:])
    schedule = replace(reference.SCHEDULE, levels=levels, components=components, hour_services=(WORD, "Customer Care"))
    terms = replace(reference.AMENDMENT, contract_number=WORD[:40], schedule=schedule, schedule_clause=WORD)
    row = factories.agreement(WORD[:40], amendments=(terms,), customer_reference=WORD)
    Party.objects.filter(pk=row.customer_id).update(legal_name=f"{WORD} B", division=WORD, address=f"{WORD}\n{WORD}")
    Party.objects.filter(pk=row.supplier_id).update(legal_name=f"{WORD} A", division=WORD, address=f"{WORD}\n{WORD}")
    for number in range(SITES):
        site = factories.site(row, f"{WORD}{number:02}", state="NV")
        factories.counts(site, reference.ANCHOR, reference.counts())
        factories.counts(site, date(1998, 10, 31), reference.counts(GE=13 + number % 5))
        factories.counts(site, JULY, reference.counts(GE=14 + number, SLC=5 + number % 4))
        factories.team_work(site, date(1998, 10, 20), 3, service=WORD)
    factories.site(row, f"{WORD}99", in_service_on=date(1999, 11, 1))
    return Agreement.objects.with_terms().get(pk=row.pk)


def billed(agreement: Agreement) -> Invoice:
    (result,) = draft_invoices(
        through=date(1998, 10, 31), on=date(1998, 11, 1), by=None, agreements=[agreement], issue_drafts=True
    )
    return Invoice.objects.get(pk=result.documents[0].pk)


def invoice(agreement: Agreement) -> bytes:
    return render_content(billed(agreement).content).data


def mixed_invoice(agreement: Agreement) -> bytes:
    """An invoice of instalments, blocks of hours and integrations."""
    buy_blocks(agreement=agreement, blocks=2, bought_on=date(1998, 10, 5), on=date(1998, 10, 21), by=None)
    return invoice(agreement)


def credit_note(agreement: Agreement) -> bytes:
    return render_content(credit(invoice=billed(agreement), reason=WORD, on=DECEMBER, by=None).content).data


def report(agreement: Agreement) -> bytes:
    about = {"agreement": agreement, "month": Month(1998, 10), "days_after": 10, "by": None}
    return render_report(issue_report(**about, on=date(1998, 11, 5)).content).data


def revised_report(agreement: Agreement) -> bytes:
    about = {"agreement": agreement, "month": Month(1998, 10), "days_after": 10, "by": None}
    issue_report(**about, on=date(1998, 11, 5))
    for site in Site.objects.filter(agreement=agreement, in_service_on=reference.ANCHOR):
        correct(site, 15 + site.pk % 3)
    return render_report(revise_report(**about, reason=WORD, on=date(1998, 11, 9)).content).data


def review(edition: Edition, period_number: int) -> Callable[[Agreement], bytes]:
    """A paper of a review: of the first annual period, which settles prices, or of the last, which does not."""

    def made(agreement: Agreement) -> bytes:
        on = date(1999, 8, 1) if period_number == 1 else date(2000, 8, 1)
        opened = open_review(agreement=agreement, period_number=period_number, on=on, by=None)
        row = RenewalReview.objects.with_agreement().get(pk=opened.pk)
        html = review_html(paper=review_paper(review=row, edition=edition, on=on))
        return render_pdf(html=html, identifier="review", created_on=on)

    return made


SAMPLES: dict[tuple, Callable[[Agreement], bytes]] = {
    ("invoice.html", Invoice.Kind.INVOICE): invoice,
    ("invoice.html", Invoice.Kind.INVOICE, "mixed"): mixed_invoice,
    ("invoice.html", Invoice.Kind.CREDIT_NOTE): credit_note,
    ("report.html",): report,
    ("report.html", "revision"): revised_report,
    ("review.html", Edition.CUSTOMER): review(Edition.CUSTOMER, 1),
    ("review.html", Edition.INTERNAL): review(Edition.INTERNAL, 1),
    ("review.html", Edition.CUSTOMER, "term check"): review(Edition.CUSTOMER, 2),
}
"""A document of each kind, by its template and what else makes a kind."""


def test_every_kind_of_document_has_a_sample():
    templates = {
        path.name for path in TEMPLATES.glob("*.html") if 'extends "print/' in path.read_text(encoding="utf-8")
    }

    assert templates == {template for template, *_ in SAMPLES}
    assert {*Invoice.Kind, *Edition} <= {kind for _, *kinds in SAMPLES for kind in kinds}


@pytest.mark.parametrize("kind", SAMPLES, ids=lambda kind: " ".join(str(part) for part in kind))
def test_nothing_leaves_its_sheet_and_nothing_is_parted(agreement, kind):
    runs = placed(SAMPLES[kind](agreement))

    assert len({run.page for run in runs}) > 1
    assert list(faults(runs)) == []


# ---- what can be wrong with a sheet ------------------------------------------------------------------------------


def faults(runs: list[Placed]) -> Iterator[str]:
    """Say what is wrong, sheet by sheet."""
    sheets: dict[int, list[Placed]] = defaultdict(list)
    for run in runs:
        sheets[run.page].append(run)
    for number, sheet in sheets.items():
        yield from (f"page {number + 1}: {fault}" for check in CHECKS for fault in check(sheet))
    bodies = [sorted((run for run in sheet if run.tags), key=lambda run: run.base) for sheet in sheets.values()]
    for above, below in zip(bodies, bodies[1:], strict=False):
        last, first = above[-1], below[0]
        if any(last.within(tag) is not None for tag in HEADINGS):
            yield f"page {last.page + 1} ends with the heading {last.text!r}"
        if re.search(r"\b\d{1,2}$", last.text.strip()) and first.text.strip().startswith(MONTHS):
            yield f"page {last.page + 1} ends with the day {last.text!r} of {first.text!r}"


def outside(sheet: list[Placed]) -> Iterator[str]:
    for run in sheet:
        across, height = run.sheet
        margin = 54 if across < height else 43.2
        if run.left < margin - 1 or run.right > across - margin + 1:
            yield f"{run.text[:40]!r} stands from {run.left:.0f} to {run.right:.0f} on {across:.0f}"
        if run.tags and run.base > height - MARGIN_BELOW:
            yield f"{run.text[:40]!r} stands {height - run.base:.0f} above the edge below"


def covered(sheet: list[Placed]) -> Iterator[str]:
    lines = sorted((run for run in sheet if not run.within("Figure")), key=lambda run: (run.base, run.left))
    for at, one in enumerate(lines):
        for other in lines[at + 1 :]:
            if other.base - one.base > 0.6 * other.size:
                break
            if min(one.right, other.right) - max(one.left, other.left) > 1:
                yield f"{one.text[:40]!r} and {other.text[:40]!r} stand on each other"


def headless(sheet: list[Placed]) -> Iterator[str]:
    """A table with more than a label and a value in its rows has its headings on every sheet."""
    cells: dict[int, dict[int, set]] = defaultdict(lambda: defaultdict(set))
    for run in sheet:
        if (table := run.within("Table")) is not None and run.within("TBody") is not None:
            cells[table][run.within("TR")].add(run.within("TD") or run.within("TH"))
    headed = {run.within("Table") for run in sheet if run.within("THead") is not None}
    for table, rows in cells.items():
        if table not in headed and max(map(len, rows.values())) > 2:
            text = next(run.text for run in sheet if run.within("Table") == table)
            yield f"the table of {text[:40]!r} has no headings"


def lonely(sheet: list[Placed]) -> Iterator[str]:
    """The first row of a table on a sheet is no total."""
    seen = set()
    for run in sorted(sheet, key=lambda run: run.base):
        table = run.within("Table")
        if run.within("TBody") is None or table in seen:
            continue
        seen.add(table)
        if run.text.strip().startswith(ALONE):
            yield f"{run.text.strip()!r} stands alone"


def parted(sheet: list[Placed]) -> Iterator[str]:
    """The first row below the headings begins on this sheet: it has a text in the first column."""
    heads: dict[int, Placed] = {}
    rows: dict[int, list[Placed]] = defaultdict(list)
    for run in sorted(sheet, key=lambda run: run.base):
        table = run.within("Table")
        if run.within("THead") is not None:
            heads[table] = min(heads.get(table, run), run, key=lambda run: run.left)
        elif run.within("TBody") is not None and (not rows[table] or rows[table][0].within("TR") == run.within("TR")):
            rows[table].append(run)
    for table, head in heads.items():
        if rows[table] and min(run.left for run in rows[table]) > head.right + 1:
            yield f"the row of {rows[table][0].text[:40]!r} is parted from its beginning"


CHECKS = (outside, covered, headless, lonely, parted)


# ---- the checks find what they are for ---------------------------------------------------------------------------

ROWS = "".join(f"<tr><td>{number}</td><td>a</td><td>b</td></tr>" for number in range(60))


def of(body: str) -> str:
    html = f"<html><head><title>x</title></head><body>{body}</body></html>"
    return " ".join(faults(placed(render_pdf(html=html, identifier="x", created_on=DECEMBER))))


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (f'<p style="white-space: nowrap">{WORD * 3}</p>', "stands from 54 to"),
        (f'<p style="margin-bottom: -12pt">{WORD}</p><p>{WORD}</p>', "stand on each other"),
        (
            '<h2>Last</h2><p style="break-before: page">First</p>',
            "page 1 ends with the heading 'Last'",
        ),
        (
            '<p>On 4</p><p style="break-before: page">October 1998</p>',
            "page 1 ends with the day 'On 4' of 'October 1998'",
        ),
        (f'<table class="grid"><tbody>{ROWS}</tbody></table>', "has no headings"),
        (
            '<table class="grid"><thead><tr><th>Site</th><th>Why</th></tr></thead><tbody><tr><td>Reno</td>'
            f"<td>{'<p>one</p>' * 90}</td></tr></tbody></table>",
            "the row of 'one' is parted",
        ),
        ("<table><tbody><tr><td>Total</td><td>1.00</td></tr></tbody></table>", "'Total' stands alone"),
    ],
)
def test_what_is_wrong_with_a_sheet_is_found(body, fault):
    assert fault in of(body)
