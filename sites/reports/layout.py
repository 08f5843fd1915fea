"""How a monthly report is laid out, on screen and in print alike: its content in words, cell by cell."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from contracts.periods import day_text
from contracts.wording import listed, plural, signed


@dataclass(frozen=True)
class CellShown:
    """One figure. `changes` are the units added since last month and since the annual period's start."""

    code: str
    name: str
    figure: str
    changes: str
    notes: tuple[str, ...]
    missing: bool
    lacking: bool
    changed: bool
    decides: bool


@dataclass(frozen=True)
class RowShown:
    """One site."""

    key: int
    site: str
    service: str
    counted: str
    cells: tuple[CellShown, ...]
    charged: str
    provisional: bool
    measured: str
    decided_by: str
    nearest: str
    flags: tuple[str, ...]
    notes: str
    changed: str
    hours: tuple[tuple[str, str], ...]
    refusal: str


@dataclass(frozen=True)
class TotalShown:
    """One component over all sites."""

    name: str
    figure: str
    change: str
    note: str


@dataclass(frozen=True)
class MissingShown:
    """Figures of a site that nobody counted in the month; without a reason they still have to be counted or marked."""

    key: int
    site: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    reason: str
    last: str

    @property
    def components(self) -> str:
        """The names of the components in one line."""
        return ", ".join(self.names)


@dataclass(frozen=True)
class ReportLayout:
    """Everything that a page or a print shows in words."""

    edition: str
    mark: str
    rows: tuple[RowShown, ...]
    totals: tuple[TotalShown, ...]
    sites: str
    counted: str
    missing: tuple[MissingShown, ...]
    lacking: tuple[MissingShown, ...]
    stale: str
    included: str
    hours: tuple[RowShown, ...]
    bases: tuple[str, ...]
    flags: tuple[str, ...]


def report_layout(content: Mapping) -> ReportLayout:
    """Return a report's content in words."""
    flags = tuple(dict.fromkeys(flag for row in content["rows"] for flag in row["flags"]))
    rows = tuple(_row(row, flags) for row in content["rows"])
    gaps = tuple(gap for row in content["rows"] for gap in _gaps(row))
    stale = sum(total["stale"] for total in content["totals"])
    return ReportLayout(
        edition=_edition(content),
        mark="" if content["issued_on"] else "PRELIMINARY" if content["preliminary"] else "NOT ISSUED",
        rows=rows,
        totals=tuple(_total(total, part) for total, part in zip(content["totals"], content["components"], strict=True)),
        sites=plural(len(rows), "site"),
        counted=max(dict.fromkeys(row.counted for row in rows), key=[row.counted for row in rows].count, default=""),
        missing=tuple(gap for gap in gaps if gap.reason),
        lacking=tuple(gap for gap in gaps if not gap.reason),
        stale=f"{plural(stale, 'figure')} in the totals older than the month" if stale else "",
        included=listed([service["name"] for service in content["included"]]),
        hours=tuple(row for row in rows if row.hours),
        bases=tuple(dict.fromkeys(row["basis"] for row in content["rows"] if row["basis"])),
        flags=flags,
    )


def _gaps(row: Mapping) -> Iterable[MissingShown]:
    """The figures of a site without a count in the month, those of one reason and one last day together."""
    alike: dict[tuple, list[Mapping]] = {}
    for cell in row["cells"]:
        if cell["missing"] or cell["lacking"]:
            alike.setdefault((cell["missing"], cell["counted_on"]), []).append(cell)
    for (reason, counted_on), cells in alike.items():
        yield MissingShown(
            key=row["key"],
            site=row["site"],
            codes=tuple(cell["code"] for cell in cells),
            names=tuple(cell["name"] for cell in cells),
            reason=reason,
            last=day_text(_date(counted_on)) if counted_on else "never",
        )


