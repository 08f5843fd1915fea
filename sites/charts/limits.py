"""Counts over time against the limits of the table as drawings: plain values in, the places of lines and words out.

`counts_drawing` draws all components of one site beside one another, small enough for a report of 200 sites;
`component_drawing` draws one of them large. A template writes either as SVG, the same on a page and in a PDF. What is
drawn needs no colour: every line has its words beside it, and `KEY` says in one sentence what the strokes mean.

Places are texts of one decimal. A count holds until the next one. Where a whole month brought no new count, the line
is carried on with dashes; before the first count nothing is drawn, since a missing count is not zero.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from itertools import pairwise

from contracts.periods import ONE_DAY, DaySpan, Month, day_text
from sites.charts.limit_lines import Counted, LimitLine, Stretch, Trend, days_reached, joined, stretches_of

WIDTH = 960
LETTER = 76
"""How wide a letter of 14 units is on average, in tenths; on 170 mm of paper smaller ones could not be read."""
LINE = 15
KEY = (
    "Thick line with dots: counts; dashed: carried on, not counted again. Thin line: limit of the charged level; "
    "dotted: the next limit. Ring: first count at or above the limit."
)


# ---- what is drawn -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Series:
    """One component of a site: its name, its counts in the order of their days, and the limits to draw."""

    name: str
    counts: tuple[Counted, ...]
    limits: tuple[LimitLine, ...] = ()


# ---- the drawing ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Word:
    """Words and where they stand; `anchor` is their start, middle or end."""

    x: str
    y: str
    text: str
    anchor: str = "start"


@dataclass(frozen=True)
class Gap:
    """Days without any count, and the word for it where it has room."""

    x: str
    width: str
    word: Word | None


@dataclass(frozen=True)
class Plot:
    """One component: paths of its lines, and words. `x` and `y` are where it stands in the drawing."""

    x: str
    y: str
    top: str
    height: str
    frame: str
    changes: str
    charged: str
    above: str
    counted: str
    carried: str
    dots: str
    rings: tuple[Word, ...]
    gaps: tuple[Gap, ...]
    trend: str
    strong: tuple[Word, ...]
    plain: tuple[Word, ...]
    soft: tuple[Word, ...]


@dataclass(frozen=True)
class LimitDrawing:
    """Counts against limits, ready to be written. `title` and `summary` say in words what is drawn.

    `unchanged` names the components that need no plot: counted all the time at their single figure.
    """

    title: str
    summary: str
    width: int
    height: int
    plots: tuple[Plot, ...]
    unchanged: str = ""
    key: str = KEY


@dataclass(frozen=True)
class _Form:
    """The measures of one plot, in units of the drawing, and how much of it has words."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    large: bool


SMALL = _Form(width=304, height=126, left=26, right=106, top=42, bottom=20, large=False)
LARGE = _Form(width=WIDTH, height=300, left=44, right=130, top=56, bottom=28, large=True)
COLUMNS, BESIDE, BELOW = 3, 24, 14


