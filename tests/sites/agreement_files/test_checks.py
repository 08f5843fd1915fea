from datetime import date

import pytest

from sites.agreement_files.loading import CannotLoad
from sites.agreement_files.schema import form_problems
from tests.sites.agreement_files.files import agreed_review, changed, demonstration, load, reference, refused, small

pytestmark = pytest.mark.django_db


# ---- cross-checks


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        (
            "amendments.0.schedule.levels.1.limits.SLC",
            "up to l5",
            [
                "amendments[0].schedule.levels[1].limits.SLC: The cell: 'up to l5' is not a number. "
                "Enter the figure it should say; the printed text is kept beside it."
            ],
        ),
        (
            "amendments.0.schedule.levels.1.limits.GE",
            "15 to 25",
            ["amendments[0].schedule: gateway elements: 15 is in Very Small and in Small."],
        ),
        (
            "amendments.0.schedule.levels.1.limits.ODD",
            "1",
            [
                "amendments[0].schedule.levels[1].limits.ODD: The schedule has no component ODD. "
                "It has GE, 5ESS, SLC, SM, DACS2, DACS4."
            ],
        ),
        (
            "amendments.0.schedule.levels.1.limits.GE",
            None,
            [
                "amendments[0].schedule.levels[1].limits.GE: This is missing. "
                'Write "" for a cell that the source leaves blank.'
            ],
        ),
        (
            "amendments.0.schedule.levels.1.code",
            "VERY_SMALL",
            ["amendments[0].schedule.levels[1]: The level code VERY_SMALL is in the file twice. Keep one of them."],
        ),
        (
            "amendments.0.schedule.components.2.is_switch",
            True,
            ["amendments[0].schedule.components[2].is_switch: Another component is the switch already."],
        ),
        (
            "amendments.0.schedule.opening.starting_level",
            "TINY",
            ["amendments[0].schedule: The starting level TINY is no row of the schedule."],
        ),
        ("amendments.0.number", 2, ["amendments[0].number: Amendment 1 comes next, not 2."]),
        (
            "agreement.executed_on",
            None,
            [
                "agreement.executed_on: This is missing, but both parties signed amendment 1. "
                "Record the agreement's own execution first."
            ],
        ),
        (
            "amendments.0.from_expires_on",
            "2000-06-30",
            [
                "amendments[0].from_expires_on: The amendment extends from 30 June 2000, "
                "but the expiration on file is 22 July 2000. Correct one of the two."
            ],
        ),
        (
            "amendments.0.expires_on",
            "1998-09-30",
            [
                "amendments[0].expires_on: The amendment would expire on 30 September 1998, before it takes effect on "
                "1 October 1998: it would govern no day. Correct one of the two dates."
            ],
        ),
        (
            "amendments.0.effective_on",
            None,
            ["amendments[0].effective_on: This is missing: amendment 1 is not on file, so the file must describe it."],
        ),
        (
            "readings.0.question",
            "weather",
            [
                'readings[0].question: "weather" is no question. '
                "Known: level, change, review-day, frequency, timing, proration, rounding, site-charge, no-switch, "
                "advance-start, until-agreed, block-count, block-completion, minimum, minutes, blank-cell, "
                "not-eligible, history."
            ],
        ),
        (
            "readings.0.choice",
            "net-count",
            ['readings[0].choice: "net-count" is no choice. Choices: highest-needed-row, first-component.'],
        ),
        (
            "readings.0.question",
            "change",
            [
                "readings[1]: The reading of change is in the file twice. Keep one of them.",
                'readings[0].choice: "highest-needed-row" is no choice. Choices: net-count, any-change, band, units.',
            ],
        ),
        (
            "agreement.supplier",
            "Nobody Inc.",
            ['agreement.supplier: "Nobody Inc." is no party of the file or on file. Add it.'],
        ),
        ("agreement.supplier", "KMC Telecom Inc.", ["agreement.customer: Supplier and customer are the same party."]),
        (
            "agreement.original_expires_on",
            "1997-09-04",
            [
                "agreement.original_expires_on: The expiration must be after the date of the agreement.",
                "amendments[0].from_expires_on: The amendment extends from 22 July 2000, "
                "but the expiration on file is 4 September 1997. Correct one of the two.",
            ],
        ),
        (
            "agreement.dated_on",
            None,
            [
                "agreement.dated_on: This is missing: agreement LNS970602JC is not on file, "
                "so the file must describe it."
            ],
        ),
        (
            "parties.1.aliases",
            [{"name": "KMC Telcom Inc."}],
            ['parties[1].aliases[0]: "KMC Telcom Inc." is an alias of KMC Telecom Inc. already.'],
        ),
        (
            "parties.0.division",
            "bell\x07",
            ["parties[0].division: Character 5 cannot be printed (U+0007). Type the text again without it."],
        ),
    ],
)
def test_cross_checks_name_the_place(place, value, expected):
    assert refused(changed(reference(), place, value)) == expected


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        (
            {"counts": [{"date": "1998-09-30", "GE": 1}]},
            ["sites[0].counts[0].date: 1998-09-30 is before the site's first day in service, 1998-10-01."],
        ),
        (
            {"counts": [{"date": "2000-12-02", "GE": 1}]},
            [
                "sites[0].counts[0].date: 2000-12-02 is after 2000-12-01. "
                "Load what has happened by then, and the rest when it has."
            ],
        ),
        (
            {"counts": [{"date": "1999-07-31", "ODD": 1}]},
            ["sites[0].counts[0].ODD: No price schedule on file or in the file has a component ODD."],
        ),
        (
            {"counts": [{"date": "1999-07-31", "GE": 1}, {"date": "1999-07-31", "source": "x", "GE": 1}]},
            ["sites[0].counts[1].GE: Counted twice on 1999-07-31."],
        ),
        ({"removed_on": "1998-09-30"}, ["sites[0].removed_on: The last day in service is before the first."]),
        (
            {"charged_levels": [{"period": 2, "level": "HUGE", "agreed_on": "1999-12-10"}]},
            [
                'sites[0].charged_levels[0].level: "HUGE" is no level of a price schedule. '
                "Known: 1/VERY_SMALL, 1/SMALL, 1/MEDIUM, 1/LARGE, 1/VERY_LARGE.",
                "sites[0].charged_levels[0]: Nothing says where this level comes from. Name the review that agreed it "
                '("review"), or mark the level at which a later site starts ("starting").',
            ],
        ),
        (
            {"charged_levels": [{"period": 2, "level": "3/SMALL", "agreed_on": "1999-12-10", "review": 1}]},
            [
                'sites[0].charged_levels[0].level: "3/SMALL" is no level of a price schedule. '
                "Known: 1/VERY_SMALL, 1/SMALL, 1/MEDIUM, 1/LARGE, 1/VERY_LARGE.",
                "sites[0].charged_levels[0].review: No review of annual period 1 has a line for City 00.",
            ],
        ),
    ],
)
def test_sites_are_checked(site, expected):
    assert refused(small(site)) == expected


