from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from time import process_time

import pytest

from contracts.money import ZERO, plain_text
from contracts.readings import BlockCompletion, BlockCount, Minimum
from sites.hours.entries import Movement, Work
from sites.hours.ledger import HourLedger
from sites.hours.prices import Opening
from tests.reference import AGREEMENT, AMENDMENT, ANCHOR, LATER, agreement, amendment, readings
from tests.sites.hours.cases import bought, ledger, schedule, with_schedule, worked

WINTER, SPRING = date(1998, 12, 1), date(1999, 3, 5)
JULY, PERIOD_END, SECOND_PERIOD = date(1999, 7, 10), date(1999, 9, 30), date(1999, 10, 1)


def split(found: HourLedger) -> dict[int, str]:
    """Return each entry's hours: prepaid, by the hour, charged by the hour, waiting."""
    return {key: f"{each.prepaid} {each.hourly} {each.billed} {each.waiting}" for key, each in found.outcomes.items()}


def rows(found: HourLedger) -> list[str]:
    """Return the ledger line by line: day, movement, block, hours in, hours out, balance, waiting hours."""
    return [
        f"{row.day:%m-%d} {row.movement} {row.block or '-'}{'*' if row.completes else ''} "
        f"+{row.hours_in} -{row.hours_out} = {row.balance}, {row.waiting}"
        for row in found.rows
    ]


# Which hours a block covers


def test_work_draws_from_the_oldest_block_and_goes_on_in_the_next():
    found = ledger(bought(1, ANCHOR, 2), worked(1, WINTER, "1499.50"), worked(2, SPRING, "1.25"))

    assert split(found) == {1: "1499.50 0.00 0.00 0.00", 2: "1.25 0.00 0.00 0.00"}
    assert rows(found) == [
        "10-01 bought 1 +3000.00 -0.00 = 3000.00, 0.00",
        "12-01 used 1 +0.00 -1499.50 = 1500.50, 0.00",
        "03-05 used 1* +0.00 -0.50 = 1500.00, 0.00",
        "03-05 used 2 +0.00 -0.75 = 1499.25, 0.00",
    ]
    assert [(block.number, str(block.used), str(block.left), block.completed_on) for block in found.blocks] == [
        (1, "1500.00", "0.00", SPRING),
        (2, "0.75", "1499.25", None),
    ]


@pytest.mark.parametrize("day", [WINTER, JULY])
def test_work_on_an_included_service_takes_no_hours_and_waits_for_none(day):
    found = ledger(Work(1, day, Decimal(1500), 1, "Traffic Management"), bought(1, ANCHOR), worked(2, PERIOD_END, "8"))
    alone = ledger(Work(1, day, Decimal(10), 1, "traffic management"))

    assert split(found) == {1: "0.00 0.00 0.00 0.00", 2: "8.00 0.00 0.00 0.00"}
    assert [(row.movement, str(row.balance)) for row in found.rows] == [
        (Movement.BOUGHT, "1500.00"),
        (Movement.INCLUDED, "1500.00"),
        (Movement.USED, "1492.00"),
    ]
    assert str(alone.waiting_on(LATER)) == "0.00"
    assert alone.outcomes[1].sentence == (
        "10.00 h take no prepaid hours. Traffic Management is included in the annual price (Appendix A, note 1) and "
        "cannot be charged."
    )


def test_block_bought_on_the_day_of_the_work_covers_it():
    found = ledger(worked(1, WINTER, "8"), bought(1, WINTER))

    assert split(found) == {1: "8.00 0.00 0.00 0.00"}
    assert [row.movement for row in found.rows] == [Movement.BOUGHT, Movement.USED]


