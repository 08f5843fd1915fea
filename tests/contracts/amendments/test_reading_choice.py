"""Whether a clause can be read differently from a day on, and the terms as they would be then."""

from dataclasses import replace
from datetime import date

import pytest

from contracts.amendments.reading_choice import choice_refusals, period_starts, with_reading
from contracts.readings import QUESTIONS, Proration, ReviewDay, Rounding
from tests.reference import AGREEMENT, AMENDMENT, LATER, readings

OCTOBER_1999 = date(1999, 10, 1)
READ_DAILY = replace(AGREEMENT, later_readings=((OCTOBER_1999, readings(proration=Proration.DAILY)),))
OPEN_ENDED = replace(
    AGREEMENT, original_expires_on=None, amendments=(replace(AMENDMENT, expires_on=None, expiration_clause=""),)
)


def refused(*, agreement=AGREEMENT, question="proration", choice="daily", applies_from=OCTOBER_1999, known_on=LATER):
    found = choice_refusals(
        agreement=agreement, question=question, choice=choice, applies_from=applies_from, known_on=known_on
    )
    return [(refusal.code, refusal.place, refusal.message) for refusal in found]


@pytest.mark.parametrize("applies_from", [date(1998, 10, 1), OCTOBER_1999])
@pytest.mark.parametrize(
    ("question", "choice"),
    [("proration", "daily"), ("frequency", "quarterly"), ("block-count", "whole-term"), ("minimum", "per-month")],
)
def test_a_reading_that_decides_amounts_applies_from_the_first_day_of_a_period(question, choice, applies_from):
    assert refused(question=question, choice=choice, applies_from=applies_from) == []


@pytest.mark.parametrize("applies_from", [date(1998, 10, 1), date(1999, 5, 17), date(2000, 9, 30)])
@pytest.mark.parametrize(
    ("question", "choice"),
    [("change", "units"), ("level", "first-component"), ("review-day", "both-days-counted")],
)
def test_a_reading_that_decides_reviews_applies_from_any_day_of_the_term(question, choice, applies_from):
    assert refused(question=question, choice=choice, applies_from=applies_from) == []


@pytest.mark.parametrize(
    ("applies_from", "agreement", "next_step"),
    [
        (date(1999, 1, 1), AGREEMENT, "choose 1 October 1999."),
        (date(1999, 9, 30), AGREEMENT, "choose 1 October 1999."),
        (date(1999, 1, 1), OPEN_ENDED, "choose 1 October 1999, 1 October 2000 or 1 October 2001."),
        (
            date(1999, 10, 2),
            AGREEMENT,
            "none begins later within the term, which ends on 30 September 2000. Extend it by an amendment.",
        ),
    ],
)
@pytest.mark.parametrize("question", ["rounding", "block-completion"])
def test_a_day_within_a_period_is_refused_with_the_next_first_days(question, applies_from, agreement, next_step):
    choice = list(QUESTIONS[question].choices)[1]
    message = f"This reading decides amounts, and these are counted by annual period: {next_step}"

    assert refused(agreement=agreement, question=question, choice=choice, applies_from=applies_from) == [
        ("NOT_A_PERIOD_START", "applies_from", message)
    ]


def test_what_the_contract_s_own_words_exclude_is_left_to_an_amendment():
    message = "The contract’s own words say otherwise: only an amendment can agree this. Choose another reading."
    excluded = [(question.key, choice) for question in QUESTIONS.values() for choice in question.by_amendment]

    assert excluded == [("site-charge", "per-switch"), ("not-eligible", "measured-level")]
    for question, choice in excluded:
        assert refused(question=question, choice=choice, applies_from=date(1999, 10, 1)) == [
            ("BY_AMENDMENT", "choice", message)
        ]