CITY = "City 00"
LATER = "1999-11-15"
"""A first day in service in the second annual period."""


@pytest.mark.parametrize(
    ("start", "level", "expected"),
    [
        ("1998-10-01", {"review": 1}, []),
        (LATER, {"starting": True, "level": "VERY_SMALL"}, []),
        (LATER, {"starting": True, "level": "1/SMALL"}, []),
        (
            "1998-10-01",
            {"period": 1, "level": "LARGE"},
            [
                ".period: Every site is charged at Very Small in the first annual period (Appendix A, notes 3 and 4). "
                "Leave this level out."
            ],
        ),
        (
            "1998-10-01",
            {"starting": True},
            [
                ".period: City 00 starts on 1998-10-01, not in annual period 2 (1999-10-01 to 2000-09-30). "
                "The level of a later period is agreed at the review."
            ],
        ),
        (
            LATER,
            {"starting": True, "level": "LARGE"},
            [".level: A later site starts at Very Small or Small, not at Large. Choose another level."],
        ),
        (LATER, {"starting": True, "review": 1}, [".review: No review agrees a starting level. Keep one of the two."]),
        (
            "1998-10-01",
            {"period": 3, "review": 1},
            [
                ".review: The review of annual period 1 agrees the levels of annual period 2, not of 3. "
                "Correct one of the two."
            ],
        ),
        (
            "1998-10-01",
            {"review": 1, "level": "LARGE"},
            ['.level: The review of annual period 1 agreed "SMALL" for City 00, not "LARGE". Correct one of the two.'],
        ),
        (
            "1998-10-01",
            {"review": 1, "agreed_on": "1999-08-10"},
            [
                ".agreed_on: The review of annual period 1 was agreed on 1999-08-12, not on 1999-08-10. "
                "Correct one of the two."
            ],
        ),
        ("1998-10-01", {"period": 1001, "review": 1}, [".period: There is no annual period 1001."]),
    ],
)
def test_a_level_comes_from_an_event(start, level, expected):
    row = {"period": 2, "level": "SMALL", "agreed_on": "1999-08-12", **level}
    document = {**small({"in_service_on": start, "charged_levels": [row]}), "reviews": [agreed_review({CITY: "SMALL"})]}

    if expected:
        assert refused(document) == [f"sites[0].charged_levels[0]{problem}" for problem in expected]
    else:
        assert load(document).added["charged levels"] == 1


