"""What an agreement file adds to what is on file, and where the two contradict each other.

Both are documents of the same form: the file, and the agreement on file as `exporting` writes it. What the file leaves
out, it says nothing about.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sites.agreement_files.agreement_file import Document, Problem, shown
from sites.agreement_files.schedule_entry import entry_of, schedule_of
from sites.agreement_files.sections import AGREEMENT, SECTIONS, Rows, components_counted, placed

Row = Mapping[str, object]


@dataclass
class Comparison:
    """What a file adds, in the form of a document; what contradicts; and how many facts are already on file."""

    additions: dict = field(default_factory=dict)
    contradictions: list[Problem] = field(default_factory=list)
    present: Counter = field(default_factory=Counter)

    def row(self, section: Rows, place: str, file: Row, stored: Row, *, sealed: bool = False) -> dict:
        """Compare a row with the one on file; return what it adds beside what tells it from others, or nothing."""
        sealed = sealed or section.is_sealed(stored)
        may_fill = section.may_fill if sealed else (*section.may_fill, *section.until_sealed)
        parts = {part.name: part for part in section.parts}
        added = self._fields(place, {key: file[key] for key in file if key not in parts}, stored, may_fill=may_fill)
        for name, part in parts.items():
            if name in file:
                compare = _COMPARED_OTHERWISE.get(name, Comparison._rows)
                if more := compare(self, part, f"{place}.{name}", file[name], stored.get(name), sealed):
                    added[name] = more
        return {**section.identity(file), **added} if added else {}

    def contradict(self, place: str, value: object, stored: object) -> None:
        """Note every single value in which an object, list or value of the file differs from the one on file."""
        if isinstance(value, dict) and isinstance(stored, dict):
            for key, inner in value.items():
                self.contradict(f"{place}.{key}", inner, stored.get(key))
        elif isinstance(value, list) and isinstance(stored, list) and len(value) == len(stored):
            for index, (inner, on_file) in enumerate(zip(value, stored, strict=True)):
                self.contradict(f"{place}[{index}]", inner, on_file)
        elif value != stored:
            filed = "nothing is on file" if stored is None else f"on file is {shown(stored)}"
            message = f"The file says {shown(value)}, but {filed}. Correct the file; nothing on file is replaced."
            self.contradictions.append(Problem(place, message))

    def _fields(self, place: str, file: Row, stored: Row, *, may_fill: Collection[str]) -> dict:
        """Compare single values; return those that fill what is empty on file."""
        added = {}
        for key, value in file.items():
            if key not in stored and key in may_fill:
                added[key] = value
            elif not _agrees(key, value, stored.get(key)):
                self.contradict(f"{place}.{key}", value, stored.get(key))
        return added

    def _rows(self, part: Rows, place: str, file: Sequence[Row], stored: Sequence[Row] | None, sealed: bool) -> list:
        on_file = {part.key(row): row for row in stored or ()}
        added = []
        for index, row in enumerate(file):
            filed = on_file.get(part.key(row))
            if filed is not None:
                self.present.update([part.tallied] if part.tallied else [])
                added.append(self.row(part, f"{place}[{index}]", row, filed, sealed=sealed))
            elif sealed and not part.grows:
                self.contradict(f"{place}[{index}]", part.name_of(row), None)
            else:
                added.append(row)
        return [row for row in added if row]

    def _withdrawn(self, part: Rows, place: str, file: Sequence[Row], stored: Sequence[Row] | None, sealed: bool):
        """Return the withdrawn signatures that are not on file; two that say the same are two."""
        on_file, added = list(stored or ()), []
        for index, row in enumerate(file):
            if row in on_file:
                on_file.remove(row)
            elif sealed:
                self.contradict(f"{place}[{index}]", row["name"], None)
            else:
                added.append(row)
        return added

    def _schedule(self, part: Rows, place: str, file: Row, stored: Row | None, sealed: bool) -> Row | None:
        if stored is not None:
            self.contradict(place, entry_of(schedule_of(file)), entry_of(schedule_of(stored)))
        elif sealed and not part.grows:
            self.contradict(place, file["clause"], None)
        else:
            return file
        return None

    def _counts(self, part: Rows, place: str, file: Sequence[Row], stored: Sequence[Row] | None, sealed: bool):
        on_file = {
            (entry["date"], code): quantity
            for entry in stored or ()
            for code, quantity in components_counted(entry).items()
        }
        added = []
        for index, entry in enumerate(file):
            new = {}
            for code, quantity in components_counted(entry).items():
                known = on_file.get((entry["date"], code))
                if known is None:
                    new[code] = quantity
                elif known == quantity:
                    self.present[part.tallied] += 1
                else:
                    self.contradict(f"{place}[{index}].{code}", quantity, known)
            if new:
                added.append({key: entry[key] for key in ("date", "source") if key in entry} | new)
        return added


_COMPARED_OTHERWISE = {
    "withdrawn_signatures": Comparison._withdrawn,
    "schedule": Comparison._schedule,
    "counts": Comparison._counts,
}
"""Parts that are no rows with a key each."""


def compare(document: Document, stored: Document) -> Comparison:
    """Return what a document without problems of form adds to the stored one, and where it contradicts it."""
    result = Comparison()
    agreement = document["agreement"]
    if "agreement" in stored:
        result.present["agreement"] += 1
        agreement = result.row(AGREEMENT, "agreement", agreement, stored["agreement"])
    if agreement:
        result.additions["agreement"] = dict(agreement)
    for section in SECTIONS:
        on_file = {section.key(row): row for row in stored.get(section.name, [])}
        added = []
        for place, row in placed(document, section):
            filed = on_file.get(section.key(row))
            result.present.update([] if filed is None else [section.name])
            added.append(row if filed is None else result.row(section, place, row, filed))
        if any(added):
            result.additions[section.name] = [row for row in added if row]
    return result


def _agrees(key: str, file: object, stored: object) -> bool:
    """Whether the file says what is on file; a level without its schedule leaves open which schedule it is of."""
    if key.endswith("level") and isinstance(stored, str) and "/" not in file:
        return stored.rpartition("/")[2] == file
    return file == stored


def tally(additions: Document, stored: Document) -> tuple[Counter, Counter]:
    """Count by kind what a file adds, and which rows on file it completes, for the report of a loading."""
    added, completed = Counter(), Counter()
    for section in SECTIONS:
        on_file = {section.key(row) for row in stored.get(section.name, [])}
        tallied = {part.name: part.tallied for part in section.parts if part.tallied}
        for row in additions.get(section.name, []):
            if section.key(row) not in on_file:
                added[section.name] += 1
            elif set(row) - set(section.identity(row)) - set(tallied):
                completed[section.name] += 1
            for name, kind in tallied.items():
                added[kind] += sum(len(components_counted(one)) if name == "counts" else 1 for one in row.get(name, []))
    if "agreement" in additions:
        (completed if "agreement" in stored else added)["agreement"] += 1
    return +added, +completed