def test_work_beyond_the_balance_waits_while_hourly_is_closed():
    found = ledger(bought(1, ANCHOR), worked(1, WINTER, "1490"), worked(2, SPRING, "25"), worked(3, SPRING, "8"))

    assert split(found) == {
        1: "1490.00 0.00 0.00 0.00",
        2: "10.00 0.00 0.00 15.00",
        3: "0.00 0.00 0.00 8.00",
    }
    assert [plain_text(each.amount) for each in found.outcomes.values()] == ["0.00"] * 3
    assert found.outcomes[2].sentence == (
        "10.00 h from prepaid blocks. 15.00 h need a block: hourly prices were closed on 5 March 1999, and the day of "
        "the work decides."
    )
    assert [str(found.waiting_on(day)) for day in (WINTER, SPRING)] == ["0.00", "23.00"]


def test_purchase_covers_waiting_hours_first_the_oldest_before_the_others():
    later = SPRING + timedelta(days=26)
    found = ledger(worked(2, SPRING, "1000"), worked(1, WINTER, "700"), bought(7, later, 1))

    assert split(found) == {1: "700.00 0.00 0.00 0.00", 2: "800.00 0.00 0.00 200.00"}
    assert rows(found) == [
        "12-01 waiting - +0.00 -0.00 = 0.00, 700.00",
        "03-05 waiting - +0.00 -0.00 = 0.00, 1700.00",
        "03-31 bought 1 +1500.00 -0.00 = 1500.00, 1700.00",
        "03-31 covered 1 +0.00 -700.00 = 800.00, 1000.00",
        "03-31 covered 1* +0.00 -800.00 = 0.00, 200.00",
    ]
    assert (found.purchases[7].hours, found.purchases[7].covered) == (Decimal(1500), Decimal(1500))
    assert found.blocks[0].completed_on == later


def test_purchase_leaves_what_nobody_waits_for_as_the_balance():
    found = ledger(worked(1, WINTER, "20"), bought(1, SPRING, 2))

    assert str(found.balance_on(SPRING)) == "2980.00"
    assert (str(found.purchases[1].covered), str(found.purchases[1].amount)) == ("20.00", "243000.00")
    assert (found.purchases[1].first_block, found.purchases[1].last_block) == (1, 2)


def test_blocks_of_a_later_purchase_are_numbered_on():
    found = ledger(bought(5, SPRING, 3), bought(9, WINTER, 2), bought(2, SPRING, 1))

    assert list(found.purchases) == [9, 2, 5]
    assert [(each.first_block, each.last_block) for each in found.purchases.values()] == [(1, 2), (3, 3), (4, 6)]
    assert [block.purchase.key for block in found.blocks] == [9, 9, 2, 5, 5, 5]


def test_events_of_one_day_are_taken_by_kind_and_key():
    found = ledger(worked(3, WINTER, "1"), worked(2, WINTER, "1499.50"), bought(8, WINTER))

    assert split(found) == {2: "1499.50 0.00 0.00 0.00", 3: "0.50 0.00 0.00 0.50"}


# Hours bought by the hour


def test_entry_that_completes_the_tenth_block_goes_on_by_the_hour():
    found = ledger(bought(1, ANCHOR, 10), worked(1, WINTER, "14990"), worked(2, SPRING, "25"), worked(3, SPRING, "2"))

    assert split(found) == {
        1: "14990.00 0.00 0.00 0.00",
        2: "10.00 15.00 15.00 0.00",
        3: "0.00 2.00 2.00 0.00",
    }
    assert [plain_text(each.amount) for each in found.outcomes.values()] == ["0.00", "1215.00", "162.00"]
    assert found.outcomes[2].opened_by == (Opening.BLOCKS_COMPLETED,)
    assert found.outcomes[2].sentence == "10.00 h from prepaid blocks. 15.00 h by the hour."


def test_entry_that_completes_the_ninth_block_waits():
    found = ledger(bought(1, ANCHOR, 9), worked(1, SPRING, "13500.01"))

    assert split(found) == {1: "13500.00 0.00 0.00 0.01"}


def test_prepaid_hours_go_first_in_the_tenth_month_too():
    found = ledger(bought(1, ANCHOR), worked(1, WINTER, "1490"), worked(2, JULY, "25"))

    assert split(found)[2] == "10.00 15.00 15.00 0.00"
    assert found.outcomes[2].opened_by == (Opening.MONTH_REACHED,)


