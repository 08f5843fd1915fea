"""Facts coming in: component counts of one site and day, starting levels, and the end of a site's service."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from contracts.fields import validate_plain_text
from contracts.models import Agreement, ServiceLevel
from contracts.periods import AnnualPeriod, annual_period_on, day_text
from contracts.schedule import Component, Refused, Schedule
from contracts.terms import AgreementTerms, NotInForce, TermsFound, terms_on
from sites.charged import starting_levels
from sites.counts.counting import Figure, change_counts
from sites.imports.tabular import SheetError
from sites.models import ChargedLevel, ComponentCount, Site

MOST_QUANTITY = 999_999_999


class CannotRecord(Exception):
    """Facts cannot be recorded so. `errors` each have a place and a message; nothing was stored."""

    def __init__(self, errors: Iterable[Refused | SheetError]):
        self.errors = tuple(errors)
        super().__init__(" ".join(error.message for error in self.errors))


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
        """Both figures, and the next step."""
        who = f" by {self.stored_by}" if self.stored_by else ""
        when = f" on {day_text(self.stored_on)}" if self.stored_on else ""
        now = "no figure is on file any more" if self.stored is None else f"{self.stored} was stored{who}{when}"
        typed = "none" if self.typed is None else self.typed
        return f"{self.component}: {now}, since this page was opened. You typed {typed}. Keep one of the two."


class Conflict(CannotRecord):
    """Somebody else has stored other figures in the meantime; nothing was stored. `conflicts` holds both of each."""

    def __init__(self, conflicts: Iterable[Conflicting]):
        self.conflicts = tuple(conflicts)
        super().__init__([Refused("CONFLICT", one.code, one.message) for one in self.conflicts])


@dataclass(frozen=True)
class Recorded:
    """What recording counts did: figures added, corrected, and those that were on file already."""

    added: int = 0
    corrected: int = 0
    unchanged: int = 0


# ---- counts ------------------------------------------------------------------------------------------------------


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
        raise CannotRecord(errors)
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
        message = f"{day_text(counted_on)} lies before {site}'s first day in service, {day_text(site.in_service_on)}."
        faults.append(f"{message} Correct the date.")
    if counted_on > on:
        faults.append(f"{day_text(counted_on)} lies after {day_text(on)}. Record a count once it was made.")
    return faults


def _quantity_fault(component: Component | None, code: str, quantity: object) -> str:
    if component is None:
        return f"{code} is no component of the price schedule in force. Check the column's name."
    if quantity is None:
        return ""
    if isinstance(quantity, bool) or not isinstance(quantity, int) or not 0 <= quantity <= MOST_QUANTITY:
        return f"{component.name}: {quantity} is no count. Counts are whole numbers from 0."
    return ""


# ---- levels and the end of service -------------------------------------------------------------------------------


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
        raise CannotRecord([Refused("NOT_IN_FORCE", "level", found.message)])
    refused = _starting_refusal(site, found, period_number, level_code, reason)
    stored = ChargedLevel.objects.filter(site=site, period_number=period_number).select_related("level").first()
    if refused is None and stored is not None:
        message = f"{site} is recorded at {stored.level} for annual period {period_number}."
        refused = Refused("RECORDED", "period_number", f"{message} Change that record instead.")
    if refused is not None:
        raise CannotRecord([refused])
    level = next(row for row in _level_rows(agreement, terms, found.schedule) if row.code == level_code)
    return ChargedLevel.objects.create(
        site=site, period_number=period_number, level=level, agreed_on=on, is_starting=True, reason=reason.strip()
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


def _level_rows(agreement: Agreement, terms: AgreementTerms, schedule: Schedule) -> list[ServiceLevel]:
    """The stored rows of the schedule that the terms in force are made of."""
    rows = [*agreement.original_schedules, *(row for one in agreement.amendment_list for row in one.schedule_list)]
    values = [terms.original_schedule] if agreement.original_schedules else []
    values += [one.schedule for one in terms.amendments if one.schedule is not None]
    return next(row.level_list for row, value in zip(rows, values, strict=True) if value is schedule)


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
        raise CannotRecord(errors)
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
