from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from contracts.comparison import (
    AmendmentChanges,
    ComparedCell,
    Difference,
    amendment_changes,
    amendment_comparison,
    differences,
)
from contracts.schedule import HourPrices, OpeningRule, ReviewRule, Schedule, read_limit
from contracts.terms import Source
from tests.reference import (
    AGREEMENT,
    COMPONENTS,
    EXPIRES_ON,
    LATER,
    MEDIUM,
    SCHEDULE,
    SMALL,
    VERY_LARGE,
    VERY_SMALL,
    agreement,
    amendment,
)


def with_level(old, **values) -> Schedule:
    """The reference schedule with one row replaced."""
    rows = tuple(replace(level, **values) if level is old else level for level in SCHEDULE.levels)
    return replace(SCHEDULE, levels=rows)


def test_differences_of_a_copy_are_none():
    assert differences(before=SCHEDULE, after=replace(SCHEDULE)) == ()


def test_differences_name_a_price_and_its_cell():
    assert differences(before=SCHEDULE, after=with_level(SMALL, annual_price=Decimal("205000.00"))) == (
        Difference("Small: annual price", "198,000.00", "205,000.00"),
    )


def test_differences_name_a_limit_and_a_blank_cell_filled():
    wider = with_level(VERY_SMALL, limits={**VERY_SMALL.limits, "GE": read_limit("up to 17")})
    filled = with_level(VERY_LARGE, limits={**VERY_LARGE.limits, "SM": read_limit("8")})

    assert differences(before=SCHEDULE, after=wider) == (
        Difference("Very Small: gateway elements", "up to 15", "up to 17"),
    )
    assert differences(before=SCHEDULE, after=filled) == (Difference("Very Large: SM", "not stated", "8"),)


def test_differences_name_a_size_newly_priced_and_one_no_longer():
    priced = with_level(MEDIUM, integration_price=Decimal("120000.00"))

    assert differences(before=SCHEDULE, after=priced) == (
        Difference("Medium: system integration", "not on file", "120,000.00"),
    )
    assert differences(before=priced, after=SCHEDULE) == (
        Difference("Medium: system integration", "120,000.00", "not on file"),
    )


def test_differences_cover_hours_rules_and_included_services():
    changed = replace(
        SCHEDULE,
        hours=HourPrices(1000, Decimal("85000.00"), Decimal("85.00"), Decimal("2.00"), 8, 9),
        opening=OpeningRule("SMALL", "SMALL", SCHEDULE.opening.clause),
        review=ReviewRule(lead_days=90, minimum_changed=3, clause=SCHEDULE.review.clause),
        included=SCHEDULE.included[:2],
    )

    assert differences(before=SCHEDULE, after=changed) == (
        Difference("Hours in a block", "1500", "1000"),
        Difference("Price of a block", "121,500.00", "85,000.00"),
        Difference("Hourly price", "81.00", "85.00"),
        Difference("Minimum hours of an hourly charge", "1.00", "2.00"),
        Difference("Hourly opens after completed blocks", "10", "8"),
        Difference("Hourly opens in month of the annual period", "10", "9"),
        Difference("Level of every site in the first annual period", "Very Small", "Small"),
        Difference("Starting level of a later site", "Very Small", "Small"),
        Difference("Days from review to the period's end", "60", "90"),
        Difference("Components that must change", "2", "3"),
        Difference(
            "Included services",
            "Capacity Management, Network Management, Traffic Management",
            "Capacity Management, Traffic Management",
        ),
    )


def test_differences_list_every_value_where_nothing_was_on_file():
    found = differences(before=None, after=SCHEDULE)

    # 5 levels x (rank, price and 6 limits), 2 sizes with an integration price, the switch, the clauses of the table and
    # of the integration, 6 figures of hours, their services and clause, 2 opening levels, 2 figures of the review and
    # the included services, each with its clause
    assert len(found) == 5 * (2 + len(COMPONENTS)) + 2 + 1 + 2 + (6 + 2) + (2 + 1) + (2 + 1) + (1 + 1)
    assert found[1] == Difference("Very Small: annual price", "not on file", "163,000.00")
    assert {difference.before for difference in found} == {"not on file"}


def test_differences_name_a_level_that_is_gone():
    fewer = replace(SCHEDULE, levels=SCHEDULE.levels[:-1])

    assert [(found.place, found.after) for found in differences(before=SCHEDULE, after=fewer)] == [
        ("Very Large: rank", "not on file"),
        ("Very Large: annual price", "not on file"),
        *((f"Very Large: {component.name}", "not on file") for component in COMPONENTS),
    ]


def test_differences_of_a_schedule_without_rules_name_only_its_table():
    bare = Schedule(COMPONENTS, (VERY_SMALL,))

    assert [found.place for found in differences(before=None, after=bare)] == [
        "Very Small: rank",
        "Very Small: annual price",
        *(f"Very Small: {component.name}" for component in COMPONENTS),
        "Very Small: system integration",
        "Switch",
    ]


