"""Events of agreements and amendments: a confirmation page that checks the permission, one call, one message."""

from datetime import date

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile

from contracts.models import Agreement, Amendment, PriceSchedule
from tests import factories, reference
from tests.contracts.admin.admin_pages import ADMIN, messages_of, open_amendment
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, client_of

pytestmark = pytest.mark.django_db

SIGNED = {"name": "Michael Sternberg", "title": "President", "signed_on": "1999-07-01"}


@pytest.fixture(autouse=True)
def _business_date(settings):
    settings.BUSINESS_DATE = date(1999, 7, 15)


@pytest.fixture
def amendment() -> Amendment:
    return open_amendment(factories.agreement())


@pytest.fixture
def manager():
    return client_of(ACCOUNT_MANAGER)


def page_of(amendment: Amendment) -> str:
    return f"{ADMIN}/amendment/{amendment.pk}/"


def offered(client, url: str) -> list[str]:
    return [title for title, _url in client.get(url).context["events"]]


def test_first_signature_leaves_the_amendment_open(manager, amendment):
    url = page_of(amendment) + "sign-customer/"
    page = manager.get(url)
    assert page.context["consequences"] == [
        "The signature is recorded on Amendment 2 (LNM990901MP). It changes no price until the supplier has signed "
        "too.",
        "What it says and its price schedule are closed from now on. To change them, the signature is withdrawn first, "
        "with a reason.",
    ]
    amendment.refresh_from_db()
    assert amendment.customer_signed_on is None

    answer = manager.post(url, SIGNED, follow=True)
    amendment.refresh_from_db()
    assert (amendment.customer_signer, amendment.customer_signed_on) == ("Michael Sternberg", date(1999, 7, 1))
    assert amendment.executed_on is None
    assert messages_of(answer) == [
        "The signature of Michael Sternberg is recorded. Record the signature of the supplier next."
    ]
    assert answer.redirect_chain == [(page_of(amendment) + "change/", 302)]
    assert LogEntry.objects.get().get_change_message() == messages_of(answer)[0]


def test_second_signature_executes_and_seals(manager, amendment):
    schedule = factories.schedule(amendment.agreement, amendment, reference.SCHEDULE, clause="Appendix A")
    manager.post(page_of(amendment) + "sign-supplier/", SIGNED | {"signed_on": "1999-07-10"})
    url = page_of(amendment) + "sign-customer/"
    page = manager.get(url)
    assert page.context["consequences"] == [
        "The supplier signed on 10 July 1999. This is the second signature: it executes Amendment 2 (LNM990901MP) "
        "on the later of the two dates.",
        "Its price schedule, Appendix A, is sealed with it and sets the prices from 1 October 1999.",
        "No scanned document is attached yet; it can be attached afterwards, once.",
        "Nothing takes this back: a later change is entered as the next amendment.",
    ]
    assert [finding.code for finding in page.context["findings"]] == ["BLANK_IN_SOURCE"] * 5

    answer = manager.post(url, SIGNED, follow=True)
    amendment.refresh_from_db()
    schedule.refresh_from_db()
    assert (amendment.executed_on, schedule.executed_on) == (date(1999, 7, 10), date(1999, 7, 10))
    assert messages_of(answer) == ["Amendment 2 (LNM990901MP) is executed as of 10 July 1999 and sealed."]
    assert answer.context["seal_note"].startswith("Executed on 10 July 1999.")


def test_signature_in_the_future_is_refused_at_its_field(manager, amendment):
    answer = manager.post(page_of(amendment) + "sign-customer/", SIGNED | {"signed_on": "1999-07-16"})

    assert answer.context["form"].errors == {
        "signed_on": [
            "The signature of the customer is dated 16 July 1999, which is after 15 July 1999. "
            "Record it once it has happened."
        ]
    }
    amendment.refresh_from_db()
    assert amendment.customer_signer == ""


def test_signatures_are_not_typed_into_the_form(manager, amendment):
    posted = {
        "contract_number": "LNM990901MP",
        "effective_on": "1999-10-01",
        "from_expires_on": "2000-09-30",
        "expires_on": "2001-09-30",
        "customer_signer": "Somebody",
        "customer_signed_on": "1999-07-01",
        "executed_on": "1999-07-01",
    }
    manager.post(page_of(amendment) + "change/", posted)

    amendment.refresh_from_db()
    assert (amendment.customer_signer, amendment.executed_on) == ("", None)


