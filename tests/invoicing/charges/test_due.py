from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from contracts.money import ZERO
from contracts.periods import DaySpan
from contracts.readings import Frequency, Proration, ReviewDay, Rounding, Timing
from contracts.schedule import OpeningRule
from contracts.terms import Expired, NotExecuted, NotOnFile
from invoicing.charges.charge import ChargeKey
from invoicing.charges.due import Due, due_through
from invoicing.charges.instalments import PricedDays
from sites.charged import Basis
from tests.reference import (
    AGREEMENT,
    AMENDMENT,
    ANCHOR,
    LATER,
    LEVELS,
    SCHEDULE,
    agreed,
    agreement,
    amendment,
    amounts,
    period,
    site,
)

DEARER = replace(
    SCHEDULE, levels=tuple(replace(row, annual_price=row.annual_price + Decimal("5000")) for row in SCHEDULE.levels)
)
AUTUMN = date(1999, 9, 15)


def due(*sites, through: date, known_on: date = LATER, of=AGREEMENT):
    return due_through(agreement=of, sites=sites, through=through, known_on=known_on)


def total(found: Due) -> str:
    return str(sum((charge.amount for charge in found.charges), ZERO))


def test_first_month_of_one_site_is_a_twelfth():
    found = due(site(), through=date(1998, 10, 31))

    (charge,) = found.charges
    assert (charge.key, str(charge.amount), charge.basis) == (ChargeKey.of_site(1, 1), "13583.33", Basis.OPENING)
    assert (charge.instalment.number, charge.instalment.of) == (1, 12)
    assert charge.instalment.part == charge.instalment.service == DaySpan(date(1998, 10, 1), date(1998, 10, 31))
    assert charge.source == "Amendment 1 (LNM980917MP), Appendix A, table"
    assert charge.priced == (
        PricedDays(period(1).span, Decimal("163000.00"), "VERY_SMALL", "Very Small", charge.source, Basis.OPENING),
    )
    assert (found.notices, found.undecided, charge.provisional) == ((), frozenset(), False)


def test_twelve_sites_in_october_and_in_the_first_period():
    sites = [site(number) for number in range(12)]

    assert total(due(*sites, through=date(1998, 10, 31))) == "162999.96"  # 12 x 13,583.33
    assert total(due(*sites, through=date(1999, 9, 30))) == "1956000.00"  # 12 x 163,000.00


def test_every_level_is_billed_at_its_own_price_in_the_second_period():
    sites = [site(level.rank, agreed=(agreed(2, level.code, AUTUMN),)) for level in LEVELS]
    found = due(*sites, through=date(1999, 10, 31))

    october = [charge for charge in found.charges if charge.period.number == 2]
    assert [(charge.last_priced.level_code, str(charge.amount)) for charge in october] == [
        ("VERY_SMALL", "13583.33"),
        ("SMALL", "16500.00"),
        ("MEDIUM", "20416.67"),
        ("LARGE", "26666.67"),
        ("VERY_LARGE", "32500.00"),
    ]
    assert {charge.basis for charge in october} == {Basis.AGREED}
    # 5 x 163,000 in the first period; 163 + 198 + 245 + 320 + 390 thousand in the second
    assert total(due(*sites, through=date(2000, 9, 30))) == "2131000.00"


@pytest.mark.parametrize(
    ("through", "count"),
    [
        (date(1998, 10, 30), 0),
        (date(1998, 10, 31), 1),
        (date(1998, 11, 29), 1),
        (date(1998, 11, 30), 2),
        (date(1999, 9, 30), 12),
        (date(1999, 10, 30), 12),
        (date(1999, 10, 31), 13),
        (date(2000, 9, 30), 24),
    ],
)
def test_month_is_due_in_arrears_on_its_last_day(through, count):
    assert len(due(site(), through=through).charges) == count


@pytest.mark.parametrize(
    ("through", "count"),
    [(date(1998, 10, 1), 1), (date(1998, 10, 31), 1), (date(1998, 11, 1), 2), (date(2000, 9, 1), 24)],
)
def test_month_is_due_in_advance_on_its_first_day(through, count):
    in_advance = agreement(timing=Timing.IN_ADVANCE)

    assert len(due(site(), through=through, of=in_advance).charges) == count


