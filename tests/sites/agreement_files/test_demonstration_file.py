"""The demonstration shows every rule of levels, reviews and hours: its cities and hours stand for them, as listed."""

from datetime import date
from decimal import Decimal

import pytest

from contracts.levels import Flag
from contracts.money import ZERO
from contracts.readings import DEFAULT_READINGS, ChangeCounting
from sites.agreement_files.sections import components_counted, site_name
from sites.counts.count import Count
from sites.hours.entries import Purchase, Work
from sites.hours.ledger import HourLedger, hour_ledger
from sites.review_days import in_review
from sites.reviews.evidence import Compared, Findings, findings
from sites.reviews.review import late_change
from tests.reference import AGREEMENT, LATER, LEVELS, SCHEDULE, VERY_SMALL, period
from tests.sites.agreement_files.files import demonstration

REVIEW_ON, LAST_DAY = date(1999, 8, 1), date(1999, 9, 30)
SITES = {site["city"]: site for site in demonstration()["sites"]}
LATER_SITES = ("Lubbock", "Macon")
"""Sites that open after the review."""


def day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def findings_at(city: str, on: date = REVIEW_ON) -> Findings:
    """What the test says about a city on a day of the first annual period."""
    site = SITES[city]
    counts = [
        Count(code, day(entry["date"]), quantity)
        for entry in site["counts"]
        for code, quantity in components_counted(entry).items()
    ]
    return findings(
        schedule=SCHEDULE,
        prices=SCHEDULE,
        counted=Compared.of(
            counts=counts, period=period(1).span, in_service_on=day(site["in_service_on"]), cut_off_on=on
        ),
        current_level=VERY_SMALL,
        readings=DEFAULT_READINGS,
    )


UNDETERMINED = None


@pytest.mark.parametrize(
    ("city", "changed", "eligible", "measured", "proposed", "flags"),
    [
        # nothing changed; 10 gateway elements with 9 SLC fit no row
        ("Augusta", (), False, "SMALL", "VERY_SMALL", (Flag.NO_EXACT_ROW,)),
        ("Chattanooga", ("GE",), False, "SMALL", "VERY_SMALL", ()),
        ("Corpus Christi", ("GE", "SLC"), True, "SMALL", "SMALL", ()),
        # two decreases: eligible, and Very Small all the same
        ("Eugene", ("GE", "SLC"), True, "VERY_SMALL", "VERY_SMALL", ()),
        # up and down: both are changes
        ("Fort Wayne", ("GE", "SLC"), True, "MEDIUM", "MEDIUM", ()),
        # no baseline for SLC
        ("Greensboro", ("GE",), UNDETERMINED, "SMALL", None, ()),
        ("Huntsville", ("GE", "SLC"), True, "SMALL", "SMALL", ()),
        ("Lansing", ("GE",), False, "VERY_SMALL", "VERY_SMALL", ()),
        # above Large: the cells of Very Large are blank
        ("Mobile", ("GE", "SLC", "SM"), True, "VERY_LARGE", "VERY_LARGE", (Flag.BLANK_CELL,)),
        ("Portland", ("GE", "5ESS"), True, None, None, (Flag.SEVERAL_SWITCHES,)),
        # Large all along
        ("Reno", (), False, "LARGE", "VERY_SMALL", ()),
        ("Tallahassee", ("GE", "SLC", "SM"), True, "LARGE", "LARGE", ()),
    ],
)
def test_city_shows_its_rule_at_the_review(city, changed, eligible, measured, proposed, flags):
    found = findings_at(city)

    assert (found.eligible.changed, found.eligible.eligible) == (changed, eligible)
    assert (found.measured.level and found.measured.level.code, found.measured.flags) == (measured, flags)
    assert (found.proposed.level and found.proposed.level.code) == proposed


def test_chattanooga_changes_late():
    assert late_change(
        at_review=findings_at("Chattanooga").outcome, at_period_end=findings_at("Chattanooga", LAST_DAY).outcome
    )
    late = [
        city
        for city in SITES
        if city not in LATER_SITES and findings_at(city).outcome != findings_at(city, LAST_DAY).outcome
    ]
    assert late == ["Chattanooga"]


def test_readings_differ_at_lansing():
    found = findings_at("Lansing")

    assert found.eligible.reading is ChangeCounting.NET_COUNT
    assert {other.reading: other.eligible for other in found.others} == {
        ChangeCounting.ANY_CHANGE: True,
        ChangeCounting.UNITS: True,
    }
    assert found.eligible.one_short is True


def test_reno_stays_at_its_price_and_the_supplier_forgoes_157_000():
    assert str(findings_at("Reno").proposed.foregone) == "157000.00"


