"""When the annual renewal review is due, of which kind it is, and which sites are in it (Appendix A, note 3)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from contracts.periods import AnnualPeriod, OutsideTerm, annual_period, review_due_on
from contracts.readings import ReviewDay


class ReviewKind(StrEnum):
    """What the paper is for."""

    PRICE_REVIEW = "price-review"
    TERM_CHECK = "term-check"


@dataclass(frozen=True)
class ReviewDue:
    """When the review of an annual period is due, what kind it is, and the period whose prices it settles."""

    period: AnnualPeriod
    due_on: date
    kind: ReviewKind
    next_period: AnnualPeriod | None


def review_due(
    *,
    period: AnnualPeriod,
    lead_days: int,
    expires_on: date | None,
    reading: ReviewDay = ReviewDay.DAYS_BEFORE,
) -> ReviewDue:
    """Return the review of an annual period (note 3; clause 1).

    Where the agreement ends with the period there is no next price to settle: the paper is a term check.
    """
    following = annual_period(number=period.number + 1, first_period_starts_on=period.anchor, expires_on=expires_on)
    due_on = review_due_on(period_last_day=period.span.last_day, lead_days=lead_days, reading=reading)
    if isinstance(following, OutsideTerm):
        return ReviewDue(period, due_on, ReviewKind.TERM_CHECK, None)
    return ReviewDue(period, due_on, ReviewKind.PRICE_REVIEW, following)


def in_review(*, in_service_on: date, removed_on: date | None, review_on: date) -> bool:
    """Whether a site is in service on the review's day; one that opens later carries its starting level."""
    return in_service_on <= review_on and (removed_on is None or removed_on >= review_on)