@pytest.mark.parametrize(
    ("choices", "through", "expected"),
    [
        ({"frequency": Frequency.QUARTERLY}, date(1998, 12, 30), []),
        ({"frequency": Frequency.QUARTERLY}, date(1998, 12, 31), ["40750.00"]),  # 163,000 / 4
        ({"frequency": Frequency.QUARTERLY, "timing": Timing.IN_ADVANCE}, date(1999, 1, 1), ["40750.00", "40750.00"]),
        ({"frequency": Frequency.ANNUAL}, date(1999, 9, 29), []),
        ({"frequency": Frequency.ANNUAL}, date(1999, 9, 30), ["163000.00"]),
        ({"frequency": Frequency.ANNUAL, "timing": Timing.IN_ADVANCE}, date(1998, 10, 1), ["163000.00"]),
    ],
)
def test_other_frequencies_bill_larger_parts(choices, through, expected):
    assert amounts(due(site(), through=through, of=agreement(**choices)).charges) == expected


@pytest.mark.parametrize(
    ("choices", "in_service_on", "through", "expected"),
    [
        # 163,000/12 x 17/31 = 7,448.9247; with February 21,032.2581, and 21,032.26 - 7,448.92
        ({}, date(1999, 1, 15), date(1999, 2, 28), ["7448.92", "13583.34"]),
        # 7,448.9247 + 13,583.3333 + 13,583.3333 through March
        ({"frequency": Frequency.QUARTERLY}, date(1999, 1, 15), date(1999, 3, 31), ["34615.59"]),
        # 163,000 x 17/365 = 7,591.7808; with February x 45/365 = 20,095.8904
        ({"proration": Proration.DAILY}, date(1999, 1, 15), date(1999, 2, 28), ["7591.78", "12504.11"]),
        # 163,000 x 75/365 = 33,493.1507: 17 days of January, 28 of February, 30 of March
        (
            {"proration": Proration.DAILY, "frequency": Frequency.QUARTERLY},
            date(1999, 1, 15),
            date(1999, 3, 30),
            [],
        ),
        # The whole 163,000 over July, August and September
        ({"proration": Proration.NONE}, date(1999, 7, 10), date(1999, 9, 30), ["54333.33", "54333.34", "54333.33"]),
        # Over June to September: one month of four in the third quarter, three in the fourth
        (
            {"proration": Proration.NONE, "frequency": Frequency.QUARTERLY},
            date(1999, 6, 15),
            date(1999, 9, 30),
            ["40750.00", "122250.00"],
        ),
        # Rounded by themselves; the last is 116,115.59 - 7,448.92 - 7 x 13,583.33
        (
            {"rounding": Rounding.LAST_ABSORBS},
            date(1999, 1, 15),
            date(1999, 9, 30),
            ["7448.92", *["13583.33"] * 7, "13583.36"],
        ),
        ({"rounding": Rounding.LAST_ABSORBS}, ANCHOR, date(1999, 9, 30), [*["13583.33"] * 11, "13583.37"]),
    ],
)
def test_part_of_a_period_is_priced_as_its_reading_says(choices, in_service_on, through, expected):
    found = due(site(in_service_on=in_service_on), through=through, of=agreement(**choices))

    assert amounts(found.charges) == expected


def test_daily_quarter_counts_its_days():
    daily = agreement(proration=Proration.DAILY, frequency=Frequency.QUARTERLY)
    found = due(site(in_service_on=date(1999, 1, 15)), through=date(1999, 3, 31), of=daily)

    assert found.charges[0].instalment.service == DaySpan(date(1999, 1, 15), date(1999, 3, 31))
    # 17 + 28 + 31 = 76 days: 163,000 x 76/365 = 33,939.7260
    assert amounts(found.charges) == ["33939.73"]


def test_later_site_of_the_first_period_sums_to_its_share():
    found = due(site(in_service_on=date(1999, 1, 15)), through=date(1999, 9, 30))

    assert [charge.instalment.number for charge in found.charges] == [4, 5, 6, 7, 8, 9, 10, 11, 12]
    assert total(found) == "116115.59"  # 163,000/12 x (8 + 17/31)


def test_amendment_in_mid_month_prices_each_day_by_its_own_schedule():
    second = amendment(2, date(1999, 3, 16), signed_on=date(1999, 4, 7), schedule=DEARER, schedule_clause="table 2")
    found = due(site(), through=date(1999, 4, 30), of=agreement(second))

    march, april = found.charges[5:]
    assert [(str(p.days.first_day), str(p.annual_price), p.source) for p in march.priced] == [
        ("1998-10-01", "163000.00", "Amendment 1 (LNM980917MP), Appendix A, table"),
        ("1999-03-16", "168000.00", "Amendment 2 (LNM-2), table 2"),
    ]
    # 163,000/12 x 15/31 + 168,000/12 x 16/31 = 13,798.3871; 5 x 13,583.3333 before it:
    # 81,715.0538 through March, 67,916.6667 through February, and 81,715.05 - 67,916.67
    assert amounts((march, april)) == ["13798.38", "14000.00"]  # 168,000 / 12
    assert march.source == april.source == "Amendment 2 (LNM-2), table 2"
    assert found.charges[4].source == "Amendment 1 (LNM980917MP), Appendix A, table"