def test_block_bought_later_does_not_reach_back_to_hourly_hours():
    found = ledger(worked(1, JULY, "8"), bought(1, JULY + timedelta(days=1)), worked(2, JULY + timedelta(days=2), "8"))

    assert split(found) == {1: "0.00 8.00 8.00 0.00", 2: "8.00 0.00 0.00 0.00"}
    assert str(found.balance_on(PERIOD_END)) == "1492.00"


def test_hours_that_wait_go_on_waiting_when_hourly_opens():
    found = ledger(worked(1, date(1999, 6, 30), "8"), worked(2, date(1999, 7, 1), "8"))

    assert split(found) == {1: "0.00 0.00 0.00 8.00", 2: "0.00 8.00 8.00 0.00"}
    assert str(found.waiting_on(PERIOD_END)) == "8.00"


def test_block_that_waiting_hours_complete_opens_hourly_on_the_day_of_the_purchase():
    found = ledger(worked(1, WINTER, "15000"), bought(1, SPRING, 10), worked(2, SPRING, "3"))

    assert split(found)[2] == "0.00 3.00 3.00 0.00"
    assert found.hourly_on(SPRING - timedelta(days=1)).open is False
    assert found.hourly_on(SPRING).since == SPRING


def test_hourly_closes_with_the_annual_period():
    found = ledger(
        bought(1, ANCHOR, 10),
        worked(1, WINTER, "15000"),
        worked(2, PERIOD_END, "4"),
        worked(3, SECOND_PERIOD, "4"),
    )

    assert split(found) == {1: "15000.00 0.00 0.00 0.00", 2: "0.00 4.00 4.00 0.00", 3: "0.00 0.00 0.00 4.00"}
    days = (ANCHOR, WINTER, PERIOD_END, SECOND_PERIOD)
    assert [found.hourly_on(day).completed for day in days] == [0, 10, 10, 0]


def test_reading_that_counts_the_whole_term_leaves_hourly_open():
    terms = agreement(block_count=BlockCount.WHOLE_TERM)
    found = ledger(bought(1, ANCHOR, 10), worked(1, WINTER, "15000"), worked(3, SECOND_PERIOD, "4"), terms=terms)

    assert split(found)[3] == "0.00 4.00 4.00 0.00"
    assert found.hourly_on(SECOND_PERIOD).completed == 10


def test_reading_that_counts_blocks_bought_opens_hourly_for_what_they_do_not_cover():
    terms = agreement(block_completion=BlockCompletion.PURCHASED)
    found = ledger(bought(1, WINTER, 10), worked(1, WINTER, "15001"), terms=terms)

    assert split(found) == {1: "15000.00 1.00 1.00 0.00"}
    assert [found.hourly_on(day).completed for day in (ANCHOR, WINTER)] == [0, 10]


def test_reading_applies_to_work_from_its_own_day():
    later = ((SPRING, readings(block_completion=BlockCompletion.PURCHASED)),)
    terms = replace(with_schedule(opens_after_blocks=1, block_hours=10), later_readings=later)
    found = ledger(
        worked(1, ANCHOR, "8"),  # waits, then takes 8.00 of the 20.00 bought
        bought(1, WINTER, 2),
        worked(2, SPRING - timedelta(days=1), "1"),
        worked(3, SPRING, "12"),
        terms=terms,
    )

    assert split(found)[3] == "11.00 1.00 1.00 0.00"
    assert [found.hourly_on(SPRING - timedelta(days=days)).open for days in (1, 0)] == [False, True]


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        (
            with_schedule(hourly_price=None),
            "The price schedule in force (Amendment 1 (LNM980917MP), Appendix A, table) states no hourly price. "
            "Enter it by an amendment.",
        ),
        (
            with_schedule(opens_after_blocks=None, opens_in_month=None),
            "The price schedule in force (Amendment 1 (LNM980917MP), Appendix A, table) does not say when hourly "
            "prices open. Enter it by an amendment.",
        ),
    ],
)
def test_work_waits_where_no_hourly_price_or_condition_is_stated(terms, message):
    found = ledger(worked(1, JULY, "8"), terms=terms)

    assert split(found) == {1: "0.00 0.00 0.00 8.00"}
    assert found.hourly_on(JULY).sentence == message


