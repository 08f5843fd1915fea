"""What is wrong with an agreement file beyond its form: repeats, unknown names, impossible dates, with their places."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date

from contracts.schedule import Refused, Weight, findings
from contracts.terms import AgreementTerms, AmendmentTerms, amendment_refusals
from sites.agreement_files.agreement_file import Document, Problem, components_counted, day_of, shown, site_name
from sites.agreement_files.fact_entry import fact_dates, fact_problems, fact_repeats
from sites.agreement_files.level_entry import (
    period_days,
    review_problems,
    schedule_entries,
    schedules_of,
    site_problems,
)
from sites.agreement_files.reading_entry import reading_name, reading_problems
from sites.agreement_files.schedule_entry import limit_of, schedule_of


def content_problems(document: Document, stored: Document, *, on: date) -> tuple[Problem, ...]:
    """Return every problem of a document of good form beside what is on file, as known on a day.

    `document` and `stored` are expanded documents; `stored` is what is on file of the agreement and of all parties.
    """
    found = [*_repeats(document), *fact_repeats(document), *_schedule_problems(document)]
    found += _party_problems(document, stored)
    found += _agreement_problems(document, stored)
    found += reading_problems(document, stored)
    schedules = schedules_of(document, stored)
    periods = period_days(document, stored)
    found += site_problems(document, stored, schedules, periods)
    found += review_problems(document, stored, schedules, periods)
    found += fact_problems(document, stored, schedules, on=on)
    found += _later_facts(document, on)
    return tuple(dict.fromkeys(found))


def apparent_problems(document: Document, *, on: date) -> tuple[Problem, ...]:
    """Return the repeats and the facts later than `on`: what the rows show by themselves, even if parts are missing."""
    return tuple(dict.fromkeys((*_repeats(document), *fact_repeats(document), *_later_facts(document, on))))


def schedule_warnings(document: Document) -> tuple[Problem, ...]:
    """Return what a person should look at in the file's price schedules, though it stops nothing."""
    return tuple(
        Problem(place, finding.message)
        for place, _number, entry in schedule_entries(document)
        for finding in findings(schedule_of(entry))
        if finding.weight is Weight.WARNING
    )


def _repeats(document: Document) -> Iterator[Problem]:
    for section, what, key in (
        ("parties", "party", lambda row: row["legal_name"]),
        ("amendments", "amendment number", lambda row: row["number"]),
        ("readings", "reading of", reading_name),
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
    for place, _number, entry in schedule_entries(document):
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
        yield from _repeated(entry.get("hour_services", []), f"{place}.hour_services", "service", lambda name: name)
        services = entry.get("included_services", [])
        yield from _repeated(services, f"{place}.included_services", "service", lambda row: row["name"])
        switches = [index for index, part in enumerate(entry["components"]) if part.get("is_switch")]
        for index in switches[1:]:
            yield Problem(f"{place}.components[{index}].is_switch", "Another component is the switch already.")
        for finding in findings(schedule_of(entry)):
            if finding.weight is Weight.ERROR and finding.code != "REPEATED":
                yield Problem(place, finding.message)


def _party_problems(document: Document, stored: Document) -> Iterator[Problem]:
    on_file = {party["legal_name"]: party for party in stored.get("parties", [])}
    owners = {alias["name"]: name for name, party in on_file.items() for alias in party.get("aliases", [])}
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
    on_file = {amendment["number"]: _terms(amendment) for amendment in stored.get("amendments", [])}
    new = [
        (index, amendment)
        for index, amendment in enumerate(document.get("amendments", []))
        if amendment["number"] not in on_file
    ]
    for index, amendment in sorted(new, key=lambda pair: pair[1]["number"]):
        place = f"amendments[{index}]"
        if "effective_on" not in amendment:
            message = f"This is missing: amendment {amendment['number']} is not on file, so the file must describe it."
            yield Problem(f"{place}.effective_on", message)
        if amendment["number"] in on_file:
            continue
        refusals = amendment_refusals(
            agreement=AgreementTerms(
                number=agreement["number"],
                dated_on=day_of(agreement.get("dated_on", "0001-01-01")),
                first_period_starts_on=day_of(agreement.get("first_period_starts_on", "0001-01-01")),
                original_expires_on=day_of(agreement.get("original_expires_on")),
                amendments=tuple(on_file.values()),
            ),
            number=amendment["number"],
            effective_on=day_of(amendment.get("effective_on")),
            from_expires_on=day_of(amendment.get("from_expires_on")),
            expires_on=day_of(amendment.get("expires_on")),
        )
        yield from (Problem(f"{place}.{refusal.place}", refusal.message) for refusal in refusals)
        on_file[amendment["number"]] = _terms(amendment)


def _execution_problems(document: Document, stored: Document, agreement: Mapping) -> Iterator[Problem]:
    """An executed amendment under an agreement that is not executed itself."""
    signed: dict[int, set[str]] = {}
    for source in (stored, document):
        for amendment in source.get("amendments", []):
            sides = {"customer_signature", "supplier_signature"} & set(amendment)
            signed[amendment["number"]] = signed.get(amendment["number"], set()) | sides
    executed = sorted(number for number, sides in signed.items() if len(sides) == 2)
    if executed and "executed_on" not in agreement:
        message = f"This is missing, but both parties signed amendment {executed[0]}."
        yield Problem("agreement.executed_on", f"{message} Record the agreement's own execution first.")


def _terms(amendment: Mapping) -> AmendmentTerms:
    return AmendmentTerms(
        amendment["number"],
        "",
        day_of(amendment.get("effective_on", "0001-01-01")),
        expires_on=day_of(amendment.get("expires_on")),
    )


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
        for number, row in enumerate(amendment.get("withdrawn_signatures", [])):
            place = f"amendments[{index}].withdrawn_signatures[{number}]"
            yield from ((f"{place}.{name}", row.get(name)) for name in ("signed_on", "withdrawn_on"))
    for index, site in enumerate(document.get("sites", [])):
        for number, entry in enumerate(site.get("counts", [])):
            yield f"sites[{index}].counts[{number}].date", entry.get("date")
        for number, row in enumerate(site.get("charged_levels", [])):
            yield f"sites[{index}].charged_levels[{number}].agreed_on", row.get("agreed_on")
    for index, review in enumerate(document.get("reviews", [])):
        yield f"reviews[{index}].opened_on", review.get("opened_on")
        for side in ("customer", "supplier"):
            yield f"reviews[{index}].{side}.agreed_on", review.get(side, {}).get("agreed_on")
    yield from fact_dates(document)