def test_amendment_in_mid_month_counts_from_the_day_it_was_executed():
    second = amendment(2, date(1999, 3, 16), signed_on=date(1999, 4, 7), schedule=DEARER)

    unknown = due(site(), through=date(1999, 3, 31), known_on=date(1999, 4, 6), of=agreement(second))
    known = due(site(), through=date(1999, 3, 31), known_on=date(1999, 4, 7), of=agreement(second))

    assert (total(unknown), total(known)) == ("81500.00", "81715.05")


def test_amendment_in_mid_month_is_priced_by_days_whatever_part_periods_cost():
    second = amendment(2, date(1999, 3, 16), schedule=DEARER)
    daily, none = (agreement(second, proration=reading) for reading in (Proration.DAILY, Proration.NONE))

    # (163,000 x 15 + 168,000 x 16) / 365 = 14,063.0137; 163,000 x 151/365 = 67,432.8767 through February
    assert amounts(due(site(), through=date(1999, 3, 31), of=daily).charges)[-1] == "14063.01"
    # (163,000 x 15/31 + 168,000 x 16/31) / 12 = 13,798.3871; 81,715.0538 through March, then 168,000/12
    assert amounts(due(site(), through=date(1999, 4, 30), of=none).charges)[-2:] == ["13798.38", "14000.00"]


def test_without_proration_a_month_served_in_part_counts_whole_at_the_price_of_its_days():
    second = amendment(2, date(1999, 8, 16), schedule=DEARER)
    late = site(in_service_on=date(1999, 8, 10))

    # Two months in service: half of 163,000 x 15/31 + 168,000 x 16/31 for August, and half of 168,000 for September.
    found = due(late, through=date(1999, 9, 30), of=agreement(second, proration=Proration.NONE))
    assert amounts(found.charges) == ["82790.32", "84000.00"]


@pytest.mark.parametrize(
    ("in_service_on", "expected"),
    [
        # An end of charges leaves each month at a twelfth, or at an eleventh for a site that came in November.
        (ANCHOR, ["13583.33", "13583.34", "13583.33", "13583.33"]),
        (date(1998, 11, 1), ["14818.18", "14818.18", "14818.19"]),
    ],
)
def test_charges_that_end_by_a_credit_call_in_nothing_without_proration(in_service_on, expected):
    of = agreement(proration=Proration.NONE)
    goes_on, ended = (
        site(in_service_on=in_service_on, removed_on=date(1999, 1, 20), charged_through=day)
        for day in (None, date(1999, 1, 20))
    )

    assert amounts(due(ended, through=date(1999, 9, 30), of=of).charges) == expected
    assert amounts(due(goes_on, through=date(1999, 1, 31), of=of).charges) == expected


def test_removed_site_is_charged_to_the_end_of_its_period():
    gone = site(removed_on=date(1999, 2, 10))

    assert total(due(gone, through=date(2000, 9, 30))) == "163000.00"


def test_removed_site_is_charged_until_a_person_ends_the_charges():
    gone = site(removed_on=date(1999, 2, 10), charged_through=date(1999, 2, 10))
    found = due(gone, through=date(2000, 9, 30))

    # 4 months and 10 of 28 days: 163,000/12 x (4 + 10/28) = 59,184.5238; through January 54,333.33
    assert amounts(found.charges)[3:] == ["13583.33", "4851.19"]
    assert total(found) == "59184.52"


@pytest.mark.parametrize(
    ("switch_counts", "expected"),
    [
        (((ANCHOR, 0),), "0.00"),
        (((ANCHOR, 0), (date(1999, 1, 15), 1)), "116115.59"),
        (((ANCHOR, 2),), "163000.00"),  # charged per site, not per switch
        ((), "163000.00"),
    ],
)
def test_site_without_a_switch_is_not_charged(switch_counts, expected):
    assert total(due(site(switch_counts=switch_counts), through=date(1999, 9, 30))) == expected


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ({"switch_counts": ((ANCHOR, 0),)}, True),
        ({"switch_counts": ((ANCHOR, 0), (date(1999, 9, 1), 1))}, False),  # charged from 1 September on
        ({"switch_counts": ((ANCHOR, 0),), "removed_on": date(1998, 9, 30)}, False),
        ({"switch_counts": ((ANCHOR, 0),), "charged_through": date(1998, 9, 30)}, False),
        ({"switch_counts": ((ANCHOR, 0),), "in_service_on": date(1999, 10, 1)}, False),
        ({}, False),
    ],
)
def test_site_in_service_that_is_not_charged_for_its_switch_is_named(facts, named):
    message = (
        "Site 1: nothing is charged in annual period 1, because its switch is counted as 0 on 1 October 1998. Correct "
        "the count if it has one, or end its service."
    )

    assert due(site(**facts), through=date(1999, 9, 30)).notices == ((message,) if named else ())


