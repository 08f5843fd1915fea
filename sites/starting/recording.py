"""The starting level of a later site, recorded by a person (Appendix A, note 4)."""

from datetime import date

from django.contrib.auth.models import User
from django.db import transaction

from contracts.models import Agreement, PriceSchedule, ServiceLevel
from contracts.schedule import Refused
from contracts.terms import NotInForce, TermsFound, terms_on
from sites.charged import starting_levels
from sites.levels.recording import stored_level
from sites.models import ChargedLevel, Site, StartingLevelChange
from sites.refusals import CannotRecord, reason_refusals


@transaction.atomic
def record_starting_level(
    *, site: Site, period_number: int, level_code: str, reason: str, on: date, by: User | None
) -> ChargedLevel:
    """Record the level at which a later site starts (Appendix A, note 4): the starting level, or the one above it.

    Raises CannotRecord in the first annual period, where the opening level holds for every site; for a period other
    than the one in which the site's service starts; for a level that is unknown or further up; without a reason; and
    where a level is recorded already.
    """
    site = Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    agreement = Agreement.objects.with_terms().get(pk=site.agreement_id)
    terms = agreement.as_terms()
    found = terms_on(agreement=terms, service_on=site.in_service_on, known_on=on)
    if isinstance(found, NotInForce):
        raise CannotRecord(Refused("NOT_IN_FORCE", "level", found.message))
    refused = _starting_refusal(site, found, period_number, level_code, reason)
    stored = ChargedLevel.objects.filter(site=site, period_number=period_number).select_related("level").first()
    if refused is None and stored is not None:
        message = f"{site} is recorded at {stored.level} for annual period {period_number}."
        refused = Refused("RECORDED", "period_number", f"{message} Change that record instead.")
    if refused is not None:
        raise CannotRecord(refused)
    level = stored_level(agreement=agreement, terms=terms, schedule=found.schedule, code=level_code)
    _note(site, period_number, before=None, after=level, reason=reason, on=on, by=by)
    return ChargedLevel.objects.create(
        site=site, period_number=period_number, level=level, agreed_on=on, is_starting=True, reason=reason.strip()
    )


@transaction.atomic
def change_starting_level(
    *, site: Site, level_code: str, reason: str, seen: str = "", on: date, by: User | None
) -> ChargedLevel:
    """Put another starting level in place of the one recorded; what it was stays in its history, with the reason.

    Raises CannotRecord where none is recorded, for a level at which no later site starts, for the same level, without
    a reason, and where somebody else has changed it since it was `seen`.
    """
    stored = _locked_level(site, seen)
    schedule = PriceSchedule.objects.with_table().get(pk=stored.level.schedule_id)
    allowed = {level.code: level.name for level in starting_levels(schedule=schedule.as_schedule())}
    faults = reason_refusals(reason=reason, why="Say why the starting level changes.")
    if level_code not in allowed:
        message = f"A later site starts at {' or '.join(allowed.values())}. Choose one of these levels."
        faults.append(Refused("TOO_FAR", "level", message))
    elif level_code == stored.level.code:
        faults.append(Refused("SAME", "level", f"{site} starts at {stored.level} already. Choose the other level."))
    if faults:
        raise CannotRecord(*faults)
    level = next(row for row in schedule.level_list if row.code == level_code)
    _note(site, stored.period_number, before=stored.level, after=level, reason=reason, on=on, by=by)
    stored.level, stored.agreed_on, stored.reason = level, on, reason.strip()
    stored.save()
    return stored


@transaction.atomic
def withdraw_starting_level(*, site: Site, reason: str, seen: str = "", on: date, by: User | None) -> None:
    """Take back the starting level of a site; what it was stays in its history, with the reason.

    Raises CannotRecord where none is recorded, without a reason, and where somebody else has changed it since it was
    `seen`.
    """
    stored = _locked_level(site, seen)
    if faults := reason_refusals(reason=reason, why="Say why the starting level is withdrawn."):
        raise CannotRecord(*faults)
    _note(site, stored.period_number, before=stored.level, after=None, reason=reason, on=on, by=by)
    stored.delete()


def starting_level_of(site: Site) -> ChargedLevel | None:
    rows = ChargedLevel.objects.filter(site=site, is_starting=True).select_related("level")
    return rows.order_by("period_number").first()


def level_version(stored: ChargedLevel) -> str:
    """Return a mark of a starting level, by which its writers notice that somebody else has changed it."""
    return f"{stored.pk}|{stored.level_id}"


def _locked_level(site: Site, seen: str) -> ChargedLevel:
    site = Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    stored = starting_level_of(site)
    if stored is None:
        raise CannotRecord(Refused("NONE", "", f"No starting level is recorded for {site}. Record it instead."))
    if seen and seen != level_version(stored):
        message = f"Somebody else has changed the starting level of {site} since you opened this page"
        message = f"{message}: it is {stored.level} now. Nothing is saved. Compare, and save again."
        raise CannotRecord(Refused("STALE", "", message))
    return stored


def _note(
    site: Site,
    period_number: int,
    *,
    before: ServiceLevel | None,
    after: ServiceLevel | None,
    reason: str,
    on: date,
    by: User | None,
) -> None:
    """Add an entry to the history of the starting level."""
    StartingLevelChange.objects.create(
        site=site,
        period_number=period_number,
        before=before,
        after=after,
        reason=reason.strip(),
        recorded_on=on,
        recorded_by=by,
    )


def _starting_refusal(
    site: Site, found: TermsFound, period_number: int, level_code: str, reason: str
) -> Refused | None:
    schedule, starts_in = found.schedule, found.period.number
    if period_number != starts_in:
        message = f"{site} starts in annual period {starts_in}; the level of a later period is agreed at the review."
        return Refused("PERIOD", "period_number", message)
    if period_number == 1 and schedule.opening.first_period_level:
        opening = schedule.level(schedule.opening.first_period_level)
        message = f"Every site is charged at {opening.name} in the first annual period ({schedule.opening.clause})."
        return Refused("OPENING", "period_number", f"{message} No other level can be recorded.")
    level = schedule.level(level_code)
    if level is None:
        names = ", ".join(row.code for row in schedule.levels)
        message = f"{level_code} is no row of the price schedule in force. Choose one of {names}."
        return Refused("UNKNOWN_LEVEL", "level", message)
    allowed = starting_levels(schedule=schedule)
    if level not in allowed:
        message = f"A later site starts at {' or '.join(row.name for row in allowed)}, not at {level.name}."
        return Refused("TOO_FAR", "level", f"{message} Choose another level.")
    if not reason.strip():
        return Refused("NO_REASON", "reason", "Say why the site starts at this level.")
    return None
