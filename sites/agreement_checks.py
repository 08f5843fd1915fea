"""What is wrong with an agreement file beyond its form: repeats, unknown names, impossible dates, with their places."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from contracts.periods import OutsideTerm, annual_period
from contracts.readings import QUESTIONS
from contracts.schedule import Refused, Schedule, Weight, findings
from contracts.terms import AgreementTerms, AmendmentTerms, amendment_refusals
from sites.agreement_file import Document, Problem, components_counted, review_key, shown, site_key, site_name
from sites.charged import starting_levels
from sites.review import ReviewKind
from sites.schedule_entry import limit_of, schedule_of

Schedules = Mapping[int, tuple[str, Schedule]]
"""The price schedules of an agreement by amendment number (0: its own), each with the day it begins to govern."""

LAST_PERIOD = 1000


def content_problems(document: Document, stored: Document, *, on: date) -> tuple[Problem, ...]:
    """Return every problem of a document of good form beside what is on file, as known on a day.

    `document` and `stored` are expanded documents; `stored` is what is on file of the agreement and of all parties.
    """
    found = [*_repeats(document), *_schedule_problems(document)]
    found += _party_problems(document, stored)
    found += _agreement_problems(document, stored)
    found += _reading_problems(document)
    schedules = schedules_of(document, stored)
    periods = _period_days(document, stored)
    found += _site_problems(document, stored, schedules, periods)
    found += _review_problems(document, stored, schedules, periods)
    found += _later_facts(document, on)
    return tuple(dict.fromkeys(found))


def apparent_problems(document: Document, *, on: date) -> tuple[Problem, ...]:
    """Return the repeats and the facts later than `on`: what the rows show by themselves, even if parts are missing."""
    return tuple(dict.fromkeys((*_repeats(document), *_later_facts(document, on))))


def schedule_warnings(document: Document) -> tuple[Problem, ...]:
    """Return what a person should look at in the file's price schedules, though it stops nothing."""
    return tuple(
        Problem(place, finding.message)
        for place, _number, entry in _schedule_entries(document)
        for finding in findings(schedule_of(entry))
        if finding.weight is Weight.WARNING
    )


def resolved_level(reference: str, schedules: Schedules, *, on: date | None) -> tuple[int, str] | None:
    """Return (amendment number, level code) of a reference, or None where there is no such level.

    `1/SMALL` names its schedule. `SMALL` alone is of the schedule that governs the day, or of the only one.
    """
    number, slash, code = reference.rpartition("/")
    chosen = int(number) if slash else governing_schedule(schedules, on=on)
    held = schedules.get(chosen)
    return (chosen, code) if held is not None and held[1].level(code) is not None else None


def governing_schedule(schedules: Schedules, *, on: date | None) -> int:
    """Return the amendment number of the schedule that governs a day, or of the first where none does; -1 for none."""
    governing = [(begins, key) for key, (begins, _s) in schedules.items() if on is None or begins <= on.isoformat()]
    return max(governing)[1] if governing else min(schedules, default=-1)


def schedules_of(document: Document, stored: Document) -> Schedules:
    """Return the price schedules that the file and the database hold together."""
    begins = {
        amendment["number"]: amendment["effective_on"]
        for source in (stored, document)
        for amendment in source.get("amendments", [])
        if "effective_on" in amendment
    }
    return {
        number: (begins.get(number, ""), schedule_of(entry))
        for source in (stored, document)
        for _place, number, entry in _schedule_entries(source)
    }


def _schedule_entries(document: Document) -> Iterator[tuple[str, int, Mapping]]:
    agreement = document.get("agreement", {})
    if "schedule" in agreement:
        yield "agreement.schedule", 0, agreement["schedule"]
    for index, amendment in enumerate(document.get("amendments", [])):
        if "schedule" in amendment:
            yield f"amendments[{index}].schedule", amendment["number"], amendment["schedule"]


