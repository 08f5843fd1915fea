"""Charts: a drawing of `sites.charts` as SVG, the same on a page and in a PDF."""

from django import template

from sites.charts.plot import Drawing

register = template.Library()


@register.inclusion_tag("charts/chart.html")
def chart(drawing: Drawing, name: str) -> dict:
    """Write a drawing with what it says in words; `name` distinguishes it from other charts of the same page."""
    return {"svg": drawing.svg(name), "unchanged": drawing.unchanged}
