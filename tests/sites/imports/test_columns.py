import pytest

from sites.imports.columns import Column, heading_key, match_headings

COMPONENTS = (
    Column("GE", "GE", ("gateway elements",)),
    Column("5ESS", "5ESS"),
    Column("SLC", "SLC"),
    Column("SM", "SM", ("switching modules",)),
    Column("DACS2", "DACS2", ("DACS II",)),
    Column("DACS4", "DACS4", ("DACS IV",)),
)


def held(heading: str, columns=COMPONENTS, **choices):
    (key,) = match_headings([heading], columns=columns, choices=choices.get("choices")).keys
    return key


@pytest.mark.parametrize(
    ("heading", "key"),
    [
        *((text, "GE") for text in ("GE", "ge", " Ge ", "gateway elements", "Gateway_Elements", "GATEWAY-ELEMENT")),
        *((text, "5ESS") for text in ("5ESS", "5 ESS", "5-ess", "V ESS", "５ESS")),
        *((text, "SLC") for text in ("SLC", "s-l-c", "slc.")),
        *((text, "DACS2") for text in ("DACS II", "DACS 2", "dacs-ii", "DACS2", "dacs_2", "DACSII", "dacs/II")),
        *((text, "DACS4") for text in ("DACS IV", "DACS 4", "dacs-iv", "DACS4", "DACSIV", "Dacs\u2011IV")),
        *((text, None) for text in ("DACS", "DACS 3", "DACS VI", "", "GEX", "elements", "DACS44", "sms", "4DACS")),
    ],
)
def test_a_heading_is_found_however_it_is_written(heading, key):
    assert held(heading) == key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("DACS IV", "dacs4"),
        ("XIX", "19"),
        ("x x", "1010"),
        ("XX", "20"),
        ("IIII", "iiii"),
        ("A\u00a0B", "ab"),
        ("", ""),
    ],
)
def test_heading_key(text, key):
    assert heading_key(text) == key


def test_a_heading_that_fits_two_columns_names_none_and_says_which():
    twins = (Column("D4", "D4", ("DACS IV",)), Column("DX4", "DX4", ("DACS-4",)))

    found = match_headings(["dacs 4"], columns=twins)

    assert found.keys == (None,)
    assert found.unclear == (("dacs 4", "This could be D4 or DX4. Say which it is."),)
    assert held("DACS IV", twins) == "D4"  # word for word it is the name of one
    assert held("dacs 4", twins, choices={"dacs 4": "DX4"}) == "DX4"


def test_the_code_of_one_component_is_nobody_elses_name():
    columns = (Column("GE", "GE"), Column("SM", "SM", ("GE",)))

    assert held("ge", columns) == "GE"


def test_an_unknown_heading_waits_for_a_choice_and_keeps_it():
    found = match_headings(
        ["GE", "remark", "x", "y"], columns=COMPONENTS, choices={"remark": "", "x": "dacs iv", "y": "z"}
    )

    assert found.keys == ("GE", "", "DACS4", None)
    assert (found.left_out, found.chosen) == (("remark",), (("x", "DACS4"),))
    assert [title for title, _said in found.unclear] == ["y"]


def test_a_choice_can_leave_a_known_column_out():
    assert match_headings(["GE"], columns=COMPONENTS, choices={"GE": ""}).left_out == ("GE",)


def test_columns_without_a_heading_are_named_by_their_place():
    found = match_headings(["GE", "", " "], columns=COMPONENTS)

    assert found.titles == ("GE", "number 2", "number 3")
    assert [title for title, _said in found.unclear] == ["number 2", "number 3"]


def test_two_headings_for_one_column_are_told():
    assert match_headings(["DACS IV", "GE", "dacs 4"], columns=COMPONENTS).repeated == ("dacs 4",)
