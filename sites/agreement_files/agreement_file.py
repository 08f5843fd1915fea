"""Agreement files: one agreement in JSON, its parts, how it is written, and what of it was known on a day.

The form of the file is checked in `form`, what it adds to the database is worked out in `comparison` and written by
`loading`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from contracts.wording import cut

FORMAT = 1
PLANNED_DAYS = 45
"""A planned site is known this many days before its first day of service."""
WIDTH = 130
MARKED = ("sites", "reviews", "blocks", "work", "orders")
"""The lists whose rows can be marked as demonstration data."""

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
    return cut(json.dumps(value, ensure_ascii=False), 80)


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


def day_of(text: str | None) -> date | None:
    """Read a date of a file; None stays None."""
    return None if text is None else date.fromisoformat(text)


ReviewKey = tuple[int, str]


def review_key(review: Document) -> ReviewKey:
    """Annual period and kind: what tells the reviews of one agreement apart."""
    return review["period"], review["kind"]


FactKey = tuple


def block_key(row: Document) -> FactKey:
    """Day and order reference of a purchase, and its number among those alike."""
    return row["bought_on"], row.get("reference", ""), row.get("number", 1)


def work_key(row: Document) -> FactKey:
    """What was done when, where, by whom and at whose request, and its number among those alike."""
    message = (row["date"], row["site"], row["service"], row["person"])
    return *message, row.get("reference", ""), row.get("number", 1)


def quotation_key(row: Document) -> str:
    """The number printed on a quotation."""
    return row["number"]


def order_key(row: Document) -> FactKey:
    """Day, site and reference of an order, and its number among those alike."""
    return row["ordered_on"], row["site"], row.get("reference", ""), row.get("number", 1)


FACTS: Mapping[str, tuple[str, Callable[[Document], FactKey]]] = {
    "blocks": ("purchase of blocks", block_key),
    "work": ("work entry", work_key),
    "orders": ("order of integration", order_key),
}
"""The lists of facts that are told by what they say, each with what one of its rows is called."""


def key_text(key: FactKey) -> str:
    """Name a row by its key: `1999-07-12, Augusta, GA, Customer Care, Ann Example`."""
    *message, number = key
    named = ", ".join(part for part in message if part)
    return f"{named} (number {number})" if number > 1 else named


def components_counted(entry: Document) -> dict[str, int]:
    """Return the quantities of one entry of counts by component code."""
    return {key: value for key, value in entry.items() if key not in ("date", "source")}


def expanded(document: Document) -> dict:
    """Return the document with the mark "demonstration" on each row that can carry it, where the file does."""
    result = dict(document)
    if result.pop("demonstration", False):
        for section in MARKED:
            if section in result:
                result[section] = [{**row, "demonstration": True} for row in result[section]]
    return result


# ---- what was known on a day ---------------------------------------------------------------------------------------


def as_known_on(document: Document, day: date) -> dict:
    """Return the document with only the facts known on a day.

    Parties, amendments and readings stay whole. A site appears 45 days before its first day of service, or with its
    order; its counts, removal and recorded levels on their own days, a review when it was opened and each party's
    agreement when given; blocks, work and orders on their days, and what was taken back from the day on which it was.
    """
    known = day.isoformat()
    facts = _facts_as_known(document, known)
    ordered = {row["site"] for row in facts.get("orders", [])}
    sites = [
        _site_as_known(site, known)
        for site in document.get("sites", [])
        if _is_planned(site, day) or site_name(site) in ordered
    ]
    reviews = [
        _review_as_known(review, known)
        for review in document.get("reviews", [])
        if review.get("opened_on", "") <= known
    ]
    result = {}
    for key, value in document.items():
        kept = {"sites": sites, "reviews": reviews}.get(key, value)
        if key not in (*FACTS, "quotations") and (kept or key not in ("sites", "reviews")):
            result[key] = kept
    return result | facts


def _is_planned(site: Document, day: date) -> bool:
    if "in_service_on" not in site:
        return True
    return date.fromisoformat(site["in_service_on"]) - timedelta(days=PLANNED_DAYS) <= day


def _site_as_known(site: Document, known: str) -> dict:
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


def _review_as_known(review: Document, known: str) -> dict:
    result = {
        key: value
        for key, value in review.items()
        if key not in ("customer", "supplier") or value["agreed_on"] <= known
    }
    if "lines" in result and not ("customer" in result and "supplier" in result):
        agreed = ("agreed_level", "agreed_price", "decision_reason")
        result["lines"] = [{key: line[key] for key in line if key not in agreed} for line in result["lines"]]
    return result


def _facts_as_known(document: Document, known: str) -> dict:
    """Return the facts of a document that were known on a day, by section; a section without any is left out."""
    days = {"blocks": "bought_on", "work": "date", "orders": "ordered_on", "quotations": "dated_on"}
    result = {}
    for section, name in days.items():
        rows = [_row_as_known(row, known) for row in document.get(section, []) if row[name] <= known]
        if section in FACTS:
            key = FACTS[section][1]
            reversed_by_now = {key(row) for row in rows if "reversed" in row}
            rows = [row for row in rows if "replaces" not in row or key(row["replaces"]) in reversed_by_now]
        if section == "quotations":
            rows = [row for row in rows if max(row[side]["signed_on"] for side in ("customer", "supplier")) <= known]
        if rows:
            result[section] = rows
    quoted = {row["number"] for row in result.get("quotations", [])}
    if "orders" in result:
        result["orders"] = [
            _without(row, "quotation") if row.get("quotation") not in quoted else row for row in result["orders"]
        ]
    return result


def _row_as_known(row: Document, known: str) -> dict:
    kept = row if row.get("reversed", {}).get("on", "") <= known else _without(row, "reversed")
    return dict(kept) if kept.get("completed_on", "") <= known else _without(kept, "completed_on")


def _without(row: Document, name: str) -> dict:
    return {key: value for key, value in row.items() if key != name}
