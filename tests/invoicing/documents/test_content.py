"""What a document shows: one dictionary, complete, the same for ever."""

import json
from datetime import date
from decimal import Decimal

import pytest

from contracts.models import ChosenReading
from contracts.readings import QUESTIONS, Timing
from invoicing.charges.charge import ChargeKey
from invoicing.documents.content import invoice_content
from tests import reference
from tests.invoicing import factories

CANCEL = "What this document bills and what it gives back cancel: nothing is to be paid."


def second_period(facts, *, billed=(), **values):
    """Return a document of the second annual period, the first one being billed."""
    done = {
        ChargeKey.of_site(site.key, 1): reference.billed_instalments(*["INV-00012"] * 12, site_key=site.key)
        for site in facts
    } | dict(billed)
    return factories.content(facts, billed=done, **values)


def test_invoice_of_one_site_shows_everything():
    content = factories.content(factories.sites(1), known_on=date(1998, 11, 2))
    assert content == {
        "form": 2,
        "kind": "invoice",
        "kind_name": "Invoice",
        "name": "Invoice INV-00001",
        "draft": False,
        "demonstration": True,
        "number": "INV-00001",
        "issued_on": "1998-11-02",
        "supplier": {
            "name": "Lucent Technologies Inc.",
            "division": "Global Service Providers Group",
            "address": ["283 King George Road", "Warren, New Jersey 07059"],
        },
        "customer": {
            "name": "KMC Telecom Inc.",
            "division": "",
            "address": ["1545 Route 206, Suite 300", "Bedminster, New Jersey 07921"],
        },
        "customer_reference": "",
        "agreement": {"number": "LNS970602JC", "dated_on": "1997-09-04"},
        "amendments": [
            {
                "number": 1,
                "contract_number": "LNM980917MP",
                "effective_on": "1998-10-01",
                "executed_on": "1998-10-20",
            }
        ],
        "first_day": "1998-10-01",
        "last_day": "1998-10-31",
        "period": "October 1998",
        "currency": "USD",
        "payment_terms": "Terms per the Agreement",
        "corrects": [],
        "source": "Amendment 1 (LNM980917MP), Appendix A, table",
        "other_sources": False,
        "lines": [
            {
                "number": 1,
                "kind": "instalment",
                "site": "Baton Rouge, LA",
                "about": "",
                "level": "Very Small",
                "charge": "annual",
                "quantity": "",
                "unit_price": "",
                "annual_price": "163000.00",
                "first_day": "1998-10-01",
                "last_day": "1998-10-31",
                "instalment": 1,
                "instalment_of": 12,
                "provisional": False,
                "source": "",
                "calculation": 1,
                "amount": "13583.33",
            }
        ],
        "instalments": True,
        "once": False,
        "by_level": [{"name": "Very Small", "sites": 1, "amount": "13583.33"}],
        "total": "13583.33",
        "included": [
            {
                "services": "Traffic Management, Capacity Management and Network Management",
                "clause": "Appendix A, note 1",
            }
        ],
        "remarks": [],
        "calculations": [
            {
                "number": 1,
                "lines": "1",
                "steps": [
                    "Every site is charged at this level in the first annual period, whatever its counts.",
                    "Very Small: 163,000.00 a year (Amendment 1 (LNM980917MP), Appendix A, table).",
                    "1 of 12 months, each a twelfth of the annual price.",
                    "Instalment 1 of 12: 13,583.33 due through it, less 0.00 due before it, is 13,583.33.",
                ],
            }
        ],
        "readings": [
            {
                "question": "How often is the annual price billed?",
                "sentence": "The annual price is billed in twelve monthly instalments.",
                "clause": "",
                "chosen_by": "",
                "chosen_on": "",
            },
            {
                "question": "When is an instalment due?",
                "sentence": "Instalments are billed in arrears, after the service.",
                "clause": "",
                "chosen_by": "",
                "chosen_on": "",
            },
            {
                "question": "What does part of an annual period cost?",
                "sentence": "A whole month costs one twelfth of the annual price; part of a month counts by its days.",
                "clause": "",
                "chosen_by": "",
                "chosen_on": "",
            },
            {
                "question": "How do the instalments meet the annual price to the cent?",
                "sentence": "Each instalment is the rounded amount due through it less the one before; "
                "together they are the annual price exactly.",
                "clause": "",
                "chosen_by": "",
                "chosen_on": "",
            },
            {
                "question": "What does one annual price cover?",
                "sentence": "One charge per site, not per switch.",
                "clause": "",
                "chosen_by": "",
                "chosen_on": "",
            },
            {
                "question": "When is a document to be paid?",
                "sentence": "By the terms of the Agreement; no due date is stated until days to pay are entered.",
                "clause": "",
                "chosen_by": "",
                "chosen_on": "",
            },
            {
                "question": "Which taxes are charged?",
                "sentence": "No tax is added: amounts are those of the price schedule.",
                "clause": "",
                "chosen_by": "",
                "chosen_on": "",
            },
        ],
    }