def test_a_level_needs_the_agreement_of_both_parties():
    row = {"period": 2, "level": "SMALL", "agreed_on": "1999-08-12", "review": 1}
    review = agreed_review({CITY: "SMALL"})
    del review["supplier"]

    assert refused({**small({"charged_levels": [row]}), "reviews": [review]}) == [
        "sites[0].charged_levels[0].review: The review of annual period 1 is not agreed by both parties. "
        "Add their agreement to it, or leave this level out."
    ]


def test_a_level_of_the_first_period_stands_where_no_opening_level_rules_it():
    document = small({"charged_levels": [{"period": 1, "level": "LARGE", "agreed_on": "1998-10-01", "starting": True}]})

    assert load(changed(document, "amendments.0.schedule.opening", None)).added["charged levels"] == 1


# ---- beside errors of form


def test_errors_of_form_hide_no_repeat_and_no_later_fact():
    counts = [
        {"date": "1999-07-01", "GE": 1},
        {"date": "1999-07-01", "GE": 2},
        {"GE": 3, "SLC": 1},
        {"date": "2001-01-01", "X": 1},
    ]
    document = small(
        {"in_service_on": "soon", "counts": counts}, {"city": "City 00", "population": "many"}, {"city": 5, "counts": 7}
    )
    document["parties"][1]["division"] = "bell\x07"

    assert sorted(refused(document)) == [
        "parties[1].division: Character 5 cannot be printed (U+0007). Type the text again without it.",
        "sites[0].counts[1].GE: Counted twice on 1999-07-01.",
        "sites[0].counts[2].date: This is missing.",
        "sites[0].counts[3].date: 2001-01-01 is after 2000-12-01. "
        "Load what has happened by then, and the rest when it has.",
        'sites[0].in_service_on: "soon" does not fit. Wanted: A day, written as year-month-day such as 1998-10-01.',
        'sites[1].population: "many" is not a whole number.',
        "sites[1]: The site City 00 is in the file twice. Keep one of them.",
        "sites[2].city: 5 is not text in quotes.",
        "sites[2].counts: 7 is not a list in brackets.",
    ]


def test_a_site_whose_state_cannot_be_read_is_no_repeat():
    assert refused(small({"city": "Reno"}, {"city": "Reno", "state": 5})) == [
        "sites[1].state: 5 is not text in quotes."
    ]


def places(value: object, way: tuple = ()):
    """Every place of a document."""
    yield way
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in rows:
        yield from places(inner, (*way, str(key)))


