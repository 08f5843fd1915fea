"""What is wrong with an agreement file beyond its form: repeats, unknown names, impossible dates, with their places."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from contracts.money import CURRENCIES, unheld
from contracts.parties.names import alike, party_alike_text
from contracts.schedule import Refused, Weight, findings
from contracts.terms import AgreementTerms, amendment_refusals
from sites.agreement_files.agreement_file import Document, Problem, day_of, shown
from sites.agreement_files.fact_entry import fact_problems
from sites.agreement_files.level_entry import (
    period_days,
    review_problems,
    schedule_entries,
    schedules_of,
    site_problems,
)
from sites.agreement_files.reading_entry import reading_problems
from sites.agreement_files.schedule_entry import limit_of, schedule_of
from sites.agreement_files.sections import (
    AGREEMENT,
    AMENDMENTS,
    PARTIES,
    SECTIONS,
    SITES,
    Rows,
    counts_placed,
    merged,
    placed,
    values_at,
)
from sites.agreement_files.terms_entry import amendment_terms

AMOUNTS = (
    *("annual_price", "integration_price", "block_price", "hourly_price", "price"),
    *("current_price", "proposed_price", "foregone", "agreed_price"),
)


def content_problems(document: Document, stored: Document, *, on: date) -> tuple[Problem, ...]:
    """Return every problem of a document of good form beside what is on file, as known on a day.

    `document` and `stored` are expanded documents; `stored` is what is on file of the agreement and of all parties.
    """
    found = [*_repeats(document), *_schedule_problems(document)]
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
    return tuple(dict.fromkeys((*_repeats(document), *_later_facts(document, on))))


def schedule_warnings(document: Document) -> tuple[Problem, ...]:
    """Return what a person should look at in the file's price schedules, though it stops nothing."""
    return tuple(
        Problem(place, finding.message)
        for place, _number, entry in schedule_entries(document)
        for finding in findings(schedule_of(entry))
        if finding.weight is Weight.WARNING
    )


def _repeats(document: Document) -> Iterator[Problem]:
    for section in SECTIONS:
        yield from _repeated_rows(document, section)
    for section in SECTIONS:
        for place, row in placed(document, section):
            for part in section.parts:
                yield from _repeated_rows(row, part, place)
    codes: set[str] = set()
    for place, site in placed(document, SITES):
        seen: set = set()
        for spot, day, code, _quantity in counts_placed(site, place):
            if (day, code) in seen:
                yield Problem(spot, f"Counted twice on {day}.")
            seen.add((day, code))
        if "clli" in site:
            if site["clli"] in codes:
                yield Problem(f"{place}.clli", f"The CLLI code {site['clli']} belongs to another site of the file.")
            codes.add(site["clli"])


def _repeated_rows(document: Document, section: Rows, within: str = "") -> Iterator[Problem]:
    """Yield the rows of a section or part that say the same as one before them."""
    rows = placed(document, section, within) if section.what else ()
    for place, key in _repeated(rows, section.key):
        message = f"The {section.what} {section.named(key)} is in the file twice. Keep one of them"
        second = f', or give the second "number": {key[-1] + 1}' if section.is_numbered else ""
        yield Problem(place, f"{message}{second}.")


def _repeated(rows: Iterable[tuple[str, Mapping]], key: Callable[[Mapping], object]) -> Iterator[tuple[str, object]]:
    seen = set()
    for place, row in rows:
        try:
            found = key(row)
        except KeyError:  # its form is not right, which is told
            continue
        if found in seen:
            yield place, found
        seen.add(found)


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
        for name, what, key in (
            *(("components", "component code", "code"), ("levels", "level code", "code")),
            *(("hour_services", "service", ""), ("included_services", "service", "name")),
        ):
            rows = [(f"{place}.{name}[{index}]", row) for index, row in enumerate(entry.get(name, []))]
            for spot, found in _repeated(rows, lambda row, key=key: row[key] if key else row):
                yield Problem(spot, f"The {what} {found} is in the file twice. Keep one of them.")
        switches = [index for index, part in enumerate(entry["components"]) if part.get("is_switch")]
        for index in switches[1:]:
            yield Problem(f"{place}.components[{index}].is_switch", "Another component is the switch already.")
        for finding in findings(schedule_of(entry)):
            if finding.weight is Weight.ERROR and finding.code != "REPEATED":
                yield Problem(place, finding.message)


