"""The days in service of a site, and the end of its charges where a person decided so (Appendix A, note 3)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from django.contrib.auth.models import User
from django.db import transaction

from contracts.periods import AnnualPeriod, annual_period_on, day_text
from contracts.schedule import Refused
from sites.models import ChargedLevel, ServiceChange, Site
from sites.refusals import CannotRecord, reason_refusals

Day = ServiceChange.Day


@transaction.atomic
def end_service(
    *,
    site: Site,
    last_day: date,
    on: date,
    by: User | None,
    charged_through: date | None = None,
    reason: str = "",
) -> Site:
    """Record the last day of a site's service. It stays charged to the annual period's end (Appendix A, note 3).

    Only where a person decided that charges end earlier is `charged_through` given, with the reason. Recording the same
    facts again changes nothing. Raises CannotRecord for a day before the site's start, an end of charges before the
    end of service or after that of the annual period, and a site whose service has ended already.
    """
    site = Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    facts = (last_day, charged_through, reason.strip())
    if site.removed_on is not None and (site.removed_on, site.charged_through, site.charge_end_reason) == facts:
        return site
    errors = _ending_faults(site, last_day, charged_through, reason)
    if errors:
        raise CannotRecord(*errors)
    days = {Day.LAST: last_day} if charged_through is None else {Day.LAST: last_day, Day.CHARGED: charged_through}
    return _put(site, days, charge_end_reason=reason.strip(), reason=reason, on=on, by=by)


@transaction.atomic
def correct_service(
    *, site: Site, days: Mapping[Day, date | None], reason: str, seen: str = "", on: date, by: User | None
) -> Site:
    """Put other days in service in place of those on file; those that are not given stay.

    Without its last day the site goes on. An earlier end of charges takes over the reason. Raises CannotRecord without
    a reason, where nothing would differ or somebody else has changed the days since they were `seen`, for an end that
    was never recorded, and for days that contradict each other, a count or the starting level on file.
    """
    site = Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    if seen and seen != service_version(site):
        message = f"Somebody else has changed the days in service of {site} since you opened this page: {_days(site)}."
        raise CannotRecord(Refused("STALE", "", f"{message} Nothing is saved. Compare, and save again."))
    changed = {day: value for day, value in days.items() if value != getattr(site, day)}
    after = {day: days.get(day, getattr(site, day)) for day in Day}
    faults = reason_refusals(reason=reason, why="Say why the days in service change.")
    if not changed:
        faults.append(Refused("SAME", "", "Nothing is different. Change the day that is wrong, or leave it."))
    if site.removed_on is None and changed.keys() - {Day.FIRST}:
        faults.append(Refused("NOT_ENDED", Day.LAST, f"{site} is still in service. Record its end first."))
    elif after[Day.LAST] is None and after[Day.CHARGED] is not None:
        faults.append(Refused("NO_END", Day.CHARGED, "Charges end with the service. Clear this day as well."))
    if Day.FIRST in changed:
        faults += _starting_faults(site, after[Day.FIRST])
    if after[Day.LAST] is not None:
        faults += _order_faults(site, after[Day.FIRST], after[Day.LAST], after[Day.CHARGED])
    if faults:
        raise CannotRecord(*faults)
    ended_early = "" if after[Day.CHARGED] is None else site.charge_end_reason
    if Day.CHARGED in changed and after[Day.CHARGED] is not None:
        ended_early = reason.strip()
    return _put(site, changed, charge_end_reason=ended_early, reason=reason, on=on, by=by)


def service_version(site: Site) -> str:
    """Return a mark of the days in service, by which `correct_service` notices that somebody else has changed them."""
    return "|".join(str(getattr(site, day) or "") for day in Day)


def _days(site: Site) -> str:
    days = ((Day(day).label.lower(), getattr(site, day)) for day in Day)
    return ", ".join(f"{name} {day_text(value)}" for name, value in days if value is not None)


def _put(
    site: Site, days: Mapping[Day, date | None], *, charge_end_reason: str, reason: str, on: date, by: User | None
) -> Site:
    """Store the days, with an entry in their history for each."""
    entries = [
        ServiceChange(
            site=site,
            day=day,
            before=getattr(site, day),
            after=value,
            reason=reason.strip(),
            recorded_on=on,
            recorded_by=by,
        )
        for day, value in days.items()
    ]
    for day, value in days.items():
        setattr(site, day, value)
    site.charge_end_reason = charge_end_reason
    site.save(update_fields=[*days, "charge_end_reason"])
    ServiceChange.objects.bulk_create(entries)
    return site


def _starting_faults(site: Site, first_day: date) -> list[Refused]:
    """What on file contradicts another first day: a count before it, or a starting level of another annual period."""
    faults = []
    earliest = site.counts.order_by("counted_on").first()
    if earliest is not None and earliest.counted_on < first_day:
        message = f"There is a count of {day_text(earliest.counted_on)}, before this day. Correct one of the two."
        faults.append(Refused("COUNTED", Day.FIRST, message))
    level = ChargedLevel.objects.filter(site=site, is_starting=True).order_by("period_number").first()
    starts = site.agreement.first_period_starts_on
    period = annual_period_on(day=first_day, first_period_starts_on=starts, expires_on=None)
    number = period.number if isinstance(period, AnnualPeriod) else None
    if level is not None and number != level.period_number:
        message = f"A starting level is recorded for annual period {level.period_number}, and {day_text(first_day)} is"
        message = f"{message} outside it. Withdraw the starting level first, and record it again for the new day."
        faults.append(Refused("STARTING_LEVEL", Day.FIRST, message))
    return faults


def _ending_faults(site: Site, last_day: date, charged_through: date | None, reason: str) -> list[Refused]:
    faults = []
    if site.removed_on is not None:
        message = f"The service of {site} ended on {day_text(site.removed_on)} already. Correct that day instead."
        faults.append(Refused("ENDED", "last_day", message))
    if charged_through is None and reason.strip():
        faults.append(Refused("NO_DATE", "charged_through", "A reason needs the last day that is charged."))
    if charged_through is not None and not reason.strip():
        faults.append(Refused("NO_REASON", "reason", "Say why charges end before the annual period does."))
    places = {Day.LAST: "last_day"}
    order = _order_faults(site, site.in_service_on, last_day, charged_through)
    return faults + [replace(one, place=places.get(one.place, one.place)) for one in order]


def _order_faults(site: Site, first_day: date, last_day: date, charged_through: date | None) -> list[Refused]:
    """What is wrong with the order of the days: the first, the last, and the end of charges up to the period's end."""
    faults = []
    if last_day < first_day:
        message = f"{day_text(last_day)} is before {site}'s first day in service, {day_text(first_day)}."
        faults.append(Refused("BEFORE_START", Day.LAST, message))
    if charged_through is None:
        return faults
    if charged_through < last_day:
        message = f"Charges cannot end on {day_text(charged_through)}, before the service does on {day_text(last_day)}."
        faults.append(Refused("TOO_EARLY", Day.CHARGED, message))
    starts = site.agreement.first_period_starts_on
    period = annual_period_on(day=last_day, first_period_starts_on=starts, expires_on=None)
    if isinstance(period, AnnualPeriod) and charged_through > period.span.last_day:
        message = f"Charges end with the annual period on {day_text(period.span.last_day)} anyway."
        faults.append(Refused("TOO_LATE", Day.CHARGED, f"{message} Leave this empty."))
    return faults
