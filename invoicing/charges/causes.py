"""The causes of what a run corrects: why nothing is due any more for what was billed, why something never was billed.

Each is said as far as the facts of the site, the term and the hours tell it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from contracts.periods import ONE_DAY, DaySpan, day_text
from invoicing.charges.charge import AnyCharge, Charge, ChargeKey, OneOff
from invoicing.charges.due import Due
from invoicing.charges.kinds import KINDS
from invoicing.charges.unbilled import AdjustedPart, Adjustment, Billed, new_charges
from sites.charged import Basis

# ---- nothing is due any more -------------------------------------------------------------------------------------


def part_span(*, adjustment: Adjustment, part: AdjustedPart) -> DaySpan | None:
    """Return the billing period of an instalment; None where it is not known into how many the price was billed."""
    if isinstance(part.charge, Charge):
        return part.charge.instalment.part
    return adjustment.period.parts(adjustment.billed.of)[part.number - 1] if adjustment.billed.of else None


def why_nothing_due(*, adjustment: Adjustment, part: AdjustedPart) -> str:
    """Return why nothing is due for a part that was billed, in words that follow a colon."""
    if not adjustment.key.is_annual:
        return adjustment.uncharged or KINDS[adjustment.key.kind].taken_back
    site, span = adjustment.site, part_span(adjustment=adjustment, part=part)
    if site is None or span is None:
        return "no site or price on file calls for it"
    if (ends := ended_by(adjustment=adjustment, span=span)) and adjustment.term_end.on < span.first_day:
        return ends
    if site.in_service_on > span.last_day:
        return f"the site is in service from {day_text(site.in_service_on)}"
    if site.charged_through is not None and site.charged_through < span.first_day:
        return f"charges for the site end on {day_text(site.charged_through)}"
    if site.removed_on is not None and site.removed_on < adjustment.period.span.first_day:
        return f"the site was removed on {day_text(site.removed_on)}"
    return _without_switch(adjustment, span) or "no price is on file for these days"


def ended_by(*, adjustment: Adjustment, span: DaySpan) -> str:
    """Return that the term ends before the last day of a span, and by which document; empty where it does not."""
    ends_on, source = adjustment.term_end
    if ends_on is None or ends_on >= span.last_day:
        return ""
    return f"the term ends on {day_text(ends_on)}{f' ({source})' if source else ''}"


def _without_switch(adjustment: Adjustment, span: DaySpan) -> str:
    """That the site has no switch in these days, as counted (note 3); empty where a switch is no reason."""
    site = adjustment.site
    days = site.charged_days(adjustment.period, adjustment.readings)
    if days is not None and days.first_day <= span.last_day:
        return ""
    if days is not None:
        return f"the site's switch is counted as 0 until {day_text(days.first_day - ONE_DAY)}"
    counted = [day for day, quantity in sorted(site.switch_counts) if quantity == 0 and day <= span.last_day]
    return f"the site's switch is counted as 0 on {day_text(counted[-1])}" if counted else ""


# ---- never billed ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Passed:
    """How far issued runs have billed: the latest day of a run, and the last day of a billing period they billed."""

    through: date
    last_day: date


def never_billed(*, due: Due, billed: Mapping[ChargeKey, Billed], passed: Passed | None) -> tuple[AnyCharge, ...]:
    """Return what a run bills for the first time although runs have passed its days: no regular charge of the run.

    An instalment is passed where its billing period was, what falls due once where its day was.
    """
    if passed is None:
        return ()
    return tuple(charge for charge in new_charges(due=due, billed=billed) if _is_passed(charge, passed))


def _is_passed(charge: AnyCharge, passed: Passed) -> bool:
    last_day = charge.due_on if isinstance(charge, OneOff) else charge.instalment.part.last_day
    return charge.due_on <= passed.through and last_day <= passed.last_day


def why_never_billed(*, charge: AnyCharge) -> Iterator[str]:
    """Yield why it is due, in sentences: what is on file by now was not so when its days were billed."""
    if isinstance(charge, OneOff):
        yield "Never billed: it was recorded or changed after its day was billed."
        yield charge.steps[0]
    else:
        yield f"Never billed: {_since(charge)}."


def _since(charge: Charge) -> str:
    site, period, part = charge.site, charge.period, charge.instalment.part
    late = (level for level in site.agreed if level.period_number == period.number and level.agreed_on > part.last_day)
    level = next(late, None) if charge.basis in (Basis.AGREED, Basis.STARTING) else None
    if level is not None:
        return f"its level was agreed on {day_text(level.agreed_on)}"
    whole, switched = site.charged_days(period, None), site.charged_days(period, charge.readings)
    if switched.first_day > whole.first_day:
        return f"a switch is counted from {day_text(switched.first_day)}"
    ends = f" to {day_text(site.charged_through)}" if site.charged_through else ""
    return f"in service from {day_text(site.in_service_on)}{ends}"
