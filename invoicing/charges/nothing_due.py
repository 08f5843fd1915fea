"""Why nothing is due any more for what was billed, as far as the facts of the site, the term and the hours say so."""

from contracts.periods import ONE_DAY, DaySpan, day_text
from invoicing.charges.charge import Charge
from invoicing.charges.kinds import KINDS
from invoicing.charges.unbilled import AdjustedPart, Adjustment


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
    days = site.charged_days(adjustment.period)
    if days is not None and days.first_day <= span.last_day:
        return ""
    if days is not None:
        return f"the site's switch is counted as 0 until {day_text(days.first_day - ONE_DAY)}"
    counted = [day for day, quantity in sorted(site.switch_counts) if quantity == 0 and day <= span.last_day]
    return f"the site's switch is counted as 0 on {day_text(counted[-1])}" if counted else ""
