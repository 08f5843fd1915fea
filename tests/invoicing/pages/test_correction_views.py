"""The pages that show corrections before anything is drafted: what they say, to whom, and that they only read."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from contracts.models import Agreement
from invoicing.credits.crediting import credit
from invoicing.models import Invoice
from invoicing.runs.drafting import draft_invoices
from invoicing.what_if.pending import pending_corrections
from sites.models import Site
from tests import factories
from tests.invoicing.billing_cases import read
from tests.invoicing.what_if.test_retroactive_amendment import AMENDMENT_2, FEBRUARY
from tests.people import FINANCE, VIEWER, client_of
from tests.reading import by_heading, links, tables, words

LIST = reverse("invoicing:correction_list")
MARCH = date(1999, 3, 15)
pytestmark = [pytest.mark.django_db, pytest.mark.business_date(MARCH)]


def page_of(agreement: Agreement) -> str:
    return reverse("invoicing:correction_detail", args=[agreement.pk])


def invoice_page(number: str) -> str:
    return reverse("invoicing:invoice_detail", args=[Invoice.objects.get(number_text=number).pk])


def billed(number: str = "LNS970602JC", sites: int = 1, through: date = FEBRUARY) -> Agreement:
    """An agreement billed and issued month by month."""
    agreement = factories.agreement(number)
    factories.sites(agreement, sites)
    (result,) = draft_invoices(through=through, on=date(1999, 3, 1), by=None, agreements=[agreement], issue_drafts=True)
    assert result.refusal == ""
    return agreement


def lowered(agreement: Agreement) -> Agreement:
    """The agreement with the amendment that reaches back to 1 January."""
    factories.amendment(agreement, AMENDMENT_2)
    return agreement


# ---- the list --------------------------------------------------------------------------------------------------------


def test_list_names_each_agreement_with_its_sum_and_what_becomes_of_it():
    lowered(billed("A", sites=12))
    billed("B")

    response = client_of(VIEWER).get(LIST)

    (rows,) = tables(response)
    assert rows == [
        ["Agreement", "Customer", "Documents", "Billed", "Due now", "Difference", "What the run makes of it"],
        [
            "A",
            "KMC Telecom Inc.",
            "2",
            "326,000.04",
            "309,699.96",
            "−16,300.08 USD",
            "A credit note of 16,300.08 USD with 12 lines",
        ],
    ]
    assert f"{page_of(Agreement.objects.get(number='A'))}?through=1999-02-28" in links(response)
    assert 'value="1999-02-28"' in response.content.decode()


def test_list_looks_through_the_day_asked_for():
    lowered(billed())

    response = client_of(VIEWER).get(LIST, {"through": "1999-01-31"})

    assert by_heading(response)[0]["Difference"] == "−679.16 USD"  # January alone: 13,583.33 less 12,904.17


def test_list_teaches_where_it_is_empty():
    client = client_of(FINANCE)

    assert "Nothing has been issued yet, so there is nothing to correct." in words(client.get(LIST))
    assert reverse("invoicing:run") in links(client.get(LIST))
    billed()
    assert "What was billed is correct as billed: nothing is due differently." in words(client.get(LIST))
    assert "The day above cannot be read" in words(client.get(LIST, {"through": "soon"}))


def test_list_says_which_agreement_cannot_be_run():
    agreement = lowered(billed())
    read(agreement, "frequency", "quarterly")

    (row,) = by_heading(client_of(VIEWER).get(LIST))

    assert (row["Agreement"], row["Customer"], row["Difference"]) == ("LNS970602JC", "KMC Telecom Inc.", "")
    assert row["What the run makes of it"].startswith(
        "Cannot run Annual period 1 of Agreement LNS970602JC was billed in 12 instalments so far"
    )


@pytest.mark.parametrize("number", [1, 3])
def test_list_has_a_fixed_number_of_queries(number, django_assert_num_queries):
    for position in range(number):
        lowered(billed(f"A{position:02}", through=date(1999, 1, 31)))
    client = client_of(VIEWER)

    with django_assert_num_queries(28):
        assert client.get(LIST).content.decode().count("A credit note of") == number


def test_a_page_computes_the_plans_of_ten_agreements_whatever_the_address_says():
    for number in range(11):
        billed(f"A{number:02}", through=date(1998, 10, 31))
    lowered(Agreement.objects.get(number="A10"))
    client = client_of(VIEWER)

    first, second = client.get(LIST, {"per_page": "100"}), client.get(LIST, {"page": "2"})

    assert "What was billed under the agreements of this page is correct as billed" in words(first)
    assert [row["Agreement"] for row in by_heading(second)] == []


def test_list_goes_on_page_by_page(monkeypatch):
    monkeypatch.setattr("contracts.pages.lists.ROWS_A_PAGE", 1)
    lowered(billed("A"))
    lowered(billed("B"))
    client = client_of(VIEWER)

    first, second = client.get(LIST), client.get(LIST, {"page": "2"})

    assert [by_heading(page)[0]["Agreement"] for page in (first, second)] == ["A", "B"]
    assert "?page=2" in links(first)


# ---- one agreement ---------------------------------------------------------------------------------------------------


def test_page_shows_documents_instalments_causes_and_the_total():
    agreement = lowered(billed(sites=2))

    response = client_of(FINANCE).get(page_of(agreement))

    by_document, by_site = tables(response)
    assert by_document == [
        ["Document", "Billing period", "Changes", "Billed", "Due now", "Difference"],
        ["INV-00004", "January 1999", "2", "27,166.66", "25,808.34", "−1,358.32"],
        ["INV-00005", "February 1999", "2", "27,166.68", "25,808.32", "−1,358.36"],
        ["Total USD", "4", "54,333.34", "51,616.66", "−2,716.68"],
    ]
    assert by_site[1:5] == [
        ["City 0001"],
        [
            "January 1999 instalment 4",
            "INV-00004",
            "13,583.33",
            "12,904.17",
            "−679.16",
            "Very Small at 154,850.00 a year (Amendment 2 (LNM-2)). "
            "Every site is charged at this level in the first annual period, whatever its counts.",
        ],
        ["February 1999 instalment 5", "INV-00005", "13,583.34", "12,904.16", "−679.18"],
        ["Annual period 1", "27,166.67", "25,808.33", "−1,358.34", ""],
    ]
    assert by_site[-1] == ["Total USD", "54,333.34", "51,616.66", "−2,716.68", ""]
    seen = words(response)
    assert "A run through 28 February 1999 A credit note of 2,716.68 USD with 2 lines. Nothing is drafted yet" in seen
    assert invoice_page("INV-00004") in links(response)
    assert f"{reverse('invoicing:run')}?through=1999-02-28&agreement={agreement.pk}" in links(response)


def test_only_those_who_may_draft_are_led_to_the_run():
    agreement = lowered(billed())

    assert not any("/run/" in link for link in links(client_of(VIEWER).get(page_of(agreement))))


def test_the_run_begins_with_the_day_and_the_agreement_of_the_page():
    agreement = lowered(billed())
    factories.agreement("OTHER")

    page = (
        client_of(FINANCE)
        .get(reverse("invoicing:run"), {"through": "1999-02-28", "agreement": agreement.pk})
        .content.decode()
    )

    assert 'value="1999-02-28"' in page
    assert page.count("checked") == 1


def test_the_run_makes_what_the_page_has_shown():
    agreement = lowered(billed(sites=3))
    (shown,) = pending_corrections(agreements=[Agreement.objects.with_terms().get(pk=agreement.pk)], on=MARCH)

    (result,) = draft_invoices(through=FEBRUARY, on=MARCH, by=None, agreements=[agreement])

    (document,) = shown.documents
    (draft,) = result.documents
    assert (document.total, len(document.adjustments)) == (draft.total, draft.lines.count())
    assert sorted(shown.named) == sorted(row.number_text for row in draft.corrects.all())


def test_a_draft_that_went_further_is_counted_with():
    agreement = lowered(billed())
    draft_invoices(through=date(1999, 3, 31), on=date(1999, 4, 1), by=None, agreements=[agreement])

    seen = words(client_of(VIEWER).get(page_of(agreement)))

    assert "1 line on the invoice for March 1999, which comes to 11,545.83 USD" in seen
    assert "A run through 31 March 1999" in seen


def test_a_day_before_a_draft_is_shown_as_the_run_would_take_it():
    agreement = lowered(billed())
    draft_invoices(through=date(1999, 3, 31), on=date(1999, 4, 1), by=None, agreements=[agreement])
    january = date(1999, 1, 31)

    (row,) = tables(client_of(VIEWER).get(LIST, {"through": "1999-01-31"}))[0][1:]
    (result,) = draft_invoices(through=january, on=MARCH, by=None, agreements=[agreement], dry_run=True)

    # The draft of March is kept in line with the others: February is corrected with January.
    assert row[5] == "−1,358.34 USD"
    assert [str(document.total) for document in result.documents] == ["-1358.34"]


def test_nothing_is_looked_at_after_the_end_of_the_term():
    agreement = lowered(billed())

    seen = words(client_of(VIEWER).get(page_of(agreement), {"through": "2005-12-31"}))

    assert "A run through 30 September 2000" in seen


def test_page_says_that_everything_stands():
    seen = words(client_of(VIEWER).get(page_of(billed())))

    assert "Everything billed through 28 February 1999 is correct as billed: a run would correct nothing." in seen


def test_page_of_an_agreement_without_documents_is_not_there():
    assert client_of(VIEWER).get(page_of(factories.agreement())).status_code == 404


@pytest.mark.parametrize("through", ["soon", "0001-01-01", "9999-12-31"])
def test_a_day_that_cannot_be_read_is_said(through):
    agreement = lowered(billed())

    response = client_of(VIEWER).get(page_of(agreement), {"through": through})

    assert response.status_code == 200
    assert "The day above cannot be read, so nothing was looked for." in words(response)


def test_page_says_why_no_run_is_possible():
    agreement = lowered(billed())
    read(agreement, "frequency", "quarterly")

    assert "No run is possible: Annual period 1" in words(client_of(VIEWER).get(page_of(agreement)))


@pytest.mark.parametrize("number", [1, 30])
def test_page_has_a_fixed_number_of_queries(number, django_assert_num_queries):
    agreement = lowered(billed(sites=number))
    client = client_of(VIEWER)

    with django_assert_num_queries(27):
        assert client.get(page_of(agreement)).content.decode().count('scope="rowgroup"') == number


def test_many_sites_are_shown_page_by_page(monkeypatch):
    monkeypatch.setattr("contracts.pages.lists.ROWS_OF_A_TABLE", 2)
    agreement = lowered(billed(sites=3))
    client = client_of(VIEWER)

    first, second = (tables(client.get(page_of(agreement), {"page": page}))[1] for page in ("1", "2"))

    assert [row[0] for row in first if len(row) == 1] == ["City 0001", "City 0002"]
    assert [row[0] for row in second if len(row) == 1] == ["City 0003"]
    assert [row[0] == "Total USD" for row in (first[-1], second[-1])] == [False, True]


# ---- the page of an invoice ------------------------------------------------------------------------------------------


def test_invoice_says_what_a_run_would_correct_of_it():
    agreement = lowered(billed())
    client = client_of(VIEWER)

    january, december = client.get(invoice_page("INV-00004")), client.get(invoice_page("INV-00003"))

    assert "Would be corrected by −679.16 USD in a run through 28 February 1999." in words(january)
    assert f"{page_of(agreement)}?through=1999-02-28" in links(january)
    assert "Would be corrected" not in words(december)


def test_credit_note_says_what_is_due_again():
    agreement = billed()
    invoice = Invoice.objects.get(number_text="INV-00001")
    note = credit(invoice=invoice, reason="Wrong", on=MARCH, by=None, amounts={1: Decimal("500.00")})

    seen = words(client_of(VIEWER).get(invoice_page(note.number_text)))

    assert "Would be corrected by +500.00 USD in a run through 28 February 1999." in seen
    assert page_of(agreement) in " ".join(links(client_of(FINANCE).get(invoice_page("INV-00001"))))


def test_a_moved_site_is_credited_for_what_it_was_not_in_service():
    agreement = billed()
    Site.objects.filter(agreement=agreement).update(in_service_on=date(1998, 11, 15))

    rows = tables(client_of(VIEWER).get(page_of(agreement)))[1]

    assert rows[2] == [
        "October 1998 instalment 1",
        "INV-00001",
        "13,583.33",
        "0.00",
        "−13,583.33",
        "Nothing is due any more: the site is in service from 15 November 1998.",
    ]
