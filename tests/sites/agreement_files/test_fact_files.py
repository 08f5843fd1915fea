"""Hours and integration in agreement files: there and back, what is checked, what a larger file adds."""

import json
from datetime import date
from decimal import Decimal

import pytest

from contracts.models import Agreement
from sites.agreement_files.agreement_file import text
from sites.agreement_files.known import as_known_on
from sites.hours.recording import change_work
from sites.models import BlockPurchase, IntegrationOrder, Quotation, Site, WorkEntry
from tests.sites.agreement_files.fact_rows import (
    ON,
    entry,
    every_fact,
    order,
    purchase,
    quotation,
    refused_facts,
    reversed_on,
    with_facts,
    without_hours,
)
from tests.sites.agreement_files.files import changed, exported, load, reference, refused, renamed, small
from tests.sites.hours.rows import CARE, PROVISIONING

pytestmark = pytest.mark.django_db

NUMBER = "LNS970602JC"


@pytest.fixture
def agreement() -> Agreement:
    return load(with_facts()).agreement


@pytest.fixture
def reno(agreement) -> Site:
    return Site.objects.get(city="Reno")


# ---- there and back


def test_services_charged_by_hours_are_part_of_the_schedule(agreement):
    schedule = exported()["amendments"][0]["schedule"]

    assert schedule["hour_services"] == [PROVISIONING, CARE]
    terms = Agreement.objects.with_terms().get().as_terms()
    assert terms.amendments[0].schedule.hour_services == (PROVISIONING, CARE)
    other = changed(reference(), "amendments.0.schedule.hour_services", [CARE])
    assert refused(other)[0].startswith("amendments[0].schedule.hour_services: The file says")
    twice = renamed(changed(reference(), "amendments.0.schedule.hour_services", [CARE, CARE]), "LNS-2")
    assert (
        "amendments[0].schedule.hour_services[1]: The service Customer Care is in the file twice. Keep one of them."
    ) in refused(twice)


def test_every_fact_comes_back_byte_for_byte(agreement, reno):
    every_fact(agreement, reno)
    first = exported()

    copied = renamed(first, "COPY-1")
    quotations = [{**row, "number": "Q-2"} for row in copied["quotations"]]
    orders = [{**row, "quotation": "Q-2"} if "quotation" in row else row for row in copied["orders"]]
    copied |= {"quotations": quotations, "orders": orders}
    # 24 hours are the person's under all agreements: the copy is of other people
    copied = json.loads(text(copied).replace("Ann Example", "Eve Example").replace('"Abe"', '"Ada"'))
    load(copied, on=ON)

    second = exported("COPY-1")
    assert text(second) == text(copied)
    assert load(second, on=ON).changed is False
    assert load(first, on=ON).changed is False
    copies = WorkEntry.objects.filter(site__agreement__number="COPY-1")
    assert sorted(str(row.hours) for row in copies if row.reversed_on is None) == ["1.00", "1.00", "2.50", "4.50"]
    chain = copies.get(hours=Decimal("4.50"))
    assert (str(chain.replaces.hours), str(chain.replaces.replaces.hours)) == ("3.50", "3.00")


def test_exported_facts_have_one_fixed_form(agreement, reno):
    every_fact(agreement, reno)

    document = exported()

    assert document["blocks"] == [
        {"bought_on": "1999-01-04", "blocks": 2, "reference": "PO-1"},
        {"bought_on": "1999-01-04", "blocks": 1, "reference": "PO-1", "number": 2},
        {"bought_on": "1999-02-01", "blocks": 1, "reversed": {"on": "1999-07-15", "reason": "Ordered twice"}},
    ]
    assert document["work"][:2] == [
        {
            "date": "1999-07-01",
            "site": "Reno",
            "service": PROVISIONING,
            "hours": "4.50",
            "person": "Abe",
            "replaces": {"date": "1999-07-01", "site": "Reno", "service": PROVISIONING, "person": "Bob"},
        },
        {
            "date": "1999-07-01",
            "site": "Reno",
            "service": PROVISIONING,
            "hours": "3.50",
            "person": "Bob",
            "reversed": {"on": "1999-07-15", "reason": "Again"},
            "replaces": {
                "date": "1999-07-12",
                "site": "Reno",
                "service": CARE,
                "person": "Ann Example",
                "reference": "REQ-1",
            },
        },
    ]
    assert [row.get("number") for row in document["work"] if row["hours"] in ("1.00", "2.50")] == [None, 2, 3]
    assert document["quotations"] == [quotation()]
    assert document["orders"] == [
        {
            "ordered_on": "1999-11-01",
            "site": "Reno",
            "reference": "PO-7",
            "quotation": "Q-1",
            "completed_on": "1999-11-10",
        },
        {
            "ordered_on": "1999-12-01",
            "site": "Reno",
            "duplicate_reason": "Second switch",
            "reversed": {"on": "2000-12-01", "reason": "Postponed"},
        },
    ]


def test_demonstration_marks_every_fact_once(agreement):
    document = {
        "format": 1,
        "demonstration": True,
        "agreement": {"number": NUMBER},
        "sites": [{"city": "Mobile", "in_service_on": "1998-10-01"}],
        "blocks": [purchase()],
        "work": [entry(site="Mobile")],
        "orders": [{"ordered_on": "1999-11-01", "site": "Mobile"}],
    }
    load(document)

    for model in (BlockPurchase, WorkEntry, IntegrationOrder):
        assert [row.is_demonstration for row in model.objects.all()] == [True]
    assert exported()["work"][0]["demonstration"] is True
    assert load(document).changed is False


