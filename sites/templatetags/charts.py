"""Charts: a drawing of `sites.charts.steps` or `sites.charts.limits` as SVG, the same on a page and in a PDF."""

from django import template

from sites.charts.levels import LevelDrawing
from sites.charts.limits import LimitDrawing
from sites.charts.steps import Drawing

register = template.Library()


@register.inclusion_tag("charts/steps.svg")
def step_chart(drawing: Drawing, name: str) -> dict:
    """Write a drawing of steps; `name` tells it from other charts of the same page."""
    return {"drawing": drawing, "name": name}


@register.inclusion_tag("charts/limits.html")
def limit_chart(drawing: LimitDrawing, name: str) -> dict:
    """Write a drawing of counts against limits; `name` tells it from other charts of the same page."""
    return {"drawing": drawing, "name": name}


@register.inclusion_tag("charts/levels.svg")
def level_chart(drawing: LevelDrawing, name: str) -> dict:
    """Write a drawing of levels over time; `name` tells it from other charts of the same page."""
    return {"drawing": drawing, "name": name}
