"""The golden cases about hours: hourly prices open or closed, the draw-down of blocks and the minimum charge."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest

from contracts.money import ZERO, hundredths
from contracts.readings import BlockCompletion, BlockCount, Minimum
from sites.hours.entries import Purchase, UnusedHours, Work
from sites.hours.ledger import HourLedger, hour_ledger
from sites.hours.prices import Opening, blocks_amount, both_ways
from tests.reference import ANCHOR, LATER, SCHEDULE, agreement, period
from tests.vectors import DATA, VECTORS, Given, differences, text

PRICES = SCHEDULE.hours
REASONS = {Opening.BLOCKS_COMPLETED: "TEN_BLOCKS", Opening.MONTH_REACHED: "TENTH_MONTH"}
BLOCK_POLICIES = {
    "PER_ANNUAL_PERIOD": {"block_count": BlockCount.ANNUAL_PERIOD},
    "WHOLE_TERM": {"block_count": BlockCount.WHOLE_TERM},
    "CONSUMED": {"block_completion": BlockCompletion.LAST_HOUR_USED},
    "PURCHASED": {"block_completion": BlockCompletion.PURCHASED},
}
MINIMUM_POLICIES = {"PER_REQUEST": Minimum.PER_ENTRY, "PER_INVOICE": Minimum.PER_MONTH}
HOURLY_OPEN, HOURLY_CLOSED = date(1999, 7, 10), date(1998, 12, 1)
UNUSED = {UnusedHours: "DECIDE_UNUSED_HOURS", type(None): None}


def drawn(*, bought: Sequence[tuple[date, int]], worked: Sequence[tuple[date, Decimal]], **choices) -> HourLedger:
    """Return the ledger of the reference agreement; work entries have the keys 1, 2, 3, ... in the order given."""
    return hour_ledger(
        agreement=agreement(**choices),
        purchases=[Purchase(key, day, blocks) for key, (day, blocks) in enumerate(bought, start=1) if blocks],
        work=[Work(key, day, hours) for key, (day, hours) in enumerate(worked, start=1)],
        known_on=LATER,
    )


def run_hourly_open(given: Given) -> dict:
    choices = BLOCK_POLICIES[given.get("policy", "PER_ANNUAL_PERIOD")]
    on = given.day("date")
    if "blocks_purchased" in given:
        bought = [(ANCHOR, given["blocks_purchased"])]
        worked = [(ANCHOR, given.money("block_hours_consumed"))]
    else:
        in_period = {1: given.get("completed_blocks_period_1", 0), 2: given.get("completed_blocks_period_2", 0)}
        this = 1 if on <= period(1).span.last_day else 2
        in_period[this] += given.get("completed_blocks_in_period", 0)
        bought = [(period(number).span.first_day, blocks) for number, blocks in in_period.items()]
        worked = [(day, Decimal(blocks * PRICES.block_hours)) for day, blocks in bought]
    status = drawn(bought=bought, worked=worked, **choices).hourly_on(on)
    return {
        "eligible": status.open,
        "reasons": [REASONS[reason] for reason in status.reasons],
        "completed_blocks": status.completed,
    }


def run_draw_down(given: Given) -> dict:
    if "request_hours" in given:
        return _run_request(given)
    if "block_balance_on" in given:
        return _run_carried_over(given["block_balance_on"])
    if "blocks" in given:
        hours = drawn(bought=[(ANCHOR, given["blocks"])], worked=[]).balance_on(ANCHOR)
        cost = blocks_amount(prices=PRICES, blocks=given["blocks"])
        return {"block_cost": text(cost), "hours": int(hours), "unit_rate": text(hundredths(cost / hours))}
    ways = both_ways(prices=PRICES, hours=given.money("hours"))
    return {
        "hourly_cost": text(ways.hourly_amount),
        "blocks_needed": ways.blocks,
        "block_cost": text(ways.blocks_amount),
        "difference": text(ways.difference),
    }


def _run_request(given: Given) -> dict:
    on, blocks = given.day("date"), given["blocks_purchased"]
    used_before = Decimal(blocks * PRICES.block_hours) - given.money("block_balance")
    before = on - timedelta(days=1)
    ledger = drawn(bought=[(ANCHOR, blocks)], worked=[(before, used_before), (on, given.money("request_hours"))])
    assert ledger.hourly_on(before).completed == given["completed_blocks_before"]
    outcome = ledger.outcomes[2]
    assert (outcome.waiting, outcome.billed) == (ZERO, outcome.hourly)
    return {
        "from_block": text(outcome.prepaid),
        "completed_blocks_after": ledger.hourly_on(on).completed,
        "hourly_hours": text(outcome.hourly),
        "hourly_amount": text(outcome.amount),
    }


def _run_carried_over(balances: dict[str, str]) -> dict:
    ((day, balance),) = balances.items()
    last_day = date.fromisoformat(day)
    ledger = drawn(bought=[(ANCHOR, 1)], worked=[(ANCHOR, PRICES.block_hours - Decimal(balance))])
    assert text(ledger.balance_on(last_day)) == balance
    assert ledger.unused_on(period(2).span.last_day) is None
    following = last_day + timedelta(days=1)
    return {
        "block_balance_on": {following.isoformat(): text(ledger.balance_on(following))},
        "on_2000_10_01": UNUSED[type(ledger.unused_on(date(2000, 10, 1)))],
    }


def run_minimum(given: Given) -> dict:
    policy = MINIMUM_POLICIES[given.get("policy", "PER_REQUEST")]
    for together in ("requests_same_day", "requests_same_invoice"):
        if together in given:
            days = [HOURLY_OPEN] * 3 if together == "requests_same_day" else [date(1999, 7, day) for day in (1, 10, 31)]
            worked = list(zip(days, map(Decimal, given[together]), strict=False))
            return _charged(drawn(bought=[], worked=worked, minimum=policy))
    on = HOURLY_OPEN if given["hourly_open"] else HOURLY_CLOSED
    used = given.money("block_hours_used")
    ledger = drawn(bought=[(on, 1 if used else 0)], worked=[(on, given.money("request_hours"))], minimum=policy)
    assert ledger.hourly_on(on).open is given["hourly_open"]
    assert ledger.outcomes[1].prepaid == used
    return _charged(ledger)


def _charged(ledger: HourLedger) -> dict:
    outcomes = ledger.outcomes.values()
    return {
        "billed_hours": text(sum((outcome.billed for outcome in outcomes), ZERO)),
        "amount": text(sum((outcome.amount for outcome in outcomes), ZERO)),
        "block_drawn": text(sum((outcome.prepaid for outcome in outcomes), ZERO)),
    }


RUNNERS = {"HE": run_hourly_open, "HC": run_draw_down, "MN": run_minimum}


@pytest.mark.parametrize(
    "vector", [pytest.param(vector, id=vector["id"]) for vector in VECTORS if vector["group"] in RUNNERS]
)
def test_vector(vector):
    assert differences(vector, RUNNERS) == []


def test_default_readings_are_those_that_the_vectors_take_for_the_default():
    defaults, readings = DATA["meta"]["default_policies"], agreement().readings

    assert BLOCK_POLICIES[defaults["blocks_scope"]] == {"block_count": readings.block_count}
    assert BLOCK_POLICIES[defaults["block_completion"]] == {"block_completion": readings.block_completion}
    assert MINIMUM_POLICIES[defaults["minimum_scope"]] is readings.minimum


def test_prices_of_the_file_are_ours():
    stated = DATA["meta"]["reference_schedule"]

    assert (stated["block_hours"], stated["block_price"]) == (PRICES.block_hours, text(PRICES.block_price))
    assert (stated["hourly_price"], stated["minimum_hours"]) == (text(PRICES.hourly_price), PRICES.minimum_hours)
    assert stated["hourly_opens_after_blocks"] == PRICES.opens_after_blocks
    assert stated["hourly_opens_in_month"] == PRICES.opens_in_month
