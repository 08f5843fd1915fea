"""The reviews that are due and not opened yet: first the agreements that may have one, then what each of them has."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Max

from contracts.models import Agreement, PriceSchedule
from contracts.periods import annual_periods
from contracts.schedule import Refused
from contracts.terms import expiration_known
from sites.models import RenewalReview
from sites.review_days import ReviewKind
from sites.reviews.queries import review_held
from sites.reviews.review import NEXT_NOT_PRICED, review_terms

logger = logging.getLogger(__name__)

AGREEMENTS_AT_ONCE = 50
OPEN = "open"


@dataclass(frozen=True)
class Unopened:
    """An annual period whose review has not been opened; `due_on` is None where it cannot be, for the `refusal`."""

    agreement: Agreement
    period_number: int
    due_on: date | None = None
    refusal: str = ""
    kind: ReviewKind = ReviewKind.PRICE_REVIEW


def batched(keys: Sequence[int], size: int = AGREEMENTS_AT_ONCE) -> Iterator[Sequence[int]]:
    """Yield the keys of some agreements at a time, so that neither statements nor memory grow with all of them."""
    for start in range(0, len(keys), size):
        yield keys[start : start + size]


def agreements_to_look_at(*, on: date, due_by: date) -> list[int]:
    """Return the keys of all agreements that may have a review to open by a day, by number: three light queries.

    No agreement is left out that has one. One is in vain only where its price schedules differ in how many days before
    a period's end its review is due: the most of them counts here.
    """
    leads = dict(PriceSchedule.objects.order_by().values_list("agreement").annotate(lead=Max("review_lead_days")))
    held = _held()
    found = []
    rows = Agreement.objects.with_expiration(known_on=on).order_by("number", "pk")
    for key, starts_on, expires_on in rows.values_list("pk", "first_period_starts_on", "expiration"):
        if leads.get(key) is None:
            continue
        due_by_end = due_by + timedelta(days=leads[key])
        for period in annual_periods(first_period_starts_on=starts_on, through=on, expires_on=expires_on):
            last = expires_on is not None and expires_on <= period.full_span.last_day
            kind = ReviewKind.TERM_CHECK if last else ReviewKind.PRICE_REVIEW
            if period.span.last_day <= due_by_end and not held[key, period.number] & {kind, OPEN}:
                found.append(key)
                break
    return found


def _held() -> Mapping[tuple[int, int], set[str]]:
    """The kinds of the reviews of each agreement's annual periods, and whether one of them is open."""
    found = defaultdict(set)
    rows = RenewalReview.objects.order_by("pk").values_list("agreement", "period_number", "kind", "agreed_on")
    for agreement, number, kind, agreed_on in rows:
        found[agreement, number] |= {kind} if agreed_on else {kind, OPEN}
    return found


def unopened_reviews(*, keys: Collection[int], on: date, due_by: date) -> list[Unopened]:
    """Return the reviews of some agreements that are due by a day and not opened yet, also those of periods long over.

    Only periods begun on `on` have one. A fixed number of queries.
    """
    reviews: dict[tuple[int, int], list[RenewalReview]] = {}
    stored = RenewalReview.objects.filter(agreement__in=keys).order_by("pk")
    for review in stored.only("agreement_id", "period_number", "kind", "agreed_on"):
        reviews.setdefault((review.agreement_id, review.period_number), []).append(review)
    found = []
    for agreement in Agreement.objects.with_terms().filter(pk__in=keys):
        try:
            due = _due_periods(agreement, on=on, due_by=due_by)
        except Exception as error:
            logger.exception("The reviews of agreement %s could not be looked up", agreement.number)
            due = [Unopened(agreement, 0, refusal=f"{type(error).__name__}: {error}")]
        found += [
            review
            for review in due
            if review_held(reviews=reviews.get((agreement.pk, review.period_number), ()), kind=review.kind) is None
        ]
    return found


def _due_periods(agreement: Agreement, *, on: date, due_by: date) -> list[Unopened]:
    terms = agreement.as_terms()
    expires_on, _ = expiration_known(agreement=terms, known_on=on)
    due = []
    for period in annual_periods(
        first_period_starts_on=terms.first_period_starts_on, through=on, expires_on=expires_on
    ):
        found = review_terms(agreement=terms, period_number=period.number, known_on=on)
        if isinstance(found, Refused):
            # A period without any review asks for nothing; one whose review cannot be held is worth a line.
            due += [Unopened(agreement, period.number, None, found.message)] if found.code == NEXT_NOT_PRICED else []
        elif found.due.due_on <= due_by:
            due.append(Unopened(agreement, period.number, found.due.due_on, kind=found.due.kind))
    return due
