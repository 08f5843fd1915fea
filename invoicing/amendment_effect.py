"""What an amendment changes in money: each site's annual price, what falls due to the end of the term, what was billed.

The amendment counts as if both parties had signed it by the day of the question; an executed one is compared with what
was known before it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from contracts.money import ZERO
from contracts.periods import AnnualPeriod
from contracts.terms import AgreementTerms, AmendmentTerms, NotInForce, Signature, expiration_known
from invoicing.charges import Charge, ChargeKey, SiteFacts
from invoicing.due import Due, Facts, due_through
from invoicing.instalments import PricedDays
from invoicing.unbilled import Adjustment, Billed, adjustments


@dataclass(frozen=True)
class PricedSite:
    """The last price of one site in one annual period, before and with the amendment; None where it has none."""

    site: SiteFacts
    period: AnnualPeriod
    before: PricedDays | None
    after: PricedDays | None
    due_before: Decimal
    due_after: Decimal

    @property
    def difference(self) -> Decimal:
        """By how much what is due for the annual period changes."""
        return self.due_after - self.due_before


@dataclass(frozen=True)
class Totals:
    """What falls due in one annual period, before and with the amendment."""

    period: AnnualPeriod
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        """By how much it changes."""
        return self.after - self.before


@dataclass(frozen=True)
class AmendmentEffect:
    """The effect of an amendment. `billed_through` is the last day billed so far, None where nothing was.

    `refusal` says why there is nothing to compare; the other fields are empty then.
    """

    sites: tuple[PricedSite, ...] = ()
    totals: tuple[Totals, ...] = ()
    corrections: tuple[Adjustment, ...] = ()
    billed_through: date | None = None
    refusal: str = ""

    @property
    def corrected(self) -> Decimal:
        """By how much what was billed would be corrected."""
        return sum((adjustment.amount for adjustment in self.corrections), ZERO)

    @property
    def difference(self) -> Decimal:
        """By how much everything due to the end of the term changes."""
        return sum((total.difference for total in self.totals), ZERO)


def amendment_effect(
    *,
    agreement: AgreementTerms,
    number: int,
    sites: Mapping[int, SiteFacts],
    facts: Facts,
    billed: Mapping[ChargeKey, Billed],
    known_on: date,
) -> AmendmentEffect:
    """Return what amendment `number` changes in money, as known on a day.

    What is due is compared through the end of the term, the earlier or the later one, each as far as it reaches, and so
    is what was billed. Only what differs is listed.
    """
    before = replace(agreement, amendments=tuple(each for each in agreement.amendments if each.number < number))
    after = replace(
        agreement,
        amendments=tuple(_as_if_signed(each, known_on) for each in agreement.amendments if each.number <= number),
    )

    through = max((was.days.last_day for was in billed.values() if was.days), default=None)

    def due(terms: AgreementTerms) -> Due | NotInForce:
        expires_on, _source = expiration_known(agreement=terms, known_on=known_on)
        last = expires_on or max(known_on, through or known_on)
        return due_through(agreement=terms, sites=sites.values(), through=last, known_on=known_on, facts=facts)

    now, then = due(before), due(after)
    if isinstance(then, NotInForce):
        return AmendmentEffect(refusal=then.message)
    charges_before = () if isinstance(now, NotInForce) else now.charges
    corrections = adjustments(due=then, billed=billed, sites=sites)
    return AmendmentEffect(
        sites=tuple(site for site in _sites(charges_before, then.charges) if site.difference),
        totals=tuple(_totals(charges_before, then.charges)),
        corrections=corrections,
        billed_through=through,
    )


def _as_if_signed(amendment: AmendmentTerms, on: date) -> AmendmentTerms:
    signed = Signature("", "", on)
    return replace(
        amendment,
        customer_signature=amendment.customer_signature or signed,
        supplier_signature=amendment.supplier_signature or signed,
    )


def _sites(before: Iterable, after: Iterable) -> Iterable[PricedSite]:
    was, now = _by_site(before), _by_site(after)
    for key in sorted({**was, **now}, key=lambda key: key.period):  # within a period, in the order of the sites
        held = (now.get(key) or was.get(key))[-1]
        yield PricedSite(
            held.site,
            held.period,
            was[key][-1].last_priced if key in was else None,
            now[key][-1].last_priced if key in now else None,
            _sum(was.get(key, ())),
            _sum(now.get(key, ())),
        )


def _by_site(charges: Iterable) -> dict[ChargeKey, list[Charge]]:
    found: dict[ChargeKey, list[Charge]] = {}
    for charge in charges:
        if isinstance(charge, Charge):
            found.setdefault(charge.key, []).append(charge)
    return found


def _totals(before: Iterable, after: Iterable) -> Iterable[Totals]:
    sums: dict[int, tuple[AnnualPeriod, list[Decimal]]] = {}
    for place, charges in enumerate((before, after)):
        for charge in charges:
            period, pair = sums.setdefault(charge.period.number, (charge.period, [ZERO, ZERO]))
            pair[place] += charge.amount
            sums[charge.period.number] = (charge.period if place else period, pair)
    for _number, (period, (was, now)) in sorted(sums.items()):
        yield Totals(period, was, now)


def _sum(charges: Iterable[Charge]) -> Decimal:
    return sum((charge.amount for charge in charges), ZERO)
