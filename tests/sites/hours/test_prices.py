from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.readings import BlockCompletion, BlockCount
from contracts.schedule import HourPrices
from contracts.terms import NotInForce
from sites.hours.prices import (
    BlockDays,
    BothWays,
    HourlyStatus,
    Opening,
    PriceNotStated,
    Together,
    billed_hours,
    block_warning,
    blocks_amount,
    both_ways,
    hour_rules,
    hourly_amount,
    hourly_status,
)
from tests.reference import AGREEMENT, AMENDMENT, ANCHOR, LATER, SCHEDULE, agreement, amendment, bounded, readings
from tests.sites.hours.cases import schedule, with_schedule

PRICES = SCHEDULE.hours
TENTH_MONTH = date(1999, 7, 1)
PERIOD_END, EXPIRATION = date(1999, 9, 30), date(2000, 9, 30)
BOTH = (Opening.BLOCKS_COMPLETED, Opening.MONTH_REACHED)


def hours(text: str) -> Decimal:
    return Decimal(text)


def status(on: date, *, used_up=(), bought=(), terms=AGREEMENT, known_on=LATER) -> HourlyStatus:
    return hourly_status(agreement=terms, day=on, known_on=known_on, blocks=BlockDays(used_up, bought))


# Amounts


@pytest.mark.parametrize(("blocks", "amount"), [(0, "0.00"), (1, "121500.00"), (2, "243000.00"), (10, "1215000.00")])
def test_blocks_cost_their_price_each(blocks, amount):
    assert str(blocks_amount(prices=PRICES, blocks=blocks)) == amount


@pytest.mark.parametrize(
    ("worked", "amount"),
    [
        ("0", "0.00"),  # nothing for nothing
        ("0.01", "81.00"),  # the minimum of one hour
        ("0.50", "81.00"),
        ("1.00", "81.00"),
        ("1.01", "81.81"),
        ("1.25", "101.25"),  # 1.25 x 81
        ("10.50", "850.50"),
        ("1501", "121581.00"),
    ],
)
def test_hours_cost_at_least_the_minimum(worked, amount):
    assert str(hourly_amount(prices=PRICES, hours=hours(worked))) == amount


def test_hours_without_a_minimum_cost_what_was_done():
    prices = HourPrices(hourly_price=Decimal("81.00"))

    assert str(hourly_amount(prices=prices, hours=hours("0.50"))) == "40.50"


def test_price_not_stated_is_never_zero():
    with pytest.raises(PriceNotStated, match=r"^The price schedule states no price for a block of hours\.$"):
        blocks_amount(prices=HourPrices(), blocks=1)
    with pytest.raises(PriceNotStated, match=r"^The price schedule states no hourly price\.$"):
        hourly_amount(prices=HourPrices(), hours=hours("1.00"))
    with pytest.raises(PriceNotStated, match=r"^The price schedule states no hourly price\.$"):
        hourly_amount(prices=HourPrices(), hours=hours("0.00"))


# The minimum


@pytest.mark.parametrize(
    ("prepaid", "hourly", "billed"),
    [
        ("0.00", "0.00", "0.00"),
        ("0.40", "0.00", "0.00"),  # all of it from a block: the minimum is not for prepaid hours
        ("0.00", "0.25", "1.00"),
        ("0.40", "0.10", "0.60"),  # half an hour as a whole, topped up to one: 0.60 beside the 0.40 prepaid
        ("0.40", "0.60", "0.60"),  # exactly one hour as a whole
        ("0.75", "0.50", "0.50"),  # above one hour as a whole: as worked
        ("10.00", "0.01", "0.01"),
        ("0.00", "7.75", "7.75"),
    ],
)
def test_entry_is_tested_as_a_whole(prepaid, hourly, billed):
    assert str(billed_hours(prices=PRICES, prepaid=hours(prepaid), hourly=hours(hourly))) == billed


