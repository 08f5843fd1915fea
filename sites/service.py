"""The end of a site's service, and of its charges where a person decided so (Appendix A, note 3)."""

from datetime import date

from django.contrib.auth.models import User
from django.db import transaction

from contracts.periods import AnnualPeriod, annual_period_on, day_text
from contracts.schedule import Refused
from sites.models import Site
from sites.refusals import CannotRecord


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
    site.removed_on, site.charged_through, site.charge_end_reason = facts
    site.save(update_fields=["removed_on", "charged_through", "charge_end_reason"])
    return site


def _ending_faults(site: Site, last_day: date, charged_through: date | None, reason: str) -> list[Refused]:
    faults = []
    if site.removed_on is not None:
        message = f"The service of {site} ended on {day_text(site.removed_on)} already. Correct the site instead."
        faults.append(Refused("ENDED", "last_day", message))
    if last_day < site.in_service_on:
        message = f"{day_text(last_day)} lies before {site}'s first day in service, {day_text(site.in_service_on)}."
        faults.append(Refused("BEFORE_START", "last_day", message))
    if charged_through is None and reason.strip():
        faults.append(Refused("NO_DATE", "charged_through", "A reason needs the day through which charges go on."))
    if charged_through is None:
        return faults
    if not reason.strip():
        faults.append(Refused("NO_REASON", "reason", "Say why charges end before the annual period does."))
    if charged_through < last_day:
        message = f"Charges cannot end on {day_text(charged_through)}, before the service does on {day_text(last_day)}."
        faults.append(Refused("TOO_EARLY", "charged_through", message))
    period = annual_period_on(
        day=last_day, first_period_starts_on=site.agreement.first_period_starts_on, expires_on=None
    )
    if isinstance(period, AnnualPeriod) and charged_through > period.span.last_day:
        message = f"Charges end with the annual period on {day_text(period.span.last_day)} anyway."
        faults.append(Refused("TOO_LATE", "charged_through", f"{message} Leave this empty."))
    return faults
