"""An import is taken back as a whole, or not at all: counts and work; sites have theirs in test_site_importing."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from sites.counts.recording import record_counts
from sites.hours.recording import correct_work, reverse_work
from sites.imports.count_undoing import CHARGES_FOLLOW
from sites.imports.importing import KINDS, Incoming, import_file, undo_import
from sites.models import (
    ComponentCount,
    CountChange,
    ImportedFile,
    LackingFigures,
    MonthlyReport,
    RenewalReview,
    WorkEntry,
)
from tests import factories
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, client_of
from tests.reading import words
from tests.sites import refusals

pytestmark = pytest.mark.django_db

ON = date(1999, 7, 15)
LATER = date(1999, 8, 2)
JUNE = date(1999, 6, 30)
COUNTS = "site,date,GE,SLC\nAugusta,1999-06-30,11,7\nAugusta,1999-05-31,9,\n"
WORK = (
    "date,site,service,hours,person\n1999-07-01,Augusta,Customer Care,2,Ann\n1999-07-02,Augusta,Customer Care,3,Bob\n"
)


def imported(agreement, text=COUNTS, kind="counts", reason="", name="june.csv") -> ImportedFile:
    file = Incoming(text.encode(), name, agreement)
    return import_file(kind=KINDS[kind], file=file, reason=reason, on=ON, by=None).file


def undone(file, reason="Wrong month", by=None) -> ImportedFile:
    return undo_import(file=file, reason=reason, on=LATER, by=by)


def refused(file, reason="Wrong month") -> list[str]:
    return [message for _place, message in refusals.refused(undone, file, reason)]


def figures() -> dict[tuple[str, str], tuple[int, str]]:
    rows = ComponentCount.objects.order_by("counted_on", "component_code")
    return {(f"{row.counted_on}", row.component_code): (row.quantity, row.source) for row in rows}


# ---- counts


def test_counts_go_back_to_what_they_were(agreement, site, clerk):
    record_counts(site=site, counted_on=JUNE, quantities={"GE": 10}, source="letter", on=ON, by=None)
    file = imported(agreement, reason="Recounted")
    assert figures()["1999-06-30", "GE"] == (11, "june.csv")

    undone(file, by=clerk)

    assert figures() == {("1999-06-30", "GE"): (10, "letter")}
    file.refresh_from_db()
    assert (file.undone_on, file.undone_by, file.undo_reason) == (LATER, clerk, "Wrong month")
    last = CountChange.objects.filter(reason="Import undone: Wrong month").order_by("pk")
    assert [(change.component_code, change.before, change.after, change.recorded_by) for change in last] == [
        ("GE", 11, 10, clerk),
        ("SLC", 7, None, clerk),
        ("GE", 9, None, clerk),
    ]


def test_what_june_lacks_is_kept_by_the_import_and_by_taking_it_back(agreement, site):
    june = LackingFigures.objects.filter(agreement=agreement, month="1999-06-01")

    file = imported(agreement)
    imported_lacks = june.get().figures
    undone(file)

    assert june.get().figures == imported_lacks + 2


def test_the_same_file_can_be_imported_again(agreement, site):
    undone(imported(agreement))

    again = imported(agreement)

    assert figures()["1999-06-30", "GE"] == (11, "june.csv")
    assert refused(ImportedFile.objects.exclude(pk=again.pk).get()) == [
        "This import was undone on 2 August 1999: Wrong month."
    ]
    undone(again)
    assert figures() == {}


def test_a_figure_that_somebody_changed_since_stands_against_it(agreement, site):
    file = imported(agreement)
    record_counts(site=site, counted_on=JUNE, quantities={"GE": 12}, source="", reason="Recount", on=ON, by=None)

    assert refused(file) == ["GE at Augusta, GA on 30 June 1999 was changed after the import."]


def test_a_reason_is_needed_and_a_long_one_is_refused(agreement, site):
    file = imported(agreement)

    assert refused(file, " ") == ["Say why the import is undone."]
    assert refused(file, "x" * 190)[0].startswith("At most 185 characters")


def issued(agreement, month: date, on: date) -> MonthlyReport:
    return MonthlyReport.objects.create(
        agreement=agreement, month=month, revision=0, issued_on=on, content={}, content_sha256="0" * 64
    )


def test_an_issued_report_stands_against_it(agreement, site):
    file = imported(agreement)
    issued(agreement, date(1999, 6, 1), ON)

    assert refused(file) == [
        "Monthly report June 1999 of agreement LNS970602JC, issued on 15 July 1999, is based on figures of this file. "
        "Correct the figures and issue a revision instead."
    ]


def test_reports_that_cannot_rest_on_it_do_not(agreement, site):
    issued(agreement, date(1999, 6, 1), date(1999, 7, 10))  # issued before the import
    file = imported(agreement)
    issued(agreement, date(1999, 4, 1), ON)  # of a month before the first figure
    issued(factories.agreement("OTHER-1"), date(1999, 6, 1), ON)

    undone(file)

    assert figures() == {}


@pytest.mark.parametrize(
    ("cut_off", "agreed", "stands"),
    [(date(1999, 5, 31), ON, True), (date(1999, 5, 30), ON, False), (JUNE, None, False)],
)
def test_an_agreed_review_stands_against_it(agreement, site, cut_off, agreed, stands):
    file = imported(agreement)
    RenewalReview.objects.create(
        agreement=agreement,
        period_number=1,
        first_day=date(1998, 10, 1),
        last_day=date(1999, 9, 30),
        kind="price-review",
        due_on=date(1999, 8, 1),
        opened_on=ON,
        cut_off_on=cut_off,
        customer_signer="A",
        supplier_signer="B",
        customer_agreed_on=agreed,
        supplier_agreed_on=agreed,
        agreed_on=agreed,
    )

    if stands:
        [message] = refused(file)
        assert "agreed on 15 July 1999, is based on figures of this file." in message
    else:
        undone(file)
        assert figures() == {}


@pytest.mark.parametrize("number", [1, 10])
def test_undoing_asks_the_same_number_of_queries(agreement, number, django_assert_num_queries):
    rows = "".join(f"{site.city},1999-06-30,1\n" for site in factories.sites(agreement, number))
    file = imported(agreement, f"site,date,GE\n{rows}")

    with django_assert_num_queries(30):
        undone(file)


# ---- work


def test_work_entries_are_reversed(agreement, site):
    file = imported(agreement, WORK, "work")
    reverse_work(entry=WorkEntry.objects.first(), reason="Never done", on=ON, by=None)

    undone(file)

    assert list(WorkEntry.objects.order_by("pk").values_list("reversed_on", "reversal_reason")) == [
        (ON, "Never done"),
        (LATER, "Import undone: Wrong month"),
    ]
    assert imported(agreement, WORK, "work").rows == 2


def test_billed_work_stands_against_it(agreement, site):
    file = imported(agreement, WORK, "work")
    WorkEntry.objects.filter(person="Bob").update(billed_on=ON)

    assert refused(file) == [
        "3.00 h of Bob on 2 July 1999, Augusta, GA, are billed. "
        "Reverse the entry on its own: the next run then credits it."
    ]


def test_a_report_of_the_month_stands_against_undoing_work(agreement, site):
    file = imported(agreement, WORK, "work")
    issued(agreement, date(1999, 6, 1), LATER)
    issued(agreement, date(1999, 8, 1), LATER)
    stored = issued(agreement, date(1999, 7, 1), LATER)

    assert refused(file) == [
        f"{stored} of agreement LNS970602JC, issued on 2 August 1999, is based on entries of this file. "
        "Correct the entries and issue a revision instead."
    ]


def test_corrected_work_stands_against_it(agreement, site):
    file = imported(agreement, WORK, "work")
    old = WorkEntry.objects.get(person="Bob")
    facts = {"site": site, "worked_on": old.worked_on, "service": old.service, "person": "Bob"}
    correct_work(entry=old, reason="Misread", hours=Decimal("4"), on=ON, by=None, **facts)

    assert refused(file) == [
        "3.00 h of Bob on 2 July 1999, Augusta, GA, were corrected after the import. "
        "Reverse the entry in their place first."
    ]


@pytest.mark.parametrize(
    ("text", "follows"),
    [
        ("site,date,5ESS\nAugusta,1999-06-30,0\n", True),
        ("site,date,5ESS\nAugusta,1999-06-30,2\n", False),
        ("site,date,GE\nAugusta,1999-06-30,0\n", False),
    ],
)
def test_undoing_a_switch_that_was_counted_as_0_says_that_charges_follow(agreement, site, text, follows):
    file = imported(agreement, text)

    assert (CHARGES_FOLLOW in KINDS["counts"].undoing(file).sentence) == follows


# ---- pages


def test_the_page_says_what_would_happen_and_does_it(agreement, site, settings):
    settings.BUSINESS_DATE = LATER
    file, client = imported(agreement), client_of(DATA_ENTRY)
    address = reverse("sites:import_undo", args=[file.pk])
    detail = client.get(reverse("sites:import_detail", args=[file.pk]))
    assert address in detail.content.decode()

    page = words(client.get(address))
    assert "3 figures would be withdrawn, and 0 figures go back to what was on file before." in page
    assert "This field is required." in words(client.post(address, {}))
    assert len(figures()) == 3
    response = client.post(address, {"reason": "Wrong month"}, follow=True)

    assert "june.csv: the import is undone. The file can be imported again." in words(response)
    assert "Undone on 2 August 1999 by data-entry: Wrong month" in words(response)
    assert address not in response.content.decode()
    assert figures() == {}


def test_the_page_shows_what_stands_against_it(agreement, site, settings):
    settings.BUSINESS_DATE = LATER
    file, client = imported(agreement), client_of(DATA_ENTRY)
    record_counts(site=site, counted_on=JUNE, quantities={"GE": 12}, source="", reason="Recount", on=ON, by=None)
    address = reverse("sites:import_undo", args=[file.pk])

    response = client.get(address)

    assert "This import cannot be undone:" in words(response)
    assert "GE at Augusta, GA on 30 June 1999 was changed after the import." in words(response)
    assert 'name="reason"' not in response.content.decode()
    client.post(address, {"reason": "Wrong month"})
    assert len(figures()) == 3


@pytest.mark.parametrize(("role", "status"), [(DATA_ENTRY, 200), (ACCOUNT_MANAGER, 200), (VIEWER, 403), (FINANCE, 403)])
def test_roles_undo_what_they_may(agreement, site, role, status):
    file, client = imported(agreement), client_of(role)
    address = reverse("sites:import_undo", args=[file.pk])

    assert client.get(address).status_code == status
    shown = client.get(reverse("sites:import_detail", args=[file.pk]))
    assert (address in shown.content.decode()) == (status == 200)
    if status == 403:
        assert client.post(address, {"reason": "x"}).status_code == 403
    assert len(figures()) == 3