@pytest.mark.parametrize(
    ("before", "prepaid", "hourly", "billed"),
    [
        (("0.00", "0.25", "1.00"), "0.00", "0.25", "0.00"),  # 0.50 h in all: the hour charged before covers them
        (("0.00", "0.25", "1.00"), "0.00", "1.00", "0.25"),  # 1.25 h in all, 1.00 charged before
        (("0.30", "0.20", "0.70"), "0.00", "0.10", "0.00"),  # 0.60 h as a whole
        (("0.00", "0.25", "1.00"), "0.90", "0.10", "0.00"),  # 0.65 missing at most; nothing is given back
        (("0.00", "3.00", "3.00"), "0.00", "0.25", "0.25"),  # the minimum is met
    ],
)
def test_entries_that_share_a_minimum_are_charged_what_they_add(before, prepaid, hourly, billed):
    together = Together(*map(Decimal, before))

    assert str(billed_hours(prices=PRICES, prepaid=hours(prepaid), hourly=hours(hourly), before=together)) == billed


# Both ways


@pytest.mark.parametrize(
    ("worked", "blocks", "in_blocks", "by_the_hour", "difference"),
    [
        ("0.00", 0, "0.00", "0.00", "0.00"),
        ("0.50", 1, "121500.00", "81.00", "121419.00"),
        ("1.00", 1, "121500.00", "81.00", "121419.00"),
        ("1499.99", 1, "121500.00", "121499.19", "0.81"),
        ("1500.00", 1, "121500.00", "121500.00", "0.00"),
        ("1500.01", 2, "243000.00", "121500.81", "121499.19"),
        ("1501.00", 2, "243000.00", "121581.00", "121419.00"),
        ("3000.00", 2, "243000.00", "243000.00", "0.00"),
    ],
)
def test_both_ways_compare_whole_blocks_with_hours(worked, blocks, in_blocks, by_the_hour, difference):
    ways = both_ways(prices=PRICES, hours=hours(worked))

    assert ways == BothWays(hours(worked), blocks, hours(in_blocks), hours(by_the_hour))
    assert str(ways.difference) == difference


def test_both_ways_take_hours_charged_with_a_minimum_each():
    ways = both_ways(prices=PRICES, hours=hours("0.75"), billed=hours("3.00"))

    assert (ways.blocks_amount, ways.hourly_amount) == (Decimal("121500.00"), Decimal("243.00"))


@pytest.mark.parametrize(
    ("prices", "sentence"),
    [
        (PRICES, "1,501.00 h cost 243,000.00 in 2 blocks and 121,581.00 by the hour."),
        (
            replace(PRICES, block_price=None),
            "1,501.00 h cost 121,581.00 by the hour. The price schedule states no block of hours.",
        ),
        (
            replace(PRICES, hourly_price=None),
            "1,501.00 h cost 243,000.00 in 2 blocks. The price schedule states no hourly price.",
        ),
        (HourPrices(), "The price schedule states no block of hours and no hourly price."),
    ],
)
def test_both_ways_say_what_is_not_stated(prices, sentence):
    ways = both_ways(prices=prices, hours=hours("1501"))

    assert ways.sentence == sentence
    assert (ways.difference is None) == (prices is not PRICES)


@bounded
@given(st.integers(0, 10_000_000))
def test_both_ways_buy_no_block_too_few_or_too_many(hundredths):
    worked = Decimal(hundredths).scaleb(-2)
    blocks = both_ways(prices=PRICES, hours=worked).blocks

    assert (blocks - 1) * 1500 < worked <= blocks * 1500


# Hourly prices open or closed


@pytest.mark.parametrize(
    ("on", "used_up", "reasons", "since", "until"),
    [
        (date(1998, 12, 1), 0, (), None, None),
        (date(1999, 6, 30), 9, (), None, None),
        (date(1999, 6, 30), 10, BOTH[:1], date(1998, 11, 15), PERIOD_END),
        (TENTH_MONTH, 0, BOTH[1:], TENTH_MONTH, PERIOD_END),
        (PERIOD_END, 9, BOTH[1:], TENTH_MONTH, PERIOD_END),
        (PERIOD_END, 10, BOTH, date(1998, 11, 15), PERIOD_END),
        (date(1999, 10, 1), 10, (), None, None),
        (date(2000, 7, 1), 10, BOTH[1:], date(2000, 7, 1), EXPIRATION),
    ],
)
def test_hourly_opens_with_ten_blocks_or_the_tenth_month_and_closes_with_the_period(on, used_up, reasons, since, until):
    found = status(on, used_up=[date(1998, 11, 15)] * used_up)

    assert (found.open, found.reasons, found.since, found.until) == (bool(reasons), reasons, since, until)