@pytest.mark.parametrize(
    ("applies_from", "known_on", "code", "message"),
    [
        (None, LATER, "NO_DAY", "Say from which day on the clause is read so."),
        (
            date(1998, 9, 30),
            LATER,
            "BEFORE_TERM",
            "The first annual period begins on 1 October 1998. Choose that day or a later one.",
        ),
        (
            date(2000, 10, 1),
            LATER,
            "AFTER_TERM",
            "Agreement LNS970602JC expires on 30 September 2000 (Amendment 1 (LNM980917MP), clause 1). "
            "Choose that day or an earlier one, or extend the term by an amendment.",
        ),
        (
            date(2000, 7, 23),
            date(1998, 10, 19),
            "AFTER_TERM",
            "Agreement LNS970602JC expires on 22 July 2000 (Agreement LNS970602JC). "
            "Choose that day or an earlier one, or extend the term by an amendment.",
        ),
    ],
)
@pytest.mark.parametrize(("question", "choice"), [("proration", "daily"), ("change", "units")])
def test_a_day_outside_the_term_is_refused(question, choice, applies_from, known_on, code, message):
    assert refused(question=question, choice=choice, applies_from=applies_from, known_on=known_on) == [
        (code, "applies_from", message)
    ]


def test_an_unknown_question_is_refused():
    assert refused(question="weather") == [
        ("UNKNOWN_QUESTION", "question", "“weather” is no question. Choose one of the register.")
    ]


def test_a_choice_of_another_question_is_refused_beside_the_day():
    assert refused(choice="quarterly", applies_from=date(1998, 9, 30)) == [
        (
            "UNKNOWN_CHOICE",
            "choice",
            "This does not answer “What does part of an annual period cost?” Choose one of its sentences.",
        ),
        (
            "BEFORE_TERM",
            "applies_from",
            "The first annual period begins on 1 October 1998. Choose that day or a later one.",
        ),
    ]


@pytest.mark.parametrize(
    ("agreement", "choice", "applies_from", "changes"),
    [
        (AGREEMENT, "monthly", OCTOBER_1999, False),
        (AGREEMENT, "daily", OCTOBER_1999, True),
        (READ_DAILY, "daily", OCTOBER_1999, False),
        (READ_DAILY, "monthly", OCTOBER_1999, True),
        (READ_DAILY, "daily", date(1998, 10, 1), True),
    ],
)
def test_a_choice_that_changes_nothing_is_refused(agreement, choice, applies_from, changes):
    same = "On 1 October 1999 the clause is already read this way. Choose another reading."

    found = refused(agreement=agreement, choice=choice, applies_from=applies_from)

    assert found == ([] if changes else [("NO_CHANGE", "choice", same)])


@pytest.mark.parametrize(
    ("from_day", "known_on", "starts"),
    [
        (date(1997, 1, 1), LATER, [date(1998, 10, 1), OCTOBER_1999]),
        (date(1998, 10, 1), LATER, [date(1998, 10, 1), OCTOBER_1999]),
        (date(1998, 10, 2), LATER, [OCTOBER_1999]),
        (date(1999, 10, 2), LATER, []),
    ],
)
def test_period_starts_are_those_of_the_term(from_day, known_on, starts):
    assert list(period_starts(agreement=AGREEMENT, from_day=from_day, known_on=known_on)) == starts


def test_a_term_cut_short_by_an_earlier_day_has_no_later_start():
    short = replace(AGREEMENT, original_expires_on=date(1999, 9, 30), amendments=())

    assert list(period_starts(agreement=short, from_day=date(1998, 12, 1), known_on=LATER)) == []


def test_with_reading_changes_one_question_from_the_day_on_and_whatever_follows():
    later = (
        (OCTOBER_1999, readings(proration=Proration.DAILY)),
        (date(2000, 3, 1), readings(proration=Proration.DAILY, review_day=ReviewDay.BOTH_DAYS_COUNTED)),
    )
    agreement = replace(AGREEMENT, later_readings=later)

    read = with_reading(agreement=agreement, question="proration", choice="none", from_day=date(2000, 1, 1))

    assert read.later_readings[0] == later[0]
    assert [(day, of.proration, of.review_day) for day, of in read.later_readings[1:]] == [
        (date(2000, 1, 1), Proration.NONE, ReviewDay.DAYS_BEFORE),
        (date(2000, 3, 1), Proration.NONE, ReviewDay.BOTH_DAYS_COUNTED),
    ]
    assert (read.readings, read.readings_on(date(1999, 12, 31))) == (agreement.readings, later[0][1])


def test_with_reading_replaces_what_was_chosen_from_the_same_day():
    read = with_reading(agreement=READ_DAILY, question="rounding", choice="last-absorbs", from_day=OCTOBER_1999)

    assert [(day, of.proration, of.rounding) for day, of in read.later_readings] == [
        (OCTOBER_1999, Proration.DAILY, Rounding.LAST_ABSORBS)
    ]