# The minimum


@pytest.mark.parametrize(
    ("hours", "outcome", "amount", "sentence"),
    [
        ("0.00", "0.00 0.00 0.00 0.00", "0.00", "No hours."),
        ("0.25", "0.25 0.00 0.00 0.00", "0.00", "0.25 h from prepaid blocks."),
        ("0.50", "0.40 0.10 0.60 0.00", "48.60", None),
        ("1.00", "0.40 0.60 0.60 0.00", "48.60", "0.40 h from prepaid blocks. 0.60 h by the hour."),
        ("1.25", "0.40 0.85 0.85 0.00", "68.85", "0.40 h from prepaid blocks. 0.85 h by the hour."),
    ],
)
def test_entry_that_a_block_covers_in_part_is_tested_as_a_whole(hours, outcome, amount, sentence):
    found = ledger(bought(1, ANCHOR), worked(1, WINTER, "1499.60"), worked(2, JULY, hours))

    assert split(found)[2] == outcome
    assert plain_text(found.outcomes[2].amount) == amount
    topped_up = "0.40 h from prepaid blocks. 0.10 h by the hour, charged as 0.60 h."
    assert found.outcomes[2].sentence == (sentence or topped_up)


def test_minimum_applies_to_each_entry():
    found = ledger(worked(1, JULY, "0.50"), worked(2, JULY, "0.50"))

    assert [plain_text(each.amount) for each in found.outcomes.values()] == ["81.00", "81.00"]


def test_minimum_may_apply_to_the_hourly_work_of_a_month_together():
    terms = agreement(minimum=Minimum.PER_MONTH)
    found = ledger(
        worked(1, date(1999, 7, 1), "0.25"),  # charged one hour
        worked(2, date(1999, 7, 15), "0.50"),  # 0.75 h in all
        worked(3, date(1999, 7, 31), "1.00"),  # 1.75 h in all
        worked(4, date(1999, 8, 1), "0.25"),  # another month
        terms=terms,
    )

    assert [str(each.billed) for each in found.outcomes.values()] == ["1.00", "0.00", "0.75", "1.00"]
    assert str(sum(each.amount for each in found.outcomes.values())) == "222.75"  # 2.75 x 81


def test_month_of_a_shared_minimum_is_one_of_the_annual_period():
    terms = replace(agreement(minimum=Minimum.PER_MONTH), first_period_starts_on=date(1998, 10, 15))
    days = (date(1999, 7, 31), date(1999, 8, 14), date(1999, 8, 15))
    found = ledger(*(worked(key, day, "0.25") for key, day in enumerate(days)), terms=terms)

    assert [str(each.billed) for each in found.outcomes.values()] == ["1.00", "0.00", "1.00"]


# Terms of the day


def test_prices_are_those_in_force_on_the_day():
    dearer = schedule(block_hours=1000, block_price=Decimal("90000.00"), hourly_price=Decimal("90.00"))
    terms = agreement(amendment(2, date(1999, 7, 11), schedule=dearer))
    found = ledger(
        worked(1, JULY, "2"),
        worked(2, date(1999, 7, 11), "2"),
        bought(1, JULY + timedelta(days=2)),
        bought(2, JULY),
        terms=terms,
    )

    assert split(found) == {1: "2.00 0.00 0.00 0.00", 2: "2.00 0.00 0.00 0.00"}
    assert [(str(each.hours), str(each.amount)) for each in found.purchases.values()] == [
        ("1500.00", "121500.00"),
        ("1000.00", "90000.00"),
    ]
    hourly = ledger(worked(1, JULY, "2"), worked(2, date(1999, 7, 11), "2"), terms=terms)
    assert [plain_text(each.amount) for each in hourly.outcomes.values()] == ["162.00", "180.00"]
    assert [str(each.hourly_price) for each in hourly.outcomes.values()] == ["81.00", "90.00"]