def test_schedule_in_force_is_copied(manager, amendment):
    url = page_of(amendment) + "copy-schedule/"
    assert "Copy the schedule in force" in offered(manager, page_of(amendment) + "change/")
    page = manager.get(url)
    assert page.context["consequences"][0] == (
        "All levels, limits, prices and rules in force of Amendment 1 (LNM980917MP), Appendix A, table are copied "
        "into Amendment 2 (LNM990901MP)."
    )

    manager.post(url)
    copied = PriceSchedule.objects.with_table().get(amendment=amendment)
    assert [level.annual_price for level in copied.as_schedule().levels] == [
        level.annual_price for level in reference.SCHEDULE.levels
    ]
    assert "Copy the schedule in force" not in offered(manager, page_of(amendment) + "change/")
    again = manager.post(url, follow=True)
    assert messages_of(again) == [
        "The amendment has a price schedule already, or a party has signed it. Change the schedule that it has."
    ]
    assert amendment.schedules.count() == 1


def test_agreement_is_executed_by_its_event(manager):
    signed = factories.agreement(amendments=())
    agreement = Agreement.objects.create(
        number="A-1",
        dated_on=date(1997, 9, 4),
        supplier=signed.supplier,
        customer=signed.customer,
        first_period_starts_on=reference.ANCHOR,
    )
    url = f"{ADMIN}/agreement/{agreement.pk}/execute/"
    assert offered(manager, f"{ADMIN}/agreement/{agreement.pk}/change/") == ["Record that the agreement is signed"]
    assert manager.get(url).context["form"].initial == {"executed_on": date(1997, 9, 4)}

    manager.post(url, {"executed_on": "1997-09-05"})
    agreement.refresh_from_db()
    assert agreement.executed_on == date(1997, 9, 5)
    assert offered(manager, f"{ADMIN}/agreement/{agreement.pk}/change/") == []


@pytest.mark.parametrize("event", ["sign-customer", "sign-supplier", "copy-schedule"])
@pytest.mark.parametrize("role", [VIEWER, FINANCE, DATA_ENTRY])
def test_event_is_refused_without_the_permission(amendment, role, event):
    client = client_of(role)
    url = page_of(amendment) + f"{event}/"

    assert (client.get(url).status_code, client.post(url, SIGNED).status_code) == (403, 403)
    amendment.refresh_from_db()
    assert (amendment.customer_signer, amendment.schedules.count()) == ("", 0)


def test_event_asks_for_a_sign_in_and_an_existing_row(client, manager, amendment):
    url = page_of(amendment) + "sign-customer/"
    assert client.get(url).status_code == 302
    assert manager.get(f"{ADMIN}/amendment/999999/sign-customer/").status_code == 404
    assert manager.get(f"{ADMIN}/amendment/x/sign-customer/").status_code == 404
    assert manager.get(f"{ADMIN}/amendment/{10**20}/sign-customer/").status_code == 404


def test_event_is_not_offered_once_the_amendment_is_executed(manager, amendment):
    sealed = amendment.agreement.amendments.get(number=1)
    assert offered(manager, page_of(sealed) + "change/") == ["Attach the scanned document"]
    answer = manager.post(page_of(sealed) + "sign-customer/", SIGNED, follow=True)
    assert messages_of(answer) == [
        "This signature is on file. While it is the only one, the amendment's page withdraws it; an executed amendment "
        "keeps its signatures."
    ]


def test_the_scan_of_an_executed_amendment_is_attached_once(manager, amendment):
    sealed = amendment.agreement.amendments.get(number=1)
    url = page_of(sealed) + "attach-scan/"
    assert 'enctype="multipart/form-data"' in manager.get(url).content.decode()

    wrong = manager.post(url, {"document": SimpleUploadedFile("scan.pdf", b"MZ no scan")})
    assert "does not hold what its ending .pdf says" in wrong.content.decode()
    answer = manager.post(url, {"document": SimpleUploadedFile("scan.pdf", b"%PDF-1.4 signed")}, follow=True)
    assert messages_of(answer) == ["The scanned document is attached to Amendment 1 (LNM980917MP)."]
    sealed.refresh_from_db()
    assert sealed.document.read() == b"%PDF-1.4 signed"

    again = manager.post(url, {"document": SimpleUploadedFile("other.pdf", b"%PDF-1.4 other")}, follow=True)
    assert messages_of(again)[0].startswith("The amendment has its scanned document")
    sealed.refresh_from_db()
    assert sealed.document.read() == b"%PDF-1.4 signed"


