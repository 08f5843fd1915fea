"""Figures over time as a drawing: steps, with shaded days, marks on the line and the day of today."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from contracts.periods import ONE_DAY, DaySpan, day_text
from sites.charts.plot import WIDTH, Drawing, Plot, Size
from sites.charts.svg import LETTER, NOTHING, Svg, place, shape, stroke, word, written

SIZE = Size(width=WIDTH, height=320, left=64, right=32, top=60, bottom=24)
MOST_LINES = 5
SIGN, GAP = 260, 280
SHADED = {"fill": "#fdf1d8", "stroke": "#c79a45", "stroke_dasharray": "4 3"}
MARKED = {"fill": "#5a3d8a"}


@dataclass(frozen=True)
class Step:
    """The value from a day on, until the next step."""

    day: date
    value: Decimal


@dataclass(frozen=True)
class Mark:
    """Something that happened on a day: its label stands above the line."""

    day: date
    label: str


def step_drawing(
    *,
    title: str,
    summary: str,
    span: DaySpan,
    steps: Sequence[Step],
    what: str,
    until: date | None = None,
    shaded: Iterable[DaySpan] = (),
    shaded_as: str = "",
    marks: Iterable[Mark] = (),
    marked_as: str = "",
    now: date | None = None,
) -> Drawing:
    """Return the drawing of values over the days of a span.

    `steps` are in the order of their days; the value of the last one before the span holds from its first day. The
    line ends on `until`, for what is not known yet. `what`, `shaded_as` and `marked_as` name the signs. Parts outside
    the span are left out. Raises ValueError for a negative value and for steps out of order.
    """
    if any(step.value < 0 for step in steps):
        raise ValueError("A chart of steps has no room below 0.")
    if any(later.day < step.day for step, later in zip(steps, steps[1:], strict=False)):
        raise ValueError("The steps are not in the order of their days.")
    last_day = span.last_day if until is None else min(until, span.last_day)
    shown = _within(steps, span, last_day)
    apart, highest = _grid(max((step.value for step in shown), default=Decimal(0)))
    plot = Plot(SIZE, span, highest)
    days = [*(step.day for step in shown), last_day + ONE_DAY]
    line = plot.steps(*zip(days, days[1:], (step.value for step in shown), strict=False))
    area = f"{line}V{place(plot.bottom)}H{place(plot.x(days[0]))}Z"
    shades = written(plot.shade(one.first_day, one.last_day + ONE_DAY, **SHADED) for one in shaded)
    points = written(_points([mark for mark in marks if mark.day in span], shown, plot))
    signs = {"counted": what} | ({"shade": shaded_as} if shades else {}) | ({"mark": marked_as} if points else {})
    shapes = [
        shades,
        *(_grid_line(value, plot) for value in range(0, highest + 1, apart)),
        plot.frame(),
        plot.months(),
        shape("path", d=area, fill="#0b5563", fill_opacity="0.12") if line else NOTHING,
        stroke("counted", line),
        _today(now, plot) if now is not None and now in span else NOTHING,
        points,
        *_legend(signs),
    ]
    return Drawing(title, summary, SIZE.height, written(shapes))


def _within(steps: Sequence[Step], span: DaySpan, last_day: date) -> list[Step]:
    """The steps of a span through a day, the first of them on its first day where a value holds then."""
    before = [step for step in steps if step.day <= span.first_day]
    first = [Step(span.first_day, before[-1].value)] if before else []
    return [*first, *(step for step in steps if span.first_day < step.day <= last_day)]


def _grid(highest: Decimal) -> tuple[int, int]:
    """Return the distance of the grid's lines, 1, 2 or 5 with zeros, and the highest of them."""
    whole, magnitude = max(int(highest) + (1 if highest % 1 else 0), 1), 1
    while True:
        for apart in (magnitude, 2 * magnitude, 5 * magnitude):
            lines = -(-whole // apart)
            if lines <= MOST_LINES:
                return apart, lines * apart
        magnitude *= 10


def _grid_line(value: int, plot: Plot) -> Svg:
    label = word(plot.left - 80, plot.y(value) + 40, f"{value:,}", "end")
    return written([stroke("grid", plot.across(value)), label])


def _today(day: date, plot: Plot) -> Svg:
    """An upright line with its day above, within the drawing."""
    label, x = day_text(day), plot.x(day)
    anchor = "end" if x + len(label) * LETTER // 2 > WIDTH * 10 else "middle"
    return written([stroke("today", plot.upright([day])), word(x, plot.top - 60, label, anchor, fill="#a11d26")])


def _points(marks: Iterable[Mark], steps: Sequence[Step], plot: Plot) -> Iterator[Svg]:
    """Triangles that stand on the line, each with its label above it where it does not run into the one before."""
    free_from = 0
    for mark in marks:
        value = next((step.value for step in reversed(steps) if step.day <= mark.day), Decimal(0))
        x, y = plot.x(mark.day), plot.y(value)
        yield shape("path", d=f"M{place(x)} {place(y - 20)}l-6 -10h12Z", **MARKED)
        half = len(mark.label) * LETTER // 2
        if x - half >= free_from:
            free_from = x + half + GAP
            yield word(x, y - 160, mark.label, "middle", font_weight="600", **MARKED)


def _legend(signs: dict[str, str]) -> Iterator[Svg]:
    """The signs of what is drawn, each with its word."""
    x = SIZE.left * 10
    for kind, label in signs.items():
        if kind == "shade":
            yield shape("rect", x=place(x), y=14, width=18, height=14, **SHADED)
        elif kind == "mark":
            yield shape("path", d=f"M{place(x)} 16h14l-7 11Z", **MARKED)
        else:
            yield stroke(kind, f"M{place(x)} 22h18")
        yield word(x + SIGN, 260, label)
        x += SIGN + len(label) * LETTER + GAP
