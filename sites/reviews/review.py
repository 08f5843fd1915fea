"""The annual renewal review: when it is due, which sites' prices may change, and what is proposed (note 3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from contracts.levels import Flag, MeasuredLevel, measured_level
from contracts.money import NOTHING, money_text
from contracts.periods import OutsideTerm, annual_period
from contracts.readings import ChangeCounting, NotEligible
from contracts.schedule import Level, Refused, Schedule
from contracts.terms import AgreementTerms, NotInForce, TermsFound, expiration_known, terms_on
from sites.review_days import ReviewDue, review_due

Quantities = Mapping[str, int]


@dataclass(frozen=True)
class ReviewTerms:
    """The review of an annual period with its terms; `next_terms` price the next one, if there is one."""

    due: ReviewDue
    terms: TermsFound
    next_terms: TermsFound | None


LAST_PERIOD = 1000
NEXT_NOT_PRICED = "NEXT_NOT_PRICED"


def review_terms(*, agreement: AgreementTerms, period_number: int, known_on: date) -> ReviewTerms | Refused:
    """Return the review of an annual period under the terms known on a day, or why there is none (note 3; clause 1).

    The rule is that of the schedule in force on the period's last day; the prices it settles are those of the schedule
    in force on the next period's first day.
    """
    expires_on, _ = expiration_known(agreement=agreement, known_on=known_on)
    period = (
        annual_period(
            number=period_number, first_period_starts_on=agreement.first_period_starts_on, expires_on=expires_on
        )
        if period_number <= LAST_PERIOD
        else OutsideTerm.AFTER_EXPIRATION
    )
    if isinstance(period, OutsideTerm):
        message = f"{agreement.name} has no annual period {period_number}: it would be {period.value}."
        return Refused("NO_PERIOD", "period_number", f"{message} Choose a period within the term.")
    terms = terms_on(agreement=agreement, service_on=period.span.last_day, known_on=known_on)
    if isinstance(terms, NotInForce):
        return Refused("NOT_IN_FORCE", "period_number", terms.message)
    if terms.schedule.review is None:
        message = f"The price schedule in force ({terms.schedule_source}) has no renewal review."
        return Refused("NO_REVIEW", "period_number", f"{message} Agree one by an amendment.")
    due = review_due(
        period=period,
        lead_days=terms.schedule.review.lead_days,
        expires_on=expires_on,
        reading=agreement.readings_on(period.full_span.last_day).review_day,
    )
    if due.next_period is None:
        return ReviewTerms(due, terms, None)
    next_terms = terms_on(agreement=agreement, service_on=due.next_period.span.first_day, known_on=known_on)
    if isinstance(next_terms, NotInForce):
        return Refused(NEXT_NOT_PRICED, "period_number", next_terms.message)
    return ReviewTerms(due, terms, next_terms)


class Reason(StrEnum):
    """Why a price may or may not change."""

    ENOUGH_CHANGED = "enough-changed"
    TOO_FEW_CHANGED = "too-few-changed"
    NO_BASELINE = "no-baseline"
    NO_CURRENT_COUNT = "no-current-count"


@dataclass(frozen=True)
class Eligibility:
    """Whether a site's price may change. `eligible` is None where a missing count leaves it undetermined.

    `changed` names the changed components in the schedule's order, `unknown` those without a baseline or current count,
    `units` the single units added and removed.
    """

    eligible: bool | None
    changed: tuple[str, ...]
    unknown: tuple[str, ...]
    units: int
    minimum: int
    reason: Reason
    reading: ChangeCounting

    @property
    def changed_count(self) -> int:
        """Number of changed components."""
        return len(self.changed)

    @property
    def tally(self) -> int:
        """What the reading counts against the minimum: changed components, or single units."""
        return self.units if self.reading is ChangeCounting.UNITS else self.changed_count

    @property
    def one_short(self) -> bool:
        """Whether one more change would make the site eligible."""
        return self.eligible is False and self.tally == self.minimum - 1


def eligibility(
    *,
    schedule: Schedule,
    then: Quantities | None,
    now: Quantities | None,
    between: Sequence[Quantities] = (),
    minimum: int,
    reading: ChangeCounting = ChangeCounting.NET_COUNT,
) -> Eligibility:
    """Return whether a site's annual price may change: whether enough components changed in the period (note 3).

    `then` holds the baseline counts by component code, `now` those at the review, `between` the counts in between by
    date (only the reading "any change" looks at them). Decreases are changes. What has no baseline, or was not counted
    again, is unknown: it never makes a site eligible, and where it could, the outcome is undetermined.
    """
    then, now = then or {}, now or {}
    codes = [component.code for component in schedule.components]
    known = [code for code in codes if code in then and code in now]
    unknown = tuple(code for code in codes if code not in known)
    changed = tuple(code for code in known if _has_changed(schedule, code, then, now, between, reading))
    units = sum(abs(now[code] - then[code]) for code in known)
    tally = units if reading is ChangeCounting.UNITS else len(changed)
    # A component nobody counted twice could hide one change, or any number of units.
    possible = minimum if unknown and reading is ChangeCounting.UNITS else tally + len(unknown)
    if tally >= minimum:
        eligible, reason = True, Reason.ENOUGH_CHANGED
    elif possible >= minimum and unknown:
        eligible = None
        reason = Reason.NO_BASELINE if any(code not in then for code in unknown) else Reason.NO_CURRENT_COUNT
    else:
        eligible, reason = False, Reason.TOO_FEW_CHANGED
    return Eligibility(eligible, changed, unknown, units, minimum, reason, reading)


def _has_changed(
    schedule: Schedule,
    code: str,
    then: Quantities,
    now: Quantities,
    between: Sequence[Quantities],
    reading: ChangeCounting,
) -> bool:
    if reading is ChangeCounting.BAND:
        return _row(schedule, code, then[code]) != _row(schedule, code, now[code])
    if reading is ChangeCounting.ANY_CHANGE:
        return any(snapshot.get(code, then[code]) != then[code] for snapshot in (*between, now))
    return then[code] != now[code]


def _row(schedule: Schedule, code: str, quantity: int) -> tuple[str | None, Flag | None]:
    measured = measured_level(schedule=schedule, counts={code: quantity})
    part = next(part for part in measured.components if part.component.code == code)
    return (part.level.code if part.level else None), part.flag


@dataclass(frozen=True)
class Proposal:
    """What the supplier proposes for the next annual period. `level` is None where a person must decide.

    `fallback` is the level that goes on until the parties agree; `difference` is against the current annual price;
    `foregone` is what the measured level would bring beyond an unchanged price, for the internal edition only.
    """

    level: Level | None
    current: Level
    fallback: Level
    needs_confirmation: bool
    reason: str
    foregone: Decimal = NOTHING

    @property
    def difference(self) -> Decimal | None:
        """Annual price proposed less the current one; None without a proposal."""
        return self.level.annual_price - self.current.annual_price if self.level else None


def proposal(
    *,
    current: Level,
    eligible: Eligibility,
    measured: MeasuredLevel,
    reading: NotEligible = NotEligible.PRICE_STAYS,
) -> Proposal:
    """Return the proposal for one site: its measured level where the price may change, else the price it has (note 3).

    The level may move up or down by any number of rows; by another reading also where too few components changed. Where
    eligibility is undetermined, or there is no measured level, a person decides and the current level goes on
    meanwhile.
    """
    if eligible.eligible is None:
        return Proposal(None, current, current, True, "Eligibility is undetermined: a person decides.")
    if not eligible.eligible and not _moves_anyway(current, measured, reading):
        gain = measured.level.annual_price - current.annual_price if measured.level else NOTHING
        return Proposal(current, current, current, False, "The price stays.", max(gain, NOTHING))
    if measured.level is None:
        return Proposal(None, current, current, True, "There is no measured level: a person decides.")
    if Flag.BLANK_CELL in measured.flags:
        return Proposal(measured.level, current, current, True, Flag.BLANK_CELL.sentence)
    return Proposal(measured.level, current, current, False, "The measured level is proposed.")


def _moves_anyway(current: Level, measured: MeasuredLevel, reading: NotEligible) -> bool:
    if measured.level is None or reading is NotEligible.PRICE_STAYS:
        return False
    return reading is NotEligible.MEASURED_LEVEL or measured.level.rank < current.rank


@dataclass(frozen=True)
class Outcome:
    """What the test says about one site on one day: may the price change, and to which level (by code)."""

    eligible: bool | None
    level_code: str | None

    @classmethod
    def of(cls, eligible: Eligibility, proposed: Proposal) -> "Outcome":
        return cls(eligible.eligible, proposed.level.code if proposed.level else None)


def late_change(*, at_review: Outcome, at_period_end: Outcome) -> bool:
    """Whether the same test on the period's last day has another outcome than at the review."""
    return at_review != at_period_end


def agreed_price_refusal(*, schedule: Schedule, level_code: str | None, annual_price: Decimal | None) -> Refused | None:
    """Return why a level or price cannot be agreed at a review: it is no row of the price table (clause 3)."""
    level = schedule.level(level_code) if level_code else None
    if level_code and level is None:
        return Refused("UNKNOWN_LEVEL", "level", f"{level_code} is no row of the price table. Choose one of its rows.")
    prices = {row.annual_price for row in schedule.levels}
    if annual_price is not None and annual_price not in ({level.annual_price} if level else prices):
        return Refused(
            "OFF_TABLE_PRICE_NEEDS_AMENDMENT",
            "annual_price",
            f"{money_text(annual_price)} is not in the price table. A price outside it needs an executed amendment.",
        )
    return None
