"""Charts: a drawing of `contracts.charts` as SVG, the same on a page and in a PDF."""

from django import template

from contracts.charts import Drawing

register = template.Library()


@register.inclusion_tag("charts/steps.svg")
def step_chart(drawing: Drawing, name: str) -> dict:
    """Write a drawing of steps; `name` tells it from other charts of the same page."""
    return {"drawing": drawing, "name": name}
