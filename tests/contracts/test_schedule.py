from dataclasses import replace
from decimal import Decimal

import pytest

from contracts.schedule import (
    NOT_STATED,
    Component,
    Finding,
    IncludedService,
    Level,
    Limit,
    LimitKind,
    OpeningRule,
    Refused,
    Schedule,
    Weight,
    bands,
    findings,
    included_service_refusal,
    read_limit,
)
from tests.reference import LARGE, LEVELS, MEDIUM, SCHEDULE, SMALL, VERY_LARGE, VERY_SMALL

GE = Component("GE", "gateway elements")


def table(*cells: str, prices: tuple[str, ...] = ("100", "200", "300", "400")) -> Schedule:
    """A schedule of one component, one row per cell."""
    levels = [
        Level(f"L{rank}", f"Level {rank}", rank, Decimal(prices[rank - 1]), {"GE": read_limit(cell)})
        for rank, cell in enumerate(cells, start=1)
    ]
    return Schedule((GE,), tuple(levels))


@pytest.mark.parametrize(
    ("cell", "expected", "printed"),
    [
        ("up to 15", Limit(LimitKind.CAP, None, 15), "up to 15"),
        ("UP TO 15", Limit(LimitKind.CAP, None, 15), "up to 15"),
        ("  up   to 15 ", Limit(LimitKind.CAP, None, 15), "up to 15"),
        ("16 to 25", Limit(LimitKind.RANGE, 16, 25), "16 to 25"),
        ("16-25", Limit(LimitKind.RANGE, 16, 25), "16 to 25"),
        ("16 – 25", Limit(LimitKind.RANGE, 16, 25), "16 to 25"),
        ("16 to 16", Limit(LimitKind.RANGE, 16, 16), "16 to 16"),
        ("1", Limit(LimitKind.NUMBER, None, 1), "1"),
        ("0", Limit(LimitKind.NUMBER, None, 0), "0"),
        ("20 or more", Limit(LimitKind.OPEN, 20), "20 or more"),
        ("At least 20", Limit(LimitKind.OPEN, 20), "20 or more"),
        ("36+", Limit(LimitKind.OPEN, 36), "36 or more"),
        ("over 50", Limit(LimitKind.OPEN, 51), "51 or more"),
        ("more  than 50", Limit(LimitKind.OPEN, 51), "51 or more"),
        ("", NOT_STATED, "not stated"),
        ("   ", NOT_STATED, "not stated"),
    ],
)
def test_read_limit_reads_what_the_source_prints(cell, expected, printed):
    limit = read_limit(cell)

    assert limit == expected
    assert str(limit) == printed
    assert limit.stated is (expected is not NOT_STATED)


@pytest.mark.parametrize(
    "cell",
    ["up to l5", "l", "1,500", "up to", "16 to", "٣", "1234567890", "15 SM", "20 or", "over", "from 20", "+"],
)
def test_read_limit_refuses_what_is_no_number(cell):
    assert read_limit(cell, place="Small, SLC") == Refused(
        "NOT_A_NUMBER",
        "Small, SLC",
        f"Small, SLC: {cell!r} is not a number. Enter the figure it should say; the printed text is kept beside it.",
    )


@pytest.mark.parametrize(
    ("cell", "code", "said"),
    [
        ("-5", "NEGATIVE", "'-5' is negative."),
        ("up to -5", "NEGATIVE", "'up to -5' is negative."),
        ("−5 to 10", "NEGATIVE", "'−5 to 10' is negative."),
        ("15.5", "NOT_WHOLE", "'15.5' is a fraction."),
        ("16 to 25.5", "NOT_WHOLE", "'16 to 25.5' is a fraction."),
    ],
)
def test_read_limit_refuses_what_is_no_whole_number_from_zero(cell, code, said):
    assert read_limit(cell, place="Small, SLC") == Refused(
        code, "Small, SLC", f"Small, SLC: {said} A limit is a whole number from 0."
    )
    assert read_limit(cell, corrected="15") == Limit(LimitKind.NUMBER, None, 15, cell)


def test_read_limit_refuses_a_reversed_range():
    assert read_limit("25 to 16") == Refused(
        "RANGE_REVERSED", "limit", "limit: '25 to 16' begins above its end. Swap the two figures."
    )