@pytest.mark.parametrize(
    ("on", "completed", "opens_on"),
    [
        (date(1998, 11, 14), 0, TENTH_MONTH),
        (date(1998, 11, 15), 2, TENTH_MONTH),
        (date(1999, 3, 1), 3, TENTH_MONTH),
        (PERIOD_END, 3, TENTH_MONTH),
        (date(1999, 10, 1), 0, date(2000, 7, 1)),
        (date(1999, 12, 24), 1, date(2000, 7, 1)),
    ],
)
def test_status_counts_the_blocks_completed_so_far_in_the_period(on, completed, opens_on):
    days = [date(1998, 11, 15), date(1998, 11, 15), date(1999, 3, 1), date(1999, 12, 24)]

    found = status(on, used_up=days)

    assert (found.completed, found.needed, found.opens_on) == (completed, 10, opens_on)


def test_blocks_may_count_over_the_whole_term():
    terms = agreement(block_count=BlockCount.WHOLE_TERM)
    days = [date(1998, 11, 15)] * 4 + [date(1999, 12, 24)] * 6

    closed, opened = (status(on, used_up=days, terms=terms) for on in (date(1999, 12, 23), date(1999, 12, 24)))

    assert (closed.open, closed.completed) == (False, 4)
    assert (opened.reasons, opened.completed) == (BOTH[:1], 10)
    assert (opened.since, opened.until) == (date(1999, 12, 24), EXPIRATION)


def test_blocks_of_the_whole_term_keep_hourly_open_from_one_period_to_the_next():
    terms = agreement(block_count=BlockCount.WHOLE_TERM)

    found = status(date(2000, 7, 4), used_up=[date(1999, 8, 2)] * 10, terms=terms)

    assert (found.reasons, found.since, found.until) == (BOTH, TENTH_MONTH, EXPIRATION)


def test_month_alone_closes_with_the_period_also_where_blocks_count_over_the_whole_term():
    terms = agreement(block_count=BlockCount.WHOLE_TERM)

    assert status(date(1999, 7, 4), terms=terms).until == PERIOD_END
    assert status(date(1999, 10, 1), terms=terms).open is False
    assert status(date(2000, 7, 4), terms=terms).since == date(2000, 7, 1)


def test_blocks_may_complete_when_they_are_bought():
    terms = agreement(block_completion=BlockCompletion.PURCHASED)
    bought = [date(1998, 11, 15)] * 10

    assert status(date(1998, 11, 14), bought=bought, terms=terms).open is False
    assert status(date(1998, 11, 15), bought=bought, terms=terms).reasons == BOTH[:1]
    assert status(date(1998, 11, 15), bought=bought).open is False


def test_reading_holds_from_its_own_day():
    later = ((date(1999, 3, 1), readings(block_completion=BlockCompletion.PURCHASED)),)
    terms = replace(AGREEMENT, later_readings=later)
    bought = [date(1998, 11, 15)] * 10

    assert status(date(1999, 2, 28), bought=bought, terms=terms).open is False
    assert status(date(1999, 3, 31), bought=bought, terms=terms).since == date(1999, 3, 1)


def test_amendment_changes_the_condition_from_its_own_day():
    fewer = amendment(2, date(1999, 3, 1), schedule=schedule(opens_after_blocks=5, opens_in_month=8))
    terms = agreement(fewer)
    days = [date(1998, 11, 15)] * 5

    assert status(date(1999, 2, 28), used_up=days, terms=terms).sentence == (
        "Hourly prices are closed on 28 February 1999: 5 of 10 blocks completed. "
        "They open on 1 July 1999 at the latest."
    )
    assert status(date(1999, 3, 31), used_up=days, terms=terms).since == date(1999, 3, 1)
    assert status(date(1999, 5, 1), terms=terms).reasons == BOTH[1:]
    assert status(date(1999, 3, 1), used_up=days, terms=terms, known_on=date(1999, 2, 28)).open is False


def test_amendment_may_close_hourly_again():
    more = amendment(2, date(1999, 8, 1), schedule=schedule(opens_in_month=None))

    found = [status(on, terms=agreement(more)) for on in (date(1999, 7, 31), date(1999, 8, 1))]

    assert [each.open for each in found] == [True, False]
    assert found[1].sentence == "Hourly prices are closed on 1 August 1999: 0 of 10 blocks completed."


