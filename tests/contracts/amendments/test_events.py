"""Events of one amendment: signatures and their withdrawal, the copy of a schedule, what is taken off the file."""

from datetime import date

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from contracts.models import Amendment, PriceSchedule, WithdrawnSignature
from tests import factories, reference
from tests.contracts.admin.admin_pages import messages_of, open_amendment
from tests.contracts.amendments.amendment_pages import address, draft_with_table, errors_of, sign, table_of
from tests.people import DATA_ENTRY, FINANCE, VIEWER, client_of
from tests.reading import links, words

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(date(1999, 2, 15))]


# ---- signatures


SIGNED = {"name": "Michael Sternberg", "title": "President", "signed_on": "1999-02-10"}


def test_signing_page_says_what_will_happen_and_writes_nothing(manager):
    amendment = draft_with_table()
    page = manager.get(address("amendment_sign", amendment, "customer"))

    assert list(page.context["consequences"]) == [
        "The signature is recorded on Amendment 2 (LNM990901MP). It changes no price until the supplier has signed "
        "too.",
        "What it says and its price schedule are closed from now on. To change them, the signature is withdrawn first, "
        "with a reason.",
    ]
    assert "5 remarks on its price table" in words(page)
    amendment.refresh_from_db()
    assert amendment.customer_signed_on is None


def test_both_signatures_execute_the_amendment(manager):
    amendment = draft_with_table()
    first = manager.post(address("amendment_sign", amendment, "customer"), SIGNED, follow=True)
    assert messages_of(first) == [
        "The signature of Michael Sternberg is recorded. Record the signature of the supplier next."
    ]
    page = manager.get(address("amendment_sign", amendment, "supplier"))
    assert list(page.context["consequences"]) == [
        "The customer signed on 10 February 1999. This is the second signature: it executes Amendment 2 (LNM990901MP) "
        "on the later of the two dates.",
        "Its price schedule, Appendix A, table, is sealed with it and sets the prices from 1 October 1999.",
        "No scanned document is attached yet; it can be attached afterwards, once.",
        "Nothing takes this back: a later change is entered as the next amendment.",
    ]

    second = manager.post(address("amendment_sign", amendment, "supplier"), SIGNED | {"signed_on": "1999-02-12"})

    assert second.headers["Location"] == address("amendment_detail", amendment)
    amendment.refresh_from_db()
    assert (amendment.executed_on, amendment.schedules.get().executed_on) == (date(1999, 2, 12), date(1999, 2, 12))
    assert [entry.change_message for entry in LogEntry.objects.order_by("pk")] == [
        "The signature of Michael Sternberg is recorded. Record the signature of the supplier next.",
        "Amendment 2 (LNM990901MP) is executed as of 12 February 1999 and sealed.",
    ]


@pytest.mark.parametrize(
    ("posted", "expected"),
    [
        (
            {"signed_on": "1999-02-16"},
            {
                "signed_on": [
                    "The signature of the customer is dated 16 February 1999, which is after 15 February 1999. "
                    "Record it once it has happened."
                ]
            },
        ),
        ({"name": " "}, {"name": ["This field is required."]}),
    ],
)
def test_signature_is_refused_at_the_field(manager, posted, expected):
    amendment = draft_with_table()
    page = manager.post(address("amendment_sign", amendment, "customer"), SIGNED | posted)

    assert errors_of(page) == expected
    amendment.refresh_from_db()
    assert amendment.customer_signed_on is None


def test_signature_that_is_on_file_is_not_recorded_again(manager):
    amendment = draft_with_table()
    sign(amendment)

    answer = manager.post(address("amendment_sign", amendment, "customer"), SIGNED, follow=True)

    assert messages_of(answer) == [
        "Ann Example signed Amendment 2 (LNM990901MP) for the customer on 1 February 1999. "
        "Withdraw that signature to record it again."
    ]
    amendment.refresh_from_db()
    assert amendment.customer_signer == "Ann Example"


def test_signature_is_withdrawn_with_a_reason_and_its_trace_is_shown(manager):
    amendment = draft_with_table()
    sign(amendment)
    url = address("amendment_withdraw", amendment, "customer")
    page = manager.get(url)
    assert page.context["consequences"] == [
        "The signature of Ann Example for the customer, dated 1 February 1999, counts no longer. "
        "It stays on file with your reason.",
        "Amendment 2 (LNM990901MP) is a draft again: what it says and its price schedule can be changed.",
        "The customer then signs what was changed.",
    ]
    assert errors_of(manager.post(url, {"reason": ""})) == {"reason": ["This field is required."]}

    answer = manager.post(url, {"reason": "Large was to be dearer."}, follow=True)

    assert messages_of(answer) == [
        "The signature of Ann Example is withdrawn. Amendment 2 (LNM990901MP) is open for changes."
    ]
    assert (
        "Ann Example, for the customer, signed on 1 Feb 1999; withdrawn on 15 Feb 1999 by account-manager: "
        "Large was to be dearer." in words(answer)
    )
    amendment.refresh_from_db()
    assert (amendment.customer_signed_on, WithdrawnSignature.objects.get().side) == (None, "customer")
    assert 'name="cell-0-0"' in answer.content.decode()
    assert address("amendment_discard", amendment) not in links(answer)  # its trace stays


