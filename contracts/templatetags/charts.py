"""Charts: a drawing of `contracts.charts` or `contracts.limit_charts` as SVG, the same on a page and in a PDF."""

from django import template

from contracts.charts import Drawing
from contracts.level_charts import LevelDrawing
from contracts.limit_charts import LimitDrawing

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
