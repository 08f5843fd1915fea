"""The price table of a draft as one form: what is typed is stored as a whole, or refused at its cell."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from contracts.amendments.amending import discard_schedule
from contracts.models import Amendment, PriceSchedule
from contracts.schedule import (
    Component,
    CountedRule,
    HourPrices,
    IncludedService,
    Limit,
    LimitKind,
    ReviewRule,
    Schedule,
)
from tests import factories, reference
from tests.contracts.admin.admin_pages import messages_of, open_amendment
from tests.contracts.amendments.amendment_pages import address, draft_with_table, errors_of, table_of, typed_in
from tests.reading import words

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(date(1999, 2, 15))]


@pytest.fixture
def draft() -> Amendment:
    return draft_with_table()


def opened(client, draft: Amendment) -> dict[str, str]:
    """What the browser would send of the form on the amendment's page, unchanged."""
    return typed_in(client.get(address("amendment_detail", draft)))


def sent(client, draft: Amendment, do: str = "save", **typed):
    """The answer to the form with some fields typed anew: cell_1_0="15-25" is the field cell-1-0."""
    named = {name.replace("_", "-") if name.split("_")[0] in PARTS else name: value for name, value in typed.items()}
    return client.post(address("amendment_schedule", draft), opened(client, draft) | named | {"do": do})


PARTS = ("cell", "says", "level", "component", "included", "hour", "fill")


# ---- storing it


def test_table_that_is_saved_as_it_is_stays_as_it_is(manager, draft):
    answer = manager.post(address("amendment_schedule", draft), opened(manager, draft) | {"do": "save"}, follow=True)

    assert answer.redirect_chain == [(address("amendment_detail", draft), 302)]
    assert table_of(draft) == reference.SCHEDULE
    assert messages_of(answer) == ["The price table of Amendment 2 (LNM990901MP) is saved: 0 values changed."]


@pytest.mark.parametrize(
    ("printed", "says", "expected"),
    [
        ("up to 12", "", Limit(LimitKind.CAP, None, 12)),
        ("3", "", Limit(LimitKind.NUMBER, None, 3)),
        ("", "", Limit(LimitKind.NOT_STATED)),
        ("not stated", "", Limit(LimitKind.NOT_STATED)),
        ("up to l5", "up to 15", Limit(LimitKind.CAP, None, 15, "up to l5")),
        ("n/a", "not stated", Limit(LimitKind.NOT_STATED, None, None, "n/a")),
        ("up to 12", "up to 12", Limit(LimitKind.CAP, None, 12)),
    ],
)
def test_cell_is_read_as_it_is_printed(manager, draft, printed, says, expected):
    sent(manager, draft, cell_2_2=printed, says_2_2=says)

    assert table_of(draft).level("MEDIUM").limit("SLC") == expected


@pytest.mark.parametrize("printed", ["26-34", "26 to 34", "26 – 34"])
def test_range_is_read_as_it_is_printed(manager, draft, printed):
    sent(manager, draft, cell_2_0=printed)

    assert table_of(draft).level("MEDIUM").limit("GE") == Limit(LimitKind.RANGE, 26, 34)


def test_levels_that_follow_the_counts_are_stored_with_their_clause(manager, draft):
    nothing_held = {"first_period_level": "", "starting_level": "", "lead_days": "", "minimum_changed": ""}

    sent(manager, draft, follows_counts="on", follows_counts_clause="note 6", review_clause="", **nothing_held)

    assert table_of(draft).counted == CountedRule("note 6")
    assert "Levels follow the counts" in words(manager.get(address("amendment_detail", draft)))


def test_levels_that_follow_the_counts_are_refused_beside_a_rule_that_holds_one(manager, draft):
    answer = sent(manager, draft, follows_counts="on", first_period_level="")

    assert errors_of(answer)["follows_counts"] == [
        "The levels follow the counts, so that no renewal review can hold one. Take one of the two out.",
        "The levels follow the counts, so that no starting level can hold one. Take one of the two out.",
    ]
    assert table_of(draft).counted is None


