"""A level that is charged from a day on: what both parties agreed outside a review, recorded for good."""

from collections.abc import Iterator
from datetime import date

from django.contrib.auth.models import User
from django.db import transaction

from contracts.models import Agreement, ServiceLevel
from contracts.periods import AnnualPeriod, annual_period_on, day_text
from contracts.schedule import Refused, Schedule
from contracts.terms import AgreementTerms, NotInForce, TermsFound, terms_on
from sites.models import LevelDecision, Site
from sites.refusals import CannotRecord, later_refusals, reason_refusals, text_refusals


@transaction.atomic
def decide_level(
    *,
    site: Site,
    effective_on: date,
    level_code: str,
    cause: str,
    document: str,
    customer_signer: str,
    supplier_signer: str,
    agreed_on: date,
    reason: str,
    through: date | None = None,
    seen: str = "",
    on: date,
    by: User | None,
) -> LevelDecision:
    """Record that a site is charged at a level from a day to the end of its annual period, or `through` a day of it.

    It takes the place of whatever held for these days, an opening level and an agreed one too; a decision recorded
    later takes its place. Raises CannotRecord for a day that no price covers or on which the site is not charged, an
    end outside the annual period, a level that is no row of the schedule in force or is charged on all these days
    already, an agreement that is still to come, a missing name, document or reason, and where somebody else has decided
    a level of the site since it was `seen`.
    """
    site = Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    site = Site.objects.select_related("agreement").with_levels().with_counts(through=on).get(pk=site.pk)
    if seen and seen != levels_version(site):
        last = site.level_decision_list[-1]
        message = f"Somebody else has recorded a level since you opened this page: {last}. Nothing is saved."
        raise CannotRecord(Refused("STALE", "", f"{message} Compare, and save again."))
    agreement = Agreement.objects.with_terms().get(pk=site.agreement_id)
    terms = agreement.as_terms()
    found = terms_on(agreement=terms, service_on=effective_on, known_on=on)
    if isinstance(found, NotInForce):
        raise CannotRecord(Refused("NOT_IN_FORCE", "effective_on", found.message))
    faults = [
        *_day_faults(site, found, through),
        *_level_faults(site, terms, found, through, level_code),
        *_repeated(site, effective_on, document, reason, on),
        *text_refusals(place="document", what="the document that says so", text=document, needed=True),
        *text_refusals(place="customer_signer", what="who agreed for the customer", text=customer_signer, needed=True),
        *text_refusals(place="supplier_signer", what="who agreed for the supplier", text=supplier_signer, needed=True),
        *later_refusals(
            place="agreed_on",
            what="The agreement of",
            day=agreed_on,
            on=on,
            then="Record it once both parties have agreed.",
        ),
        *reason_refusals(reason=reason, why="Say why the level changes on this day."),
    ]
    if faults:
        raise CannotRecord(*faults)
    return LevelDecision.objects.create(
        site=site,
        period_number=found.period.number,
        effective_on=effective_on,
        through=through,
        level=stored_level(agreement=agreement, terms=terms, schedule=found.schedule, code=level_code),
        cause=cause,
        document=document.strip(),
        customer_signer=customer_signer.strip(),
        supplier_signer=supplier_signer.strip(),
        agreed_on=agreed_on,
        reason=reason.strip(),
        recorded_on=on,
        recorded_by=by,
    )


def levels_version(site: Site) -> str:
    """Return a mark of the levels decided for a site, by which `decide_level` notices another one.

    The site comes from `with_levels()`.
    """
    return str(max((row.pk for row in site.level_decision_list), default=0))


def stored_level(*, agreement: Agreement, terms: AgreementTerms, schedule: Schedule, code: str) -> ServiceLevel:
    """Return the stored row of a level of a schedule that the terms of an agreement `with_terms()` hold."""
    rows = [*agreement.original_schedules, *(row for one in agreement.amendment_list for row in one.schedule_list)]
    values = [terms.original_schedule] if agreement.original_schedules else []
    values += [one.schedule for one in terms.amendments if one.schedule is not None]
    levels = next(row.level_list for row, value in zip(rows, values, strict=True) if value is schedule)
    return next(level for level in levels if level.code == code)


def _day_faults(site: Site, found: TermsFound, through: date | None) -> Iterator[Refused]:
    day, span = found.service_on, found.period.span
    if day < site.in_service_on:
        message = f"{site} is in service from {day_text(site.in_service_on)} only. Choose that day or a later one."
        yield Refused("BEFORE_SERVICE", "effective_on", message)
    charged_through = _charged_through(site)
    if charged_through is not None and day > charged_through:
        message = f"{site} is charged through {day_text(charged_through)} only. Choose a day before."
        yield Refused("AFTER_SERVICE", "effective_on", message)
    if through is not None and through < day:
        yield Refused("REVERSED", "through", f"{day_text(through)} is before {day_text(day)}. Choose a later day.")
    elif through is not None and through > span.last_day:
        message = (
            f"The annual period ends on {day_text(span.last_day)}. Leave this empty to charge the level until then"
        )
        yield Refused("OTHER_PERIOD", "through", f"{message}, and record a level of the next one for itself.")


def _repeated(site: Site, effective_on: date, document: str, reason: str, on: date) -> Iterator[Refused]:
    """That the day's decision with these words is on file: an agreement file could not tell the two apart."""
    words = (effective_on, on, document.strip(), reason.strip())
    if words in [(row.effective_on, row.recorded_on, row.document, row.reason) for row in site.level_decision_list]:
        message = f"A level from {day_text(effective_on)} is recorded today by this document, for this reason."
        yield Refused("REPEATED", "reason", f"{message} Say what is put right.")


def _charged_through(site: Site) -> date | None:
    """The last day for which a site is charged, None while it stays in service."""
    if site.removed_on is None or site.charged_through is not None:
        return site.charged_through
    starts = site.agreement.first_period_starts_on
    period = annual_period_on(day=site.removed_on, first_period_starts_on=starts, expires_on=None)
    return period.span.last_day if isinstance(period, AnnualPeriod) else site.removed_on


def _level_faults(
    site: Site, terms: AgreementTerms, found: TermsFound, through: date | None, code: str
) -> Iterator[Refused]:
    level = found.schedule.level(code)
    if level is None:
        names = ", ".join(row.name for row in found.schedule.levels)
        message = f"{code} is no level of the price schedule in force on {day_text(found.service_on)}."
        yield Refused("UNKNOWN_LEVEL", "level_code", f"{message} Choose one of {names}.")
        return
    last = min(through or found.period.span.last_day, found.period.span.last_day)
    turns = {row.effective_on for row in site.levels_from_days()} | {found.service_on, last}
    charged = [site.charged_on(day, found, agreement=terms) for day in turns if found.service_on <= day <= last]
    if charged and all(one is not None and one.level_code == code and not one.provisional for one in charged):
        message = f"{site} is charged at {level.name} on all these days already. Choose another level or other days."
        yield Refused("SAME", "level_code", message)