def test_months_are_those_of_the_annual_period():
    middle = replace(AGREEMENT, first_period_starts_on=date(1998, 10, 15))

    assert status(date(1999, 7, 14), terms=middle).open is False
    assert status(date(1999, 7, 15), terms=middle).since == date(1999, 7, 15)


def test_period_that_ends_early_takes_the_month_with_it():
    short = replace(AGREEMENT, amendments=(replace(AMENDMENT, expires_on=date(1999, 6, 15)),))

    found = status(date(1999, 6, 1), used_up=[date(1999, 5, 1)] * 3, terms=short)

    assert (found.open, found.opens_on) == (False, None)
    assert found.sentence == (
        "Hourly prices are closed on 1 June 1999: 3 of 10 blocks completed. "
        "The annual period ends before its tenth month."
    )
    assert status(date(1999, 6, 1), used_up=[date(1999, 5, 1)] * 10, terms=short).until == date(1999, 6, 15)


def test_month_that_begins_on_the_last_day_opens_hourly_for_that_day():
    short = replace(AGREEMENT, amendments=(replace(AMENDMENT, expires_on=TENTH_MONTH),))

    found = status(TENTH_MONTH, terms=short)

    assert (found.since, found.until) == (TENTH_MONTH, TENTH_MONTH)


def test_first_month_opens_hourly_with_the_annual_period():
    terms = with_schedule(opens_in_month=1)

    assert status(date(1999, 3, 1), terms=terms).since == ANCHOR
    assert status(date(2000, 3, 1), terms=terms).since == date(1999, 10, 1)


def test_expiration_known_for_the_term_as_a_whole_ends_the_last_period():
    longer = amendment(2, date(2000, 7, 15), signed_on=date(2000, 6, 1), expires_on=date(2001, 9, 30))
    terms = replace(agreement(longer), amendments=(replace(AMENDMENT, expires_on=date(2000, 7, 22)), longer))

    assert status(date(2000, 7, 14), terms=terms, known_on=date(2000, 7, 14)).until == EXPIRATION
    assert status(date(2000, 7, 14), terms=terms, known_on=date(2000, 5, 31)).until == date(2000, 7, 22)


def test_agreement_without_expiration_leaves_the_whole_term_open():
    terms = replace(
        agreement(block_count=BlockCount.WHOLE_TERM),
        original_expires_on=None,
        amendments=(replace(AMENDMENT, expires_on=None),),
    )

    found = status(date(1999, 3, 1), used_up=[date(1998, 11, 15)] * 11, terms=terms)

    assert found.until is None
    assert found.sentence == "Hourly prices are open from 15 November 1998 on: 11 blocks completed (10 needed)."
    in_july = status(date(1999, 7, 4), used_up=[date(1998, 11, 15)] * 11, terms=terms)
    assert block_warning(status=in_july, prices=PRICES) == (
        "Hourly prices are open: a new block is not cheaper. "
        "1,501.00 h cost 243,000.00 in 2 blocks and 121,581.00 by the hour."
    )


@pytest.mark.parametrize(
    ("prices", "sentence"),
    [
        (
            {"hourly_price": None},
            "The price schedule in force (Amendment 1 (LNM980917MP), Appendix A, table) states no hourly price. "
            "Enter it by an amendment.",
        ),
        (
            {"opens_after_blocks": None, "opens_in_month": None},
            "The price schedule in force (Amendment 1 (LNM980917MP), Appendix A, table) does not say when hourly "
            "prices open. Enter it by an amendment.",
        ),
        ({"opens_after_blocks": None}, None),
        ({"opens_in_month": None}, None),
    ],
)
def test_price_or_condition_not_stated_opens_nothing(prices, sentence):
    found = status(date(1999, 8, 1), used_up=[date(1998, 11, 15)] * 10, terms=with_schedule(**prices))

    assert (found.open, found.problem) == (sentence is None, sentence or "")
    if sentence:
        assert found.sentence == sentence


def test_needed_blocks_alone_or_month_alone():
    by_month = with_schedule(opens_after_blocks=None)
    by_blocks = with_schedule(opens_in_month=None)

    assert status(date(1999, 3, 1), terms=by_month).sentence == (
        "Hourly prices are closed on 1 March 1999. They open on 1 July 1999."
    )
    assert status(date(1999, 8, 1), terms=by_blocks).open is False


