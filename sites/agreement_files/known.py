"""What of an agreement file was known on a day: the file as it would have been written then."""

from collections.abc import Mapping
from datetime import date, timedelta

from sites.agreement_files.agreement_file import Document
from sites.agreement_files.sections import (
    DECIDED,
    ORDERS,
    QUOTATIONS,
    REVIEWS,
    SECTIONS,
    SIDES,
    SITES,
    Rows,
    site_name,
    values_at,
)

PLANNED_DAYS = 45
"""A planned site is known this many days before its first day of service."""


def as_known_on(document: Document, day: date) -> dict:
    """Return the document with only the facts known on a day.

    Parties, amendments and readings stay whole. A site appears 45 days before its first day of service, or with its
    order; its counts, removal and recorded levels on their own days, a review when it was opened and each party's
    agreement when given; blocks, work and orders on their days, and what was taken back from the day on which it was.
    """
    known = day.isoformat()
    dated = {
        section.name: _known_rows(section, document, known) for section in SECTIONS if section.later or section.known_on
    }
    quoted = {row["number"] for row in dated[QUOTATIONS.name]}
    dated[ORDERS.name] = [
        {name: value for name, value in row.items() if name != "quotation" or value in quoted}
        for row in dated[ORDERS.name]
    ]
    ordered = {row["site"] for row in dated[ORDERS.name]}
    dated[SITES.name] = [row for row in dated[SITES.name] if _is_planned(row, day) or site_name(row) in ordered]
    dated[REVIEWS.name] = [_undecided(row) for row in dated[REVIEWS.name]]
    whole = {key: dated.get(key, value) for key, value in document.items()}
    return {key: value for key, value in whole.items() if value or key not in dated}


def _known_rows(section: Rows, document: Document, known: str) -> list[dict]:
    rows = [
        _known_part(section, row, known)
        for row in document.get(section.name, [])
        if all(day <= known for path in section.known_on for _place, day in values_at(row, path))
    ]
    reversed_by_now = {section.key(row) for row in rows if "reversed" in row}
    return [row for row in rows if "replaces" not in row or section.key(row["replaces"]) in reversed_by_now]


def _known_part(section: Rows, row: Mapping, known: str) -> dict:
    kept = {}
    for name, value in row.items():
        since = section.later.get(name, "")
        if isinstance(value, list) and since:
            value = [one for one in value if one[since] <= known]
            if not value:
                continue
        elif any(day > known for _place, day in values_at(row, since)):
            continue
        kept[name] = value
    return kept


def _is_planned(site: Mapping, day: date) -> bool:
    if "in_service_on" not in site:
        return True
    return date.fromisoformat(site["in_service_on"]) - timedelta(days=PLANNED_DAYS) <= day


def _undecided(review: dict) -> dict:
    """The review without what was decided, until both parties have agreed."""
    if "lines" in review and not all(side in review for side in SIDES):
        lines = [{name: line[name] for name in line if name not in DECIDED} for line in review["lines"]]
        return {**review, "lines": lines}
    return review
