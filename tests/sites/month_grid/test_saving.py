from datetime import date

import pytest
from django.contrib.auth.models import User

from contracts.periods import DaySpan
from sites.counts.recording import Recorded
from sites.models import ComponentCount, CountChange
from sites.month_grid.entry import Filed, RowEntry
from sites.month_grid.saving import CannotSave, save_rows, saved_text
from tests import factories
from tests.reference import COMPONENTS

pytestmark = pytest.mark.django_db
OCTOBER = DaySpan(date(1998, 10, 1), date(1998, 10, 31))
LAST = date(1998, 10, 31)
ON = date(1998, 11, 10)


def save(sites, *entries, may_add=True, may_correct=True, days=OCTOBER) -> dict:
    by, _made = User.objects.get_or_create(username="entry")
    return save_rows(
        entries=entries,
        sites={site.pk: site for site in sites},
        components=COMPONENTS,
        days=days,
        may_add=may_add,
        may_correct=may_correct,
        on=ON,
        by=by,
    )


def on_file() -> list[tuple]:
    rows = ComponentCount.objects.order_by("site", "counted_on", "component_code")
    return [(row.site.city, row.component_code, row.counted_on, row.quantity) for row in rows]


@pytest.fixture
def two():
    return factories.sites(factories.agreement(), 2)


def test_rows_are_recorded_with_their_source_and_history(two):
    first, second = two
    done = save(
        two,
        RowEntry(first.pk, {"GE": (LAST, 12), "SM": (LAST, 1)}, {}, ""),
        RowEntry(second.pk, {"GE": (LAST, 9)}, {}, ""),
    )

    assert done == {first.pk: Recorded(added=2), second.pk: Recorded(added=1)}
    assert on_file() == [("City 0001", "GE", LAST, 12), ("City 0001", "SM", LAST, 1), ("City 0002", "GE", LAST, 9)]
    assert {(row.source, row.recorded_by.username) for row in ComponentCount.objects.all()} == {("month grid", "entry")}
    assert CountChange.objects.count() == 3


def test_one_wrong_row_keeps_all_of_them_from_being_saved(two):
    first, second = two
    with pytest.raises(CannotSave) as stopped:
        save(
            two,
            RowEntry(first.pk, {"GE": (LAST, 12)}, {}, ""),
            RowEntry(second.pk, {"GE": (LAST, 9), "XX": (LAST, 1)}, {}, ""),
        )

    assert {key: [error.place for error in row.errors] for key, row in stopped.value.rows.items()} == {
        second.pk: ["XX"]
    }
    assert on_file() == []


def test_figures_of_one_row_on_two_days_are_saved_together_or_not_at_all(two):
    site = two[0]
    factories.counts(site, date(1998, 10, 20), {"GE": 10})
    seen = {"GE": Filed(date(1998, 10, 20), 10)}

    with pytest.raises(CannotSave) as stopped:
        save(two, RowEntry(site.pk, {"GE": (date(1998, 10, 20), 11), "SM": (LAST, 1)}, seen, ""))
    assert [error.place for error in stopped.value.rows[site.pk].errors] == ["reason"]
    assert on_file() == [("City 0001", "GE", date(1998, 10, 20), 10)]

    save(two, RowEntry(site.pk, {"GE": (date(1998, 10, 20), 11), "SM": (LAST, 1)}, seen, "Recount"))
    assert on_file() == [("City 0001", "GE", date(1998, 10, 20), 11), ("City 0001", "SM", LAST, 1)]


def test_withdrawing_needs_a_reason_and_keeps_the_history(two):
    site = two[0]
    factories.counts(site, LAST, {"GE": 10})
    entry = RowEntry(site.pk, {"GE": (LAST, None)}, {"GE": Filed(LAST, 10)}, "Wrong site")

    assert save(two, entry) == {site.pk: Recorded(corrected=1)}
    assert on_file() == []
    assert CountChange.objects.get().reason == "Wrong site"


def test_a_figure_stored_in_the_meantime_is_a_conflict_even_on_another_day(two):
    site = two[0]
    factories.counts(site, LAST, {"GE": 11})

    with pytest.raises(CannotSave) as stopped:
        save(two, RowEntry(site.pk, {"GE": (date(1998, 10, 30), 12)}, {}, ""))

    (conflict,) = stopped.value.rows[site.pk].conflicts
    assert (conflict.seen, conflict.stored, conflict.typed) == (None, 11, 12)
    assert conflict.message == (
        "gateway elements: 11 was stored on 31 October 1998, since this page was opened. You typed 12. "
        "Keep one of the two."
    )
    assert on_file() == [("City 0001", "GE", LAST, 11)]


def test_a_figure_withdrawn_in_the_meantime_is_a_conflict(two):
    with pytest.raises(CannotSave) as stopped:
        save(two, RowEntry(two[0].pk, {"GE": (LAST, 12)}, {"GE": Filed(LAST, 10)}, "Recount"))

    (conflict,) = stopped.value.rows[two[0].pk].conflicts
    assert (conflict.seen, conflict.stored, conflict.typed) == (10, None, 12)


def test_what_somebody_else_stored_alike_is_no_conflict(two):
    site = two[0]
    factories.counts(site, date(1998, 10, 30), {"GE": 12})

    assert save(two, RowEntry(site.pk, {"GE": (LAST, 12)}, {}, "")) == {site.pk: Recorded(unchanged=1)}
    assert on_file() == [("City 0001", "GE", date(1998, 10, 30), 12)]


def test_counts_before_the_days_that_are_shown_are_no_conflict(two):
    site = two[0]
    factories.counts(site, date(1998, 10, 1), {"GE": 10})
    later = DaySpan(date(1998, 10, 2), LAST)

    assert save(two, RowEntry(site.pk, {"GE": (LAST, 12)}, {}, ""), days=later) == {site.pk: Recorded(added=1)}


def test_entering_and_correcting_are_two_permissions(two):
    site = two[0]
    factories.counts(site, LAST, {"GE": 10})
    correction = RowEntry(site.pk, {"GE": (LAST, 11)}, {"GE": Filed(LAST, 10)}, "Recount")
    addition = RowEntry(site.pk, {"SM": (LAST, 1)}, {}, "")

    with pytest.raises(CannotSave, match="gateway elements is already on file. You may enter counts, but not correct"):
        save(two, correction, may_correct=False)
    with pytest.raises(CannotSave, match="SM is not on file yet. You may correct counts, but not enter them."):
        save(two, addition, may_add=False)
    assert on_file() == [("City 0001", "GE", LAST, 10)]


def test_saving_is_told_in_one_line():
    assert saved_text([]) == (
        "Nothing was changed: every figure is on file like that. A second count of the month is entered as a further "
        "count, with the same figures or others."
    )
    assert saved_text([Recorded(added=2), Recorded(added=1, corrected=1)]) == "Saved: 3 recorded and 1 corrected."
    assert saved_text([Recorded(corrected=2)]) == "Saved: 2 corrected."
