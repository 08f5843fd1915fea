"""What open months lack: kept so that no list computes all of them, and never something else than computing says."""

from datetime import date
from io import StringIO
from random import Random

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from contracts.models import Agreement, Amendment
from contracts.periods import DaySpan, Month
from contracts.terms import expiration_known
from sites.admin.forms import save_count
from sites.models import ComponentCount, LackingFigures, MissingCount, MonthlyReport, Site
from sites.reports.calendar import report_months
from sites.reports.lacking import compare_kept, keep_months
from sites.reports.monthly_report import agreement_months
from sites.reports.months import TABS, Months
from sites.reports.open_months import due_runs, joined, without
from sites.reports.pages import month_page
from sites.reports.reporting import mark_missing, unmark_missing
from tests import factories, reference
from tests.people import FINANCE, client_of
from tests.sites.reports.cases import DAYS_AFTER, counted_sites, issued

ON = date(1999, 4, 12)
MONTHS = [Month.numbered(number) for number in range(Month(1998, 10).number, Month(1999, 5).number)]
CODES = sorted(reference.counts())


# ---- months from dates alone -------------------------------------------------------------------------------------

days = st.dates(date(1998, 1, 1), date(2001, 12, 31))
services = st.lists(st.tuples(days, st.none() | days).filter(lambda each: each[1] is None or each[0] <= each[1]))


@reference.bounded
@given(services, days, days, st.sets(st.integers(Month(1998, 1).number, Month(2001, 12).number)))
def test_runs_hold_the_months_that_are_due_and_not_issued(services, first_day, last_day, taken):
    runs = without(due_runs(services, first_day, last_day), joined(range(month, month + 1) for month in taken))

    due = agreement_months(first_period_starts_on=first_day, expires_on=last_day, services=services, on=last_day)
    assert [number for run in runs for number in run] == [month.number for month in due if month.number not in taken]


def test_months_are_numbered_without_a_gap():
    months = report_months(within=DaySpan(date(1998, 1, 1), date(2000, 12, 31)), in_service_on=date(1998, 1, 1))

    assert [Month.numbered(month.number) for month in months] == list(months)
    assert {later.number - month.number for month, later in zip(months, months[1:], strict=False)} == {1}


@pytest.mark.django_db
@pytest.mark.parametrize("known_on", [date(1997, 1, 1), reference.AMENDMENT.executed_on, date(1999, 1, 1), ON])
def test_expiration_in_a_list_is_that_of_the_terms(known_on):
    unsigned = reference.amendment(
        3, date(1999, 1, 1), expires_on=date(2005, 9, 30), customer_signature=None, supplier_signature=None
    )
    second = reference.amendment(2, date(1998, 12, 1), expires_on=date(2001, 9, 30), signed_on=date(1999, 1, 2))
    factories.agreement("A", amendments=(reference.AMENDMENT, second, unsigned))
    factories.agreement("B", amendments=())
    factories.agreement("C", amendments=(unsigned,))

    found = dict(Agreement.objects.with_expiration(known_on=known_on).values_list("number", "expiration"))

    for row in Agreement.objects.with_terms():
        assert found[row.number] == expiration_known(agreement=row.as_terms(), known_on=known_on)[0]


# ---- random desks ------------------------------------------------------------------------------------------------


def desk(random: Random) -> None:
    """Three agreements whose sites come and go, with counts, marks and reports here and there."""
    for number in "BAC":
        agreement = factories.agreement(number)
        for city in range(random.randint(0, 3)):
            first_day = date(1998, random.choice([9, 10, 11, 12]), random.randint(1, 28))
            last_day = random.choice([None, None, date(1999, random.randint(1, 12), random.randint(1, 28))])
            factories.site(agreement, f"City {city}", first_day, removed_on=last_day)
    for _ in range(60):
        happen(random)
    for agreement in Agreement.objects.all():
        for month in random.sample(MONTHS[:-1], 2):
            page = month_of(agreement, month)
            if page is not None and page.may_issue:
                issued(agreement, month, on=ON)


