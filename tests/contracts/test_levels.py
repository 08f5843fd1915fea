from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.levels import Flag, InvalidCount, measured_level
from contracts.readings import BlankCell, LevelDecision
from contracts.schedule import Component, Level, Schedule, read_limit
from tests.reference import COMPONENTS, LEVELS, SCHEDULE, SMALLEST, VERY_LARGE, bounded, counts

RANK = {level.code: level.rank for level in LEVELS}


def measured(reading: LevelDecision = LevelDecision.HIGHEST_NEEDED_ROW, **changed):
    return measured_level(schedule=SCHEDULE, counts=counts(**changed), reading=reading)


def outcome(found) -> tuple:
    return found.level and found.level.code, found.flags


@pytest.mark.parametrize(
    ("changed", "level", "price"),
    [
        ({"GE": 0}, "VERY_SMALL", "163000.00"),
        ({"GE": 15}, "VERY_SMALL", "163000.00"),
        ({"GE": 16}, "SMALL", "198000.00"),
        ({"GE": 25}, "SMALL", "198000.00"),
        ({"GE": 26}, "MEDIUM", "245000.00"),
        ({"GE": 35}, "MEDIUM", "245000.00"),
        ({"GE": 36}, "LARGE", "320000.00"),
        ({"GE": 50}, "LARGE", "320000.00"),
        ({"GE": 51}, "VERY_LARGE", "390000.00"),
        ({"SLC": 8}, "VERY_SMALL", "163000.00"),
        ({"SLC": 9}, "SMALL", "198000.00"),
        ({"SLC": 15}, "SMALL", "198000.00"),
        ({"SLC": 16}, "MEDIUM", "245000.00"),
        ({"SLC": 20}, "MEDIUM", "245000.00"),
        ({"SLC": 21}, "LARGE", "320000.00"),
        ({"SLC": 25}, "LARGE", "320000.00"),
        ({"SLC": 26}, "VERY_LARGE", "390000.00"),
        ({"SM": 1}, "VERY_SMALL", "163000.00"),
        ({"SM": 2}, "MEDIUM", "245000.00"),  # Small says 1, too
        ({"SM": 3}, "LARGE", "320000.00"),
        ({"SM": 4}, "VERY_LARGE", "390000.00"),
        ({"DACS2": 2}, "VERY_LARGE", "390000.00"),
        ({"DACS4": 2}, "VERY_LARGE", "390000.00"),
    ],
)
def test_level_changes_at_each_boundary(changed, level, price):
    found = measured(**changed)

    assert (found.level.code, str(found.annual_price)) == (level, price)


@pytest.mark.parametrize(
    ("changed", "level", "flags"),
    [
        ({}, "VERY_SMALL", ()),
        ({"GE": 20, "SLC": 12}, "SMALL", ()),
        ({"SLC": 9}, "SMALL", (Flag.NO_EXACT_ROW,)),  # GE 10 is below Small's 16
        ({"GE": 30}, "MEDIUM", (Flag.BELOW_STATED_NUMBER,)),  # Medium holds all, but states SM 2
        ({"GE": 20, "SLC": 16}, "MEDIUM", (Flag.NO_EXACT_ROW, Flag.BELOW_STATED_NUMBER)),
        ({"DACS2": 0}, "VERY_SMALL", (Flag.BELOW_STATED_NUMBER,)),
        ({"GE": 51, "SLC": 21}, "VERY_LARGE", (Flag.BLANK_CELL,)),
        ({"switches": 2}, None, (Flag.SEVERAL_SWITCHES,)),
        ({"switches": 0}, None, (Flag.NO_SWITCH,)),
        ({"switches": 0, "GE": None}, None, (Flag.NO_SWITCH,)),  # no switch decides, whatever else is missing
        ({"SLC": None}, None, (Flag.NOT_COUNTED,)),
        ({"switches": None}, None, (Flag.NOT_COUNTED,)),
        ({"SLC": None, "SM": None}, None, (Flag.NOT_COUNTED,)),
    ],
)
def test_flags_say_what_a_reader_must_know(changed, level, flags):
    assert outcome(measured(**changed)) == (level, flags)


