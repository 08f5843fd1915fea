"""What an agreement file adds to what is on file, and where the two contradict each other.

Both are documents of the same form: the file, and the agreement on file as `exporting` writes it. What the file leaves
out, it says nothing about.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sites.agreement_files.agreement_file import (
    Document,
    Problem,
    block_key,
    components_counted,
    order_key,
    quotation_key,
    review_key,
    shown,
    site_key,
    work_key,
)
from sites.agreement_files.reading_entry import reading_key
from sites.agreement_files.schedule_entry import entry_of, schedule_of

LISTS = ("aliases", "schedule", "counts", "charged_levels", "lines", "withdrawn_signatures")
"""Keys that are compared row by row rather than as one value."""


Row = Mapping[str, object]


@dataclass
class Comparison:
    """What a file adds, in the form of a document; what contradicts; and how many facts are on file already."""

    additions: dict = field(default_factory=dict)
    contradictions: list[Problem] = field(default_factory=list)
    present: Counter = field(default_factory=Counter)

    def fields(self, place: str, file: Document, stored: Document, *, may_fill: Collection[str] = ()) -> dict:
        """Compare single values; return those that fill what is empty on file."""
        added = {}
        for key, value in file.items():
            if key in LISTS:
                continue
            if key not in stored and key in may_fill:
                added[key] = value
            elif not _agrees(key, value, stored.get(key)):
                self.contradict_deep(f"{place}.{key}", value, stored.get(key))
        return added

    def contradict(self, place: str, value: object, stored: object) -> None:
        """Note that the file says one thing and the database another."""
        filed = "nothing is on file" if stored is None else f"on file is {shown(stored)}"
        self.contradictions.append(
            Problem(place, f"The file says {shown(value)}, but {filed}. Correct the file; nothing on file is replaced.")
        )

    def contradict_deep(self, place: str, value: object, stored: object) -> None:
        """Note every single value in which an object or a list of the file differs from the one on file."""
        if isinstance(value, dict) and isinstance(stored, dict):
            for key, inner in value.items():
                self.contradict_deep(f"{place}.{key}", inner, stored.get(key))
        elif isinstance(value, list) and isinstance(stored, list) and len(value) == len(stored):
            for index, (inner, on_file) in enumerate(zip(value, stored, strict=True)):
                self.contradict_deep(f"{place}[{index}]", inner, on_file)
        elif value != stored:
            self.contradict(place, value, stored)


def compare(document: Document, stored: Document) -> Comparison:
    """Return what a document without problems of form adds to the stored one, and where it contradicts it."""
    result = Comparison()
    agreement = _agreement(result, document["agreement"], stored.get("agreement"))
    if agreement:
        result.additions["agreement"] = agreement
    for section, (key, into) in SECTIONS.items():
        on_file = {key(row): row for row in stored.get(section, [])}
        added = []
        for index, row in enumerate(document.get(section, [])):
            if key(row) not in on_file:
                added.append(row)
                continue
            result.present[section] += 1
            if more := into(result, f"{section}[{index}]", row, on_file[key(row)]):
                added.append(more)
        if added:
            result.additions[section] = added
    return result


def _party(result: Comparison, place: str, file: Row, stored: Row) -> dict:
    added = result.fields(place, file, stored, may_fill=("division", "state_of_incorporation"))
    on_file = {alias["name"]: alias for alias in stored.get("aliases", [])}
    aliases = []
    for index, alias in enumerate(file.get("aliases", [])):
        if alias["name"] in on_file:
            result.fields(f"{place}.aliases[{index}]", alias, on_file[alias["name"]])
        else:
            aliases.append(alias)
    if aliases:
        added["aliases"] = aliases
    return {"legal_name": file["legal_name"], **added} if added else {}


def _agreement(result: Comparison, file: Row, stored: Row | None) -> dict:
    if stored is None:
        return dict(file)
    result.present["agreement"] += 1
    may_fill = ["net_days", "customer_reference"]
    if "executed_on" not in stored:
        may_fill += ["original_expires_on", "executed_on"]
    added = result.fields("agreement", file, stored, may_fill=may_fill)
    added |= _schedule(result, "agreement.schedule", file, stored, may_add=True)
    return {"number": file["number"], **added} if added else {}


def _amendment(result: Comparison, place: str, file: Row, stored: Row) -> dict:
    executed = "customer_signature" in stored and "supplier_signature" in stored
    may_fill = () if executed else ("customer_signature", "supplier_signature")
    added = result.fields(place, file, stored, may_fill=may_fill)
    added |= _schedule(result, f"{place}.schedule", file, stored, may_add=not executed)
    if withdrawn := list(_withdrawn(result, place, file, stored, may_add=not executed)):
        added["withdrawn_signatures"] = withdrawn
    return {"number": file["number"], **added} if added else {}


def _withdrawn(result: Comparison, place: str, file: Row, stored: Row, *, may_add: bool) -> Iterator[Row]:
    """Yield the withdrawn signatures that are not on file; two that say the same are two."""
    on_file = list(stored.get("withdrawn_signatures", []))
    for index, row in enumerate(file.get("withdrawn_signatures", [])):
        if row in on_file:
            on_file.remove(row)
        elif may_add:
            yield row
        else:
            result.contradict(f"{place}.withdrawn_signatures[{index}]", row["name"], None)


def _schedule(result: Comparison, place: str, file: Row, stored: Row, *, may_add: bool) -> dict:
    if "schedule" not in file:
        return {}
    if "schedule" not in stored:
        if may_add:
            return {"schedule": file["schedule"]}
        result.contradict(place, file["schedule"]["clause"], None)
        return {}
    entry = file["schedule"]
    result.contradict_deep(place, entry_of(schedule_of(entry)), entry_of(schedule_of(stored["schedule"])))
    return {}


def _reading(result: Comparison, place: str, file: Row, stored: Row) -> dict:
    result.fields(place, file, stored)
    return {}


def _site(result: Comparison, place: str, file: Row, stored: Row) -> dict:
    may_fill = ["clli", "population"]
    if "removed_on" not in stored:
        may_fill += ["removed_on", "charged_through", "charge_end_reason"]
    added = result.fields(place, file, stored, may_fill=may_fill)
    on_file = {row["period"]: row for row in stored.get("charged_levels", [])}
    levels = []
    for index, row in enumerate(file.get("charged_levels", [])):
        if row["period"] in on_file:
            result.present["charged levels"] += 1
            result.fields(f"{place}.charged_levels[{index}]", row, on_file[row["period"]])
        else:
            levels.append(row)
    if levels:
        added["charged_levels"] = levels
    counts = _counts(result, place, file.get("counts", []), stored.get("counts", []))
    if counts:
        added["counts"] = counts
    return {"city": file["city"], **({"state": file["state"]} if "state" in file else {}), **added} if added else {}


def _counts(result: Comparison, place: str, file: Sequence[Row], stored: Sequence[Row]) -> list[dict]:
    on_file = {
        (entry["date"], code): quantity for entry in stored for code, quantity in components_counted(entry).items()
    }
    added = []
    for index, entry in enumerate(file):
        new = {}
        for code, quantity in components_counted(entry).items():
            known = on_file.get((entry["date"], code))
            if known is None:
                new[code] = quantity
            elif known == quantity:
                result.present["counts"] += 1
            else:
                result.contradict(f"{place}.counts[{index}].{code}", quantity, known)
        if new:
            added.append({key: entry[key] for key in ("date", "source") if key in entry} | new)
    return added


def _review(result: Comparison, place: str, file: Row, stored: Row) -> dict:
    agreed = "customer" in stored and "supplier" in stored
    added = result.fields(place, file, stored, may_fill=() if agreed else ("meeting_on", "customer", "supplier"))
    on_file = {line["site"]: line for line in stored.get("lines", [])}
    lines = []
    for index, line in enumerate(file.get("lines", [])):
        spot = f"{place}.lines[{index}]"
        if line["site"] not in on_file:
            if agreed:
                result.contradict(spot, line["site"], None)
            else:
                lines.append(line)
            continue
        may_fill = () if agreed else ("agreed_level", "agreed_price", "decision_reason")
        if more := result.fields(spot, line, on_file[line["site"]], may_fill=may_fill):
            lines.append({"site": line["site"], **more})
    if lines:
        added["lines"] = lines
    return {"period": file["period"], "kind": file["kind"], **added} if added else {}


def _fact(*may_fill: str) -> Callable[[Comparison, str, Row, Row], dict]:
    """Return the comparison of a fact: what it says stays, what happened to it later may be added once."""

    def compared(result: Comparison, place: str, file: Row, stored: Row) -> dict:
        added = result.fields(place, file, stored, may_fill=may_fill)
        return {**file, **added} if added else {}

    return compared


def _agrees(key: str, file: object, stored: object) -> bool:
    """Whether the file says what is on file; a level without its schedule leaves open which schedule it is of."""
    if key.endswith("level") and isinstance(stored, str) and "/" not in file:
        return stored.rpartition("/")[2] == file
    return file == stored


def tally(additions: Document, stored: Document) -> tuple[Counter, Counter]:
    """Count by kind what a file adds, and which rows on file it completes, for the report of a loading."""
    added, completed = Counter(), Counter()
    for section, (key, _into) in SECTIONS.items():
        on_file = {key(row) for row in stored.get(section, [])}
        for row in additions.get(section, []):
            if key(row) not in on_file:
                added[section] += 1
            elif set(row) - {"legal_name", "number", "city", "state", "period", "kind", "counts", "charged_levels"}:
                completed[section] += 1
    for site in additions.get("sites", []):
        added["charged levels"] += len(site.get("charged_levels", []))
        added["counts"] += sum(len(components_counted(entry)) for entry in site.get("counts", []))
    if "agreement" in additions:
        (completed if "agreement" in stored else added)["agreement"] += 1
    return +added, +completed


SECTIONS: Mapping[str, tuple[Callable[[Row], object], Callable[[Comparison, str, Row, Row], dict]]] = {
    "parties": (lambda row: row["legal_name"], _party),
    "amendments": (lambda row: row["number"], _amendment),
    "readings": (reading_key, _reading),
    "sites": (site_key, _site),
    "reviews": (review_key, _review),
    "blocks": (block_key, _fact("reversed")),
    "work": (work_key, _fact("reversed")),
    "quotations": (quotation_key, _fact()),
    "orders": (order_key, _fact("quotation", "completed_on", "reversed")),
}
"""The lists of a document: what tells their rows apart, and how a row is compared with the one on file."""
