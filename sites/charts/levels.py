"""The level charged and the level measured over time as a drawing: a row for each level, the lowest at the bottom.

Places are texts, in the units of the drawing. The same drawing stands on a page and in a PDF.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from contracts.periods import ONE_DAY, DaySpan, Month, day_text
from sites.charts.steps import Line

WIDTH, LEFT, RIGHT, TOP, ROW, BOTTOM = 960, 130, 170, 6, 30, 24
BAR = 16
MOST_LETTERS = 15
MOST_LABELS, DAYS_A_MONTH = 8, 30


@dataclass(frozen=True)
class LevelDays:
    """Days on which a level holds; `level` is None where there is none."""

    span: DaySpan
    level: str | None


@dataclass(frozen=True)
class Bar:
    """A stretch of the charged level."""

    x: str
    y: str
    width: str


@dataclass(frozen=True)
class LevelDrawing:
    """Charged levels as bars and measured ones as a line. `title` and `summary` say in words what is drawn."""

    title: str
    summary: str
    height: int
    rows: tuple[Line, ...]
    bars: tuple[Bar, ...]
    line: str
    ends: tuple[Line, ...]
    days: tuple[Line, ...]
    bottom: int
    width: int = WIDTH
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bar: int = BAR


def levels_drawing(
    *, title: str, span: DaySpan, levels: Sequence[str], charged: Sequence[LevelDays], measured: Sequence[LevelDays]
) -> LevelDrawing:
    """Return the drawing of levels over the days of a span.

    `levels` names the rows from the lowest rank up; days whose level is none of them are left out, so the line of the
    measured level has a gap there.
    """
    bottom = TOP + ROW * len(levels)

    def x(day: date) -> int:
        return LEFT + (day - span.first_day).days * (WIDTH - LEFT - RIGHT) // span.days

    def y(level: str) -> int:
        return bottom - ROW * levels.index(level) - ROW // 2

    bars = tuple(
        Bar(str(x(part.first_day)), str(y(one.level) - BAR // 2), str(x(part.last_day + ONE_DAY) - x(part.first_day)))
        for one in charged
        if one.level in levels and (part := span.overlap(one.span.first_day, one.span.last_day))
    )
    path, before = [], None
    for one in measured:
        part = span.overlap(one.span.first_day, one.span.last_day)
        if part is None or one.level not in levels:
            before = None
            continue
        joins = before is not None and before.span.last_day + ONE_DAY >= one.span.first_day
        path.append(f"V{y(one.level)}" if joins else f"M{x(part.first_day)} {y(one.level)}")
        path.append(f"H{x(part.last_day + ONE_DAY)}")
        before = one
    return LevelDrawing(
        title=title,
        summary=f"{_words('Charged', charged)} {_words('Measured', measured)}".strip(),
        height=bottom + BOTTOM,
        rows=tuple(Line(str(y(level)), _short(level)) for level in levels),
        bars=bars,
        line="".join(path),
        ends=tuple(_ends(levels, charged, measured, y)),
        days=tuple(_days(span, x)),
        bottom=bottom,
    )


def _words(what: str, found: Sequence[LevelDays]) -> str:
    message = [f"{one.level or 'no level'} from {day_text(one.span.first_day)}" for one in found]
    return f"{what}: {', '.join(message)}." if message else ""


def _ends(levels: Sequence[str], charged: Sequence[LevelDays], measured: Sequence[LevelDays], y) -> list[Line]:
    """The words at the end of both, in one where they end in the same row."""
    at: dict[str, list[str]] = {}
    for what, found in (("charged", charged), ("measured", measured)):
        if found and found[-1].level in levels:
            at.setdefault(found[-1].level, []).append(what)
    return [Line(str(y(level)), " and ".join(message)) for level, message in at.items()]


def _days(span: DaySpan, x) -> list[Line]:
    """First days of months, or of quarters and years where there is less room."""
    apart = next((months for months in (1, 3, 6, 12) if span.days <= months * DAYS_A_MONTH * MOST_LABELS), 24)
    month, found = Month.of(span.first_day), []
    while month.span.first_day <= span.last_day:
        first = month.span.first_day
        if first in span and (month.year * 12 + month.month - 1) % apart == 0:
            found.append(Line(str(x(first)), f"{first:%b %Y}"))
        month = month.following()
    return found


def _short(name: str) -> str:
    return name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1].rstrip()}…"