@pytest.mark.parametrize(
    ("on", "known_on", "message"),
    [
        (
            date(2000, 10, 1),
            LATER,
            "Agreement LNS970602JC expired on 30 September 2000 (Amendment 1 (LNM980917MP), clause 1); "
            "1 October 2000 is after it. Extend the term by an amendment.",
        ),
        (
            date(1998, 9, 30),
            LATER,
            "No price schedule on file covers 30 September 1998 under Agreement LNS970602JC. "
            "Enter the document that prices this day, or choose another day.",
        ),
        (
            ANCHOR,
            date(1998, 10, 19),
            "No price schedule on file, as known on 19 October 1998, covers 1 October 1998 "
            "under Agreement LNS970602JC. Amendment 1 (LNM980917MP) was executed on 20 October 1998 only. "
            "Enter the document that prices this day, or choose another day.",
        ),
    ],
)
def test_day_without_terms_opens_nothing_and_says_why(on, known_on, message):
    found = status(on, used_up=[ANCHOR] * 10, known_on=known_on)
    rules = hour_rules(agreement=AGREEMENT, day=on, known_on=known_on)

    assert (found.open, found.needed, found.opens_on, found.sentence) == (False, None, None, message)
    assert isinstance(rules.terms, NotInForce)
    assert (rules.prices, rules.block_problem, rules.hourly_problem) == (HourPrices(), message, message)


@pytest.mark.parametrize(
    ("on", "used_up", "sentence"),
    [
        (
            date(1999, 3, 1),
            3,
            "Hourly prices are closed on 1 March 1999: 3 of 10 blocks completed. "
            "They open on 1 July 1999 at the latest.",
        ),
        (
            date(1999, 3, 1),
            10,
            "Hourly prices are open from 15 November 1998 to 30 September 1999: 10 blocks completed (10 needed).",
        ),
        (
            date(1999, 7, 10),
            0,
            "Hourly prices are open from 1 July 1999 to 30 September 1999: "
            "the tenth month of the annual period has begun.",
        ),
        (
            date(1999, 7, 10),
            10,
            "Hourly prices are open from 15 November 1998 to 30 September 1999: 10 blocks completed (10 needed) "
            "and the tenth month of the annual period has begun.",
        ),
    ],
)
def test_status_is_said_in_one_or_two_sentences(on, used_up, sentence):
    assert status(on, used_up=[date(1998, 11, 15)] * used_up).sentence == sentence


# The warning that a new block is not cheaper


@pytest.mark.parametrize(
    ("on", "used_up", "planned", "prices", "warning"),
    [
        (date(1999, 6, 30), 0, None, {}, None),  # closed
        (date(1999, 6, 30), 10, None, {}, None),  # open by blocks, not by date
        (
            TENTH_MONTH,
            0,
            None,
            {},
            "Hourly prices are open to 30 September 1999: a new block is not cheaper. "
            "1,501.00 h cost 243,000.00 in 2 blocks and 121,581.00 by the hour.",
        ),
        (
            TENTH_MONTH,
            10,
            "1500",
            {},
            "Hourly prices are open to 30 September 1999: a new block is not cheaper. "
            "1,500.00 h cost 121,500.00 in 1 block and 121,500.00 by the hour.",
        ),
        (date(1999, 10, 1), 0, None, {}, None),  # closed again
        (TENTH_MONTH, 0, None, {"block_price": Decimal("121499.99")}, None),  # a full block is cheaper by a cent
        (TENTH_MONTH, 0, "1500", {"block_price": Decimal("121499.99")}, None),
        (
            TENTH_MONTH,
            0,
            "1499",
            {"block_price": Decimal("121499.99")},
            "Hourly prices are open to 30 September 1999: a new block is not cheaper. "
            "1,499.00 h cost 121,499.99 in 1 block and 121,419.00 by the hour.",
        ),
        (TENTH_MONTH, 0, None, {"block_price": None}, None),
        (TENTH_MONTH, 0, None, {"block_hours": None}, None),
    ],
)
def test_block_is_warned_of_once_hourly_is_open_by_date(on, used_up, planned, prices, warning):
    terms = with_schedule(**prices)
    found = status(on, used_up=[date(1998, 11, 15)] * used_up, terms=terms)
    stated = hour_rules(agreement=terms, day=on, known_on=LATER).prices

    assert block_warning(status=found, prices=stated, hours=planned and hours(planned)) == warning
