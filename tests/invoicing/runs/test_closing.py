"""Closed annual periods: left out of a run, and computed again as soon as a fact of them is another one."""

from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command

from contracts.models import Agreement
from contracts.readings import Rounding
from contracts.terms import AgreementTerms
from invoicing.audit.auditing import Verification
from invoicing.charges.charge import SiteFacts
from invoicing.credits.crediting import credit
from invoicing.models import ClosedPeriods, Invoice
from invoicing.runs.books import books_of
from invoicing.runs.closing import facts_sha256
from invoicing.runs.plan import plan_now
from sites.charged import AgreedLevel, LevelFromDay
from sites.counts.count import Count
from sites.counts.recording import record_counts
from sites.models import Site
from tests import factories, reference
from tests.invoicing.billing_cases import issue_through, run
from tests.sites.levels.deciding import decide
from tests.waivers import credit_and_waive

pytestmark = pytest.mark.django_db
YEAR_END, OCTOBER, NOVEMBER = date(1999, 9, 30), date(1999, 10, 31), date(1999, 11, 30)


@pytest.fixture
def site(agreement) -> Site:
    """A site whose first annual period is closed: it was billed, and October was drafted and issued after it."""
    site = factories.site(agreement, "Akron")
    factories.counts(site, reference.ANCHOR, {"5ESS": 1})
    issue_through(YEAR_END)
    issue_through(OCTOBER)
    return site


def closed_through(on: date = NOVEMBER) -> int:
    agreement = Agreement.objects.with_terms().get()
    return books_of(agreements=[agreement], known_on=on)[agreement.pk].closed_through


def test_what_was_billed_in_full_is_not_computed_again(site):
    agreement = Agreement.objects.with_terms().get()

    plan = plan_now(agreement=agreement, through=NOVEMBER, on=NOVEMBER)

    assert closed_through() == 1
    assert {charge.period.number for charge in plan.due.charges} == {2}
    assert {key.period for key in plan.books.billed} == {2}
    (document,) = issue_through(NOVEMBER)
    assert document.total == Decimal("13583.34")


def test_a_period_is_open_until_its_last_document_is_issued(agreement):
    factories.site(agreement, "Akron")

    issue_through(date(1999, 8, 31))
    run(YEAR_END)

    assert not ClosedPeriods.objects.exists()


def recorded_count(site: Site) -> None:
    facts = {"quantities": {"5ESS": 0}, "withdrawn": [], "source": "", "reason": "No switch was there"}
    record_counts(site=site, counted_on=reference.ANCHOR, seen={"5ESS": 1}, on=NOVEMBER, by=None, **facts)


def cheaper_from_may(site: Site) -> None:
    levels = tuple(replace(level, annual_price=level.annual_price - 1200) for level in reference.SCHEDULE.levels)
    prices = replace(reference.SCHEDULE, levels=levels)
    factories.amendment(
        site.agreement, reference.amendment(2, date(1999, 5, 1), schedule=prices, signed_on=date(1999, 11, 1))
    )


LATE_FACTS = {
    "a level from a day": lambda site: decide(site, on=NOVEMBER, agreed_on=NOVEMBER),
    "a count of the switch": recorded_count,
    "a retroactive amendment": cheaper_from_may,
    "a site that served in it": lambda site: factories.site(site.agreement, "Boise", date(1999, 6, 1)),
    "the end of charges": lambda site: Site.objects.filter(pk=site.pk).update(
        removed_on=date(1999, 7, 31), charged_through=date(1999, 7, 31), charge_end_reason="Agreed"
    ),
    "a credit note": lambda site: credit(
        invoice=Invoice.objects.issued().earliest("pk"), reason="Wrong", on=OCTOBER, by=None
    ),
}


@pytest.mark.parametrize("fact", LATE_FACTS)
def test_a_late_fact_of_a_closed_period_is_billed_or_credited(site, fact):
    LATE_FACTS[fact](site)

    assert closed_through() == 0
    (short,) = run(NOVEMBER, dry_run=True)
    (whole,) = run(NOVEMBER, dry_run=True, whole=True)
    assert [document.total for document in short.documents] == [document.total for document in whole.documents]
    assert [document.total for document in short.documents] != [Decimal("13583.34")]


def test_after_the_late_fact_is_billed_the_period_is_closed_again(site):
    decide(site, on=NOVEMBER, agreed_on=NOVEMBER)

    issue_through(NOVEMBER)
    run(NOVEMBER)

    assert closed_through() == 1


