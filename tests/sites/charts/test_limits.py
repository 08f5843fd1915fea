"""Counts against limits as drawings: which limits are drawn, when they were reached, and where every line lies."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from django.template import Context, Template

from contracts.periods import DaySpan
from contracts.schedule import Component, Level, Limit, LimitKind, Schedule
from sites.charts.limit_lines import Counted, LimitLine, Trend, carried_from, days_reached, joined, limit_lines
from sites.charts.limits import KEY, Series, component_drawing, counts_drawing
from tests.sites.charts.drawn import as_looked_at, elements, paths, words

PERIOD = DaySpan(date(1998, 10, 1), date(1999, 9, 30))
SECOND = DaySpan(date(1999, 10, 1), date(2000, 9, 30))
BOTH = DaySpan(date(1998, 10, 1), date(2000, 9, 30))
GE, SWITCH = Component("GE", "Gateway elements"), Component("5ESS", "5ESS", True)


def level(rank: int, name: str, ge: int | None, switch: int | None = 1) -> Level:
    cap = Limit(LimitKind.CAP, None, ge) if ge else Limit(LimitKind.NOT_STATED)
    return Level(name, name, rank, Decimal(1000) * rank, {"GE": cap, "5ESS": Limit(LimitKind.NUMBER, None, switch)})


SMALLEST, SMALL, LARGE, OPEN = (
    level(1, "Smallest", 15),
    level(2, "Small", 25),
    level(3, "Large", 50),
    level(4, "Open", None),
)
SCHEDULE = Schedule((GE, SWITCH), (SMALLEST, SMALL, LARGE, OPEN))


def counted(*pairs: tuple[date, int]) -> tuple[Counted, ...]:
    return tuple(Counted(day, quantity) for day, quantity in pairs)


def cap(upper: int, span: DaySpan = PERIOD, level: str = "Smallest", **how) -> LimitLine:
    return LimitLine(span, upper, level, **how)


FIFTEEN = cap(15)


def lines(charged: Level | None, highest: int | None, component: Component = GE) -> list[str]:
    found = limit_lines(schedule=SCHEDULE, level=charged, component=component, span=PERIOD, highest=highest)
    return [f"{line.label}{'' if line.charged else ' (not charged)'}" for line in found]


# ---- which limits --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("charged", "highest", "expected"),
    [
        (SMALLEST, 10, ["15 Smallest", "25 Small (not charged)"]),
        (SMALLEST, None, ["15 Smallest", "25 Small (not charged)"]),
        (SMALLEST, 16, ["15 Smallest", "25 Small (not charged)"]),
        (SMALLEST, 25, ["15 Smallest", "25 Small (not charged)"]),
        (SMALLEST, 40, ["15 Smallest", "25 Small (not charged)", "50 Large (not charged)"]),
        (SMALLEST, 60, ["15 Smallest", "25 Small (not charged)", "50 Large (not charged)"]),
        (LARGE, 40, ["50 Large"]),
        (OPEN, 40, []),
        (None, 16, ["25 Small (not charged)"]),
        (None, None, []),
    ],
)
def test_limits_drawn_are_the_charged_one_the_next_and_the_one_that_holds(charged, highest, expected):
    assert lines(charged, highest) == expected


def test_single_figure_that_every_level_repeats_has_no_next_limit():
    assert lines(SMALLEST, 1, SWITCH) == ["1 Smallest"]


def test_limits_that_go_on_are_joined_and_others_are_not():
    on = cap(15, SECOND)
    assert joined([cap(15), on]) == (cap(15, BOTH),)
    other = cap(25, SECOND, "Small")
    assert joined([other, cap(15)]) == (cap(15), other)


# ---- days reached --------------------------------------------------------------------------------------------------


def test_limit_is_reached_by_the_first_count_at_it_and_passed_by_the_first_above():
    counts = counted(
        (date(1998, 10, 1), 14), (date(1998, 11, 30), 15), (date(1998, 12, 31), 15), (date(1999, 1, 31), 17)
    )

    (reached,) = days_reached(counts=counts, limits=[cap(15), cap(25, level="Small", charged=False)])

    assert (reached.at, reached.above) == (counts[1], counts[3])


def test_count_that_jumps_over_the_limit_reaches_and_passes_it():
    (reached,) = days_reached(counts=counted((date(1998, 10, 1), 14), (date(1998, 11, 30), 18)), limits=[cap(15)])
    assert reached.at == reached.above == Counted(date(1998, 11, 30), 18)


def test_later_limit_is_tried_from_the_count_that_holds_on_its_first_day():
    counts = counted((date(1999, 9, 30), 26), (date(1999, 10, 31), 20))
    (_first, second) = days_reached(counts=counts, limits=[cap(35), cap(25, SECOND, "Small")])
    assert second.above == Counted(date(1999, 9, 30), 26)


def test_single_figure_is_reached_only_by_a_count_above_it():
    counts = counted((date(1998, 10, 1), 1), (date(1998, 11, 30), 2))
    (reached,) = days_reached(counts=counts, limits=[cap(1, single=True)])
    assert reached.at == reached.above == counts[1]


# ---- what is carried on --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        (date(1999, 3, 31), None),
        (date(1999, 4, 29), None),
        (date(1999, 4, 30), date(1999, 4, 1)),
        (date(1999, 6, 15), date(1999, 4, 1)),
    ],
)
def test_count_is_carried_on_once_the_next_month_ended_without_another(until, expected):
    assert carried_from(counted_on=date(1999, 3, 31), until=until) == expected


def drawing(counts, limits=(FIFTEEN,), span=PERIOD, through=date(1999, 9, 30), **more):
    series = [Series("GE", counts, tuple(limits))]
    return counts_drawing(title="Counts", span=span, through=through, series=series, **more)


def test_counts_of_every_month_are_one_solid_line():
    found = drawing(counted(*((date(1999, month, 1), month) for month in range(1, 10))))
    (path,) = paths(found, "counted")
    assert (paths(found, "carried"), path.count("M")) == ([], 1)


def test_month_without_a_count_is_dashed_and_the_solid_line_goes_on_after_it():
    counts = counted((date(1998, 10, 31), 5), (date(1998, 12, 31), 6), (date(1999, 1, 31), 7))
    found = drawing(counts, through=date(1999, 1, 31))
    (solid,), (dashed,) = paths(found, "counted"), paths(found, "carried")
    assert (solid.count("M"), dashed.count("M")) == (2, 1)


def test_days_before_the_first_count_are_a_gap_and_never_zero():
    found = drawing(counted((date(1999, 2, 28), 7)), through=date(1999, 2, 28))
    (gap,), (solid,) = elements(found, "rect"), paths(found, "counted")
    assert "no count" in words(found)
    assert not solid.startswith(f"M{gap.get('x')} ")


def test_days_before_service_starts_are_no_gap():
    """Counted at the end of March: of October to March nothing is missing where service starts in that month."""
    counts, through = counted((date(1999, 3, 31), 7)), date(1999, 3, 31)
    assert elements(drawing(counts, through=through, since=date(1999, 3, 1)), "rect") == []
    (gap,) = elements(drawing(counts, through=through, since=date(1999, 1, 1)), "rect")
    assert gap.get("x") == "69.3"  # 92 of 365 days: 26 + 1720 * 92 / 365 tenths


def test_component_without_counts_says_so():
    found = drawing(())
    assert (words(found)[0], paths(found, "counted"), paths(found, "dots")) == ("GE: not counted", [], [])
    assert found.summary == "GE: not counted."


def test_count_before_the_span_holds_from_its_first_day_and_later_ones_are_left_out():
    counts = counted((date(1998, 9, 30), 5), (date(1998, 10, 31), 6), (date(1999, 2, 28), 9))
    found = drawing(counts, through=date(1998, 11, 15))
    assert found.summary == "GE: 6 of 15 on 31 October 1998, 5 on 30 September 1998."
    assert [path.count("M") for path in paths(found, "dots")] == [1]


def test_counts_out_of_order_are_an_error():
    with pytest.raises(ValueError, match="order of their days"):
        drawing(counted((date(1999, 1, 31), 7), (date(1999, 1, 1), 8)))


# ---- places and words ----------------------------------------------------------------------------------------------


def test_drawings_are_as_they_were_looked_at():
    """Four components, the fourth below: one carried on, one with a gap, one of which the limit changes, one passed."""
    growing = counted((date(1998, 10, 1), 13), (date(1998, 10, 31), 15), (date(1999, 12, 31), 17))
    limits = (cap(15), cap(16, level="Small", charged=False), cap(25, SECOND, "Small"))
    carried = counted((date(1998, 10, 1), 2), (date(1999, 1, 31), 1), (date(1999, 8, 31), 4))
    series = [
        Series("Gateway elements", growing, limits),
        Series("SLC", carried, (cap(3, BOTH), cap(8, BOTH, "Small", charged=False))),
        Series("SM", counted((date(1999, 9, 30), 1))),
        Series("DACS", carried, (cap(5),)),
    ]
    asked = {"title": "Counts at A & B", "span": BOTH, "through": date(2000, 1, 31)}
    trend = Trend(date(1998, 10, 1), Fraction(13), date(2000, 7, 31), Fraction(20), "above 16 expected 1 July 2000")

    assert as_looked_at(counts_drawing(**asked, series=series), "counts")
    assert as_looked_at(component_drawing(**asked, series=series[0], trend=trend), "component")


def test_component_always_at_its_single_figure_stands_in_words_and_one_above_it_is_drawn():
    single = cap(1, single=True)
    steady = Series("5ESS", counted((date(1998, 10, 1), 1), (date(1998, 10, 31), 1)), (single,))
    above = Series("SM", counted((date(1998, 10, 1), 1), (date(1998, 10, 31), 2)), (single,))
    stale = Series("DACS II", counted((date(1998, 10, 1), 1)), (single,))

    found = counts_drawing(title="Counts", span=PERIOD, through=date(1998, 11, 30), series=[steady, above])
    also_stale = counts_drawing(title="Counts", span=PERIOD, through=date(1998, 11, 30), series=[stale])

    assert found.unchanged == ""  # a month without a count: it has to be seen
    assert words(also_stale)[0] == "DACS II: 1 of 1"
    in_time = counts_drawing(title="Counts", span=PERIOD, through=date(1998, 11, 15), series=[steady, above])
    assert (in_time.unchanged, words(in_time)[0]) == ("Unchanged: 5ESS 1", "SM: 2 of 1")
    assert in_time.summary.startswith("SM: 2 of 1 on 31 October 1998")
    assert in_time.summary.endswith(" Unchanged: 5ESS 1.")


def test_limits_are_labelled_directly_and_never_on_top_of_one_another():
    limits = (cap(15), cap(16, level="Small", charged=False))
    found = elements(drawing(counted((date(1998, 10, 1), 14)), limits), "text")
    y = {text.text: float(text.get("y")) for text in found}
    assert y["15 Smallest"] - y["16 Small"] >= 15


def test_day_on_which_the_limit_was_reached_is_ringed_and_named():
    counts = counted((date(1998, 10, 1), 14), (date(1998, 10, 31), 15))
    found = drawing(counts, through=date(1998, 11, 15))
    assert "15 reached 31 Oct 1998" in words(found)
    assert len(elements(found, "circle")) == 1
    assert elements(drawing(counts[:1], through=date(1998, 11, 15)), "circle") == []


def test_site_where_nothing_ever_changes_is_words_alone():
    steady = Series("5ESS", counted((date(1998, 10, 1), 1)), (cap(1, single=True),))
    found = counts_drawing(title="Counts", span=PERIOD, through=date(1998, 10, 31), series=[steady])
    shown = Template("{% load charts %}{% chart drawing 'one' %}").render(Context({"drawing": found}))
    assert shown.strip() == '<p class="chart-words">Unchanged: 5ESS 1</p>'


def test_svg_of_three_components_stays_small():
    series = [Series("Gateway", counted((date(1998, 10, 1), 3)), (cap(15),)) for _ in range(3)]
    found = counts_drawing(title="Counts", span=PERIOD, through=date(1998, 10, 31), series=series)
    assert len(found.svg("one")) < 4500
    assert found.key == KEY
