"""The billing periods of an annual period, and the day from which each can be billed."""

from datetime import date

from contracts.periods import AnnualPeriod, DaySpan
from contracts.readings import Frequency, Timing


def billing_part(*, period: AnnualPeriod, day: date, frequency: Frequency) -> DaySpan:
    """Return the billing period in which a day of an annual period lies."""
    return next(part for part in period.parts(frequency.parts) if day <= part.last_day)


def billing_part_due(part: DaySpan, period: AnnualPeriod, timing: Timing) -> date:
    """Return the day from which a billing period can be billed: its first, or its last within the annual period."""
    return part.first_day if timing is Timing.IN_ADVANCE else min(part.last_day, period.span.last_day)