def test_level_names_every_component_that_decides():
    found = measured(GE=30, SLC=18)

    assert [(part.component.code, part.level.code) for part in found.deciding] == [("GE", "MEDIUM"), ("SLC", "MEDIUM")]
    assert [part.level.code for part in found.components] == ["MEDIUM", "VERY_SMALL", "MEDIUM"] + ["VERY_SMALL"] * 3


def test_missing_count_is_named_and_never_zero():
    found = measured_level(schedule=SCHEDULE, counts={"GE": 10, "5ESS": 1})

    assert outcome(found) == (None, (Flag.NOT_COUNTED,))
    assert [part.component.code for part in found.deciding] == ["SLC", "SM", "DACS2", "DACS4"]
    assert found.annual_price is None


def test_switch_decides_where_there_is_none_or_more_than_one():
    assert [part.component.code for part in measured(switches=2).deciding] == ["5ESS"]
    assert [part.component.code for part in measured(switches=0).deciding] == ["5ESS"]


@pytest.mark.parametrize(
    ("changed", "level", "flags"),
    [
        ({"SLC": 12}, "VERY_SMALL", (Flag.NO_EXACT_ROW,)),
        ({"GE": 20, "SLC": 40, "SM": 9}, "SMALL", (Flag.NO_EXACT_ROW,)),
        ({"SLC": None}, "VERY_SMALL", (Flag.NO_EXACT_ROW,)),  # only the first component is asked
        ({"GE": None}, None, (Flag.NOT_COUNTED,)),
        ({"GE": 51}, "VERY_LARGE", (Flag.BLANK_CELL,)),
        ({"switches": 2}, None, (Flag.SEVERAL_SWITCHES,)),
    ],
)
def test_first_component_decides_alone_where_that_is_the_reading(changed, level, flags):
    assert outcome(measured(LevelDecision.FIRST_COMPONENT, **changed)) == (level, flags)


@pytest.mark.parametrize(
    ("blank", "level", "flags"),
    [
        (BlankCell.CONFIRMED, "VERY_LARGE", (Flag.BLANK_CELL,)),
        (BlankCell.NO_LIMIT, "VERY_LARGE", ()),
        (BlankCell.NO_LEVEL, None, (Flag.ABOVE_TABLE,)),
    ],
)
def test_a_blank_cell_is_a_reading(blank, level, flags):
    found = measured_level(schedule=SCHEDULE, counts=counts(GE=51), blank=blank)

    assert outcome(found) == (level, flags)


@pytest.mark.parametrize("quantity", [-1, 15.5, 15.0, "15", True, Decimal(15)])
def test_count_must_be_a_whole_number_from_zero(quantity):
    with pytest.raises(InvalidCount, match="^gateway elements: .+ is no count. Counts are whole numbers from 0.$"):
        measured(GE=quantity)


@pytest.mark.parametrize(
    ("changed", "code", "distance", "room"),
    [
        ({"GE": 14}, "GE", "14 of 15 gateway elements", 1),
        ({"GE": 16}, "GE", "16 of 25 gateway elements", 9),
        ({"SLC": 25}, "SLC", "25 of 25 SLC", 0),
        ({"SM": 2}, "SM", "2 of 2 SM", 0),
        ({"GE": 51}, "GE", "51 gateway elements, no limit stated", None),
        ({"SLC": None}, "SLC", "SLC: not counted", None),
        ({"switches": 2}, "5ESS", "2 5ESS, more than any row states", None),
        ({"switches": 0}, "5ESS", "0 5ESS", None),
    ],
)
def test_distance_to_the_next_limit(changed, code, distance, room):
    part = next(part for part in measured(**changed).components if part.component.code == code)

    assert (part.distance, part.room) == (distance, room)


@pytest.mark.parametrize(
    ("changed", "nearest"),
    [
        ({"GE": 14}, "14 of 15 gateway elements"),  # room 1, before SLC with room 3
        ({"SLC": 8}, "8 of 8 SLC"),
        ({"GE": 51}, "5 of 8 SLC"),
    ],
)
def test_nearest_is_the_component_closest_to_its_limit(changed, nearest):
    assert measured(**changed).nearest.distance == nearest


def test_nearest_is_none_without_any_figure():
    assert measured(GE=51, SLC=26).nearest is None