def test_every_other_value_is_stored_too(manager, draft):
    sent(
        manager,
        draft,
        clause="Appendix B",
        integration_clause="note 9",
        switch="SM",
        first_period_level="SMALL",
        starting_level="",
        opening_clause="note 8",
        lead_days="90",
        minimum_changed="3",
        review_clause="note 7",
        block_hours="1000",
        block_price="85,000.00",
        hourly_price="85",
        minimum_hours="0.5",
        opens_after_blocks="",
        opens_in_month="9",
        hours_clause="note 6",
        level_0_price="170,000",
        level_2_integration="120000.50",
        level_3_name="Big",
        level_3_code="BIG",
        component_2_name="lines",
        component_2_code="LINES",
        included_0_name="",
        included_1_clause="note 5",
        included_3_name="Advice",
        hour_0_name="Repairs",
        hour_1_name="",
    )

    kept = table_of(draft)
    assert (kept.prices_clause, kept.integration_clause, kept.hours_clause) == ("Appendix B", "note 9", "note 6")
    assert kept.switch == Component("SM", "SM", defines_site=True)
    assert (kept.opening.first_period_level, kept.opening.starting_level) == ("SMALL", None)
    assert (kept.opening.clause, kept.review) == ("note 8", ReviewRule(90, 3, "note 7"))
    assert kept.hours == HourPrices(1000, Decimal("85000.00"), Decimal("85.00"), Decimal("0.50"), None, 9)
    assert kept.levels[0].annual_price == Decimal("170000.00")
    assert kept.levels[2].integration_price == Decimal("120000.50")
    assert (kept.levels[3].code, kept.levels[3].name) == ("BIG", "Big")
    assert (kept.components[2], kept.levels[0].limit("LINES").upper) == (Component("LINES", "lines"), 8)
    assert kept.included == (
        IncludedService("Capacity Management", "note 5"),
        IncludedService("Network Management", "Appendix A, note 1"),
        IncludedService("Advice"),
    )
    assert kept.hour_services == ("Repairs",)


def test_review_rule_is_left_out_when_all_of_it_is_empty(manager, draft):
    sent(manager, draft, lead_days="", minimum_changed="", review_clause="")

    assert table_of(draft).review is None


def test_level_and_component_are_taken_off(manager, draft):
    sent(manager, draft, level_3_remove="on", cell_3_0="wrong", level_3_price="", component_5_remove="on")

    kept = table_of(draft)
    assert [level.code for level in kept.levels] == ["VERY_SMALL", "SMALL", "MEDIUM", "VERY_LARGE"]
    assert [part.code for part in kept.components] == ["GE", "5ESS", "SLC", "SM", "DACS2"]


def test_levels_are_stored_by_their_ranks(manager, draft):
    sent(manager, draft, level_3_rank="5", level_4_rank="4")

    assert [level.code for level in table_of(draft).levels] == [
        "VERY_SMALL",
        "SMALL",
        "MEDIUM",
        "VERY_LARGE",
        "LARGE",
    ]


def test_row_and_column_are_added_without_storing_and_then_stored(manager, draft):
    page = sent(manager, draft, "add-level", level_0_price="170000")
    assert page.status_code == 200
    assert "row 6" in words(page)
    typed = typed_in(page)
    assert (typed["levels"], typed["level-5-rank"], typed["level-0-price"]) == ("6", "6", "170000")
    page = manager.post(address("amendment_schedule", draft), typed | {"do": "add-component"})
    assert table_of(draft) == reference.SCHEDULE

    typed = typed_in(page)
    typed |= {"level-5-code": "HUGE", "level-5-name": "Huge", "level-5-price": "500000", "cell-5-6": "up to 4"}
    typed |= {"component-6-code": "FAX", "component-6-name": "fax lines"}
    manager.post(address("amendment_schedule", draft), typed | {"do": "save"})

    kept = table_of(draft)
    assert (kept.levels[0].annual_price, kept.levels[5].annual_price) == (Decimal("170000.00"), Decimal("500000.00"))
    assert kept.components[6] == Component("FAX", "fax lines")
    assert (kept.levels[5].limit("FAX"), kept.levels[0].limit("FAX").stated) == (Limit(LimitKind.CAP, None, 4), False)


def test_row_that_was_added_and_left_empty_is_no_level(manager, draft):
    typed = typed_in(sent(manager, draft, "add-level"))
    manager.post(address("amendment_schedule", draft), typed | {"do": "save"})

    assert table_of(draft) == reference.SCHEDULE