@pytest.mark.parametrize("wrong", [None, 5, "x", [], {}, [5], {"x": []}, True], ids=repr)
def test_no_malformed_part_makes_the_checks_fail(wrong):
    level = {"period": 2, "level": "SMALL", "agreed_on": "1999-08-12", "review": 1}
    site = {"charged_levels": [level], "counts": [{"date": "1999-07-01", "GE": 1}]}
    document = {**small(site), "reviews": [agreed_review({CITY: "SMALL"})]}
    schedule = document["amendments"][0]["schedule"]
    for rows, name in ((schedule, "levels"), (schedule, "included_services"), (document, "readings")):
        del rows[name][1:]  # one row of a kind is as good as ten
    for way in list(places(document))[1:]:
        broken = changed(document, ".".join(way), wrong)
        if form_problems(broken):
            with pytest.raises(CannotLoad):
                load(broken)


def test_sites_are_checked_against_each_other_and_those_on_file():
    assert refused(small({"city": "Reno", "clli": "A"}, {"city": "Reno"}, {"clli": "A"})) == [
        "sites[1]: The site Reno is in the file twice. Keep one of them.",
        "sites[2].clli: The CLLI code A belongs to another site of the file.",
    ]
    load(small({"city": "Reno", "clli": "A"}))
    assert refused(small({"city": "Mobile", "clli": "A"})) == [
        "sites[0].clli: The CLLI code A is that of Reno on file."
    ]


def test_reviews_are_checked():
    review = {
        "period": 1,
        "kind": "price-review",
        "opened_on": "2001-01-01",
        "lines": [{"site": "Nowhere", "agreed_level": "X"}],
    }
    problems = refused({**small({}), "reviews": [review, {**review, "period": 2000}]})

    assert [problem.split(":")[0] for problem in problems] == [
        "reviews[0].first_day",
        "reviews[0].last_day",
        "reviews[0].due_on",
        "reviews[0].cut_off_on",
        "reviews[0].lines[0].site",
        "reviews[0].lines[0].agreed_level",
        "reviews[1].period",
        "reviews[0].opened_on",
        "reviews[1].opened_on",
    ]


def test_a_review_is_told_apart_by_its_period_and_kind():
    check, bare = {"period": 2, "kind": "term-check"}, {"period": 2}
    problems = refused({**small({}), "reviews": [bare, check, {**check, "kind": "price-review"}, check]})

    assert problems == [
        "reviews[0].kind: This is missing.",
        "reviews[3]: The review of annual period 2 (term-check) is in the file twice. Keep one of them.",
    ]


def test_an_agreement_named_by_number_must_be_on_file():
    assert [problem.split(":")[0] for problem in refused(demonstration())][:4] == [
        "agreement.dated_on",
        "agreement.supplier",
        "agreement.customer",
        "agreement.first_period_starts_on",
    ]


def test_every_amendment_is_checked_whatever_is_wrong_with_those_before_it():
    document = changed(changed(reference(), "agreement.supplier", None), "amendments.0.effective_on", None)
    first = {**document["amendments"][0], "from_expires_on": "2000-06-30"}
    second = {"number": 2, "effective_on": "1999-10-01", "from_expires_on": "2001-01-01", "expires_on": "2002-09-30"}
    fourth = {"number": 4, "effective_on": "1999-11-01"}

    assert [problem.split(":")[0] for problem in refused({**document, "amendments": [first, second, fourth]})] == [
        "agreement.supplier",
        "amendments[0].effective_on",
        "amendments[0].from_expires_on",
        "amendments[1].from_expires_on",
        "amendments[2].number",
    ]


def test_facts_of_a_later_day_are_refused():
    assert refused(reference(), on=date(1998, 10, 10)) == [
        "amendments[0].supplier_signature.signed_on: 1998-10-20 is after 1998-10-10. "
        "Load what has happened by then, and the rest when it has."
    ]


def test_warnings_stop_nothing_and_are_told():
    document = changed(reference(), "amendments.0.schedule.levels.1.limits.GE", "18 to 25")

    warnings = [str(warning) for warning in load(document).warnings]

    assert "amendments[0].schedule: gateway elements: 16 to 17 falls between Very Small and Small." in warnings