def test_first_amendment_changes_the_expiration_and_brings_the_whole_schedule():
    found = amendment_changes(agreement=AGREEMENT, number=1, known_on=LATER)

    assert found.against is None
    assert found.cells[0] == Difference("Expiration", "22 July 2000", "30 September 2000")
    assert found.cells[1:] == differences(before=None, after=SCHEDULE)


def test_second_amendment_is_compared_with_the_schedule_it_replaces():
    dearer = with_level(SMALL, annual_price=Decimal("205000.00"))
    second = amendment(2, date(1999, 10, 1), schedule=dearer, expires_on=date(2001, 9, 30))

    assert amendment_changes(agreement=agreement(second), number=2, known_on=LATER) == AmendmentChanges(
        Source("Amendment 1 (LNM980917MP)", "Appendix A, table"),
        (
            Difference("Expiration", "30 September 2000", "30 September 2001"),
            Difference("Small: annual price", "198,000.00", "205,000.00"),
        ),
    )


def test_amendment_that_sets_nothing_changes_nothing():
    for silent in (amendment(2, date(1999, 10, 1)), amendment(2, date(1999, 10, 1), expires_on=EXPIRES_ON)):
        assert amendment_changes(agreement=agreement(silent), number=2, known_on=LATER).cells == ()


def test_amendment_that_sets_an_end_where_there_was_none_says_so():
    endless = replace(AGREEMENT, amendments=(), original_expires_on=None)
    ending = replace(endless, amendments=(amendment(1, date(1999, 10, 1), expires_on=EXPIRES_ON),))

    assert amendment_changes(agreement=ending, number=1, known_on=LATER).cells == (
        Difference("Expiration", "not on file", "30 September 2000"),
    )


CLAUSES = {
    "Clause of the table": {"prices_clause": "Appendix B, table"},
    "Clause of system integration": {"integration_clause": "Appendix B, table"},
    "Clause of the hours": {"hours_clause": "Appendix B, table"},
    "Clause of the opening rule": {"opening": replace(SCHEDULE.opening, clause="Appendix B, table")},
    "Clause of the review": {"review": replace(SCHEDULE.review, clause="Appendix B, table")},
    "Clause of the included services": {
        "included": tuple(replace(service, clause="Appendix B, table") for service in SCHEDULE.included)
    },
}


@pytest.mark.parametrize("place", CLAUSES)
def test_another_clause_is_a_difference(place):
    changed = replace(SCHEDULE, **CLAUSES[place])

    [found] = differences(before=SCHEDULE, after=changed)
    shown = compared(changed)

    assert (found.place, found.after) == (place, "Appendix B, table")
    assert [(rule.place, rule.cell.after) for rule in shown.rules if rule.cell.changed] == [(place, found.after)]
    assert shown.changed == 1


def test_clauses_of_included_services_are_named_where_they_are_not_the_same():
    moved = replace(SCHEDULE.included[0], clause="Appendix A, note 2")
    changed = replace(SCHEDULE, included=(moved, *SCHEDULE.included[1:]))

    assert differences(before=SCHEDULE, after=changed) == (
        Difference(
            "Clause of the included services",
            "Appendix A, note 1",
            "Capacity Management: Appendix A, note 1; Network Management: Appendix A, note 1; "
            "Traffic Management: Appendix A, note 2",
        ),
    )


def test_another_rank_is_a_difference():
    swapped = replace(SCHEDULE, levels=(replace(VERY_SMALL, rank=2), replace(SMALL, rank=1), *SCHEDULE.levels[2:]))

    assert differences(before=SCHEDULE, after=swapped) == (
        Difference("Small: rank", "2", "1"),
        Difference("Very Small: rank", "1", "2"),
    )
    found = compared(swapped)
    assert [(level.name.after, level.rank) for level in found.levels[:2]] == [
        ("Small", ComparedCell("2", "1")),
        ("Very Small", ComparedCell("1", "2")),
    ]
    assert (found.changed, found.levels[0].changed) == (2, True)


def test_another_order_of_the_columns_is_a_difference():
    turned = replace(SCHEDULE, components=(COMPONENTS[2], *COMPONENTS[:2], *COMPONENTS[3:]))
    cell = ComparedCell(
        "gateway elements, 5ESS, SLC, SM, DACS II, DACS IV", "SLC, gateway elements, 5ESS, SM, DACS II, DACS IV"
    )

    assert differences(before=SCHEDULE, after=turned) == (Difference("Order of the columns", cell.before, cell.after),)
    assert (compared(turned).rules[-1].cell, compared(turned).changed) == (cell, 1)


def test_another_switch_is_a_difference():
    other = tuple(replace(part, defines_site=part.code == "SM") for part in COMPONENTS)

    assert differences(before=SCHEDULE, after=replace(SCHEDULE, components=other)) == (
        Difference("Switch", "5ESS", "SM"),
    )


# ---- side by side


def compared(schedule: Schedule | None, **values):
    """The comparison of a second amendment that brings a schedule."""
    second = amendment(2, date(1999, 10, 1), schedule=schedule, **values)
    return amendment_comparison(agreement=agreement(second), number=2, known_on=LATER)


