"""The monthly report as a workbook: the figures of the page and the print, as typed numbers and dates."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from contracts.printing.sheets import Sheet, Value, workbook
from sites.reports.content import edition, gaps

CHARGED = ("Charged level", "Provisional", "Sites charged")
"""The columns that say at which level sites are charged."""


def report_workbook(content: Mapping) -> bytes:
    """Return the XLSX of a report's content; the same content gives the same bytes."""
    notes = (
        f"Monthly report {content['month_name']}, agreement {content['agreement']['number']}: {edition(content)}",
        *(["Demonstration data"] if content["demonstration"] else []),
    )
    sheets = [
        Sheet("Sites", *_without_charged(content, _sites(content)), notes=notes, totals=1),
        Sheet("Counts", *_counts(content), notes=notes),
        Sheet("Levels", *_without_charged(content, _levels(content)), notes=notes),
        Sheet("Services", ("Site", "Service", "Hours in the month"), _services(content), notes=notes),
        Sheet("Missing", ("Site", "Components", "Last counted", "Reason"), _missing(content), notes=notes),
    ]
    if content["differences"]:
        headings = ("Site", "Figure", "Before", "Now", "Corrected on")
        sheets.append(Sheet("Differences", headings, _differences(content), notes=notes))
    made_on = date.fromisoformat(content["issued_on"] or content["cut_off_on"])
    title = f"{content['name']}, {content['agreement']['number']}"
    return workbook(sheets, title=title, created_on=made_on)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _sites(content: Mapping) -> tuple[list[str], list[list[Value]]]:
    """One row per site with its counts and levels, and last the totals of the counts."""
    names = [part["name"] for part in content["components"]]
    codes = [part["code"] for part in content["components"]]
    headings = ["Site", "First day", "Last day", *names]
    headings += [
        "Charged level",
        "Provisional",
        "Measured level",
        "Decided by",
        "Next limit",
        "Units to the next limit",
    ]
    headings += ["Components changed", "Remarks"]
    rows = []
    for row in content["rows"]:
        cells = {cell["code"]: cell["quantity"] for cell in row["cells"]}
        rows.append(
            [
                row["site"],
                _day(row["first_day"] or content["month"]),
                _day(row["last_day"] or content["last_day"]),
                *(cells.get(code) for code in codes),
                row["charged"],
                "yes" if row["provisional"] else "no",
                row["measured"],
                row["decided_by"],
                row["nearest"],
                row["room"],
                row["changes"],
                " ".join(filter(None, [row["refusal"], *row["flags"]])),
            ]
        )
    total = ["Total", None, None, *(total["quantity"] for total in content["totals"])]
    rows.append(total + [None] * (len(headings) - len(total)))
    return headings, rows


def _counts(content: Mapping) -> tuple[list[str], Iterable[list[Value]]]:
    """One row per site and component, with the day and source of its count."""
    headings = ["Site", "Component", "Count", "Counted on", "Source", "Older than the month", "Since last month"]
    headings += ["Since the annual period’s first day", "Changed", "Level by itself", "Limit", "Missing because"]
    rows = (
        [
            row["site"],
            cell["name"],
            cell["quantity"],
            _day(cell["counted_on"]),
            cell["source"],
            "yes" if cell["stale"] else "no",
            cell["since_month"],
            cell["since_period"],
            "yes" if cell["changed"] else "no",
            cell["level"],
            cell["limit"],
            cell["missing"] or ("not counted yet" if cell["lacking"] else None),
        ]
        for row in content["rows"]
        for cell in row["cells"]
    )
    return headings, rows


def _levels(content: Mapping) -> tuple[list[str], list[list[Value]]]:
    rows = [[level["name"] or "No level", level["charged"], level["measured"]] for level in content["levels"]]
    return ["Service level", "Sites charged", "Sites measured"], rows


def _without_charged(content: Mapping, table: tuple[list[str], list[list[Value]]]) -> tuple:
    """Leave out of a table what a content does not say about charged levels."""
    headings, rows = table
    if not content.get("hides_charged"):
        return table
    kept = [place for place, heading in enumerate(headings) if heading not in CHARGED]
    names, *lines = ([line[place] for place in kept] for line in (headings, *rows))
    return names, lines


def _services(content: Mapping) -> Iterable[list[Value]]:
    for service in content["included"]:
        yield ["Every site", f"{service['name']} (included)", None]
    for row in content["rows"]:
        for work in row["hours"]:
            yield [row["site"], work["service"], Decimal(work["hours"])]


def _missing(content: Mapping) -> Iterable[list[Value]]:
    for gap in gaps(content):
        yield [gap.site, gap.components, gap.last, gap.reason or "not counted yet"]


def _differences(content: Mapping) -> Iterable[list[Value]]:
    for one in content["differences"]:
        yield [one["site"], one["what"], one["old"], one["new"], _day(one["on"])]