def _repeats(document: Document) -> Iterator[Problem]:
    for section, what, key in (
        ("parties", "party", lambda row: row["legal_name"]),
        ("amendments", "amendment number", lambda row: row["number"]),
        ("readings", "question", lambda row: row["question"]),
        ("sites", "site", site_name),
        ("reviews", "review of annual period", lambda row: f"{row['period']} ({row['kind']})"),
    ):
        yield from _repeated(document.get(section, []), section, what, key)
    for index, site in enumerate(document.get("sites", [])):
        place = f"sites[{index}].charged_levels"
        yield from _repeated(site.get("charged_levels", []), place, "annual period", lambda row: row["period"])
        seen: set = set()
        for number, entry in enumerate(site.get("counts", [])):
            for code in components_counted(entry) if "date" in entry else ():
                if (entry["date"], code) in seen:
                    yield Problem(f"sites[{index}].counts[{number}].{code}", f"Counted twice on {entry['date']}.")
                seen.add((entry["date"], code))
    for index, review in enumerate(document.get("reviews", [])):
        yield from _repeated(review.get("lines", []), f"reviews[{index}].lines", "site", lambda row: row["site"])
    codes = [site for site in enumerate(document.get("sites", [])) if "clli" in site[1]]
    for index, site in codes:
        if any(other["clli"] == site["clli"] for number, other in codes if number < index):
            yield Problem(f"sites[{index}].clli", f"The CLLI code {site['clli']} stands at another site of the file.")


def _repeated(rows: Iterable[Mapping], place: str, what: str, key: Callable[[Mapping], object]) -> Iterator[Problem]:
    seen = set()
    for index, row in enumerate(rows):
        try:
            name = key(row)
        except KeyError:  # its form is not right, which is told
            continue
        if name in seen:
            yield Problem(f"{place}[{index}]", f"The {what} {name} stands twice in the file. Keep one of them.")
        seen.add(name)


def _schedule_problems(document: Document) -> Iterator[Problem]:
    for place, _number, entry in _schedule_entries(document):
        codes = [part["code"] for part in entry["components"]]
        for index, level in enumerate(entry["levels"]):
            cells = level["limits"]
            spot = f"{place}.levels[{index}].limits"
            for code, cell in cells.items():
                if code not in codes:
                    yield Problem(f"{spot}.{code}", f"The schedule has no component {code}. It has {', '.join(codes)}.")
                elif isinstance(read := limit_of(cell, "The cell"), Refused):
                    yield Problem(f"{spot}.{code}", read.message)
            for code in codes:
                if code not in cells:
                    yield Problem(
                        f"{spot}.{code}", 'This is missing. Write "" for a cell that the source leaves blank.'
                    )
        yield from _repeated(entry["components"], f"{place}.components", "component code", lambda row: row["code"])
        yield from _repeated(entry["levels"], f"{place}.levels", "level code", lambda row: row["code"])
        services = entry.get("included_services", [])
        yield from _repeated(services, f"{place}.included_services", "service", lambda row: row["name"])
        switches = [index for index, part in enumerate(entry["components"]) if part.get("is_switch")]
        for index in switches[1:]:
            yield Problem(f"{place}.components[{index}].is_switch", "Another component is the switch already.")
        for finding in findings(schedule_of(entry)):
            if finding.weight is Weight.ERROR and finding.code != "REPEATED":
                yield Problem(place, finding.message)


def _party_problems(document: Document, stored: Document) -> Iterator[Problem]:
    held = {party["legal_name"]: party for party in stored.get("parties", [])}
    owners = {alias["name"]: name for name, party in held.items() for alias in party.get("aliases", [])}
    for index, party in enumerate(document.get("parties", [])):
        for number, alias in enumerate(party.get("aliases", [])):
            owner = owners.setdefault(alias["name"], party["legal_name"])
            repeated = any(alias["name"] == other["name"] for other in party["aliases"][:number])
            if owner != party["legal_name"] or repeated:
                place = f"parties[{index}].aliases[{number}]"
                yield Problem(place, f"{shown(alias['name'])} is an alias of {owner} already.")