def _edition(content: Mapping) -> str:
    if not content["issued_on"]:
        return "Preliminary: the month is not over" if content["preliminary"] else "Not issued"
    issued = f"issued {day_text(_date(content['issued_on']))}"
    return f"Revision {content['revision']}, {issued}" if content["revision"] else f"First report, {issued}"


def _date(day: str) -> date:
    return date.fromisoformat(day)


def _signed(number: int | None) -> str:
    return "–" if number is None else signed(number)


def _row(row: Mapping, flags: Sequence[str]) -> RowShown:
    return RowShown(
        key=row["key"],
        site=row["site"],
        service=_service(row),
        counted=", ".join(
            filter(None, [day_text(_date(row["counted_on"])) if row["counted_on"] else "", row["source"]])
        )
        or "no count in the month",
        cells=tuple(_cell(cell, row) for cell in row["cells"]),
        charged=row["charged"] or "none decided",
        provisional=row["provisional"],
        measured=row["measured"] or "none",
        decided_by=row["decided_by"],
        nearest=row["nearest"],
        flags=tuple(row["flags"]),
        notes=", ".join(f"note {flags.index(flag) + 1}" for flag in row["flags"]),
        changed=_changed(row),
        hours=tuple((work["service"], work["hours"]) for work in row["hours"]),
        refusal=row["refusal"],
    )


def _counted(row: Mapping) -> str:
    """The day and source of most of a site's counts, which its cells repeat only where theirs are others."""
    if not row["counted_on"]:
        return "never counted"
    stale = any(cell["stale"] and cell["counted_on"] == row["counted_on"] for cell in row["cells"])
    day = day_text(_date(row["counted_on"]))
    return ", ".join(filter(None, [f"last counted {day}" if stale else day, row["source"]]))


def _service(row: Mapping) -> str:
    first, last = row["first_day"], row["last_day"]
    return f"in service {day_text(_date(first))} to {day_text(_date(last))}" if first else ""


def _changed(row: Mapping) -> str:
    if row["changes"] is None:
        return ""
    tally = plural(row["changes"], "single unit") if row["units"] else f"{row['changes']} of {len(row['cells'])}"
    message = f"{tally}: {', '.join(row['changed'])}" if row["changed"] else tally
    return f"{message}; {row['unknown']} not comparable" if row["unknown"] else message


def _cell(cell: Mapping, row: Mapping) -> CellShown:
    notes = []
    if cell["counted_on"] and cell["counted_on"] != row["counted_on"]:
        day = day_text(_date(cell["counted_on"]))
        notes.append(f"last counted {day}" if cell["stale"] else day)
    if cell["source"] and cell["source"] != row["source"]:
        notes.append(cell["source"])
    if cell["missing"]:
        notes.append("missing")
    return CellShown(
        code=cell["code"],
        name=cell["name"],
        figure="not counted" if cell["quantity"] is None else f"{cell['quantity']:,}",
        changes=_changes(cell),
        notes=tuple(notes),
        missing=bool(cell["missing"] or cell["lacking"]),
        lacking=cell["lacking"],
        changed=cell["changed"],
        decides=cell["decides"] and row["measured"] is not None and not _all_decide(row["cells"]),
    )


def _changes(cell: Mapping) -> str:
    """Units added since last month and since the annual period's start; nothing where both are nothing."""
    since = (cell["since_month"], cell["since_period"])
    if cell["quantity"] is None or since in ((0, 0), (None, 0), (None, None)):
        return ""
    return " · ".join(_signed(number) for number in since)


def _all_decide(cells: Iterable[Mapping]) -> bool:
    return all(cell["decides"] for cell in cells)


def _total(total: Mapping, part: Mapping) -> TotalShown:
    notes = []
    if total["stale"]:
        notes.append(f"{total['stale']} older")
    if total["not_counted"]:
        notes.append(f"{total['not_counted']} not counted")
    return TotalShown(part["name"], f"{total['quantity']:,}", _signed(total["since_month"]), ", ".join(notes))