def test_comparison_holds_every_cell_of_the_table_in_its_order():
    found = compared(SCHEDULE)

    assert str(found.against) == "Amendment 1 (LNM980917MP), Appendix A, table"
    assert [column.after for column in found.columns] == [
        "gateway elements",
        "5ESS (switch)",
        "SLC",
        "SM",
        "DACS II",
        "DACS IV",
    ]
    small = found.levels[1]
    assert (small.name.after, small.annual_price.after, small.integration_price.after) == (
        "Small",
        "198,000.00",
        "100,000.00",
    )
    assert [cell.before for cell in small.limits] == ["16 to 25", "1", "up to 15", "1", "1", "1"]
    assert found.levels[2].integration_price == ComparedCell("not stated", "not stated")
    assert (found.changed, any(level.changed for level in found.levels)) == (0, False)
    assert [rule.cell.after for rule in found.rules] == [
        "30 September 2000",
        "Appendix A, table",
        "Appendix A, note 5",
        "1500",
        "121,500.00",
        "81.00",
        "1.00",
        "10",
        "10",
        "Provisioning/Translations, Customer Care",
        "Appendix A, hours",
        "Very Small",
        "Very Small",
        "Appendix A, notes 3 and 4",
        "not stated",
        "60",
        "2",
        "Appendix A, note 3",
        "Capacity Management, Network Management, Traffic Management",
        "Appendix A, note 1",
    ]


def test_comparison_marks_what_differs_with_the_difference_of_amounts():
    cheaper = replace(
        with_level(SMALL, annual_price=Decimal("188100.00"), limits={**SMALL.limits, "GE": read_limit("16 to 27")}),
        hours=replace(SCHEDULE.hours, hourly_price=Decimal("0.00")),
    )
    found = compared(cheaper, expires_on=date(2001, 9, 30))

    small = found.levels[1]
    assert small.changed
    assert small.annual_price == ComparedCell("198,000.00", "188,100.00", Decimal("-9900.00"))
    assert small.limits[0] == ComparedCell("16 to 25", "16 to 27")
    assert found.rules[0].cell == ComparedCell("30 September 2000", "30 September 2001")
    assert found.rules[5].cell == ComparedCell("81.00", "0.00", Decimal("-81.00"))
    assert (found.changed, [level.changed for level in found.levels]) == (4, [False, True, False, False, False])


def test_comparison_knows_levels_and_components_by_their_codes():
    renamed = replace(SMALL, name="Small town", annual_price=Decimal("190000.00"))
    tiny = replace(VERY_SMALL, code="TINY", name="Tiny", rank=6)
    columns = (replace(COMPONENTS[0], name="GE"), *COMPONENTS[1:4], replace(COMPONENTS[5], code="FAX", name="Fax"))
    found = compared(replace(SCHEDULE, levels=(VERY_SMALL, renamed, MEDIUM, tiny), components=columns))

    assert [(level.name.before, level.name.after) for level in found.levels] == [
        ("Very Small", "Very Small"),
        ("Small", "Small town"),
        ("Medium", "Medium"),
        ("Large", ""),
        ("Very Large", ""),
        ("", "Tiny"),
    ]
    assert [(column.before, column.after) for column in found.columns] == [
        ("gateway elements", "GE"),
        ("5ESS (switch)", "5ESS (switch)"),
        ("SLC", "SLC"),
        ("SM", "SM"),
        ("DACS II", ""),
        ("DACS IV", ""),
        ("", "Fax"),
    ]
    large, new = found.levels[3], found.levels[5]
    assert (large.annual_price, large.limits[0]) == (ComparedCell("320,000.00", ""), ComparedCell("36 to 50", ""))
    assert (new.annual_price, new.integration_price) == (
        ComparedCell("", "163,000.00"),
        ComparedCell("", "100,000.00"),
    )
    assert found.levels[0].limits[4:] == (ComparedCell("1", ""), ComparedCell("1", ""), ComparedCell("", "not stated"))


def test_comparison_of_the_first_schedule_has_nothing_beside_it():
    found = amendment_comparison(agreement=AGREEMENT, number=1, known_on=LATER)

    assert found.against is None
    assert found.levels[0].annual_price == ComparedCell("", "163,000.00")
    assert found.rules[0].cell == ComparedCell("22 July 2000", "30 September 2000")
    assert found.rules[3].cell == ComparedCell("not on file", "1500")


def test_comparison_of_an_amendment_without_a_schedule_is_its_term():
    found = compared(None, expires_on=date(2001, 9, 30))

    assert (found.levels, found.columns, found.changed) == ((), (), 1)
    assert [(rule.place, rule.cell.after) for rule in found.rules] == [("Expiration", "30 September 2001")]
    endless = replace(AGREEMENT, amendments=(amendment(1, date(1999, 10, 1)),), original_expires_on=None)
    assert amendment_comparison(agreement=endless, number=1, known_on=LATER).rules[0].cell == ComparedCell(
        "no end", "no end"
    )
