"""Figures that would be stored, each against the last count before it: what a person should see twice."""

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import pairwise

from contracts.schedule import Component
from sites.counts.counting import Figure
from sites.counts.jumps import Jump, jump
from sites.models import ComponentCount

Place = tuple[int, str, date]


def unusual(figures: Iterable[Figure], *, components: Mapping[tuple[int, str], Component]) -> dict[Place, Jump]:
    """Return what is unusual, by site, component code and day, as the month grid marks it.

    The last count before a figure is on file, or one of the figures themselves. `components` are found by the key of
    their agreement and their code.
    """
    wanted = {(one.site.pk, one.code, one.counted_on): one for one in figures}
    on_file = ComponentCount.objects.filter(site__in={site for site, _code, _day in wanted}).order_by()
    known: dict[tuple[int, str], dict[date, int | None]] = {}
    for site, code, day, quantity in on_file.values_list("site", "component_code", "counted_on", "quantity"):
        known.setdefault((site, code), {})[day] = quantity
    for (site, code, day), figure in wanted.items():
        known.setdefault((site, code), {})[day] = figure.quantity
    found = {}
    for (site, code), by_day in known.items():
        days = [None, *sorted(day for day, quantity in by_day.items() if quantity is not None)]
        for before, day in pairwise(days):
            figure = wanted.get((site, code, day))
            component = figure and components.get((figure.site.agreement_id, code))
            mark = component and jump(component=component, before=by_day.get(before), now=figure.quantity)
            if mark:
                found[site, code, day] = mark
    return found
