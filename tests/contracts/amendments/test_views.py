"""Pages of one amendment: drafting it, what it says and what it changes."""

from datetime import date

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from contracts.models import Agreement, Amendment, PriceSchedule
from tests import factories, reference
from tests.contracts.admin.admin_pages import messages_of, open_amendment
from tests.contracts.amendments.amendment_pages import DRAFT, address, draft_with_table, errors_of, sign, table_of
from tests.people import DATA_ENTRY, FINANCE, VIEWER, client_of
from tests.reading import links, tables, words

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(date(1999, 2, 15))]


def draft_page(agreement: Agreement) -> str:
    return reverse("contracts:amendment_draft", args=[agreement.pk])


# ---- drafting the next one


def test_draft_page_proposes_the_number_the_expiration_on_file_and_the_copy(manager):
    page = manager.get(draft_page(factories.agreement()))

    form = page.context["form"]
    shown = {name: form[name].value() for name in form.fields}
    assert shown == {
        "number": 2,
        "contract_number": None,
        "effective_on": None,
        "from_expires_on": date(2000, 9, 30),
        "expires_on": None,
        "expiration_clause": None,
        "copy_schedule": True,
    }
    assert "Schedule in force Amendment 1 (LNM980917MP), Appendix A, table" in words(page)
    assert "Latest amendment Amendment 1 (LNM980917MP), effective 1 Oct 1998" in words(page)


def test_amendment_is_drafted_with_a_copy_of_the_schedule_in_force(manager, agreement):
    answer = manager.post(draft_page(agreement), DRAFT | {"copy_schedule": "on"}, follow=True)

    amendment = agreement.amendments.get(number=2)
    assert answer.redirect_chain == [(address("amendment_detail", amendment), 302)]
    assert (amendment.contract_number, amendment.effective_on) == ("LNM990301MP", date(1999, 10, 1))
    assert (amendment.from_expires_on, amendment.expires_on) == (date(2000, 9, 30), date(2001, 9, 30))
    assert table_of(amendment) == reference.SCHEDULE
    message = "Amendment 2 (LNM990301MP) is drafted with a copy of the schedule in force: enter what changes."
    assert messages_of(answer) == [message]
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.action_flag, entry.change_message) == (str(amendment.pk), ADDITION, message)


def test_amendment_is_drafted_without_a_copy_and_without_moving_the_term(manager, agreement):
    manager.post(draft_page(agreement), DRAFT | {"expires_on": ""})

    amendment = agreement.amendments.get(number=2)
    assert (amendment.from_expires_on, amendment.expires_on) == (None, None)
    assert not amendment.schedules.exists()


@pytest.mark.parametrize(
    ("posted", "expected"),
    [
        ({"number": "3"}, {"number": ["Amendment 2 comes next, not 3."]}),
        ({"number": "2.5"}, {"number": ["Enter a whole number from 1 to 32,767."]}),
        ({"number": ""}, {"number": ["This field is required."]}),
        ({"effective_on": "1999-02-30"}, {"effective_on": ["Enter a valid date."]}),
        (
            {"from_expires_on": "2000-07-22", "expires_on": ""},
            {"expires_on": ["Give the new expiration as well as the one it extends from."]},
        ),
    ],
    ids=["skipped", "fraction", "no number", "no day", "no end"],
)
def test_draft_is_refused_at_the_field(manager, posted, expected):
    page = manager.post(draft_page(factories.agreement()), DRAFT | {"copy_schedule": "on"} | posted)

    assert errors_of(page) == expected
    for sentences in expected.values():
        assert sentences[0] in words(page)
    assert Amendment.objects.count() == 1


def test_draft_is_refused_at_every_field_at_once(manager):
    posted = DRAFT | {"number": "5", "effective_on": "1998-01-01", "from_expires_on": ""}
    page = manager.post(draft_page(factories.agreement()), posted)

    assert sorted(errors_of(page)) == ["effective_on", "from_expires_on", "number"]


def test_draft_with_nothing_to_copy_is_refused_at_the_tick_and_nothing_is_entered(manager):
    agreement = factories.agreement(amendments=())
    posted = DRAFT | {"number": "1", "from_expires_on": "2000-07-22", "copy_schedule": "on"}
    assert manager.get(draft_page(agreement)).context["form"]["copy_schedule"].value() is False

    page = manager.post(draft_page(agreement), posted)

    (sentence,) = errors_of(page)["copy_schedule"]
    assert sentence.startswith("There is no schedule to copy. No price schedule on file covers 1 October 1999")
    assert not Amendment.objects.exists()
    manager.post(draft_page(agreement), posted | {"copy_schedule": ""})
    assert Amendment.objects.get().number == 1


@pytest.mark.parametrize("role", [VIEWER, FINANCE, DATA_ENTRY])
def test_only_who_may_enter_amendments_is_led_to_the_draft(role, agreement):
    page = client_of(role).get(reverse("sites:agreement_detail", args=[agreement.pk]))

    assert draft_page(agreement) not in links(page)


