"""The admin of agreements: who sees and changes what, what is refused at which field, and that sealed rows stay."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import Q, QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from contracts.amendments.amending import record_signature
from contracts.models import (
    Agreement,
    Amendment,
    ChosenReading,
    ComponentLimit,
    Party,
    PartyAlias,
    PriceSchedule,
    ServiceLevel,
)
from contracts.schedule import read_limit
from sites.integration.ordering import record_quotation
from tests import factories, reference
from tests.contracts.admin.admin_pages import (
    ADMIN,
    amendment_form,
    errors_of,
    management,
    messages_of,
    open_amendment,
    opened,
    save,
)
from tests.full_desk import QUOTED
from tests.people import DATA_ENTRY, FINANCE, VIEWER, client_of, superuser_client

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(date(1999, 7, 15))]


# ---- entering ----------------------------------------------------------------------------------------------------


def test_party_is_entered_with_its_aliases(manager):
    response = manager.post(
        f"{ADMIN}/party/add/",
        {
            "legal_name": "KMC Telecom Inc.",
            "division": "",
            "state_of_incorporation": "Delaware",
            "address": "1545 Route 206, Suite 300\nBedminster, New Jersey 07921",
            **management("aliases", 0, 1),
            "aliases-0-name": "KMC Telcom Inc.",
            "aliases-0-remark": "first page",
        },
        follow=True,
    )

    assert PartyAlias.objects.get().party == Party.objects.get()
    assert [strip_tags(message) for message in messages_of(response)] == ["The party “KMC Telecom Inc.” was added."]


@pytest.mark.parametrize("record", ["contracts/party", "contracts/agreement", "auth/user", "sites/site"])
def test_form_of_a_new_record_knows_no_button_for_a_copy(record):
    page = superuser_client().post(f"/admin/{record}/add/", {"_saveasnew": "1"})
    assert page.status_code == 200


@pytest.mark.parametrize(("says", "rows"), [(9999, 2), (1, 1)])
def test_form_that_is_refused_draws_no_row_that_was_not_sent(manager, says, rows):
    sent = {"aliases-0-name": "KMC", "aliases-1-name": "KMC Telcom"}
    page = manager.post(f"{ADMIN}/party/add/", {"legal_name": "", **management("aliases", 0, says), **sent})

    (aliases,) = page.context["inline_admin_formsets"]
    assert [form["name"].value() for form in aliases.formset] == ["KMC", "KMC Telcom"][:rows]


def test_agreement_is_entered_with_its_readings(manager):
    parties = [Party.objects.create(legal_name=name, address="Street 1") for name in ("Customer", "Supplier")]
    manager.post(
        f"{ADMIN}/agreement/add/",
        {
            "number": "A-1",
            "title": "Services Agreement",
            "dated_on": "1997-09-04",
            "customer": parties[0].pk,
            "supplier": parties[1].pk,
            "currency": "USD",
            "original_expires_on": "2000-07-22",
            "first_period_starts_on": "1998-10-01",
            **management("chosen_readings", 0, 1),
            "chosen_readings-0-question": "frequency",
            "chosen_readings-0-choice": "quarterly",
            "chosen_readings-0-clause": "silent",
            "chosen_readings-0-chosen_by": "J. Doe",
            "chosen_readings-0-chosen_on": "1998-10-20",
        },
    )

    row = Agreement.objects.with_terms().get()
    assert row.as_terms().readings.frequency == "quarterly"


def test_amendment_is_drafted(manager, agreement):
    manager.post(f"{ADMIN}/amendment/add/", amendment_form(agreement))

    row = Amendment.objects.get(number=2)
    assert (row.expires_on, row.executed_on, row.expiration_clause) == (date(2001, 9, 30), None, "clause 1")


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"number": "1", "from_expires_on": "2000-07-22"}, "number", "Amendment 1 is already on file. The next is 2."),
        ({"number": "3"}, "number", "Amendment 2 comes next, not 3."),
        (
            {"from_expires_on": "2000-07-22"},
            "from_expires_on",
            "The amendment extends from 22 July 2000, but the expiration on file is 30 September 2000. "
            "Correct one of the two.",
        ),
        ({"effective_on": "9999-12-31"}, "effective_on", "Enter a day before 2200."),
        (
            {"effective_on": "1998-09-30"},
            "effective_on",
            "The amendment would take effect on 30 September 1998, before Amendment 1 (LNM980917MP) on 1 October 1998. "
            "Amendments take effect in the order of their numbers. Correct the effective date.",
        ),
    ],
)
def test_amendment_is_refused_at_the_field(manager, agreement, fields, field, sentence):
    response = manager.post(f"{ADMIN}/amendment/add/", amendment_form(agreement, **fields))

    assert errors_of(response) == {field: [sentence]}
    assert Amendment.objects.count() == 1


def test_open_amendment_is_not_moved_after_the_one_that_follows(manager, agreement):
    row = open_amendment(agreement)
    factories.amendment(agreement, reference.amendment(3, row.effective_on, supplier_signature=None))
    url = f"{ADMIN}/amendment/{row.pk}/change/"

    refused = save(manager, url, amendment_form(agreement, effective_on="2001-09-30"))

    assert list(errors_of(refused)) == ["effective_on"]


def test_open_amendment_is_checked_again_when_it_is_changed(manager, agreement):
    row = open_amendment(agreement)
    url = f"{ADMIN}/amendment/{row.pk}/change/"

    refused = save(manager, url, amendment_form(agreement, from_expires_on="2000-07-22"))
    assert list(errors_of(refused)) == ["from_expires_on"]

    save(manager, url, amendment_form(agreement, number="7", contract_number="OTHER"))
    row.refresh_from_db()
    assert (row.number, row.contract_number) == (2, "OTHER")


def test_next_number_is_proposed(manager, agreement):
    page = manager.get(f"{ADMIN}/amendment/add/?agreement={agreement.pk}")
    assert page.context["adminform"].form.initial["number"] == 2
    assert manager.get(f"{ADMIN}/amendment/add/?agreement=x").status_code == 200


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("scan.exe", b"%PDF-1.4", "“scan.exe” is no PDF, PNG or JPEG file. Choose the scan in one of these formats."),
        (
            "scan.pdf",
            b"<html>",
            "“scan.pdf” does not hold what its ending .pdf says. Scan the document again.",
        ),
    ],
)
def test_scan_of_another_kind_is_refused(manager, agreement, name, content, sentence):
    response = manager.post(
        f"{ADMIN}/amendment/add/", amendment_form(agreement, document=SimpleUploadedFile(name, content))
    )

    assert errors_of(response) == {"document": [sentence]}


def test_scan_that_is_too_large_is_refused(manager, agreement, monkeypatch):
    monkeypatch.setattr("contracts.pages.scans.LARGEST_SCAN", 10)
    response = manager.post(
        f"{ADMIN}/amendment/add/",
        amendment_form(agreement, document=SimpleUploadedFile("scan.pdf", b"%PDF-1.4 more")),
    )

    assert errors_of(response) == {"document": ["“scan.pdf” is larger than 20 MB. Scan it at a lower resolution."]}


def test_scan_is_stored_and_sent_to_those_who_see_the_amendment(manager, agreement):
    scan = SimpleUploadedFile("scan.pdf", b"%PDF-1.4 signed")
    manager.post(f"{ADMIN}/amendment/add/", amendment_form(agreement, document=scan))
    row = Amendment.objects.get(number=2)
    url = f"{ADMIN}/amendment/{row.pk}/scan/"

    page = manager.get(f"{ADMIN}/amendment/{row.pk}/change/")
    assert page.context["scan_url"] == url
    assert row.document.url not in page.content.decode()
    sent = manager.get(url)
    assert (b"".join(sent.streaming_content), sent["Content-Type"]) == (b"%PDF-1.4 signed", "application/pdf")
    assert sent["Content-Disposition"] == 'attachment; filename="LNS970602JC-amendment-2.pdf"'
    assert client_of(DATA_ENTRY).get(url).status_code == 403
    assert manager.get(f"{ADMIN}/amendment/{agreement.amendments.get(number=1).pk}/scan/").status_code == 404


# ---- sealed rows -------------------------------------------------------------------------------------------------


def test_sealed_amendment_and_schedule_are_shown_and_not_changed(manager, agreement):
    amendment, schedule = agreement.amendments.get(), agreement.schedules.get()
    level = schedule.levels.first()
    for name, row in (("amendment", amendment), ("priceschedule", schedule), ("servicelevel", level)):
        page = manager.get(f"{ADMIN}/{name}/{row.pk}/change/")
        content = page.content.decode()
        assert page.context["seal_note"] == (
            "Executed on 20 October 1998. Everything on this page is sealed. Enter the next amendment instead."
        )
        assert page.context["seal_note"] in content
        assert 'name="_save"' not in content
        titles = [title for title, _url in page.context["events"]]
        assert titles == (["Attach the scanned document"] if name == "amendment" else [])
        for formset in page.context["inline_admin_formsets"]:
            allowed = (formset.has_add_permission, formset.has_change_permission, formset.has_delete_permission)
            assert allowed == (False, False, False)
        assert manager.post(f"{ADMIN}/{name}/{row.pk}/change/", {"clause": "x", "name": "x"}).status_code == 403
        assert manager.post(f"{ADMIN}/{name}/{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_superuser_cannot_change_a_sealed_row_either(agreement):
    amendment = agreement.amendments.get()
    client = superuser_client()

    assert client.post(f"{ADMIN}/amendment/{amendment.pk}/change/", {"contract_number": "X"}).status_code == 403
    assert client.post(f"{ADMIN}/amendment/{amendment.pk}/delete/", {"post": "yes"}).status_code == 403
    amendment.refresh_from_db()
    assert amendment.contract_number == "LNM980917MP"


def test_open_amendment_is_no_sealed_page(manager, agreement):
    page = manager.get(f"{ADMIN}/amendment/{open_amendment(agreement).pk}/change/")

    assert page.context["seal_note"] == ""
    assert "seal-note" not in page.content.decode()
    assert 'name="_save"' in page.content.decode()


def test_sealed_agreement_keeps_what_was_signed_and_takes_the_rest(manager, agreement):
    url = f"{ADMIN}/agreement/{agreement.pk}/change/"
    save(
        manager,
        url,
        {"title": "Other", "net_days": "30", "number": "X", "currency": "EUR", **management("chosen_readings")},
    )

    agreement.refresh_from_db()
    assert (agreement.title, agreement.net_days, agreement.number, agreement.currency) == (
        "Other",
        30,
        "LNS970602JC",
        "USD",
    )
    assert manager.get(url).context["seal_note"].startswith("Executed on 4 September 1997. What the parties signed")


def test_bounds_of_a_run_are_set_on_the_record_of_the_agreement(manager, agreement):
    """They are no term that was signed: a sealed agreement takes them, and an empty one is none."""
    url = f"{ADMIN}/agreement/{agreement.pk}/change/"
    bounds = {"held_above_percent": "", "held_above_times": "12"}
    save(manager, url, {"title": agreement.title, **bounds, **management("chosen_readings")})

    agreement.refresh_from_db()
    assert (agreement.held_above_percent, agreement.held_above_times) == (None, 12)


def test_row_sealed_since_the_page_was_opened_is_a_message(manager, agreement):
    row = open_amendment(agreement)
    url = f"{ADMIN}/amendment/{row.pk}/change/"
    older = opened(manager, url)
    signature = {"title": "", "signed_on": date(1999, 7, 1), "on": date(1999, 7, 15), "by": None}
    for side in ("customer", "supplier"):
        record_signature(amendment=row, side=side, name="Ann", **signature)

    response = manager.post(url, amendment_form(agreement, contract_number="OTHER") | older, follow=True)

    assert messages_of(response) == [
        "Not saved: Amendment 2 (LNM990901MP) can no longer be changed. Its page says since when, and what to do."
    ]
    row.refresh_from_db()
    assert row.contract_number == "LNM990901MP"


def test_change_past_the_orm_is_a_message_too(manager, agreement, monkeypatch):
    row = agreement.amendments.get()
    monkeypatch.setattr("contracts.admin.base.sealed", lambda row: False)
    monkeypatch.setattr("contracts.sealing.frozen._sealed", lambda seal: Q(pk=None))
    posted = amendment_form(agreement, from_expires_on="2000-07-22", expires_on="2000-09-30", effective_on="1998-10-01")
    response = save(manager, f"{ADMIN}/amendment/{row.pk}/change/", posted, follow=True)

    assert messages_of(response) == [
        "A row that this changes is sealed and cannot be changed. Open it again to see it as it is now."
    ]


# ---- what an amendment changes -----------------------------------------------------------------------------------


def test_amendment_page_compares_cell_by_cell(manager, agreement):
    levels = list(reference.LEVELS)
    levels[0] = replace(
        levels[0],
        annual_price=Decimal("158000.00"),
        limits={**levels[0].limits, "SLC": read_limit("up to 9")},
    )
    row = open_amendment(agreement)
    factories.schedule(agreement, row, replace(reference.SCHEDULE, levels=tuple(levels)), clause="Appendix A, table")

    page = manager.get(f"{ADMIN}/amendment/{row.pk}/change/")
    changes = page.context["changes"]
    assert str(changes.against) == "Amendment 1 (LNM980917MP), Appendix A, table"
    assert [(cell.place, cell.before, cell.after) for cell in changes.cells] == [
        ("Expiration", "30 September 2000", "30 September 2001"),
        ("Very Small: annual price", "163,000.00", "158,000.00"),
        ("Very Small: SLC", "up to 8", "up to 9"),
    ]
    assert "158,000.00" in page.content.decode()


def test_first_amendment_has_nothing_to_be_compared_with(manager, agreement):
    page = manager.get(f"{ADMIN}/amendment/{agreement.amendments.get().pk}/change/")

    assert page.context["changes"].against is None
    assert "No earlier price schedule is on file" in page.content.decode()


# ---- roles -------------------------------------------------------------------------------------------------------

CHOSEN = {"choice": "first-component", "chosen_by": "J", "chosen_on": date(1998, 10, 20)}
PAGES = ("party", "agreement", "amendment", "priceschedule", "servicelevel", "componentlimit", "chosenreading")


@pytest.mark.parametrize("role", [VIEWER, FINANCE])
def test_those_who_only_look_change_nothing(agreement, role):
    ChosenReading.objects.create(agreement=agreement, question="level", closed_on=agreement.executed_on, **CHOSEN)
    open_amendment(agreement)
    client = client_of(role)
    for name in PAGES:
        model = {"party": Party, "agreement": Agreement, "amendment": Amendment, "priceschedule": PriceSchedule}
        model |= {"servicelevel": ServiceLevel, "componentlimit": ComponentLimit, "chosenreading": ChosenReading}
        row = model[name].objects.order_by("-pk").first()
        assert client.get(f"{ADMIN}/{name}/").status_code == 200, name
        page = client.get(f"{ADMIN}/{name}/{row.pk}/change/")
        assert (page.status_code, 'name="_save"' in page.content.decode(), page.context["events"]) == (200, False, [])
        assert client.get(f"{ADMIN}/{name}/add/").status_code == 403
        assert client.post(f"{ADMIN}/{name}/{row.pk}/change/", {}).status_code == 403
        assert client.post(f"{ADMIN}/{name}/{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_data_entry_sees_agreements_without_prices(agreement):
    client = client_of(DATA_ENTRY)
    schedule = agreement.schedules.get()
    page = client.get(f"{ADMIN}/agreement/{agreement.pk}/change/")

    assert page.status_code == 200
    assert "Appendix A" not in page.content.decode()
    assert "Enter the next amendment</a>" not in page.content.decode()
    assert page.context["inline_admin_formsets"] == []
    assert "KMC Telecom Inc." in page.content.decode()
    assert "/admin/contracts/party/" not in page.content.decode()
    for path in (
        "party/",
        "amendment/",
        "priceschedule/",
        "servicelevel/",
        "componentlimit/",
        "chosenreading/",
        f"amendment/{agreement.amendments.get().pk}/change/",
        f"priceschedule/{schedule.pk}/change/",
        f"servicelevel/{schedule.levels.first().pk}/change/",
        "agreement/add/",
    ):
        assert client.get(f"{ADMIN}/{path}").status_code == 403, path


@pytest.mark.parametrize(
    "lookup",
    ["schedules__levels__annual_price__gte=1", "schedules__hourly_price=81", "amendments__contract_number=LNM980917MP"],
)
def test_list_of_agreements_is_no_oracle_for_prices(agreement, lookup):
    response = client_of(DATA_ENTRY).get(f"{ADMIN}/agreement/?{lookup}")
    assert response.status_code == 400


# ---- lists -------------------------------------------------------------------------------------------------------


def test_agreement_is_found_by_an_alias(manager, agreement):
    PartyAlias.objects.create(party=agreement.customer, name="KMC Telcom")
    page = manager.get(f"{ADMIN}/agreement/?q=telcom")

    assert [row.number for row in page.context["cl"].result_list] == ["LNS970602JC"]
    assert list(manager.get(f"{ADMIN}/agreement/?q=nobody").context["cl"].result_list) == []


def test_list_shows_the_expiration_in_force(manager, agreement):
    page = manager.get(f"{ADMIN}/agreement/")
    assert 'data-label="Expiration" class="field-expiration nowrap">30 Sep 2000</td>' in page.content.decode()


@pytest.mark.parametrize(
    ("name", "queries"),
    [
        ("party", 4),
        ("agreement", 13),
        ("amendment", 6),
        ("priceschedule", 4),
        ("servicelevel", 4),
        ("componentlimit", 4),
        ("chosenreading", 4),
    ],
)
def test_list_costs_the_same_for_one_row_and_thirty(agreement, name, queries):
    client = superuser_client()
    levels = (replace(reference.VERY_SMALL, limits={"GE": read_limit("up to 15")}),)
    small = replace(reference.SCHEDULE, components=reference.COMPONENTS[:1], levels=levels, included=())
    ChosenReading.objects.create(agreement=agreement, question="level", closed_on=agreement.executed_on, **CHOSEN)
    counted = []
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as context:
            assert client.get(f"{ADMIN}/{name}/").status_code == 200
        counted.append(len(context))
        for number in range(30) if len(counted) == 1 else ():
            other = factories.agreement(f"A-{number}", amendments=(replace(reference.AMENDMENT, schedule=small),))
            ChosenReading.objects.create(agreement=other, question="level", closed_on=other.executed_on, **CHOSEN)
            Party.objects.create(legal_name=f"Party {number}", address="Street")
    assert counted == [queries, queries]


# ---- another currency


@pytest.fixture
def priced_draft(agreement) -> Agreement:
    """An agreement in dinars that is not executed, with its own price schedule and a quotation."""
    draft = Agreement.objects.create(
        number="ZZ",
        currency="KWD",
        dated_on=agreement.dated_on,
        supplier=agreement.supplier,
        customer=agreement.customer,
        first_period_starts_on=agreement.first_period_starts_on,
    )
    factories.schedule(draft, None, reference.SCHEDULE, clause="Appendix A")
    reno, document = factories.site(draft, "Reno"), ContentFile(b"%PDF-1.7", "q.pdf")
    record_quotation(
        site=reno, document=document, on=date(1999, 7, 15), by=None, **QUOTED | {"price": Decimal("125000.5")}
    )
    return draft


def in_currency(manager, draft: Agreement, currency: str):
    """Send the form of an agreement with another currency."""
    facts = {name: getattr(draft, name) for name in ("number", "title", "dated_on", "first_period_starts_on")}
    facts |= {"customer": draft.customer_id, "supplier": draft.supplier_id, "currency": currency}
    return save(manager, f"{ADMIN}/agreement/{draft.pk}/change/", facts | management("chosen_readings"))


def test_a_currency_that_holds_every_price_entered_is_taken(manager, priced_draft):
    assert in_currency(manager, priced_draft, "USD").status_code == 302
    assert Agreement.objects.get(number="ZZ").currency == "USD"
    assert str(PriceSchedule.objects.get(agreement=priced_draft).hourly_price) == "81.00"


@pytest.mark.parametrize(
    ("changed", "currency", "message"),
    [
        (
            (PriceSchedule, "agreement", "hourly_price", "81.125"),
            "USD",
            "Hourly price of Appendix A of ZZ: An amount in USD has at most 2 decimals: 81.125 is none.",
        ),
        (
            (ServiceLevel, "schedule__agreement", "annual_price", "163000.5"),
            "JPY",
            "Annual price of Very Small, Appendix A of ZZ: An amount in JPY has no decimals: 163000.500 is none.",
        ),
        (
            None,
            "JPY",
            "Price of Quotation Q-1, Reno: An amount in JPY has no decimals: 125000.500 is none.",
        ),
    ],
)
def test_a_currency_that_cannot_hold_a_price_entered_is_refused_at_its_field(
    manager, priced_draft, changed, currency, message
):
    if changed:
        model, of_draft, price, amount = changed
        row = model.objects.filter(**{of_draft: priced_draft}).earliest("pk")
        QuerySet(model).filter(pk=row.pk).update(**{price: Decimal(amount)})

    refused = in_currency(manager, priced_draft, currency)

    assert errors_of(refused) == {"currency": [f"{message} Change it first, or keep the currency."]}
    assert Agreement.objects.get(number="ZZ").currency == "KWD"