def test_content_is_json_and_comes_back_the_same():
    content = second_period(factories.spread(factories.sites(12)), through=date(1999, 10, 31))
    assert json.loads(json.dumps(content)) == content


def test_lines_that_do_not_add_up_are_refused():
    invoice, lines, row = factories.document(factories.sites(2))
    invoice.total -= Decimal("0.01")
    with pytest.raises(ValueError, match=r"the lines add up to 27166.66, the document says 27166.65"):
        invoice_content(invoice=invoice, lines=lines, agreement=row)


def test_document_without_lines_is_refused():
    invoice, _lines, row = factories.document(factories.sites(1), total=Decimal("0.00"))
    with pytest.raises(ValueError, match="add up"):
        invoice_content(invoice=invoice, lines=[], agreement=row)


def test_draft_has_neither_number_nor_date():
    invoice, lines, row = factories.draft(factories.sites(1), known_on=date(1998, 10, 31))
    content = invoice_content(invoice=invoice, lines=lines, agreement=row)
    shown = (content["draft"], content["name"], content["number"], content["issued_on"])
    assert shown == (True, "Draft invoice", "", None)


@pytest.mark.parametrize(("net_days", "terms"), [(None, "Terms per the Agreement"), (30, "Net 30 days")])
def test_terms_of_payment_are_those_entered_and_never_invented(net_days, terms):
    row = factories.agreement(net_days=net_days)
    assert factories.content(factories.sites(1), row=row)["payment_terms"] == terms


def test_part_of_a_month_says_its_days():
    late = reference.site(1, name="Topeka, KS", in_service_on=date(1999, 1, 15))
    (line,) = factories.content([late], through=date(1999, 1, 31))["lines"]
    assert (line["days"], line["days_of"], line["instalment"], line["amount"]) == (17, 31, 4, "7448.92")


def test_whole_month_says_no_days():
    (line,) = factories.content(factories.sites(1))["lines"]
    assert "days" not in line


def test_totals_by_level_are_sums_of_lines_cheapest_first():
    facts = factories.spread(factories.sites(7))
    content = second_period(facts, through=date(1999, 10, 31))
    assert content["by_level"] == [
        {"name": "Very Small", "sites": 2, "amount": "27166.66"},
        {"name": "Small", "sites": 2, "amount": "33000.00"},
        {"name": "Medium", "sites": 1, "amount": "20416.67"},
        {"name": "Large", "sites": 1, "amount": "26666.67"},
        {"name": "Very Large", "sites": 1, "amount": "32500.00"},
    ]
    assert sum(Decimal(level["amount"]) for level in content["by_level"]) == Decimal(content["total"])


def test_lines_calculated_alike_share_a_calculation():
    content = second_period(factories.spread(factories.sites(12)), through=date(1999, 10, 31))
    calculations = [(each["number"], each["lines"]) for each in content["calculations"]]
    assert calculations == [(1, "1, 6 and 11"), (2, "2, 7 and 12"), (3, "3 and 8"), (4, "4 and 9"), (5, "5 and 10")]
    assert [line["calculation"] for line in content["lines"]] == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2]