def one_column(*cells: str) -> Schedule:
    levels = [
        Level(f"L{rank}", f"Level {rank}", rank, Decimal(100 * rank), {"GE": read_limit(cell)})
        for rank, cell in enumerate(cells, start=1)
    ]
    return Schedule((Component("GE", "gateway elements"),), tuple(levels))


@pytest.mark.parametrize(
    ("cells", "quantity", "level", "flags"),
    [
        (("0 to 15", "17 to 25"), 16, None, (Flag.IN_GAP,)),
        (("5 to 15", "16 to 25"), 4, None, (Flag.IN_GAP,)),
        (("0 to 15", "16 to 25"), 26, None, (Flag.ABOVE_TABLE,)),
        (("0 to 15", "16 to 25", ""), 26, "L3", (Flag.BLANK_CELL,)),
        (("up to 8", "up to 15"), 16, None, (Flag.ABOVE_TABLE,)),
        (("up to 8", "", "up to 15"), 9, "L3", ()),  # a blank cell between figures holds nothing
        (("", "up to 15"), 3, "L2", ()),
        (("", ""), 3, "L1", (Flag.BLANK_CELL,)),
        (("up to 5", "6 to 10", "20 or more"), 20, "L3", ()),
        (("up to 5", "6 to 10", "20 or more"), 999_999_999, "L3", ()),
        (("up to 5", "6 to 10", "20 or more"), 19, None, (Flag.IN_GAP,)),
        (("up to 5", "up to 10", "over 10"), 10, "L2", ()),
        (("up to 5", "up to 10", "over 10"), 11, "L3", ()),
        (("up to 5", "up to 10", "20+"), 11, None, (Flag.IN_GAP,)),
        (("1", "1", "2 or more"), 1, "L1", ()),
    ],
)
def test_gaps_blanks_and_counts_above_the_table(cells, quantity, level, flags):
    assert outcome(measured_level(schedule=one_column(*cells), counts={"GE": quantity})) == (level, flags)


@pytest.mark.parametrize(
    ("quantity", "distance"),
    [(16, "16 gateway elements, between two rows"), (26, "26 gateway elements, more than any row states")],
)
def test_distance_says_where_a_count_without_a_row_lies(quantity, distance):
    found = measured_level(schedule=one_column("0 to 15", "17 to 25"), counts={"GE": quantity})

    assert found.components[0].distance == distance


def test_a_count_in_a_row_without_an_end_has_no_room_to_name():
    found = measured_level(schedule=one_column("up to 5", "over 5"), counts={"GE": 8})

    assert (found.components[0].distance, found.components[0].room) == ("8 gateway elements, 6 or more", None)


def test_order_of_the_rows_does_not_matter():
    turned = replace(SCHEDULE, levels=tuple(reversed(LEVELS)))

    assert measured_level(schedule=turned, counts=counts(SM=2)).level.code == "MEDIUM"
    assert measured_level(schedule=turned, counts=counts(GE=51)).level is VERY_LARGE


def test_every_flag_has_a_sentence():
    assert len({flag.sentence for flag in Flag}) == len(Flag)


quantity = st.integers(min_value=0, max_value=60)
configuration = st.fixed_dictionaries({component.code: quantity for component in COMPONENTS} | {"5ESS": st.just(1)})


@bounded
@given(configuration, st.sampled_from([code for code in SMALLEST if code != "5ESS"]), quantity)
def test_level_never_falls_when_a_count_rises(before, code, more):
    after = before | {code: before[code] + more}
    low = measured_level(schedule=SCHEDULE, counts=before)
    high = measured_level(schedule=SCHEDULE, counts=after)

    assert RANK[high.level.code] >= RANK[low.level.code]
    assert high.annual_price >= low.annual_price


@bounded
@given(configuration)
def test_level_is_the_lowest_row_that_holds_every_cap(counted):
    found = measured_level(schedule=SCHEDULE, counts=counted)
    caps = {level.code: {c.code: level.limit(c.code).upper for c in COMPONENTS} for level in LEVELS}
    holding = [
        level.code
        for level in LEVELS
        if all(cap is None or counted[code] <= cap for code, cap in caps[level.code].items())
    ]

    assert found.level.code == holding[0]
