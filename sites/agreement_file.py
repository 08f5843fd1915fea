"""Agreement files: one agreement in JSON, its parts, how it is written, and what of it was known on a day.

The form of the file is checked in `agreement_form`, what it adds to the database is worked out in `file_comparison` and
written by `loading`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

FORMAT = 1
PLANNED_DAYS = 45
"""A planned site is known this many days before its first day of service."""
WIDTH = 130

Document = Mapping[str, object]


@dataclass(frozen=True)
class Problem:
    """Something that keeps a file from being loaded: its place in the file and a sentence."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


def place_of(path: Sequence[str | int]) -> str:
    """Write a place as a reader looks for it: `amendments[0].schedule.levels[1].limits.GE`."""
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step[:60]}" for step in path)
    return steps.removeprefix(".") or "file"


def shown(value: object) -> str:
    """Show a value of the file in a message, cut short where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."


# ---- writing -----------------------------------------------------------------------------------------------------


def text(document: Document) -> str:
    """Write a document for people: two spaces deep, and on one line whatever fits on a line."""
    return f"{_written(document, '', 0)}\n"


def _written(value: object, indent: str, before: int) -> str:
    line = json.dumps(value, ensure_ascii=False)
    deeper = f"{indent}  "
    if not value or not isinstance(value, dict | list) or (indent and before + len(line) < WIDTH):
        return line
    if isinstance(value, dict):
        labels = [f"{json.dumps(key, ensure_ascii=False)}: " for key in value]
        parts = [
            label + _written(inner, deeper, len(deeper + label))
            for label, inner in zip(labels, value.values(), strict=True)
        ]
    else:
        parts = [_written(inner, deeper, len(deeper)) for inner in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n{deeper}" + f",\n{deeper}".join(parts) + f"\n{indent}{closing}"


# ---- parts of a document -------------------------------------------------------------------------------------------


def site_key(site: Document) -> tuple[str, str]:
    """City and state: what tells the sites of one agreement apart."""
    return site["city"], site.get("state", "")


def site_name(site: Document) -> str:
    """How review lines and plans name a site: `Augusta, GA`."""
    city, state = site_key(site)
    return f"{city}, {state}" if state else city


ReviewKey = tuple[int, str]


def review_key(review: Document) -> ReviewKey:
    """Annual period and kind: what tells the reviews of one agreement apart."""
    return review["period"], review["kind"]


def components_counted(entry: Document) -> dict[str, int]:
    """Return the quantities of one entry of counts by component code."""
    return {key: value for key, value in entry.items() if key not in ("date", "source")}


def expanded(document: Document) -> dict:
    """Return the document with the mark "demonstration" on each of its sites and reviews, where the file carries it."""
    result = dict(document)
    if result.pop("demonstration", False):
        for section in ("sites", "reviews"):
            if section in result:
                result[section] = [{**row, "demonstration": True} for row in result[section]]
    return result


# ---- what was known on a day ---------------------------------------------------------------------------------------


def through(document: Document, day: date) -> dict:
    """Return the document with only the facts known on a day.

    Parties, amendments and readings stay whole. A site appears 45 days before its first day of service, its counts,
    removal and recorded levels on their own days, a review when it was opened and each party's agreement when given.
    """
    known = day.isoformat()
    sites = [_site_through(site, known) for site in document.get("sites", []) if _is_planned(site, day)]
    reviews = [
        _review_through(review, known) for review in document.get("reviews", []) if review.get("opened_on", "") <= known
    ]
    result = {}
    for key, value in document.items():
        kept = {"sites": sites, "reviews": reviews}.get(key, value)
        if kept or key not in ("sites", "reviews"):
            result[key] = kept
    return result


def _is_planned(site: Document, day: date) -> bool:
    if "in_service_on" not in site:
        return True
    return date.fromisoformat(site["in_service_on"]) - timedelta(days=PLANNED_DAYS) <= day


def _site_through(site: Document, known: str) -> dict:
    result = dict(site)
    if site.get("removed_on", "") > known:
        for key in ("removed_on", "charged_through", "charge_end_reason"):
            result.pop(key, None)
    for key, dated in (("charged_levels", "agreed_on"), ("counts", "date")):
        rows = [row for row in site.get(key, []) if row[dated] <= known]
        result.pop(key, None)
        if rows:
            result[key] = rows
    return result


def _review_through(review: Document, known: str) -> dict:
    result = {
        key: value
        for key, value in review.items()
        if key not in ("customer", "supplier") or value["agreed_on"] <= known
    }
    if "lines" in result and not ("customer" in result and "supplier" in result):
        agreed = ("agreed_level", "agreed_price", "decision_reason")
        result["lines"] = [{key: line[key] for key in line if key not in agreed} for line in result["lines"]]
    return result