@pytest.mark.parametrize(
    ("cell", "corrected", "expected"),
    [
        ("up to l5", "up to 15", Limit(LimitKind.CAP, None, 15, "up to l5")),
        ("", "1", Limit(LimitKind.NUMBER, None, 1, "")),
        (" l ", "1", Limit(LimitKind.NUMBER, None, 1, "l")),
    ],
)
def test_read_limit_keeps_the_printed_text_beside_a_correction(cell, corrected, expected):
    assert read_limit(cell, corrected=corrected) == expected


def test_read_limit_refuses_a_correction_that_is_no_number_either():
    assert read_limit("up to l5", corrected="up to fifteen").code == "NOT_A_NUMBER"


def test_level_does_not_state_a_component_it_does_not_mention():
    assert VERY_SMALL.limit("GE") == Limit(LimitKind.CAP, None, 15)
    assert VERY_SMALL.limit("FAX") is NOT_STATED


def test_schedule_finds_its_level_and_switch():
    assert SCHEDULE.level("LARGE") is LARGE
    assert SCHEDULE.level("HUGE") is None
    assert SCHEDULE.switch.code == "5ESS"
    assert table("up to 15").switch is None


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("Traffic Management", "Traffic Management"),
        ("TRAFFIC_MANAGEMENT", "Traffic Management"),
        (" traffic-management ", "Traffic Management"),
        ("Network Management", "Network Management"),
        ("Customer Care", None),
        ("Traffic", None),
    ],
)
def test_schedule_includes_a_service_however_it_is_spelled(service, expected):
    included = SCHEDULE.includes(service)

    assert (included and included.name) == expected


def test_an_open_end_closes_the_bands_and_may_leave_a_gap_or_overlap():
    assert findings(table("up to 5", "up to 10", "over 10")) == ()
    assert [one.message for one in findings(table("up to 5", "up to 10", "20+"))] == [
        "gateway elements: 11 to 19 falls between Level 2 and Level 3."
    ]
    assert [one.message for one in findings(table("up to 5", "6 or more", "9 or more"))] == [
        "gateway elements: 9 is in Level 2 and in Level 3."
    ]


def test_bands_begin_at_zero_for_a_cap_beside_ranges():
    assert bands(LEVELS, "GE") == ((VERY_SMALL, 0, 15), (SMALL, 16, 25), (MEDIUM, 26, 35), (LARGE, 36, 50))


@pytest.mark.parametrize("component", ["SLC", "SM", "5ESS", "FAX"])
def test_bands_are_none_without_a_range(component):
    assert bands(LEVELS, component) == ()


def test_bands_go_by_rank_not_by_order():
    assert bands(tuple(reversed(LEVELS)), "GE") == bands(LEVELS, "GE")


def test_findings_of_the_reference_are_its_blank_cells():
    places = [
        f"Very Large, {name}" for name in ("gateway elements", "SLC", "SM", "DACS II", "DACS IV")
    ]  # the 5ESS cell says 1

    assert [(found.weight, found.code, found.place) for found in findings(SCHEDULE)] == [
        (Weight.WARNING, "BLANK_IN_SOURCE", place) for place in places
    ]


@pytest.mark.parametrize(
    ("cells", "weight", "code", "message", "missing"),
    [
        (
            ("up to 15", "15 to 25"),
            Weight.ERROR,
            "BANDS_OVERLAP",
            "gateway elements: 15 is in Level 1 and in Level 2.",
            range(0),
        ),
        (
            ("0 to 15", "17 to 25"),
            Weight.WARNING,
            "BANDS_GAP",
            "gateway elements: 16 falls between Level 1 and Level 2.",
            range(16, 17),
        ),
        (
            ("0 to 15", "20 to 25"),
            Weight.WARNING,
            "BANDS_GAP",
            "gateway elements: 16 to 19 falls between Level 1 and Level 2.",
            range(16, 20),
        ),
        (
            ("20 to 25", "10 to 15"),
            Weight.ERROR,
            "BANDS_FALL",
            "gateway elements: Level 2 begins at 10, below Level 1.",
            range(0),
        ),
    ],
)
def test_findings_name_what_is_wrong_with_bands(cells, weight, code, message, missing):
    assert findings(table(*cells)) == (Finding(weight, code, message, "gateway elements", missing),)


@pytest.mark.parametrize("cells", [("up to 15", "16 to 25"), ("up to 15", "up to 8"), ("1", "1")])
def test_findings_are_none_for_a_sound_column(cells):
    assert findings(table(*cells)) == ()