def test_agreement_page_leads_to_the_draft_and_to_each_amendment(manager, agreement):
    amendment = open_amendment(agreement)

    found = links(manager.get(reverse("sites:agreement_detail", args=[agreement.pk])))

    assert found.count(draft_page(agreement)) == 1
    assert address("amendment_detail", amendment) in found
    assert address("amendment_detail", agreement.amendments.get(number=1)) in found


# ---- what it says


def offers(page, amendment: Amendment) -> set[str]:
    """The addresses below the amendment's own to which its page leads."""
    return {link for link in links(page) if link.startswith(address("amendment_detail", amendment))}


def effect_of(amendment: Amendment) -> str:
    return reverse("invoicing:amendment_effect", args=[amendment.agreement_id, amendment.number])


def test_page_of_a_draft_offers_what_can_be_done(manager):
    amendment = draft_with_table()
    page = manager.get(address("amendment_detail", amendment))

    assert "A draft: nobody has signed it" in words(page)
    assert "Contract number LNM990901MP Effective 1 Oct 1999 Expiration 30 Sep 2000 becomes 30 Sep 2001 365 days" in (
        words(page)
    )
    for name, more in (
        ("amendment_change", ()),
        ("amendment_comparison", ()),
        ("amendment_sign", ("customer",)),
        ("amendment_sign", ("supplier",)),
        ("amendment_discard", ()),
        ("amendment_discard_schedule", ()),
    ):
        assert address(name, amendment, *more) in links(page)
    assert address("amendment_withdraw", amendment, "customer") not in links(page)
    assert 'name="cell-0-0"' in page.content.decode()


def test_page_of_a_draft_without_a_table_offers_to_copy_or_to_type_it(manager):
    amendment = open_amendment(factories.agreement())
    page = manager.get(address("amendment_detail", amendment))

    assert "has no price table: prices stay as they are." in words(page)
    assert {address("amendment_copy_schedule", amendment), address("amendment_schedule", amendment)} <= set(links(page))


def test_page_after_one_signature_is_closed_and_offers_the_other_and_the_withdrawal(manager):
    amendment = draft_with_table()
    sign(amendment)
    page = manager.get(address("amendment_detail", amendment))

    assert "One signature" in words(page)
    assert (
        "Signed by Ann Example for the customer: what it says and its price table are closed. It changes no price "
        "until the supplier has signed too." in words(page)
    )
    offered = links(page)
    assert address("amendment_withdraw", amendment, "customer") in offered
    assert address("amendment_sign", amendment, "supplier") in offered
    for name in ("amendment_change", "amendment_schedule", "amendment_discard", "amendment_discard_schedule"):
        assert address(name, amendment) not in offered
    assert 'name="cell-0-0"' not in page.content.decode()
    assert tables(page)[0][1][:3] == ["Very Small", "163,000.00", "up to 15"]


def test_page_of_an_executed_amendment_offers_its_scan_and_nothing_more(manager):
    amendment = factories.agreement().amendments.get()
    page = manager.get(address("amendment_detail", amendment))

    assert "Executed 20 Oct 1998" in words(page)
    assert "it is executed and sealed" in words(page)
    scan = address("amendment_attach_scan", amendment)
    assert offers(page, amendment) == {address("amendment_comparison", amendment), effect_of(amendment), scan}


@pytest.mark.parametrize("role", [VIEWER, FINANCE])
def test_reader_sees_the_amendment_and_changes_nothing(role):
    amendment = draft_with_table()
    page = client_of(role).get(address("amendment_detail", amendment))

    assert tables(page)[0][2][:3] == ["Small", "198,000.00", "16 to 25"]
    assert offers(page, amendment) == {address("amendment_comparison", amendment), effect_of(amendment)}


def test_what_a_draft_says_is_changed(manager):
    amendment = draft_with_table()
    url = address("amendment_change", amendment)
    page = manager.get(url)
    posted = {key: value for key, value in DRAFT.items() if key != "number"} | {"seen": page.context["seen"]}

    answer = manager.post(url, posted | {"number": "7", "effective_on": "1999-07-01"}, follow=True)

    amendment.refresh_from_db()
    assert (amendment.number, amendment.contract_number) == (2, "LNM990301MP")
    assert (amendment.effective_on, amendment.expiration_clause) == (date(1999, 7, 1), "clause 1")
    assert messages_of(answer) == ["What Amendment 2 (LNM990301MP) says is changed."]
    assert LogEntry.objects.get().action_flag == CHANGE


