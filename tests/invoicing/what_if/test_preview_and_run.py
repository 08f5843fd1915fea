"""The corrections page against the run that follows: its sum is what the run drafts beyond its regular charges."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from contracts.models import Agreement
from contracts.money import ZERO
from invoicing.models import Invoice
from invoicing.runs.drafting import draft_invoices
from invoicing.what_if.pending import pending_corrections, previews
from invoicing.what_if.preview import Preview
from sites.hours.recording import reverse_work
from sites.models import Site
from tests import factories
from tests.invoicing.billing_cases import blocks, issue_through, run, work
from tests.invoicing.what_if.test_retroactive_amendment import AMENDMENT_2
from tests.people import VIEWER, client_of
from tests.reading import by_heading, tables, words

pytestmark = pytest.mark.django_db

LIST = reverse("invoicing:correction_list")
FEBRUARY, MARCH, ON = date(1999, 2, 28), date(1999, 3, 31), date(1999, 3, 10)
NOVEMBER, DECEMBER = date(1999, 11, 30), date(1999, 12, 31)


@pytest.fixture
def agreement():
    agreement = factories.agreement()
    factories.site(agreement, "Akron")
    factories.site(agreement, "Boise", in_service_on=date(1999, 1, 15))
    return agreement


def preview_of(agreement: Agreement, *, through: date | None = None, on: date) -> Preview:
    row = Agreement.objects.with_terms().get(pk=agreement.pk)
    (shown,) = previews(pending=pending_corrections(agreements=[row], through=through, on=on))
    return shown


def drafted(through: date, on: date) -> list[Invoice]:
    (result,) = run(through, on)
    assert result.refusal == ""
    return list(result.documents)


def extra(documents: list[Invoice], regular: date | None = None) -> tuple[int, Decimal]:
    """The number and the sum of the lines of drafts but for the instalments of a regular billing period."""
    lines = [
        line
        for document in documents
        for line in document.lines.all()
        if not (line.kind == "instalment" and line.last_day == regular)
    ]
    return len(lines), sum((line.amount for line in lines), ZERO)


def moved(agreement):
    Site.objects.filter(city="Boise").update(in_service_on=date(1998, 12, 10))


def added(agreement):
    factories.site(agreement, "Camden", in_service_on=date(1998, 12, 10))


def retroactive(agreement):
    factories.amendment(agreement, AMENDMENT_2)


def late_entry(agreement):
    blocks(agreement, date(1999, 1, 20))


def all_at_once(agreement):
    for change in (moved, added, retroactive, late_entry):
        change(agreement)


CASES = {
    # December from the 10th and half of January: 9,639.78 + 6,134.41
    "moved": (moved, "15774.19", "an invoice of 15,774.19 USD with 2 lines"),
    # 22/31 of December, and two months
    "added": (added, "36806.45", "3 invoices of 36,806.45 USD together with 3 lines"),
    # Akron 679.16 and 679.18, Boise 372.45 and 679.17
    "retroactive": (retroactive, None, None),
    "late entry": (late_entry, "121500.00", "an invoice of 121,500.00 USD with 1 line"),
    "all": (all_at_once, None, None),
}


@pytest.mark.parametrize("case", CASES)
def test_the_sum_is_what_the_run_drafts(agreement, case):
    change, difference, outcome = CASES[case]
    issue_through(FEBRUARY, ON)
    change(agreement)

    shown = preview_of(agreement, on=ON)
    documents = drafted(FEBRUARY, ON)

    assert extra(documents)[1] == shown.amounts.difference == sum(document.total for document in documents)
    assert sum(site.amounts.difference for site in shown.sites) == shown.amounts.difference
    assert (
        sum(each.amounts.difference for each in shown.documents) + shown.unbilled.amounts.after
        == shown.amounts.difference
    )
    if difference:
        assert (str(shown.amounts.difference), shown.outcome) == (difference, outcome)


@pytest.mark.parametrize("case", CASES)
def test_the_regular_charges_of_a_later_run_are_no_corrections(agreement, case):
    change, *_expected = CASES[case]
    issue_through(FEBRUARY, ON)
    change(agreement)

    shown = preview_of(agreement, through=MARCH, on=MARCH)

    assert shown.amounts.difference == preview_of(agreement, on=MARCH).amounts.difference
    assert extra(drafted(MARCH, MARCH), regular=MARCH)[1] == shown.amounts.difference


def test_a_draft_that_waits_is_no_correction(agreement):
    issue_through(FEBRUARY, ON)
    drafted(MARCH, MARCH)

    assert preview_of(agreement, on=MARCH) == Preview()


def test_a_reversed_entry_is_what_the_run_credits(agreement):
    entry = work(Site.objects.get(city="Akron"), date(1999, 7, 8), "8.00")
    issue_through(date(1999, 7, 31))
    entry.refresh_from_db()
    reverse_work(entry=entry, reason="Twice", on=date(1999, 8, 2), by=None)

    shown = preview_of(agreement, on=date(1999, 8, 2))

    assert (str(shown.amounts.difference), shown.outcome) == ("-648.00", "a credit note of 648.00 USD with 1 line")
    assert extra(drafted(date(1999, 7, 31), date(1999, 8, 2))) == (1, shown.amounts.difference)
    ((part,),) = [alike.rows for site in shown.sites for period in site.rows for alike in period.rows]
    assert part.causes == ("Nothing is due any more: the entry was reversed.",)


def test_an_entry_that_a_late_block_covers_stands_and_is_prepaid(agreement):
    work(Site.objects.get(city="Akron"), date(1999, 7, 8), "8.00")
    issue_through(date(1999, 7, 31))
    blocks(agreement, date(1999, 7, 1))

    shown = preview_of(agreement, on=date(1999, 8, 2))
    documents = drafted(date(1999, 7, 31), date(1999, 8, 2))

    assert shown.amounts.difference == Decimal("121500.00") - Decimal("648.00") == extra(documents)[1]
    stands = "the entry stands, and 8.00 h of it are prepaid in blocks now."
    causes = [alike.of for site in shown.sites for period in site.rows for alike in period.rows]
    assert causes == [
        (f"Nothing is due any more: {stands}",),
        (
            "Never billed: it was recorded or changed after its day was billed.",
            "1 block bought on 1 July 1999: 1,500 hours each, for all sites "
            "(Amendment 1 (LNM980917MP), Appendix A, hours).",
        ),
    ]
    line = documents[0].lines.get(kind="adjustment")
    assert line.steps[0] == f"Nothing is due any more for Customer Care: {stands}"


def test_a_late_level_is_what_the_run_bills(agreement):
    issue_through(NOVEMBER)
    for site in Site.objects.all():
        factories.charged_level(site, 2, "MEDIUM", date(1999, 12, 3))

    shown = preview_of(agreement, on=DECEMBER)

    assert shown.amounts.difference == 2 * Decimal("13666.66")
    assert extra(drafted(NOVEMBER, DECEMBER)) == (2, shown.amounts.difference)
    assert shown.outcome == "an invoice of 27,333.32 USD with 2 lines"


def test_what_was_never_billed_stands_beside_what_changed_with_its_reason(agreement):
    issue_through(FEBRUARY, ON)
    moved(agreement)

    (boise,) = preview_of(agreement, on=ON).sites

    rows = [
        (part.days, [document.number for document in part.documents], str(part.amounts.before), str(part.amounts.after))
        for alike in boise.rows[0].rows
        for part in alike.rows
    ]
    assert rows == [
        ("December 1998", [], "0.00", "9639.78"),
        ("January 1999", ["INV-00004"], "7448.92", "13583.34"),
        ("February 1999", ["INV-00005"], "13583.34", "13583.33"),
    ]
    december = boise.rows[0].rows[0]
    assert december.of[0] == "Never billed: in service from 10 December 1998."


def test_the_pages_show_it_with_the_same_sums(agreement, settings):
    settings.BUSINESS_DATE = ON
    issue_through(FEBRUARY, ON)
    added(agreement)
    client = client_of(VIEWER)

    listed = client.get(LIST)
    detail = client.get(reverse("invoicing:correction_detail", args=[agreement.pk]))

    outcome = "3 invoices of 36,806.45 USD together with 3 lines"
    (row,) = by_heading(listed)
    assert list(row.values())[2:] == ["0", "0.00", "36,806.45", "+36,806.45 USD", outcome]
    by_document, by_site = tables(detail)
    assert by_document[1:] == [
        ["Never billed", "Periods that were billed without it", "3", "0.00", "36,806.45", "+36,806.45"],
        ["Total USD", "3", "0.00", "36,806.45", "+36,806.45"],
    ]
    assert by_site[2][:5] == ["December 1998 instalment 3", "never billed", "0.00", "9,639.78", "+9,639.78"]
    assert by_site[2][5].startswith("Never billed: in service from 10 December 1998. Very Small at 163,000.00 a year")
    assert f"A run through 28 February 1999 {outcome}." in words(detail)


def test_what_belongs_to_no_single_site_stands_under_all_sites(agreement, settings):
    settings.BUSINESS_DATE = ON
    issue_through(FEBRUARY, ON)
    late_entry(agreement)

    by_site = tables(client_of(VIEWER).get(reverse("invoicing:correction_detail", args=[agreement.pk])))[1]

    assert by_site[1] == ["All sites"]
    assert by_site[2][:2] == ["20 January 1999 1 block of 1,500 prepaid hours", "never billed"]


def test_pages_without_anything_never_billed_say_nothing_of_it(agreement, settings):
    settings.BUSINESS_DATE = ON
    issue_through(FEBRUARY, ON)
    retroactive(agreement)

    page = client_of(VIEWER).get(reverse("invoicing:correction_detail", args=[agreement.pk]))

    assert "ever billed" not in words(page)


def test_what_is_recorded_before_its_run_is_a_regular_charge(agreement):
    issue_through(FEBRUARY, ON)
    blocks(agreement, date(1999, 3, 5))

    assert preview_of(agreement, through=MARCH, on=MARCH) == Preview()


def test_a_run_of_which_only_the_first_document_is_issued_has_passed_no_more_than_that(agreement):
    draft_invoices(through=FEBRUARY, on=ON, by=None)
    issue_through(date(1998, 10, 31), ON)

    assert preview_of(agreement, through=FEBRUARY, on=ON) == Preview()


def test_a_document_of_blocks_alone_has_not_passed_the_instalments_of_its_month(agreement):
    issue_through(date(1998, 10, 31))
    blocks(agreement, date(1998, 11, 10))
    issue_through(date(1998, 11, 15))

    assert preview_of(agreement, through=date(1998, 11, 30), on=date(1998, 11, 30)) == Preview()
