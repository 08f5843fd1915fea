"""What another reading would cost or save in the current annual period, each with a number worked out by hand."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from contracts.money import plain_text
from contracts.readings import QUESTIONS, REVIEW_QUESTIONS, Frequency, Proration
from contracts.schedule import OpeningRule
from invoicing.charges.due import due_through
from invoicing.charges.hours import BLOCK, HOURS
from invoicing.readings.effects import Effect, OnFile, current_period, reading_effects
from sites.counts.count import Count
from sites.hours.entries import Purchase, Work
from tests import reference
from tests.reference import AGREEMENT, AMENDMENT, SCHEDULE, counts, readings, site

JULY = date(1999, 7, 15)
FIRST, LATE = site(1, name="Reno, NV"), site(2, name="Mobile, AL", in_service_on=date(1999, 1, 15))


def on_file(*sites, agreement=AGREEMENT, on=JULY, **more) -> OnFile:
    return OnFile(agreement, on, sites=sites, **more)


def effect(known: OnFile, question: str, choice: str) -> Effect:
    (found,) = [one for one in reading_effects(known=known)[question] if one.choice == choice]
    return found


def shown(known: OnFile, question: str, choice: str) -> tuple[str, str]:
    found = effect(known, question, choice)
    assert found.computed
    return plain_text(found.difference), found.sentence


def not_computed(known: OnFile, question: str, choice: str) -> str:
    found = effect(known, question, choice)
    assert (found.computed, found.difference) == (False, None)
    return found.sentence


def test_every_reading_but_the_present_one_has_an_effect():
    found = reading_effects(known=on_file(FIRST))

    assert {key: [one.choice for one in effects] for key, effects in found.items()} == {
        key: [choice for choice in question.choices if choice is not question.default]
        for key, question in QUESTIONS.items()
    }


@pytest.mark.parametrize(
    ("on", "number"),
    [(date(1998, 9, 30), None), (date(1998, 10, 1), 1), (date(2000, 9, 30), 2), (date(2000, 10, 1), None)],
)
def test_current_period_is_that_of_the_day(on, number):
    found = current_period(known=on_file(on=on))

    assert (found.number if found else None) == number


# ---- annual charges --------------------------------------------------------------------------------------------------
# Reno pays 163,000.00 and, through June, 122,250.00. Mobile pays 116,115.59 from 15 January; through June, 5 17/31
# twelfths of 163,000 are 75,365.59.


@pytest.mark.parametrize(
    ("question", "choice", "difference", "sentence"),
    [
        # 163,000 x 259/365 = 115,663.01. Through June 163,000 x 273/365 = 121,915.07 and x 167/365 = 74,578.08.
        (
            "proration",
            "daily",
            "-452.58",
            "Annual period 1: 278,663.01 instead of 279,115.59. Due by 15 July 1999: 196,493.15 instead of 197,615.59.",
        ),
        # The whole price for both; Mobile's spread over nine months: 6/9 of it are 108,666.67.
        (
            "proration",
            "none",
            "46884.41",
            "Annual period 1: 326,000.00 instead of 279,115.59. Due by 15 July 1999: 230,916.67 instead of 197,615.59.",
        ),
        # Three quarters have ended, as have nine months.
        ("frequency", "quarterly", "0.00", "Annual period 1: 279,115.59, as now."),
        (
            "frequency",
            "annual",
            "0.00",
            "Annual period 1: 279,115.59, as now. Due by 15 July 1999: 0.00 instead of 197,615.59.",
        ),
        # July too: 135,833.33, and 6 17/31 twelfths, 88,948.92.
        (
            "timing",
            "in-advance",
            "0.00",
            "Annual period 1: 279,115.59, as now. Due by 15 July 1999: 224,782.25 instead of 197,615.59.",
        ),
        # Nine times 13,583.33, and 7,448.92 with five times 13,583.33.
        (
            "rounding",
            "last-absorbs",
            "0.00",
            "Annual period 1: 279,115.59, as now. Due by 15 July 1999: 197,615.54 instead of 197,615.59.",
        ),
    ],
)
def test_annual_charges_are_compared_for_the_whole_period_and_by_today(question, choice, difference, sentence):
    assert shown(on_file(FIRST, LATE), question, choice) == (difference, sentence)


@pytest.mark.parametrize(
    ("question", "choice"),
    [
        (key, choice)
        for key in ("frequency", "timing", "proration", "rounding")
        for choice in QUESTIONS[key].choices
        if choice is not QUESTIONS[key].default
    ],
)
def test_the_effect_is_what_would_be_due_if_the_clause_had_been_read_so(question, choice):
    end, sites = date(1999, 9, 30), (FIRST, LATE, site(3, in_service_on=date(1999, 8, 20)))
    read_so = reference.agreement(**{question: choice})
    then, now = (
        due_through(agreement=agreement, sites=sites, through=end, known_on=JULY) for agreement in (read_so, AGREEMENT)
    )

    found = effect(on_file(*sites), question, choice)

    total_then, total_now = (sum(charge.amount for charge in due.charges) for due in (then, now))
    by_today = sum(charge.amount for charge in then.charges if charge.due_on <= JULY)
    assert found.difference == total_then - total_now
    assert f"{total_then:,.2f}" in found.sentence
    assert f"Due by 15 July 1999: {by_today:,.2f} instead" in found.sentence or by_today == sum(
        charge.amount for charge in now.charges if charge.due_on <= JULY
    )


def test_a_charge_for_each_switch_is_compared_though_only_an_amendment_can_agree_it():
    two = replace(FIRST, switch_counts=((date(1998, 10, 1), 2),))
    uncounted = replace(FIRST, key=3, name="Boise, ID")

    assert shown(on_file(two, uncounted), "site-charge", "per-switch") == (
        "163000.00",
        "Annual period 1: 489,000.00 instead of 326,000.00. Due by 15 July 1999: 366,750.00 instead of 244,500.00.",
    )


def test_a_site_counted_without_a_switch_costs_a_year_where_only_its_first_day_decides():
    none = replace(FIRST, switch_counts=((date(1998, 10, 31), 0),))

    assert shown(on_file(none), "no-switch", "first-day") == (
        "163000.00",
        "Annual period 1: 163,000.00 instead of 0.00. Due by 15 July 1999: 122,250.00 instead of 0.00.",
    )


def test_a_planned_site_falls_due_with_the_others_by_the_other_reading():
    """Mobile, in service from 15 August 1999, owes 17/31 and one twelfth: 7,448.92 and 13,583.34."""
    planned = replace(LATE, in_service_on=date(1999, 8, 15))
    in_advance = reference.agreement(timing="in-advance", frequency="annual")

    assert shown(on_file(planned, agreement=in_advance), "advance-start", "billing-period") == (
        "0.00",
        "Annual period 1: 21,032.26, as now. Due by 15 July 1999: 21,032.26 instead of 0.00.",
    )


def test_until_both_parties_agree_nothing_is_billed_by_the_other_reading():
    assert shown(on_file(FIRST, on=date(1999, 11, 15)), "until-agreed", "nothing") == (
        "-163000.00",
        "Annual period 2: 0.00 instead of 163,000.00. Due by 15 November 1999: 0.00 instead of 13,583.33.",
    )


def test_only_the_current_period_is_compared_and_by_its_own_reading():
    later = ((date(1999, 10, 1), readings(frequency=Frequency.QUARTERLY, proration=Proration.DAILY)),)
    agreement = replace(AGREEMENT, later_readings=later)
    known = on_file(FIRST, LATE, agreement=agreement, on=date(1999, 11, 15))

    # In the second period both are in service on every day: daily shares make up the whole price as well.
    assert shown(known, "proration", "monthly") == ("0.00", "Annual period 2: 326,000.00, as now.")
    # October, 31 of 366 days, would have been due already.
    assert shown(known, "frequency", "monthly") == (
        "0.00",
        "Annual period 2: 326,000.00, as now. Due by 15 November 1999: 27,612.02 instead of 0.00.",
    )


def test_a_site_whose_level_nobody_decided_is_named():
    undecided = replace(SCHEDULE, opening=OpeningRule("VERY_SMALL", None, "note 3"))
    agreement = replace(AGREEMENT, amendments=(replace(AMENDMENT, schedule=undecided),))
    new = site(3, name="Fargo, ND", in_service_on=date(1999, 11, 1))
    known = on_file(new, agreement=agreement, on=date(1999, 11, 15))
    nothing = "Nothing is charged for annual period 2 so far. Without Fargo, ND: no level is decided."

    assert shown(known, "proration", "daily") == ("0.00", nothing)
    assert shown(replace(known, sites=(FIRST, new)), "proration", "daily") == (
        "0.00",
        "Annual period 2: 163,000.00, as now. Due by 15 November 1999: 13,806.01 instead of 13,583.33. "
        "Without Fargo, ND: no level is decided.",
    )


def test_without_a_site_nothing_is_charged():
    assert shown(on_file(), "timing", "in-advance") == ("0.00", "Nothing is charged for annual period 1 so far.")


@pytest.mark.parametrize("question", list(QUESTIONS))
@pytest.mark.parametrize("on", [date(1998, 9, 1), date(2000, 10, 1)])
def test_outside_the_term_nothing_can_be_computed(question, on):
    choice = list(QUESTIONS[question].choices)[1]
    day = {1998: "1 September 1998", 2000: "1 October 2000"}[on.year]

    assert not_computed(on_file(FIRST, on=on), question, choice) == (
        f"Cannot be computed. No annual period runs on {day}."
    )


def test_a_period_that_no_document_prices_cannot_be_computed():
    known = on_file(FIRST, on=date(1998, 10, 10))

    for question, choice in (("proration", "daily"), ("change", "units"), ("review-day", "both-days-counted")):
        assert not_computed(known, question, choice).startswith(
            "Cannot be computed. No price schedule on file, as known on 10 October 1998, covers 30 September 1999"
        )


# ---- hours -----------------------------------------------------------------------------------------------------------


def with_hours(*work: Work, blocks: int = 0, on: date = JULY) -> OnFile:
    """Hours that open after one completed block; the blocks are bought on 2 November 1998."""
    hours = replace(SCHEDULE.hours, opens_after_blocks=1)
    agreement = replace(AGREEMENT, amendments=(replace(AMENDMENT, schedule=replace(SCHEDULE, hours=hours)),))
    purchases = (Purchase(1, date(1998, 11, 2), blocks),) if blocks else ()
    return on_file(FIRST, agreement=agreement, on=on, facts={BLOCK: purchases, HOURS: work})


def test_a_minimum_for_the_month_saves_what_single_entries_are_topped_up_to():
    known = with_hours(Work(1, date(1999, 7, 2), Decimal("0.50"), 1), Work(2, date(1999, 7, 3), Decimal("0.25"), 1))

    assert shown(known, "minimum", "per-month") == (
        "-81.00",
        "Hours by the hour in annual period 1: 81.00 instead of 162.00.",
    )


def test_blocks_counted_over_the_whole_term_open_hourly_prices_in_the_second_period():
    known = with_hours(
        Work(1, date(1998, 12, 1), Decimal(1500), 1),
        Work(2, date(1999, 11, 8), Decimal(10), 1),
        blocks=1,
        on=date(1999, 11, 15),
    )

    assert shown(known, "block-count", "whole-term") == (
        "810.00",
        "Hours by the hour in annual period 2: 810.00 instead of 0.00. Waiting for a block: 0.00 h instead of 10.00 h.",
    )


def test_a_block_that_counts_when_it_is_bought_opens_nothing_a_year_later():
    known = with_hours(
        Work(1, date(1999, 11, 1), Decimal(1500), 1),
        Work(2, date(1999, 11, 8), Decimal(10), 1),
        blocks=1,
        on=date(1999, 11, 15),
    )

    assert shown(known, "block-completion", "purchased") == (
        "-810.00",
        "Hours by the hour in annual period 2: 0.00 instead of 810.00. Waiting for a block: 10.00 h instead of 0.00 h.",
    )


def test_hours_of_another_period_are_not_counted():
    known = with_hours(Work(1, date(1999, 7, 2), Decimal("0.50"), 1), on=date(1999, 11, 15))

    for question in ("minimum", "block-count", "block-completion"):
        choice = list(QUESTIONS[question].choices)[1]
        assert shown(known, question, choice) == (
            "0.00",
            "Annual period 2 has no hours that a block does not cover: nothing changes.",
        )


def test_rounding_of_minutes_changes_no_amount_on_file():
    known = with_hours(Work(1, date(1999, 7, 2), Decimal("0.50"), 1), on=date(1999, 7, 15))

    for choice in list(QUESTIONS["minutes"].choices)[1:]:
        found = effect(known, "minutes", choice)
        assert (found.computed, found.difference, found.sentence) == (
            True,
            None,
            "It changes what the next time sheet brings, and no amount: what is entered stays as it is.",
        )


# ---- reviews ---------------------------------------------------------------------------------------------------------
# Reno: gateway elements 10 to 30, one component. Mobile: 10 to 14 and SLC 5 to 12, Small. Fargo was never counted.


def counted(key: int, **changed) -> dict[int, tuple[Count, ...]]:
    days = {date(1998, 10, 1): counts(), date(1999, 7, 1): counts(**changed)}
    return {key: tuple(Count(code, day, quantity) for day, of in days.items() for code, quantity in of.items())}


def reviewed(**more) -> OnFile:
    sites = (FIRST, site(2, name="Mobile, AL"), site(3, name="Fargo, ND"))
    return on_file(*sites, **{"counts": counted(1, GE=30) | counted(2, GE=14, SLC=12), **more})


@pytest.mark.parametrize(
    ("question", "choice", "difference", "proposed"),
    [
        ("change", "units", "82000.00", "606,000.00 instead of 524,000.00."),  # Reno to Medium
        ("change", "band", "-35000.00", "489,000.00 instead of 524,000.00."),  # Mobile stays: one row crossed
        ("change", "any-change", "0.00", "524,000.00, as now."),
        ("level", "first-component", "-35000.00", "489,000.00 instead of 524,000.00."),  # Mobile: 14 fit Very Small
    ],
)
def test_readings_of_reviews_are_compared_by_the_prices_proposed(question, choice, difference, proposed):
    assert shown(reviewed(), question, choice) == (
        difference,
        f"Proposed for annual period 2, a year: {proposed} "
        "1 site needs a decision and counts at the price that goes on meanwhile.",
    )


@pytest.mark.parametrize(
    ("question", "choice", "difference", "proposed"),
    [
        ("not-eligible", "lower-level", "0.00", "361,000.00, as now."),
        ("not-eligible", "measured-level", "82000.00", "443,000.00 instead of 361,000.00."),  # Reno to Medium
    ],
)
def test_what_is_proposed_where_too_few_components_changed(question, choice, difference, proposed):
    known = replace(reviewed(), sites=(FIRST, site(2, name="Mobile, AL")))

    assert shown(known, question, choice) == (difference, f"Proposed for annual period 2, a year: {proposed}")


@pytest.mark.parametrize(
    ("choice", "difference", "proposed"),
    [
        ("no-limit", "0.00", "390,000.00, as now."),
        (
            "no-level",
            "-227000.00",
            "163,000.00 instead of 390,000.00. 1 site needs a decision and counts at the price that goes on meanwhile.",
        ),
    ],
)
def test_what_a_blank_cell_would_change(choice, difference, proposed):
    """Reno: gateway elements 10 to 60 and SLC 5 to 9; only the blank cells of Very Large hold 60."""
    known = replace(reviewed(), sites=(FIRST,), counts=counted(1, GE=60, SLC=9))

    assert shown(known, "blank-cell", choice) == (difference, f"Proposed for annual period 2, a year: {proposed}")


def test_only_sites_of_the_review_count():
    gone = replace(FIRST, removed_on=date(1999, 9, 15))
    planned = site(4, in_service_on=date(1999, 8, 15))
    known = replace(reviewed(), sites=(gone, site(2), planned))

    assert shown(known, "change", "band") == (
        "-35000.00",
        "Proposed for annual period 2, a year: 163,000.00 instead of 198,000.00.",
    )


def test_counts_made_later_are_not_known_yet():
    known = replace(reviewed(), on=date(1999, 6, 15))

    assert shown(known, "change", "units")[1].endswith(
        "489,000.00, as now. 3 sites need a decision and count at the price that goes on meanwhile."
    )


def test_the_reading_of_the_review_day_moves_the_day():
    found = effect(reviewed(), "review-day", "both-days-counted")

    assert (found.difference, found.computed) == (None, True)
    assert found.sentence == "The review is due on Monday, 2 August 1999 instead of Sunday, 1 August 1999."


@pytest.mark.parametrize("question", REVIEW_QUESTIONS)
def test_an_agreed_review_stays(question):
    known = reviewed(agreed_reviews={1: date(1999, 7, 10)})
    choice = list(QUESTIONS[question].choices)[1]

    assert not_computed(known, question, choice) == (
        "Cannot be computed. The review of annual period 1 was agreed on 10 July 1999 and stays."
    )


def test_the_last_period_has_no_next_price():
    known = reviewed(on=date(1999, 11, 15))

    assert not_computed(known, "change", "band") == (
        "Cannot be computed. The term ends with annual period 2: there is no next price."
    )
    assert effect(known, "review-day", "both-days-counted").sentence == (
        "The review is due on Wednesday, 2 August 2000 instead of Tuesday, 1 August 2000."
    )


def test_a_schedule_without_a_review_proposes_nothing():
    without = replace(AGREEMENT, amendments=(replace(AMENDMENT, schedule=replace(SCHEDULE, review=None)),))

    assert not_computed(reviewed(agreement=without), "level", "first-component").startswith(
        "Cannot be computed. The price schedule in force (Amendment 1 (LNM980917MP), Appendix A, table) has no renewal"
    )
