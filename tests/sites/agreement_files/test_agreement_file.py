import json
from datetime import date

import jsonschema
import pytest

from sites.agreement_files.agreement_file import text
from sites.agreement_files.known import as_known_on
from sites.agreement_files.schema import MOST_BYTES, form_problems, read, schema
from sites.agreement_files.sections import expanded
from tests.sites.agreement_files.files import (
    DEMONSTRATION_TEXT,
    REFERENCE_TEXT,
    changed,
    demonstration,
    reference,
    small,
)


def told(document) -> list[str]:
    return [str(problem) for problem in form_problems(document)]


def read_told(content: bytes) -> list[str]:
    document, problems = read(content)
    assert document is None
    return [str(problem) for problem in problems]


# ---- the published form


def test_schema_is_valid_and_closed_and_describes_every_key():
    published = schema()
    jsonschema.Draft202012Validator.check_schema(published)

    def walk(part, place):
        if isinstance(part, dict):
            if "properties" in part and place != "$.properties":
                assert part.get("additionalProperties") is False, place
            for key, inner in part.items():
                walk(inner, f"{place}.{key}")

    walk(published, "$")
    assert all("description" in part for part in published["$defs"].values() if part is not published["$defs"]["plan"])


@pytest.mark.parametrize("content", [REFERENCE_TEXT, DEMONSTRATION_TEXT])
def test_read_accepts_the_files_of_the_product(content):
    assert read(content.encode()) == (json.loads(content), ())
    assert read(b"\xef\xbb\xbf" + content.encode()) == (json.loads(content), ())


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{\n  "format": 1,\n  "agreement": {"number": }\n}', "line 3, column 27: This is no JSON: Expecting value."),
        (b"", "line 1, column 1: This is no JSON: Expecting value."),
        (b'{"format": 1', "line 1, column 13: This is no JSON: Expecting ',' delimiter."),
        (b'{\n"city": "M\xe9xico"}', "line 2: The file is not UTF-8 text. Save it as UTF-8."),
        (b'{"format": NaN}', "file: NaN is no number. Write whole numbers, and money as text."),
        (b'{"GE": 1, "GE": 2}', 'file: The key "GE" appears twice in one object. Keep one of them.'),
        (b"[" * 100_000, "file: It is nested too deeply."),
        (b"x" * (MOST_BYTES + 1), "file: It is larger than 50,000,000 bytes. Split its counts over several files."),
    ],
    ids=["value", "empty", "cut", "latin1", "nan", "twice", "deep", "large"],
)
def test_read_refuses_what_is_no_document(content, expected):
    assert read_told(content) == [expected]


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        ("agreement.number", None, ["agreement.number: This is missing."]),
        ("format", 2, ["format: 2 is not 1."]),
        ("orders", [], ["orders: [] does not fit. Wanted: Orders of system integration."]),
        (
            "remarks",
            "x",
            [
                "remarks: Unknown key. Known here: format, demonstration, parties, agreement, amendments, readings, "
                "sites, reviews, plan, blocks, work, quotations, orders."
            ],
        ),
        (
            "amendments.0.schedule.levels.1.limits.GE",
            16,
            ["amendments[0].schedule.levels[1].limits.GE: 16 is not text in quotes or an object in braces."],
        ),
        (
            "amendments.0.schedule.levels.1.limits.SLC",
            {"printed": "up to l5"},
            ["amendments[0].schedule.levels[1].limits.SLC.corrected: This is missing."],
        ),
        (
            "amendments.0.effective_on",
            "1998-1-1",
            [
                'amendments[0].effective_on: "1998-1-1" does not fit. '
                "Wanted: A day, written as year-month-day such as 1998-10-01."
            ],
        ),
        (
            "amendments.0.schedule.levels.0.annual_price",
            "163,000.00",
            [
                'amendments[0].schedule.levels[0].annual_price: "163,000.00" does not fit. '
                'Wanted: An amount as text with the decimals of the currency, such as "163000.00" in USD and "163000" '
                "in JPY."
            ],
        ),
        ("amendments.0.expires_on", None, ["amendments[0].expires_on: This is missing; from_expires_on needs it."]),
        ("amendments.0.number", True, ["amendments[0].number: true is not a whole number."]),
        ("amendments.0.number", 1.0, ["amendments[0].number: 1.0 is not a whole number."]),
        ("agreement.held_above_percent", "150", ['agreement.held_above_percent: "150" is not a whole number or null.']),
        (
            "agreement.held_above_times",
            0,
            [
                "agreement.held_above_times: 0 does not fit. Wanted: A whole number from 1 to 32767: a draft is held "
                "that bills an hour at more than so many times one in a block. null: none is held. A new agreement "
                "without it has 10."
            ],
        ),
    ],
)
def test_form_problems_name_the_place(place, value, expected):
    assert told(changed(reference(), place, value)) == expected


@pytest.mark.parametrize("day", ["1998-02-29", "19981001", "1998-10-01\n", "1998-W40-4", "１９９８-10-01", ""])
def test_form_problems_refuse_what_is_no_day(day):
    assert len(told(changed(reference(), "agreement.dated_on", day))) == 1


@pytest.mark.parametrize("amount", ["163000.0", "-1.00", "1e3", "01.00", "163000.00\n", "١.00", "123456789012.00"])
def test_form_problems_refuse_what_is_no_amount(amount):
    assert len(told(changed(reference(), "amendments.0.schedule.levels.0.annual_price", amount))) == 1


