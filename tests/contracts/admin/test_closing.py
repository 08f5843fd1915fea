"""Data entry of what one party has signed: shown, said why, and not changed until the signature is withdrawn."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from contracts.models import Amendment
from tests.contracts.admin.admin_pages import ADMIN, amendment_form, save
from tests.contracts.amendments.amendment_pages import address, draft_with_table, sign
from tests.reading import links

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(date(1999, 2, 15))]


CLOSED = "is closed by a signature and cannot be changed. Withdraw the signature first."


@pytest.fixture
def signed() -> Amendment:
    amendment = draft_with_table()
    sign(amendment)
    return amendment


def offered(client, url: str) -> list[str]:
    context = client.get(url).context
    return [title for title, _url in (*context["events"], *context["removals"])]


def test_values_of_a_signed_amendment_are_shown_and_not_changed(manager, signed):
    url = f"{ADMIN}/amendment/{signed.pk}/change/"
    page = manager.get(url)

    assert list(page.context["adminform"].form.fields) == ["document"]
    assert page.context["seal_note"] == f"Amendment 2 (LNM990901MP) {CLOSED}"
    assert address("amendment_detail", signed) in links(page)
    assert offered(manager, url) == ["Record the supplier’s signature"]

    manager.post(url, amendment_form(signed.agreement, contract_number="OTHER", effective_on="1999-12-01"))
    signed.refresh_from_db()
    assert (signed.contract_number, signed.effective_on) == ("LNM990901MP", date(1999, 10, 1))


def test_scan_of_a_signed_amendment_is_still_attached(manager, signed):
    url = f"{ADMIN}/amendment/{signed.pk}/change/"

    save(manager, url, {"document": SimpleUploadedFile("scan.pdf", b"%PDF-1.4 signed")})

    signed.refresh_from_db()
    assert signed.document.read() == b"%PDF-1.4 signed"


def test_draft_is_still_changed_in_data_entry(manager):
    draft = draft_with_table()
    url = f"{ADMIN}/amendment/{draft.pk}/change/"
    assert manager.get(url).context["seal_note"] == ""

    save(manager, url, amendment_form(draft.agreement, contract_number="OTHER"))

    draft.refresh_from_db()
    assert draft.contract_number == "OTHER"
