from datetime import date

import pytest

from tests.sites.agreement_files import changed, demonstration, load, reference, refused, small

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
            ["amendments[0].schedule.levels[1]: The level code VERY_SMALL stands twice in the file. Keep one of them."],
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
            "amendments.0.from_expires_on",
            "2000-06-30",
            [
                "amendments[0].from_expires_on: The amendment extends from 30 June 2000, "
                "but the expiration on file is 22 July 2000. Correct one of the two."
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
                "Known: level, change, review-day, frequency, timing, proration, rounding."
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
                "readings[1]: The question change stands twice in the file. Keep one of them.",
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
                "agreement.original_expires_on: The expiration must lie after the date of the agreement.",
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
            ["sites[0].counts[0].date: 1998-09-30 lies before the site's first day in service, 1998-10-01."],
        ),
        (
            {"counts": [{"date": "2000-12-02", "GE": 1}]},
            [
                "sites[0].counts[0].date: 2000-12-02 lies after 2000-12-01. "
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
        ({"removed_on": "1998-09-30"}, ["sites[0].removed_on: The last day in service lies before the first."]),
        (
            {"charged_levels": [{"period": 2, "level": "HUGE", "agreed_on": "1999-12-10"}]},
            [
                'sites[0].charged_levels[0].level: "HUGE" is no level of a price schedule. '
                "Known: 1/VERY_SMALL, 1/SMALL, 1/MEDIUM, 1/LARGE, 1/VERY_LARGE."
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


def test_sites_are_checked_against_each_other_and_those_on_file():
    assert refused(small({"city": "Reno", "clli": "A"}, {"city": "Reno"}, {"clli": "A"})) == [
        "sites[1]: The site Reno stands twice in the file. Keep one of them.",
        "sites[2].clli: The CLLI code A stands at another site of the file.",
    ]
    load(small({"city": "Reno", "clli": "A"}))
    assert refused(small({"city": "Mobile", "clli": "A"})) == [
        "sites[0].clli: The CLLI code A is that of Reno on file."
    ]


def test_reviews_are_checked():
    review = {"period": 1, "opened_on": "2001-01-01", "lines": [{"site": "Nowhere", "agreed_level": "X"}]}
    problems = refused({**small({}), "reviews": [review, {**review, "period": 2000}]})

    assert [problem.split(":")[0] for problem in problems] == [
        "reviews[0].kind",
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


def test_an_agreement_named_by_number_must_be_on_file():
    assert [problem.split(":")[0] for problem in refused(demonstration())][:4] == [
        "agreement.dated_on",
        "agreement.supplier",
        "agreement.customer",
        "agreement.first_period_starts_on",
    ]


def test_facts_of_a_later_day_are_refused():
    assert refused(reference(), on=date(1998, 10, 10)) == [
        "amendments[0].supplier_signature.signed_on: 1998-10-20 lies after 1998-10-10. "
        "Load what has happened by then, and the rest when it has."
    ]


def test_warnings_stop_nothing_and_are_told():
    document = changed(reference(), "amendments.0.schedule.levels.1.limits.GE", "18 to 25")

    warnings = [str(warning) for warning in load(document).warnings]

    assert "amendments[0].schedule: gateway elements: 16 to 17 lies between Very Small and Small." in warnings