def test_day_without_terms_takes_no_hours_and_says_why():
    found = ledger(
        bought(1, WINTER),
        bought(2, date(2000, 10, 1)),
        worked(1, date(1998, 9, 30), "8"),
        worked(2, WINTER, "100"),
        worked(3, date(2000, 10, 2), "4"),
    )

    assert split(found) == {1: "0.00 0.00 0.00 8.00", 2: "100.00 0.00 0.00 0.00", 3: "0.00 0.00 0.00 4.00"}
    assert rows(found)[0] == "09-30 not-in-force - +0.00 -0.00 = 0.00, 0.00"
    assert rows(found)[-2:] == [
        "10-01 not-in-force - +0.00 -0.00 = 1400.00, 0.00",
        "10-02 not-in-force - +0.00 -0.00 = 1400.00, 0.00",
    ]
    assert (found.purchases[2].amount, found.purchases[2].hours, len(found.blocks)) == (None, ZERO, 1)
    assert (found.outcomes[3].hourly_price, plain_text(found.outcomes[3].amount)) == (None, "0.00")
    expired = "Agreement LNS970602JC expired on 30 September 2000 (Amendment 1 (LNM980917MP), clause 1);"
    assert found.outcomes[3].sentence == (
        f"4.00 h without terms. {expired} 2 October 2000 is after it. Extend the term by an amendment."
    )
    assert found.notices == (
        f"{expired} 1 October 2000 is after it. Extend the term by an amendment.",
        "No price schedule on file covers 30 September 1998 under Agreement LNS970602JC. "
        "Enter the document that prices this day, or choose another day.",
        f"{expired} 2 October 2000 is after it. Extend the term by an amendment.",
    )


def test_nothing_is_drawn_before_the_terms_are_known():
    events = (bought(1, ANCHOR), worked(1, WINTER, "8"))

    assert split(ledger(*events, known_on=date(1998, 10, 19))) == {1: "0.00 0.00 0.00 8.00"}
    assert split(ledger(*events, known_on=date(1998, 10, 20))) == {1: "8.00 0.00 0.00 0.00"}
    assert ledger(*events, known_on=date(1998, 10, 19)).waiting_on(LATER) == ZERO


@pytest.mark.parametrize("missing", ["block_hours", "block_price"])
def test_purchase_without_a_stated_block_brings_nothing(missing):
    found = ledger(bought(1, ANCHOR), worked(1, WINTER, "8"), terms=with_schedule(**{missing: None}))

    assert split(found) == {1: "0.00 0.00 0.00 8.00"}
    assert found.purchases[1].amount is None
    assert found.notices == (
        "The price schedule in force (Amendment 1 (LNM980917MP), Appendix A, table) states no block of hours. "
        "Enter it by an amendment.",
    )


# Balances, both ways and what is left


def test_balance_and_waiting_hours_are_those_at_the_end_of_the_day():
    found = ledger(bought(1, WINTER), worked(1, WINTER, "8"), worked(2, SPRING, "1500"))

    days = (ANCHOR, WINTER, SPRING - timedelta(days=1), SPRING, LATER)
    assert [str(found.balance_on(day)) for day in days] == ["0.00", "1492.00", "1492.00", "0.00", "0.00"]
    assert [str(found.waiting_on(day)) for day in days] == ["0.00", "0.00", "0.00", "8.00", "8.00"]


def test_unused_hours_carry_over_until_the_expiration_and_are_then_to_be_decided():
    found = ledger(bought(1, ANCHOR), worked(1, WINTER, "500"))

    assert [str(found.balance_on(day)) for day in (PERIOD_END, SECOND_PERIOD)] == ["1000.00", "1000.00"]
    assert found.unused_on(date(2000, 9, 30)) is None
    assert found.unused_on(date(2000, 10, 1)).sentence == (
        "1,000.00 h were left unused when the agreement expired on 30 September 2000. "
        "The contract does not say what becomes of them: a person decides."
    )


