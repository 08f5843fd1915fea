"""Sites, levels and reviews as they stand in an agreement file: unknown names, impossible dates, unfounded levels."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from contracts.periods import AnnualPeriod, OutsideTerm, annual_period, annual_period_on
from contracts.schedule import Schedule
from sites.agreement_files.agreement_file import Document, Problem, day_of, shown
from sites.agreement_files.schedule_entry import schedule_of
from sites.agreement_files.sections import (
    AMENDMENTS,
    CHARGED_LEVELS,
    COUNTS,
    LEVEL_DECISIONS,
    LINES,
    REVIEWS,
    SITES,
    counts_placed,
    merged,
    placed,
    site_name,
)
from sites.charged import starting_levels
from sites.review_days import ReviewKind

Schedules = Mapping[int, tuple[str, Schedule]]
"""The price schedules of an agreement by amendment number (0: its own), each with the day it begins to govern."""

LAST_PERIOD = 1000


def resolved_level(reference: str, schedules: Schedules, *, on: date | None) -> tuple[int, str] | None:
    """Return (amendment number, level code) of a reference, or None where there is no such level.

    `1/SMALL` names its schedule. `SMALL` alone is of the schedule that governs the day, or of the only one.
    """
    number, slash, code = reference.rpartition("/")
    chosen = int(number) if slash else governing_schedule(schedules, on=on)
    stored = schedules.get(chosen)
    return (chosen, code) if stored is not None and stored[1].level(code) is not None else None


def governing_schedule(schedules: Schedules, *, on: date | None) -> int:
    """Return the amendment number of the schedule that governs a day, or of the first where none does; -1 for none."""
    governing = [(begins, key) for key, (begins, _s) in schedules.items() if on is None or begins <= on.isoformat()]
    return max(governing)[1] if governing else min(schedules, default=-1)


def schedules_of(document: Document, stored: Document) -> Schedules:
    """Return the price schedules that the file and the database hold together."""
    amendments = merged(AMENDMENTS, stored, document)
    begins = {number: amendment.get("effective_on", "") for (number,), amendment in amendments.items()}
    return {
        number: (begins.get(number, ""), schedule_of(entry))
        for source in (stored, document)
        for _place, number, entry in schedule_entries(source)
    }


def schedule_entries(document: Document) -> Iterator[tuple[str, int, Mapping]]:
    agreement = document.get("agreement", {})
    if "schedule" in agreement:
        yield "agreement.schedule", 0, agreement["schedule"]
    for place, amendment in placed(document, AMENDMENTS):
        if "schedule" in amendment:
            yield f"{place}.schedule", amendment["number"], amendment["schedule"]


Periods = Callable[[int], tuple[date, date] | None]


def period_days(document: Document, stored: Document) -> Periods:
    """Return a function that gives first and last day of an annual period, None where there cannot be such a period."""
    anchor = {**stored.get("agreement", {}), **document["agreement"]}.get("first_period_starts_on")

    def days(number: int) -> tuple[date, date] | None:
        if anchor is None or number > LAST_PERIOD:
            return None
        period = annual_period(number=number, first_period_starts_on=day_of(anchor), expires_on=None)
        return None if isinstance(period, OutsideTerm) else (period.span.first_day, period.span.last_day)

    return days


def site_problems(document: Document, stored: Document, schedules: Schedules, periods: Periods) -> Iterator[Problem]:
    earlier = merged(SITES, stored)
    codes = {site["clli"]: site_name(site) for site in stored.get("sites", []) if "clli" in site}
    components = {part.code for _begins, schedule in schedules.values() for part in schedule.components}
    origins = LevelOrigins(schedules, periods, _reviews(document, stored))
    for place, site in placed(document, SITES):
        whole = {**earlier.get(SITES.key(site), {}), **site}
        if codes.get(site.get("clli"), site_name(site)) != site_name(site):
            yield Problem(f"{place}.clli", f"The CLLI code {site['clli']} is that of {codes[site['clli']]} on file.")
        if "in_service_on" not in whole:
            yield from SITES.missing(place, whole, site_name(site))
            continue
        start = whole["in_service_on"]
        if whole.get("removed_on", start) < start:
            yield Problem(f"{place}.removed_on", "The last day in service is before the first.")
        if whole.get("charged_through", start) < start:
            yield Problem(f"{place}.charged_through", "The last charged day is before the first day in service.")
        for spot, entry in placed(site, COUNTS, place):
            if entry["date"] < start:
                yield Problem(f"{spot}.date", f"{entry['date']} is before the site's first day in service, {start}.")
        for spot, _day, code, _quantity in counts_placed(site, place):
            if code not in components:
                yield Problem(spot, f"No price schedule on file or in the file has a component {code}.")
        on_file = {row["period"] for row in earlier.get(SITES.key(site), {}).get("charged_levels", [])}
        for spot, row in placed(site, CHARGED_LEVELS, place):
            days = periods(row["period"])
            yield from _level_problems(f"{spot}.level", row["level"], schedules, days[0] if days else None)
            if row["period"] not in on_file:
                yield from origins.problems(spot, site_name(site), day_of(start), row)
        for spot, row in placed(site, LEVEL_DECISIONS, place):
            yield from _level_problems(f"{spot}.level", row["level"], schedules, day_of(row["from"]))
            yield from _decision_problems(spot, row, start, periods)


def period_of(periods: Periods, day: date) -> AnnualPeriod | None:
    """Return the annual period of a day, whatever the expiration; None before the first one."""
    first = periods(1)
    found = first and annual_period_on(day=day, first_period_starts_on=first[0], expires_on=None)
    return found if isinstance(found, AnnualPeriod) else None


def _decision_problems(place: str, row: Mapping, start: str, periods: Periods) -> Iterator[Problem]:
    """Yield what contradicts itself in a level that holds from a day."""
    period = period_of(periods, day_of(row["from"]))
    if period is None:
        yield Problem(f"{place}.from", f"No annual period covers {row['from']}.")
    if row["from"] < start:
        yield Problem(f"{place}.from", f"{row['from']} is before the site's first day in service, {start}.")
    if row.get("through", row["from"]) < row["from"]:
        yield Problem(f"{place}.through", "The last day is before the first.")
    elif period is not None and "through" in row and day_of(row["through"]) > period.span.last_day:
        message = f"{row['through']} is after the annual period, which ends on {period.span.last_day}."
        yield Problem(f"{place}.through", f"{message} Leave it out, and give the next period its own level.")
    if row["agreed_on"] > row["recorded_on"]:
        yield Problem(f"{place}.agreed_on", f"{row['agreed_on']} is after the day of recording, {row['recorded_on']}.")


@dataclass
class ReviewOnFile:
    """A review as the file and the database hold it together: when each party agreed, and its lines by site."""

    sides: dict[str, str] = field(default_factory=dict)
    lines: dict[str, dict] = field(default_factory=dict)
    sealed: bool = False

    def add(self, review: Mapping) -> None:
        """Add what one source says of it."""
        self.sides |= {side: review[side]["agreed_on"] for side in ("customer", "supplier") if side in review}
        for line in review.get("lines", []):
            self.lines.setdefault(line["site"], {}).update(line)

    @property
    def agreed_on(self) -> str | None:
        """The later of the two days, once both parties have agreed."""
        return max(self.sides.values()) if len(self.sides) == 2 else None


@dataclass(frozen=True)
class LevelOrigins:
    """Where charged levels can come from: the start of a later site, or a review that both parties agreed to."""

    schedules: Schedules
    periods: Periods
    reviews: Mapping[int, ReviewOnFile]

    def problems(self, place: str, site: str, start: date, row: Mapping) -> Iterator[Problem]:
        """Yield why no event would record this level of a site that starts on a day."""
        number, days = row["period"], self.periods(row["period"])
        if days is None:
            if number > LAST_PERIOD:
                yield Problem(f"{place}.period", f"There is no annual period {number}.")
            return
        governing = self.schedules.get(governing_schedule(self.schedules, on=max(start, days[0])))
        opening = governing and governing[1].level(governing[1].opening.first_period_level or "")
        if number == 1 and opening:
            message = f"Every site is charged at {opening.name} in the first annual period"
            yield Problem(f"{place}.period", f"{message} ({governing[1].opening.clause}). Leave this level out.")
        elif "starting" in row and "review" in row:
            yield Problem(f"{place}.review", "No review agrees a starting level. Keep one of the two.")
        elif "starting" in row:
            yield from self._starting_problems(place, site, start, row)
        elif "review" in row:
            yield from self._review_problems(place, site, row)
        else:
            message = 'Nothing says where this level comes from. Name the review that agreed it ("review")'
            yield Problem(place, f'{message}, or mark the level at which a later site starts ("starting").')

    def _starting_problems(self, place: str, site: str, start: date, row: Mapping) -> Iterator[Problem]:
        first, last = self.periods(row["period"])
        if not first <= max(start, self.periods(1)[0]) <= last:
            message = f"{site} starts on {start}, not in annual period {row['period']} ({first} to {last})."
            yield Problem(f"{place}.period", f"{message} The level of a later period is agreed at the review.")
        chosen = resolved_level(row["level"], self.schedules, on=first)
        if chosen is None:
            return
        begins, schedule = self.schedules[chosen[0]]
        allowed = starting_levels(schedule=schedule)
        if begins > max(start, first).isoformat():
            message = (
                f"The schedule of {shown(row['level'])} begins on {begins}, after the site has started on {start}."
            )
            yield Problem(f"{place}.level", f"{message} Name a level of the one in force then.")
        elif chosen[1] not in [level.code for level in allowed]:
            message = f"A later site starts at {' or '.join(level.name for level in allowed)}, not at"
            yield Problem(f"{place}.level", f"{message} {schedule.level(chosen[1]).name}. Choose another level.")

    def _review_problems(self, place: str, site: str, row: Mapping) -> Iterator[Problem]:
        number, review = row["review"], self.reviews.get(row["review"])
        named = f"review of annual period {number}"
        if review is None or site not in review.lines:
            yield Problem(f"{place}.review", f"No {named} has a line for {site}.")
            return
        if number + 1 != row["period"]:
            message = f"The {named} agrees the levels of annual period {number + 1}, not of {row['period']}."
            yield Problem(f"{place}.review", f"{message} Correct one of the two.")
        elif review.agreed_on is None:
            message = f"The {named} is not agreed by both parties."
            yield Problem(f"{place}.review", f"{message} Add their agreement to it, or leave this level out.")
        elif review.sealed:
            message = f"The {named} was agreed on {review.agreed_on} and is sealed, without this level."
            yield Problem(
                f"{place}.review", f"{message} Leave it out; what was agreed later is recorded by an amendment."
            )
        else:
            yield from self._agreed_problems(place, site, row, review, named)

    def _agreed_problems(
        self, place: str, site: str, row: Mapping, review: ReviewOnFile, named: str
    ) -> Iterator[Problem]:
        first, _last = self.periods(row["period"])
        agreed = review.lines[site].get("agreed_level")
        level = resolved_level(row["level"], self.schedules, on=first)
        if agreed is None or level != resolved_level(agreed, self.schedules, on=first):
            found = shown(agreed) if agreed else "no level"
            message = f"The {named} agreed {found} for {site}, not {shown(row['level'])}."
            yield Problem(f"{place}.level", f"{message} Correct one of the two.")
        if row["agreed_on"] != review.agreed_on:
            message = f"The {named} was agreed on {review.agreed_on}, not on {row['agreed_on']}."
            yield Problem(f"{place}.agreed_on", f"{message} Correct one of the two.")


def _reviews(document: Document, stored: Document) -> dict[int, ReviewOnFile]:
    """The reviews of prices in the file and on file together, by annual period."""
    result: dict[int, ReviewOnFile] = {}
    for source in (stored, document):
        for _place, review in placed(source, REVIEWS):
            if review.get("kind") != ReviewKind.TERM_CHECK:
                result.setdefault(review["period"], ReviewOnFile()).add(review)
        if source is stored:
            for on_file in result.values():
                on_file.sealed = on_file.agreed_on is not None
    return result


def _level_problems(place: str, reference: str, schedules: Schedules, on: date | None) -> Iterator[Problem]:
    if resolved_level(reference, schedules, on=on) is None:
        known = ", ".join(f"{number}/{level.code}" for number, (_b, s) in schedules.items() for level in s.levels)
        yield Problem(place, f"{shown(reference)} is no level of a price schedule. Known: {known or 'none'}.")


def review_problems(document: Document, stored: Document, schedules: Schedules, periods: Periods) -> Iterator[Problem]:
    on_file = {REVIEWS.key(review) for review in stored.get("reviews", [])}
    sites = {site_name(site) for source in (document, stored) for site in source.get("sites", [])}
    for place, review in placed(document, REVIEWS):
        days = periods(review["period"])
        if days is None:
            yield Problem(f"{place}.period", f"There is no annual period {review['period']}.")
            continue
        if REVIEWS.key(review) not in on_file:
            yield from REVIEWS.missing(place, review, f"the review of annual period {review['period']}")
        for spot, line in placed(review, LINES, place):
            if line["site"] not in sites:
                yield Problem(f"{spot}.site", f"{shown(line['site'])} is no site of the file or on file.")
            for key, on in level_days(days).items():
                if key in line:
                    yield from _level_problems(f"{spot}.{key}", line[key], schedules, on)


def level_days(days: tuple[date, date]) -> dict[str, date]:
    """Return, for each level of a review line, the day whose schedule a reference without a schedule means."""
    following = days[1] + timedelta(days=1)
    return {
        "current_level": days[1],
        "measured_level": days[1],
        "proposed_level": following,
        "agreed_level": following,
    }
