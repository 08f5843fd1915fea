"""How monthly reports write their frozen content, on screen and in print alike."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from django import template

from contracts.periods import day_text
from contracts.wording import listed, plural, signed
from sites.reports.content import edition, gaps

register = template.Library()
register.filter("edition", edition)
register.filter("gaps", gaps)
register.filter("listed", listed)
register.filter("plural", plural)


@register.filter
def distinct(rows: Iterable[Mapping], name: str) -> list:
    """Return what rows hold under a name, each value once, in their order; the values of lists one by one."""
    values = (row[name] if isinstance(row[name], list) else [row[name]] for row in rows)
    return list(dict.fromkeys(value for some in values for value in some if value))


@register.filter
def counted(row: Mapping) -> str:
    """Write the day and source of most of a site's counts, which its cells repeat only where theirs are others."""
    if not row["counted_on"]:
        return "never counted"
    stale = any(cell["stale"] and cell["counted_on"] == row["counted_on"] for cell in row["cells"])
    return ", ".join(filter(None, [_counted_on(row["counted_on"], stale), row["source"]]))


@register.filter
def mostly_counted(rows: Iterable[Mapping]) -> str:
    """Write the day and source that most sites have in common."""
    written = [counted(row) for row in rows]
    return max(dict.fromkeys(written), key=written.count, default="")


@register.filter
def remarks(cell: Mapping, row: Mapping) -> list[str]:
    """Write the day and source of a count where they are not those of its row, and whether it is marked as missing."""
    found = []
    if cell["counted_on"] and cell["counted_on"] != row["counted_on"]:
        found.append(_counted_on(cell["counted_on"], cell["stale"]))
    if cell["source"] and cell["source"] != row["source"]:
        found.append(cell["source"])
    return [*found, "missing"] if cell["missing"] else found


def _counted_on(day: str, stale: bool) -> str:
    written = day_text(date.fromisoformat(day))
    return f"last counted {written}" if stale else written


@register.filter
def change(number: int | None) -> str:
    """Write units added; a dash where there is nothing to compare."""
    return "–" if number is None else signed(number)


@register.filter
def changes(cell: Mapping) -> str:
    """Write units added since last month and since the annual period's start; nothing where both are nothing."""
    since = (cell["since_month"], cell["since_period"])
    if cell["quantity"] is None or since in ((0, 0), (None, 0), (None, None)):
        return ""
    return " · ".join(change(number) for number in since)


@register.filter
def changed(row: Mapping) -> str:
    """Write what has changed at a site in the annual period: `1 of 6: SLC +2`."""
    if row["changes"] is None:
        return ""
    tally = plural(row["changes"], "single unit") if row["units"] else f"{row['changes']} of {len(row['cells'])}"
    message = f"{tally}: {', '.join(row['changed'])}" if row["changed"] else tally
    return f"{message}; {row['unknown']} not comparable" if row["unknown"] else message


@register.filter
def note_numbers(flags: Iterable[str], notes: Sequence[str]) -> str:
    """Write the numbers of the notes that a site's flags stand under: `note 1, note 3`."""
    return ", ".join(f"note {notes.index(flag) + 1}" for flag in flags)


@register.filter
def by_component(content: Mapping) -> list[dict]:
    """Return the totals with the names of their components."""
    return [part | total for part, total in zip(content["components"], content["totals"], strict=True)]


@register.filter
def older(totals: Iterable[Mapping]) -> int:
    """Return how many figures in the totals are older than the month."""
    return sum(total["stale"] for total in totals)