def test_runs_of_lines_are_drawn_together_and_scattered_ones_are_counted():
    assert factories.content(factories.sites(12))["calculations"][0]["lines"] == "1 to 12"
    many = second_period(factories.spread(factories.sites(100)), through=date(1999, 10, 31))
    assert many["calculations"][0]["lines"] == "20 lines"


PROVISIONAL = (
    "Lines 1 to 3: Provisional: the previous level goes on until the parties agree; "
    "the difference is then billed or credited from the period's first day."
)


def test_provisional_lines_are_marked_and_explained():
    content = second_period(factories.sites(3), through=date(1999, 10, 31))
    assert [line["provisional"] for line in content["lines"]] == [True, True, True]
    assert content["remarks"] == [PROVISIONAL]


def test_agreed_lines_are_not_provisional():
    content = second_period(factories.spread(factories.sites(3)), through=date(1999, 10, 31))
    assert [line["provisional"] for line in content["lines"]] == [False, False, False]
    assert content["remarks"] == []


def adjusting():
    """Return three sites whose levels were agreed after two months of the second period had been billed."""
    facts = factories.spread(factories.sites(3), agreed_on=date(1999, 12, 10))
    billed = {
        ChargeKey.of_site(site.key, 2): reference.billed_instalments(
            "INV-00013", "INV-00014", site_key=site.key, period_number=2
        )
        for site in facts
    }
    corrected = []
    for number, issued_on in ((13, date(1999, 11, 1)), (14, date(1999, 12, 1))):
        invoice, _lines, _row = factories.document(factories.sites(1), number_text=f"INV-000{number}")
        invoice.issued_on = issued_on
        corrected.append(invoice)
    return second_period(facts, billed=billed, through=date(1999, 12, 31), corrected=corrected)


def test_adjustments_name_the_documents_they_correct():
    content = adjusting()
    assert [(line["about"], line["level"], line["amount"]) for line in content["lines"][3:]] == [
        ("Adjustment, annual period 2", "Small", "5833.33"),
        ("Adjustment, annual period 2", "Medium", "13666.66"),
    ]
    assert content["remarks"] == [
        "Lines 4 and 5: the difference between what is due now for annual period 2 and what was billed for it in "
        "INV-00013 and INV-00014.",
        "This invoice adjusts Invoice INV-00013 of 1 November 1999 and Invoice INV-00014 of 1 December 1999.",
    ]
    assert [each["name"] for each in content["corrects"]] == ["Invoice INV-00013", "Invoice INV-00014"]
    assert content["by_level"][-1] == {"name": "Adjustments", "sites": 2, "amount": "19499.99"}


def test_a_document_whose_lines_cancel_says_that_nothing_is_to_be_paid():
    """October is taken back from a site that began in November, and billed for one that was there in October."""
    facts = [reference.site(1, in_service_on=date(1998, 11, 1)), reference.site(2)]
    billed = {ChargeKey.of_site(1, 1): reference.billed_instalments("INV-00001", site_key=1)}

    shown = factories.content(facts, billed=billed)

    assert ([line["amount"] for line in shown["lines"]], shown["total"]) == (["13583.33", "-13583.33"], "0.00")
    assert shown["remarks"][-1] == CANCEL
    assert CANCEL not in factories.content(facts)["remarks"]


def test_credit_note_takes_back_every_line_and_names_the_invoice():
    invoice, lines, row = factories.document(factories.sites(3), known_on=date(1998, 11, 2))
    note, taken_back = factories.credit_of(invoice, lines)
    content = invoice_content(invoice=note, lines=taken_back, agreement=row, corrected=[invoice])
    assert (content["name"], content["total"]) == ("Credit note CN-00001", "-40749.99")
    assert [line["amount"] for line in content["lines"]] == ["-13583.33"] * 3
    assert content["instalments"] is False
    assert content["calculations"] == [
        {
            "number": 1,
            "lines": "1 to 3",
            "steps": ["The line of the same number of Invoice INV-00001 is taken back."],
        }
    ]
    assert content["remarks"] == [
        "This credit note takes back Invoice INV-00001 of 2 November 1998.",
        "Reason: Billed to the wrong agreement",
    ]


