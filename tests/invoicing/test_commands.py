"""The commands of billing: what they print, what they refuse and with which exit code."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from contracts.models import Agreement
from invoicing.models import Invoice
from sites.models import Site
from tests import factories, reference

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("two_sites")]


def draft_invoices(*arguments):
    output, errors = StringIO(), StringIO()
    try:
        call_command("draft_invoices", *arguments, stdout=output, stderr=errors)
    except CommandError as refused:
        return output.getvalue(), errors.getvalue(), refused
    return output.getvalue(), errors.getvalue(), None


def test_one_line_per_draft():
    output, errors, refused = draft_invoices("--through", "1998-11-30", "--on", "1998-12-01")
    assert output.splitlines() == [
        "LNS970602JC: Draft invoice for October 1998, 27,166.66",
        "LNS970602JC: Draft invoice for November 1998, 27,166.68",
    ]
    assert (errors, refused) == ("", None)


def test_issue_prints_the_numbers_and_a_second_run_has_nothing_to_bill():
    arguments = ("--through", "1998-10-31", "--on", "1998-11-02", "--issue")
    assert draft_invoices(*arguments)[0] == "LNS970602JC: Invoice INV-00001 for October 1998, 27,166.66\n"
    assert draft_invoices(*arguments)[0] == "LNS970602JC: nothing to bill\n"
    assert Invoice.objects.get().issued_on == date(1998, 11, 2)


def test_a_refused_agreement_is_named_with_its_sentence_and_the_exit_code_is_1():
    other = factories.agreement(
        "ZNS1",
        amendments=(reference.amendment(1, reference.ANCHOR, supplier_signature=None, schedule=reference.SCHEDULE),),
    )
    factories.sites(other, 1)
    output, errors, refused = draft_invoices("--through", "1998-10-31", "--on", "1998-11-02")
    assert output == "LNS970602JC: Draft invoice for October 1998, 27,166.66\n"
    assert errors.startswith("ZNS1: refused: 31 October 1998 has no price yet. Amendment 1 (LNM-1) is not executed")
    assert (str(refused), refused.returncode) == ("Not billed: ZNS1. The reason is shown above.", 1)


def test_json_carries_money_as_text():
    output, _errors, _refused = draft_invoices(
        "--through", "1998-10-31", "--on", "1998-11-02", "--issue", "--format", "json"
    )
    assert json.loads(output) == [
        {
            "agreement": "LNS970602JC",
            "currency": "USD",
            "documents": [
                {
                    "key": Invoice.objects.get().pk,
                    "kind": "invoice",
                    "number": "INV-00001",
                    "first_day": "1998-10-01",
                    "last_day": "1998-10-31",
                    "issue_from": "1998-10-31",
                    "held_because": [],
                    "waits": None,
                    "issued_on": "1998-11-02",
                    "total": "27166.66",
                    "why_nothing": None,
                    "demonstration": False,
                }
            ],
            "notices": [],
            "refusal": None,
            "ended": False,
            "undecided": False,
        }
    ]


CANCEL = "What this document bills and what it gives back cancel: nothing is to be paid."


@pytest.mark.parametrize(("command", "document"), [("--issue", "Invoice INV-00002"), ("--dry-run", "Draft invoice")])
def test_a_document_whose_lines_cancel_says_why_it_comes_to_nothing(command, document):
    """One site began in November and another one in October, which is found out once October is billed."""
    of_october = ("--through", "1998-10-31", "--on", "1998-11-02")
    draft_invoices(*of_october, "--issue")
    Site.objects.filter(pk=Site.objects.earliest("pk").pk).update(in_service_on=date(1998, 11, 1))
    factories.site(Agreement.objects.get(), "Fargo")

    as_json, _errors, _refused = draft_invoices(*of_october, "--dry-run", "--format", "json")
    output, _errors, _refused = draft_invoices(*of_october, command)

    assert output.splitlines() == [f"LNS970602JC: {document} for October 1998, 0.00", f"LNS970602JC: {CANCEL}"]
    assert [each["why_nothing"] for each in json.loads(as_json)[0]["documents"]] == [CANCEL]


@pytest.mark.parametrize("command", [("--issue",), ("--dry-run",)])
def test_a_draft_that_waits_says_from_which_day_it_can_be_issued(command):
    output, _errors, _refused = draft_invoices("--through", "1998-12-31", "--on", "1998-11-30", *command)
    assert output.splitlines()[2:] == [
        "LNS970602JC: Draft invoice for December 1998, 27,166.66",
        "LNS970602JC: The draft waits for its day: it can be issued from 31 December 1998, when all that it bills has "
        "fallen due. December 1998 has not begun.",
    ]


def test_a_dry_run_says_what_it_would_do_and_writes_nothing():
    output, _errors, _refused = draft_invoices("--through", "1998-10-31", "--on", "1998-11-02", "--dry-run")
    assert output == "LNS970602JC: Draft invoice for October 1998, 27,166.66\n"
    assert Invoice.objects.count() == 0


def test_only_the_agreements_named():
    factories.sites(factories.agreement("ZNS1"), 1)
    output, _errors, _refused = draft_invoices(
        "--through", "1998-10-31", "--on", "1998-11-02", "--agreement", "ZNS1", "--agreement", "ZNS1"
    )
    assert output == "ZNS1: Draft invoice for October 1998, 13,583.33\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--through", "31.10.1998"), "'31.10.1998' is not a date. Write year-month-day, such as 1999-06-30."),
        (
            ("--through", "1998-10-31", "--agreement", "NOPE"),
            "Not on file: agreement NOPE. Check the number, or load the agreement first.",
        ),
    ],
)
def test_wrong_arguments_are_refused_with_the_next_step(arguments, sentence):
    assert str(draft_invoices(*arguments)[2]) == sentence


def test_the_date_of_the_run_is_the_business_date_unless_it_is_given(settings):
    settings.BUSINESS_DATE = date(1998, 11, 20)
    draft_invoices("--through", "1998-10-31", "--issue")
    assert Invoice.objects.get().issued_on == date(1998, 11, 20)