def test_table_is_typed_from_the_document_where_there_is_none(manager):
    draft = open_amendment(factories.agreement())
    url = address("amendment_schedule", draft)
    typed = typed_in(manager.get(url)) | {
        "clause": "Appendix B",
        "component-0-code": "GE",
        "component-0-name": "gateway elements",
        "level-0-code": "ONE",
        "level-0-name": "One",
        "level-0-price": "1,000.00",
        "cell-0-0": "up to 15",
        "level-1-code": "TWO",
        "level-1-name": "Two",
        "level-1-price": "2,000.00",
        "cell-1-0": "16 to 25",
    }

    answer = manager.post(url, typed, follow=True)

    assert messages_of(answer) == ["The price table of Amendment 2 (LNM990901MP) is entered."]
    kept = table_of(draft)
    assert [(level.code, str(level.limit("GE"))) for level in kept.levels] == [("ONE", "up to 15"), ("TWO", "16 to 25")]
    assert (len(kept.components), kept.prices_clause, kept.review) == (1, "Appendix B", None)


# ---- refusing it


NOT_A_NUMBER = "is not a number. Enter the figure it should say; the printed text is kept beside it."


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (
            {"cell_1_0": "15-25"},
            {
                "cell-0-0": ["gateway elements: 15 is in Very Small and in Small."],
                "cell-1-0": ["gateway elements: 15 is in Very Small and in Small."],
            },
        ),
        ({"cell_2_2": "up to l5"}, {"cell-2-2": [f"Medium, SLC: 'up to l5' {NOT_A_NUMBER}"]}),
        (
            {"cell_2_2": "up to l5", "says_2_2": "fifteen"},
            {"says-2-2": [f"Medium, SLC: 'fifteen' {NOT_A_NUMBER}"]},
        ),
        (
            {"cell_2_3": "-2"},
            {"cell-2-3": ["Medium, SM: '-2' is negative. A limit is a whole number from 0."]},
        ),
        (
            {"starting_level": "TINY"},
            {"starting_level": ["The starting level TINY is no row of the schedule."]},
        ),
        (
            {"first_period_level": "TINY"},
            {"first_period_level": ["The opening level TINY is no row of the schedule."]},
        ),
        ({"switch": "FAX"}, {"switch": ["The component FAX is no column of the table."]}),
        ({"level_3_price": "-1"}, {"level-3-price": ["Enter 0.00 or more."]}),
        ({"level_3_price": "1,00"}, {"level-3-price": ["Enter an amount such as 163,000.00."]}),
        ({"level_3_price": "1.005"}, {"level-3-price": ["An amount in USD has at most 2 decimals: 1.005 is none."]}),
        ({"level_3_price": ""}, {"level-3-price": ["Give the annual price."]}),
        ({"level_3_integration": "x"}, {"level-3-integration": ["Enter an amount such as 163,000.00."]}),
        ({"level_3_name": ""}, {"level-3-name": ["Give the name that the table prints."]}),
        (
            {"level_3_code": "large"},
            {"level-3-code": ["Use capital letters, digits and underscores, such as VERY_SMALL."]},
        ),
        (
            {"level_3_code": "SMALL"},
            {
                "level-1-code": ["The level code SMALL is used twice."],
                "level-3-code": ["The level code SMALL is used twice."],
            },
        ),
        (
            {"level_4_rank": "4"},
            {
                "level-3-rank": ["The level rank 4 is used twice."],
                "level-4-rank": ["The level rank 4 is used twice."],
            },
        ),
        ({"level_3_rank": ""}, {"level-3-rank": ["Say which row it is, from 1 for the lowest level."]}),
        ({"level_3_rank": "0"}, {"level-3-rank": ["Enter a whole number from 1 to 32,767."]}),
        (
            {"component_4_code": "SM"},
            {
                "component-3-code": ["The component code SM is used twice."],
                "component-4-code": ["The component code SM is used twice."],
            },
        ),
        ({"component_5_code": ""}, {"component-5-code": ["Give a code, such as VERY_SMALL."]}),
        (
            {"included_3_name": "Traffic Management"},
            {
                "included-0-name": ["The included service Traffic Management is used twice."],
                "included-3-name": ["The included service Traffic Management is used twice."],
            },
        ),
        (
            {"hour_1_name": "Traffic Management"},
            {
                "hour-1-name": [
                    "The service charged by hours Traffic Management is used as an included service too (note 1). What "
                    "the annual price includes cannot be charged: take it off one of the lists."
                ]
            },
        ),
        ({"lead_days": ""}, {"lead_days": ["Give the days, or leave the whole review rule empty."]}),
        (
            {"minimum_changed": ""},
            {"minimum_changed": ["Say how many components must change before a price may."]},
        ),
        ({"minimum_changed": "0"}, {"minimum_changed": ["Enter a whole number from 1 to 32,767."]}),
        ({"opens_in_month": "13"}, {"opens_in_month": ["Enter a whole number from 1 to 12."]}),
        ({"opens_after_blocks": "٣"}, {"opens_after_blocks": ["Enter a whole number from 0 to 32,767."]}),
        ({"clause": ""}, {"clause": ["This field is required."]}),
    ],
)
def test_table_is_refused_at_its_cell(manager, draft, typed, expected):
    page = sent(manager, draft, **typed)

    assert errors_of(page) == expected
    shown = words(page)
    for (sentence,) in expected.values():
        assert sentence in shown
    assert "Nothing is saved." in shown
    assert table_of(draft) == reference.SCHEDULE


