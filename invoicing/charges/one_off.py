"""Charges that fall due once: blocks of hours bought, hours worked by the hour, and system integration."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal

from contracts.money import ZERO, money_text
from contracts.periods import day_text
from contracts.readings import QUESTIONS, BlockCompletion, BlockCount, Minimum
from contracts.terms import AgreementTerms, NotInForce, Source, TermsFound, expiration_known, terms_on
from invoicing.charges.charge import ChargeKey, ChargeKind, OneOff, SiteFacts
from sites.hours.entries import BoughtBlocks, HourlyWork, Purchase, Work
from sites.hours.ledger import hour_ledger
from sites.hours.prices import Opening, blocks_text, hours_text
from sites.integration.prices import PriceNotStated, Quoted, integration_price


@dataclass(frozen=True)
class Order:
    """An order of system integration whose cutover is complete. `again_because` is why a site was ordered once more."""

    key: int
    site_key: int
    completed_on: date
    quotation: Quoted | None = None
    again_because: str = ""


@dataclass(frozen=True)
class Unpriced:
    """What happened on a day and has no price; the notice says why."""

    key: ChargeKey
    day: date
    notice: str


@dataclass(frozen=True)
class OneOffs:
    """The charges of one agreement that fall due once. What is due for an `undecided` key is not known.

    `uncharged` says of work entries that cost nothing what became of their hours.
    """

    charges: tuple[OneOff, ...] = ()
    notices: tuple[str, ...] = ()
    undecided: frozenset[ChargeKey] = frozenset()
    uncharged: Mapping[ChargeKey, str] = field(default_factory=dict)


LevelOf = Callable[[SiteFacts, TermsFound], str | None]
"""The code of the level at which a site is charged under the terms found for a day."""


def one_off_charges(
    *,
    agreement: AgreementTerms,
    sites: Mapping[int, SiteFacts],
    purchases: Iterable[Purchase],
    work: Iterable[Work],
    orders: Iterable[Order],
    through: date,
    known_on: date,
    level_of: LevelOf,
) -> OneOffs:
    """Return every charge that falls due once, whatever its day, in the order of their days.

    Blocks cost the price in force on the day of the purchase; hours that no block covers cost the hourly price of their
    day where hourly prices were open on it (hours, paragraphs 1 and 2); an integration costs the price of the level at
    which its site is charged on the day of the cutover, or that of an executed quotation (note 5). Hours that wait for
    a block are no charge. What has no price stays undecided. A notice names either, as far as it happened through a
    date.
    """
    ledger = hour_ledger(agreement=agreement, purchases=purchases, work=work, known_on=known_on)
    outcomes: list[OneOff | Unpriced] = [
        *(_blocks(bought) for bought in ledger.purchases.values()),
        *_hours(agreement, ledger.outcomes.values(), sites),
        *(_integration(agreement, order, sites[order.site_key], known_on, level_of) for order in orders),
    ]
    charges = [outcome for outcome in outcomes if isinstance(outcome, OneOff)]
    unpriced = [outcome for outcome in outcomes if isinstance(outcome, Unpriced)]
    expires_on, _source = expiration_known(agreement=agreement, known_on=known_on)
    runs_on = expires_on is None or through < expires_on
    last = through if runs_on else date.max  # no later run would name what happened after the expiration
    notices = [each.notice for each in unpriced if each.day <= last]
    if waiting := ledger.waiting_on(through):
        message = f"{hours_text(waiting)} worked through {day_text(through)} wait for a block of hours"
        notices.append(f"{message}: nothing is billed for them. Buy a block to cover them.")
    charges.sort(key=lambda charge: (charge.due_on, list(ChargeKind).index(charge.key.kind), charge.key.subject))
    return OneOffs(
        tuple(charges),
        tuple(notices),
        frozenset(each.key for each in unpriced),
        {
            ChargeKey(ChargeKind.HOURS, each.work.key): _uncharged(each)
            for each in ledger.outcomes.values()
            if not isinstance(each.terms, NotInForce) and not each.amount
        },
    )


def _source(found: TermsFound, clause: str) -> str:
    return str(Source(found.schedule_source.document, clause or found.schedule_source.clause))


# ---- hours -------------------------------------------------------------------------------------------------------


def _blocks(bought: BoughtBlocks) -> OneOff | Unpriced:
    purchase = bought.purchase
    key = ChargeKey(ChargeKind.BLOCK, purchase.key)
    what = f"{blocks_text(purchase.blocks).capitalize()} bought on {day_text(purchase.bought_on)}"
    if bought.problem:
        return Unpriced(key, purchase.bought_on, f"{what}: nothing is billed. {bought.problem}")
    prices = bought.terms.schedule.hours
    source = _source(bought.terms, bought.terms.schedule.hours_clause)
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


def _hours(
    agreement: AgreementTerms, outcomes: Iterable[HourlyWork], sites: Mapping[int, SiteFacts]
) -> Iterator[OneOff | Unpriced]:
    for outcome in outcomes:
        key = ChargeKey(ChargeKind.HOURS, outcome.work.key)
        if isinstance(outcome.terms, NotInForce):
            what = f"{hours_text(outcome.work.hours)} worked on {day_text(outcome.work.worked_on)}"
            yield Unpriced(key, outcome.work.worked_on, f"{what}: nothing is billed. {outcome.terms.message}")
        elif outcome.amount:
            yield _hourly(agreement, outcome, key, sites[outcome.work.site_key])


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
    source = _source(outcome.terms, outcome.terms.schedule.hours_clause)
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
    )


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


# ---- system integration ------------------------------------------------------------------------------------------


def _integration(
    agreement: AgreementTerms, order: Order, site: SiteFacts, known_on: date, level_of: LevelOf
) -> OneOff | Unpriced:
    key = ChargeKey(ChargeKind.INTEGRATION, order.key)
    what = f"System integration of {site.name}"
    found = terms_on(agreement=agreement, service_on=order.completed_on, known_on=known_on)
    if isinstance(found, NotInForce):
        return Unpriced(key, order.completed_on, f"{what}: nothing is billed. {found.message}")
    level = found.schedule.level(level_of(site, found) or "")
    priced = integration_price(schedule=found.schedule, level=level, quotation=order.quotation, known_on=known_on)
    if isinstance(priced, PriceNotStated):
        return Unpriced(key, order.completed_on, f"{what}: nothing is billed. {priced.message}")
    quoted = level is None or level.integration_price is None
    source = priced.clause if quoted else _source(found, priced.clause)
    size = f" at {level.name}" if level else ""
    again = order.again_because
    once_more = f"Ordered once more for the same site, confirmed with the reason: {again.rstrip('.')}."
    return OneOff(
        key=key,
        site=site,
        period=found.period,
        due_on=order.completed_on,
        description="System integration (turnover/cutover)",
        amount=priced.amount,
        source=source,
        steps=(
            f"Cutover completed on {day_text(order.completed_on)}, the site charged{size} in the annual period.",
            *((once_more,) if again else ()),
            f"{'For this cutover' if again else 'Once per site'}: {money_text(priced.amount)} ({source}).",
        ),
        facts={
            "rule": "integration",
            "level": level.code if level else "",
            "price": str(priced.amount),
            "quotation": order.quotation.number if quoted and order.quotation else "",
            **({"again_because": again} if again else {}),
        },
    )
