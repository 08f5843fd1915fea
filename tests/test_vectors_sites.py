"""The golden cases about sites: starting level from history, system integration and the calendar of monthly reports."""

from datetime import date, timedelta

import pytest

from contracts.periods import DaySpan
from sites.counts.count import Count
from sites.integration.prices import PlacedOrder, Priced, PriceNotStated, integration_price, placement
from sites.reports.calendar import report_due_on, report_months
from sites.starting.history import (
    Candidate,
    Capacity,
    City,
    HistoryBasis,
    HistoryRule,
    days_to_capacity,
    starting_level,
)
from tests.reference import ANCHOR, EXPIRES_ON, LATER, SCHEDULE, period
from tests.vectors import DATA, VECTORS, Given, code, differences, text

DEFAULTS = DATA["meta"]["default_policies"]
RULE = HistoryRule()

# Whatever it rests on, a starting level is a proposal until a person decides.
STATUSES = dict.fromkeys(HistoryBasis, "PROPOSAL")
OUTCOMES = {PriceNotStated: "PRICE_NOT_STATED", Priced: "PRICED"}


def run_starting_level(given: Given) -> dict:
    if "snapshots" in given:
        return _run_capacity(given)
    population = given.get("city_population", 50_000)
    given.get("note")
    found = starting_level(
        schedule=SCHEDULE,
        period_number=given["period"],
        city=City(1, population),
        candidates=[
            Candidate(
                key=number,
                customer=1,
                population=given.get("comparable_population", population),
                level=SCHEDULE.level("VERY_SMALL"),
                capacity=Capacity(ANCHOR + timedelta(days=days), (), days),
            )
            for number, days in enumerate(given["comparable_days_to_capacity"])
        ],
        rule=HistoryRule(tolerance_percent=given.get("tolerance_pct", RULE.tolerance_percent)),
    )
    return {"starting_level": code(found.level), "status": STATUSES[found.basis]}


def _run_capacity(given: Given) -> dict:
    counts = [
        Count(name, date.fromisoformat(snapshot["date"]), quantity)
        for snapshot in given["snapshots"]
        for name, quantity in snapshot.items()
        if name != "date"
    ]
    found = days_to_capacity(
        schedule=SCHEDULE, level=SCHEDULE.level(given["level"]), in_service_on=given.day("in_service"), counts=counts
    )
    (by,) = found.by
    return {"reached_on": found.reached_on.isoformat(), "by": by.code, "days_to_capacity": found.days}


def run_integration(given: Given) -> dict:
    (city,) = given["sites"]
    found = integration_price(schedule=SCHEDULE, level=SCHEDULE.level(city["level"]), known_on=LATER)
    order = PlacedOrder(1, "Amendment 1", LATER)
    placed = placement(order=order, standing=[order] if given.get("already_ordered_for_site", False) else [])
    return {
        "amount": text(found.amount if isinstance(found, Priced) else None),
        "status": OUTCOMES[type(found)],
        "flag": "DUPLICATE_SYSTEM_INTEGRATION" if placed.is_duplicate else None,
        "needs_confirmation": placed.needs_confirmation,
    }


def run_report_calendar(given: Given) -> dict:
    if "review_date" in given:
        on, days_after = given.day("review_date"), given["report_due_days_after_month_end"]
        closed = [
            month
            for month in report_months(within=DaySpan(ANCHOR, on), in_service_on=ANCHOR)
            if on > month.span.last_day
        ]
        reported = [month for month in closed if report_due_on(month=month, days_after=days_after) <= on]
        return {"last_month_closed": _month(closed[-1]), "last_report_necessarily_issued": _month(reported[-1])}
    if "months" in given:
        term = report_months(within=DaySpan(ANCHOR, EXPIRES_ON), in_service_on=ANCHOR)
        assert len(term) == given["months"]
        return {"location_reports": len(term) * given["locations_in_service"]}
    months = report_months(within=period(given["period"]).span, in_service_on=given.day("location_in_service"))
    return {"reports_in_period": len(months), "first_month": _month(months[0]), "last_month": _month(months[-1])}


def _month(month) -> str:
    return f"{month.year}-{month.month:02}"


RUNNERS = {"SL": run_starting_level, "SI": run_integration, "MR": run_report_calendar}


@pytest.mark.parametrize(
    "vector", [pytest.param(vector, id=vector["id"]) for vector in VECTORS if vector["group"] in RUNNERS]
)
def test_vector(vector):
    assert differences(vector, RUNNERS) == []


def test_rule_of_history_is_the_one_that_the_vectors_take_for_the_default():
    assert DEFAULTS["start_aggregate"] == "MEDIAN"
    assert HistoryRule() == HistoryRule(
        tolerance_percent=DEFAULTS["similarity_population_pct"], minimum=1, limit_days=DEFAULTS["start_threshold_days"]
    )
