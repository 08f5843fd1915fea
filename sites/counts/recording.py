"""Component counts of one site and day, coming in: whole or not at all."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from contracts.fields import validate_plain_text
from contracts.models import Agreement
from contracts.periods import day_text
from contracts.schedule import MOST_QUANTITY, Component, Refused
from contracts.terms import AgreementTerms, NotInForce, terms_on
from sites.counts.counting import Figure, change_counts
from sites.models import ComponentCount, Site
from sites.refusals import CannotRecord


@dataclass(frozen=True)
class Conflicting:
    """A figure that somebody else has stored since it was shown: what was seen, what is on file, what was typed."""

    code: str
    component: str
    seen: int | None
    stored: int | None
    typed: int | None
    stored_by: str
    stored_on: date | None

    @property
    def message(self) -> str:
        who = f" by {self.stored_by}" if self.stored_by else ""
        when = f" on {day_text(self.stored_on)}" if self.stored_on else ""
        now = "no figure is on file any more" if self.stored is None else f"{self.stored} was stored{who}{when}"
        typed = "none" if self.typed is None else self.typed
        return f"{self.component}: {now}, since this page was opened. You typed {typed}. Keep one of the two."


class Conflict(CannotRecord):
    """Somebody else has stored other figures in the meantime; nothing was stored. `conflicts` holds both of each."""

    def __init__(self, conflicts: Iterable[Conflicting]):
        self.conflicts = tuple(conflicts)
        super().__init__(*(Refused("CONFLICT", one.code, one.message) for one in self.conflicts))


@dataclass(frozen=True)
class Recorded:
    """What recording counts did: figures added, corrected, and those that were already on file."""

    added: int = 0
    corrected: int = 0
    unchanged: int = 0


@transaction.atomic
def record_counts(
    *,
    site: Site,
    counted_on: date,
    quantities: Mapping[str, int | None],
    source: str,
    withdrawn: Collection[str] = (),
    seen: Mapping[str, int | None] | None = None,
    reason: str = "",
    on: date,
    by: User | None,
    dry_run: bool = False,
) -> Recorded:
    """Record the components of one site counted on one date; every change becomes an entry in the figure's history.

    None is no count: nothing is recorded, and what is on file stays. A figure on file for the date is corrected by
    another one, or taken back where `withdrawn` names its component, and both need a reason. `seen` holds the figures
    that the person had before their eyes: where somebody else has stored another one since, nothing is recorded.
    Raises Conflict for those figures, and CannotRecord, naming each component, for one that the schedule does not
    have, a negative or fractional quantity, a date before the site's start or after `on`, a missing reason, and a
    source or reason that cannot be printed. A figure of a day on which nothing could be counted can be withdrawn.
    `dry_run` stores nothing.
    """
    site = Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    agreement = Agreement.objects.with_terms().get(pk=site.agreement_id)
    known = components_on(terms=agreement.as_terms(), day=counted_on, known_on=on)
    components = {part.code: part for part in known}
    stored = ComponentCount.objects.filter(site=site, counted_on=counted_on).select_related("recorded_by")
    on_file = {row.component_code: row for row in stored}
    wanted = {code: quantity for code, quantity in quantities.items() if quantity is not None}
    wanted |= {code: None for code in withdrawn if code in on_file}
    corrected = [code for code, quantity in wanted.items() if code in on_file and on_file[code].quantity != quantity]
    days = [] if quantities.keys() <= set(withdrawn) else date_faults(site, counted_on, on)
    errors = [Refused("DATE", "counted_on", message) for message in days]
    errors += [*_text_faults("source", source), *_text_faults("reason", reason)]
    for code, quantity in quantities.items():
        if message := _quantity_fault(components.get(code), code, quantity):
            errors.append(Refused("COUNT", code, message))
    if corrected and not reason.strip():
        errors.append(Refused("REASON", "reason", _reason_missing(on_file[corrected[0]], site, components)))
    if errors:
        raise CannotRecord(*errors)
    if conflicts := _conflicts(wanted, on_file, seen, components):
        raise Conflict(conflicts)
    figures = [Figure(site, counted_on, code, quantity, source) for code, quantity in wanted.items()]
    added = sum(code not in on_file for code in wanted)
    if not dry_run:
        change_counts(figures, reason=reason.strip(), on=on, by=by)
    return Recorded(added, len(corrected), len(wanted) - added - len(corrected))


def _text_faults(place: str, text: str) -> list[Refused]:
    try:
        validate_plain_text(text)
    except ValidationError as invalid:
        return [Refused(place.upper(), place, message) for message in invalid.messages]
    return []


def _reason_missing(row: ComponentCount, site: Site, components: Mapping[str, Component]) -> str:
    name = components[row.component_code].name if row.component_code in components else row.component_code
    message = f"{name} at {site} on {day_text(row.counted_on)} is on file as {row.quantity}."
    return f"{message} Say why it is corrected."


def _conflicts(
    wanted: Mapping[str, int | None],
    on_file: Mapping[str, ComponentCount],
    seen: Mapping[str, int | None] | None,
    components: Mapping[str, Component],
) -> list[Conflicting]:
    """Figures that somebody else has stored since they were shown, and that are not what is wanted either."""
    found = []
    for code, quantity in wanted.items() if seen is not None else ():
        row = on_file.get(code)
        stored = row.quantity if row else None
        if stored not in (seen.get(code), quantity):
            by = str(row.recorded_by) if row and row.recorded_by else ""
            name = components[code].name if code in components else code
            found.append(
                Conflicting(code, name, seen.get(code), stored, quantity, by, row.recorded_on if row else None)
            )
    return found


def components_on(*, terms: AgreementTerms, day: date, known_on: date) -> tuple[Component, ...]:
    """Return the components that can be counted on a day: those of the schedule in force.

    Where none is in force, such as before the signatures are complete, those of every schedule that has been entered: a
    count is a fact, whether or not its price is known.
    """
    found = terms_on(agreement=terms, service_on=day, known_on=known_on)
    return all_components(terms) if isinstance(found, NotInForce) else found.schedule.components


def all_components(terms: AgreementTerms) -> tuple[Component, ...]:
    """Return the components of every schedule of an agreement that has been entered."""
    schedules = [terms.original_schedule, *(amendment.schedule for amendment in terms.amendments)]
    found = {part.code: part for schedule in schedules if schedule for part in schedule.components}
    return tuple(found.values())


def date_faults(site: Site, counted_on: date, on: date) -> list[str]:
    """Return what keeps a site from being counted on a day: before its start, or a day still to come."""
    faults = []
    if counted_on < site.in_service_on:
        message = f"{day_text(counted_on)} is before {site}'s first day in service, {day_text(site.in_service_on)}."
        faults.append(f"{message} Correct the date.")
    if counted_on > on:
        faults.append(f"{day_text(counted_on)} is after {day_text(on)}. Record a count once it has been made.")
    return faults


def _quantity_fault(component: Component | None, code: str, quantity: object) -> str:
    if component is None:
        return f"{code} is no component of the price schedule in force. Check the column's name."
    if quantity is None:
        return ""
    if isinstance(quantity, bool) or not isinstance(quantity, int) or not 0 <= quantity <= MOST_QUANTITY:
        return f"{component.name}: {quantity} is no count. Counts are whole numbers from 0."
    return ""
