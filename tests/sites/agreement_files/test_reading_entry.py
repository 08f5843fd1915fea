"""Readings in agreement files: those of later days come back, and what no event would record is refused."""

from datetime import date

import pytest

from contracts.amendments.choosing_readings import choose_reading
from contracts.models import Agreement, ChosenReading
from contracts.sealing.frozen import SealedRow
from tests.sites.agreement_files.files import exported, load, reference, refused, renamed

pytestmark = pytest.mark.django_db
LATER = {
    "question": "proration",
    "choice": "daily",
    "applies_from": "1999-10-01",
    "clause": "silent",
    "chosen_by": "J. Doe",
    "chosen_on": "1999-07-12",
    "remark": "Asked for by the customer.",
}


def with_readings(*rows: dict) -> dict:
    """The reference agreement with further readings."""
    document = reference()
    return {**document, "readings": [*document["readings"], *rows]}


def choose(agreement, choice="daily", applies_from=date(1999, 10, 1)):
    return choose_reading(
        agreement=agreement,
        question="proration",
        choice=choice,
        applies_from=applies_from,
        clause="silent",
        chosen_by="J. Doe",
        chosen_on=date(1999, 7, 12),
        reason="Asked for by the customer.",
        on=date(1999, 7, 15),
        by=None,
    )


def test_readings_of_an_executed_agreement_are_closed_when_they_are_loaded():
    load(reference())

    agreement = Agreement.objects.get()
    assert set(ChosenReading.objects.values_list("closed_on", flat=True)) == {agreement.executed_on}
    with pytest.raises(SealedRow):
        ChosenReading.objects.first().save()


def test_a_reading_of_a_later_day_is_written_and_comes_back():
    load(reference())
    choose(Agreement.objects.get())

    written = exported()
    load(renamed(written, "COPY-1"))

    assert [row for row in written["readings"] if row["question"] == "proration"][1:] == [LATER]
    assert exported("COPY-1")["readings"] == written["readings"]
    copy = Agreement.objects.with_terms().get(number="COPY-1").as_terms()
    days = (date(1999, 9, 30), date(1999, 10, 1))
    assert [copy.readings_on(day).proration.value for day in days] == ["monthly", "daily"]


def test_of_several_readings_from_one_day_the_one_that_applies_is_written():
    load(reference())
    agreement = Agreement.objects.get()
    for choice in ("daily", "none"):
        choose(agreement, choice)

    written = exported()

    assert [row["choice"] for row in written["readings"] if "applies_from" in row] == ["none"]
    assert not load(written).changed


def test_a_reading_new_to_an_executed_agreement_is_refused():
    load(reference())
    message = "The agreement is executed, and another reading may touch what was billed."

    assert refused(with_readings(LATER)) == [f"readings[13]: {message} Choose it on the agreement's page of readings."]


def test_a_file_that_says_what_is_on_file_changes_nothing():
    load(with_readings(LATER))

    assert not load(with_readings(LATER)).changed
    assert refused(with_readings({**LATER, "choice": "none"})) == [
        'readings[13].choice: The file says "none", but on file is "daily". '
        "Correct the file; nothing on file is replaced."
    ]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            [{**LATER, "applies_from": "1999-11-01"}],
            "readings[13].applies_from: This reading decides amounts: give the first day of an annual period, such as "
            "1 October 1999.",
        ),
        (
            [{**LATER, "applies_from": "1998-09-30"}],
            "readings[13].applies_from: 1998-09-30 is before the first annual period. Leave it out: read so from the "
            "beginning.",
        ),
        (
            [LATER, {**LATER, "choice": "none"}],
            "readings[14]: The reading of proration from 1999-10-01 is in the file twice. Keep one of them.",
        ),
    ],
)
def test_what_is_wrong_with_a_reading_is_told_with_its_place(rows, expected):
    assert refused(with_readings(*rows)) == [expected]


def test_a_reading_of_reviews_applies_from_any_day():
    row = {**LATER, "question": "change", "choice": "units", "applies_from": "1999-03-15"}

    load(with_readings(row))

    assert ChosenReading.objects.get(applies_from=date(1999, 3, 15)).choice == "units"
