"""The level charged and the level measured over time as a drawing: a row for each level, the lowest at the bottom."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from contracts.periods import ONE_DAY, DaySpan, day_text
from sites.charts.plot import WIDTH, Drawing, Plot, Size
from sites.charts.svg import STRONG, Svg, place, shape, short, stroke, word, written

LEFT, ROW, BAR, TOP, BOTTOM = 130, 30, 16, 6, 24


@dataclass(frozen=True)
class LevelDays:
    """Days on which a level holds; `level` is None where there is none."""

    span: DaySpan
    level: str | None


def levels_drawing(
    *, title: str, span: DaySpan, levels: Sequence[str], charged: Sequence[LevelDays], measured: Sequence[LevelDays]
) -> Drawing:
    """Return the drawing of levels over the days of a span, the charged ones as bars and the measured ones as a line.

    `levels` names the rows from the lowest rank up; days whose level is none of them are left out, so the line of the
    measured level has a gap there.
    """
    size = Size(WIDTH, TOP + ROW * len(levels) + BOTTOM, left=LEFT, right=170, top=TOP, bottom=BOTTOM)
    plot = Plot(size, span, len(levels))
    rows = {level: Fraction(2 * rank + 1, 2) for rank, level in enumerate(levels)}
    runs = [(part.first_day, part.last_day + ONE_DAY, rows[level]) for part, level in _shown(measured, rows, span)]
    shapes = [
        *(_row(level, value, plot) for level, value in rows.items()),
        *(_bar(part, rows[level], plot) for part, level in _shown(charged, rows, span)),
        stroke("counted", plot.steps(*runs)),
        *_ends({"charged": charged, "measured": measured}, rows, plot),
        plot.frame(),
        plot.months(),
    ]
    summary = f"{_words('Charged', charged)} {_words('Measured', measured)}".strip()
    return Drawing(title, summary, size.height, written(shapes))


def _words(what: str, found: Sequence[LevelDays]) -> str:
    message = [f"{one.level or 'no level'} from {day_text(one.span.first_day)}" for one in found]
    return f"{what}: {', '.join(message)}." if message else ""


def _shown(found: Sequence[LevelDays], rows: Mapping[str, Fraction], span: DaySpan) -> Iterator[tuple[DaySpan, str]]:
    """The days that are drawn, each with its level."""
    for one in found:
        part = span.overlap(one.span.first_day, one.span.last_day)
        if part is not None and one.level in rows:
            yield part, one.level


def _row(level: str, value: Fraction, plot: Plot) -> Svg:
    label = word(0, plot.y(value) + 50, short(level, LEFT * 10 - 160))
    return written([stroke("grid", plot.across(value)), label])


def _bar(part: DaySpan, value: Fraction, plot: Plot) -> Svg:
    left, right = plot.x(part.first_day), plot.x(part.last_day + ONE_DAY)
    at = {"x": place(left), "y": place(plot.y(value) - BAR * 5), "width": place(right - left), "height": BAR}
    return shape("rect", **at, fill="#d3dbe1", stroke="#7b8b96")


def _ends(found: Mapping[str, Sequence[LevelDays]], rows: Mapping[str, Fraction], plot: Plot) -> Iterator[Svg]:
    """The words at the end of both, in one where they end in the same row."""
    at: dict[str, list[str]] = {}
    for what, days in found.items():
        if days and days[-1].level in rows:
            at.setdefault(days[-1].level, []).append(what)
    for level, ends in at.items():
        yield word(plot.right + 80, plot.y(rows[level]) + 50, " and ".join(ends), **STRONG)
