"""What pages show of an agreement, composed from its terms: nothing here asks the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from contracts.comparison import AmendmentChanges, amendment_changes
from contracts.models import Agreement
from contracts.money import money_text
from contracts.periods import AnnualPeriod, add_months, annual_periods, day_text, extension_days, review_due_on
from contracts.readings import Chosen
from contracts.schedule import Finding, HourPrices, IncludedService, Level, Limit, Schedule, findings
from contracts.terms import (
    AgreementTerms,
    AmendmentTerms,
    Expired,
    NotExecuted,
    NotInForce,
    NotOnFile,
    Signature,
    Source,
    TermsFound,
    expiration_known,
    expiration_on_file,
    terms_on,
)

MONTHS_AHEAD = 24

# ---- the list ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AgreementRow:
    """One line of the list: the end of the term as known, and the next renewal review."""

    expires_on: date | None
    expired: bool
    next_review_on: date | None


def agreement_row(*, agreement: Agreement, on: date) -> AgreementRow:
    """Return what the list shows. The agreement must come from `with_terms()`."""
    terms = agreement.as_terms()
    expires_on, _source = expiration_known(agreement=terms, known_on=on)
    expired = expires_on is not None and expires_on < on
    return AgreementRow(expires_on, expired, next_review_due_on(agreement=terms, on=on))


def next_review_due_on(*, agreement: AgreementTerms, on: date) -> date | None:
    """Return the first day on or after `on` on which a renewal review is due, None when no period asks for one."""
    days = (
        period_review_due_on(agreement=agreement, period=period, known_on=on)
        for period in periods_ahead(agreement=agreement, on=on)
    )
    return next((day for day in days if day is not None and day >= on), None)


def periods_ahead(*, agreement: AgreementTerms, on: date) -> tuple[AnnualPeriod, ...]:
    """Return the annual periods of the term that have begun on a day or begin within the two years after it."""
    expires_on, _source = expiration_known(agreement=agreement, known_on=on)
    return tuple(
        annual_periods(
            first_period_starts_on=agreement.first_period_starts_on,
            through=add_months(max(on, agreement.first_period_starts_on), MONTHS_AHEAD),
            expires_on=expires_on,
        )
    )


def period_review_due_on(*, agreement: AgreementTerms, period: AnnualPeriod, known_on: date) -> date | None:
    """Return the day on which the review of an annual period is due, None when its schedule asks for none."""
    schedule = schedule_at_end_of(agreement=agreement, period=period, known_on=known_on)
    if schedule is None or schedule.review is None:
        return None
    return review_due_on(
        period_last_day=period.span.last_day,
        lead_days=schedule.review.lead_days,
        reading=agreement.readings_on(period.full_span.last_day).review_day,
    )


def schedule_at_end_of(*, agreement: AgreementTerms, period: AnnualPeriod, known_on: date) -> Schedule | None:
    """Return the price schedule in force on an annual period's last day; its review rule is that of the period."""
    found = terms_on(agreement=agreement, service_on=period.span.last_day, known_on=known_on)
    return found.schedule if isinstance(found, TermsFound) else None


# ---- terms on a date ---------------------------------------------------------------------------------------------

REFUSALS = {NotOnFile: "Not on file", Expired: "Expired", NotExecuted: "Not executed"}


@dataclass(frozen=True)
class TermValue:
    """One value in force: what it is, what it says and where it stands."""

    what: str
    value: str
    source: Source


@dataclass(frozen=True)
class TermsShown:
    """The terms on a date: the values with their sources, or the refusal with its sentence."""

    found: TermsFound | None
    refusal: str = ""
    message: str = ""
    values: tuple[TermValue, ...] = ()


def terms_shown(*, agreement: AgreementTerms, outcome: TermsFound | NotInForce) -> TermsShown:
    """Lay out the answer of `terms_on`."""
    if isinstance(outcome, NotInForce):
        return TermsShown(None, REFUSALS[type(outcome)], outcome.message)
    return TermsShown(outcome, values=tuple(_values(agreement, outcome)))