def test_site_without_a_switch_is_named_for_the_period_of_the_run_alone():
    without = site(switch_counts=((ANCHOR, 0), (date(1999, 10, 1), 1)))

    assert due(without, through=date(1999, 10, 31)).notices == ()


def test_nothing_is_billed_for_a_site_in_review_where_it_is_read_so():
    read_so = agreement(until_agreed="nothing")
    sites = [site(), site(2, agreed=(agreed(2, "MEDIUM", date(1999, 12, 3)),))]

    found = due_through(agreement=read_so, sites=sites, through=date(1999, 10, 31), known_on=LATER)

    assert {charge.site.key for charge in found.charges if charge.period.number == 2} == {2}
    assert found.undecided == {ChargeKey.of_site(1, 2)}
    assert found.notices == (
        "Site 1: no level is agreed for annual period 2 yet. Nothing is billed for it until both parties agree: record "
        "their agreement at the review.",
    )


def test_level_goes_on_provisionally_until_it_is_agreed():
    medium = site(agreed=(agreed(2, "MEDIUM", date(1999, 12, 3)),))

    before = due(medium, through=date(1999, 11, 30), known_on=date(1999, 12, 2)).charges[12:]
    after = due(medium, through=date(1999, 11, 30), known_on=date(1999, 12, 3)).charges[12:]

    assert [(str(c.amount), c.basis, c.provisional) for c in before] == [
        ("13583.33", Basis.CONTINUED, True),
        ("13583.34", Basis.CONTINUED, True),
    ]
    # 245,000/12 = 20,416.6667; twice 40,833.3333
    assert [(str(c.amount), c.basis, c.provisional) for c in after] == [
        ("20416.67", Basis.AGREED, False),
        ("20416.66", Basis.AGREED, False),
    ]


@pytest.mark.parametrize(
    ("in_service_on", "choices", "basis"),
    [
        (date(1999, 8, 1), {}, Basis.CONTINUED),  # in service on the review's day
        (date(1999, 8, 2), {}, Basis.CARRIED),
        (date(1999, 8, 2), {"review_day": ReviewDay.BOTH_DAYS_COUNTED}, Basis.CONTINUED),  # due a day later
        (date(1999, 10, 1), {}, Basis.STARTING),
        (date(1999, 10, 31), {}, Basis.STARTING),
    ],
)
def test_site_opened_after_the_review_carries_its_starting_level(in_service_on, choices, basis):
    found = due(site(in_service_on=in_service_on), through=date(1999, 10, 31), of=agreement(**choices))

    assert (found.charges[-1].basis, found.charges[-1].last_priced.level_code) == (basis, "VERY_SMALL")


def test_starting_level_of_a_later_site_is_the_one_decided_for_it():
    small = site(in_service_on=date(1999, 11, 1), agreed=(agreed(2, "SMALL", AUTUMN, starting=True),))
    found = due(small, through=date(1999, 11, 30))

    assert [(str(c.amount), c.basis) for c in found.charges] == [("16500.00", Basis.STARTING)]


@pytest.mark.parametrize(
    ("through", "known_on", "outcome"),
    [
        (date(1998, 9, 30), LATER, NotOnFile),
        (date(1998, 10, 31), date(1998, 10, 19), NotOnFile),
        (date(2000, 10, 1), LATER, Expired),
    ],
)
def test_date_that_cannot_be_billed_is_an_outcome(through, known_on, outcome):
    assert type(due(site(), through=through, known_on=known_on)) is outcome


def test_expired_date_names_the_last_day_that_can_be_billed():
    assert due(site(), through=date(2000, 10, 31)).message == (
        "Agreement LNS970602JC expired on 30 September 2000 (Amendment 1 (LNM980917MP), clause 1); 31 October 2000 is "
        "after it. Extend the term by an amendment. Run through 30 September 2000 to bill what is due until then."
    )