def test_nothing_is_to_be_decided_where_nothing_is_left_or_nothing_expires():
    used = ledger(bought(1, ANCHOR), worked(1, WINTER, "1500"))
    endless = replace(AGREEMENT, original_expires_on=None, amendments=(replace(AMENDMENT, expires_on=None),))

    assert used.unused_on(date(2000, 10, 1)) is None
    assert ledger(bought(1, ANCHOR), terms=endless).unused_on(LATER) is None


def test_waiting_hours_are_priced_both_ways():
    found = ledger(
        worked(1, WINTER, "0.50"),
        worked(2, WINTER, "1500.50"),
        worked(3, SPRING, "0.25"),
        worked(4, JULY, "2"),  # by the hour
        worked(5, date(2000, 10, 2), "4"),  # no terms
    )

    ways = found.waiting_both_ways(SPRING)

    # 1,501.25 h take two blocks; by the hour they would be charged as 1.00 + 1,500.50 + 1.00 = 1,502.50 h.
    assert (str(ways.hours), ways.blocks, str(ways.blocks_amount)) == ("1501.25", 2, "243000.00")
    assert str(ways.hourly_amount) == "121702.50"
    shared = ledger(*(each.work for each in found.outcomes.values()), terms=agreement(minimum=Minimum.PER_MONTH))
    assert str(shared.waiting_both_ways(SPRING).hourly_amount) == "121662.00"  # 1,501.00 h and 1.00 h


def test_nothing_is_priced_where_nothing_waits():
    assert ledger(bought(1, ANCHOR), worked(1, WINTER, "8")).waiting_both_ways(WINTER) is None


def test_ledger_warns_of_a_block_from_the_tenth_month_on():
    found = ledger(bought(1, ANCHOR))

    assert found.block_warning_on(date(1999, 6, 30)) is None
    assert found.block_warning_on(JULY) == (
        "Hourly prices are open to 30 September 1999: a new block is not cheaper. "
        "1,501.00 h cost 243,000.00 in 2 blocks and 121,581.00 by the hour."
    )
    assert found.block_warning_on(JULY, hours=Decimal(10)) == (
        "Hourly prices are open to 30 September 1999: a new block is not cheaper. "
        "10.00 h cost 121,500.00 in 1 block and 810.00 by the hour."
    )


def test_ledger_of_nothing_is_empty():
    found = ledger()

    assert (found.rows, found.blocks, found.outcomes, found.notices) == ((), (), {}, ())
    assert (found.balance_on(JULY), found.hourly_on(JULY).completed) == (ZERO, 0)


def test_every_movement_has_a_label():
    assert len({movement.label for movement in Movement}) == len(Movement)


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ((worked(4, ANCHOR, "1"), worked(4, JULY, "2")), "Two work entries have the key 4."),
        ((bought(4, ANCHOR), bought(4, JULY)), "Two purchases have the key 4."),
        ((worked(4, ANCHOR, "-0.01"),), "Work entry 4 has -0.01 hours."),
        ((bought(4, ANCHOR, 0),), "Purchase 4 is of 0 blocks."),
    ],
)
def test_impossible_events_are_the_callers_mistake(events, message):
    with pytest.raises(ValueError, match=rf"^{message}$"):
        ledger(*events)


def test_twenty_thousand_entries_are_no_burden():
    """About 0.3 s of the processor; a walk over all blocks, rows or waiting hours for each entry would take minutes."""
    days = [ANCHOR + timedelta(days=number % 731) for number in range(20_000)]
    work = [Work(key, day, Decimal("7.25")) for key, day in enumerate(days)]
    purchases = [bought(key, ANCHOR + timedelta(days=20 * key), 3) for key in range(30)]

    began = process_time()
    found = ledger(*purchases, *work)

    assert process_time() - began < 3
    assert len(found.outcomes) == 20_000