def test_ten_cities_begin_with_the_first_period_and_four_come_later():
    later = {city: site["in_service_on"] for city, site in SITES.items() if site["in_service_on"] != "1998-10-01"}

    assert len(SITES) == 14
    assert later == {
        "Huntsville": "1999-01-15",
        "Lubbock": "1999-08-15",
        "Macon": "1999-11-01",
        "Portland": "1999-03-01",
    }
    for city in LATER_SITES:
        assert not in_review(in_service_on=day(later[city]), removed_on=None, review_on=REVIEW_ON)
    assert {city: site["removed_on"] for city, site in SITES.items() if "removed_on" in site} == {
        "Eugene": "2000-03-31"
    }


def test_every_city_is_counted_when_it_starts_and_at_every_month_end():
    for city, site in SITES.items():
        days = [entry["date"] for entry in site["counts"]]
        last = site.get("removed_on", "2000-09-30")
        assert days[0] == site["in_service_on"], city
        assert days[-1] == last, city
        months = (int(last[:4]) - int(days[0][:4])) * 12 + int(last[5:7]) - int(days[0][5:7])
        assert len(days) == months + 2, city


def test_all_five_levels_are_charged_in_the_second_period():
    [plan] = demonstration()["plan"]["review_agreements"]
    decided = {decision["site"]: decision["level"] for decision in plan["decisions"]}
    agreed = {}
    for city in SITES:
        if city not in LATER_SITES:
            proposed = findings_at(city).proposed.level
            agreed[city] = decided.get(site_name(SITES[city])) or proposed.code

    assert set(agreed.values()) == {level.code for level in LEVELS}
    assert set(decided) == {"Greensboro, NC", "Mobile, AL", "Portland, ME"}
    assert (plan["customer"]["agreed_on"], plan["supplier"]["agreed_on"]) == ("1999-12-06", "1999-12-10")


# ---- hours -------------------------------------------------------------------------------------------------------


def ledger() -> HourLedger:
    """The hours of the demonstration as they stand in the end."""
    document = demonstration()
    standing = [row for row in document["work"] if "reversed" not in row]
    return hour_ledger(
        agreement=AGREEMENT,
        purchases=[Purchase(key, day(row["bought_on"]), row["blocks"]) for key, row in enumerate(document["blocks"])],
        work=[Work(key, day(row["date"]), Decimal(row["hours"])) for key, row in enumerate(standing)],
        known_on=LATER,
    )


def test_blocks_are_used_up_and_hours_wait_for_the_next_one():
    hours = ledger()

    assert [block.completed_on for block in hours.blocks] == [date(1999, 5, 26), date(2000, 7, 11)]
    # 10 h of May 26 draw the last 4 h of the first block; from July 1 no more hours wait, in October some do again.
    assert [str(hours.waiting_on(on)) for on in (date(1999, 5, 26), date(1999, 6, 30), date(1999, 9, 30))] == [
        "6.00",
        "48.00",
        "48.00",
    ]
    assert str(hours.waiting_on(date(1999, 10, 12))) == "66.50"
    # The block of October 18 covers them, and 6.50 h of it are left for the summer of 2000.
    assert str(hours.balance_on(date(1999, 10, 18))) == "1433.50"
    assert str(hours.balance_on(date(2000, 7, 10))) == "6.50"
    assert hours.unused_on(date(2000, 10, 1)) is None


def test_hours_are_bought_by_the_hour_in_the_last_three_months_of_each_period():
    bought = {}
    for outcome in ledger().outcomes.values():
        if outcome.hourly:
            month = f"{outcome.work.worked_on:%Y-%m}"
            bought[month] = bought.get(month, ZERO) + outcome.amount

    assert {month: str(amount) for month, amount in bought.items()} == {
        "1999-07": "1235.25",  # 4.00, 7.25 and 3.00 h, and 0.50 h charged as one hour: 15.25 x 81.00
        "1999-08": "1113.75",  # 6.50, 1.25 and 6.00 h: 13.75 x 81.00; 8.00 h were billed and reversed
        "1999-09": "1356.75",  # 5.75, 9.00 and 2.00 h: 16.75 x 81.00
        "2000-07": "283.50",  # 2.50 of 9.00 h, the rest of the block having gone first, and one hour for 0.25 h
        "2000-08": "445.50",  # 5.50 h
        "2000-09": "972.00",  # 12.00 h
    }


def test_two_integrations_are_completed_and_one_is_ordered_where_no_price_is_stated():
    assert [(row["site"], row.get("completed_on")) for row in demonstration()["orders"]] == [
        ("Huntsville, AL", "1999-01-14"),
        ("Macon, GA", "1999-10-29"),
        ("Tallahassee, FL", None),
    ]