def test_date_of_an_unsigned_amendment_is_not_executed():
    draft = replace(AGREEMENT, amendments=(replace(AMENDMENT, supplier_signature=None),))

    assert type(due(site(), through=date(1998, 10, 31), of=draft)) is NotExecuted


def test_last_part_of_a_truncated_term_is_due_on_its_last_day():
    shorter = agreement(amendment(2, date(2000, 4, 1), expires_on=date(2000, 7, 22)))
    found = due(site(), through=date(2000, 7, 22), of=shorter)

    assert [charge.instalment.number for charge in found.charges[12:]] == [*range(1, 11)]
    # 163,000/12 x (9 + 22/31) = 131,889.7849 through July, 122,250.00 through June
    assert amounts(found.charges)[-1] == "9639.78"
    assert len(due(site(), through=date(2000, 7, 21), of=shorter).charges) == 12 + 9


def test_truncated_term_is_priced_by_the_days_of_the_full_annual_period():
    shorter = agreement(amendment(2, date(2000, 4, 1), expires_on=date(2000, 7, 22)), proration=Proration.DAILY)

    # 1 October 1999 to 22 July 2000 are 296 days: 163,000.00 + 163,000 x 296/366 = 131,825.1366
    assert total(due(site(), through=date(2000, 7, 22), of=shorter)) == "294825.14"


def test_service_before_the_first_period_is_a_notice():
    early = site(name="Ames", in_service_on=date(1998, 6, 1))
    found = due(early, through=date(1998, 10, 31))

    assert amounts(found.charges) == ["13583.33"]
    assert found.notices == (
        "Ames: in service from 1 June 1998, but nothing before 1 October 1998 is billed: no annual period covers it.",
    )


def test_level_that_nobody_decided_is_a_notice_and_no_charge():
    silent = replace(SCHEDULE, opening=OpeningRule(None, None))
    undecided = replace(AGREEMENT, amendments=(replace(AMENDMENT, schedule=silent),))
    found = due(site(name="Ames"), site(2), through=date(1998, 10, 31), of=undecided)

    assert (found.charges, found.undecided) == ((), {ChargeKey.of_site(1, 1), ChargeKey.of_site(2, 1)})
    assert found.notices[0] == "Ames: no level is decided for annual period 1. Record its starting level."


def test_level_that_is_no_row_is_a_notice_and_no_charge():
    tiny = site(name="Ames", agreed=(agreed(2, "TINY", AUTUMN),))
    found = due(tiny, through=date(1999, 10, 31))

    assert [charge.period.number for charge in found.charges] == [1] * 12
    assert found.undecided == {ChargeKey.of_site(1, 2)}
    assert found.notices == ("Ames: the level TINY of annual period 2 is no row of the schedule in force.",)


def test_days_that_no_document_prices_are_left_out_and_named():
    late = replace(AGREEMENT, amendments=(replace(AMENDMENT, effective_on=date(1998, 11, 1)),))
    found = due(site(name="Ames"), through=date(1998, 11, 30), of=late)

    # November by itself: 163,000 / 12 = 13,583.33; October was never priced and is not made up for.
    assert ([c.instalment.number for c in found.charges], amounts(found.charges)) == ([2], ["13583.33"])
    assert found.undecided == frozenset()
    assert found.notices == (
        "Ames: nothing is billed for October 1998. No price schedule on file covers 1 October 1998 under Agreement "
        "LNS970602JC. Enter the document that prices this day, or choose another day.",
    )


def test_a_gap_in_the_term_is_left_out_and_what_follows_is_billed():
    reopened = amendment(2, date(2000, 11, 1), expires_on=date(2001, 9, 30))
    found = due(site(name="Ames"), through=date(2000, 11, 30), of=agreement(reopened))

    third = [charge for charge in found.charges if charge.period.number == 3]
    assert ([c.instalment.number for c in third], amounts(tuple(third))) == ([2], ["13583.33"])
    assert len(found.notices) == 1
    assert found.notices[0].startswith(
        "Ames: nothing is billed for October 2000. Agreement LNS970602JC expired on 30 S"
    )


def test_a_change_of_schedule_in_mid_period_keeps_the_basis_of_earlier_instalments():
    opening = replace(SCHEDULE, opening=replace(SCHEDULE.opening, first_period_level=None))
    second = amendment(2, date(1999, 4, 1), schedule=opening, schedule_clause="Appendix B")
    charges = due(site(), through=date(1999, 4, 30), of=agreement(second)).charges

    assert [charge.basis for charge in charges] == [Basis.OPENING] * 6 + [Basis.STARTING]
