"""Reading a clause differently from a day on: what was billed and what was agreed stays, what comes after follows."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from contracts.amendments.choosing_readings import CannotChoose
from contracts.models import Agreement, ChosenReading
from invoicing.credits.crediting import credit
from invoicing.models import Invoice, InvoiceLine
from invoicing.readings.changing import change_reading
from invoicing.readings.settled import settled_questions
from invoicing.runs.drafting import draft_invoices
from sites.models import RenewalReview
from sites.reviews.reviewing import CannotReview, refresh_review
from tests import factories
from tests.people import ACCOUNT_MANAGER, client_of
from tests.reading import words
from tests.sites.reviews.cases import agree_within_a_day, opened

pytestmark = pytest.mark.django_db
OCTOBER_1998, OCTOBER_1999, JULY = date(1998, 10, 1), date(1999, 10, 1), date(1999, 7, 15)
BILLED = "Annual period 1 is billed through 30 June 1999: choose 1 October 1999 or later."


@pytest.fixture
def agreement() -> Agreement:
    """The reference agreement with one site from the first day."""
    row = factories.agreement()
    factories.site(row, "Reno", state="NV")
    return row


def bill(through: date) -> None:
    """Issue what is due through a date, on the day after it."""
    on = date.fromordinal(through.toordinal() + 1)
    for result in draft_invoices(through=through, on=on, by=None, issue_drafts=True):
        assert (result.refusal, result.notices) == ("", ())


def change(agreement, question="proration", choice="daily", applies_from=OCTOBER_1999, on=JULY, **values):
    return change_reading(
        **{
            "agreement": agreement,
            "question": question,
            "choice": choice,
            "applies_from": applies_from,
            "clause": "silent",
            "chosen_by": "J. Doe",
            "chosen_on": on,
            "reason": "Asked for by the customer.",
            "on": on,
            "by": None,
            **values,
        }
    )


def test_the_register_says_who_recorded_a_choice(agreement, settings):
    settings.BUSINESS_DATE = JULY
    register = reverse("invoicing:reading_register", args=[agreement.pk])
    client = client_of(ACCOUNT_MANAGER)
    change(agreement)
    assert "recorded by" not in words(client.get(register))

    change(agreement, choice="none", by=User.objects.get(username="account-manager"))

    assert "Asked for by the customer. (recorded by account-manager)" in words(client.get(register))


def refusals(agreement, *asked, **values) -> list[tuple[str, str]]:
    """Place and sentence of what is refused; nothing may be written then."""
    before = ChosenReading.objects.count()
    with pytest.raises(CannotChoose) as refused:
        change(agreement, *asked, **values)
    assert ChosenReading.objects.count() == before
    return [(refusal.place, refusal.message) for refusal in refused.value.refused]


def lines(city: str, first_day: date) -> list[tuple[date, str]]:
    """Day and amount of the issued lines of a site from a day on."""
    found = InvoiceLine.objects.filter(site__city=city, first_day__gte=first_day, invoice__issued_on__isnull=False)
    return [(line.first_day, str(line.amount)) for line in found.order_by("first_day", "pk")]


# ---- from the first decision to the last cent ------------------------------------------------------------------------


def test_another_proration_applies_from_the_next_period_and_leaves_the_first_to_the_cent(agreement):
    bill(date(1999, 6, 30))
    before = list(InvoiceLine.objects.order_by("pk").values())
    documents = list(Invoice.objects.order_by("pk").values())
    assert refusals(agreement, applies_from=date(1999, 1, 1)) == [("applies_from", BILLED)]
    assert refusals(agreement, applies_from=OCTOBER_1998) == [("applies_from", BILLED)]

    change(agreement)
    bill(date(1999, 9, 30))

    assert list(InvoiceLine.objects.filter(invoice__issued_on__lte=JULY).order_by("pk").values()) == before
    assert list(Invoice.objects.filter(issued_on__lte=JULY).order_by("pk").values()) == documents
    assert sum(line.amount for line in InvoiceLine.objects.filter(period_number=1)) == Decimal("163000.00")
    assert lines("Reno", date(1999, 7, 1)) == [
        (date(1999, 7, 1), "13583.33"),
        (date(1999, 8, 1), "13583.34"),
        (date(1999, 9, 1), "13583.33"),
    ]

    factories.site(agreement, "Mobile", date(1999, 11, 15), state="AL")
    bill(date(1999, 12, 31))

    # 163,000 x 31/366 = 13,806.0109; x 61/366 = 27,166.6667; x 92/366 = 40,972.6776
    assert lines("Reno", OCTOBER_1999) == [
        (OCTOBER_1999, "13806.01"),
        (date(1999, 11, 1), "13360.66"),
        (date(1999, 12, 1), "13806.01"),
    ]
    # 163,000 x 16/366 = 7,125.6831, where sixteen thirtieths of a twelfth would be 7,244.44; x 47/366 = 20,931.6940
    assert lines("Mobile", OCTOBER_1999) == [(date(1999, 11, 15), "7125.68"), (date(1999, 12, 1), "13806.01")]
    assert Invoice.objects.filter(kind="credit-note").count() == 0


def test_another_frequency_applies_from_the_next_period(agreement):
    bill(date(1999, 8, 31))
    change(agreement, "frequency", "quarterly", on=date(1999, 9, 2))

    bill(date(1999, 11, 30))
    assert lines("Reno", date(1999, 8, 1)) == [(date(1999, 8, 1), "13583.34"), (date(1999, 9, 1), "13583.33")]

    bill(date(2000, 9, 30))

    assert lines("Reno", OCTOBER_1999) == [
        (OCTOBER_1999, "40750.00"),
        (date(2000, 1, 1), "40750.00"),
        (date(2000, 4, 1), "40750.00"),
        (date(2000, 7, 1), "40750.00"),
    ]
    assert sum(line.amount for line in InvoiceLine.objects.all()) == Decimal("326000.00")
    assert set(InvoiceLine.objects.filter(period_number=2).values_list("instalment_of", flat=True)) == {4}


def test_billing_in_advance_applies_from_the_next_period(agreement):
    bill(date(1999, 9, 30))
    change(agreement, "timing", "in-advance", on=date(1999, 9, 30), chosen_on=JULY)

    bill(OCTOBER_1999)

    assert lines("Reno", OCTOBER_1999) == [(OCTOBER_1999, "13583.33")]


def test_drafts_follow_a_reading_of_a_period_that_nothing_was_billed_for(agreement):
    on = date(1998, 11, 2)
    draft_invoices(through=date(1998, 10, 31), on=on, by=None)

    change(agreement, applies_from=OCTOBER_1998, on=on)
    draft_invoices(through=date(1998, 10, 31), on=on, by=None)

    # 163,000 x 31/365
    assert [str(total) for total in Invoice.objects.values_list("total", flat=True)] == ["13843.84"]


# ---- what is settled -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "choice"),
    [
        ("frequency", "annual"),
        ("timing", "in-advance"),
        ("rounding", "last-absorbs"),
        ("block-count", "whole-term"),
        ("block-completion", "purchased"),
        ("minimum", "per-month"),
    ],
)
def test_no_reading_that_decides_amounts_reaches_into_a_billed_period(agreement, question, choice):
    bill(date(1999, 6, 30))

    assert refusals(agreement, question, choice, OCTOBER_1998) == [("applies_from", BILLED)]
    assert change(agreement, question, choice).applies_from == OCTOBER_1999


def test_a_period_that_was_billed_and_credited_stays_settled(agreement):
    bill(date(1998, 10, 31))
    credit(invoice=Invoice.objects.get(), reason="Wrong", on=date(1998, 11, 2), by=None)

    assert refusals(agreement, applies_from=OCTOBER_1998, on=date(1998, 11, 2)) == [
        ("applies_from", "Annual period 1 is billed through 31 October 1998: choose 1 October 1999 or later.")
    ]


def test_in_the_last_period_there_is_no_later_day_to_choose(agreement):
    bill(date(1999, 10, 31))

    assert refusals(agreement, on=date(1999, 11, 1)) == [
        (
            "applies_from",
            "Annual period 2 is billed through 31 October 1999, and the term ends on 30 September 2000. "
            "Extend it by an amendment first.",
        )
    ]


def test_what_another_agreement_was_billed_settles_nothing_here(agreement):
    bill(date(1999, 6, 30))
    other = factories.agreement("ZZ")

    assert change(other, applies_from=OCTOBER_1998).applies_from == OCTOBER_1998
    assert settled_questions(agreement=other) == {}


@pytest.mark.parametrize(
    ("question", "choice"),
    [("level", "first-component"), ("change", "any-change"), ("review-day", "both-days-counted")],
)
def test_no_reading_that_decides_reviews_reaches_into_an_agreed_one(question, choice):
    agreement, on = factories.agreement(), date(1999, 8, 2)
    agree_within_a_day(opened(agreement, on), on)
    message = "The review of annual period 1 was agreed on 2 August 1999: choose 1 October 1999 or later."

    assert refusals(agreement, question, choice, date(1999, 9, 30), on=on) == [("applies_from", message)]
    assert change(agreement, question, choice, on=on).applies_from == OCTOBER_1999
    assert change(agreement, "proration", "daily", OCTOBER_1998, on=on).applies_from == OCTOBER_1998


def test_an_open_review_follows_another_reading_when_it_is_refreshed(agreement):
    review = opened(agreement, JULY)

    change(agreement, "review-day", "both-days-counted", date(1999, 3, 15))

    assert review.due_on == date(1999, 8, 1)
    assert refresh_review(review=review, on=JULY, by=None).due_on == date(1999, 8, 2)


def test_a_paper_made_under_another_reading_is_not_agreed_before_it_is_refreshed():
    agreement = factories.agreement()
    review = opened(agreement, JULY)
    change(agreement, "change", "units", JULY)

    with pytest.raises(CannotReview, match="Another reading was chosen since the review was made. Refresh it first."):
        agree_within_a_day(review, JULY)

    refresh_review(review=review, on=JULY, by=None)
    agree_within_a_day(review, JULY)
    assert RenewalReview.objects.get().agreed_on == JULY


def test_what_contracts_refuses_is_refused_here_too(agreement):
    assert refusals(agreement, "weather", "sunny", None) == [
        ("question", "“weather” is no question. Choose one of the register.")
    ]
    assert refusals(agreement, applies_from=None) == [("applies_from", "Say from which day on the clause is read so.")]
    assert refusals(agreement, reason=" ") == [("reason", "Say why the clause is read differently.")]


def test_looking_up_what_is_settled_takes_two_queries(agreement, django_assert_num_queries):
    bill(date(1999, 6, 30))

    with django_assert_num_queries(2):
        settled = settled_questions(agreement=agreement)

    assert settled["proration"].open_from == OCTOBER_1999
    assert "change" not in settled
