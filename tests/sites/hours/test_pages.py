import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from contracts.periods import DaySpan
from sites.hours.pages import (
    MonthEnd,
    balance_drawing,
    drawn_span,
    hourly_spans,
    ledger_lines,
    month_ends,
    period_tabs,
    rows_of,
)
from sites.hours.position import position_lines, position_of
from sites.models import Site
from tests.reference import AGREEMENT, AMENDMENT, EXPIRES_ON
from tests.sites.hours.cases import bought, ledger, with_schedule, worked

TODAY = date(1999, 7, 15)
TERM = DaySpan(date(1998, 10, 1), EXPIRES_ON)


def used_up(blocks: int, day: date, key: int = 1):
    """Purchases and work that complete so many blocks on a day."""
    return bought(key, day, blocks), worked(key, day, f"{1500 * blocks}.00")


# ---- the position


@pytest.mark.parametrize(
    ("events", "on", "unlock"),
    [
        (used_up(3, date(1999, 2, 1)), date(1999, 3, 1), "3 of 10 blocks completed; opens 1 July 1999 at the latest"),
        (used_up(3, date(1999, 2, 1)), date(1999, 7, 15), "open to 30 September 1999"),
        (used_up(10, date(1999, 2, 1)), date(1999, 3, 1), "open to 30 September 1999"),
        (used_up(10, date(1999, 2, 1)), date(1999, 10, 1), "0 of 10 blocks completed; opens 1 July 2000 at the latest"),
    ],
)
def test_unlock_condition_in_words(events, on, unlock):
    assert position_of(ledger=ledger(*events), on=on).unlock_text == unlock


def test_unlock_condition_where_one_of_the_two_is_not_stated():
    by_month = ledger(terms=with_schedule(opens_after_blocks=None))
    by_blocks = ledger(*used_up(1, date(1999, 2, 1)), terms=with_schedule(opens_in_month=None, opens_after_blocks=2))
    never = ledger(terms=with_schedule(hourly_price=None))

    assert position_of(ledger=by_month, on=date(1999, 3, 1)).unlock_text == "opens 1 July 1999"
    assert position_of(ledger=by_month, on=date(1999, 3, 1)).completed_text == "0 blocks completed"
    assert position_of(ledger=by_blocks, on=date(1999, 3, 1)).unlock_text == "1 of 2 blocks completed"
    assert "states no hourly price" in position_of(ledger=never, on=date(1999, 3, 1)).unlock_text


def test_position_has_figures_of_its_day_and_the_work_that_waits_by_now():
    found = position_of(
        ledger=ledger(
            bought(1, date(1998, 11, 2)),
            worked(1, date(1998, 12, 1), "1490.00"),
            worked(2, date(1999, 2, 1), "12.50"),
            bought(2, date(1999, 8, 1)),
            worked(3, date(1999, 9, 1), "1500.00"),
        ),
        on=date(1999, 3, 1),
    )

    assert (found.balance, found.waiting, found.blocks_bought) == (Decimal("0.00"), Decimal("2.50"), 1)
    assert (found.status.completed, found.unused) == (1, None)
    assert found.waits == []  # the block of August covered them


def test_work_that_waits_has_its_price_both_ways():
    found = position_of(
        ledger=ledger(worked(1, date(1999, 2, 1), "0.50"), worked(2, date(1999, 2, 2), "12.00")), on=TODAY
    )

    assert [entry.waiting for entry in found.waits] == [Decimal("0.50"), Decimal("12.00")]
    assert found.both_ways.sentence == "12.50 h cost 121,500.00 in 1 block and 1,053.00 by the hour."


def test_work_without_terms_is_not_among_what_a_block_covers():
    unsigned = replace(AGREEMENT, amendments=(replace(AMENDMENT, supplier_signature=None),))

    found = position_of(ledger=ledger(worked(1, date(1999, 2, 1), "3.00"), terms=unsigned), on=TODAY)

    assert (found.waits, found.both_ways) == ([], None)


def test_position_lines_for_a_paper():
    found = position_of(
        ledger=ledger(bought(1, date(1998, 11, 2), 2), worked(1, date(1998, 12, 1), "1600.00")), on=date(1999, 3, 1)
    )

    assert position_lines(found) == [
        ["Position on", "1 March 1999"],
        ["Prepaid hours left", "1,400.00 h"],
        ["Blocks", "2 blocks bought; 1 of 10 blocks completed"],
        [
            "Hourly prices",
            "Hourly prices are closed on 1 March 1999: 1 of 10 blocks completed. "
            "They open on 1 July 1999 at the latest.",
        ],
    ]


def test_position_lines_name_waiting_and_unused_hours():
    waiting = position_of(ledger=ledger(worked(1, date(1999, 2, 1), "12.50")), on=date(1999, 3, 1))
    unused = position_of(ledger=ledger(bought(1, date(1999, 2, 1))), on=date(2000, 10, 1))

    assert position_lines(waiting)[-1] == ["Work that needs a block", "12.50 h"]
    assert position_lines(unused)[-1][0] == "Unused hours"


# ---- the ledger

SITES = {None: Site(city="Reno", state="NV")}


def lines(*events) -> list[tuple]:
    rows = rows_of(ledger=ledger(*events), span=None)
    return [
        (f"{line.row.day}", line.row.movement.label, line.what, line.blocks, line.hourly)
        for line in ledger_lines(rows=rows, sites=SITES)
    ]


