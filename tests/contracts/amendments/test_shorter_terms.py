"""An amendment that would expire before it takes effect is refused everywhere; one that shortens the term says so."""

from dataclasses import replace
from datetime import date

import pytest
from django.urls import reverse

from contracts.amendments.amending import CannotAmend, change_amendment, draft_amendment, record_signature
from contracts.models import Agreement, Amendment
from contracts.terms import amendment_refusals, change_refusals, expiration_refusals, shortened_term
from tests import factories, reference
from tests.contracts.admin.admin_pages import ADMIN, amendment_form, open_amendment
from tests.contracts.admin.admin_pages import errors_of as admin_errors_of
from tests.contracts.amendments.amendment_pages import DRAFT, address, errors_of, sign
from tests.reading import words

pytestmark = pytest.mark.business_date(date(1999, 2, 15))

EFFECTIVE_ON = date(1999, 1, 1)
TOO_EARLY = date(1998, 12, 30)
REFUSED = (
    "The amendment would expire on 30 December 1998, before it takes effect on 1 January 1999: it would govern no day. "
    "Correct one of the two dates."
)
SHORTENED = (
    "The amendment shortens the term: it ends on 30 June 2000, while the expiration before it is 30 September 2000. "
    "Days after its end have no price. Compare the new expiration with the document."
)
VALUES = {
    "effective_on": EFFECTIVE_ON,
    "from_expires_on": reference.EXPIRES_ON,
    "expires_on": TOO_EARLY,
}
POSTED = {"effective_on": "1999-01-01", "expires_on": "1998-12-30"}


@pytest.mark.parametrize(
    ("expires_on", "count"),
    [(date(1998, 12, 31), 1), (date(1999, 1, 1), 0), (date(1999, 1, 2), 0), (None, 0)],
)
def test_amendment_expires_no_earlier_than_it_takes_effect(expires_on, count):
    found = expiration_refusals(effective_on=EFFECTIVE_ON, expires_on=expires_on)

    assert [refusal.place for refusal in found] == ["expires_on"] * count


def test_amendment_is_refused_when_it_is_entered_and_when_it_is_changed():
    entered = amendment_refusals(agreement=reference.AGREEMENT, number=2, **VALUES)
    on_file = reference.agreement(reference.amendment(2, EFFECTIVE_ON))
    changed = change_refusals(agreement=on_file, number=2, **VALUES)

    assert [(found.code, found.place, found.message) for found in entered] == [
        ("EXPIRES_BEFORE_EFFECT", "expires_on", REFUSED)
    ]
    assert changed == entered


@pytest.mark.parametrize(
    ("expires_on", "sentence"),
    [
        (date(2000, 6, 30), SHORTENED),
        (reference.EXPIRES_ON, ""),
        (date(2001, 9, 30), ""),
        (None, ""),
    ],
)
def test_amendment_that_shortens_the_term_names_both_days(expires_on, sentence):
    second = reference.amendment(2, EFFECTIVE_ON, expires_on=expires_on)

    assert shortened_term(agreement=reference.agreement(second), number=2) == sentence


def test_amendment_that_ends_a_term_without_an_end_shortens_it():
    endless = replace(reference.AGREEMENT, original_expires_on=None)

    assert shortened_term(agreement=endless, number=1).startswith(
        "The amendment shortens the term: it ends on 30 September 2000, while no end was agreed before it. "
    )


# ---- the amendments on file


def places(event, **arguments) -> list[tuple[str, str]]:
    with pytest.raises(CannotAmend) as caught:
        event(on=date(1999, 2, 15), by=None, **arguments)
    return [(refusal.place, refusal.message) for refusal in caught.value.refused]


@pytest.mark.django_db
def test_draft_that_would_expire_before_it_takes_effect_is_refused(agreement):
    refused = places(draft_amendment, agreement=agreement, number=2, contract_number="", **VALUES)

    assert refused == [("expires_on", REFUSED)]
    assert Amendment.objects.count() == 1


@pytest.mark.django_db
def test_draft_is_not_changed_into_one_that_would_expire_before_it_takes_effect():
    amendment = open_amendment(factories.agreement())

    refused = places(change_amendment, amendment=amendment, contract_number="", **VALUES)

    assert refused == [("expires_on", REFUSED)]


@pytest.mark.django_db
@pytest.mark.parametrize("signed", [(), ("supplier",)])
def test_each_signature_refuses_what_was_entered_before_the_rule(signed):
    amendment = open_amendment(factories.agreement(), effective_on=EFFECTIVE_ON, expires_on=TOO_EARLY)
    for side in signed:
        sign(amendment, side)

    refused = places(
        record_signature, amendment=amendment, side="customer", name="Ann", title="", signed_on=date(1999, 2, 1)
    )

    assert refused == [("expires_on", REFUSED)]
    amendment.refresh_from_db()
    assert amendment.customer_signed_on is None


# ---- its pages


@pytest.fixture
def agreement(db) -> Agreement:
    return factories.agreement()


def test_draft_page_refuses_it_at_the_new_expiration(manager, agreement):
    page = manager.post(reverse("contracts:amendment_draft", args=[agreement.pk]), DRAFT | POSTED)

    assert errors_of(page) == {"expires_on": [REFUSED]}


def test_data_entry_refuses_it_at_the_new_expiration(manager, agreement):
    page = manager.post(f"{ADMIN}/amendment/add/", amendment_form(agreement, **POSTED))

    assert admin_errors_of(page) == {"expires_on": [REFUSED]}


PAGES = (
    ("amendment_detail", ()),
    ("amendment_change", ()),
    ("amendment_comparison", ()),
    ("amendment_sign", ("customer",)),
)


@pytest.mark.parametrize(("name", "more"), PAGES)
@pytest.mark.parametrize(("expires_on", "warned"), [(date(2000, 6, 30), True), (date(2001, 9, 30), False)])
def test_pages_of_an_amendment_warn_where_it_shortens_the_term(manager, agreement, name, more, expires_on, warned):
    amendment = open_amendment(agreement, expires_on=expires_on)

    assert (SHORTENED in words(manager.get(address(name, amendment, *more)))) is warned
