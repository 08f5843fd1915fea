"""What an amendment changes in money: each site's annual price, what falls due to the end of the term, what was billed.

The amendment counts as if both parties had signed it by the day of the question; an executed one is compared with what
was known before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from contracts.periods import AnnualPeriod
from contracts.terms import AgreementTerms, AmendmentTerms, NotInForce, Signature, expiration_known
from invoicing.charges.charge import Charge, ChargeKey, SiteFacts
from invoicing.charges.due import Due, Facts, due_through
from invoicing.charges.instalments import PricedDays
from invoicing.charges.unbilled import Billed
from invoicing.what_if.compare import Amounts, Difference, Group, billed_amount, compare, documents_of, grouped


@dataclass(frozen=True)
class PricedSite:
    """The last price of one site in one annual period, before and with the amendment; None where it has none.

    `amounts` are what is due for the annual period.
    """

    site: SiteFacts
    period: AnnualPeriod
    before: PricedDays | None
    after: PricedDays | None
    amounts: Amounts


@dataclass(frozen=True)
class ChangedBilling:
    """What was billed of one charge, for the parts that the amendment changes, and in `amounts` what is due for them.

    `documents` have billed them. A waived charge that stays waived is due at nothing both ways.
    """

    site: SiteFacts | None
    description: str
    period_number: int
    documents: tuple[str, ...]
    billed: Decimal
    amounts: Amounts


@dataclass(frozen=True)
class AmendmentEffect:
    """The effect of an amendment. `billed_through` is the last day billed so far, None where nothing was.

    `totals` are what falls due by annual period. `corrections` are what a run would bill or credit of what was billed:
    before the amendment, because of other facts, and with it. They say nothing of a run where a later amendment is
    `followed_by`, which counts then too. Where nothing is `priced_before`, all that was billed depends on it.
    `refusal` says why there is nothing to compare at all; the other fields are empty then.
    """

    sites: tuple[PricedSite, ...] = ()
    totals: tuple[Group, ...] = ()
    billings: tuple[ChangedBilling, ...] = ()
    corrections: Amounts = Amounts()
    billed_through: date | None = None
    followed_by: int | None = None
    priced_before: bool = True
    refusal: str = ""

    @property
    def amounts(self) -> Amounts:
        """Everything due to the end of the term."""
        return Amounts.total(total.amounts for total in self.totals)


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

    priced, then = due(before), due(after)
    if isinstance(then, NotInForce):
        return AmendmentEffect(refusal=then.message)
    difference = compare(before=priced, after=then, billed=billed, sites=sites)
    return AmendmentEffect(
        sites=_sites(difference),
        totals=tuple(difference.totals),
        billings=_billings(difference),
        corrections=difference.corrections,
        billed_through=through,
        priced_before=not isinstance(priced, NotInForce),
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


def _sites(difference: Difference) -> tuple[PricedSite, ...]:
    """The sites of which another amount is due, by annual period and in it in their order."""
    annual = [part for part in difference.due if isinstance(part.charge, Charge)]
    changed = [group for group in grouped(annual, by=lambda part: part.charge.key) if group.amounts.difference]
    return tuple(_priced(group) for group in sorted(changed, key=lambda group: group.of.period))


def _priced(group: Group) -> PricedSite:
    charge = group.rows[0].charge
    before, after = ([getattr(part, side) for part in group.rows] for side in ("before", "after"))
    return PricedSite(charge.site, charge.period, _last_price(before), _last_price(after), group.amounts)


def _last_price(charges: list[Charge | None]) -> PricedDays | None:
    return next((charge.last_priced for charge in reversed(charges) if charge), None)


def _billings(difference: Difference) -> tuple[ChangedBilling, ...]:
    return tuple(_billing(group) for group in grouped(difference.changed, by=lambda part: part.key))


def _billing(group: Group) -> ChangedBilling:
    part = group.rows[0]
    return ChangedBilling(
        part.site,
        part.charge.description,
        part.charge.period_number,
        documents_of(group.rows),
        billed_amount(group.rows),
        group.amounts,
    )
