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
from invoicing.charges.charge import Charge, ChargeKey, SiteFacts
from invoicing.charges.due import Due, Facts, due_through
from invoicing.charges.instalments import PricedDays
from invoicing.charges.unbilled import AdjustedPart, Billed, compared


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
class ChangedBilling:
    """What was billed of one charge, for the parts that the amendment changes, and what is due for them.

    `documents` have billed them. A waived charge that stays waived is due at nothing both ways.
    """

    site: SiteFacts | None
    description: str
    period_number: int
    documents: tuple[str, ...]
    billed: Decimal
    due_before: Decimal
    due_after: Decimal

    @property
    def difference(self) -> Decimal:
        """What the amendment alone adds to what is due, or takes away."""
        return self.due_after - self.due_before


@dataclass(frozen=True)
class AmendmentEffect:
    """The effect of an amendment. `billed_through` is the last day billed so far, None where nothing was.

    `next_run` is what a run would bill or credit of what was billed, with the amendment; `without_it` the part of that
    which other facts cause. Neither says anything of a run where a later amendment is `followed_by`, which counts then
    too. Where nothing is `priced_before`, all that was billed rests on it.
    `refusal` says why there is nothing to compare at all; the other fields are empty then.
    """

    sites: tuple[PricedSite, ...] = ()
    totals: tuple[Totals, ...] = ()
    billings: tuple[ChangedBilling, ...] = ()
    without_it: Decimal = ZERO
    next_run: Decimal = ZERO
    billed_through: date | None = None
    followed_by: int | None = None
    priced_before: bool = True
    refusal: str = ""

    @property
    def corrected(self) -> Decimal:
        """By how much the amendment alone changes what is due for what was billed."""
        return sum((billing.difference for billing in self.billings), ZERO)

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
    parts_before = {} if isinstance(now, NotInForce) else _parts(now, billed, sites)
    parts_after = _parts(then, billed, sites)
    return AmendmentEffect(
        sites=tuple(site for site in _sites(charges_before, then.charges) if site.difference),
        totals=tuple(_totals(charges_before, then.charges)),
        billings=tuple(_billings(parts_before, parts_after, billed, sites)),
        without_it=_to_bill(parts_before),
        next_run=_to_bill(parts_after),
        billed_through=through,
        priced_before=not isinstance(now, NotInForce),
        followed_by=_last_in_force_after(agreement, number, known_on),
    )


def _last_in_force_after(agreement: AgreementTerms, number: int, on: date) -> int | None:
    return max(
        (each.number for each in agreement.amendments if each.number > number and each.executed_by(on)), default=None
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
        stored = (now.get(key) or was.get(key))[-1]
        yield PricedSite(
            stored.site,
            stored.period,
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


Parts = Mapping[ChargeKey, Mapping[int, AdjustedPart]]


def _parts(due: Due, billed: Mapping[ChargeKey, Billed], sites: Mapping[int, SiteFacts]) -> Parts:
    """What was billed against what is due, by charge and part, in the order of the sites."""
    return {
        key: {part.number: part for part in parts} for key, _was, parts in compared(due=due, billed=billed, sites=sites)
    }


def _to_bill(parts: Parts) -> Decimal:
    return sum((part.amount for of_charge in parts.values() for part in of_charge.values()), ZERO)


def _billings(
    before: Parts, after: Parts, billed: Mapping[ChargeKey, Billed], sites: Mapping[int, SiteFacts]
) -> Iterable[ChangedBilling]:
    for key in {**after, **before}:
        was = billed[key]
        rows = [
            (part, _due_of(before, key, number, part.amount), _due_of(after, key, number, part.amount))
            for number, part in sorted(was.parts.items())
        ]
        changed = [row for row in rows if row[1] != row[2]]
        if changed:
            yield ChangedBilling(
                site=sites.get(was.site_key),
                description=was.description,
                period_number=was.period_number,
                documents=tuple(dict.fromkeys(number for part, _, _ in changed for number in part.documents)),
                billed=sum((part.amount for part, _, _ in changed), ZERO),
                due_before=sum((due for _, due, _ in changed), ZERO),
                due_after=sum((due for _, _, due in changed), ZERO),
            )


def _due_of(parts: Parts, key: ChargeKey, number: int, billed: Decimal) -> Decimal:
    """What is due for one part; where it is not compared, what was billed of it stands."""
    part = parts.get(key, {}).get(number)
    return part.due if part else billed


def _sum(charges: Iterable[Charge]) -> Decimal:
    return sum((charge.amount for charge in charges), ZERO)