def test_a_later_fact_leaves_it_closed(site):
    factories.site(site.agreement, "Boise", date(1999, 11, 1))
    decide(site, effective_on=date(1999, 11, 1), on=NOVEMBER, agreed_on=NOVEMBER)

    assert closed_through() == 1


def test_a_period_with_a_waiver_stays_open(site):
    credit_and_waive(
        invoice=Invoice.objects.issued().earliest("pk"), reason="Late", on=OCTOBER, by=None, amounts={1: Decimal(1)}
    )

    issue_through(NOVEMBER)
    run(NOVEMBER)

    assert not ClosedPeriods.objects.exists()


def test_a_note_that_is_wrong_is_found_and_put_right_by_a_whole_run(site, settings):
    settings.BUSINESS_DATE = NOVEMBER
    decide(site, on=NOVEMBER, agreed_on=NOVEMBER)
    agreement = Agreement.objects.with_terms().get()
    sites = books_of(agreements=[agreement], known_on=NOVEMBER)[agreement.pk].sites.values()
    digest = facts_sha256(terms=agreement.as_terms(), sites=sites, number=1, known_on=NOVEMBER)
    ClosedPeriods.objects.update(facts_sha256=digest)

    message = "annual periods through 1 are noted as billed in full, but computed again they are not."
    found = f"Agreement {agreement.number}: {message} Run draft_invoices --whole for it."
    assert found in [one.text for one in Verification().findings()]

    call_command("draft_invoices", through=NOVEMBER, whole=True)
    assert found not in [one.text for one in Verification().findings()]


def test_an_upgrade_forgets_what_is_noted(site):
    call_command("migrate", verbosity=0)

    assert not ClosedPeriods.objects.exists()


# ---- the digest --------------------------------------------------------------------------------------------------

FACTS = SiteFacts(1, "Akron", reference.ANCHOR)
EARLY = date(1999, 1, 1)
OTHER_SITE = {
    "key": 2,
    "in_service_on": EARLY,
    "removed_on": EARLY,
    "charged_through": EARLY,
    "agreed": (AgreedLevel(1, "SMALL", EARLY),),
    "switch_counts": ((EARLY, 1),),
    "dated": (LevelFromDay(1, EARLY, "SMALL", EARLY),),
    "counts": (Count("GE", EARLY, 1),),
}
SAYS_NOTHING_OF_A_SITE = {"name"}
OTHER_TERMS = {
    "dated_on": EARLY,
    "first_period_starts_on": date(1998, 10, 2),
    "original_expires_on": EARLY,
    "executed_on": None,
    "amendments": (),
    "original_schedule": reference.SCHEDULE,
    "readings": reference.agreement(rounding=Rounding.LAST_ABSORBS).readings,
    "later_readings": ((EARLY, reference.AGREEMENT.readings),),
}
SAYS_NOTHING_OF_TERMS = {"number", "original_schedule_clause"}


def digest(terms: AgreementTerms = reference.AGREEMENT, site: SiteFacts = FACTS, known_on: date = NOVEMBER) -> str:
    return facts_sha256(terms=terms, sites=[site], number=1, known_on=known_on)


def test_every_fact_of_a_site_and_of_the_terms_is_in_the_digest():
    assert {field.name for field in fields(SiteFacts)} == OTHER_SITE.keys() | SAYS_NOTHING_OF_A_SITE
    assert {field.name for field in fields(AgreementTerms)} == OTHER_TERMS.keys() | SAYS_NOTHING_OF_TERMS

    others = {name: digest(site=replace(FACTS, **{name: value})) for name, value in OTHER_SITE.items()}
    others |= {name: digest(replace(reference.AGREEMENT, **{name: value})) for name, value in OTHER_TERMS.items()}

    assert [name for name, other in others.items() if other == digest()] == []
    assert len(set(others.values())) == len(others)


@pytest.mark.parametrize(
    "later",
    [
        {"agreed": (AgreedLevel(2, "SMALL", EARLY),)},
        {"agreed": (AgreedLevel(1, "SMALL", NOVEMBER + timedelta(1)),)},
        {"dated": (LevelFromDay(2, OCTOBER, "SMALL", EARLY),)},
        {"dated": (LevelFromDay(1, EARLY, "SMALL", NOVEMBER + timedelta(1)),)},
        {"switch_counts": ((OCTOBER, 1),)},
        {"name": "Akron, OH"},
    ],
)
def test_what_reaches_no_closed_period_or_is_not_known_yet_is_not(later):
    assert digest(site=replace(FACTS, **later)) == digest()
