"""System integration (turnover/cutover): what it costs, computed again, and in words (note 5)."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from contracts.money import money_text
from contracts.periods import day_text
from contracts.terms import NotInForce, TermsFound, terms_on
from invoicing.charges.charge import (
    ChargeKey,
    InWords,
    Known,
    OneOff,
    Outcome,
    SiteFacts,
    Unpriced,
    price_source,
    stored_money,
)
from sites.integration.prices import CompletedOrder, PriceNotStated, integration_price

INTEGRATION = "integration"


def integration_charges(known: Known) -> Iterator[Outcome]:
    """Yield what completed cutovers cost: the price of the level at which the site is charged on that day (note 5).

    The price of an executed quotation stands in for a size without one.
    """
    return (_integration(order, known) for order in known.facts_of(INTEGRATION))


def _integration(order: CompletedOrder, known: Known) -> OneOff | Unpriced:
    agreement, known_on, site = known.agreement, known.known_on, known.sites[order.site_key]
    key = ChargeKey(INTEGRATION, order.key)
    what = f"System integration of {site.name}"
    found = terms_on(agreement=agreement, service_on=order.completed_on, known_on=known_on)
    if isinstance(found, NotInForce):
        return Unpriced(key, order.completed_on, f"{what}: nothing is billed. {found.message}")
    level = found.schedule.level(_level_code(site, found, known) or "")
    priced = integration_price(schedule=found.schedule, level=level, quotation=order.quotation, known_on=known_on)
    if isinstance(priced, PriceNotStated):
        return Unpriced(key, order.completed_on, f"{what}: nothing is billed. {priced.message}")
    quoted = level is None or level.integration_price is None
    source = priced.clause if quoted else price_source(found, priced.clause)
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


def _level_code(site: SiteFacts, found: TermsFound, known: Known) -> str | None:
    """The code of the level at which a site is charged under the terms found for a day."""
    charged = site.charged_on(
        found.service_on,
        agreement=known.agreement,
        schedule=found.schedule,
        period=found.period,
        known_on=known.known_on,
    )
    return charged.level_code if charged else None


def recompute_integration(inputs: Mapping) -> Decimal:
    """Compute the amount of an integration again."""
    return Decimal(inputs["price"])


def integration_in_words(inputs: Mapping) -> InWords:
    """Say what an integration is computed from."""
    yield "Price", stored_money(inputs["price"])
    if inputs.get("quotation"):
        yield "Quotation", inputs["quotation"]
