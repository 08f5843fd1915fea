"""The demonstration plays to any day, plays on from there, and plays nothing twice."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from invoicing.demonstration.playing import play
from invoicing.demonstration.strangers import added
from invoicing.models import Invoice, InvoiceLine, Waiver
from sites.models import (
    ChargedLevel,
    ComponentCount,
    CountChange,
    IntegrationOrder,
    MissingCount,
    MonthlyReport,
    RenewalReview,
    ReportAcknowledgment,
    Site,
    WorkEntry,
)

pytestmark = pytest.mark.django_db

FILES = Path(__file__).resolve().parents[3] / "data"
REFERENCE = json.loads((FILES / "reference.json").read_text(encoding="utf-8"))
DEMONSTRATION = json.loads((FILES / "demonstration.json").read_text(encoding="utf-8"))


def played(until):
    return list(play(reference=REFERENCE, demonstration=DEMONSTRATION, until=until))


def state():
    return {
        "invoices": list(Invoice.objects.order_by("pk").values_list("number_text", "total")),
        "counts": ComponentCount.objects.count(),
        "changes": CountChange.objects.count(),
        "reports": list(MonthlyReport.objects.order_by("pk").values_list("month", "revision", "content_sha256")),
        "levels": ChargedLevel.objects.count(),
        "reviews": list(RenewalReview.objects.order_by("pk").values_list("period_number", "agreed_on")),
    }


@pytest.fixture(scope="module")
def _july(once_for_the_file) -> None:
    """The demonstration has come to the middle of July 1999."""
    played(date(1999, 7, 15))


@pytest.mark.usefixtures("_july")
def test_the_business_date_opens_before_the_review_with_nine_months_billed():
    numbers = [f"INV-{number:05}" for number in range(1, 10)]
    assert sorted(number for number, _total in state()["invoices"]) == ["CN-00001", "CN-00002", *numbers]
    assert RenewalReview.objects.count() == 0
    assert ComponentCount.objects.filter(counted_on__gt=date(1999, 7, 15)).count() == 0
    assert set(Site.objects.values_list("is_demonstration", flat=True)) == {True}


@pytest.mark.full
def test_playing_the_same_days_again_changes_nothing():
    played(date(1999, 2, 1))
    before = state()
    assert played(date(1999, 2, 1)) == []
    assert state() == before


@pytest.mark.usefixtures("_july")
def test_both_periods_play_to_the_end_in_one_go_or_in_two():
    assert Waiver.objects.filter(confirmed_by__isnull=False).exists()
    assert added() == []

    played(date(2000, 9, 30))
    assert added() == []
    in_two = state()
    assert len(in_two["invoices"]) == 26
    assert [agreed_on for _period, agreed_on in in_two["reviews"]] == [date(1999, 12, 10), None]

    # What was billed is what the levels cost: every site's second year is its annual price to the cent.
    for level in ChargedLevel.objects.filter(period_number=2, is_starting=False).select_related("level"):
        lines = InvoiceLine.objects.filter(site=level.site, period_number=2)
        assert sum((line.amount for line in lines.filter(charge="annual")), Decimal(0)) == level.level.annual_price
    assert set(ChargedLevel.objects.filter(period_number=2).values_list("level__rank", flat=True)) == {1, 2, 3, 4, 5}


@pytest.mark.usefixtures("_july")
def test_credits_of_the_plan_are_issued_on_their_days_and_billed_again_unless_waived():
    notes = Invoice.objects.filter(origin=Invoice.Origin.CREDIT).order_by("number")
    assert [(str(note.issued_on), str(note.total)) for note in notes] == [
        ("1999-05-12", "-13583.33"),
        ("1999-06-15", "-2000.00"),
    ]
    adjusted = InvoiceLine.objects.filter(kind="adjustment").select_related("site", "invoice")
    assert [(line.site.city, line.invoice.number_text, str(line.amount)) for line in adjusted] == [
        ("Fort Wayne", "INV-00008", "13583.33")
    ]


@pytest.mark.usefixtures("_july")
def test_hours_and_integrations_come_in_and_are_billed_on_their_days():
    once = InvoiceLine.objects.exclude(charge="annual").order_by("invoice__number")
    assert [(line.charge, line.invoice.number_text, str(line.amount)) for line in once.select_related("invoice")] == [
        ("block", "INV-00001", "121500.00"),
        ("integration", "INV-00004", "100000.00"),
    ]
    # Macon is planned: its integration is ordered. The last work that has come in is that of July 13.
    assert list(IntegrationOrder.objects.order_by("ordered_on").values_list("site__city", "completed_on")) == [
        ("Huntsville", date(1999, 1, 14)),
        ("Macon", None),
    ]
    assert WorkEntry.objects.latest("worked_on").worked_on == date(1999, 7, 13)


@pytest.mark.usefixtures("_july")
def test_reports_of_the_plan_go_out_on_their_days():
    reports = MonthlyReport.objects.order_by("month", "revision")
    assert [(f"{row.month:%Y-%m}", row.revision, str(row.issued_on)) for row in reports] == [
        ("1998-10", 0, "1998-11-06"),
        ("1998-11", 0, "1998-12-08"),
        ("1998-12", 0, "1999-01-08"),
        ("1999-01", 0, "1999-02-16"),
        ("1999-02", 0, "1999-03-08"),
        ("1999-03", 0, "1999-04-08"),
        ("1999-04", 0, "1999-05-08"),
        ("1999-04", 1, "1999-05-12"),
        ("1999-05", 0, "1999-06-08"),
    ]
    revision = reports.get(revision=1)
    assert [(one["site"], one["what"], one["old"], one["new"]) for one in revision.content["differences"]] == [
        ("Chattanooga, TN", "gateway elements", "17 (30 April 1999)", "18 (30 April 1999)")
    ]
    assert MissingCount.objects.get().reason == "The frame was being moved on the day of the count."
    assert ReportAcknowledgment.objects.count() == 7