def test_signature_of_an_executed_amendment_is_not_withdrawn(manager):
    amendment = factories.agreement().amendments.get()

    answer = manager.post(address("amendment_withdraw", amendment, "customer"), {"reason": "x"}, follow=True)

    assert messages_of(answer) == [
        "Amendment 1 (LNM980917MP) is executed: its signatures stay. Enter the next amendment instead."
    ]
    assert not WithdrawnSignature.objects.exists()


@pytest.mark.parametrize("name", ["amendment_sign", "amendment_withdraw"])
def test_an_amendment_has_two_sides_only(manager, name):
    amendment = draft_with_table()

    assert manager.get(address(name, amendment, "witness")).status_code == 404
    assert manager.post(address(name, amendment, "witness"), SIGNED).status_code == 404


# ---- the other events


def test_schedule_in_force_is_copied_into_a_draft_once(manager):
    amendment = open_amendment(factories.agreement())
    url = address("amendment_copy_schedule", amendment)
    assert manager.get(url).context["consequences"][0] == (
        "All levels, limits, prices and rules of Amendment 1 (LNM980917MP), Appendix A, table are copied into "
        "Amendment 2 (LNM990901MP)."
    )
    assert not amendment.schedules.exists()

    manager.post(url)
    assert table_of(amendment) == reference.SCHEDULE
    again = manager.post(url, follow=True)
    assert messages_of(again)[-1] == "Amendment 2 (LNM990901MP) has a price table already. Change that one."


def test_copy_of_nothing_is_refused_with_the_reason(manager):
    amendment = open_amendment(factories.agreement(amendments=()), number=1, from_expires_on=date(2000, 7, 22))
    url = address("amendment_copy_schedule", amendment)

    (message,) = errors_of(manager.post(url))["__all__"]
    assert message.startswith("There is no schedule to copy. No price schedule on file covers 1 October 1999")
    assert manager.get(url).context["consequences"][0].startswith("There is no schedule to copy.")


def test_table_and_draft_are_taken_off_the_file(manager):
    amendment = draft_with_table()
    manager.get(address("amendment_discard_schedule", amendment))
    manager.get(address("amendment_discard", amendment))
    assert PriceSchedule.objects.filter(amendment=amendment).exists()

    manager.post(address("amendment_discard_schedule", amendment))
    assert not PriceSchedule.objects.filter(amendment=amendment).exists()
    answer = manager.post(address("amendment_discard", amendment), follow=True)

    assert list(Amendment.objects.values_list("number", flat=True)) == [1]
    message = "Amendment 2 (LNM990901MP) is discarded. Its number is free for the next amendment."
    assert messages_of(answer)[-1] == message
    assert answer.redirect_chain == [(reverse("sites:agreement_detail", args=[amendment.agreement_id]), 302)]


def test_amendment_that_others_follow_is_not_discarded(manager):
    amendment = draft_with_table()
    open_amendment(amendment.agreement, number=3, contract_number="", from_expires_on=None, expires_on=None)

    page = manager.post(address("amendment_discard", amendment))

    assert errors_of(page) == {"__all__": ["Amendment 3 follows Amendment 2 (LNM990901MP). Discard Amendment 3 first."]}


EVENTS = (
    ("amendment_change", ()),
    ("amendment_schedule", ()),
    ("amendment_copy_schedule", ()),
    ("amendment_discard", ()),
    ("amendment_discard_schedule", ()),
)


@pytest.mark.parametrize(("name", "more"), EVENTS)
def test_nothing_of_a_signed_amendment_is_changed_through_a_page(manager, name, more):
    amendment = draft_with_table()
    sign(amendment)
    stored = table_of(amendment)
    url = address(name, amendment, *more)
    posted = {"do": "save", "levels": "0", "contract_number": "OTHER", "effective_on": "1999-12-01"}

    for answer in (manager.get(url, follow=True), manager.post(url, posted, follow=True)):
        assert answer.redirect_chain == [(address("amendment_detail", amendment), 302)]
        (message,) = messages_of(answer)
        assert "Amendment 2 (LNM990901MP)" in message
    amendment.refresh_from_db()
    assert (amendment.contract_number, table_of(amendment)) == ("LNM990901MP", stored)


@pytest.mark.parametrize("role", [VIEWER, FINANCE, DATA_ENTRY])
def test_every_event_is_refused_without_the_permission(role):
    amendment = draft_with_table()
    client = client_of(role)
    stored = table_of(amendment)

    for name, more in (*EVENTS, ("amendment_sign", ("customer",)), ("amendment_withdraw", ("customer",))):
        url = address(name, amendment, *more)
        assert (client.get(url).status_code, client.post(url, SIGNED).status_code) == (403, 403), name
    seen = {
        name: client.get(address(name, amendment)).status_code for name in ("amendment_detail", "amendment_comparison")
    }
    assert set(seen.values()) == {403 if role == DATA_ENTRY else 200}
    amendment.refresh_from_db()
    assert (amendment.customer_signer, table_of(amendment)) == ("", stored)
