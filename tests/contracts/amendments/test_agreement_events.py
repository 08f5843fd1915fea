"""Events of an agreement itself and of its own price table, and the scan of an executed amendment."""

from datetime import date

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from contracts.models import Agreement, Amendment, PriceSchedule
from tests import factories, reference
from tests.contracts.admin.admin_pages import messages_of
from tests.people import DATA_ENTRY, FINANCE, VIEWER, client_of
from tests.reading import links, words

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(date(1999, 7, 15))]


PAGES = ("agreement_execute", "agreement_schedule", "agreement_discard_schedule")


@pytest.fixture
def agreement() -> Agreement:
    """An agreement that nobody has signed, with its own price table."""
    signed = factories.agreement(amendments=())
    row = Agreement.objects.create(
        number="A-1",
        dated_on=date(1997, 9, 4),
        supplier=signed.supplier,
        customer=signed.customer,
        first_period_starts_on=reference.ANCHOR,
    )
    factories.schedule(row, None, reference.SCHEDULE, clause="Appendix A")
    return row


def page(name: str, agreement: Agreement) -> str:
    return reverse(f"contracts:{name}", args=[agreement.pk])


def typed(form) -> dict[str, str]:
    """What a browser sends for the form of a price table as it is shown."""
    sent = {name: form[name].value() for name in form.fields}
    sizes = {f"{part}s": str(number) for part, number in form.sizes.items()}
    return {name: str(value) for name, value in (sent | sizes).items() if value not in (None, "", False)}


def test_the_execution_shows_what_it_seals_and_what_to_look_at(manager, agreement):
    asked = manager.get(page("agreement_execute", agreement))
    assert asked.context["form"].initial == {"executed_on": date(1997, 9, 4)}
    assert dict(asked.context["about"]) == {"Agreement": "A-1", "Its own price table": "Appendix A"}
    assert len(asked.context["warnings"]) == 5
    assert asked.context["warnings"][0] in words(asked)

    late = manager.post(page("agreement_execute", agreement), {"executed_on": "1999-07-16"})
    assert list(late.context["form"].errors) == ["executed_on"]
    done = manager.post(page("agreement_execute", agreement), {"executed_on": "1997-09-05"}, follow=True)

    agreement.refresh_from_db()
    assert (agreement.executed_on, PriceSchedule.objects.get().executed_on) == (date(1997, 9, 5),) * 2
    assert messages_of(done) == ["Agreement A-1 is executed as of 5 September 1997. Enter its amendments next."]
    assert LogEntry.objects.get().get_change_message() == messages_of(done)[0]
    again = manager.get(page("agreement_execute", agreement), follow=True)
    assert messages_of(again) == ["Agreement A-1 was executed on 5 September 1997. Enter an amendment instead."]


def test_an_agreement_without_its_own_table_is_executed_with_a_warning(manager, agreement):
    manager.post(page("agreement_discard_schedule", agreement))

    assert manager.get(page("agreement_execute", agreement)).context["warnings"] == [
        "Without its own price table nothing before the first amendment can be billed. Enter it first."
    ]


def test_its_own_price_table_is_entered_in_the_form_of_an_amendment_with_services_by_the_hour(manager, agreement):
    assert manager.post(page("agreement_discard_schedule", agreement)).status_code == 302
    assert not PriceSchedule.objects.filter(agreement=agreement).exists()
    empty = manager.get(page("agreement_schedule", agreement))
    sent = typed(empty.context["form"]) | {
        "clause": "Appendix A",
        "level-0-code": "ONE",
        "level-0-name": "One",
        "level-0-price": "163,000.00",
        "component-0-code": "GE",
        "component-0-name": "gateway elements",
        "cell-0-0": "up to 15",
        "hour-0-name": "Customer Care",
    }

    done = manager.post(page("agreement_schedule", agreement), sent, follow=True)

    assert messages_of(done) == ["The price table of agreement A-1 is entered."]
    stored = PriceSchedule.objects.with_table().get(agreement=agreement).as_schedule()
    assert [(level.code, str(level.limit("GE"))) for level in stored.levels] == [("ONE", "up to 15")]
    assert stored.hour_services == ("Customer Care",)


def test_its_own_price_table_is_changed_until_somebody_else_was_faster(manager, agreement):
    opened = manager.get(page("agreement_schedule", agreement))
    sent = typed(opened.context["form"]) | {"seen": opened.context["seen"], "level-0-price": "164000.00"}

    done = manager.post(page("agreement_schedule", agreement), sent, follow=True)
    assert messages_of(done) == ["The price table of agreement A-1 is saved: 1 value changed."]
    older = manager.post(page("agreement_schedule", agreement), sent | {"level-0-price": "165000.00"})
    assert older.context["form"].non_field_errors()[0].startswith("Somebody else has changed ")
    assert PriceSchedule.objects.with_table().get().as_schedule().levels[0].annual_price == 164000


def test_the_table_of_an_executed_agreement_is_closed(manager):
    executed = factories.agreement()
    for name in ("agreement_schedule", "agreement_discard_schedule"):
        answer = manager.post(page(name, executed), follow=True)
        assert messages_of(answer) == [
            "Agreement LNS970602JC is executed: its own price table is sealed. Enter an amendment instead."
        ]


@pytest.mark.parametrize("role", [VIEWER, FINANCE, DATA_ENTRY])
def test_events_of_an_agreement_are_for_account_managers(agreement, role):
    client = client_of(role)
    for name in PAGES:
        answers = client.get(page(name, agreement)), client.post(page(name, agreement), {"executed_on": "1997-09-05"})
        assert [answer.status_code for answer in answers] == [403, 403]
    shown = links(client.get(reverse("sites:agreement_detail", args=[agreement.pk])))
    assert not {page(name, agreement) for name in PAGES} & set(shown)


def test_the_page_of_an_agreement_leads_to_its_events_until_it_is_executed(manager, agreement):
    def shown(row) -> set[str]:
        found = links(manager.get(reverse("sites:agreement_detail", args=[row.pk])))
        return {name for name in PAGES if page(name, row) in found}

    assert shown(agreement) == {"agreement_execute", "agreement_schedule"}
    assert shown(Agreement.objects.get(number="LNS970602JC")) == set()


# ---- the scan of an executed amendment


@pytest.fixture
def executed() -> Amendment:
    return factories.agreement("A-2").amendments.get()


def scan_page(amendment: Amendment) -> str:
    return reverse("contracts:amendment_attach_scan", args=[amendment.agreement_id, amendment.number])


def test_the_scan_of_an_executed_amendment_is_attached_once(manager, executed):
    assert 'enctype="multipart/form-data"' in manager.get(scan_page(executed)).content.decode()
    assert scan_page(executed) in links(manager.get(executed.get_absolute_url()))

    wrong = manager.post(scan_page(executed), {"document": SimpleUploadedFile("scan.pdf", b"MZ no scan")})
    assert "does not hold what its ending .pdf says" in wrong.content.decode()
    answer = manager.post(
        scan_page(executed), {"document": SimpleUploadedFile("scan.pdf", b"%PDF-1.4 signed")}, follow=True
    )
    assert messages_of(answer) == [f"The scanned document is attached to {executed}."]

    again = manager.post(
        scan_page(executed), {"document": SimpleUploadedFile("other.pdf", b"%PDF-1.4 other")}, follow=True
    )
    assert messages_of(again) == [f"{executed} has its scanned document. The one on file stays."]
    executed.refresh_from_db()
    assert executed.document.read() == b"%PDF-1.4 signed"
    assert scan_page(executed) not in links(again)
