"""Choosing another reading of an executed agreement."""

from datetime import date

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from contracts.amendments.amending import execute_agreement
from contracts.amendments.choosing_readings import CannotChoose, choose_reading
from contracts.models import Agreement, ChosenReading
from contracts.readings import Proration
from contracts.sealing.frozen import SealedRow
from tests import factories

pytestmark = pytest.mark.django_db
OCTOBER_1999, JULY = date(1999, 10, 1), date(1999, 7, 15)


def choose(agreement, **values):
    return choose_reading(
        **{
            "agreement": agreement,
            "question": "proration",
            "choice": "daily",
            "applies_from": OCTOBER_1999,
            "clause": "silent",
            "chosen_by": " J. Doe ",
            "chosen_on": date(1999, 7, 12),
            "reason": " Asked for by the customer. ",
            "on": JULY,
            "by": None,
            **values,
        }
    )


def refusals(agreement, **values) -> list[tuple[str, str]]:
    """Place and sentence of everything that is refused; nothing may be written then."""
    before = ChosenReading.objects.count()
    with pytest.raises(CannotChoose) as refused:
        choose(agreement, **values)
    assert ChosenReading.objects.count() == before
    return [(refusal.place, refusal.message) for refusal in refused.value.refused]


def terms_of(agreement):
    return Agreement.objects.with_terms().get(pk=agreement.pk).as_terms()


def test_choosing_writes_a_closed_row_that_applies_from_its_day(agreement):
    row = choose(agreement)

    row.refresh_from_db()
    assert (row.choice, row.applies_from, row.clause) == ("daily", OCTOBER_1999, "silent")
    assert (row.chosen_by, row.chosen_on, row.remark) == ("J. Doe", date(1999, 7, 12), "Asked for by the customer.")
    assert row.closed_on == JULY
    terms = terms_of(agreement)
    assert [terms.readings_on(day).proration for day in (date(1999, 9, 30), OCTOBER_1999)] == [
        Proration.MONTHLY,
        Proration.DAILY,
    ]


def test_what_was_chosen_stays_in_every_way():
    row = choose(factories.agreement())

    row.choice = "none"
    with pytest.raises(SealedRow, match="Choose another reading that applies from a later day"):
        row.save()
    with pytest.raises(SealedRow):
        row.delete()
    with pytest.raises(SealedRow):
        ChosenReading.objects.update(choice="none")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE contracts_chosenreading SET choice = 'none'")


def test_the_row_says_who_recorded_it_and_when():
    clerk = User.objects.create_user("clerk")

    row = choose(factories.agreement(), by=clerk)

    assert (row.recorded_by, row.recorded_at is not None) == (clerk, True)


OPEN = {"question": "proration", "choice": "daily", "chosen_by": "J. Doe", "chosen_on": JULY}


def test_no_open_reading_joins_an_executed_agreement():
    executed = factories.agreement()
    draft = Agreement.objects.create(
        number="ZZ",
        dated_on=date(1999, 1, 4),
        supplier=executed.supplier,
        customer=executed.customer,
        first_period_starts_on=date(1999, 2, 1),
    )
    row = ChosenReading.objects.create(agreement=draft, **OPEN)

    with pytest.raises(SealedRow):
        ChosenReading.objects.create(agreement=executed, **OPEN)
    with pytest.raises(SealedRow):
        ChosenReading.objects.bulk_create([ChosenReading(agreement=executed, **OPEN)])
    with pytest.raises(IntegrityError, match="is sealed"), transaction.atomic():
        QuerySet(ChosenReading).bulk_create([ChosenReading(agreement=executed, **OPEN)])
    with pytest.raises(IntegrityError, match="is sealed"), transaction.atomic():
        QuerySet(ChosenReading).filter(pk=row.pk).update(agreement=executed)
    row.agreement = executed
    with pytest.raises(SealedRow):
        row.save()
    assert list(ChosenReading.objects.values_list("agreement", flat=True)) == [draft.pk]


def test_a_reading_can_be_chosen_again_from_the_same_day(agreement):
    choose(agreement)
    choose(agreement, choice="none")
    choose(agreement, choice="monthly")

    assert terms_of(agreement).readings_on(OCTOBER_1999).proration is Proration.MONTHLY
    assert [row.choice for row in ChosenReading.objects.in_order()] == ["daily", "none", "monthly"]


def test_a_choice_from_an_earlier_day_ends_where_a_later_one_begins(agreement):
    choose(agreement)

    choose(agreement, choice="none", applies_from=date(1998, 10, 1))

    terms = terms_of(agreement)
    days = (date(1998, 10, 1), date(1999, 9, 30), OCTOBER_1999)
    assert [terms.readings_on(day).proration for day in days] == [Proration.NONE, Proration.NONE, Proration.DAILY]


def test_an_agreement_that_is_not_executed_is_refused():
    agreement = factories.agreement(amendments=())
    draft = Agreement.objects.create(
        number="ZZ",
        dated_on=agreement.dated_on,
        supplier=agreement.supplier,
        customer=agreement.customer,
        first_period_starts_on=agreement.first_period_starts_on,
    )

    assert refusals(draft) == [
        ("", "Agreement ZZ is not executed: its readings are still open. Change them on the agreement's form.")
    ]


def test_every_refusal_comes_at_once_with_its_field():
    assert refusals(
        factories.agreement(), applies_from=date(1999, 1, 1), chosen_by=" ", reason=" ", chosen_on=date(1999, 7, 16)
    ) == [
        (
            "applies_from",
            "This reading decides amounts, and these are counted by annual period: choose 1 October 1999.",
        ),
        ("chosen_by", "Name the person who chose the reading."),
        (
            "chosen_on",
            "The choice is dated 16 July 1999, which is after 15 July 1999. Record it once it is made.",
        ),
        ("reason", "Say why the clause is read differently."),
    ]


def test_a_choice_that_changes_nothing_is_refused(agreement):
    choose(agreement)

    assert refusals(agreement) == [
        ("choice", "On 1 October 1999 the clause is already read this way. Choose another reading.")
    ]


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"chosen_by": "x" * 101}, "chosen_by"),
        ({"clause": "x" * 101}, "clause"),
        ({"reason": "a\u202eb"}, "reason"),
    ],
)
def test_a_text_that_its_column_does_not_take_is_refused_at_its_field(values, place):
    assert [found for found, _message in refusals(factories.agreement(), **values)] == [place]


def test_executing_an_agreement_closes_its_readings():
    executed = factories.agreement()
    draft = Agreement.objects.create(
        number="ZZ",
        dated_on=date(1999, 1, 4),
        supplier=executed.supplier,
        customer=executed.customer,
        first_period_starts_on=date(1999, 2, 1),
    )
    chosen = {"choice": "quarterly", "chosen_by": "J. Doe", "chosen_on": date(1999, 1, 4)}
    row = ChosenReading.objects.create(agreement=draft, question="frequency", **chosen)
    filed = executed.executed_on
    other = ChosenReading.objects.create(agreement=executed, question="frequency", closed_on=filed, **chosen)
    row.choice = "annual"
    row.save()

    execute_agreement(agreement=draft, executed_on=date(1999, 1, 20), on=JULY, by=None)

    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.choice, row.closed_on, other.closed_on) == ("annual", date(1999, 1, 20), filed)
    with pytest.raises(SealedRow):
        row.save()