def test_table_is_refused_for_all_of_its_cells_at_once(manager, draft):
    page = sent(manager, draft, cell_1_0="15-25", cell_2_2="x", level_4_price="", starting_level="TINY")

    assert sorted(errors_of(page)) == ["cell-0-0", "cell-1-0", "cell-2-2", "level-4-price", "starting_level"]
    assert typed_in(page)["cell-1-0"] == "15-25"


def test_table_without_a_level_is_refused(manager, draft):
    page = sent(manager, draft, **{f"level_{index}_remove": "on" for index in range(5)})

    assert errors_of(page)["__all__"] == ["The schedule has no service level. Add at least one row."]


def test_cell_that_cannot_be_read_asks_what_it_should_say(manager, draft):
    assert 'name="says-2-2"' not in manager.get(address("amendment_detail", draft)).content.decode()
    page = sent(manager, draft, cell_2_2="up to l5")
    assert 'name="says-2-2"' in page.content.decode()

    manager.post(address("amendment_schedule", draft), typed_in(page) | {"says-2-2": "up to 15", "do": "save"})

    assert table_of(draft).level("MEDIUM").limit("SLC") == Limit(LimitKind.CAP, None, 15, "up to l5")
    assert 'name="says-2-2"' in manager.get(address("amendment_detail", draft)).content.decode()


@pytest.mark.parametrize(
    ("typed", "warning"),
    [
        ({"cell_2_0": "27 to 35"}, "gateway elements: 26 falls between Small and Medium."),
        ({"level_2_price": "1"}, "Medium costs 1.00, no more than Small at 198,000.00."),
        ({"cell_2_2": ""}, "Medium, SLC: the source leaves the cell blank; it is stored as not stated."),
    ],
)
def test_warnings_are_shown_and_stop_nothing(manager, draft, typed, warning):
    assert warning not in words(manager.get(address("amendment_detail", draft)))

    answer = sent(manager, draft, **typed)

    assert answer.status_code == 302
    assert warning in words(manager.get(address("amendment_detail", draft)))


def test_warnings_leave_out_what_could_not_be_read(manager, draft):
    page = sent(manager, draft, level_3_price="x", cell_2_3="x", cell_2_0="27 to 35")

    assert [finding.code for finding in page.context["table"].warnings] == ["BANDS_GAP"] + ["BLANK_IN_SOURCE"] * 5


def test_changed_cells_stand_beside_what_is_in_force(manager, draft):
    sent(manager, draft, level_0_price="154850.00", cell_0_2="up to 9", level_1_integration="")
    table = manager.get(address("amendment_detail", draft)).context["table"]

    assert [row.price.in_force for row in table.rows] == ["163,000.00", "", "", "", ""]
    assert [row.integration.in_force for row in table.rows] == ["", "100,000.00", "", "", ""]
    assert [cell.in_force for cell in table.rows[0].limits] == ["", "", "up to 8", "", "", ""]


def test_table_that_somebody_else_has_saved_meanwhile_is_not_overwritten_unseen(manager, draft):
    mine = opened(manager, draft) | {"level-0-price": "150000.00", "do": "save"}
    sent(manager, draft, level_1_price="190000.00")

    page = manager.post(address("amendment_schedule", draft), mine)

    (message,) = errors_of(page)["__all__"]
    assert message.startswith(
        "Somebody else has changed Appendix A, table of Amendment 2 (LNM990901MP) since you opened"
    )
    assert [(change.place, change.before, change.after) for change in page.context["overwritten"]] == [
        ("Very Small: annual price", "163,000.00", "150,000.00"),
        ("Small: annual price", "190,000.00", "198,000.00"),
    ]
    assert "Small: annual price: on file 190,000.00, yours 198,000.00" in words(page)
    assert table_of(draft).levels[1].annual_price == Decimal("190000.00")
    manager.post(address("amendment_schedule", draft), typed_in(page) | {"do": "save"})
    assert [level.annual_price for level in table_of(draft).levels[:2]] == [Decimal("150000.00"), Decimal("198000.00")]