def counts_drawing(
    *, title: str, span: DaySpan, through: date, series: Sequence[Series], since: date | None = None
) -> LimitDrawing:
    """Return the drawing of all components of one site, three beside one another, 960 units wide.

    Components that were always counted at their single figure, as in "1", stand in one line of words below: a straight
    line says nothing. (A letter of a drawing costs a PDF 0.1 ms; these words, few and most of them below the drawing,
    keep 200 sites within a few seconds.)

    `span` gives the days of the drawing, such as the annual period's first day to the month's last one; the last count
    holds through the day `through`, such as the business date or the last day of service. A count made before the span
    holds from its first day; later ones than `through` are left out. Where service starts within the span, `since` is
    its first day: no count is missing before it. Raises ValueError for counts out of order.
    """
    first_day = max(since or span.first_day, span.first_day)
    plain = [one for one in series if not _unchanged(one, span, through, first_day)]
    plots = []
    for index, one in enumerate(plain):
        row, column = divmod(index, COLUMNS)
        x, y = column * (SMALL.width + BESIDE), row * (SMALL.height + BELOW)
        plots.append(_plot(one, SMALL, span, through, first_day, x, y))
    words = [f"{one.name} {one.counts[-1].quantity}" for one in series if one not in plain]
    unchanged = f"Unchanged: {', '.join(words)}" if words else ""
    rows = -(-len(plain) // COLUMNS)
    return LimitDrawing(
        title=title,
        summary=" ".join([*(_sentence(one, span, through) for one in plain), *([f"{unchanged}."] if words else [])]),
        width=WIDTH,
        height=rows * SMALL.height + max(rows - 1, 0) * BELOW,
        plots=tuple(plots),
        unchanged=unchanged,
    )


def _unchanged(series: Series, span: DaySpan, through: date, first_day: date) -> bool:
    """Whether a component was counted all the time, always at the single figure of every level drawn."""
    stretches = stretches_of(series.counts, span, through)
    return (
        bool(stretches)
        and stretches[0].first_day <= Month.of(first_day).span.last_day
        and not any(one.carried_from for one in stretches)
        and {one.count.quantity for one in stretches} == {line.upper for line in series.limits if line.charged}
        and all(line.single for line in series.limits)
    )


def component_drawing(
    *, title: str, span: DaySpan, through: date, series: Series, trend: Trend | None = None
) -> LimitDrawing:
    """Return the large drawing of one component, with its changes in figures and its trend; see `counts_drawing`."""
    plot = _plot(series, LARGE, span, through, span.first_day, 0, 0, trend)
    summary = _sentence(series, span, through) + (f" Trend: {trend.label}." if trend else "")
    return LimitDrawing(title=title, summary=summary, width=LARGE.width, height=LARGE.height, plots=(plot,))


def _sentence(series: Series, span: DaySpan, through: date) -> str:
    """What a plot shows, in words."""
    stretches = stretches_of(series.counts, span, through)
    if not stretches:
        return f"{series.name}: not counted."
    first, last = stretches[0].count, stretches[-1].count
    message = f"{series.name}: {_standing(series, last, through)} on {day_text(last.day)}"
    if first.day != last.day and first.quantity != last.quantity:
        message += f", {first.quantity} on {day_text(first.day)}"
    if stretches[-1].carried_from:
        message += ", not counted since"
    return "; ".join([message, *(note for note in _reached_notes(series, through) if note)]) + "."


def _standing(series: Series, count: Counted, through: date) -> str:
    """The last count against the limit of the level charged on the last day: `14 of 15`."""
    lines = [line for line in series.limits if line.charged and line.span.first_day <= through]
    return f"{count.quantity} of {lines[-1].upper}" if lines else f"{count.quantity}"


def _reached_notes(series: Series, through: date, written: Callable[[date], str] = day_text) -> Iterable[str]:
    """The days on which the charged limits were reached, in words; the last one is empty where it was not."""
    created = [count for count in series.counts if count.day <= through]
    for one in days_reached(counts=created, limits=series.limits):
        if one.line.span.first_day > through:
            continue
        if one.above is not None:
            yield f"above {one.line.upper} since {written(one.above.day)}"
        else:
            yield f"{one.line.upper} reached {written(one.at.day)}" if one.at else ""


# ---- places --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Scale:
    """Where days and values of one plot lie, in tenths of a unit."""

    form: _Form
    span: DaySpan
    highest: int

    @property
    def left(self) -> int:
        return self.form.left * 10

    @property
    def right(self) -> int:
        return (self.form.width - self.form.right) * 10

    @property
    def top(self) -> int:
        return self.form.top * 10

    @property
    def bottom(self) -> int:
        return (self.form.height - self.form.bottom) * 10

    def x(self, day: date) -> int:
        passed = min(max((day - self.span.first_day).days, 0), self.span.days)
        return self.left + passed * (self.right - self.left) // self.span.days

    def y(self, value: int | Fraction) -> int:
        return self.bottom - int(value * 20 * (self.bottom - self.top) / (self.highest * 21))


def _text(tenths: int) -> str:
    sign, tenths = ("-", -tenths) if tenths < 0 else ("", tenths)
    return f"{sign}{tenths // 10}.{tenths % 10}" if tenths % 10 else f"{sign}{tenths // 10}"


def _plot(
    series: Series,
    form: _Form,
    span: DaySpan,
    through: date,
    first_day: date,
    x: int,
    y: int,
    trend: Trend | None = None,
) -> Plot:
    stretches = stretches_of(series.counts, span, through)
    limits = tuple(
        replace(line, span=part)
        for line in joined(series.limits)
        if (part := span.overlap(line.span.first_day, line.span.last_day))
    )
    values = [1, *(one.count.quantity for one in stretches), *(line.upper for line in limits)]
    if trend is not None:
        values.append(-int(-trend.last_value // 1))
    scale = _Scale(form, span, max(values))
    gaps = _gaps(stretches, first_day, min(through, span.last_day), scale)
    return Plot(
        x=str(x),
        y=str(y),
        top=_text(scale.top),
        height=_text(scale.bottom - scale.top),
        frame=_frame(scale),
        changes=_changes(limits, scale),
        charged=_stepped([line for line in limits if line.charged], scale),
        above=_stepped([line for line in limits if not line.charged], scale),
        counted=_counted(stretches, scale),
        carried=_carried(stretches, scale),
        dots="".join(
            f"M{_text(scale.x(one.count.day))} {_text(scale.y(one.count.quantity))}h0"
            for one in stretches
            if one.count.day >= span.first_day
        ),
        rings=tuple(_rings(series, span, through, scale)),
        gaps=gaps,
        trend=_trend(trend, scale) if trend else "",
        strong=tuple(_strong(series, stretches, through, limits, scale)),
        plain=tuple(_plain(stretches, limits, scale, trend)),
        soft=tuple(_soft(series, stretches, through, gaps, scale, x == 0)),
    )


def _frame(scale: _Scale) -> str:
    """The base line, with a tick at the first day of every quarter; those of a year are longer."""
    path, month = [f"M{_text(scale.left)} {_text(scale.bottom)}H{_text(scale.right)}"], Month.of(scale.span.first_day)
    while month.span.first_day <= scale.span.last_day:
        first = month.span.first_day
        if first in scale.span and month.month % 3 == 1:
            path.append(f"M{_text(scale.x(first))} {_text(scale.bottom)}v{6 if month.month == 1 else 3}")
        month = month.following()
    return "".join(path)


def _changes(limits: Sequence[LimitLine], scale: _Scale) -> str:
    """Upright lines on the days from which another limit is charged."""
    days = sorted({line.span.first_day for line in limits if line.charged} - {scale.span.first_day})
    return "".join(f"M{_text(scale.x(day))} {_text(scale.top)}V{_text(scale.bottom)}" for day in days)


def _stepped(lines: Sequence[LimitLine], scale: _Scale) -> str:
    return "".join(
        f"M{_text(scale.x(line.span.first_day))} {_text(scale.y(line.upper))}"
        f"H{_text(scale.x(line.span.last_day + ONE_DAY))}"
        for line in lines
    )


def _counted(stretches: Sequence[Stretch], scale: _Scale) -> str:
    """The steps of what was counted; the pen is lifted where a count is only carried on."""
    path, before = [], None
    for one in stretches:
        if one.carried_from is not None and one.carried_from <= one.first_day:
            before = None
            continue
        x, y = _text(scale.x(one.first_day)), _text(scale.y(one.count.quantity))
        joins = before is not None and before.carried_from is None
        path.append(f"V{y}" if joins else f"M{x} {y}")
        path.append(f"H{_text(scale.x(one.carried_from or one.last_day + ONE_DAY))}")
        before = one
    return "".join(path)


def _carried(stretches: Sequence[Stretch], scale: _Scale) -> str:
    """The parts of counts that are only carried on, and the step up or down to the count after each."""
    path = []
    for one, later in zip(stretches, (*stretches, None)[1:], strict=True):
        if one.carried_from is None:
            continue
        first = max(one.carried_from, one.first_day)
        path.append(f"M{_text(scale.x(first))} {_text(scale.y(one.count.quantity))}")
        path.append(f"H{_text(scale.x(one.last_day + ONE_DAY))}")
        if later is not None and later.count.quantity != one.count.quantity:
            path.append(f"V{_text(scale.y(later.count.quantity))}")
    return "".join(path)


def _gaps(stretches: Sequence[Stretch], first_day: date, last: date, scale: _Scale) -> tuple[Gap, ...]:
    """The days before the first count, where a month ended without one; all days where there is none."""
    until = stretches[0].first_day if stretches else last + ONE_DAY
    if until <= Month.of(first_day).span.last_day:
        return ()
    left, message = scale.x(first_day), "no count"
    width = scale.x(until) - left
    word = Word(_text(left + width // 2), _text(scale.bottom - 60), message, "middle")
    return (Gap(_text(left), _text(width), word if width >= len(message) * LETTER else None),)


def _rings(series: Series, span: DaySpan, through: date, scale: _Scale) -> Iterable[Word]:
    created = [count for count in series.counts if count.day <= through]
    for one in days_reached(counts=created, limits=series.limits):
        if one.at is None or one.line.span.first_day > through:
            continue
        day = max(one.at.day, one.line.span.first_day)
        if day in span:
            yield Word(_text(scale.x(day)), _text(scale.y(one.at.quantity)), day_text(one.at.day))


def _trend(trend: Trend, scale: _Scale) -> str:
    first, last = max(trend.first_value, Fraction(0)), max(trend.last_value, Fraction(0))
    return (
        f"M{_text(scale.x(trend.first_day))} {_text(scale.y(first))}"
        f"L{_text(scale.x(trend.last_day))} {_text(scale.y(last))}"
    )


# ---- words ---------------------------------------------------------------------------------------------------------


def _short_day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _short(text: str, tenths: int) -> str:
    """As much of a text as has room."""
    room = tenths // LETTER
    return text if len(text) <= room else f"{text[: room - 1].rstrip()}…"


def _strong(
    series: Series, stretches: Sequence[Stretch], through: date, limits: Sequence[LimitLine], scale: _Scale
) -> Iterable[Word]:
    """The component's name, its last count against the limit, and the limit that is charged."""
    standing = _standing(series, stretches[-1].count, through) if stretches else "not counted"
    width = scale.form.width
    yield Word("0", "14", f"{_short(series.name, width * 10 - (len(standing) + 2) * LETTER)}: {standing}")
    yield from (word for line, word in _limit_words(limits, scale) if line.charged)


def _limit_words(limits: Sequence[LimitLine], scale: _Scale) -> list[tuple[LimitLine, Word]]:
    """The words at the end of the limits that stand last, moved apart where they would touch."""
    lasting = [line for line in limits if line.span.last_day == scale.span.last_day]
    placed: list[tuple[LimitLine, Word]] = []
    below = scale.bottom + 50
    for line in sorted(lasting, key=lambda line: line.upper):
        y = min(scale.y(line.upper) + 48, below)
        below = y - LINE * 10
        text = _short(line.label, (scale.form.right - 6) * 10)
        placed.append((line, Word(_text(scale.right + 60), _text(y), text)))
    return placed


def _plain(
    stretches: Sequence[Stretch], limits: Sequence[LimitLine], scale: _Scale, trend: Trend | None
) -> Iterable[Word]:
    """The next limits, those of earlier levels, and figures of the counts."""
    yield from (word for line, word in _limit_words(limits, scale) if not line.charged)
    charged = [line for line in limits if line.charged]
    for line, later in pairwise(charged):
        if line.upper != later.upper:
            text = line.label if scale.form.large else f"{line.upper}"
            yield Word(_text(scale.x(line.span.first_day) + 30), _text(scale.y(line.upper) - 50), text)
    if stretches and not scale.form.large and stretches[0].first_day == scale.span.first_day:
        first = stretches[0]
        x = scale.x(first.first_day) - 60
        yield Word(_text(x), _text(scale.y(first.count.quantity) + 48), f"{first.count.quantity}", "end")
    elif scale.form.large:
        yield from _figures(stretches, limits, scale, trend)
    if trend is not None:
        x, y = scale.x(trend.last_day), scale.y(max(trend.last_value, Fraction(0)))
        yield Word(_text(x - 60), _text(max(y - 90, scale.top + 20)), trend.label, "end")


def _figures(
    stretches: Sequence[Stretch], limits: Sequence[LimitLine], scale: _Scale, trend: Trend | None
) -> Iterable[Word]:
    """The figure of every change below its line, or above it where fewer other lines pass; none into the one before."""
    free_from, before = 0, None
    for one in stretches:
        x, y = scale.x(one.first_day), scale.y(one.count.quantity)
        if one.count.quantity != before and x >= free_from:
            passing = [scale.y(line.upper) - y for line in limits if one.first_day in line.span]
            if trend is not None and one.first_day <= trend.last_day:
                passing.append(scale.y(trend.on(one.first_day)) - y)
            below, above = sum(0 <= apart < 220 for apart in passing), sum(-200 < apart < 0 for apart in passing)
            yield Word(_text(x + 40), _text(y - 80 if above < below else y + 190), f"{one.count.quantity}")
            free_from = x + (len(str(one.count.quantity)) + 1) * LETTER
            before = one.count.quantity


def _soft(
    series: Series,
    stretches: Sequence[Stretch],
    through: date,
    gaps: Sequence[Gap],
    scale: _Scale,
    first_column: bool,
) -> Iterable[Word]:
    """The line under the name, the days at the ends of the plot, and where nothing was counted."""
    written = day_text if scale.form.large else _short_day
    notes = list(_reached_notes(series, through, written))
    notes = [note for note in (notes if scale.form.large else notes[-1:]) if note]
    if stretches and stretches[-1].carried_from:
        notes.append(f"last counted {written(stretches[-1].count.day)}")
    if notes and stretches:
        yield Word("0", "32", "; ".join(notes) if scale.form.large else notes[-1])
    yield from _days(scale, first_column)
    yield from (gap.word for gap in gaps if gap.word)


def _days(scale: _Scale, first_column: bool) -> Iterable[Word]:
    """The months at both ends of the first small plot of a row; in a large one as many as there is room for."""
    first, last = scale.span.first_day, scale.span.last_day
    y = _text(scale.form.height * 10 - 20)
    if not scale.form.large:
        if not first_column:
            return
        yield Word(_text(scale.left), y, f"{first:%b %Y}")
        if Month.of(first) != Month.of(last):
            yield Word(_text(scale.right), y, f"{last:%b %Y}", "end")
        return
    room = 9 * LETTER * scale.span.days // (scale.right - scale.left)
    apart = next((months for months in (1, 3, 6, 12) if months * 30 >= room), 24)
    month = Month.of(first)
    while month.span.first_day <= last:
        day = month.span.first_day
        if day in scale.span and (month.year * 12 + month.month - 1) % apart == 0:
            yield Word(_text(scale.x(day)), y, f"{day:%b %Y}")
        month = month.following()
