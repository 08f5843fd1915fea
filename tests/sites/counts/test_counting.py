"""Counts and their history: the standing figure keeps its row, every change is an entry that nobody can change."""

from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from contracts.sealing.frozen import SealedRow
from sites.counts.counting import Figure, change_counts
from sites.models import ComponentCount, CountChange, ImportedFile
from tests import factories

pytestmark = pytest.mark.django_db

DAY, ON = date(1999, 7, 31), date(1999, 8, 1)


def changed(site, quantities, day=DAY, source="letter", on=ON, by=None, **more) -> list[CountChange]:
    figures = [Figure(site, day, code, quantity, source) for code, quantity in quantities.items()]
    return change_counts(figures, on=on, by=by, **more)


def history(site, code="GE") -> list[tuple]:
    rows = CountChange.objects.filter(site=site, component_code=code).order_by("pk")
    return [(row.before, row.after, row.source, row.reason) for row in rows]


def stored(site) -> dict:
    return dict(ComponentCount.objects.filter(site=site).values_list("component_code", "quantity"))


def test_a_first_figure_begins_its_history_with_source_person_file_day_and_moment(agreement, site, clerk):
    file = ImportedFile.objects.create(
        agreement=agreement, kind="counts", name="july.csv", sha256="0" * 64, rows=1, imported_on=ON
    )

    [entry] = changed(site, {"GE": 12}, by=clerk, file=file, reason="not kept: there is nothing to correct")

    entry.refresh_from_db()
    assert (entry.before, entry.after, entry.source, entry.reason) == (None, 12, "letter", "")
    assert (entry.file, entry.recorded_on, entry.recorded_by) == (file, ON, clerk)
    assert entry.recorded_at is not None
    assert str(entry) == "GE at Augusta, GA on 1999-07-31: None → 12"


def test_a_corrected_figure_keeps_its_row_and_tells_what_it_was(site, clerk):
    changed(site, {"GE": 12, "SLC": 7})
    row = ComponentCount.objects.get(component_code="GE")

    [entry] = changed(site, {"GE": 14, "SLC": 7}, source="call", reason="A bay was left out", by=clerk)

    stands = ComponentCount.objects.get(component_code="GE")
    assert (stands.pk, stands.quantity, stands.source, stands.recorded_by) == (row.pk, 14, "call", clerk)
    assert (entry.before, entry.after) == (12, 14)
    assert history(site) == [(None, 12, "letter", ""), (12, 14, "call", "A bay was left out")]
    assert history(site, "SLC") == [(None, 7, "letter", "")]


def test_a_withdrawn_figure_leaves_its_history_and_can_be_recorded_anew(site):
    changed(site, {"GE": 12, "SLC": 7})
    changed(site, {"GE": None, "SM": None}, source="", reason="Counted at another site")

    assert stored(site) == {"SLC": 7}
    changed(site, {"GE": 9}, source="recount")
    assert stored(site) == {"GE": 9, "SLC": 7}
    assert history(site) == [
        (None, 12, "letter", ""),
        (12, None, "", "Counted at another site"),
        (None, 9, "recount", ""),
    ]
    assert history(site, "SM") == []


def test_figures_of_other_sites_and_days_stay(agreement, site):
    reno, later = factories.site(agreement, "Reno"), date(1999, 8, 1)
    changed(site, {"GE": 12})
    changed(site, {"GE": 12}, day=later)
    changed(reno, {"GE": 12})

    changed(site, {"GE": None}, reason="Counted twice")

    assert list(ComponentCount.objects.values_list("site__city", "counted_on")) == [
        ("Augusta", later),
        ("Reno", DAY),
    ]


def test_the_database_refuses_a_correction_without_a_reason_and_an_entry_that_changes_nothing(site):
    changed(site, {"GE": 12})
    with pytest.raises(IntegrityError), transaction.atomic():
        changed(site, {"GE": 14})
    with pytest.raises(IntegrityError), transaction.atomic():
        changed(site, {"GE": None})
    same = {"site": site, "component_code": "GE", "counted_on": DAY, "recorded_on": ON, "reason": "x"}
    for figures in ({"before": 12, "after": 12}, {}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CountChange.objects.create(**same, **figures)

    assert stored(site) == {"GE": 12}
    assert history(site) == [(None, 12, "letter", "")]


def test_an_entry_of_history_is_sealed_for_programs(site):
    [entry] = changed(site, {"GE": 12})
    entry.after = 13

    with pytest.raises(SealedRow, match="Correct the count by a new entry with a reason."):
        entry.save()
    with pytest.raises(SealedRow):
        entry.delete()
    with pytest.raises(SealedRow):
        CountChange.objects.update(source="call")
    with pytest.raises(SealedRow):
        CountChange.objects.all().delete()
    assert history(site) == [(None, 12, "letter", "")]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sites_countchange SET after = 13",
        "UPDATE sites_countchange SET reason = 'x', recorded_by_id = NULL",
        "DELETE FROM sites_countchange",
    ],
)
def test_an_entry_of_history_is_sealed_in_the_database(site, statement):
    changed(site, {"GE": 12})

    message = "is sealed and cannot be changed"
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match=message), transaction.atomic():
        cursor.execute(statement)
    assert history(site) == [(None, 12, "letter", "")]


@pytest.mark.parametrize("number", [1, 3])
def test_changing_asks_the_same_number_of_queries(agreement, number, django_assert_num_queries):
    sites = [factories.site(agreement, f"City {position}") for position in range(number)]

    def figures(**quantities) -> list[Figure]:
        return [Figure(site, DAY, code, value) for site in sites for code, value in quantities.items()]

    with django_assert_num_queries(3):  # what is on file, the figures, their history
        change_counts(figures(GE=1, SLC=2), on=ON, by=None)
    with django_assert_num_queries(4):  # and those withdrawn
        change_counts(figures(GE=2, SLC=None), reason="recount", on=ON, by=None)
    with django_assert_num_queries(1):
        change_counts(figures(GE=2), on=ON, by=None)