@pytest.mark.parametrize(
    ("entry", "places"),
    [
        ({"date": "1999-07-31", "GE": 1.0}, ["sites[0].counts[0].GE"]),
        ({"date": "1999-07-31", "GE": -1}, ["sites[0].counts[0].GE"]),
        ({"date": "1999-07-31", "GE": None}, ["sites[0].counts[0].GE"]),
        ({"date": "1999-07-31", "ge": 1}, ["sites[0].counts[0].ge"]),
        ({"date": "1999-07-31", "GE\n": 1}, ["sites[0].counts[0].GE\n"]),
        ({"date": "1999-07-31"}, ["sites[0].counts[0]"]),
        ({"GE": 1, "SLC": "1"}, ["sites[0].counts[0].SLC", "sites[0].counts[0].date"]),
    ],
)
def test_form_problems_find_every_bad_count(entry, places):
    assert sorted(problem.place for problem in form_problems(small({"counts": [entry]}))) == places


# ---- written for people


@pytest.mark.parametrize("content", [REFERENCE_TEXT, DEMONSTRATION_TEXT])
def test_text_writes_the_files_of_the_product_byte_for_byte(content):
    assert text(json.loads(content)) == content


def test_text_writes_a_count_on_one_line_and_keeps_every_letter():
    document = {"a": [], "b": {}, "city": "Québec “x”", "rows": [{"n": 1}, {"long": "x" * 130}]}

    assert json.loads(text(document)) == document
    assert '\n          "date"' not in DEMONSTRATION_TEXT
    assert text(document).splitlines()[1:4] == ['  "a": [],', '  "b": {},', '  "city": "Québec “x”",']


def test_expanded_marks_every_site_and_review():
    document = expanded({"demonstration": True, "sites": [{"city": "A"}], "reviews": [{"period": 1}]})

    assert document == {
        "sites": [{"city": "A", "demonstration": True}],
        "reviews": [{"period": 1, "demonstration": True}],
    }


# ---- what was known on a day


def site_known_on(day, **facts) -> list[dict]:
    return as_known_on(small(facts), day).get("sites", [])


def test_as_known_on_keeps_what_was_agreed_and_the_plan_whole():
    document = {**demonstration(), **reference()}
    early = as_known_on(document, date(1990, 1, 1))

    facts = ("sites", "blocks", "work", "orders")
    assert early == {key: value for key, value in document.items() if key not in facts}


def test_as_known_on_shows_a_site_45_days_before_it_opens():
    assert site_known_on(date(1999, 6, 30), in_service_on="1999-08-15") == []
    assert len(site_known_on(date(1999, 7, 1), in_service_on="1999-08-15")) == 1


def test_as_known_on_shows_counts_levels_and_removals_on_their_days():
    facts = {
        "counts": [{"date": "1999-07-31", "GE": 1}, {"date": "1999-08-31", "GE": 2}],
        "charged_levels": [
            {"period": 2, "level": "SMALL", "agreed_on": "1999-12-10"},
            {"period": 3, "level": "SMALL", "agreed_on": "2000-12-10"},
        ],
        "removed_on": "2000-03-31",
        "charged_through": "2000-04-30",
        "charge_end_reason": "x",
    }
    days = (date(1999, 7, 30), date(1999, 8, 31), date(1999, 12, 10), date(2000, 3, 30), date(2000, 3, 31))
    seen = [site_known_on(day, **facts)[0] for day in days]

    assert [len(site.get("counts", [])) for site in seen] == [0, 2, 2, 2, 2]
    assert [len(site.get("charged_levels", [])) for site in seen] == [0, 0, 1, 1, 1]
    assert [site.get("removed_on") for site in seen] == [None, None, None, None, "2000-03-31"]
    assert [site.get("charge_end_reason") for site in seen] == [None, None, None, None, "x"]


def test_as_known_on_shows_reviews_and_each_agreement_on_their_days():
    line = {
        "site": "City 00",
        "eligible": True,
        "agreed_level": "SMALL",
        "agreed_price": "1.00",
        "decision_reason": "x",
    }
    review = {
        "period": 1,
        "opened_on": "1999-08-01",
        "customer": {"name": "A", "agreed_on": "1999-12-06"},
        "supplier": {"name": "B", "agreed_on": "1999-12-10"},
        "lines": [line],
    }
    document = {**small({}), "reviews": [review]}
    bare = {"site": "City 00", "eligible": True}

    assert "reviews" not in as_known_on(document, date(1999, 7, 31))
    assert as_known_on(document, date(1999, 8, 1))["reviews"] == [
        {"period": 1, "opened_on": "1999-08-01", "lines": [bare]}
    ]
    assert as_known_on(document, date(1999, 12, 6))["reviews"] == [
        {"period": 1, "opened_on": "1999-08-01", "customer": review["customer"], "lines": [bare]}
    ]
    assert as_known_on(document, date(1999, 12, 10))["reviews"] == [review]


def test_as_known_on_changes_nothing_in_the_document_it_was_given():
    document = demonstration()
    as_known_on(document, date(1999, 1, 31))

    assert document == demonstration()


def test_as_known_on_grows_from_month_to_month_to_the_whole():
    sizes = [
        sum(len(site.get("counts", [])) for site in as_known_on(demonstration(), date(year, month, 1)).get("sites", []))
        for year, month in [(1998, 10), (1998, 11), (1999, 8), (1999, 12), (2000, 10)]
    ]

    assert sizes == sorted(sizes)
    assert sizes[0] == 10  # the opening counts of the ten first sites
    assert as_known_on(demonstration(), date(2000, 9, 30)) == demonstration()