def _values(agreement: AgreementTerms, found: TermsFound) -> Sequence[TermValue]:
    schedule, document = found.schedule, found.schedule_source.document
    levels = f"{len(schedule.levels)} service levels, {len(schedule.components)} components"
    expires_on = day_text(found.expires_on) if found.expires_on else "No end agreed"
    first = Source(agreement.name, f"first annual period from {day_text(agreement.first_period_starts_on)}")
    values = [
        TermValue("Price schedule", levels, found.schedule_source),
        TermValue("Expiration", expires_on, found.expiration_source),
        TermValue("Annual period", str(found.period), first),
    ]
    opening = Source(document, schedule.opening.clause)
    for what, code in (
        ("Level of the first annual period", schedule.opening.first_period_level),
        ("Starting level of a later site", schedule.opening.starting_level),
    ):
        if code:
            level = schedule.level(code)
            values.append(TermValue(what, level.name if level else code, opening))
    if schedule.counted:
        rule = "A billing period is charged at the level measured on the day it falls due"
        values.append(TermValue("Levels follow the counts", rule, Source(document, schedule.counted.clause)))
    if schedule.review:
        rule = (
            f"{schedule.review.lead_days} days before the annual period ends; a price may change when at least "
            f"{schedule.review.minimum_changed} components changed"
        )
        values.append(TermValue("Renewal review", rule, Source(document, schedule.review.clause)))
    return values


# ---- the price table ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PriceRow:
    """One service level with its limits in the order of the table's columns."""

    level: Level
    limits: tuple[Limit, ...]


@dataclass(frozen=True)
class HourLine:
    """One statement about hours: what it is about and what the schedule says."""

    what: str
    value: str


@dataclass(frozen=True)
class PriceTable:
    """A price schedule laid out as its table, with the prices and services beside it and what a reader should know."""

    schedule: Schedule
    rows: tuple[PriceRow, ...]
    hours: tuple[HourLine, ...]
    included: tuple[IncludedService, ...]
    remarks: tuple[Finding, ...]

    @property
    def integration_priced(self) -> bool:
        """Whether any level has a price for system integration."""
        return any(row.level.integration_price is not None for row in self.rows)


def price_table(schedule: Schedule) -> PriceTable:
    """Lay a price schedule out as its table."""
    rows = tuple(
        PriceRow(level, tuple(level.limit(component.code) for component in schedule.components))
        for level in sorted(schedule.levels, key=lambda level: level.rank)
    )
    return PriceTable(schedule, rows, tuple(_hour_lines(schedule.hours)), schedule.included, findings(schedule))


def _hour_lines(hours: HourPrices) -> Sequence[HourLine]:
    lines = []
    if hours.block_price is not None:
        lines.append(HourLine(f"Block of {hours.block_hours or 0:,} hours", money_text(hours.block_price)))
    if hours.hourly_price is not None:
        least = f", at least {_plain(hours.minimum_hours)} hour for each entry" if hours.minimum_hours else ""
        lines.append(HourLine("By the hour", f"{money_text(hours.hourly_price)}{least}"))
    opens = []
    if hours.opens_after_blocks is not None:
        opens.append(f"after {hours.opens_after_blocks} completed blocks")
    if hours.opens_in_month is not None:
        opens.append(f"from month {hours.opens_in_month} of the annual period")
    if opens:
        lines.append(HourLine("By the hour opens", " or ".join(opens)))
    return lines


def _plain(hours: Decimal) -> str:
    return f"{hours:f}".rstrip("0").rstrip(".")


# ---- amendments and readings -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Signed:
    """One party's line under an amendment; `signature` is None while it is missing."""

    party: str
    signature: Signature | None


@dataclass(frozen=True)
class AmendmentShown:
    """One amendment: who signed, what became of the expiration, and every cell it changes."""

    amendment: AmendmentTerms
    signatures: tuple[Signed, ...]
    expired_before: date | None
    extension: int | None
    changes: AmendmentChanges


def amendments_shown(
    *, agreement: AgreementTerms, customer: str, supplier: str, known_on: date
) -> tuple[AmendmentShown, ...]:
    """Return every amendment by number, compared with the terms it replaces."""
    shown = []
    for amendment in sorted(agreement.amendments, key=lambda amendment: amendment.number):
        was = expiration_on_file(agreement=agreement, before=amendment.number)
        signatures = (Signed(customer, amendment.customer_signature), Signed(supplier, amendment.supplier_signature))
        changes = amendment_changes(agreement=agreement, number=amendment.number, known_on=known_on)
        shown.append(AmendmentShown(amendment, signatures, was, _extension(was, amendment.expires_on), changes))
    return tuple(shown)


def _extension(was: date | None, becomes: date | None) -> int | None:
    return extension_days(from_expiration=was, to_expiration=becomes) if was and becomes else None


@dataclass(frozen=True)
class ReadingShown:
    """How one question is read, and since when."""

    chosen: Chosen
    chosen_on: date | None


def readings_shown(agreement: AgreementTerms, *, on: date) -> tuple[ReadingShown, ...]:
    """Return the readings that apply on a day; one that nobody chose is the default."""
    return tuple(
        ReadingShown(chosen, date.fromisoformat(chosen.chosen_on) if chosen.chosen_on else None)
        for chosen in agreement.readings_on(on).chosen
    )
