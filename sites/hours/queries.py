"""What a work entry is judged by, besides the pure rule: the services of the day, and the hours on file."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from contracts.money import ZERO
from contracts.parties.names import name_key
from contracts.terms import AgreementTerms, NotInForce, terms_on
from sites.models import WorkEntry

PersonDay = tuple[str, date]


def services_on(*, terms: AgreementTerms, day: date, known_on: date) -> tuple[str, ...]:
    """Return the services that are charged by hours on a day: those of the schedule in force.

    Where none is in force, such as before the signatures are complete, those of every schedule that has been entered:
    work is a fact, whether or not its price is known.
    """
    found = terms_on(agreement=terms, service_on=day, known_on=known_on)
    return found.schedule.hour_services if not isinstance(found, NotInForce) else all_services(terms)


def all_services(terms: AgreementTerms) -> tuple[str, ...]:
    """Return the services that any schedule of an agreement charges by hours, each once."""
    schedules = (terms.original_schedule, *(amendment.schedule for amendment in terms.amendments))
    return tuple(dict.fromkeys(name for schedule in schedules if schedule for name in schedule.hour_services))


def hours_on_file(*, days: Collection[date], without: WorkEntry | None = None) -> dict[PersonDay, Decimal]:
    """Return the hours on file of every person on each of some days, under all agreements; reversed entries are not."""
    rows = WorkEntry.objects.filter(worked_on__in=days, reversed_on=None).order_by()
    if without is not None:
        rows = rows.exclude(pk=without.pk)
    found: dict[PersonDay, Decimal] = {}
    for person, day, hours in rows.values_list("person", "worked_on", "hours"):
        key = (name_key(person), day)
        found[key] = found.get(key, ZERO) + hours
    return found
