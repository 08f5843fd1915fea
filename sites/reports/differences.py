"""What a revision of a monthly report says otherwise than the one before: cell by cell, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date

from contracts.periods import day_text
from contracts.wording import signed


@dataclass(frozen=True)
class Difference:
    """One figure of two reports: what the earlier one says, and what the later one does.

    `code` names the component and `days` the counts behind the two figures; the correction of one of them says
    `by` whom, on which day and why.
    """

    site_key: int
    site: str
    code: str
    what: str
    old: str
    new: str
    days: tuple[str, ...] = ()
    by: str = ""
    on: str = ""
    reason: str = ""

    def as_content(self) -> dict:
        """Return it as JSON values."""
        return {name: value for name, value in asdict(self).items() if name != "days"}


def differences(*, old: Mapping, new: Mapping) -> list[Difference]:
    """Return what differs between the contents of two reports of one month, site by site in the order of the later one.

    A change against an earlier month is a difference of its own only where the count itself is the same.
    """
    before = {row["key"]: row for row in old["rows"]}
    after = {row["key"]: row for row in new["rows"]}
    found = []
    for key, row in after.items():
        if key in before:
            found += _of_row(before[key], row)
        else:
            found.append(Difference(key, row["site"], "", "site", "not in the report", "in the report"))
    for key, row in before.items():
        if key not in after:
            found.append(Difference(key, row["site"], "", "site", "in the report", "not in the report"))
    return found


def _of_row(old: Mapping, new: Mapping) -> Iterator[Difference]:
    key, site = new["key"], new["site"]
    cells = {cell["code"]: cell for cell in old["cells"]}
    for cell in new["cells"]:
        if cell["code"] in cells:
            yield from _of_cell(key, site, cells.pop(cell["code"]), cell)
        else:
            yield Difference(key, site, cell["code"], cell["name"], "no such component", _figure(cell))
    for code, cell in cells.items():
        yield Difference(key, site, code, cell["name"], _figure(cell), "no such component")
    for name, what in _TEXTS.items():
        if old[name] != new[name]:
            yield Difference(key, site, "", what, _text(old[name]), _text(new[name]))


CHARGED_TEXTS = {"charged": "charged level", "basis": "why it is charged so"}
_TEXTS = {
    "site": "name",
    "measured": "measured level",
    **CHARGED_TEXTS,
    "hours": "hours worked",
    "first_day": "first day in the month",
    "last_day": "last day in the month",
}


def _of_cell(key: int, site: str, old: Mapping, new: Mapping) -> Iterator[Difference]:
    days = tuple(dict.fromkeys(cell["counted_on"] for cell in (new, old) if cell["counted_on"]))
    if _figure(old) != _figure(new):
        yield Difference(key, site, new["code"], new["name"], _figure(old), _figure(new), days)
        return
    if old["source"] != new["source"]:
        yield Difference(key, site, new["code"], f"{new['name']}, source", old["source"], new["source"], days)
    for name, what in (("since_month", "since last month"), ("since_period", "since the annual period’s start")):
        if old[name] != new[name]:
            yield Difference(
                key, site, new["code"], f"{new['name']} {what}", _change(old[name]), _change(new[name]), ()
            )


def _figure(cell: Mapping) -> str:
    """A figure with its day: `12 (31 July 1999)`; what is missing says why."""
    parts = (
        []
        if cell["quantity"] is None
        else [f"{cell['quantity']:,} ({day_text(date.fromisoformat(cell['counted_on']))})"]
    )
    if cell["missing"]:
        parts.append(f"missing: {cell['missing']}")
    return ", ".join(parts) or "not counted"


def _change(number: int | None) -> str:
    return "nothing to compare" if number is None else signed(number)


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(f"{one['service']} {one['hours']}" for one in value) or "none"
    return str(value) if value else "none"
