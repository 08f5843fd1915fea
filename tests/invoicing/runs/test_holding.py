"""Drafts that a person looks at first: a run leaves them, says so and goes on; whoever has looked issues them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from contracts.models import Agreement
from invoicing.models import Invoice
from invoicing.runs.issuing import CannotIssue, issue
from sites.models import BlockPurchase, ChargedLevel, Site
from tests import event_pages, factories, reference
from tests.invoicing.billing_cases import DECEMBER, JANUARY, NOVEMBER, OCTOBER, blocks, issue_through, read, run
from tests.invoicing.pages.page_cases import INVOICES, RUN, event, page_of
from tests.people import FINANCE, client_of
from tests.reading import by_heading, words

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(NOVEMBER)]

HELD = (
    "135,833.34 for sites and levels that were billed before, more than 150 % of the 13,583.33 that the document "
    "before lets expect."
)


WAITS = "The draft waits for its day: it can be issued from 30 November 1998, when all that it bills has fallen due."


@pytest.fixture
def mistyped(agreement) -> Agreement:
    """October is issued; from November an amendment says 1,630,000.00 a year where 163,000.00 was meant."""
    factories.sites(agreement, 1)
    issue_through(OCTOBER)
    levels = tuple(replace(level, annual_price=Decimal("1630000.00")) for level in reference.LEVELS)
    dear = replace(reference.SCHEDULE, levels=levels)
    factories.amendment(agreement, reference.amendment(2, date(1998, 11, 1), schedule=dear))
    return agreement


def test_run_leaves_what_is_held_and_goes_on(mistyped):
    other = factories.agreement("ZZ")
    factories.site(other, "Fargo")

    held, billed = run(NOVEMBER, on=NOVEMBER, issue_drafts=True)

    assert [document.held_because for document in held.documents] == [[HELD]]
    assert not held.refusal
    assert [document.is_issued for document in (*held.documents, *billed.documents)] == [False, True, True]


def test_draft_that_is_held_is_issued_by_who_has_looked(mistyped, finance):
    (result,) = run(NOVEMBER, on=NOVEMBER)
    (draft,) = result.documents

    with pytest.raises(CannotIssue, match="Look at it first: 135,833.34 for sites"):
        issue(invoice=draft, on=NOVEMBER, by=finance)

    assert issue(invoice=draft, on=NOVEMBER, by=finance, looked_at=True).is_issued


def test_page_shows_why_and_asks_for_the_look(mistyped):
    (result,) = run(NOVEMBER, on=NOVEMBER)
    (draft,), client = result.documents, client_of(FINANCE)
    shown = words(client.get(event(draft, "issue"))), words(client.get(page_of(draft)))

    faults = event_pages.faults(client, event(draft, "issue"), {}, stored=Invoice.objects.issued().count)
    after = client.post(event(draft, "issue"), {"looked_at": "on"}, follow=True)

    assert faults == {"looked_at": ["Look at the document below, and confirm that it is right."]}
    assert all(HELD in page for page in shown)
    assert after.redirect_chain == [(page_of(draft), 302)]


def test_bound_is_a_setting_of_the_agreement(mistyped):
    Agreement.objects.update(held_above_percent=None)

    (result,) = run(NOVEMBER, on=NOVEMBER, issue_drafts=True)

    assert [document.is_issued for document in result.documents] == [True]


def test_month_that_is_not_over_waits_and_the_others_are_issued(agreement):
    factories.sites(agreement, 1)

    (result,) = run(NOVEMBER, on=date(1998, 11, 2), issue_drafts=True)

    assert [(document.first_day.month, document.is_issued) for document in result.documents] == [
        (10, True),
        (11, False),
    ]
    assert not result.refusal


@pytest.mark.business_date(OCTOBER)
def test_month_that_has_not_begun_waits_and_is_listed_and_the_others_are_issued(agreement):
    factories.sites(agreement, 1)
    client = client_of(FINANCE)
    preview = client.get(RUN, {"preview": "", "through": "1998-11-30", "agreements": [agreement.pk]})

    (result,) = run(NOVEMBER, on=OCTOBER, issue_drafts=True)

    october, november = result.documents
    assert (october.is_issued, november.is_issued) == (True, False)
    assert [document.waits(OCTOBER) for document in result.documents] == ["", f"{WAITS} November 1998 has not begun."]
    assert not result.refusal
    assert "2 documents, 27,166.67 USD; 1 waits for its day." in words(preview)
    assert [row["Can be issued"] for row in by_heading(preview)] == [
        "now",
        "from 30 Nov 1998 Waits for its day. November 1998 has not begun.",
    ]
    assert {row["State"] for row in by_heading(client.get(INVOICES))} == {"Issued", "Draft waits until 30 Nov 1998"}
    assert f"{WAITS} November 1998 has not begun." in words(client.get(page_of(november)))


@pytest.mark.business_date(OCTOBER)
def test_nobody_confirms_a_month_that_has_not_begun(agreement):
    """Neither the page nor the click issues it: before its day nothing that it bills is due."""
    factories.sites(agreement, 1)
    (result,) = run(NOVEMBER, on=OCTOBER, issue_drafts=True)
    november, client = result.documents[1], client_of(FINANCE)

    said = event_pages.led_back(client, event(november, "issue"), stored=Invoice.objects.issued().count)

    assert said == (
        "The draft waits for its day. The service of 1 November 1998 to 30 November 1998 is billed in arrears and is "
        "not over on 31 October 1998. Issue it on 30 November 1998 or later."
    )
    assert "Issue…" not in words(client.get(page_of(november)))
    with pytest.raises(CannotIssue, match="The draft waits for its day."):
        issue(invoice=november, on=OCTOBER, by=None, looked_at=True)


@pytest.mark.business_date(date(1998, 11, 1))
def test_what_is_held_and_waits_says_both(mistyped):
    """Looking at it does not bring its day nearer."""
    client = client_of(FINANCE)
    preview = client.get(RUN, {"preview": "", "through": "1998-11-30", "agreements": [mistyped.pk]})

    assert "1 document, 135,833.34 USD; 1 held for a look; 1 waits for its day." in words(preview)
    assert by_heading(preview)[0]["Can be issued"] == (
        f"from 30 Nov 1998, once somebody has looked at it Waits for its day. {HELD}"
    )


@pytest.mark.business_date(date(1998, 11, 1))
def test_month_that_has_begun_only_waits_for_its_day(agreement):
    """No further run is needed: the draft says by itself that its month has begun."""
    factories.sites(agreement, 1)
    run(NOVEMBER, on=OCTOBER, issue_drafts=True)
    client, november = client_of(FINANCE), Invoice.objects.drafts().get()

    shown = words(client.get(page_of(november)))

    assert november.waits(date(1998, 11, 1)) == WAITS
    assert WAITS in shown
    assert "has not begun" not in shown
    assert {row["State"] for row in by_heading(client.get(INVOICES))} == {"Issued", "Draft waits until 30 Nov 1998"}
    assert issue(invoice=november, on=NOVEMBER, by=None).is_issued


def test_year_in_advance_is_issued_on_its_first_day_and_waits_before(agreement):
    """What is billed in advance is bound by the day of the document, not by the months that it serves."""
    factories.sites(agreement, 1)
    read(agreement, "timing", "in-advance")
    read(agreement, "frequency", "annual")
    first_year, second_year = date(1998, 10, 1), date(1999, 10, 1)

    (ahead,) = run(second_year, on=date(1999, 9, 30), issue_drafts=True)
    (due,) = run(second_year, on=second_year, issue_drafts=True)

    assert [(document.first_day, document.is_issued) for document in (*ahead.documents, *due.documents)] == [
        (first_year, True),
        (second_year, False),
        (second_year, True),
    ]
    assert ahead.documents[1].waits(date(1999, 9, 30)) == (
        "The draft waits for its day: it can be issued from 1 October 1999, when all that it bills has fallen due. "
        "1 October 1999 to 30 September 2000 has not begun."
    )
    assert due.documents[0].waits(second_year) == ""


HOUR = "An hour costs 810.01, more than {} times the 81.00 of an hour in a block."


@pytest.mark.parametrize(("times", "held"), [(10, [[HOUR.format(10)]]), (9, [[HOUR.format(9)]]), (11, []), (None, [])])
def test_hour_at_more_than_so_many_times_the_price_of_a_block_is_held(agreement, times, held):
    """How many is a setting of the agreement: ten, unless somebody changes it."""
    if times != 10:
        Agreement.objects.update(held_above_times=times)
    site = factories.site(agreement, "Reno")
    hours = replace(reference.SCHEDULE.hours, hourly_price=Decimal("810.01"))
    dear = replace(reference.SCHEDULE, hours=hours)
    factories.amendment(agreement, reference.amendment(2, date(1999, 7, 1), schedule=dear))
    factories.team_work(site, date(1999, 7, 5), 3)

    (result,) = run(date(1999, 7, 31), on=date(1999, 7, 31))

    assert [document.held_because for document in result.documents if document.held_because] == held


# ---- what is given back ------------------------------------------------------------------------------------------


@pytest.fixture
def quarter(agreement) -> Agreement:
    """One site, billed for October to December."""
    factories.sites(agreement, 1)
    issue_through(DECEMBER)
    return agreement


def held_in_january() -> list[str]:
    """Why the only document of a run through January is held; one that is not is issued."""
    (result,) = run(JANUARY, issue_drafts=True)
    (document,) = result.documents
    assert document.is_issued is not bool(document.held_because)
    return document.held_because


def given_back(amount: str) -> str:
    return (
        f"{amount} given back for sites and levels that were billed before, more than 150 % of the 13,583.33 that the "
        "document before lets expect."
    )


@pytest.mark.parametrize("mistyped", [date(1999, 10, 1), date(1999, 1, 1)], ids=["alone", "beside a charge"])
def test_credit_that_nothing_explains_is_held(quarter, mistyped):
    """A first day that is mistyped takes back all that was billed, by a credit note or on the invoice of January."""
    Site.objects.update(in_service_on=mistyped)

    assert held_in_january() == [given_back("40,750.00")]


def test_credit_within_the_bound_is_issued(quarter):
    Site.objects.update(in_service_on=date(1998, 11, 15))

    assert held_in_january() == []


def test_credit_for_a_price_that_fell_is_held(quarter):
    levels = tuple(replace(level, annual_price=Decimal("16300.00")) for level in reference.LEVELS)
    cheap = replace(reference.SCHEDULE, levels=levels)
    factories.amendment(quarter, reference.amendment(2, date(1998, 10, 1), schedule=cheap))

    assert held_in_january() == [given_back("36,675.00")]


def test_end_of_a_site_explains_what_is_given_back(quarter):
    ended = {"removed_on": date(1998, 10, 31), "charged_through": date(1998, 10, 31)}
    Site.objects.update(**ended, charge_end_reason="Closed by both parties")

    assert held_in_january() == []


def test_what_falls_away_of_purchases_explains_itself(agreement):
    factories.sites(agreement, 1)
    blocks(agreement, date(1998, 10, 26))
    issue_through(DECEMBER)
    BlockPurchase.objects.update(reversed_on=JANUARY, reversal_reason="Bought twice")

    assert held_in_january() == []


def test_another_level_explains_what_is_given_back(agreement):
    (site,) = factories.sites(agreement, 1)
    factories.charged_level(site, 2, "VERY_LARGE", date(1999, 9, 1))
    issue_through(date(2000, 8, 31))
    ChargedLevel.objects.all().delete()
    factories.charged_level(site, 2, "VERY_SMALL", date(1999, 9, 1))

    (result,) = run(date(2000, 9, 30), issue_drafts=True)

    assert [(document.total < 0, document.is_issued) for document in result.documents] == [(True, True)]
