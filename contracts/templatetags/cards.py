"""Lists on a phone: the rows of a table as cards, each cell with the heading of its column beside it."""

import re
from collections.abc import Iterator

from django import template
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

HEADING = re.compile(r"<th\b[^>]*>(.*?)</th>", re.DOTALL)
TAG = re.compile(r"<(table|thead|tbody|tr|td|th)\b")
ROLES = {
    "table": "table",
    "thead": "rowgroup",
    "tbody": "rowgroup",
    "tr": "row",
    "td": "cell",
    "th": "rowheader",
}


@register.simple_block_tag
def cards(content: str) -> SafeString:
    """Give each cell of a table the heading of its column, and each part its role, which a card's display takes away.

    The box of the table has the class `cards`. On a card the first cell is the title; amounts, the column `State` and
    cells of the class `card-first` come next, and a cell of the class `card-choice` stands in the corner.
    """
    head, end, body = content.partition("</thead>")
    headings = [" ".join(strip_tags(text).split()).replace('"', "&quot;") for text in HEADING.findall(head)]
    rows = [_with_roles(row, iter(headings)) for row in re.split(r"(?=<tr\b)", body)]
    return mark_safe(_with_roles(head, None) + end + "".join(rows))


def _with_roles(html: str, headings: Iterator[str] | None) -> str:
    """Write the role of each part, and beside it what heads a cell; without headings a cell is a heading itself."""

    def written(found: re.Match) -> str:
        role, label = ROLES[found[1]], ""
        if found[1] in ("td", "th"):
            if headings is None:
                role = "columnheader"
            else:
                label = f' data-label="{next(headings, "")}"'
        return f'{found[0]} role="{role}"{label}'

    return TAG.sub(written, html)