def test_chosen_reading_says_who_chose_it():
    row = factories.agreement()
    row.chosen_list = [
        ChosenReading(
            question="timing",
            choice=Timing.IN_ADVANCE.value,
            clause="silent",
            chosen_by="R. Roe",
            chosen_on=date(1998, 10, 5),
        )
    ]
    readings = factories.content(factories.sites(1), row=row, through=date(1998, 10, 1))["readings"]
    assert readings[1] == {
        "question": "When is an instalment due?",
        "sentence": QUESTIONS["timing"].sentence(Timing.IN_ADVANCE),
        "clause": "silent",
        "chosen_by": "R. Roe",
        "chosen_on": "1998-10-05",
    }


@pytest.mark.parametrize(("choice", "printed"), [("first-day-in-service", False), ("billing-period", True)])
def test_what_few_documents_need_is_printed_where_it_is_read_otherwise_than_by_default(choice, printed):
    row = factories.agreement()
    facts = {"question": "advance-start", "choice": choice, "chosen_by": "R. Roe", "chosen_on": date(1998, 10, 5)}
    row.chosen_list = [ChosenReading(**facts)]

    shown = [reading["question"] for reading in factories.content(factories.sites(1), row=row)["readings"]]

    assert (QUESTIONS["advance-start"].title in shown) is printed


def test_a_line_of_an_earlier_annual_period_brings_its_readings_along():
    row = factories.agreement()
    row.chosen_list = [
        ChosenReading(
            question="proration",
            choice="daily",
            applies_from=date(1999, 10, 1),
            clause="silent",
            chosen_by="R. Roe",
            chosen_on=date(1999, 7, 5),
        )
    ]
    invoice, lines, _row = factories.document(factories.sites(1), row=row, through=date(1999, 10, 31))
    own = invoice_content(invoice=invoice, lines=lines, agreement=row)["readings"]
    lines[0].first_day = lines[0].last_day = date(1999, 9, 30)

    both = invoice_content(invoice=invoice, lines=lines, agreement=row)["readings"]

    title = QUESTIONS["proration"].title
    assert [message["sentence"] for message in own if message["question"] == title] == [
        "Part of a period costs its share of the days of the annual period."
    ]
    assert [(message["sentence"], message["chosen_by"]) for message in both if message["question"] == title] == [
        (
            "A whole month costs one twelfth of the annual price; part of a month counts by its days. (annual period "
            "from 1 October 1998)",
            "",
        ),
        (
            "Part of a period costs its share of the days of the annual period. (annual period from 1 October 1999)",
            "R. Roe",
        ),
    ]
    assert (len(own), len(both)) == (7, 8)


def test_the_source_of_most_lines_is_said_once_and_another_one_on_its_line():
    invoice, lines, row = factories.document(factories.sites(3))
    lines[0].source = "Amendment 2 (LNM-2), Appendix B"
    content = invoice_content(invoice=invoice, lines=lines, agreement=row)
    assert (content["source"], content["other_sources"]) == ("Amendment 1 (LNM980917MP), Appendix A, table", True)
    assert [line["source"] for line in content["lines"]] == ["Amendment 2 (LNM-2), Appendix B", "", ""]


def test_one_source_of_all_lines_is_said_once():
    content = factories.content(factories.sites(2))
    assert (content["source"], content["other_sources"]) == ("Amendment 1 (LNM980917MP), Appendix A, table", False)
    assert [line["source"] for line in content["lines"]] == ["", ""]


def test_amendment_without_both_signatures_is_not_named():
    row = factories.agreement()
    row.amendment_list[0].supplier_signed_on = None
    invoice, lines, _row = factories.document(factories.sites(1))
    content = invoice_content(invoice=invoice, lines=lines, agreement=row)
    assert (content["amendments"], content["included"]) == ([], [])


def test_empty_lines_of_an_address_are_left_out():
    row = factories.agreement()
    row.customer.address = "  1545 Route 206\r\n\r\nBedminster  \n"
    assert factories.content(factories.sites(1), row=row)["customer"]["address"] == ["1545 Route 206", "Bedminster"]