def test_table_that_was_taken_off_meanwhile_is_entered_anew(manager, draft):
    mine = opened(manager, draft) | {"do": "save"}
    discard_schedule(schedule=PriceSchedule.objects.get(amendment=draft), on=date(1999, 2, 15), by=None)

    manager.post(address("amendment_schedule", draft), mine)

    assert table_of(draft) == reference.SCHEDULE


def test_table_with_errors_on_file_says_so_before_it_is_signed(manager):
    wide = {**reference.SMALL.limits, "GE": Limit(LimitKind.RANGE, 15, 25)}
    levels = (reference.VERY_SMALL, replace(reference.SMALL, limits=wide), *reference.LEVELS[2:])
    draft = draft_with_table(replace(reference.SCHEDULE, levels=levels))
    page = manager.get(address("amendment_detail", draft))

    assert (
        "Neither party’s signature can be recorded while the table has errors: gateway elements: 15 is in Very Small "
        "and in Small." in words(page)
    )
    refused = manager.post(address("amendment_sign", draft, "customer"), {"name": "Ann", "signed_on": "1999-02-01"})
    assert errors_of(refused) == {"__all__": ["gateway elements: 15 is in Very Small and in Small."]}


# ---- changing all prices


def prices(schedule: Schedule) -> list[str]:
    return [str(level.annual_price) for level in schedule.levels]


def test_all_prices_are_filled_in_without_storing_them(manager, draft):
    page = sent(manager, draft, "fill", fill_percent="-5")

    typed = typed_in(page)
    assert [typed[f"level-{index}-price"] for index in range(5)] == [
        "154,850.00",
        "188,100.00",
        "232,750.00",
        "304,000.00",
        "370,500.00",
    ]
    assert [typed[f"level-{index}-integration"] for index in range(3)] == ["95,000.00", "95,000.00", ""]
    assert (typed["block_price"], typed["hourly_price"], typed["block_hours"]) == ("115,425.00", "76.95", "1500")
    assert "9 prices changed by -5 % below. Nothing is saved yet" in words(page)
    assert table_of(draft) == reference.SCHEDULE

    manager.post(address("amendment_schedule", draft), typed | {"do": "save"})
    assert prices(table_of(draft)) == ["154850.00", "188100.00", "232750.00", "304000.00", "370500.00"]


def test_only_the_ticked_prices_are_filled_in(manager, draft):
    typed = opened(manager, draft)
    del typed["fill-integration"], typed["fill-hours"]
    page = manager.post(address("amendment_schedule", draft), typed | {"fill-percent": "2.5 %", "do": "fill"})

    shown = typed_in(page)
    assert (shown["level-0-price"], shown["level-0-integration"]) == ("167,075.00", "100,000.00")
    assert shown["hourly_price"] == "81.00"


def test_filling_keeps_what_was_typed_even_if_it_cannot_be_read(manager, draft):
    page = sent(manager, draft, "fill", fill_percent="10", level_0_price="x", cell_0_0="up to 14", level_1_price="100")

    typed = typed_in(page)
    assert (typed["level-0-price"], typed["cell-0-0"], typed["level-1-price"]) == ("x", "up to 14", "110.00")


@pytest.mark.parametrize("percent", ["", "x", "-100", "901", "1e1", "5 5"])
def test_percentage_that_is_none_is_refused_at_its_field(manager, draft, percent):
    page = sent(manager, draft, "fill", fill_percent=percent, level_0_price="1.00")

    assert list(page.context["percent"].errors) == ["percent"]
    assert page.context["percent"].errors["percent"][0] in words(page)
    assert typed_in(page)["level-0-price"] == "1.00"


# ---- what a browser should not send


@pytest.mark.parametrize("levels", ["99999999999999999999", "-1", "x", ""])
def test_number_of_rows_that_no_page_sends_breaks_nothing(manager, draft, levels):
    answer = manager.post(address("amendment_schedule", draft), opened(manager, draft) | {"levels": levels})

    assert answer.status_code == 200
    assert table_of(draft) == reference.SCHEDULE


def test_post_of_nothing_is_refused(manager, draft):
    page = manager.post(address("amendment_schedule", draft), {})

    assert "clause" in errors_of(page)
    assert table_of(draft) == reference.SCHEDULE