def _agreement_problems(document: Document, stored: Document) -> Iterator[Problem]:
    agreement = document["agreement"]
    if "agreement" not in stored:
        needed = ("dated_on", "supplier", "customer", "first_period_starts_on")
        missing = [key for key in needed if key not in agreement]
        for key in missing:
            message = f"This is missing: agreement {agreement['number']} is not on file, so the file must describe it."
            yield Problem(f"agreement.{key}", message)
    merged = {**stored.get("agreement", {}), **agreement}
    parties = {party["legal_name"] for source in (document, stored) for party in source.get("parties", [])}
    for side in ("supplier", "customer"):
        if side in merged and merged[side] not in parties:
            yield Problem(f"agreement.{side}", f"{shown(merged[side])} is no party of the file or on file. Add it.")
    if merged.get("supplier", "") == merged.get("customer"):
        yield Problem("agreement.customer", "Supplier and customer are the same party.")
    if merged.get("original_expires_on", "9999-12-31") <= merged.get("dated_on", ""):
        yield Problem("agreement.original_expires_on", "The expiration must lie after the date of the agreement.")
    yield from _amendment_problems(document, stored, merged)
    yield from _execution_problems(document, stored, merged)


def _amendment_problems(document: Document, stored: Document, agreement: Mapping) -> Iterator[Problem]:
    held = {amendment["number"]: _terms(amendment) for amendment in stored.get("amendments", [])}
    new = [
        (index, amendment)
        for index, amendment in enumerate(document.get("amendments", []))
        if amendment["number"] not in held
    ]
    for index, amendment in sorted(new, key=lambda pair: pair[1]["number"]):
        place = f"amendments[{index}]"
        if "effective_on" not in amendment:
            message = f"This is missing: amendment {amendment['number']} is not on file, so the file must describe it."
            yield Problem(f"{place}.effective_on", message)
        if amendment["number"] in held:
            continue
        refusals = amendment_refusals(
            agreement=AgreementTerms(
                number=agreement["number"],
                dated_on=_day(agreement.get("dated_on", "0001-01-01")),
                first_period_starts_on=_day(agreement.get("first_period_starts_on", "0001-01-01")),
                original_expires_on=_day(agreement.get("original_expires_on")),
                amendments=tuple(held.values()),
            ),
            number=amendment["number"],
            effective_on=_day(amendment.get("effective_on")),
            from_expires_on=_day(amendment.get("from_expires_on")),
            expires_on=_day(amendment.get("expires_on")),
        )
        yield from (Problem(f"{place}.{refusal.place}", refusal.message) for refusal in refusals)
        held[amendment["number"]] = _terms(amendment)


def _execution_problems(document: Document, stored: Document, agreement: Mapping) -> Iterator[Problem]:
    """An executed amendment under an agreement that is not executed itself."""
    signed: dict[int, set[str]] = {}
    for source in (stored, document):
        for amendment in source.get("amendments", []):
            sides = {"customer_signature", "supplier_signature"} & set(amendment)
            signed[amendment["number"]] = signed.get(amendment["number"], set()) | sides
    executed = sorted(number for number, sides in signed.items() if len(sides) == 2)
    if executed and "executed_on" not in agreement:
        said = f"This is missing, but both parties signed amendment {executed[0]}."
        yield Problem("agreement.executed_on", f"{said} Record the agreement's own execution first.")


