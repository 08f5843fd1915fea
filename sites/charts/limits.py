"""Counts over time against the limits of the table as drawings (Appendix A, table).

`counts_drawing` draws all components of one site beside one another, small enough for a report of 200 sites;
`component_drawing` draws one of them large. A count holds until the next one. Where a whole month brought no new count,
the line is carried on with dashes; before the first count nothing is drawn, since a missing count is not zero.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from itertools import pairwise

from contracts.periods import ONE_DAY, DaySpan, Month, day_text
from sites.charts.limit_lines import Counted, LimitLine, Trend, days_reached, joined, stretches_of
from sites.charts.plot import WIDTH, Drawing, Plot, Size
from sites.charts.svg import LETTER, NOTHING, STRONG, Svg, place, shape, short, stroke, word, written

KEY = (
    "Thick line with dots: counts; dashed: carried on, not counted again. Thin line: limit of the charged level; "
    "dotted: the next limit. Ring: first count at or above the limit."
)
SMALL = Size(width=304, height=126, left=26, right=106, top=42, bottom=20)
LARGE = Size(width=WIDTH, height=300, left=44, right=130, top=56, bottom=28)
COLUMNS, BESIDE, BELOW = 3, 24, 14
LINE = 150
"""How far lines of words lie apart, in tenths."""


@dataclass(frozen=True)
class Series:
    """One component of a site: its name, its counts in the order of their days, and the limits to draw."""

    name: str
    counts: tuple[Counted, ...]
    limits: tuple[LimitLine, ...] = ()


def counts_drawing(
    *, title: str, span: DaySpan, through: date, series: Sequence[Series], since: date | None = None
) -> Drawing:
    """Return the drawing of all components of one site, three beside one another.

    Components that were always counted at their single figure, as in "1", stand in one line of words below: a straight
    line says nothing. (A letter of a drawing costs a PDF 0.1 ms; these words, few and most of them below the drawing,
    keep 200 sites within a few seconds.)

    `span` gives the days of the drawing, such as the annual period's first day to the month's last one; the last count
    holds through the day `through`, such as the business date or the last day of service. A count made before the span
    holds from its first day; later ones than `through` are left out. Where service starts within the span, `since` is
    its first day: no count is missing before it. Raises ValueError for counts out of order.
    """
    all_plots = [_CountsPlot(SMALL, one, span, through, max(since or span.first_day, span.first_day)) for one in series]
    plots = [plot for plot in all_plots if not plot.unchanged]
    shapes = []
    for index, plot in enumerate(plots):
        row, column = divmod(index, COLUMNS)
        shapes.append(plot.drawn(column * (SMALL.width + BESIDE), row * (SMALL.height + BELOW)))
    words = [f"{plot.series.name} {plot.stretches[-1].count.quantity}" for plot in all_plots if plot.unchanged]
    unchanged = f"Unchanged: {', '.join(words)}" if words else ""
    summary = " ".join([*(plot.sentence for plot in plots), *([f"{unchanged}."] if words else [])])
    rows = -(-len(plots) // COLUMNS)
    height = rows * SMALL.height + max(rows - 1, 0) * BELOW
    return Drawing(title, summary, height, written(shapes), unchanged, KEY)


def component_drawing(
    *, title: str, span: DaySpan, through: date, series: Series, trend: Trend | None = None
) -> Drawing:
    """Return the large drawing of one component, with its changes in figures and its trend; see `counts_drawing`."""
    plot = _CountsPlot(LARGE, series, span, through, span.first_day, trend)
    summary = plot.sentence + (f" Trend: {trend.label}." if trend else "")
    return Drawing(title, summary, LARGE.height, plot.drawn(0, 0), key=KEY)


class _CountsPlot(Plot):
    """One component: what is drawn of it, layer by layer, and the words beside. Some of them are in a large one only.

    Of twenty-one parts of its height the uppermost one stays free.
    """

    def __init__(
        self, size: Size, series: Series, span: DaySpan, through: date, since: date, trend: Trend | None = None
    ):
        self.large, self.series, self.through, self.since, self.trend = size is LARGE, series, through, since, trend
        self.stretches = stretches_of(series.counts, span, through)
        lines = [(line, span.overlap(line.span.first_day, line.span.last_day)) for line in joined(series.limits)]
        self.limits = [replace(line, span=part) for line, part in lines if part]
        reached = days_reached(counts=[one for one in series.counts if one.day <= through], limits=series.limits)
        self.reached = [one for one in reached if one.line.span.first_day <= through]
        values = [1, *(one.count.quantity for one in self.stretches), *(line.upper for line in self.limits)]
        values += [-int(-trend.last_value // 1)] if trend else []
        super().__init__(size, span, Fraction(max(values) * 21, 20))

    @property
    def unchanged(self) -> bool:
        """Whether it was counted all the time, always at the single figure of every level drawn."""
        return (
            bool(self.stretches)
            and self.stretches[0].first_day <= Month.of(self.since).span.last_day
            and not any(one.carried_from for one in self.stretches)
            and {one.count.quantity for one in self.stretches}
            == {line.upper for line in self.series.limits if line.charged}
            and all(line.single for line in self.series.limits)
        )

    # ---- in words

    @property
    def sentence(self) -> str:
        if not self.stretches:
            return f"{self.series.name}: not counted."
        first, last = self.stretches[0].count, self.stretches[-1].count
        message = f"{self.series.name}: {self._standing} on {day_text(last.day)}"
        if first.day != last.day and first.quantity != last.quantity:
            message += f", {first.quantity} on {day_text(first.day)}"
        if self.stretches[-1].carried_from:
            message += ", not counted since"
        return "; ".join([message, *filter(None, self._notes(day_text))]) + "."

    @property
    def _standing(self) -> str:
        """The last count against the limit of the level charged on the last day: `14 of 15`."""
        if not self.stretches:
            return "not counted"
        lines = [line for line in self.series.limits if line.charged and line.span.first_day <= self.through]
        quantity = self.stretches[-1].count.quantity
        return f"{quantity} of {lines[-1].upper}" if lines else f"{quantity}"

    def _notes(self, written_as: Callable[[date], str]) -> Iterator[str]:
        """The days on which the charged limits were reached; a note is empty where its limit was not."""
        for one in self.reached:
            if one.above:
                yield f"above {one.line.upper} since {written_as(one.above.day)}"
            else:
                yield f"{one.line.upper} reached {written_as(one.at.day)}" if one.at else ""

    # ---- as drawn

    def drawn(self, x: int, y: int) -> Svg:
        """Return all layers, the lowest first, at a place of the drawing."""
        charged, above = ([line for line in self.limits if line.charged is kind] for kind in (True, False))
        gap, gap_word = self._gap()
        labels = self._limit_labels()
        layers = [
            gap,
            self.frame(),
            stroke("grid", self.upright(sorted({line.span.first_day for line in charged} - {self.span.first_day}))),
            stroke("above", self._level_lines(above)),
            stroke("charged", self._level_lines(charged)),
            stroke("trend", self._trend_path()),
            stroke("carried", self._carried_path()),
            stroke("counted", self._counted_path()),
            stroke("dots", self._dots()),
            *self._rings(),
            shape("g", self._name(), *(labels[line] for line in labels if line.charged), **STRONG),
            *(labels[line] for line in labels if not line.charged),
            *self._earlier_limits(charged),
            *(self._changes() if self.large else self._first_figure()),
            self._trend_label(),
            self._note(),
            self.months() if self.large else self._ends() if x == 0 else NOTHING,
            gap_word,
        ]
        return shape("g", *layers, transform=f"translate({x} {y})")

    def _gap(self) -> tuple[Svg, Svg]:
        """The days before the first count, where a month ended without one, and the word for them if it has room."""
        until = self.stretches[0].first_day if self.stretches else min(self.through, self.span.last_day) + ONE_DAY
        if until <= Month.of(self.since).span.last_day:
            return NOTHING, NOTHING
        left, label = self.x(self.since), "no count"
        width = self.x(until) - left
        middle = word(left + width // 2, self.bottom - 60, label, "middle")
        return self.shade(self.since, until, fill="#eef1f4"), middle if width >= len(label) * LETTER else NOTHING

    def _level_lines(self, lines: Sequence[LimitLine]) -> str:
        return "".join(self.steps((line.span.first_day, line.span.last_day + ONE_DAY, line.upper)) for line in lines)

    def _trend_path(self) -> str:
        if self.trend is None:
            return ""
        first_day, last_day = self.trend.first_day, self.trend.last_day
        return f"M{self.at(first_day, self.trend.on(first_day))}L{self.at(last_day, self.trend.on(last_day))}"

    def _counted_path(self) -> str:
        """The steps of what was counted; the pen is lifted where a count is only carried on."""
        ends = [one.carried_from or one.last_day + ONE_DAY for one in self.stretches]
        runs = ((one.first_day, end, one.count.quantity) for one, end in zip(self.stretches, ends, strict=True))
        return self.steps(*(run for run in runs if run[0] < run[1]))

    def _carried_path(self) -> str:
        """The parts of counts that are only carried on, and the step up or down to the count after each."""
        path = []
        for one, later in zip(self.stretches, (*self.stretches, None)[1:], strict=True):
            if one.carried_from is not None:
                first_day = max(one.carried_from, one.first_day)
                path.append(self.steps((first_day, one.last_day + ONE_DAY, one.count.quantity)))
                if later is not None and later.count.quantity != one.count.quantity:
                    path.append(f"V{place(self.y(later.count.quantity))}")
        return "".join(path)

    def _dots(self) -> str:
        counts = [one.count for one in self.stretches if one.count.day >= self.span.first_day]
        return "".join(f"M{self.at(count.day, count.quantity)}h0" for count in counts)

    def _rings(self) -> Iterator[Svg]:
        for one in self.reached:
            day = max(one.at.day, one.line.span.first_day) if one.at else None
            if day and day in self.span:
                x, y = place(self.x(day)), place(self.y(one.at.quantity))
                yield shape("circle", cx=x, cy=y, r=5, fill="#fff", stroke="#a11d26", stroke_width=2)

    def _name(self) -> Svg:
        name = short(self.series.name, self.size.width * 10 - (len(self._standing) + 2) * LETTER)
        return word(0, 140, f"{name}: {self._standing}")

    def _note(self) -> Svg:
        """The line under the name: when limits were reached, and that the last count is only carried on."""
        written_as = day_text if self.large else _short_day
        notes = list(self._notes(written_as))
        notes = [note for note in (notes if self.large else notes[-1:]) if note]
        if self.stretches and self.stretches[-1].carried_from:
            notes.append(f"last counted {written_as(self.stretches[-1].count.day)}")
        text = "; ".join(notes if self.large else notes[-1:])
        return word(0, 320, text) if text and self.stretches else NOTHING

    def _limit_labels(self) -> dict[LimitLine, Svg]:
        """The words at the end of the limits that stand last, the lowest first, moved apart where they would touch."""
        labels, below = {}, self.bottom + 50
        for line in sorted(self.limits, key=lambda line: line.upper):
            if line.span.last_day == self.span.last_day:
                y = min(self.y(line.upper) + 48, below)
                labels[line] = word(self.right + 60, y, short(line.label, (self.size.right - 6) * 10))
                below = y - LINE
        return labels

    def _earlier_limits(self, charged: Sequence[LimitLine]) -> Iterator[Svg]:
        for line, later in pairwise(charged):
            if line.upper != later.upper:
                text = line.label if self.large else f"{line.upper}"
                yield word(self.x(line.span.first_day) + 30, self.y(line.upper) - 50, text)

    def _first_figure(self) -> Iterator[Svg]:
        """The figure with which the span begins, left of the line."""
        if self.stretches and self.stretches[0].first_day == self.span.first_day:
            quantity = self.stretches[0].count.quantity
            yield word(self.left - 60, self.y(quantity) + 48, f"{quantity}", "end")

    def _changes(self) -> Iterator[Svg]:
        """The figure of every change below its line, or above it where fewer other lines pass; none into another."""
        free_from, before = 0, None
        for one in self.stretches:
            quantity = one.count.quantity
            x, y = self.x(one.first_day), self.y(quantity)
            if quantity != before and x >= free_from:
                passing = [self.y(line.upper) - y for line in self.limits if one.first_day in line.span]
                if self.trend is not None and one.first_day <= self.trend.last_day:
                    passing.append(self.y(self.trend.on(one.first_day)) - y)
                below, above = sum(0 <= apart < 220 for apart in passing), sum(-200 < apart < 0 for apart in passing)
                yield word(x + 40, y - 80 if above < below else y + 190, f"{quantity}")
                free_from = x + (len(str(quantity)) + 1) * LETTER
                before = quantity

    def _trend_label(self) -> Svg:
        if self.trend is None:
            return NOTHING
        day = self.trend.last_day
        y = max(self.y(self.trend.on(day)) - 90, self.top + 20)
        return word(self.x(day) - 60, y, self.trend.label, "end")

    def _ends(self) -> Svg:
        """The months at both ends of a small plot."""
        first, last = self.span.first_day, self.span.last_day
        end = NOTHING if Month.of(first) == Month.of(last) else self.month(last, self.right, "end")
        return written([self.month(first, self.left), end])


def _short_day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
