"""The page of one figure: its history, what rests on it, and who may see what."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from sites.models import CountChange, ImportedFile, LackingFigures
from tests.invoicing.billing_cases import issue_through
from tests.invoicing.count_corrections.count_cases import (
    HISTORY,
    JULY,
    ON,
    RESTING,
    correct,
    history_of,
    record,
    report,
    reviewed,
    rows_of,
    stored,
    text_of,
    typed,
)
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, client_of, user_of

pytestmark = pytest.mark.django_db


def entered_at(moment: datetime | None, **facts) -> None:
    """An entry of history that was entered at a moment, or at one that is not known."""
    field = CountChange._meta.get_field("recorded_at")
    field.auto_now_add = False
    try:
        CountChange.objects.create(recorded_at=moment, **facts)
    finally:
        field.auto_now_add = True


# ---- the history -------------------------------------------------------------------------------------------------


def test_history_tells_who_when_from_where_before_after_and_why(agreement, site, manager):
    ann = user_of(DATA_ENTRY)
    record(site, JULY, {"GE": 14}, reason="A bay was left out", source="call", on=date(1999, 9, 3), by=ann)
    file = ImportedFile.objects.create(
        agreement=agreement, kind="counts", name="july.csv", sha256="0" * 64, rows=1, imported_on=ON
    )
    facts = {"site": site, "component_code": "GE", "counted_on": JULY, "recorded_on": date(1999, 9, 6)}
    moment = datetime(1999, 9, 7, 2, 30, tzinfo=ZoneInfo("UTC"))
    entered_at(moment, before=14, after=15, reason="Counted again", file=file, recorded_by=ann, **facts)

    page = manager.get(history_of(site))

    newest, corrected, first = rows_of(page, HISTORY)
    assert newest == (
        "6 September 1999 entered 6 September 1999, 22:30 EDT data-entry Corrected 14 15 "
        "Imported file july.csv Counted again"
    )
    assert corrected.startswith("3 September 1999 entered ")
    assert corrected.endswith("data-entry Corrected 16 14 call A bay was left out")
    assert first.endswith("not known Recorded none 16 letter –")
    text = text_of(page)
    assert "Gateway elements at Augusta, GA on 31 July 1999" in text
    assert "Gateway elements 14 Counted on 31 July 1999 From call Recorded 3 September 1999 by data-entry" in text


def test_history_of_an_entry_whose_moment_is_not_known_shows_the_day_alone(site, manager):
    facts = {"site": site, "component_code": "SLC", "counted_on": date(1998, 10, 1), "recorded_on": date(1998, 10, 2)}
    entered_at(None, after=5, **facts)

    [entry] = rows_of(manager.get(history_of(site, "SLC", "1998-10-01")), HISTORY)
    assert entry == "2 October 1998 not known Recorded none 5 not stated –"


def test_counts_before_and_after_are_one_click_away(site, manager):
    page = manager.get(history_of(site)).content.decode()

    assert f'10 on <a href="{history_of(site, day="1998-10-01")}">1 October 1998</a>' in page
    assert f'16 on <a href="{history_of(site, day="1999-08-31")}">31 August 1999</a>' in page
    first = text_of(manager.get(history_of(site, day="1998-10-01")))
    assert "Count before" not in first
    assert "Count after 16 on 31 July 1999" in first


def test_history_says_that_it_does_not_know_how_an_old_figure_came_in(site, manager):
    assert "No entry shows where this figure came from." in text_of(manager.get(history_of(site, day="1998-10-01")))


def test_history_of_a_withdrawn_figure_stays(site, manager):
    record(site, JULY, {}, withdrawn=["GE"], reason="Counted at another site", source="", on=ON)

    page = manager.get(history_of(site))

    message = "Gateway elements None on file: 16 was withdrawn on 15 November 1999. Counted at another site"
    assert message in text_of(page)
    assert [row.split(" EST ")[-1] for row in rows_of(page, HISTORY)][0].endswith(
        "Withdrawn 16 none not stated Counted at another site"
    )
    assert "Record a figure again" in text_of(page)
    assert "Correct or withdraw" not in text_of(page)


@pytest.mark.parametrize(
    "address",
    [
        "/sites/{pk}/counts/GE/1999-07-30/",
        "/sites/{pk}/counts/ATM/1999-07-31/",
        "/sites/{pk}/counts/GE/1999-02-30/",
        "/sites/{pk}/counts/GE/1999-7-31/",
        "/sites/{pk}/counts/GE/0000-01-01/",
        "/sites/{pk}/counts/GE/july/",
        "/sites/0/counts/GE/1999-07-31/",
        "/sites/99999999999999999999/counts/GE/1999-07-31/",
    ],
)
@pytest.mark.parametrize("page", ["", "correct/"])
def test_an_address_that_names_no_figure_is_not_found(site, manager, address, page):
    assert manager.get(address.format(pk=site.pk) + page).status_code == 404


def test_the_pages_of_a_figure_belong_to_the_sites(site, manager):
    for address in (history_of(site), correct(site)):
        page = manager.get(address).content.decode()
        assert '<a href="/sites/" aria-current="page">Sites</a>' in page
        assert page.count('aria-current="page"') == 1


def test_a_report_is_one_click_away_for_those_who_may_see_it(agreement, site, manager):
    report(agreement, 7)
    link = f'<a href="/agreements/{agreement.pk}/reports/1999-07/revisions/0/">Monthly report July 1999</a>'
    assert link in manager.get(history_of(site)).content.decode()

    user = user_of(VIEWER)
    user.groups.clear()
    user.user_permissions.add(Permission.objects.get(codename="view_componentcount"))
    guest = Client()
    guest.force_login(user)
    page = guest.get(history_of(site)).content.decode()
    assert ("Monthly report July 1999" in page, "/reports/" in page) == (True, False)


def test_addresses_are_made_from_days(site):
    assert reverse("invoicing:count_history", args=[site.pk, "5ESS", JULY]) == history_of(site, "5ESS")
    assert reverse("invoicing:count_history", args=[site.pk, "5ESS", "1999-07-31"]) == history_of(site, "5ESS")


# ---- the page of the site ----------------------------------------------------------------------------------------


def test_each_figure_of_the_site_page_leads_to_its_history(site, manager):
    page = manager.get(f"/sites/{site.pk}/").content.decode()

    for code, day in (("GE", "1999-07-31"), ("5ESS", "1999-08-31"), ("SLC", "1998-10-01")):
        assert f'<a href="{history_of(site, code, day)}">' in page


def test_the_site_page_names_the_figures_that_were_withdrawn_and_not_recorded_again(site, manager):
    address = f"/sites/{site.pk}/"
    assert "Withdrawn:" not in text_of(manager.get(address))
    record(site, JULY, {}, withdrawn=["SM", "GE"], reason="Counted at another site", on=ON)
    record(site, JULY, {"SM": 2})
    record(site, JULY, {}, withdrawn=["SM"], reason="Counted twice", on=ON)

    page = manager.get(address)
    assert "Withdrawn: GE 16 of 31 July 1999, SM 2 of 31 July 1999" in text_of(page)
    assert f'href="{history_of(site)}"' in page.content.decode()
    record(site, JULY, {"GE": 14, "SM": 1})
    assert "Withdrawn:" not in text_of(manager.get(address))


def test_who_may_not_see_counts_gets_no_way_to_their_history(site, django_user_model):
    record(site, JULY, {}, withdrawn=["GE"], reason="Counted twice", on=ON)
    user = django_user_model.objects.create_user("guest")
    user.user_permissions.add(Permission.objects.get(codename="view_site", content_type__app_label="sites"))
    guest = Client()
    guest.force_login(user)

    page = guest.get(f"/sites/{site.pk}/").content.decode()
    assert ("/counts/" in page, "Withdrawn:" in page) == (False, False)
    assert guest.get(history_of(site)).status_code == 403


# ---- what rests on it --------------------------------------------------------------------------------------------


def test_history_shows_what_rests_on_the_figure(site, documents, manager):
    page = manager.get(history_of(site))

    july, august, review, october, november = rows_of(page, RESTING)
    assert july == "Monthly report July 1999 issued on 5 September 1999 16 As the figure of the month As on file"
    assert august == "Monthly report August 1999 issued on 5 September 1999 16 In its chart and its changes As on file"
    assert review == (
        "Renewal review of annual period 1 16 As the count at the review, for the measured level "
        "Agreed on 3 August 1999"
    )
    assert october.startswith("Invoice INV-00013 issued on 30 November 1999 – Charges Small in annual period 2")
    assert november.startswith("Invoice INV-00014")
    assert "needs a revision" not in text_of(page).lower()


def test_history_marks_what_a_correction_has_left_behind(site, documents, manager):
    record(site, JULY, {"GE": 14}, reason="A bay was left out", on=ON)

    july, august, review, *_invoices = rows_of(manager.get(history_of(site)), RESTING)

    assert july.endswith("16 As the figure of the month Needs a revision")
    assert august.endswith("Look whether it needs a revision")
    assert review.endswith("Agreed on 3 August 1999 Stays as agreed")


def test_history_says_that_an_open_review_is_to_be_refreshed(agreement, site, manager):
    reviewed(agreement, agreed=False)
    assert rows_of(manager.get(history_of(site)), RESTING)[0].endswith("Open, as on file")

    record(site, JULY, {"GE": 14}, reason="A bay was left out", on=ON)
    assert rows_of(manager.get(history_of(site)), RESTING)[0].endswith("Refresh it before it is agreed")


def test_history_says_where_nothing_rests_on_the_figure(site, manager, clerk):
    assert "No issued report, review or invoice depends on this figure." in text_of(manager.get(history_of(site)))
    assert "No issued report and no review depends on this figure." in text_of(clerk.get(history_of(site)))


@pytest.mark.parametrize("role", [VIEWER, ACCOUNT_MANAGER, FINANCE])
def test_who_sees_prices_sees_the_invoices_and_the_review(site, documents, role):
    page = client_of(role).get(history_of(site)).content.decode()

    assert "INV-00013" in page
    assert '<a href="/reviews/' in page


def test_data_entry_sees_reports_and_reviews_by_name_and_no_invoice_level_or_amount(site, documents, clerk):
    for address in (history_of(site), correct(site)):
        page = clerk.get(address)
        html = page.content.decode()
        assert "Renewal review of annual period 1" in html
        assert "Monthly report July 1999" in html
        for hidden in ("INV-0", "/reviews/", "Small", "198,000", "163,000"):
            assert hidden not in html.split("<main")[1]
    confirming = clerk.post(correct(site), typed())
    assert confirming.context["steps"] == [
        "Monthly report July 1999 needs a revision.",
        "Monthly report August 1999 compares with the figure: look whether it needs a revision too.",
        "The renewal review of annual period 1 was agreed on 3 August 1999: this correction does not change it.",
    ]


# ---- permissions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "may_correct"), [(VIEWER, False), (FINANCE, False), (DATA_ENTRY, True), (ACCOUNT_MANAGER, True)]
)
def test_who_may_change_counts_may_correct(site, role, may_correct):
    client = client_of(role)

    assert ("Correct or withdraw" in text_of(client.get(history_of(site)))) is may_correct
    assert client.get(correct(site)).status_code == (200 if may_correct else 403)
    answer = client.post(correct(site), typed(confirmed="yes"))
    assert (answer.status_code, stored(site)) == ((302, 14) if may_correct else (403, 16))


def test_withdrawing_keeps_what_the_month_lacks_now(site, manager):
    manager.post(correct(site), typed(withdraw="on", quantity="", confirmed="yes"))

    assert stored(site) is None
    assert LackingFigures.objects.get().figures > 0


# ---- cost --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_asks_the_same_number_of_queries(agreement, site, manager, number, django_assert_num_queries):
    report(agreement, 7)
    reviewed(agreement)
    issue_through(date(1999, 10, 31) if number == 1 else date(1999, 11, 30))
    for position in range(number - 1):
        record(
            site, JULY, {"GE": 20 + position}, reason="Counted again", on=ON, by=user_of((VIEWER, FINANCE)[position])
        )
    manager.get(history_of(site))

    # session and user with two sets of permissions; site, entries, counts, name; reports, review, invoices, a switch?
    with django_assert_num_queries(12):
        manager.get(history_of(site))