def _party_problems(document: Document, stored: Document) -> Iterator[Problem]:
    on_file = {party["legal_name"]: party for party in stored.get("parties", [])}
    owners = {alias["name"]: name for name, party in on_file.items() for alias in party.get("aliases", [])}
    known = {name: name for name in on_file} | owners
    for place, party in placed(document, PARTIES):
        for number, alias in enumerate(party.get("aliases", [])):
            owner = owners.setdefault(alias["name"], party["legal_name"])
            repeated = any(alias["name"] == other["name"] for other in party["aliases"][:number])
            if owner != party["legal_name"] or repeated:
                message = f"{shown(alias['name'])} is an alias of {owner} already."
                yield Problem(f"{place}.aliases[{number}]", message)
    for place, party in placed(document, PARTIES):
        name = party["legal_name"]
        if name not in on_file and (found := alike(name, known)):
            yield Problem(f"{place}.legal_name", party_alike_text(name, *found))
        known[name] = name


def _agreement_problems(document: Document, stored: Document) -> Iterator[Problem]:
    agreement = document["agreement"]
    if "agreement" not in stored:
        yield from AGREEMENT.missing("agreement", agreement, f"agreement {agreement['number']}")
    whole = {**stored.get("agreement", {}), **agreement}
    parties = {party["legal_name"] for source in (document, stored) for party in source.get("parties", [])}
    for side in ("supplier", "customer"):
        if side in whole and whole[side] not in parties:
            yield Problem(f"agreement.{side}", f"{shown(whole[side])} is no party of the file or on file. Add it.")
    if whole.get("supplier", "") == whole.get("customer"):
        yield Problem("agreement.customer", "Supplier and customer are the same party.")
    if whole.get("original_expires_on", "9999-12-31") <= whole.get("dated_on", ""):
        yield Problem("agreement.original_expires_on", "The expiration must be after the date of the agreement.")
    if whole.get("currency", "USD") not in CURRENCIES:
        yield Problem("agreement.currency", f"{whole['currency']} is no currency of ISO 4217. Write such as USD.")
    else:
        yield from _unheld_amounts(document, "", whole.get("currency", "USD"))
    yield from _amendment_problems(document, stored, whole)
    yield from _execution_problems(document, stored, whole)


def _unheld_amounts(value: object, place: str, currency: str) -> Iterator[Problem]:
    """Yield the amounts that the currency of the agreement cannot hold."""
    pairs = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in pairs:
        spot = f"{place}[{name}]" if isinstance(name, int) else f"{place}.{name}".removeprefix(".")
        if name in AMOUNTS and (message := unheld(Decimal(inner), currency)):
            yield Problem(spot, message)
        elif name != "evidence":
            yield from _unheld_amounts(inner, spot, currency)


def _amendment_problems(document: Document, stored: Document, agreement: Mapping) -> Iterator[Problem]:
    on_file = {amendment["number"]: amendment_terms(amendment) for amendment in stored.get("amendments", [])}
    for place, amendment in sorted(placed(document, AMENDMENTS), key=lambda pair: pair[1]["number"]):
        number = amendment["number"]
        if number in on_file:
            continue
        yield from AMENDMENTS.missing(place, amendment, f"amendment {number}")
        refusals = amendment_refusals(
            agreement=AgreementTerms(
                number=agreement["number"],
                dated_on=day_of(agreement.get("dated_on", "0001-01-01")),
                first_period_starts_on=day_of(agreement.get("first_period_starts_on", "0001-01-01")),
                original_expires_on=day_of(agreement.get("original_expires_on")),
                amendments=tuple(on_file.values()),
            ),
            number=number,
            **{name: day_of(amendment.get(name)) for name in ("effective_on", "from_expires_on", "expires_on")},
        )
        yield from (Problem(f"{place}.{refusal.place}", refusal.message) for refusal in refusals)
        on_file[number] = amendment_terms(amendment)


def _execution_problems(document: Document, stored: Document, agreement: Mapping) -> Iterator[Problem]:
    """An executed amendment under an agreement that is not executed itself."""
    amendments = merged(AMENDMENTS, stored, document)
    executed = sorted(number for (number,), amendment in amendments.items() if AMENDMENTS.is_sealed(amendment))
    if executed and "executed_on" not in agreement:
        message = f"This is missing, but both parties signed amendment {executed[0]}."
        yield Problem("agreement.executed_on", f"{message} Record the agreement's own execution first.")


def _later_facts(document: Document, on: date) -> Iterator[Problem]:
    known = on.isoformat()
    for place, day in _dated_facts(document):
        if day > known:
            yield Problem(place, f"{day} is after {known}. Load what has happened by then, and the rest when it has.")


def _dated_facts(document: Document) -> Iterator[tuple[str, str]]:
    yield from values_at(document, "agreement.executed_on")
    for section in SECTIONS:
        for place, row in placed(document, section):
            for path in section.happened:
                yield from values_at(row, path, place)
