"""What an amendment must fit: the number that comes next, the expiration on file, the order of effective dates."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from contracts.schedule import Refused
from contracts.terms import (
    Source,
    amendment_refusals,
    change_refusals,
    effective_refusals,
    expiration_on_file,
    next_amendment_number,
    schedule_before,
)
from tests.reference import AGREEMENT, EXPIRES_ON, LATER, SCHEDULE, agreement, amendment

DEARER = replace(
    SCHEDULE, levels=tuple(replace(row, annual_price=row.annual_price + Decimal("5000")) for row in SCHEDULE.levels)
)


def refusals(
    number: int,
    from_expires_on: date | None = None,
    expires_on: date | None = None,
    *,
    effective_on: date | None = EXPIRES_ON,
    of=AGREEMENT,
):
    return amendment_refusals(
        agreement=of,
        number=number,
        effective_on=effective_on,
        from_expires_on=from_expires_on,
        expires_on=expires_on,
    )


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (2, ()),
        (1, (Refused("DUPLICATE_NUMBER", "number", "Amendment 1 is already on file. The next is 2."),)),
        (3, (Refused("SKIPPED_NUMBER", "number", "Amendment 2 comes next, not 3."),)),
        (0, (Refused("SKIPPED_NUMBER", "number", "Amendment 2 comes next, not 0."),)),
    ],
)
def test_amendment_numbers_run_without_a_gap(number, expected):
    assert refusals(number) == expected


def test_first_amendment_has_number_one():
    bare = replace(AGREEMENT, amendments=())

    assert refusals(1, of=bare) == ()
    (skipped,) = refusals(2, of=bare)
    assert skipped.message == "Amendment 1 comes next, not 2."


@pytest.mark.parametrize("effective_on", [date(1998, 10, 1), date(1998, 10, 2), None])
def test_amendment_may_take_effect_with_the_one_before_it_or_later(effective_on):
    assert refusals(2, effective_on=effective_on) == ()


@pytest.mark.parametrize("signed", [{}, {"supplier_signature": None}])
def test_amendment_does_not_take_effect_before_an_earlier_one(signed):
    of = agreement(amendment(2, date(1999, 10, 1), **signed), amendment(3, date(1999, 4, 1)))

    assert refusals(4, effective_on=date(1999, 9, 30), of=of) == (
        Refused(
            "OUT_OF_ORDER",
            "effective_on",
            "The amendment would take effect on 30 September 1999, before Amendment 2 (LNM-2) on 1 October 1999. "
            "Amendments take effect in the order of their numbers. Correct the effective date.",
        ),
    )


def test_amendment_does_not_take_effect_before_the_date_of_its_agreement():
    of = replace(AGREEMENT, amendments=())

    assert refusals(1, effective_on=date(1997, 9, 4), of=of) == ()
    assert refusals(1, effective_on=date(1997, 9, 3), of=of) == (
        Refused(
            "BEFORE_AGREEMENT",
            "effective_on",
            "The amendment would take effect on 3 September 1997, before the date of the agreement, 4 September 1997. "
            "Correct the effective date.",
        ),
    )


@pytest.mark.parametrize(("effective_on", "fits"), [(date(1999, 10, 1), True), (date(1999, 10, 2), False)])
def test_amendment_does_not_take_effect_after_a_later_one(effective_on, fits):
    of = agreement(amendment(2, date(1999, 4, 1)), amendment(3, date(1999, 10, 1)))
    found = effective_refusals(agreement=of, number=2, effective_on=effective_on)

    assert [refused.message for refused in found] == [
        "The amendment would take effect on 2 October 1999, after Amendment 3 (LNM-3) on 1 October 1999. "
        "Amendments take effect in the order of their numbers. Correct the effective date."
    ] * (not fits)


@pytest.mark.parametrize(("from_expires_on", "named"), [(date(2000, 7, 22), "22 July 2000"), (None, "no date")])
def test_amendment_must_extend_from_the_expiration_on_file(from_expires_on, named):
    assert refusals(2, from_expires_on, date(2001, 9, 30)) == (
        Refused(
            "EXPIRATION_MISMATCH",
            "from_expires_on",
            f"The amendment extends from {named}, but the expiration on file is 30 September 2000. "
            "Correct one of the two.",
        ),
    )


def test_amendment_that_extends_from_the_day_on_file_is_accepted():
    assert refusals(2, EXPIRES_ON, date(2001, 9, 30)) == ()


def test_amendment_is_refused_for_each_field_at_once():
    found = refusals(4, None, date(2001, 9, 30), effective_on=date(1998, 9, 30))

    assert [refused.place for refused in found] == ["number", "effective_on", "from_expires_on"]


def test_expiration_on_file_is_the_last_one_set_before():
    unsigned = amendment(2, date(2000, 8, 1), expires_on=date(2001, 9, 30), supplier_signature=None)
    silent = amendment(3, date(2000, 9, 1))
    three = agreement(unsigned, silent)

    days = [expiration_on_file(agreement=three, before=number) for number in (1, 2, 3, 4)]

    assert days == [date(2000, 7, 22), date(2000, 9, 30), date(2001, 9, 30), date(2001, 9, 30)]


def test_next_amendment_number_follows_the_highest():
    assert next_amendment_number(agreement=replace(AGREEMENT, amendments=())) == 1
    assert next_amendment_number(agreement=agreement(amendment(2, date(1999, 1, 1)))) == 3


@pytest.mark.parametrize(
    ("number", "known_on", "expected"),
    [
        (1, LATER, (None, Source("Agreement LNS970602JC"))),
        (2, LATER, (SCHEDULE, Source("Amendment 1 (LNM980917MP)", "Appendix A, table"))),
        (2, date(1998, 10, 19), (None, Source("Agreement LNS970602JC"))),
        # The second is effective later than the third.
        (3, LATER, (SCHEDULE, Source("Amendment 1 (LNM980917MP)", "Appendix A, table"))),
    ],
)
def test_schedule_before_is_what_an_amendment_replaces(number, known_on, expected):
    second = amendment(2, date(2000, 1, 1), schedule=DEARER)
    third = amendment(3, date(1999, 12, 1), schedule=SCHEDULE)

    assert schedule_before(agreement=agreement(second, third), number=number, known_on=known_on) == expected


@pytest.mark.parametrize(
    ("number", "values", "places"),
    [
        (2, {}, []),
        (2, {"effective_on": date(1998, 9, 30)}, ["effective_on"]),  # before the first
        (2, {"effective_on": date(2000, 2, 1)}, ["effective_on"]),  # after the third
        (2, {"from_expires_on": date(2000, 7, 22)}, ["from_expires_on"]),
        (2, {"effective_on": None}, []),
        (3, {"from_expires_on": date(2001, 9, 30)}, []),
        (3, {"from_expires_on": EXPIRES_ON, "effective_on": date(1999, 1, 1)}, ["effective_on", "from_expires_on"]),
    ],
)
def test_changed_values_must_fit_between_the_amendments_around_them(number, values, places):
    second = amendment(2, date(1999, 10, 1), expires_on=date(2001, 9, 30))
    three = agreement(second, amendment(3, date(2000, 1, 1)))
    entered = {
        "effective_on": date(1999, 12, 1),
        "from_expires_on": EXPIRES_ON,
        "expires_on": date(2002, 9, 30),
        **values,
    }

    refused = change_refusals(agreement=three, number=number, **entered)

    assert [refusal.place for refusal in refused] == places