@pytest.mark.parametrize("role", [FINANCE, VIEWER, DATA_ENTRY])
def test_the_scan_is_attached_by_those_who_may_change_amendments(role, amendment):
    sealed = amendment.agreement.amendments.get(number=1)
    upload = {"document": SimpleUploadedFile("scan.pdf", b"%PDF-1.4 signed")}
    answer = client_of(role).post(page_of(sealed) + "attach-scan/", upload)
    assert answer.status_code in (302, 403)  # a viewer is no member of staff and is sent to the sign-in page
    sealed.refresh_from_db()
    assert not sealed.document


# ---- discarding what nobody has signed ---------------------------------------------------------------------------


def removals(client, url: str) -> list[str]:
    return [title for title, _url in client.get(url).context["removals"]]


def test_open_amendment_is_discarded_with_its_schedule(manager, amendment):
    factories.schedule(amendment.agreement, amendment, reference.SCHEDULE, clause="Appendix A")
    assert removals(manager, page_of(amendment) + "change/") == ["Discard the amendment"]
    assert manager.get(page_of(amendment) + "discard/").status_code == 200
    assert Amendment.objects.filter(number=2).exists()

    answer = manager.post(page_of(amendment) + "discard/", follow=True)
    assert messages_of(answer) == ["Amendment 2 (LNM990901MP) is discarded. Its number is free for the next amendment."]
    assert answer.redirect_chain == [(f"{ADMIN}/agreement/{amendment.agreement_id}/change/", 302)]
    assert list(Amendment.objects.values_list("number", flat=True)) == [1]
    assert PriceSchedule.objects.count() == 1


def test_amendment_that_others_follow_is_not_discarded(manager, amendment):
    open_amendment(amendment.agreement, number=3, contract_number="", from_expires_on=None, expires_on=None)
    answer = manager.post(page_of(amendment) + "discard/")

    assert answer.context["form"].non_field_errors() == [
        "Amendment 3 follows Amendment 2 (LNM990901MP). Discard Amendment 3 first."
    ]
    assert Amendment.objects.count() == 3


def test_open_schedule_and_level_are_discarded(manager, amendment):
    schedule = factories.schedule(amendment.agreement, amendment, reference.SCHEDULE, clause="Appendix A")
    level = schedule.levels.get(code="LARGE")
    manager.post(f"{ADMIN}/servicelevel/{level.pk}/discard/")
    assert [row.code for row in schedule.levels.all()] == ["VERY_SMALL", "SMALL", "MEDIUM", "VERY_LARGE"]

    answer = manager.post(f"{ADMIN}/priceschedule/{schedule.pk}/discard/", follow=True)
    assert answer.redirect_chain == [(page_of(amendment) + "change/", 302)]
    assert not amendment.schedules.exists()


def test_nothing_sealed_is_discarded(manager, amendment):
    sealed = amendment.agreement.amendments.get(number=1)
    schedule = sealed.schedules.get()
    for url in (
        page_of(sealed),
        f"{ADMIN}/priceschedule/{schedule.pk}/",
        f"{ADMIN}/servicelevel/{schedule.levels.first().pk}/",
    ):
        assert removals(manager, url + "change/") == []
        answer = manager.post(url + "discard/", follow=True)
        assert messages_of(answer) == [
            "What a party has signed stays. Withdraw the signature while it is the only one; enter the next amendment "
            "once both have signed."
        ]
    assert sealed.schedules.get().levels.count() == 5


@pytest.mark.parametrize("role", [VIEWER, FINANCE, DATA_ENTRY])
def test_discarding_needs_the_permission(amendment, role):
    client = client_of(role)
    url = page_of(amendment) + "discard/"
    assert (client.get(url).status_code, client.post(url).status_code) == (403, 403)
    assert Amendment.objects.count() == 2


def test_what_has_its_own_event_is_not_deleted_past_it(manager, amendment):
    assert manager.post(page_of(amendment) + "delete/", {"post": "yes"}).status_code == 403
    assert Amendment.objects.count() == 2