def happen(random: Random) -> None:
    """One more fact, past every function that would keep what follows from it."""
    sites = list(Site.objects.order_by("agreement__number", "city"))
    if not sites:
        return
    site = random.choice(sites)
    month = random.choice(MONTHS)
    day = max(site.in_service_on, min(month.span.first_day.replace(day=random.randint(1, 28)), ON))
    what = random.random()
    if what < 0.85:
        whole = random.random() < 0.8
        for code in CODES if whole else random.sample(CODES, 3):
            ComponentCount.objects.get_or_create(
                site=site, component_code=code, counted_on=day, defaults={"quantity": 1, "recorded_on": day}
            )
    elif what < 0.9:
        ComponentCount.objects.filter(site=site, counted_on=day).delete()
    elif what < 0.95:
        about = {"site": site, "month": month.span.first_day, "component_code": random.choice(CODES)}
        MissingCount.objects.get_or_create(**about, defaults={"reason": "lost", "recorded_on": ON})
    else:
        Site.objects.filter(pk=site.pk).update(removed_on=random.choice([None, date(1999, 12, 31)]))


def month_of(agreement: Agreement, month: Month):
    row = Agreement.objects.with_terms().get(pk=agreement.pk)
    return month_page(agreement=row, month=month, on=ON, days_after=DAYS_AFTER)


def computed() -> list:
    """Every month that has begun, each by its own page: what is late first, then the oldest; then what is issued."""
    pages = [
        (agreement, month_of(agreement, month))
        for agreement in Agreement.objects.order_by("number")
        for month in MONTHS
    ]
    found = [(agreement.number, page.status) for agreement, page in pages if page is not None]
    waiting = [one for one in found if one[1].issued is None]
    reports = [one for one in found if one[1].issued is not None]
    return [
        *sorted(waiting, key=lambda one: (not one[1].overdue, one[1].month.number, one[0])),
        *sorted(reports, key=lambda one: (-one[1].month.number, one[0])),
    ]


def listed(state: str | None) -> list:
    rows = Months(Agreement.objects.order_by("number"), on=ON, days_after=DAYS_AFTER).of_state(state)
    assert len(rows) == len(list(rows))
    pages = [rows[start : start + 3] for start in range(0, len(rows), 3)]
    return [(row.agreement.number, row.status) for page in pages for row in page]


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(6))
def test_lists_hold_what_each_month_computes_whether_it_is_kept_or_forgotten(seed):
    random = Random(seed)
    desk(random)

    for _ in range(3):
        expected = computed()
        counts = Months(Agreement.objects.order_by("number"), on=ON, days_after=DAYS_AFTER).counts
        assert listed(None) == expected
        for state in TABS.keys() - {"upcoming"}:
            some = [one for one in expected if (one[1].overdue if state == "late" else one[1].state == state)]
            assert (listed(state), counts[state]) == (some, len(some)), state
        assert list(compare_kept(on=ON)) == []
        list(compare_kept(on=ON, mend=True))
        for _ in range(random.randint(0, 3)):
            happen(random)


@pytest.mark.django_db
def test_a_count_after_the_last_day_in_service_settles_nothing():
    (site,) = counted_sites()
    Site.objects.filter(pk=site.pk).update(removed_on=date(1998, 11, 10))
    factories.counts(site, date(1998, 11, 20), reference.counts())

    assert [(status.month, status.lacking) for _number, status in listed("missing")] == [
        (Month(1998, 11), month_of(site.agreement, Month(1998, 11)).status.lacking)
    ]


# ---- what forgets ------------------------------------------------------------------------------------------------


def begin_service_later(site):
    Site.objects.filter(pk=site.pk).update(in_service_on=date(1998, 12, 1))


def add_site(site):
    factories.site(site.agreement, "Tulsa", date(1998, 12, 10))


def count(site):
    factories.counts(site, date(1998, 12, 31), {"GE": 1})


def withdraw(site):
    ComponentCount.objects.filter(site=site, counted_on=date(1998, 10, 31)).delete()


def mark(site):
    MissingCount.objects.create(site=site, component_code="GE", month=date(1998, 11, 1), reason="lost", recorded_on=ON)


def amend(site):
    factories.amendment(site.agreement, reference.amendment(2, date(1999, 10, 1), schedule=reference.SCHEDULE))