def test_change_is_refused_at_the_field_and_when_somebody_was_faster(manager):
    amendment = draft_with_table()
    url = address("amendment_change", amendment)
    posted = {key: value for key, value in DRAFT.items() if key != "number"}
    seen = manager.get(url).context["seen"]

    wrong = manager.post(url, posted | {"seen": seen, "effective_on": "1998-09-01", "from_expires_on": "2000-07-22"})
    assert sorted(errors_of(wrong)) == ["effective_on", "from_expires_on"]

    Amendment.objects.filter(pk=amendment.pk).update(contract_number="OTHER")
    late = manager.post(url, posted | {"seen": seen})
    assert errors_of(late)["__all__"][0].startswith(
        "Somebody else has changed Amendment 2 (OTHER) since you opened it."
    )
    assert "Contract number OTHER" in words(late)
    manager.post(url, posted | {"seen": late.context["seen"]})
    amendment.refresh_from_db()
    assert amendment.contract_number == "LNM990301MP"


# ---- what it changes


def test_comparison_marks_what_differs(manager):
    amendment = draft_with_table()
    amendment.schedules.get().levels.filter(code="SMALL").update(annual_price="188100.00")
    page = manager.get(address("amendment_comparison", amendment))

    assert "2 values differ from Amendment 1 (LNM980917MP), Appendix A, table." in words(page)
    prices, rules = tables(page)
    assert prices[3][:4] == ["Small", "In force", "198,000.00", "16 to 25"]
    assert prices[4][:3] == ["New", "188,100.00−9,900.00", "16 to 25"]
    assert rules[1] == ["Expiration", "30 September 2000", "30 September 2001"]
    html = page.content.decode()
    assert html.count('class="money changed"') == 2
    assert "<del>198,000.00</del>" in html
    assert "<ins>188,100.00</ins>" in html


def test_comparison_shows_another_rank_and_another_clause(manager):
    amendment = draft_with_table()
    schedule = amendment.schedules.get()
    schedule.levels.filter(code="VERY_LARGE").update(rank=6)
    PriceSchedule.objects.filter(pk=schedule.pk).update(hours_clause="Appendix A, paragraph 1")
    page = manager.get(address("amendment_comparison", amendment))

    assert "3 values differ" in words(page)
    assert [row for row in tables(page)[1] if row[0] == "Clause of the hours"] == [
        ["Clause of the hours", "Appendix A, hours", "Appendix A, paragraph 1"]
    ]
    assert tables(page)[0][9][0] == "Very Largerank 5 6"
    assert page.content.decode().count("rank <del>") == 1


def test_comparison_of_a_copy_says_that_nothing_differs(manager):
    amendment = draft_with_table()
    Amendment.objects.filter(pk=amendment.pk).update(from_expires_on=None, expires_on=None)
    page = manager.get(address("amendment_comparison", amendment))

    assert "no value differs from Amendment 1 (LNM980917MP), Appendix A, table." in words(page)
    assert "changed" not in page.content.decode()


def test_comparison_of_the_first_table_says_that_every_value_is_new(manager):
    page = manager.get(address("amendment_comparison", factories.agreement().amendments.get()))

    assert "no earlier price table is on file, so every value is new." in words(page)
    assert tables(page)[0][2][:3] == ["New", "163,000.00", "up to 15"]


def test_comparison_of_an_amendment_without_a_table_is_its_term(manager):
    page = manager.get(address("amendment_comparison", open_amendment(factories.agreement())))

    assert len(tables(page)) == 1
    assert "has no price table: prices stay as they are." in words(page)


@pytest.mark.parametrize("number", [1, 3])
def test_pages_have_a_fixed_number_of_queries(number, django_assert_num_queries):
    amendment = draft_with_table()
    for drafted in range(3, 2 + number):
        later = open_amendment(amendment.agreement, number=drafted, expires_on=None, from_expires_on=None)
        factories.schedule(amendment.agreement, later, reference.SCHEDULE, clause="Appendix A")
    client = client_of(VIEWER)

    with django_assert_num_queries(16):
        client.get(address("amendment_detail", amendment))
    with django_assert_num_queries(15):
        client.get(address("amendment_comparison", amendment))


def test_pages_of_an_amendment_that_is_not_there_are_not_found(manager, agreement):
    for pk, number in ((agreement.pk, 9), (agreement.pk + 1, 1), (agreement.pk, 10**20), (10**20, 1)):
        for tail in ("", "change/", "schedule/", "comparison/", "sign/customer/", "discard/"):
            assert manager.get(f"/agreements/{pk}/amendments/{number}/{tail}").status_code == 404
    assert manager.get(f"/agreements/{10**20}/amendments/draft/").status_code == 404


@pytest.mark.parametrize("offered", [True, False])
def test_pages_lead_to_the_effect_in_money_where_the_reader_may_see_invoices(offered):
    amendment = draft_with_table()
    client = client_of(VIEWER)
    if not offered:
        Group.objects.get(name=VIEWER).permissions.remove(Permission.objects.get(codename="view_invoice"))

    for name in ("amendment_detail", "amendment_comparison"):
        assert (effect_of(amendment) in links(client.get(address(name, amendment)))) is offered
