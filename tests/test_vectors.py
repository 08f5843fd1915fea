"""Every golden case of tests/data/vectors.json through the public functions, each key of its `expect` exactly."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from contracts.levels import InvalidCount, measured_level
from contracts.money import ZERO, instalment
from contracts.periods import ONE_DAY, DaySpan, OutsideTerm, annual_period_on, extension_days, review_due_on
from contracts.schedule import (
    Component,
    Level,
    LimitKind,
    Refused,
    Schedule,
    findings,
    included_service_refusal,
    read_limit,
)
from contracts.terms import Expired, TermsFound, amendment_refusals, expiration_known, terms_on
from invoicing.charges.due import due_through
from invoicing.charges.instalments import PricedDays, instalments
from invoicing.charges.unbilled import unbilled
from sites.counts.count import Count, baseline, current, quantities
from sites.hours.prices import blocks_amount, hourly_amount
from sites.review_days import in_review, review_due
from sites.reviews.review import agreed_price_refusal, eligibility, proposal
from tests.reference import (
    AGREEMENT,
    AMENDMENT,
    ANCHOR,
    COMPONENTS,
    LATER,
    LEVELS,
    SCHEDULE,
    agreed,
    agreement,
    amendment,
    period,
    site,
    with_documents,
)
from tests.test_cases import RUNNERS as CASE_RUNNERS
from tests.test_vectors_hours import RUNNERS as HOUR_RUNNERS
from tests.test_vectors_sites import RUNNERS as SITE_RUNNERS
from tests.vectors import (
    BY_PRICE,
    CHANGE_POLICIES,
    DATA,
    FLAGS,
    FREQUENCIES,
    INSTALMENT_POLICIES,
    LEVEL_POLICIES,
    OUTSIDE,
    PRORATION_POLICIES,
    REASONS,
    REVIEW_DAY_POLICIES,
    REVIEW_KINDS,
    SOURCES,
    STATUSES,
    VECTORS,
    Given,
    code,
    differences,
    text,
    total,
)


def run_level(given: Given) -> dict:
    reading = LEVEL_POLICIES[given.get("policy", "HIGHEST_NEEDED_ROW")]
    try:
        measured = measured_level(schedule=SCHEDULE, counts=given["counts"], reading=reading)
    except InvalidCount:
        return {"error": "INVALID_COUNT"}
    return {
        "level": code(measured.level),
        "price": text(measured.annual_price),
        "flags": [FLAGS[flag] for flag in measured.flags],
    }


def run_first_period(given: Given) -> dict:
    counted, first = given["counts"], period(given["period"])
    assert given.get("locations_in_city", 1) == 1
    city = site(switch_counts=((ANCHOR, counted["5ESS"]),))
    due = due_through(agreement=AGREEMENT, sites=[city], through=first.span.last_day, known_on=first.span.last_day)
    measured = measured_level(schedule=SCHEDULE, counts=counted)
    levels = {charge.last_priced.level_code for charge in due.charges}
    assert len(levels) < 2
    return {
        "measured_level": code(measured.level),
        "charged_level": levels.pop() if levels else None,
        "annual_price": total(due.charges) if due.charges else None,
        "charges_for_city": len([charge for charge in due.charges if charge.instalment.number == 1]),
        "flags": [FLAGS[flag] for flag in measured.flags],
    }


def run_eligibility(given: Given) -> dict:
    if "review_date" in given:
        return _run_opened_after_review(given)
    then, now = given["baseline"], given["current"]
    if "city_in_service" in given:
        assert given["baseline_rule"] == "first snapshot on or after in-service"
        then, now = _counted(given.day("city_in_service"), then, now)
    found = eligibility(
        schedule=SCHEDULE,
        then=then,
        now=now,
        between=given.get("snapshots_between", ()),
        minimum=SCHEDULE.review.minimum_changed,
        reading=CHANGE_POLICIES[given.get("policy", "NET_COUNT")],
    )
    return {
        "changed": list(found.changed),
        "changed_count": found.changed_count,
        "units": found.units,
        "eligible": found.eligible,
        "reason": REASONS.get(found.reason),
    }


def _counted(in_service_on: date, then: Mapping, now: Mapping) -> tuple[dict, dict]:
    """Baseline and current counts of a city that starts within the first annual period, reviewed on its due date."""
    review_on = date(1999, 8, 1)
    counts = [Count(name, in_service_on, quantity) for name, quantity in then.items()]
    counts += [Count(name, review_on, quantity) for name, quantity in now.items()]
    span = period(1).span
    first = baseline(counts=counts, period=span, in_service_on=in_service_on)
    last = current(counts=counts, then=first, period=span, cut_off_on=review_on)
    return quantities(first), quantities(last)


def _run_opened_after_review(given: Given) -> dict:
    in_service_on, review_on = given.day("city_in_service"), given.day("review_date")
    span = period(1).span
    first = baseline(counts=[], period=span, in_service_on=in_service_on)
    last = current(counts=[], then=first, period=span, cut_off_on=review_on)
    found = eligibility(schedule=SCHEDULE, then=quantities(first), now=quantities(last), minimum=2)
    october = date(1999, 10, 31)
    city = site(in_service_on=in_service_on)
    due = due_through(agreement=AGREEMENT, sites=[city], through=october, known_on=october)
    return {
        "in_review": in_review(in_service_on=in_service_on, removed_on=None, review_on=review_on),
        "eligible": found.eligible,
        "charged_level_period_2": due.charges[-1].last_priced.level_code,
    }


def run_proposal(given: Given) -> dict:
    found = eligibility(schedule=SCHEDULE, then=given["baseline"], now=given["current"], minimum=2)
    measured = measured_level(schedule=SCHEDULE, counts=given["current"])
    proposed = proposal(current=SCHEDULE.level(given["charged_level"]), eligible=found, measured=measured)
    return {
        "measured_level": code(measured.level),
        "eligible": found.eligible,
        "proposed_level": code(proposed.level),
        "proposed_price": text(proposed.level.annual_price if proposed.level else None),
        "delta": text(proposed.difference),
        "fallback_level": code(proposed.fallback),
    }


def run_review_day(given: Given) -> dict:
    reading = REVIEW_DAY_POLICIES[given.get("policy", "NONE")]
    lead_days = given.get("lead_days", SCHEDULE.review.lead_days)
    last_day = given.day("period_end")
    if "agreement_expiration" not in given:
        due_on = review_due_on(period_last_day=last_day, lead_days=lead_days, reading=reading)
        return {"review_date": due_on.isoformat(), "weekday": due_on.strftime("%A")}
    expires_on = given.day("agreement_expiration")
    ending = annual_period_on(day=last_day, first_period_starts_on=ANCHOR, expires_on=expires_on)
    assert ending.span.last_day == last_day
    due = review_due(period=ending, lead_days=lead_days, expires_on=expires_on, reading=reading)
    span = due.next_period.span if due.next_period else None
    return {
        "review_date": due.due_on.isoformat(),
        "kind": REVIEW_KINDS[due.kind],
        "next_period": span and {"start": span.first_day.isoformat(), "end": span.last_day.isoformat()},
    }


def run_annual_period(given: Given) -> dict:
    found = annual_period_on(
        day=given.day("date"), first_period_starts_on=given.day("anchor"), expires_on=given.day("expiration")
    )
    if isinstance(found, OutsideTerm):
        return {"period": None, "reason": OUTSIDE[found]}
    return {
        "period": found.number,
        "start": found.span.first_day.isoformat(),
        "end": found.span.last_day.isoformat(),
        "days": found.span.days,
        "truncated": found.truncated,
        "full_days": found.full_span.days,
    }


def run_month_of_period(given: Given) -> dict:
    day = given.day("date")
    period = annual_period_on(day=day, first_period_starts_on=given.day("anchor"), expires_on=given.day("expiration"))
    if isinstance(period, OutsideTerm):
        return {"month_of_period": None}
    (found,) = [number for number, month in enumerate(period.months(), start=1) if day in month]
    return {"month_of_period": found}


def run_price_in_force(given: Given) -> dict:
    known_on = given.day("as_known_on", LATER)
    found = terms_on(agreement=AGREEMENT, service_on=given.day("service_date"), known_on=known_on)
    source = SOURCES[found.schedule_source.document] if isinstance(found, TermsFound) else None
    return {"status": STATUSES[type(found)], "source": source}


def run_term(given: Given) -> dict:
    if "old_expiration" in given:
        return _run_extension(given.day("old_expiration"), given.day("new_expiration"))
    if "customer_signed" in given:
        signed = replace(
            AMENDMENT,
            effective_on=given.day("effective"),
            customer_signature=replace(AMENDMENT.customer_signature, signed_on=given.day("customer_signed")),
            supplier_signature=replace(AMENDMENT.supplier_signature, signed_on=given.day("supplier_signed")),
        )
        return {
            "fully_executed_on": signed.executed_on.isoformat(),
            "retroactive_days": signed.retroactive_days,
            "flag": "EFFECTIVE_BEFORE_EXECUTION" if signed.retroactive_days else None,
        }
    if "amendment_says_from" in given:
        on_file = replace(AGREEMENT, amendments=(), original_expires_on=given.day("agreement_expiration_on_file"))
        (refused,) = amendment_refusals(
            agreement=on_file,
            number=1,
            effective_on=AMENDMENT.effective_on,
            from_expires_on=given.day("amendment_says_from"),
            expires_on=AMENDMENT.expires_on,
        )
        return {"error": refused.code}
    assert given["signed_amendment"] is False
    (price,) = re.findall(r"\d+\.\d\d", given["change"])
    refused = agreed_price_refusal(schedule=SCHEDULE, level_code=None, annual_price=Decimal(price))
    return {"allowed": refused is None, "reason": refused.code}


def _run_extension(from_expiration: date, to_expiration: date) -> dict:
    extended = replace(
        AGREEMENT, original_expires_on=from_expiration, amendments=(replace(AMENDMENT, expires_on=to_expiration),)
    )
    last_day, _ = expiration_known(agreement=extended, known_on=LATER)
    after = last_day + ONE_DAY
    assert isinstance(terms_on(agreement=extended, service_on=last_day, known_on=LATER), TermsFound)
    assert isinstance(terms_on(agreement=extended, service_on=after, known_on=LATER), Expired)
    return {
        "extension_days": extension_days(from_expiration=from_expiration, to_expiration=to_expiration),
        "last_active_day": last_day.isoformat(),
        "first_inactive_day": after.isoformat(),
    }


def run_proration(given: Given) -> dict:
    days = DaySpan(given.day("service_from"), given.day("service_to"))
    within = annual_period_on(day=days.first_day, first_period_starts_on=ANCHOR, expires_on=None)
    assert within.span.first_day == given.day("period_start", within.span.first_day)
    assert within.span.last_day == given.day("period_end", within.span.last_day)
    parts = instalments(
        period=within,
        priced=[PricedDays(days, given.money("annual_price"))],
        proration=PRORATION_POLICIES[given["policy"]],
    )
    return {"days": days.days, "period_days": within.full_span.days, "amount": total(parts)}


def run_instalments(given: Given) -> dict:
    if "sites" in given:
        return _run_several_sites(given)
    proration, rounding = INSTALMENT_POLICIES[given["policy"]]
    within = period(1)
    days = DaySpan(given.day("service_from", within.span.first_day), given.day("service_to", within.span.last_day))
    price = given.money("total" if "total" in given else "annual_price")
    of = given.get("installments", 12)
    parts = instalments(
        period=within,
        priced=[PricedDays(days, price)],
        frequency=FREQUENCIES[of],
        proration=proration,
        rounding=rounding,
    )
    assert len(parts) == given.get("calendar_months", of)
    if given["policy"] == "CUMULATIVE":
        alone = [instalment(total=price, number=part.number, of=of) for part in parts]
        assert [part.amount for part in parts] == alone
    return {"amounts": [text(part.amount) for part in parts], "sum": total(parts)}


def _run_several_sites(given: Given) -> dict:
    assert (given["annual_price_each"], given["rounding"]) == (text(LEVELS[0].annual_price), "PER_SITE_LINE")
    sites = {number: site(number) for number in range(given["sites"])}
    month = period(1).months()[given["installment"] - 1]
    due = due_through(agreement=AGREEMENT, sites=sites.values(), through=month.last_day, known_on=LATER)
    (document,) = unbilled(due=due, billed={}, sites=sites)
    return {"invoice_total": text(document.total)}


def run_total(given: Given) -> dict:
    if "attempt" in given:
        return _run_included(given["attempt"])
    within = period(given["period"])
    if "levels" in given:
        facts = [{"agreed": (agreed(within.number, name, date(1999, 9, 15)),)} for name in given["levels"]]
    else:
        facts = [{}] * given["cities"]
    sites = {number: site(number, **known) for number, known in enumerate(facts)}
    due = due_through(agreement=AGREEMENT, sites=sites.values(), through=within.span.last_day, known_on=LATER)
    charges = tuple(charge for charge in due.charges if charge.period == within)
    by_site = {charge.site.key: charge.last_priced.annual_price for charge in charges}
    documents = unbilled(due=replace(due, charges=charges), billed={}, sites=sites)
    annual = sum(by_site.values(), ZERO)
    assert text(annual) == total(charges)
    hours = SCHEDULE.hours
    parts = {
        "annual": annual,
        "blocks": blocks_amount(prices=hours, blocks=given.get("blocks", 0)),
        "system_integration": LEVELS[0].integration_price * given.get("system_integration_sites", 0),
        "hourly": hourly_amount(prices=hours, hours=Decimal(given.get("hourly_hours", "0"))),
    }
    return {name: text(amount) for name, amount in parts.items()} | {
        "annual_total": text(annual),
        "first_month": text(documents[0].total) if documents else None,
        "twelve_months": text(sum((document.total for document in documents), ZERO)),
        "total": text(sum(parts.values(), ZERO)),
    }


def _run_included(attempt: str) -> dict:
    services = re.findall(r"[A-Z]+_MANAGEMENT", attempt)
    refusals = [included_service_refusal(schedule=SCHEDULE, service=service) for service in services]
    assert len(refusals) == 3
    (reason,) = {refusal.code for refusal in refusals}
    return {"allowed": None in refusals, "reason": reason}


def run_late_agreement(given: Given) -> dict:
    """A site billed provisionally for some months of its third annual period, then agreed at another level."""
    extended = agreement(amendment(2, date(2000, 9, 1), expires_on=date(2001, 9, 30)))
    before = agreed(2, BY_PRICE[given["provisional"]], date(1999, 9, 15))
    after = agreed(3, BY_PRICE[given["agreed"]], date(2001, 1, 20))
    sites = {1: site(agreed=(before, after))}
    third = period(3, expires_on=date(2001, 9, 30))
    through = third.months()[given["monthly_installments_billed"] - 1].last_day
    unsettled = due_through(agreement=extended, sites=sites.values(), through=through, known_on=through)
    billed = with_documents({}, unbilled(due=unsettled, billed={}, sites=sites))
    settled = due_through(agreement=extended, sites=sites.values(), through=through, known_on=after.agreed_on)
    (document,) = unbilled(due=settled, billed=billed, sites=sites)
    (adjustment,) = document.adjustments
    assert (document.charges, document.total) == ((), adjustment.amount)
    assert all(charge.provisional for charge in unsettled.charges if charge.period == third)
    return {
        "billed": text(adjustment.billed.amount),
        "due": text(adjustment.due),
        "adjustment": text(adjustment.amount),
    }


def run_validation(given: Given) -> dict:
    if "cell" in given:
        refused = read_limit(given["cell"])
        accepted = read_limit(given["cell"], corrected="up to 15")
        assert isinstance(refused, Refused)
        return {
            "parsed": None,
            "error": refused.code,
            "accepted_after_correction": accepted.upper,
            "source_text_kept": accepted.printed,
        }
    if "cells" in given:
        row = {name: read_limit(cell) for name, cell in given["cells"].items()}
        blank = Schedule(COMPONENTS, (Level(given["level"], "Very Large", 5, Decimal("390000.00"), row),))
        (flag,) = {finding.code for finding in findings(blank)}
        return {"stored": {name: limit.upper for name, limit in row.items()}, "flag": flag}
    schedule = _banded(given["bands"])
    if "count" in given:
        measured = measured_level(schedule=schedule, counts={"GE": given["count"]})
        return {"level": code(measured.level), "flags": [FLAGS[flag] for flag in measured.flags]}
    (finding,) = findings(schedule)
    return {"warning": finding.code, "missing": list(finding.missing)}


def _banded(bands: list[list[int]]) -> Schedule:
    levels = [
        Level(f"L{rank}", f"Level {rank}", rank, Decimal(1000 * rank), {"GE": read_limit(f"{first} to {last}")})
        for rank, (first, last) in enumerate(bands, start=1)
    ]
    assert {level.limit("GE").kind for level in levels} == {LimitKind.RANGE}
    return Schedule((Component("GE", "gateway elements"),), tuple(levels))


RUNNERS = {
    "LV": run_level,
    "FP": run_first_period,
    "EL": run_eligibility,
    "NP": run_proposal,
    "RD": run_review_day,
    "AP": run_annual_period,
    "MP": run_month_of_period,
    "PF": run_price_in_force,
    "TM": run_term,
    "PR": run_proration,
    "IN": run_instalments,
    "TO": run_total,
    "TU": run_late_agreement,
    "VA": run_validation,
}


@pytest.mark.parametrize(
    "vector", [pytest.param(vector, id=vector["id"]) for vector in VECTORS if vector["group"] in RUNNERS]
)
def test_vector(vector):
    assert differences(vector, RUNNERS) == []


def test_every_group_is_run_by_one_file():
    assert sorted([*RUNNERS, *SITE_RUNNERS, *HOUR_RUNNERS, *CASE_RUNNERS]) == sorted(
        {vector["group"] for vector in VECTORS}
    )


def test_file_holds_as_many_vectors_as_it_says():
    assert len({vector["id"] for vector in VECTORS}) == len(VECTORS) == DATA["meta"]["count"]


def test_reference_schedule_of_the_file_is_ours():
    stated = DATA["meta"]["reference_schedule"]
    assert [(row["code"], row["price"]) for row in stated["levels"]] == [(x.code, str(x.annual_price)) for x in LEVELS]
    for row, level in zip(stated["levels"], LEVELS, strict=True):
        for component in COMPONENTS:
            limit, cell = level.limit(component.code), row[component.code]
            ours = limit.upper if limit.kind is LimitKind.NUMBER else limit.stated and [limit.lower or 0, limit.upper]
            assert (ours or None) == cell, (level.name, component.name)


@pytest.mark.parametrize(
    ("given", "expect", "wrong"),
    [
        ({"a": 1}, {"sum": 1}, []),
        ({"a": 1}, {"sum": 2}, ["sum: 1, expected 2"]),
        ({"a": 1}, {"sum": True}, ["sum: 1, expected True"]),
        ({"a": 1}, {"product": 1}, ["product: nothing answers it"]),
        ({"a": 1, "b": 2}, {"sum": 1}, ["b: given, but not read"]),
    ],
)
def test_differences_names_what_is_unknown_other_or_ignored(given, expect, wrong):
    vector = {"group": "XX", "given": given, "expect": expect}
    assert differences(vector, {"XX": lambda inputs: {"sum": inputs["a"]}}) == wrong