def test_loaded_facts_say_who_loaded_them_and_when(agreement):
    load(with_facts(work=[entry()], orders=[order("1999-07-01", completed_on="1999-07-02")]))

    assert WorkEntry.objects.get().recorded_on == ON
    filed = IntegrationOrder.objects.get()
    assert (filed.recorded_on, filed.completed_on, filed.completed_by) == (ON, date(1999, 7, 2), None)


# ---- loading more


def test_a_larger_file_adds_and_completes(agreement, capsys):
    load(with_facts(blocks=[purchase()], work=[entry()], orders=[order()]))
    gone = reversed_on("1999-11-20")

    loaded = load(
        with_facts(
            blocks=[purchase(**gone), purchase("1999-01-05", 2)],
            work=[
                entry(**gone),
                entry(number=2, hours="2.00", replaces=without_hours()),
            ],
            orders=[order(completed_on="1999-11-10")],
        )
    )

    assert loaded.added == {"blocks": 1, "work": 1}
    assert loaded.completed == {"blocks": 1, "work": 1, "orders": 1}
    assert [(row.blocks, row.reversal_reason) for row in BlockPurchase.objects.order_by("pk")] == [
        (1, "Wrong"),
        (2, ""),
    ]
    new = WorkEntry.objects.get(reversed_on=None)
    assert (new.hours, new.replaces.reversal_reason) == (Decimal("2.00"), "Wrong")
    assert IntegrationOrder.objects.get().completed_on == date(1999, 11, 10)


def test_what_was_changed_here_contradicts_the_file(agreement, reno):
    load(with_facts(work=[entry()], blocks=[purchase()]))
    row = WorkEntry.objects.get()
    message = {name: getattr(row, name) for name in ("site", "worked_on", "service", "person", "reference")}
    change_work(entry=row, reason="Misread", hours=Decimal(1), on=ON, by=None, **message)

    assert refused_facts(work=[entry()], blocks=[purchase(blocks=2)]) == [
        "blocks[0].blocks: The file says 2, but on file is 1. Correct the file; nothing on file is replaced.",
        'work[0].hours: The file says "7.25", but on file is "1.00". Correct the file; nothing on file is replaced.',
    ]


def test_a_billed_order_takes_a_quotation_and_a_cancellation_alone(agreement):
    load(with_facts(orders=[order(completed_on="1999-11-10")]))
    IntegrationOrder.objects.update(billed_on=ON)

    assert refused_facts(orders=[order(completed_on="1999-11-11")]) == [
        'orders[0].completed_on: The file says "1999-11-11", but on file is "1999-11-10". Correct the file; nothing on '
        "file is replaced."
    ]
    load(with_facts(quotations=[quotation()], orders=[order(completed_on="1999-11-10", quotation="Q-1")]))
    load(with_facts(orders=[order(**reversed_on("2000-11-30", "Wrong site"))]))
    filed = IntegrationOrder.objects.get()
    assert (filed.quotation.number, filed.reversal_reason) == ("Q-1", "Wrong site")


# ---- what was known on a day


def test_as_known_on_shows_facts_on_their_days():
    gone = reversed_on("1999-08-01")
    document = with_facts(
        blocks=[purchase("1999-07-01", **gone)],
        work=[entry(**gone), entry(person="Bob", replaces=without_hours())],
        quotations=[
            quotation(
                dated_on="1999-07-01",
                **{
                    side: {"name": "A", "signed_on": day}
                    for side, day in (("customer", "1999-07-05"), ("supplier", "1999-08-05"))
                },
            )
        ],
        orders=[order("1999-07-02", quotation="Q-1", completed_on="1999-08-10")],
    )

    def known(day: date) -> dict:
        found = as_known_on(document, day)
        return {name: found.get(name) for name in ("blocks", "work", "quotations", "orders")}

    assert known(date(1999, 6, 30)) == dict.fromkeys(("blocks", "work", "quotations", "orders"))
    assert known(date(1999, 7, 31)) == {
        "blocks": [purchase("1999-07-01")],
        "work": [entry()],
        "quotations": None,
        "orders": [order("1999-07-02")],
    }
    assert known(date(1999, 8, 1))["work"] == document["work"]
    assert known(date(1999, 8, 10)) == {name: document[name] for name in ("blocks", "work", "quotations", "orders")}


def test_a_planned_site_appears_with_its_order():
    document = small({"city": "Macon", "in_service_on": "2000-02-01"})
    order = {"orders": [{"ordered_on": "1999-11-01", "site": "Macon"}]}

    assert as_known_on(document, date(1999, 11, 1)).get("sites") is None
    assert [site["city"] for site in as_known_on(document | order, date(1999, 11, 1))["sites"]] == ["Macon"]


def test_loaded_quotations_price_orders(agreement):
    load(with_facts(quotations=[quotation()], orders=[order(quotation="Q-1")]))

    row = Quotation.objects.get()
    assert (row.executed_on, row.price, bool(row.document)) == (date(1999, 11, 4), Decimal("125000.00"), False)
    assert IntegrationOrder.objects.get().quotation == row
