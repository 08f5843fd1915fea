"""Readings in data entry: open until the agreement is executed, afterwards only looked at."""

from datetime import date

import pytest
from django.urls import reverse

from contracts.amendments.choosing_readings import choose_reading
from contracts.models import Agreement, ChosenReading
from tests import factories
from tests.contracts.admin.admin_pages import ADMIN, management, save
from tests.reading import links, words

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(date(1999, 7, 15))]


@pytest.fixture
def executed() -> Agreement:
    """The reference agreement, whose proration was chosen otherwise from the second annual period on."""
    row = factories.agreement()
    choose_reading(
        agreement=row,
        question="proration",
        choice="daily",
        applies_from=date(1999, 10, 1),
        clause="silent",
        chosen_by="J. Doe",
        chosen_on=date(1999, 7, 12),
        reason="Asked for by the customer.",
        on=date(1999, 7, 15),
        by=None,
    )
    return row


@pytest.fixture
def draft(executed) -> Agreement:
    """An agreement that nobody has signed yet."""
    return Agreement.objects.create(
        number="ZZ",
        dated_on=executed.dated_on,
        supplier=executed.supplier,
        customer=executed.customer,
        first_period_starts_on=executed.first_period_starts_on,
    )


def change_page(agreement: Agreement) -> str:
    return f"{ADMIN}/agreement/{agreement.pk}/change/"


def posted(agreement: Agreement, **reading) -> dict:
    return {
        "number": agreement.number,
        "title": agreement.title,
        "dated_on": agreement.dated_on.isoformat(),
        "customer": agreement.customer_id,
        "supplier": agreement.supplier_id,
        "currency": agreement.currency,
        "first_period_starts_on": agreement.first_period_starts_on.isoformat(),
        **management("chosen_readings", 0, 1),
        **{
            f"chosen_readings-0-{name}": value
            for name, value in {
                "question": "frequency",
                "choice": "quarterly",
                "chosen_by": "J. Doe",
                "chosen_on": "1998-10-20",
                **reading,
            }.items()
        },
    }


def test_a_reading_of_an_agreement_that_is_not_executed_is_entered_and_applies_from_the_beginning(manager, draft):
    save(manager, change_page(draft), posted(draft, applies_from="1999-10-01"))

    row = ChosenReading.objects.get(agreement=draft)
    assert (row.choice, row.applies_from, row.closed_on) == ("quarterly", None, None)
    assert row.recorded_by.username == "account-manager"


def test_a_reading_that_does_not_answer_its_question_is_refused(manager, draft):
    response = manager.post(change_page(draft), posted(draft, choice="in-advance"))

    formset = response.context["inline_admin_formsets"][0].formset
    assert list(formset.errors[0]) == ["choice"]
    assert not ChosenReading.objects.filter(agreement=draft).exists()


def test_readings_of_an_executed_agreement_are_only_looked_at(manager, executed, draft):
    sealed, still_open = manager.get(change_page(executed)), manager.get(change_page(draft))
    manager.post(change_page(executed), posted(executed))

    assert ["chosen_readings-0-choice" in page.content.decode() for page in (sealed, still_open)] == [False, False]
    assert ["chosen_readings-__prefix__-choice" in page.content.decode() for page in (sealed, still_open)] == [
        False,
        True,
    ]
    assert ["Applies from" in words(sealed), "1 Oct 1999" in words(sealed)] == [True, True]
    assert "Applies from" not in words(still_open)
    assert [row.question for row in ChosenReading.objects.all()] == ["proration"]


def test_the_way_to_another_reading_is_the_register(manager, executed, draft):
    addresses = {row: reverse("invoicing:reading_register", args=[row.pk]) for row in (executed, draft)}

    assert addresses[executed] in links(manager.get(change_page(executed)))
    assert addresses[draft] not in links(manager.get(change_page(draft)))