def _terms(amendment: Mapping) -> AmendmentTerms:
    return AmendmentTerms(
        amendment["number"],
        "",
        _day(amendment.get("effective_on", "0001-01-01")),
        expires_on=_day(amendment.get("expires_on")),
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _reading_problems(document: Document) -> Iterator[Problem]:
    for index, reading in enumerate(document.get("readings", [])):
        question = QUESTIONS.get(reading["question"])
        if question is None:
            known = ", ".join(QUESTIONS)
            yield Problem(
                f"readings[{index}].question", f"{shown(reading['question'])} is no question. Known: {known}."
            )
        elif reading["choice"] not in list(question.choices):
            known = ", ".join(question.choices)
            yield Problem(f"readings[{index}].choice", f"{shown(reading['choice'])} is no choice. Choices: {known}.")


Periods = Callable[[int], tuple[date, date] | None]


def _period_days(document: Document, stored: Document) -> Periods:
    """Return a function that gives first and last day of an annual period, None where there cannot be such a period."""
    anchor = {**stored.get("agreement", {}), **document["agreement"]}.get("first_period_starts_on")

    def days(number: int) -> tuple[date, date] | None:
        if anchor is None or number > LAST_PERIOD:
            return None
        period = annual_period(number=number, first_period_starts_on=_day(anchor), expires_on=None)
        return None if isinstance(period, OutsideTerm) else (period.span.first_day, period.span.last_day)

    return days


def _site_problems(document: Document, stored: Document, schedules: Schedules, periods: Periods) -> Iterator[Problem]:
    held = {site_key(site): site for site in stored.get("sites", [])}
    codes = {site["clli"]: site_name(site) for site in stored.get("sites", []) if "clli" in site}
    components = {part.code for _begins, schedule in schedules.values() for part in schedule.components}
    origins = LevelOrigins(schedules, periods, _reviews(document, stored))
    for index, site in enumerate(document.get("sites", [])):
        place, merged = f"sites[{index}]", {**held.get(site_key(site), {}), **site}
        if codes.get(site.get("clli"), site_name(site)) != site_name(site):
            yield Problem(f"{place}.clli", f"The CLLI code {site['clli']} is that of {codes[site['clli']]} on file.")
        if "in_service_on" not in merged:
            message = f"This is missing: {site_name(site)} is not on file, so the file must describe it."
            yield Problem(f"{place}.in_service_on", message)
            continue
        start = merged["in_service_on"]
        if merged.get("removed_on", start) < start:
            yield Problem(f"{place}.removed_on", "The last day in service lies before the first.")
        if merged.get("charged_through", start) < start:
            yield Problem(f"{place}.charged_through", "The last charged day lies before the first day in service.")
        for number, entry in enumerate(site.get("counts", [])):
            spot = f"{place}.counts[{number}]"
            if entry["date"] < start:
                yield Problem(f"{spot}.date", f"{entry['date']} lies before the site's first day in service, {start}.")
            for code in components_counted(entry):
                if code not in components:
                    yield Problem(f"{spot}.{code}", f"No price schedule on file or in the file has a component {code}.")
        on_file = {row["period"] for row in held.get(site_key(site), {}).get("charged_levels", [])}
        for number, row in enumerate(site.get("charged_levels", [])):
            spot, days = f"{place}.charged_levels[{number}]", periods(row["period"])
            yield from _level_problems(f"{spot}.level", row["level"], schedules, days[0] if days else None)
            if row["period"] not in on_file:
                yield from origins.problems(spot, site_name(site), _day(start), row)


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
            said = f"Every site is charged at {opening.name} in the first annual period"
            yield Problem(f"{place}.period", f"{said} ({governing[1].opening.clause}). Leave this level out.")
        elif "starting" in row and "review" in row:
            yield Problem(f"{place}.review", "No review agrees a starting level. Keep one of the two.")
        elif "starting" in row:
            yield from self._starting_problems(place, site, start, row)
        elif "review" in row:
            yield from self._review_problems(place, site, row)
        else:
            said = 'Nothing says where this level comes from. Name the review that agreed it ("review")'
            yield Problem(place, f'{said}, or mark the level at which a later site starts ("starting").')

    def _starting_problems(self, place: str, site: str, start: date, row: Mapping) -> Iterator[Problem]:
        first, last = self.periods(row["period"])
        if not first <= max(start, self.periods(1)[0]) <= last:
            said = f"{site} starts on {start}, not in annual period {row['period']} ({first} to {last})."
            yield Problem(f"{place}.period", f"{said} The level of a later period is agreed at the review.")
        chosen = resolved_level(row["level"], self.schedules, on=first)
        if chosen is None:
            return
        begins, schedule = self.schedules[chosen[0]]
        allowed = starting_levels(schedule=schedule)
        if begins > max(start, first).isoformat():
            said = f"The schedule of {shown(row['level'])} begins on {begins}, after the site has started on {start}."
            yield Problem(f"{place}.level", f"{said} Name a level of the one in force then.")
        elif chosen[1] not in [level.code for level in allowed]:
            said = f"A later site starts at {' or '.join(level.name for level in allowed)}, not at"
            yield Problem(f"{place}.level", f"{said} {schedule.level(chosen[1]).name}. Choose another level.")

    def _review_problems(self, place: str, site: str, row: Mapping) -> Iterator[Problem]:
        number, review = row["review"], self.reviews.get(row["review"])
        named = f"review of annual period {number}"
        if review is None or site not in review.lines:
            yield Problem(f"{place}.review", f"No {named} has a line for {site}.")
            return
        if number + 1 != row["period"]:
            said = f"The {named} agrees the levels of annual period {number + 1}, not of {row['period']}."
            yield Problem(f"{place}.review", f"{said} Correct one of the two.")
        elif review.agreed_on is None:
            said = f"The {named} is not agreed by both parties."
            yield Problem(f"{place}.review", f"{said} Add their agreement to it, or leave this level out.")
        elif review.sealed:
            said = f"The {named} was agreed on {review.agreed_on} and is sealed, without this level."
            yield Problem(f"{place}.review", f"{said} Leave it out; what was agreed later is recorded by an amendment.")
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
            said = f"The {named} agreed {found} for {site}, not {shown(row['level'])}."
            yield Problem(f"{place}.level", f"{said} Correct one of the two.")
        if row["agreed_on"] != review.agreed_on:
            said = f"The {named} was agreed on {review.agreed_on}, not on {row['agreed_on']}."
            yield Problem(f"{place}.agreed_on", f"{said} Correct one of the two.")


def _reviews(document: Document, stored: Document) -> dict[int, ReviewOnFile]:
    """The reviews of prices in the file and on file together, by annual period."""
    result: dict[int, ReviewOnFile] = {}
    for source in (stored, document):
        for review in source.get("reviews", []):
            if review.get("kind") != ReviewKind.TERM_CHECK:
                result.setdefault(review["period"], ReviewOnFile()).add(review)
        if source is stored:
            for held in result.values():
                held.sealed = held.agreed_on is not None
    return result


def _level_problems(place: str, reference: str, schedules: Schedules, on: date | None) -> Iterator[Problem]:
    if resolved_level(reference, schedules, on=on) is None:
        known = ", ".join(f"{number}/{level.code}" for number, (_b, s) in schedules.items() for level in s.levels)
        yield Problem(place, f"{shown(reference)} is no level of a price schedule. Known: {known or 'none'}.")


def _review_problems(document: Document, stored: Document, schedules: Schedules, periods: Periods) -> Iterator[Problem]:
    held = {review_key(review) for review in stored.get("reviews", [])}
    sites = {site_name(site) for source in (document, stored) for site in source.get("sites", [])}
    for index, review in enumerate(document.get("reviews", [])):
        place, days = f"reviews[{index}]", periods(review["period"])
        if days is None:
            yield Problem(f"{place}.period", f"There is no annual period {review['period']}.")
            continue
        if review_key(review) not in held:
            for key in ("first_day", "last_day", "due_on", "opened_on", "cut_off_on"):
                if key not in review:
                    message = f"This is missing: the review of annual period {review['period']} is not on file."
                    yield Problem(f"{place}.{key}", message)
        for number, line in enumerate(review.get("lines", [])):
            spot = f"{place}.lines[{number}]"
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


def _later_facts(document: Document, on: date) -> Iterator[Problem]:
    known = on.isoformat()
    for place, day in _dated_facts(document):
        if day is not None and day > known:
            yield Problem(place, f"{day} lies after {known}. Load what has happened by then, and the rest when it has.")


def _dated_facts(document: Document) -> Iterator[tuple[str, str | None]]:
    yield "agreement.executed_on", document.get("agreement", {}).get("executed_on")
    for index, amendment in enumerate(document.get("amendments", [])):
        for side in ("customer_signature", "supplier_signature"):
            yield f"amendments[{index}].{side}.signed_on", amendment.get(side, {}).get("signed_on")
    for index, site in enumerate(document.get("sites", [])):
        for number, entry in enumerate(site.get("counts", [])):
            yield f"sites[{index}].counts[{number}].date", entry.get("date")
        for number, row in enumerate(site.get("charged_levels", [])):
            yield f"sites[{index}].charged_levels[{number}].agreed_on", row.get("agreed_on")
    for index, review in enumerate(document.get("reviews", [])):
        yield f"reviews[{index}].opened_on", review.get("opened_on")
        for side in ("customer", "supplier"):
            yield f"reviews[{index}].{side}.agreed_on", review.get(side, {}).get("agreed_on")
