"""Sites about to change level: composed from rows already loaded, nothing here asks the database."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property, partial

from contracts.levels import ComponentLevel, Flag, MeasuredLevel, level_as_read
from contracts.schedule import LimitKind
from contracts.terms import AgreementTerms, NotInForce, expiration_known, terms_on
from sites.counts.count import Count, counts_on, quantities
from sites.models import Site
from sites.site_history.trend import Outlook, outlook
from sites.site_pages.pages import ServiceState, service_state

DAYS_SOON = 90
LEAST_ROOM = 1


@dataclass(frozen=True)
class ComingChange:
    """A component whose next limit is near, or expected soon, and with it the site's next measured level."""

    site: Site
    part: ComponentLevel
    measured: MeasuredLevel
    outlook: Outlook
    above: Callable[[], MeasuredLevel]

    @cached_property
    def after(self) -> MeasuredLevel:
        """The measured level once the limit is passed, looked for only where it is shown."""
        return self.above()

    @property
    def full(self) -> bool:
        """Whether not one unit more fits."""
        return self.part.room == 0

    @property
    def flags(self) -> tuple[Flag, ...]:
        """What a person must decide before the next level is one."""
        undecided = self.after.level is None or Flag.BLANK_CELL in self.after.flags
        return self.after.flags if undecided else ()

    @property
    def difference(self) -> Decimal | None:
        """What the next measured level costs more a year; None where there is none."""
        if self.after.level is None:
            return None
        return self.after.level.annual_price - self.measured.level.annual_price


def coming_changes(
    *, sites: Iterable[Site], counts: Mapping[int, Sequence[Count]], agreement: AgreementTerms, on: date
) -> tuple[ComingChange, ...]:
    """Return the sites whose measured level is about to rise, the soonest first; `counts` by site are for the outlook.

    Only components that decide the level are looked at, since passing the limit of another one changes nothing. One is
    listed where at most one unit more fits below its limit, or where its trend passes the limit within 90 days. A cell
    that states a single number is always full and says nothing by that. Ruled by the terms in force on the day.
    """
    found = terms_on(agreement=agreement, service_on=on, known_on=on)
    if isinstance(found, NotInForce):
        return ()
    expires_on, _source = expiration_known(agreement=agreement, known_on=on)
    readings = agreement.readings_on(on)
    changes = []
    for site in sites:
        if service_state(site=site, on=on) is not ServiceState.IN_SERVICE:
            continue
        of_site = counts.get(site.pk, ())
        now = quantities(counts_on(counts=of_site, day=on))
        measured = level_as_read(schedule=found.schedule, counts=now, readings=readings)
        for part in measured.deciding if measured.level else ():
            if part.room is None:
                continue
            of_part = [count for count in of_site if count.component == part.component.code]
            ahead = outlook(counts=of_part, limit=part.limit.upper, on=on, expires_on=expires_on)
            near = part.room <= LEAST_ROOM and part.limit.kind is not LimitKind.NUMBER
            soon = ahead.expected_on is not None and ahead.expected_on <= on + timedelta(days=DAYS_SOON)
            if near or soon:
                then = {**now, part.component.code: part.limit.upper + 1}
                above = partial(level_as_read, schedule=found.schedule, counts=then, readings=readings)
                changes.append(ComingChange(site, part, measured, ahead, above))
    return tuple(sorted(changes, key=lambda one: (one.outlook.expected_on or date.max, one.part.room, str(one.site))))