def test_ledger_lines_say_what_every_movement_is_about():
    work = worked(1, date(1999, 2, 1), "1510.00")

    assert lines(
        bought(1, date(1999, 1, 4)),
        replace(work, service="Customer Care", person="Ann", reference="REQ-1"),
        bought(2, date(1999, 3, 1), 3),
        worked(2, date(1999, 7, 1), "4490.00"),
        worked(3, date(1999, 7, 2), "2.00"),
    ) == [
        ("1999-07-02", "Hours bought by the hour", "Reno, NV", "", Decimal("2.00")),
        ("1999-07-01", "Prepaid hours used", "Reno, NV", "4, completed", None),
        ("1999-07-01", "Prepaid hours used", "Reno, NV", "3, completed", None),
        ("1999-07-01", "Prepaid hours used", "Reno, NV", "2, completed", None),
        (
            "1999-03-01",
            "Waiting hours covered",
            "Reno, NV, Customer Care, Ann, REQ-1 (work of 1 February 1999)",
            "2",
            None,
        ),
        ("1999-03-01", "Blocks bought", "", "2–4", None),
        ("1999-02-01", "Hours that need a block", "Reno, NV, Customer Care, Ann, REQ-1", "", None),
        ("1999-02-01", "Prepaid hours used", "Reno, NV, Customer Care, Ann, REQ-1", "1, completed", None),
        ("1999-01-04", "Blocks bought", "", "1", None),
    ]


def test_ledger_is_shown_by_annual_period():
    found = ledger(
        bought(1, date(1998, 11, 2)), worked(1, date(1999, 9, 30), "1.00"), worked(2, date(1999, 10, 1), "2.00")
    )

    tabs = period_tabs(ledger=found, on=date(1999, 9, 30))
    assert [(tab.period.number, tab.rows) for tab in tabs] == [(2, 1), (1, 2)]
    assert [tab.period.number for tab in period_tabs(ledger=ledger(), on=date(1999, 9, 30))] == [1]
    assert [row.hours for row in rows_of(ledger=found, span=tabs[1].period.span)] == [
        Decimal("1.00"),
        Decimal("1500.00"),
    ]


# ---- the picture


def test_hourly_spans_follow_blocks_months_and_the_expiration():
    found = ledger(*used_up(10, date(1999, 2, 1)))

    assert list(hourly_spans(ledger=found, span=TERM)) == [
        DaySpan(date(1999, 2, 1), date(1999, 9, 30)),
        DaySpan(date(2000, 7, 1), date(2000, 9, 30)),
    ]
    assert list(hourly_spans(ledger=ledger(), span=DaySpan(date(1998, 10, 1), date(1999, 6, 30)))) == []


def test_drawn_span_is_the_term_or_the_last_periods_of_a_long_one():
    assert drawn_span(ledger=ledger(), on=TODAY) == TERM
    endless = replace(AGREEMENT, original_expires_on=None, amendments=(replace(AMENDMENT, expires_on=None),))
    long = ledger(terms=endless)
    assert drawn_span(ledger=long, on=date(2004, 3, 1)) == DaySpan(date(2001, 10, 1), date(2004, 9, 30))
    assert drawn_span(ledger=long, on=date(1990, 1, 1)) == DaySpan(date(1998, 10, 1), date(1999, 9, 30))


def test_balance_drawing_shows_steps_blocks_and_open_days_in_words_too():
    found = position_of(
        ledger=ledger(
            bought(1, date(1998, 11, 2)), bought(2, date(1998, 11, 2)), worked(1, date(1999, 2, 1), "100.00")
        ),
        on=TODAY,
    )

    drawing = balance_drawing(position=found, span=TERM, today=TODAY)

    assert drawing.title == "Prepaid hours left, 1 October 1998 to 30 September 2000"
    assert drawing.summary == (
        "On 15 July 1999 2,900.00 h are left. Hourly prices are open 1 July 1999 to 30 September 1999; "
        "1 July 2000 to 30 September 2000."
    )
    shapes, shade = str(drawing.shapes), 'height="236" fill="#fdf1d8"'
    assert [words for words in re.findall(">([^<]+)</text>", shapes) if words[0] in "+1"] == [
        "1,000",
        "15 July 1999",
        "+2",
    ]
    assert shapes.count(shade) == 2
    assert '"M64 296H101.8V60H209.3V67.9H404.3" fill="none"' in shapes  # 288 of 731 days are over


def test_no_block_is_no_picture_and_closed_prices_are_said():
    assert balance_drawing(position=position_of(ledger=ledger(), on=TODAY), span=TERM, today=TODAY) is None
    closed = ledger(bought(1, date(1998, 11, 2)), terms=with_schedule(hourly_price=None))
    drawing = balance_drawing(position=position_of(ledger=closed, on=TODAY), span=TERM, today=TODAY)
    assert drawing.summary == "On 15 July 1999 1,500.00 h are left. Hourly prices are not open at any time."


def test_month_ends_through_today():
    found = ledger(bought(1, date(1998, 11, 2)), worked(1, date(1999, 1, 31), "1501.00"))

    ends = month_ends(ledger=found, span=TERM, today=date(1999, 2, 1))

    assert ends == (
        MonthEnd(date(1998, 10, 31), Decimal("0.00"), Decimal("0.00")),
        MonthEnd(date(1998, 11, 30), Decimal("1500.00"), Decimal("0.00")),
        MonthEnd(date(1998, 12, 31), Decimal("1500.00"), Decimal("0.00")),
        MonthEnd(date(1999, 1, 31), Decimal("0.00"), Decimal("1.00")),
    )
