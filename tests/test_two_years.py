"""The reference term from its first day to its last: counts in, invoices out, a review, a term check, the end.

Seven sites. Five are in service from the first day and end the first annual period with configurations of the five
levels; one starts on 1999-01-15; one opens on 1999-08-15, after the review. The parties agree late, on 1999-12-10.
Each total is computed here a second time, in whole cents and by hand.
"""

import io
from datetime import date
from decimal import Decimal

import pypdf
import pytest

from contracts.periods import ONE_DAY, Month
from contracts.terms import Expired, terms_on
from invoicing.documents.printing import INVOICE_PDFS
from invoicing.models import Invoice, InvoiceLine, InvoicePdf
from invoicing.runs.drafting import draft_invoices
from sites.counts.recording import record_counts
from sites.models import ChargedLevel, RenewalReview
from sites.reviews.reviewing import open_due_reviews, record_agreement
from tests import factories
from tests.reference import counts

pytestmark = pytest.mark.django_db

FIRST_DAY, LAST_DAY = date(1998, 10, 1), date(2000, 9, 30)
THEN = counts()  # Very Small: 10 gateway elements, 5 SLC, 1 SM
NOW = {
    "Akron": counts(GE=11),  # one component changed: not eligible
    "Boise": counts(GE=16, SLC=9),  # Small
    "Casper": counts(GE=30, SLC=18, SM=2),  # Medium
    "Dayton": counts(GE=40, SLC=22, SM=3),  # Large
    "Eugene": counts(GE=55, SLC=27, SM=4),  # Very Large, on blank cells: a person confirms
}
ANNUAL_PRICE = {"Akron": 163_000, "Boise": 198_000, "Casper": 245_000, "Dayton": 320_000, "Eugene": 390_000}
ANNUAL_PRICE |= {"Fargo": 163_000, "Gary": 163_000}


def cents_through(annual_price: int, months: int) -> int:
    """Twelfths of a price in whole cents, rounded half up: the second opinion on every full instalment."""
    return (annual_price * 100 * months * 2 + 12) // 24


def instalment(annual_price: int, month: int) -> Decimal:
    return Decimal(cents_through(annual_price, month) - cents_through(annual_price, month - 1)) / 100


@pytest.mark.full
def test_the_reference_term_from_its_first_day_to_its_last():
    agreement, totals = play()
    every_month_is_billed_what_the_contract_says(totals)
    the_review_settles_the_second_period_and_the_lines_say_so()
    the_term_ends_and_every_invoice_has_its_pdf(agreement)


def play():
    """Play the whole term; return the agreement and the invoice total of each month."""
    agreement = factories.agreement()
    sites = {city: factories.site(agreement, city) for city in NOW}
    sites["Fargo"] = factories.site(agreement, "Fargo", date(1999, 1, 15))
    sites["Gary"] = factories.site(agreement, "Gary", date(1999, 8, 15))
    enter_counts(sites, FIRST_DAY, FIRST_DAY)

    month = Month.of(FIRST_DAY)
    while month.span.first_day <= LAST_DAY:
        month_end, next_day = month.span.last_day, month.span.last_day + ONE_DAY
        enter_counts(sites, month_end, next_day)
        for opened in open_due_reviews(on=next_day, by=None):
            assert opened.refusal == ""
        if month == Month(1999, 12):
            agree_first_review(sites, on=next_day)
        (result,) = draft_invoices(through=month_end, on=next_day, by=None, issue_drafts=True)
        assert (result.refusal, result.notices, len(result.documents)) == ("", (), 1)
        month = month.following()
    return agreement, {Month.of(invoice.first_day): invoice.total for invoice in Invoice.objects.order_by("first_day")}


def enter_counts(sites, counted_on, on):
    """Every site keeps its first configuration until June 1999 and has grown by the end of July."""
    for city, site in sites.items():
        if site.in_service_on <= counted_on:
            grown = NOW.get(city, THEN) if counted_on >= date(1999, 7, 31) else THEN
            record_counts(site=site, counted_on=counted_on, quantities=grown, source="test", on=on, by=None)


def agree_first_review(sites, on):
    record_agreement(
        review=RenewalReview.objects.get(period_number=1),
        meeting_on=date(1999, 8, 3),
        customer_signer="Michael Sternberg",
        customer_agreed_on=date(1999, 12, 6),
        supplier_signer="W.H. Pittman",
        supplier_agreed_on=date(1999, 12, 10),
        decisions={sites["Eugene"].pk: ("VERY_LARGE", "Both parties read the blank cell as open-ended.")},
        on=on,
        by=None,
    )


