"""Hours: blocks bought and work charged by the hour. What they cost, computed again, and in words (note on hours)."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from decimal import Decimal

from contracts.money import ZERO, cents, money_text, unit_like
from contracts.periods import day_text
from contracts.readings import QUESTIONS, BlockCompletion, BlockCount, Minimum
from contracts.schedule import HourPrices
from contracts.terms import AgreementTerms, NotInForce
from invoicing.charges.charge import (
    ChargeKey,
    InWords,
    Known,
    OneOff,
    Outcome,
    SiteFacts,
    Uncharged,
    Unpriced,
    price_source,
    stored_money,
)
from sites.hours.entries import BoughtBlocks, HourlyWork
from sites.hours.ledger import hour_ledger
from sites.hours.prices import Opening, Together, billed_hours, blocks_text, hours_text

BLOCK, HOURS = "block", "hours"
OPENED = {
    Opening.BLOCKS_COMPLETED: "enough blocks were completed",
    Opening.MONTH_REACHED: "the month was reached from which they are open",
}


def hour_charges(known: Known) -> Iterator[Outcome]:
    """Yield what blocks and hours cost, the two kinds together: hours that a block covers are not charged.

    Blocks cost the price in force on the day of the purchase; hours that no block covers cost the hourly price of their
    day where hourly prices were open on it (hours, paragraphs 1 and 2). Hours that wait for a block are no charge.
    """
    ledger = hour_ledger(
        agreement=known.agreement,
        purchases=known.facts_of(BLOCK),
        work=known.facts_of(HOURS),
        known_on=known.known_on,
    )
    yield from (_blocks(bought) for bought in ledger.purchases.values())
    for outcome in ledger.outcomes.values():
        yield from _hours(outcome, known)
    if waiting := ledger.waiting_on(known.through):
        message = f"{hours_text(waiting)} worked through {day_text(known.through)} wait for a block of hours"
        yield f"{message}: nothing is billed for them. Buy a block to cover them."


def _blocks(bought: BoughtBlocks) -> OneOff | Unpriced:
    purchase = bought.purchase
    key = ChargeKey(BLOCK, purchase.key)
    what = f"{blocks_text(purchase.blocks).capitalize()} bought on {day_text(purchase.bought_on)}"
    if bought.problem:
        return Unpriced(key, purchase.bought_on, f"{what}: nothing is billed. {bought.problem}")
    prices = bought.terms.schedule.hours
    source = price_source(bought.terms, bought.terms.schedule.hours_clause)
    return OneOff(
        key=key,
        site=None,
        period=bought.terms.period,
        due_on=purchase.bought_on,
        description=f"{blocks_text(purchase.blocks)} of {prices.block_hours:,} prepaid hours",
        amount=bought.amount,
        source=source,
        steps=(
            f"{what}: {prices.block_hours:,} hours each, for all sites ({source}).",
            f"{purchase.blocks:,} × {money_text(prices.block_price)} is {money_text(bought.amount)}.",
        ),
        facts={"rule": "blocks", "blocks": purchase.blocks, "block_price": str(prices.block_price)},
        quantity=Decimal(purchase.blocks),
        unit_price=prices.block_price,
    )


def _hours(outcome: HourlyWork, known: Known) -> Iterator[Outcome]:
    work, key = outcome.work, ChargeKey(HOURS, outcome.work.key)
    if isinstance(outcome.terms, NotInForce):
        what = f"{hours_text(work.hours)} worked on {day_text(work.worked_on)}"
        yield Unpriced(key, work.worked_on, f"{what}: nothing is billed. {outcome.terms.message}")
    elif outcome.included:
        yield Uncharged(key, f"the entry stands, and {outcome.included.rstrip('.')}")
        if work.worked_on <= known.through:
            what = f"{hours_text(work.hours)} worked on {day_text(work.worked_on)}"
            yield f"{what}: nothing is billed. {outcome.included} Reverse the entry, or correct its service."
    elif outcome.amount:
        yield _hourly(known.agreement, outcome, key, known.sites[work.site_key])
    else:
        yield Uncharged(key, _uncharged(outcome))


def _uncharged(outcome: HourlyWork) -> str:
    """What became of hours that cost nothing by the hour."""
    message = []
    if outcome.prepaid:
        message.append(f"{hours_text(outcome.prepaid)} of it are prepaid in blocks now")
    if outcome.waiting:
        message.append(f"{hours_text(outcome.waiting)} of it wait for a block")
    return f"the entry stands, and {' and '.join(message) or 'nothing is charged for it by itself'}"


def _hourly(agreement: AgreementTerms, outcome: HourlyWork, key: ChargeKey, site: SiteFacts) -> OneOff:
    work = outcome.work
    source = price_source(outcome.terms, outcome.terms.schedule.hours_clause)
    request = f", {work.reference}" if work.reference else ""
    return OneOff(
        key=key,
        site=site,
        period=outcome.terms.period,
        due_on=work.worked_on,
        description=f"{work.service}{request}",
        amount=outcome.amount,
        source=source,
        steps=tuple(_hourly_steps(agreement, outcome, source)),
        facts={
            "rule": "hours",
            "hours": str(work.hours),
            "prepaid": str(outcome.prepaid),
            "hourly": str(outcome.hourly),
            "billed": str(outcome.billed),
            "minimum": str(outcome.terms.schedule.hours.minimum_hours or ZERO),
            "hourly_price": str(outcome.hourly_price),
            "opened_by": [opening.value for opening in outcome.opened_by],
            "readings": _hour_readings(agreement, outcome),
            **_sharing(outcome),
        },
        quantity=outcome.billed,
        unit_price=outcome.hourly_price,
        usual_unit_price=_price_in_block(outcome.terms.schedule.hours),
    )


def _price_in_block(prices: HourPrices) -> Decimal | None:
    """Return what an hour in a block costs; None where there are no blocks."""
    if not prices.block_price or not prices.block_hours:
        return None
    return cents(prices.block_price / prices.block_hours, unit_like(prices.block_price))


def _sharing(outcome: HourlyWork) -> dict[str, dict[str, str]]:
    """The hourly work with which the entry shares its minimum, where entries share one."""
    if outcome.minimum is not Minimum.PER_MONTH:
        return {}
    return {"before": {name: str(hours) for name, hours in asdict(outcome.before).items()}}


def _hour_readings(agreement: AgreementTerms, outcome: HourlyWork) -> dict[str, str]:
    readings = agreement.readings_on(outcome.work.worked_on)
    return {key: readings.of_question(key).choice.value for key in ("minimum", "block-count", "block-completion")}


def _hourly_steps(agreement: AgreementTerms, outcome: HourlyWork, source: str) -> Iterator[str]:
    work, prices = outcome.work, outcome.terms.schedule.hours
    yield f"{hours_text(work.hours)} of {work.service} on {day_text(work.worked_on)} by {work.person} ({source})."
    if outcome.prepaid:
        yield f"{hours_text(outcome.prepaid)} were prepaid in blocks, {hours_text(outcome.hourly)} were not."
    yield _opened(agreement, outcome)
    if outcome.billed != outcome.hourly:
        shared = outcome.minimum is Minimum.PER_MONTH
        sentence = QUESTIONS["minimum"].sentence(outcome.minimum)
        of_what = "The hourly work of the month" if shared else "The entry"
        yield (
            f"{of_what} is charged at least {hours_text(prices.minimum_hours)}: {hours_text(outcome.billed)} are "
            f"charged. {sentence}"
        )
    price = money_text(outcome.hourly_price)
    yield f"{hours_text(outcome.billed)} × {price} an hour is {money_text(outcome.amount)}."


def _opened(agreement: AgreementTerms, outcome: HourlyWork) -> str:
    prices = outcome.terms.schedule.hours
    readings = agreement.readings_on(outcome.work.worked_on)
    message = []
    if Opening.BLOCKS_COMPLETED in outcome.opened_by:
        verb = "bought" if readings.block_completion is BlockCompletion.PURCHASED else "completed"
        over = "in the term" if readings.block_count is BlockCount.WHOLE_TERM else "in the annual period"
        message.append(f"{blocks_text(prices.opens_after_blocks)} had been {verb} {over}")
    if Opening.MONTH_REACHED in outcome.opened_by:
        message.append(f"month {prices.opens_in_month} of the annual period had begun")
    return f"Hourly prices were open: {' and '.join(message)}."


# ---- computed again and in words ---------------------------------------------------------------------------------


def recompute_blocks(inputs: Mapping) -> Decimal:
    """Compute the amount of a purchase again."""
    return Decimal(inputs["block_price"]) * inputs["blocks"]


def blocks_in_words(inputs: Mapping) -> InWords:
    """Say what a purchase is computed from."""
    yield "Blocks", f"{inputs['blocks']:,}"
    yield "Price of a block", stored_money(inputs["block_price"])


def count_of_blocks(quantity: Decimal) -> str:
    """Return how many blocks a line charges: `2 blocks`."""
    return blocks_text(int(quantity))


def recompute_hours(inputs: Mapping) -> Decimal:
    """Compute the amount of a work entry again; raises ValueError where its hours do not add up."""
    if Decimal(inputs["prepaid"]) + Decimal(inputs["hourly"]) != Decimal(inputs["hours"]):
        raise ValueError("The prepaid hours and those bought by the hour are not the hours of the entry.")
    price = Decimal(inputs["hourly_price"])
    return cents(price * _recomputed_billed(inputs), unit_like(price))


def _recomputed_billed(inputs: Mapping) -> Decimal:
    """The hours charged, after the minimum.

    A line stored before inputs named the work that shares a minimum is charged what it says, as far as that can be:
    never more than its entry would be charged by itself.
    """
    sharing = inputs.get("before", {})
    billed = billed_hours(
        prices=HourPrices(minimum_hours=Decimal(inputs["minimum"])),
        prepaid=Decimal(inputs["prepaid"]),
        hourly=Decimal(inputs["hourly"]),
        before=Together(**{name: Decimal(hours) for name, hours in sharing.items()}),
    )
    if sharing or inputs.get("readings", {}).get("minimum") == Minimum.PER_ENTRY:
        return billed
    if not ZERO <= Decimal(inputs["billed"]) <= billed:
        raise ValueError("More hours are charged than the entry and its minimum come to.")
    return Decimal(inputs["billed"])


def hours_in_words(inputs: Mapping) -> InWords:
    """Say what an hourly charge is computed from."""
    yield ("Hours worked", _text(inputs["hours"]))
    yield ("Prepaid in blocks", _text(inputs["prepaid"]))
    yield ("By the hour", _text(inputs["hourly"]))
    yield ("Least that is charged", _text(inputs["minimum"]))
    before = inputs.get("before", {})
    if any(Decimal(hours) for hours in before.values()):
        message = f"{_text(before['hourly'])} by the hour, charged as {_text(before['billed'])}"
        yield ("Before it in the month", message)
    yield ("Charged", _text(inputs["billed"]))
    yield ("Price of an hour", stored_money(inputs["hourly_price"]))
    if inputs.get("opened_by"):
        opened = " and ".join(OPENED[Opening(value)] for value in inputs["opened_by"])
        yield ("Hourly prices open", opened)


def _text(hours: str) -> str:
    return hours_text(Decimal(hours))