def shorten(site):
    Agreement.objects.filter(pk=site.agreement_id).update(original_expires_on=date(1999, 1, 31))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "gone"),
    [
        (count, {Month(1998, 12)}),
        (withdraw, {Month(1998, 10)}),
        (mark, {Month(1998, 11)}),
        (lambda site: issued(site.agreement), {Month(1998, 10)}),
        (add_site, set(MONTHS[2:])),
        (begin_service_later, set(MONTHS)),
        (amend, set(MONTHS)),
    ],
)
def test_what_rests_on_a_changed_fact_is_forgotten_and_nothing_else(change, gone):
    (site,) = counted_sites(1, factories.agreement("A"))
    counted_sites(1, factories.agreement("B"))
    list(compare_kept(on=ON, mend=True))

    change(site)

    kept = LackingFigures.objects.filter(month__lte=ON).values_list("agreement__number", "month")
    assert set(kept) == {
        (number, month.span.first_day) for number in "AB" for month in MONTHS if number == "B" or month not in gone
    }


@pytest.mark.django_db
def test_a_corrected_quantity_forgets_nothing():
    (site,) = counted_sites()
    list(compare_kept(on=ON, mend=True))
    kept = LackingFigures.objects.count()

    ComponentCount.objects.filter(site=site, component_code="GE").update(quantity=99)

    assert LackingFigures.objects.count() == kept > len(MONTHS)


@pytest.mark.django_db
def test_nothing_is_kept_on_a_signature_that_is_still_to_come():
    (site,) = counted_sites()
    terms = reference.amendment(2, date(1999, 10, 1), schedule=reference.SCHEDULE, signed_on=date(1999, 4, 13))
    factories.amendment(site.agreement, terms)
    assert Amendment.objects.filter(executed_on__gt=ON).exists()

    keep_months(agreements=[site.agreement_id], on=ON)

    assert not LackingFigures.objects.exists()


# ---- what keeps --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_events_that_count_keep_what_their_month_lacks():
    (site,) = counted_sites()
    november = {"month": date(1998, 11, 1)}
    about = {"agreement": site.agreement, "month": Month(1998, 11), "on": ON, "by": None}

    save_count(site=site, counted_on=date(1998, 11, 30), component_code="GE", quantity=5, source="", user=None)
    assert LackingFigures.objects.get(**november).figures == len(CODES) - 1

    mark_missing(figures=[(site.pk, code) for code in CODES if code != "GE"], reason="lost", **about)
    assert LackingFigures.objects.get(**november).figures == 0

    unmark_missing(figures=[(site.pk, "SLC")], **about)
    assert LackingFigures.objects.get(**november).figures == 1


@pytest.mark.django_db
def test_command_names_what_was_kept_wrongly_and_puts_it_right():
    counted_sites()
    said = StringIO()
    call_command("keep_months", stdout=said)
    LackingFigures.objects.filter(month="1998-10-01").update(figures=3)

    with pytest.raises(CommandError, match="1 finding"):
        call_command("verify_reports", stdout=said)
    call_command("keep_months", stdout=said)
    call_command("verify_reports", stdout=said)

    wrong = "October 1998, agreement LNS970602JC: 3 figures kept as lacking, and 0 lack."
    assert f"Monthly report {wrong} Run manage.py keep_months.\n{wrong}\n" in said.getvalue()


# ---- what a list reads -------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 4])
@pytest.mark.parametrize("state", ["", "late", "missing", "ready", "issued"])
def test_list_reads_no_count_where_months_are_kept(number, state, django_assert_max_num_queries):
    for position in range(number):
        (site,) = counted_sites(1, factories.agreement(f"A-{position}"))
        if position % 2 == 0:
            issued(site.agreement)
    call_command("keep_months", stdout=StringIO())
    client = client_of(FINANCE)
    client.get(reverse("sites:report_list"))

    with django_assert_max_num_queries(14) as queries:
        answer = client.get(reverse("sites:report_list"), {"state": state})

    assert answer.status_code == 200
    assert [each["sql"] for each in queries if '"sites_componentcount"' in each["sql"]] == []
    assert MonthlyReport.objects.count() == (number + 1) // 2
