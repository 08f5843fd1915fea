"""Readings on documents: those of the annual period that an invoice bills, and what another one does to a review."""

from datetime import date
from decimal import Decimal

import pytest

from contracts.models import Agreement
from invoicing.credits.crediting import credit
from invoicing.models import Invoice
from invoicing.readings.changing import change_reading
from invoicing.readings.effects import reading_effects
from invoicing.readings.queries import on_file
from invoicing.runs.drafting import draft_invoices
from sites.models import RenewalReview, Site, WorkEntry
from sites.reviews.content import Edition, review_paper
from sites.reviews.reviewing import open_review, refresh_review
from tests import factories, reference
from tests.people import VIEWER, client_of
from tests.reading import words

pytestmark = pytest.mark.django_db
JULY = date(1999, 7, 15)
BILLING = [
    "How often is the annual price billed?",
    "When is an instalment due?",
    "What does part of an annual period cost?",
    "How do the instalments meet the annual price to the cent?",
    "What does one annual price cover?",
]
HOURS = [
    "Over which time are completed hour blocks counted?",
    "When does an hour block count as completed?",
    "To what does the minimum charge for hourly work apply?",
]


FIXED = ["When is a document to be paid?", "Which taxes are charged?"]


@pytest.fixture
def agreement():
    """An agreement billed through June 1999 and read differently from the second annual period on."""
    row = factories.agreement()
    factories.site(row, "Reno", state="NV")
    bill(date(1999, 6, 30), JULY)
    change_reading(
        agreement=row,
        question="proration",
        choice="daily",
        applies_from=date(1999, 10, 1),
        clause="Appendix A, note 3",
        chosen_by="J. Doe",
        chosen_on=date(1999, 7, 12),
        reason="Asked for by the customer.",
        on=JULY,
        by=None,
    )
    return row


def bill(through, on):
    (result,) = draft_invoices(through=through, on=on, by=None, issue_drafts=True)
    assert result.refusal == ""


def reading_of(document: Invoice, question: str = BILLING[2]) -> dict:
    return next(reading for reading in document.content["readings"] if reading["question"] == question)


def questions(document: Invoice) -> list[str]:
    return [reading["question"] for reading in document.content["readings"]]


def of_month(first_day) -> Invoice:
    return Invoice.objects.get(first_day=first_day, kind="invoice")


def test_a_document_prints_the_readings_of_the_period_it_bills(agreement):
    bill(date(1999, 10, 31), date(1999, 11, 2))

    before, after = (reading_of(of_month(day)) for day in (date(1999, 9, 1), date(1999, 10, 1)))

    assert before == {
        "question": BILLING[2],
        "sentence": "A whole month costs one twelfth of the annual price; part of a month counts by its days.",
        "clause": "",
        "chosen_by": "",
        "chosen_on": "",
    }
    assert after == {
        "question": BILLING[2],
        "sentence": "Part of a period costs its share of the days of the annual period.",
        "clause": "Appendix A, note 3",
        "chosen_by": "J. Doe",
        "chosen_on": "1999-07-12",
    }


def test_a_draft_and_a_credit_note_print_those_of_their_period_too(agreement):
    draft_invoices(through=date(1999, 10, 31), on=date(1999, 11, 2), by=None)
    draft = Invoice.objects.drafts().get(first_day=date(1999, 10, 1))
    note = credit(invoice=of_month(date(1999, 6, 1)), reason="Wrong", on=date(1999, 11, 2), by=None)

    page = words(client_of(VIEWER).get(f"/invoices/{draft.pk}/"))

    assert "Part of a period costs its share of the days of the annual period." in page
    assert reading_of(note)["sentence"].startswith("A whole month costs one twelfth")


def test_readings_of_hours_are_printed_where_hours_are_charged(agreement):
    WorkEntry.objects.create(
        site=Site.objects.get(agreement=agreement),
        worked_on=date(1999, 8, 3),
        service="Customer Care",
        hours="2.50",
        person="A. Worker",
        recorded_on=date(1999, 8, 4),
    )

    bill(date(1999, 8, 31), date(1999, 9, 1))

    assert questions(of_month(date(1999, 8, 1))) == [*BILLING, *HOURS, *FIXED]
    assert questions(of_month(date(1999, 6, 1))) == [*BILLING, *FIXED]


def test_the_effect_on_proposals_is_what_the_paper_says_before_and_after():
    agreement = factories.agreement()
    now = {"Reno": {"GE": 30}, "Mobile": {"GE": 14, "SLC": 12}, "Tampa": {"GE": 55, "SLC": 27}}
    for city, changed in now.items():
        site = factories.site(agreement, city)
        factories.counts(site, date(1998, 10, 1), reference.counts())
        factories.counts(site, date(1999, 7, 1), reference.counts(**changed))
    factories.site(agreement, "Fargo")  # never counted
    factories.site(agreement, "Gary", date(1999, 9, 1))  # opens after the review
    review = open_review(agreement=agreement, period_number=1, on=JULY, by=None)
    known = on_file(agreement=Agreement.objects.with_terms().get(), on=JULY)
    units = next(effect for effect in reading_effects(known=known)["change"] if effect.choice == "units")

    before = proposed(review)
    change_reading(
        agreement=agreement,
        question="change",
        choice="units",
        applies_from=JULY,
        clause="",
        chosen_by="J. Doe",
        chosen_on=JULY,
        reason="Settled.",
        on=JULY,
        by=None,
    )
    after = proposed(refresh_review(review=review, on=JULY, by=None))

    assert f"{after:,.2f} instead of {before:,.2f}." in units.sentence
    assert units.difference == after - before == Decimal("82000.00")


def proposed(review: RenewalReview) -> Decimal:
    """The sum of the prices that the paper proposes."""
    shown = RenewalReview.objects.with_agreement().get(pk=review.pk)
    return review_paper(review=shown, edition=Edition.INTERNAL, on=JULY).totals["total"]["proposed"]
