"""The days in service of a site: its end, corrections with a reason, and the history that nobody changes."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from contracts.sealing.frozen import SealedRow
from sites.models import ServiceChange, Site
from sites.service.recording import correct_service, end_service, service_version
from tests import factories, reference
from tests.sites.refusals import refused

pytestmark = pytest.mark.django_db

Day = ServiceChange.Day
ON = date(2000, 4, 1)


def history(site: Site) -> list[tuple]:
    return list(ServiceChange.objects.filter(site=site).values_list("day", "before", "after", "reason"))


def ended(site, last_day=date(2000, 3, 31), **changed):
    return end_service(site=site, last_day=last_day, on=date(2000, 4, 1), by=None, **changed)


def test_end_service_records_the_last_day_and_keeps_the_charges(site):
    ended(site)
    site.refresh_from_db()

    assert (site.removed_on, site.charged_through, site.charge_end_reason) == (date(2000, 3, 31), None, "")


def test_end_service_records_an_earlier_end_of_charges_with_its_reason(site):
    ended(site, charged_through=date(2000, 3, 31), reason=" Moved to another agreement ")
    site.refresh_from_db()

    assert (site.charged_through, site.charge_end_reason) == (date(2000, 3, 31), "Moved to another agreement")


def test_end_service_changes_nothing_the_second_time_and_refuses_another_day(site):
    ended(site)

    assert ended(site).removed_on == date(2000, 3, 31)
    assert refused(ended, site, date(2000, 4, 30)) == [
        ("last_day", "The service of Augusta, GA ended on 31 March 2000 already. Correct that day instead.")
    ]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"last_day": date(1998, 9, 30)},
            [("last_day", "30 September 1998 is before Augusta, GA's first day in service, 1 October 1998.")],
        ),
        (
            {"charged_through": date(2000, 3, 30), "reason": ""},
            [
                ("reason", "Say why charges end before the annual period does."),
                (
                    "charged_through",
                    "Charges cannot end on 30 March 2000, before the service does on 31 March 2000.",
                ),
            ],
        ),
        (
            {"charged_through": date(2000, 10, 1), "reason": "x"},
            [
                (
                    "charged_through",
                    "Charges end with the annual period on 30 September 2000 anyway. Leave this empty.",
                )
            ],
        ),
        ({"reason": "x"}, [("charged_through", "A reason needs the last day that is charged.")]),
    ],
)
def test_end_service_refuses_naming_the_field(site, changed, expected):
    assert refused(ended, site, **changed) == expected
    site.refresh_from_db()
    assert site.removed_on is None


def test_the_end_of_service_is_kept_in_the_history(site):
    ended(site, charged_through=date(2000, 3, 31), reason="Moved")
    ended(site, charged_through=date(2000, 3, 31), reason="Moved")

    assert history(site) == [
        ("removed_on", None, date(2000, 3, 31), "Moved"),
        ("charged_through", None, date(2000, 3, 31), "Moved"),
    ]


def corrected(site, reason="Cutover came later", seen="", **days):
    return correct_service(
        site=site, days={Day(name): day for name, day in days.items()}, reason=reason, seen=seen, on=ON, by=None
    )


def test_a_first_day_is_corrected_with_its_reason_and_kept_in_the_history(site):
    corrected(site, in_service_on=date(1999, 2, 1))

    site.refresh_from_db()
    assert site.in_service_on == date(1999, 2, 1)
    assert history(site) == [("in_service_on", date(1998, 10, 1), date(1999, 2, 1), "Cutover came later")]


def test_an_end_is_corrected_with_that_of_the_charges_and_taken_back(site):
    ended(site)
    corrected(site, "Sold", removed_on=date(2000, 2, 29), charged_through=date(2000, 3, 15))
    site.refresh_from_db()
    assert (site.removed_on, site.charged_through, site.charge_end_reason) == (
        date(2000, 2, 29),
        date(2000, 3, 15),
        "Sold",
    )

    corrected(site, "Goes on", removed_on=None, charged_through=None)
    site.refresh_from_db()
    assert (site.removed_on, site.charged_through, site.charge_end_reason) == (None, None, "")
    assert [row[:3] for row in history(site)] == [
        ("removed_on", None, date(2000, 3, 31)),
        ("removed_on", date(2000, 3, 31), date(2000, 2, 29)),
        ("charged_through", None, date(2000, 3, 15)),
        ("removed_on", date(2000, 2, 29), None),
        ("charged_through", date(2000, 3, 15), None),
    ]


def test_another_last_day_keeps_the_reason_why_charges_end_early(site):
    ended(site, charged_through=date(2000, 4, 30), reason="Agreed with J. Doe")
    corrected(site, "Wrong month", removed_on=date(2000, 4, 1))

    site.refresh_from_db()
    assert (site.charged_through, site.charge_end_reason) == (date(2000, 4, 30), "Agreed with J. Doe")


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (
            {"in_service_on": date(1998, 10, 1)},
            [("", "Nothing is different. Change the day that is wrong, or leave it.")],
        ),
        (
            {"in_service_on": date(1999, 7, 2)},
            [("in_service_on", "There is a count of 1 July 1999, before this day. Correct one of the two.")],
        ),
        (
            {"in_service_on": date(2000, 4, 2)},
            [
                ("in_service_on", "There is a count of 1 July 1999, before this day. Correct one of the two."),
                ("removed_on", "31 March 2000 is before Augusta, GA's first day in service, 2 April 2000."),
            ],
        ),
        (
            {"removed_on": None, "charged_through": date(2000, 4, 30)},
            [("charged_through", "Charges end with the service. Clear this day as well.")],
        ),
        (
            {"charged_through": date(2000, 3, 30)},
            [("charged_through", "Charges cannot end on 30 March 2000, before the service does on 31 March 2000.")],
        ),
    ],
)
def test_days_that_contradict_what_is_on_file_are_refused_at_their_fields(site, days, expected):
    factories.counts(site, date(1999, 7, 1), reference.SMALLEST)
    ended(site)

    assert refused(corrected, site, **days) == expected


def test_a_correction_needs_its_reason_an_end_on_file_and_the_days_that_were_seen(site):
    seen = service_version(site)
    assert refused(corrected, site, " ", in_service_on=date(1999, 2, 1)) == [
        ("reason", "Say why the days in service change.")
    ]
    assert refused(corrected, site, removed_on=date(2000, 1, 1)) == [
        ("removed_on", "Augusta, GA is still in service. Record its end first.")
    ]

    ended(site)
    assert refused(corrected, site, seen=seen, in_service_on=date(1999, 2, 1)) == [
        (
            "",
            "Somebody else has changed the days in service of Augusta, GA since you opened this page: first day in "
            "service 1 October 1998, last day in service 31 March 2000. Nothing is saved. Compare, and save again.",
        )
    ]


def test_a_first_day_in_another_annual_period_than_the_starting_level_is_refused(site):
    later = factories.site(site.agreement, "Waco", date(2000, 2, 1))
    factories.charged_level(later, 2, "SMALL", date(2000, 1, 10), is_starting=True)

    corrected(later, in_service_on=date(2000, 3, 1))
    [(place, message)] = refused(corrected, later, in_service_on=date(1999, 9, 30))
    assert (place, message) == (
        "in_service_on",
        "A starting level is recorded for annual period 2, and 30 September 1999 is outside it. Withdraw the starting "
        "level first, and record it again for the new day.",
    )


def test_the_history_is_never_changed(site):
    corrected(site, in_service_on=date(1999, 2, 1))
    row = ServiceChange.objects.get()

    row.reason = "Other"
    for change in (row.save, row.delete, ServiceChange.objects.all().delete):
        with pytest.raises(SealedRow, match="Correct the days in service by a new entry with a reason."):
            change()
    for statement in ("UPDATE sites_servicechange SET reason = 'x'", "DELETE FROM sites_servicechange"):
        with pytest.raises(IntegrityError, match="is sealed"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    for wrong in (
        {"before": row.before, "after": row.before},
        {"before": row.before, "after": row.after, "reason": ""},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            ServiceChange.objects.create(**({"site": site, "day": Day.FIRST, "reason": "x", "recorded_on": ON} | wrong))
