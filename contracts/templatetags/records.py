"""What record pages say in words where Django's admin draws a picture."""

import calendar
import re
from collections.abc import Iterable
from datetime import date, datetime
from itertools import takewhile

from django import template
from django.db.models import Max, Min
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

PICTURE = re.compile(r'<img src="[^"]*/icon-(yes|no|unknown)\.svg" alt="[^"]*">')
PARTS = ("year", "month", "day")
WORDS = {"yes": "Yes", "no": "No", "unknown": "–"}


@register.filter
def in_words(html: SafeString) -> SafeString:
    """Write Yes and No instead of the green and red pictures in a cell or a field of the admin."""
    return mark_safe(PICTURE.sub(lambda found: WORDS[found[1]], html)) if isinstance(html, SafeString) else html


@register.filter
def chosen(choices: list[dict]) -> str:
    """Name the choice of a filter that is in force."""
    return next((str(choice["display"]) for choice in choices if choice["selected"]), "All")


@register.inclusion_tag("admin/date_hierarchy.html")
def by_date(cl) -> dict:
    """Lead to the years, months and days of a list of records, from its first date to its last.

    Unlike Django's own it reads no dates but these two, so that it costs the same for any number of records.
    """
    field = cl.date_hierarchy
    chosen = [cl.params.get(f"{field}__{part}") for part in PARTS]
    asked = [int(value) for value in takewhile(bool, chosen)]

    def link(*parts: int) -> str:
        return cl.get_query_string(
            dict(zip((f"{field}__{part}" for part in PARTS), parts, strict=False)), [f"{field}__"]
        )

    if not asked:
        first, last = (_day(cl.root_queryset.aggregate(day=of(field))["day"]) for of in (Min, Max))
        years = range(first.year, last.year + 1) if first else ()
        return {"show": len(years) > 1, "choices": [{"link": link(year), "title": str(year)} for year in years]}
    *_, above, own = ["All dates", *_titles(asked)]
    beneath = [{"link": link(*asked, part), "title": title} for part, title in _beneath(asked)]
    back = {"link": link(*asked[:-1]), "title": above}
    return {"show": True, "back": back, "choices": [{"title": own}, *beneath]}


def _day(stored: date | datetime | None) -> date | None:
    return timezone.localtime(stored).date() if isinstance(stored, datetime) else stored


def _titles(asked: list[int]) -> list[str]:
    """The year, the month and the day that were chosen, in words."""
    year, month, day = [*asked, 0, 0][:3]
    named = [str(year), f"{calendar.month_name[month]} {year}", f"{day} {calendar.month_name[month]}"]
    return named[: len(asked)]


def _beneath(asked: list[int]) -> Iterable[tuple[int, str]]:
    """The months of a year, or the days of a month."""
    if len(asked) == 1:
        return [(month, calendar.month_name[month]) for month in range(1, 13)]
    if len(asked) == 2:
        return [(day, str(day)) for day in range(1, calendar.monthrange(*asked)[1] + 1)]
    return []
