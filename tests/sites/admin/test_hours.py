"""The admin of hours and system integration: everything can be found and read, nothing can be changed there."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile

from sites.hours.recording import correct_work
from sites.imports.importing import Incoming, import_file
from sites.imports.work_importing import WorkImport
from sites.integration.ordering import order_integration, record_quotation
from sites.models import IntegrationOrder, Quotation
from tests import factories
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, VIEWER, client_of, superuser_client
from tests.reading import words
from tests.sites.hours.rows import CARE, ON, bought, worked

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(ON)]


KINDS = ("blockpurchase", "workentry", "integrationorder", "quotation", "importedfile")


@pytest.fixture
def rows(agreement, site) -> dict[str, object]:
    """One row of every kind; the work entry stands in place of a reversed one."""
    content = b"date,site,service,hours,person,reference\n1999-07-12,Augusta,Customer Care,2.50,Bob,REQ-9\n"
    import_file(kind=WorkImport(), file=Incoming(content, "july.csv"), on=ON, by=None)
    old = worked(site, date(1999, 7, 12), "7.25", reference="REQ-1")
    facts = {"site": site, "worked_on": old.worked_on, "service": CARE, "person": "Ann", "reference": "REQ-2"}
    new = correct_work(entry=old, reason="Misread", hours=Decimal("7.50"), on=ON, by=None, **facts)
    quotation = record_quotation(
        site=site,
        number="Q-1",
        dated_on=ON,
        price=Decimal("125000.00"),
        document=ContentFile(b"%PDF", "q.pdf"),
        customer_signer="Carol",
        customer_signed_on=ON,
        supplier_signer="Dan",
        supplier_signed_on=ON,
        on=ON,
        by=None,
    )
    order = order_integration(site=site, ordered_on=ON, reference="PO-7", quotation=quotation, on=ON, by=None)
    return {
        "blockpurchase": bought(agreement, date(1999, 7, 12), 2, reference="PO-1"),
        "workentry": new,
        "integrationorder": order,
        "quotation": quotation,
        "importedfile": new._meta.get_field("file").related_model.objects.get(),
    }


@pytest.mark.parametrize(
    ("kind", "search", "found"),
    [
        ("blockpurchase", "PO-1", 1),
        ("blockpurchase", "LNS970602JC", 1),
        ("blockpurchase", "PO-7", 0),
        ("workentry", "REQ-2", 1),
        ("workentry", "AUGSGAZZDS0", 3),
        ("workentry", "Misread", 1),
        ("workentry", "bob", 1),
        ("integrationorder", "PO-7", 1),
        ("integrationorder", "Q-1", 1),
        ("quotation", "Carol", 1),
        ("importedfile", "july", 1),
        ("importedfile", "august", 0),
    ],
)
def test_rows_are_found(rows, kind, search, found):
    response = superuser_client().get(f"/admin/sites/{kind}/", {"q": search})

    assert response.context["cl"].result_count == found


@pytest.mark.parametrize(("state", "found"), [("standing", 2), ("taken-back", 1), ("nonsense", 3)])
def test_entries_are_filtered_by_state(rows, state, found):
    response = superuser_client().get("/admin/sites/workentry/", {"state": state})

    assert response.context["cl"].result_count == found


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_added_changed_or_deleted(rows, kind):
    client, page = superuser_client(), f"/admin/sites/{kind}/{rows[kind].pk}/change/"

    shown = client.get(page)

    assert shown.status_code == 200
    assert not shown.context["has_change_permission"]
    assert client.get(f"/admin/sites/{kind}/add/").status_code == 403
    assert client.post(page, {}).status_code == 403
    assert client.post(f"/admin/sites/{kind}/{rows[kind].pk}/delete/", {"post": "yes"}).status_code == 403


def test_pages_show_what_is_on_file(rows):
    client = superuser_client()

    def page(kind: str) -> str:
        return words(client.get(f"/admin/sites/{kind}/{rows[kind].pk}/change/"))

    for message in ("7.50", "Customer Care", "REQ-2", "Ann"):
        assert message in page("workentry")
    assert "125,000.00" in page("quotation")
    assert "PO-1" in page("blockpurchase")
    assert "PO-7" in page("integrationorder")
    assert "july.csv" in page("importedfile")


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        (DATA_ENTRY, {"blockpurchase", "workentry", "importedfile"}),
        (VIEWER, set(KINDS)),
        (ACCOUNT_MANAGER, set(KINDS)),
    ],
)
def test_roles_see_what_they_may(rows, role, seen):
    client = client_of(role)

    assert {kind for kind in KINDS if client.get(f"/admin/sites/{kind}/").status_code == 200} == seen
    pages = {kind: f"/admin/sites/{kind}/{rows[kind].pk}/change/" for kind in KINDS}
    assert {kind for kind, page in pages.items() if client.get(page).status_code == 200} == seen


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(
    ("kind", "queries"),
    [("blockpurchase", 6), ("workentry", 7), ("integrationorder", 6), ("quotation", 6), ("importedfile", 6)],
)
def test_lists_ask_the_same_number_of_queries(agreement, kind, queries, number, django_assert_num_queries):
    for position in range(number):
        site = factories.site(agreement, f"City {position}")
        bought(agreement, date(1999, 7, 12))
        worked(site, date(1999, 7, 12), person=f"P {position}")
        Quotation.objects.create(
            site=site,
            number=f"Q-{position}",
            dated_on=ON,
            price=Decimal(1),
            customer_signed_on=ON,
            supplier_signed_on=ON,
            executed_on=ON,
            recorded_on=ON,
        )
        IntegrationOrder.objects.create(
            site=site, ordered_on=ON, recorded_on=ON, quotation=Quotation.objects.get(number=f"Q-{position}")
        )
        text = f"date,site,service,hours,person\n1999-07-13,City {position},{CARE},1,P\n".encode()
        import_file(kind=WorkImport(), file=Incoming(text, f"{position}.csv"), on=ON, by=None)
    client = superuser_client()

    with django_assert_num_queries(queries):
        client.get(f"/admin/sites/{kind}/")
