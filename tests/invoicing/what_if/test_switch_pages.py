"""A count of the component that defines a site: the invoices that rest on it, what the next run makes of another."""

from datetime import date

import pytest

from invoicing.models import Invoice
from invoicing.runs.issuing import issue
from sites.models import ComponentCount
from tests import factories
from tests.invoicing.billing_cases import FEBRUARY, issue_through, run
from tests.invoicing.count_corrections.count_cases import RESTING, correct, history_of, record, rows_of, text_of
from tests.people import DATA_ENTRY, client_of
from tests.reference import ANCHOR, SMALLEST

ON = date(1999, 3, 1)
pytestmark = [pytest.mark.django_db, pytest.mark.business_date(ON)]
SWITCH = {"code": "5ESS", "day": "1998-10-01"}


@pytest.fixture
def site():
    """A site billed from October to February, beside another one."""
    agreement = factories.agreement()
    site, other = factories.site(agreement, "Augusta", state="GA"), factories.site(agreement, "Macon", state="GA")
    for each in (site, other):
        factories.counts(each, ANCHOR, SMALLEST)
    issue_through(FEBRUARY, ON)
    return site


def typed(quantity: int | str, **more) -> dict:
    return {"quantity": str(quantity), "reason": "No switch was there", "source": "letter", "seen": "1"} | more


CREDITS = (
    "The next run, through 28 February 1999, credits 67,916.67 USD by this correction, for what was billed in "
    "INV-00001, INV-00002, INV-00003, INV-00004, INV-00005."
)
CHARGED = "Charges the site in annual period 1 by what is counted"
FOLLOWED = "Stays as issued; the next run bills or credits the difference"


def test_invoices_rest_on_the_count_that_says_a_switch_is_there(site, manager):
    for address in (history_of(site, **SWITCH), correct(site, **SWITCH)):
        page = manager.get(address)

        assert rows_of(page, RESTING) == [
            f"Invoice INV-0000{number} issued on 1 March 1999 – {CHARGED} {FOLLOWED}" for number in range(1, 6)
        ]
        assert "5ESS defines a site: while it is counted as 0 nothing is charged" in text_of(page)


def test_a_correction_to_0_says_what_the_next_run_credits_and_the_run_does_it(site, manager):
    page = manager.post(correct(site, **SWITCH), typed(0))

    assert page.context["steps"] == [CREDITS]
    assert CREDITS in text_of(page)
    assert ComponentCount.objects.get(site=site, component_code="5ESS").quantity == 1

    answer = manager.post(correct(site, **SWITCH), typed(0, confirmed="yes"), follow=True)
    [message] = answer.context["messages"]
    assert str(message) == f"5ESS at Augusta, GA on 1 October 1998: corrected from 1 to 0. {CREDITS}"
    (result,) = run(FEBRUARY, ON)
    assert [(str(draft.total), draft.kind) for draft in result.documents] == [
        ("-67916.67", Invoice.Kind.CREDIT_NOTE),
    ]


def test_a_correction_back_to_1_says_what_the_next_run_bills_again(site, manager):
    record(site, ANCHOR, {"5ESS": 0}, reason="No switch was there", on=ON)
    (held,) = issue_through(FEBRUARY, ON)
    issue(invoice=held, on=ON, by=None, looked_at=True)

    page = manager.post(correct(site, **SWITCH), typed(1, seen="0"))

    (message,) = page.context["steps"]
    assert message.startswith("The next run, through 28 February 1999, bills 67,916.67 USD by this correction")
    assert len(rows_of(manager.get(history_of(site, **SWITCH)), RESTING)) == 6  # the credit note too


@pytest.mark.parametrize("sent", [typed(2), typed("", withdraw="on")])
def test_a_correction_that_leaves_a_switch_there_changes_nothing_billed(site, manager, sent):
    page = manager.post(correct(site, **SWITCH), sent)

    assert page.context["steps"] == []
    assert "Nothing: no issued document depends on this figure." in text_of(page)


def test_a_later_count_of_a_period_that_is_charged_already_decides_nothing_billed(site, manager):
    factories.counts(site, date(1999, 2, 1), {"5ESS": 1})

    page = manager.post(correct(site, code="5ESS", day="1999-02-01"), typed(0))

    assert page.context["steps"] == []
    assert page.context["dependents"].invoices == ()


def test_a_count_of_another_component_decides_no_charge(site, manager):
    page = manager.get(history_of(site, code="GE", day="1998-10-01"))

    assert "defines a site" not in text_of(page)
    assert "No issued report, review or invoice depends on this figure." in text_of(page)


def test_data_entry_is_told_without_amounts_and_documents(site):
    clerk = client_of(DATA_ENTRY)
    page = clerk.post(correct(site, **SWITCH), typed(0))

    assert page.context["steps"] == [
        "The site is charged by what is counted: the next run bills or credits what changes."
    ]
    seen = text_of(page)
    assert "while it is counted as 0 nothing is charged" in seen
    assert not any(word in seen for word in ("67,916.67", "INV-"))
    assert clerk.post(correct(site, **SWITCH), typed(2)).context["steps"] == []


@pytest.mark.parametrize("number", [1, 3])
def test_looking_asks_the_same_number_of_queries(agreement, number, django_assert_num_queries, manager):
    sites = [factories.site(agreement, f"City {position}") for position in range(number)]
    for each in sites:
        factories.counts(each, ANCHOR, SMALLEST)
    issue_through(FEBRUARY if number == 3 else date(1998, 10, 31), ON)

    with django_assert_num_queries(61):
        assert "defines a site" in text_of(manager.post(correct(sites[0], **SWITCH), typed(0)))
