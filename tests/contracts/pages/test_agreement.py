"""What pages show of an agreement, from plain values."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from contracts.pages.agreement import (
    amendments_shown,
    next_review_due_on,
    periods_ahead,
    price_table,
    readings_shown,
    terms_shown,
)
from contracts.readings import Proration, ReviewDay
from contracts.schedule import HourPrices
from contracts.terms import terms_on
from tests import reference


@pytest.mark.parametrize(
    ("on", "due_on"),
    [
        (date(1998, 10, 20), date(1999, 8, 1)),
        (date(1999, 8, 1), date(1999, 8, 1)),
        (date(1999, 8, 2), date(2000, 8, 1)),
        (date(2000, 8, 2), None),
    ],
)
def test_next_review_is_the_first_one_not_past(on, due_on):
    assert next_review_due_on(agreement=reference.AGREEMENT, on=on) == due_on


def test_next_review_follows_the_reading_of_its_days():
    agreement = reference.agreement(review_day=ReviewDay.BOTH_DAYS_COUNTED)

    assert next_review_due_on(agreement=agreement, on=date(1999, 7, 1)) == date(1999, 8, 2)


def test_schedule_without_review_rule_asks_for_none():
    without = replace(reference.AMENDMENT, schedule=replace(reference.SCHEDULE, review=None))
    agreement = replace(reference.AGREEMENT, amendments=(without,))

    assert next_review_due_on(agreement=agreement, on=date(1999, 7, 1)) is None


def test_periods_ahead_end_with_the_term():
    periods = periods_ahead(agreement=reference.AGREEMENT, on=date(1999, 7, 1))

    assert [(period.number, period.span.last_day) for period in periods] == [
        (1, date(1999, 9, 30)),
        (2, date(2000, 9, 30)),
    ]


def test_periods_ahead_of_an_open_term_stop_after_two_years():
    agreement = replace(reference.AGREEMENT, amendments=(), original_expires_on=None)

    assert [period.number for period in periods_ahead(agreement=agreement, on=date(1999, 7, 1))] == [1, 2, 3]


def test_every_value_in_force_keeps_its_source():
    outcome = terms_on(agreement=reference.AGREEMENT, service_on=date(1999, 7, 15), known_on=date(1999, 7, 15))

    shown = terms_shown(agreement=reference.AGREEMENT, outcome=outcome)

    assert [(value.what, value.value, str(value.source)) for value in shown.values] == [
        (
            "Price schedule",
            "5 service levels, 6 components",
            "Amendment 1 (LNM980917MP), Appendix A, table",
        ),
        ("Expiration", "30 September 2000", "Amendment 1 (LNM980917MP), clause 1"),
        (
            "Annual period",
            "Annual period 1 (1 October 1998 to 30 September 1999)",
            "Agreement LNS970602JC, first annual period from 1 October 1998",
        ),
        (
            "Level of the first annual period",
            "Very Small",
            "Amendment 1 (LNM980917MP), Appendix A, notes 3 and 4",
        ),
        (
            "Starting level of a later site",
            "Very Small",
            "Amendment 1 (LNM980917MP), Appendix A, notes 3 and 4",
        ),
        (
            "Renewal review",
            "60 days before the annual period ends; a price may change when at least 2 components changed",
            "Amendment 1 (LNM980917MP), Appendix A, note 3",
        ),
    ]


@pytest.mark.parametrize(
    ("service_on", "known_on", "refusal"),
    [
        (date(1998, 9, 30), date(1999, 1, 1), "Not on file"),
        (date(1998, 10, 5), date(1998, 10, 10), "Not on file"),
        (date(2000, 10, 1), date(2000, 10, 1), "Expired"),
    ],
)
def test_a_refusal_keeps_its_sentence(service_on, known_on, refusal):
    outcome = terms_on(agreement=reference.AGREEMENT, service_on=service_on, known_on=known_on)

    shown = terms_shown(agreement=reference.AGREEMENT, outcome=outcome)

    assert (shown.found, shown.refusal, shown.message, shown.values) == (None, refusal, outcome.message, ())


def test_an_unsigned_amendment_is_not_executed():
    unsigned = replace(reference.AMENDMENT, supplier_signature=None)
    agreement = replace(reference.AGREEMENT, amendments=(unsigned,))
    outcome = terms_on(agreement=agreement, service_on=date(1999, 7, 15), known_on=date(1999, 7, 15))

    assert terms_shown(agreement=agreement, outcome=outcome).refusal == "Not executed"


def test_price_table_keeps_printed_text_and_blank_cells():
    table = price_table(reference.SCHEDULE)

    assert [[str(limit) for limit in row.limits] for row in table.rows] == [
        ["up to 15", "1", "up to 8", "1", "1", "1"],
        ["16 to 25", "1", "up to 15", "1", "1", "1"],
        ["26 to 35", "1", "up to 20", "2", "1", "1"],
        ["36 to 50", "1", "up to 25", "3", "1", "1"],
        ["not stated", "1", "not stated", "not stated", "not stated", "not stated"],
    ]
    assert [limit.printed for row in table.rows for limit in row.limits if limit.printed] == ["up to l5"]
    assert table.integration_priced


def test_price_table_states_the_hours():
    assert [(line.what, line.value) for line in price_table(reference.SCHEDULE).hours] == [
        ("Block of 1,500 hours", "121,500.00"),
        ("By the hour", "81.00, at least 1 hour for each entry"),
        ("By the hour opens", "after 10 completed blocks or from month 10 of the annual period"),
    ]


def test_price_table_without_hours_or_integration():
    levels = tuple(replace(level, integration_price=None) for level in reference.LEVELS)
    table = price_table(replace(reference.SCHEDULE, hours=HourPrices(), levels=levels))

    assert (table.hours, table.integration_priced) == ((), False)


def test_amendment_shows_signatures_extension_and_what_it_compares_with():
    dearer = replace(reference.LEVELS[0], annual_price=Decimal("170000.00"))
    second = reference.amendment(
        2, date(1999, 10, 1), schedule=replace(reference.SCHEDULE, levels=(dearer, *reference.LEVELS[1:]))
    )

    first, shown = amendments_shown(
        agreement=reference.agreement(second), customer="KMC", supplier="Lucent", known_on=date(1999, 10, 1)
    )

    assert (first.expired_before, first.extension, first.changes.against) == (date(2000, 7, 22), 70, None)
    assert [(signed.party, signed.signature.name) for signed in first.signatures] == [
        ("KMC", "Michael Sternberg"),
        ("Lucent", "W.H. Pittman"),
    ]
    assert str(shown.changes.against).startswith("Amendment 1 (LNM980917MP)")
    assert [(cell.place, cell.before, cell.after) for cell in shown.changes.cells] == [
        ("Very Small: annual price", "163,000.00", "170,000.00")
    ]
    assert shown.extension is None


def test_readings_nobody_chose_have_no_date():
    agreement = reference.agreement(proration=Proration.DAILY)

    shown = {reading.chosen.question.key: reading for reading in readings_shown(agreement, on=date(1999, 7, 15))}

    assert len(shown) == 18
    assert shown["proration"].chosen.choice is Proration.DAILY
    assert shown["timing"].chosen_on is None