@pytest.mark.parametrize(
    ("prices", "message"),
    [
        (("200.00", "200.00"), "Level 2 costs 200.00, no more than Level 1 at 200.00."),
        (("163000.00", "98000.00"), "Level 2 costs 98,000.00, no more than Level 1 at 163,000.00."),
    ],
)
def test_findings_warn_of_a_price_that_does_not_rise(prices, message):
    found = findings(table("up to 15", "16 to 25", prices=prices))

    assert found == (Finding(Weight.WARNING, "PRICE_DOES_NOT_RISE", message, "Level 2"),)


def test_findings_refuse_a_schedule_without_levels():
    assert findings(Schedule((GE,), ())) == (
        Finding(Weight.ERROR, "NO_LEVELS", "The schedule has no service level. Add at least one row."),
    )


def test_findings_refuse_what_is_used_twice():
    first, second = table("up to 15", "16 to 25").levels
    twice = Schedule((GE, GE), (first, replace(second, code="L1", rank=1)))

    repeated = [found for found in findings(twice) if found.code == "REPEATED"]

    assert repeated == [
        Finding(Weight.ERROR, "REPEATED", "The level code L1 is used twice.", "level code"),
        Finding(Weight.ERROR, "REPEATED", "The level rank 1 is used twice.", "level rank"),
        Finding(Weight.ERROR, "REPEATED", "The component code GE is used twice.", "component code"),
    ]


def test_findings_refuse_a_service_that_is_named_twice():
    named = replace(
        table("up to 15"),
        included=(IncludedService("Traffic"), IncludedService("Traffic")),
        hour_services=("Customer Care", "Customer Care"),
    )

    assert findings(named) == (
        Finding(Weight.ERROR, "REPEATED", "The included service Traffic is used twice.", "included service"),
        Finding(
            Weight.ERROR,
            "REPEATED",
            "The service charged by hours Customer Care is used twice.",
            "service charged by hours",
        ),
    )


def test_findings_refuse_an_included_service_that_is_charged_by_hours():
    named = replace(
        table("up to 15"),
        included=(IncludedService("Traffic Management", "Appendix A, note 1"),),
        hour_services=("Customer Care", "TRAFFIC_MANAGEMENT"),
    )

    assert findings(named) == (
        Finding(
            Weight.ERROR,
            "INCLUDED_IN_ANNUAL_PRICE",
            "The service charged by hours TRAFFIC_MANAGEMENT is used as an included service too (note 1). What the "
            "annual price includes cannot be charged: take it off one of the lists.",
            "service charged by hours",
        ),
    )


@pytest.mark.parametrize("service", ["Traffic Management", "CAPACITY_MANAGEMENT", "network management"])
def test_included_service_can_never_be_charged(service):
    name = service.replace("_", " ").title()

    assert included_service_refusal(schedule=SCHEDULE, service=service) == Refused(
        "INCLUDED_IN_ANNUAL_PRICE",
        "service",
        f"{name} is included in the annual price (Appendix A, note 1) and cannot be charged.",
    )


def test_other_service_can_be_charged():
    assert included_service_refusal(schedule=SCHEDULE, service="Customer Care") is None


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("up to 15", "15 to 25"), (("L1", "GE"), ("L2", "GE"))),
        (("20 to 25", "10 to 15"), (("L1", "GE"), ("L2", "GE"))),
        (("0 to 15", "17 to 25"), (("L1", "GE"), ("L2", "GE"))),
        (("up to 15", ""), (("L2", "GE"),)),
    ],
)
def test_findings_name_their_cells_by_codes(cells, expected):
    assert [found.cells for found in findings(table(*cells))] == [expected]


def test_finding_of_a_price_names_the_cell_of_the_higher_level():
    (found,) = findings(table("up to 15", "16 to 25", prices=("200.00", "200.00")))

    assert found.cells == (("L2", ""),)


def test_findings_refuse_an_opening_level_that_is_no_row():
    unknown = replace(table("up to 15"), opening=OpeningRule("TINY", "HUGE"))

    assert findings(unknown) == (
        Finding(Weight.ERROR, "UNKNOWN_LEVEL", "The opening level TINY is no row of the schedule.", "opening level"),
        Finding(Weight.ERROR, "UNKNOWN_LEVEL", "The starting level HUGE is no row of the schedule.", "starting level"),
    )


def test_findings_accept_a_schedule_without_an_opening_rule():
    assert findings(table("up to 15")) == ()
    assert VERY_LARGE.limit("GE") == NOT_STATED