def every_month_is_billed_what_the_contract_says(totals):
    first_month, second_month, third_month = Decimal("13583.33"), Decimal("13583.34"), Decimal("13583.33")
    assert [instalment(163_000, month) for month in (1, 2, 3)] == [first_month, second_month, third_month]

    # October to December 1998: five sites at Very Small, whatever they count.
    assert totals[Month(1998, 10)] == 5 * first_month == Decimal("67916.65")
    assert totals[Month(1998, 11)] == 5 * second_month == Decimal("67916.70")
    assert totals[Month(1998, 12)] == 5 * third_month
    # January 1999: Fargo comes with 17 of 31 days: 163,000 / 12 x 17/31 = 7,448.92473...
    assert totals[Month(1999, 1)] == 5 * first_month + Decimal("7448.92") == Decimal("75365.57")
    # February: Fargo is due 7,448.92473 + 13,583.33333 = 21,032.25806, that is 21,032.26 less 7,448.92 billed.
    assert totals[Month(1999, 2)] == 5 * second_month + Decimal("13583.34") == Decimal("81500.04")
    # March: 34,615.59140 due through it, 34,615.59 less 21,032.26.
    assert totals[Month(1999, 3)] == 5 * third_month + Decimal("13583.33")
    # August: Gary has 17 of 31 days as well; Fargo 102,532.26 (7,448.92473 + 7 x 13,583.33333) less 88,948.92.
    assert totals[Month(1999, 8)] == 5 * second_month + Decimal("13583.34") + Decimal("7448.92")
    first_year = [total for month, total in totals.items() if month.span.first_day < date(1999, 10, 1)]
    # Five whole years, 8 17/31 months of Fargo and 1 17/31 months of Gary.
    assert sum(first_year) == 5 * 163_000 + Decimal("116115.59") + Decimal("21032.26") == Decimal("952147.85")

    # October and November 1999: nothing is agreed yet, seven sites go on at Very Small.
    assert totals[Month(1999, 10)] == 7 * first_month
    assert totals[Month(1999, 11)] == 7 * second_month
    # December: the agreed levels' third instalments, and what October and November were short of.
    december = sum(instalment(price, 3) for price in ANNUAL_PRICE.values())
    short = sum(Decimal(cents_through(price, 2)) / 100 - Decimal("27166.67") for price in ANNUAL_PRICE.values())
    assert short == Decimal("5833.33") + Decimal("13666.66") + Decimal("26166.66") + Decimal("37833.33")
    assert totals[Month(1999, 12)] == december + short
    # January to September 2000: plain instalments.
    for month in range(4, 13):
        calendar_month = Month(2000, month - 3)
        assert totals[calendar_month] == sum(instalment(price, month) for price in ANNUAL_PRICE.values())

    # The second year meets the seven annual prices to the cent: 1,316,000 for the five levels, twice 163,000.
    second_year = [total for month, total in totals.items() if month.span.first_day >= date(1999, 10, 1)]
    assert sum(second_year) == sum(ANNUAL_PRICE.values()) == 1_316_000 + 2 * 163_000
    assert sum(totals.values()) == Decimal("2594147.85")
    assert len(totals) == 24


def the_review_settles_the_second_period_and_the_lines_say_so():
    review, check = RenewalReview.objects.order_by("period_number")
    assert (review.due_on, review.kind, review.agreed_on) == (date(1999, 8, 1), "price-review", date(1999, 12, 10))
    assert (check.due_on, check.kind, check.agreed_on) == (date(2000, 8, 1), "term-check", None)

    lines = {line.site.city: line for line in review.lines.select_related("site", "agreed_level")}
    assert {city: line.eligible for city, line in lines.items()} == {
        "Akron": False,
        "Boise": True,
        "Casper": True,
        "Dayton": True,
        "Eugene": True,
        "Fargo": False,
    }
    agreed = {
        level.site.city: level.level.annual_price for level in ChargedLevel.objects.select_related("site", "level")
    }
    assert agreed == {city: price for city, price in ANNUAL_PRICE.items() if city != "Gary"}

    october = InvoiceLine.objects.filter(invoice__first_day=date(1999, 10, 1)).select_related("site")
    # Gary opened after the review: its level is carried, not provisional.
    assert {line.site.city: line.provisional for line in october} == {city: city != "Gary" for city in ANNUAL_PRICE}
    adjusted = InvoiceLine.objects.filter(kind="adjustment").select_related("site", "invoice")
    assert {line.site.city: (str(line.amount), line.invoice.first_day) for line in adjusted} == {
        "Boise": ("5833.33", date(1999, 12, 1)),
        "Casper": ("13666.66", date(1999, 12, 1)),
        "Dayton": ("26166.66", date(1999, 12, 1)),
        "Eugene": ("37833.33", date(1999, 12, 1)),
    }


def the_term_ends_and_every_invoice_has_its_pdf(agreement):
    # After the last day nothing more can be billed, and nothing is left to bill.
    (after,) = draft_invoices(through=date(2000, 10, 31), on=date(2000, 11, 1), by=None)
    assert (after.ended, after.documents, after.refusal) == (True, (), "")
    (again,) = draft_invoices(through=LAST_DAY, on=date(2000, 11, 1), by=None)
    assert (again.documents, again.refusal) == ((), "")
    terms = type(agreement).objects.with_terms().get().as_terms()
    outcome = terms_on(agreement=terms, service_on=date(2000, 10, 1), known_on=date(2000, 10, 1))
    assert isinstance(outcome, Expired)

    invoices = list(Invoice.objects.order_by("number"))
    assert [invoice.number_text for invoice in invoices] == [f"INV-{number:05}" for number in range(1, 25)]
    INVOICE_PDFS.make_missing()
    assert InvoicePdf.objects.count() == 24
    for invoice in invoices:
        reader = pypdf.PdfReader(io.BytesIO(INVOICE_PDFS.read(invoice)))
        text = "\n".join(page.extract_text() for page in reader.pages)
        assert invoice.number_text in text
        assert f"{invoice.total:,.2f}" in text
        assert f"Page 1 of {len(reader.pages)}" in text
