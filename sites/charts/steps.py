"""Figures over time as a drawing: plain values in, the places of lines and words out; a template writes them as SVG.

Places are texts of one decimal, in the units of the drawing. The same drawing stands on a page and in a PDF.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from contracts.periods import ONE_DAY, DaySpan, Month, day_text

WIDTH, HEIGHT = 960, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 32, 60, 36
"""What the plot leaves free for the words around it."""
MOST_MONTHS_NAMED = 13
MOST_LINES = 5
INTERVALS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600)
MARK, LETTER, SIGN, GAP = 6, 7, 26, 28


@dataclass(frozen=True)
class Step:
    """The value from a day on, until the next step."""

    day: date
    value: Decimal


@dataclass(frozen=True)
class Mark:
    """Something that happened on a day: its label stands beside the mark."""

    day: date
    label: str


@dataclass(frozen=True)
class Line:
    """A line of the grid with its word."""

    at: str
    label: str


@dataclass(frozen=True)
class Shade:
    """A shaded part of the plot."""

    x: str
    width: str


@dataclass(frozen=True)
class Point:
    """A mark: the corners of its triangle, and where its label stands."""

    corners: str
    x: str
    y: str
    label: str


@dataclass(frozen=True)
class Legend:
    """What one kind of sign means: where the sign stands, where its word begins, and how far it reaches."""

    kind: str
    x: str
    text_x: str
    label: str


@dataclass(frozen=True)
class Drawing:
    """A chart of steps, ready to be written. `title` and `summary` say in words what it shows.

    A reader who cannot see the drawing, on a page or in a PDF, gets these two.
    """

    title: str
    summary: str
    line: str
    area: str
    shades: tuple[Shade, ...]
    points: tuple[Point, ...]
    days: tuple[Line, ...]
    values: tuple[Line, ...]
    legend: tuple[Legend, ...]
    now: Line | None = None
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM

    @property
    def plot_width(self) -> int:
        """How wide the plot is."""
        return self.right - self.left

    @property
    def plot_height(self) -> int:
        """How high the plot is."""
        return self.bottom - self.top

    @property
    def now_anchor(self) -> str:
        """How the word of the day stands to its line, so that it does not leave the drawing."""
        at, half = Decimal(self.now.at), len(self.now.label) * LETTER // 2
        return "end" if at + half > self.width else "middle"


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
    interval, top = _scale(max((step.value for step in shown), default=Decimal(0)))
    scale = _Scale(span, top)
    line = _line(shown, last_day, scale)
    shades = tuple(
        Shade(scale.x(part.first_day), _text(scale.x_of(part.last_day + ONE_DAY) - scale.x_of(part.first_day)))
        for one in shaded
        if (part := span.overlap(one.first_day, one.last_day))
    )
    points = tuple(_points([mark for mark in marks if mark.day in span], shown, scale))
    named = [("line", what), *([("shade", shaded_as)] if shades else []), *([("mark", marked_as)] if points else [])]
    return Drawing(
        title=title,
        summary=summary,
        line=line,
        area=f"{line} V{HEIGHT - BOTTOM} H{scale.x(shown[0].day)} Z" if shown else "",
        shades=shades,
        points=points,
        days=tuple(_days(span, scale)),
        values=tuple(Line(scale.y(value), f"{value:,}") for value in range(0, top + 1, interval)),
        legend=_legend(named),
        now=Line(scale.x(now), day_text(now)) if now is not None and now in span else None,
    )


# ---- places --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Scale:
    """Where days and values lie, in tenths of a unit."""

    span: DaySpan
    top: int

    def x_of(self, day: date) -> int:
        width = (WIDTH - LEFT - RIGHT) * 10
        return LEFT * 10 + (day - self.span.first_day).days * width // self.span.days

    def x(self, day: date) -> str:
        return _text(self.x_of(day))

    def y_of(self, value: Decimal | int) -> int:
        height = (HEIGHT - TOP - BOTTOM) * 10
        return (HEIGHT - BOTTOM) * 10 - int(value * height / self.top)

    def y(self, value: Decimal | int) -> str:
        return _text(self.y_of(value))


def _text(tenths: int) -> str:
    return f"{tenths // 10}.{tenths % 10}"


def _scale(highest: Decimal) -> tuple[int, int]:
    """Return the distance of the grid's lines, 1, 2 or 5 with zeros, and the highest of them."""
    whole = max(int(highest) + (1 if highest % 1 else 0), 1)
    magnitude = 1
    while True:
        for digit in (1, 2, 5):
            interval = digit * magnitude
            lines = -(-whole // interval)
            if lines <= MOST_LINES:
                return interval, lines * interval
        magnitude *= 10


def _within(steps: Sequence[Step], span: DaySpan, last_day: date) -> list[Step]:
    """The steps of a span through a day, the first of them on its first day where a value holds then."""
    before = [step for step in steps if step.day <= span.first_day]
    first = [Step(span.first_day, before[-1].value)] if before else []
    return [*first, *(step for step in steps if span.first_day < step.day <= last_day)]


def _line(steps: Sequence[Step], last_day: date, scale: _Scale) -> str:
    if not steps:
        return ""
    path = [f"M{scale.x(steps[0].day)} {scale.y(steps[0].value)}"]
    for step in steps[1:]:
        path.append(f"H{scale.x(step.day)} V{scale.y(step.value)}")
    return " ".join([*path, f"H{scale.x(last_day + ONE_DAY)}"])


def _points(marks: Iterable[Mark], steps: Sequence[Step], scale: _Scale) -> Iterable[Point]:
    """Triangles that stand on the line, each with its label above it where it does not run into the one before."""
    size, free_from = MARK * 10, 0
    for mark in marks:
        value = next((step.value for step in reversed(steps) if step.day <= mark.day), Decimal(0))
        x, y = scale.x_of(mark.day), scale.y_of(value)
        corners = [(x - size, y - 2 * size), (x + size, y - 2 * size), (x, y - size // 3)]
        half = len(mark.label) * LETTER * 10 // 2
        label = mark.label if x - half >= free_from else ""
        if label:
            free_from = x + half + GAP
        yield Point(
            " ".join(f"{_text(cx)},{_text(cy)}" for cx, cy in corners),
            _text(x),
            _text(y - 2 * size - 40),
            label,
        )


def _days(span: DaySpan, scale: _Scale) -> Iterable[Line]:
    """The first days of months, as many as there is room for; the year stands beside the first month of each."""
    months = [Month.of(span.first_day)]
    while months[-1].following().span.first_day <= span.last_day:
        months.append(months[-1].following())
    interval = next(one for one in INTERVALS if len(months) <= MOST_MONTHS_NAMED * one or one == INTERVALS[-1])
    year = None
    for month in months[::interval]:
        first = month.span.first_day
        if first < span.first_day:
            continue
        yield Line(scale.x(first), f"{first:%b}" if year == month.year else f"{first:%b %Y}")
        year = month.year


def _legend(named: Iterable[tuple[str, str]]) -> tuple[Legend, ...]:
    entries, x = [], LEFT
    for kind, label in named:
        entries.append(Legend(kind, str(x), str(x + SIGN), label))
        x += SIGN + len(label) * LETTER + GAP
    return tuple(entries)
