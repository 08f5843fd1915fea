"""The admin of sites: facts entered through the functions that record them, events with a confirmation, no prices for
those who enter data."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.models import Agreement
from sites.models import ChargedLevel, ComponentCount, CountChange, RenewalReview, ReviewLine, Site
from sites.reviews.reviewing import open_review
from tests import factories, reference
from tests.contracts.admin.admin_pages import save
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, client_of, superuser_client, user_of

ADMIN = "/admin/sites"
TODAY = date(1999, 8, 1)
pytestmark = [pytest.mark.django_db, pytest.mark.business_date(TODAY)]


@pytest.fixture
def site(agreement) -> Site:
    row = factories.site(agreement, "Melbourne", state="FL", clli="MLBRFLMA")
    factories.counts(row, date(1998, 10, 1), reference.SMALLEST)
    return row


@pytest.fixture
def clerk():
    return client_of(DATA_ENTRY)


def errors_of(response) -> dict:
    assert response.status_code == 200, response.headers.get("Location")
    return {field: list(sentences) for field, sentences in response.context["adminform"].form.errors.items()}


def messages_of(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def offered(client, url: str) -> list[str]:
    return [title for title, _url in client.get(url).context["events"]]


LEVELS = {"charged_levels-INITIAL_FORMS": 0, "charged_levels-TOTAL_FORMS": 0}


def site_form(agreement: Agreement, **fields) -> dict:
    return {
        "agreement": agreement.pk,
        "city": "Topeka",
        "state": "KS",
        "in_service_on": "1999-01-15",
        **LEVELS,
    } | fields


# ---- sites -------------------------------------------------------------------------------------------------------


def test_site_is_entered(clerk, agreement):
    clerk.post(f"{ADMIN}/site/add/", site_form(agreement, clli="TPKAKSMA", population="120000"))

    row = Site.objects.get()
    assert (str(row), row.in_service_on, row.population) == ("Topeka, KS", date(1999, 1, 15), 120000)


def test_second_site_in_a_city_is_refused(clerk, agreement, site):
    response = clerk.post(f"{ADMIN}/site/add/", site_form(agreement, city="Melbourne", state="FL"))
    assert errors_of(response) == {"__all__": ["The agreement already has a site in this city."]}


def test_site_keeps_its_agreement_and_its_end_of_service(clerk, site):
    other = factories.agreement("A-2")
    posted = site_form(
        other, city="Orlando", state="FL", in_service_on="1998-10-01", removed_on="1999-01-01", charge_end_reason="x"
    )
    save(clerk, f"{ADMIN}/site/{site.pk}/change/", posted)

    row = Site.objects.get()
    assert (row.city, row.agreement, row.removed_on) == ("Orlando", site.agreement, None)


def test_site_page_shows_the_latest_counts(clerk, site):
    factories.counts(site, date(1999, 7, 1), {"GE": 12})
    page = clerk.get(f"{ADMIN}/site/{site.pk}/change/")

    assert page.context["count_codes"] == ["5ESS", "DACS2", "DACS4", "GE", "SLC", "SM"]
    rows = [(day, [count and count.quantity for count in row]) for day, row in page.context["recent_counts"]]
    assert rows == [
        (date(1999, 7, 1), [None, None, None, 12, None, None]),
        (date(1998, 10, 1), [1, 1, 1, 10, 5, 1]),
    ]
    assert "1 July 1999" in page.content.decode()


# ---- counts ------------------------------------------------------------------------------------------------------


ONE_OF_TWO = "Enter the count, or tick that it was counted and is unchanged; one of the two."


def count_form(site: Site, **fields) -> dict:
    return {
        "site": site.pk,
        "counted_on": "1999-07-01",
        "component_code": "GE",
        "quantity": "14",
        "source": "letter of July 2",
    } | fields


def test_count_is_added_through_recording(clerk, site):
    clerk.post(f"{ADMIN}/componentcount/add/", count_form(site))

    row = ComponentCount.objects.get(counted_on=date(1999, 7, 1))
    assert (row.quantity, row.source, row.recorded_on) == (14, "letter of July 2", TODAY)
    assert row.recorded_by.username == "data-entry"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"counted_on": "1998-09-30"},
            {
                "counted_on": [
                    "30 September 1998 is before Melbourne, FL's first day in service, 1 October 1998. "
                    "Correct the date."
                ]
            },
        ),
        (
            {"counted_on": "1999-08-02"},
            {"counted_on": ["2 August 1999 is after 1 August 1999. Record a count once it has been made."]},
        ),
        ({"quantity": "-1"}, {"quantity": ["Ensure this value is greater than or equal to 0."]}),
        ({"quantity": "1.5"}, {"quantity": ["Enter a whole number."]}),
        (
            {"counted_on": "1998-10-01"},
            {"__all__": ["This component is already counted at the site on this date."]},
        ),
    ],
)
def test_count_is_refused_at_its_field(clerk, site, fields, expected):
    response = clerk.post(f"{ADMIN}/componentcount/add/", count_form(site, **fields))

    assert errors_of(response) == expected
    assert ComponentCount.objects.count() == 6


def test_count_that_is_unchanged_is_the_last_one_before_its_day_and_says_so(clerk, site):
    for day, quantity in ((date(1999, 5, 31), 17), (date(1999, 7, 31), 19)):
        factories.counts(site, day, {"GE": quantity})
    unchanged = {"quantity": "", "unchanged": "on"}

    clerk.post(f"{ADMIN}/componentcount/add/", count_form(site, **unchanged))
    clerk.post(f"{ADMIN}/componentcount/add/", count_form(site, counted_on="1999-06-30", source="", **unchanged))

    found = ComponentCount.objects.filter(recorded_on=TODAY).order_by("counted_on")
    assert list(found.values_list("quantity", "source")) == [
        (17, "counted, unchanged"),
        (17, "letter of July 2: counted, unchanged"),
    ]
    assert list(CountChange.objects.order_by("counted_on").values_list("source", flat=True)) == [
        one.source for one in found
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"quantity": "12", "unchanged": "on"}, {"quantity": [ONE_OF_TWO]}),
        ({"quantity": ""}, {"quantity": [ONE_OF_TWO]}),
        (
            {"quantity": "", "unchanged": "on", "counted_on": "1998-10-01"},
            {
                "unchanged": ["Nothing was counted before, so it cannot be unchanged. Enter a whole number."],
                "__all__": ["This component is already counted at the site on this date."],
            },
        ),
    ],
)
def test_count_is_typed_or_unchanged_since_one_before(clerk, site, fields, expected):
    response = clerk.post(f"{ADMIN}/componentcount/add/", count_form(site, **fields))

    assert errors_of(response) == expected
    assert ComponentCount.objects.count() == 6


def test_count_of_another_schedules_component_is_refused(clerk, site):
    schedule = factories.schedule(factories.agreement("A-2", amendments=()), None, reference.SCHEDULE, clause="X")
    schedule.components.create(code="ATM", name="ATM switches", rank=9)
    response = clerk.post(f"{ADMIN}/componentcount/add/", count_form(site, component_code="ATM"))
    assert list(errors_of(response)) == ["component_code"]


def test_count_is_corrected_and_withdrawn_on_the_page_of_its_history_alone(clerk, site):
    row = site.counts.get(component_code="GE")
    url = f"{ADMIN}/componentcount/{row.pk}/"
    page = clerk.get(f"{url}change/").content.decode()

    history = f'<a class="btn btn-primary" href="/sites/{site.pk}/counts/GE/1998-10-01/">History'
    assert f"{history}, correction and withdrawal</a>" in page
    assert "A figure is corrected or withdrawn on its history page" in page
    assert [f'name="{name}"' in page for name in ("_save", "quantity", "source")] == [False] * 3
    assert f"{url}delete/" not in page
    assert clerk.post(f"{url}change/", count_form(site, quantity="11")).status_code == 403
    assert clerk.post(f"{url}delete/", {"post": "yes"}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    clerk.post(f"{ADMIN}/componentcount/", action)
    root = superuser_client()
    root.post(f"{ADMIN}/componentcount/", action)
    assert root.post(f"{url}delete/", {"post": "yes"}).status_code == 403
    assert root.post(f"{url}change/", count_form(site, quantity="11")).status_code == 403
    row.refresh_from_db()
    assert (row.quantity, row.source) == (10, "")

    seen = client_of(VIEWER).get(f"{url}change/").content.decode()
    assert (f"{history}</a>" in seen, "is corrected or withdrawn" in seen) == (True, False)


def test_count_that_is_on_file_is_not_corrected_by_adding_it(clerk, site):
    response = clerk.post(f"{ADMIN}/componentcount/add/", count_form(site, counted_on="1998-10-01", quantity="11"))

    assert errors_of(response) == {"__all__": ["This component is already counted at the site on this date."]}
    assert not CountChange.objects.exists()


def test_history_of_counts_is_looked_at_and_never_changed(clerk, site):
    clerk.post(f"{ADMIN}/componentcount/add/", count_form(site))
    change = CountChange.objects.get()
    url = f"{ADMIN}/countchange/{change.pk}/"

    listed = clerk.get(f"{ADMIN}/countchange/?q=letter")
    assert [str(row) for row in listed.context["cl"].result_list] == [str(change)]
    page = clerk.get(f"{url}change/").content.decode()
    assert f'<a class="btn btn-primary" href="/sites/{site.pk}/counts/GE/1999-07-01/">All of this figure</a>' in page
    assert [sentence in page for sentence in ("letter of July 2", "data-entry", 'name="_save"')] == [True, True, False]
    for client in (clerk, superuser_client()):
        assert client.get(f"{ADMIN}/countchange/add/").status_code == 403
        assert client.post(f"{url}change/", {"after": "1"}).status_code == 403
        assert client.post(f"{url}delete/", {"post": "yes"}).status_code == 403


# ---- events ------------------------------------------------------------------------------------------------------


def later_site(agreement: Agreement) -> Site:
    return factories.site(agreement, "Topeka", date(1999, 11, 1))


def test_page_of_a_site_leads_to_its_events(manager, clerk, site, agreement):
    later, url = later_site(agreement), f"{ADMIN}/site/{{}}/change/"
    assert offered(manager, url.format(site.pk)) == ["Enter counts", "Correct the days in service", "End the service"]
    assert offered(manager, url.format(later.pk))[1] == "Record the starting level"
    assert offered(clerk, url.format(later.pk)) == ["Enter counts", "Correct the days in service"]

    Site.objects.update(removed_on=date(2000, 6, 30))
    assert "End the service" not in offered(manager, url.format(site.pk))


def test_days_in_service_of_a_site_on_file_are_not_changed_by_its_form(manager, site):
    posted = site_form(site.agreement, city="Melbourne", in_service_on="1998-10-02", removed_on="1999-05-31")
    save(manager, f"{ADMIN}/site/{site.pk}/change/", posted)

    site.refresh_from_db()
    assert (site.in_service_on, site.removed_on) == (date(1998, 10, 1), None)


def test_page_of_a_starting_level_leads_to_its_events(manager, agreement):
    starting = factories.charged_level(later_site(agreement), 2, "SMALL", TODAY, is_starting=True)
    agreed = factories.charged_level(factories.site(agreement, "Waco"), 2, "SMALL", TODAY)
    page = manager.get(f"{ADMIN}/chargedlevel/{starting.pk}/change/").context

    assert [title for title, _url in (*page["events"], *page["removals"])] == [
        "Change the starting level",
        "Withdraw the starting level",
    ]
    assert offered(manager, f"{ADMIN}/chargedlevel/{agreed.pk}/change/") == []


# ---- roles -------------------------------------------------------------------------------------------------------


@pytest.fixture
def review(site) -> RenewalReview:
    factories.counts(site, TODAY, reference.SMALLEST | {"GE": 40, "SLC": 20, "SM": 3})
    return open_review(agreement=site.agreement, period_number=1, on=TODAY, by=None)


@pytest.mark.parametrize("role", [VIEWER, FINANCE])
def test_those_who_only_look_change_nothing(site, review, role):
    charged = factories.charged_level(site, 2, "SMALL", TODAY)
    client = client_of(role)
    for name, row in (
        ("site", site),
        ("componentcount", site.counts.first()),
        ("chargedlevel", charged),
        ("renewalreview", review),
    ):
        assert client.get(f"{ADMIN}/{name}/").status_code == 200
        page = client.get(f"{ADMIN}/{name}/{row.pk}/change/")
        assert (page.status_code, 'name="_save"' in page.content.decode(), page.context["events"]) == (200, False, [])
        assert client.get(f"{ADMIN}/{name}/add/").status_code == 403
        assert client.post(f"{ADMIN}/{name}/{row.pk}/change/", {}).status_code == 403
        assert client.post(f"{ADMIN}/{name}/{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_data_entry_sees_sites_and_counts_and_no_price(clerk, site, review):
    factories.charged_level(site, 2, "SMALL", TODAY)
    pages = [f"/site/{site.pk}/change/", "/site/", "/componentcount/", "/site/add/", "/componentcount/add/"]
    pages += [f"/componentcount/{site.counts.first().pk}/change/"]
    for page in pages:
        answer = clerk.get(ADMIN + page)
        assert answer.status_code == 200, page
        for canary in ("163,000", "163000", "198,000", "198000", "Very Small", "VERY_SMALL"):
            assert canary not in answer.content.decode(), page
    for page in ("/chargedlevel/", "/renewalreview/", f"/renewalreview/{review.pk}/change/"):
        assert clerk.get(ADMIN + page).status_code == 403
    assert clerk.post(f"{ADMIN}/site/{site.pk}/delete/", {"post": "yes"}).status_code == 403
    assert clerk.get("/admin/").status_code == 200
    assert offered(clerk, f"{ADMIN}/site/{site.pk}/change/") == ["Enter counts", "Correct the days in service"]


@pytest.mark.parametrize(
    "lookup", ["charged_levels__level__annual_price__gte=1", "review_lines__current_price__gte=1", "x=1"]
)
def test_list_of_sites_is_no_oracle_for_prices(clerk, site, lookup):
    answer = clerk.get(f"{ADMIN}/site/?{lookup}")
    assert answer.status_code in (302, 400)


def test_autocomplete_gives_sites_and_no_levels(clerk, site):
    url = "/admin/autocomplete/?app_label=sites&model_name=componentcount&field_name=site&term="
    assert clerk.get(url + "mlbr").json()["results"] == [{"id": str(site.pk), "text": "Melbourne, FL"}]
    levels = "/admin/autocomplete/?app_label=sites&model_name=chargedlevel&field_name=level&term="
    assert clerk.get(levels).status_code == 403


def test_foregone_amount_is_for_those_who_see_the_internal_edition(site, review):
    ReviewLine.objects.update(foregone="157000.00")
    url = f"{ADMIN}/renewalreview/{review.pk}/change/"
    assert "157,000.00" in client_of(ACCOUNT_MANAGER).get(url).content.decode()
    assert "157,000.00" not in client_of(VIEWER).get(url).content.decode()


def test_agreed_review_says_so(manager, site, review):
    url = f"{ADMIN}/renewalreview/{review.pk}/change/"
    assert manager.get(url).context["seal_note"] == ""
    RenewalReview.objects.update(
        customer_signer="C", customer_agreed_on=TODAY, supplier_signer="S", supplier_agreed_on=TODAY, agreed_on=TODAY
    )
    assert manager.get(url).context["seal_note"] == (
        "Agreed on 1 August 1999. Everything on this page is sealed. What was agreed later is recorded by an amendment."
    )


def test_level_agreed_at_a_review_is_not_changed(manager, site, review):
    charged = factories.charged_level(site, 2, "SMALL", TODAY)
    ChargedLevel.objects.update(review_line=review.lines.first())
    assert manager.post(f"{ADMIN}/chargedlevel/{charged.pk}/change/", {"reason": "x"}).status_code == 403
    assert superuser_client().post(f"{ADMIN}/chargedlevel/{charged.pk}/delete/", {"post": "yes"}).status_code == 403


# ---- lists -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("term", ["melb", "FL", "MLBRFLMA"])
def test_site_is_found(clerk, site, term):
    factories.site(site.agreement, "Topeka", state="KS")
    found = clerk.get(f"{ADMIN}/site/?q={term}").context["cl"].result_list
    assert [row.city for row in found] == ["Melbourne"]


@pytest.mark.parametrize(
    ("name", "queries"),
    [("site", 6), ("componentcount", 7), ("countchange", 7), ("chargedlevel", 5), ("renewalreview", 6)],
)
def test_list_costs_the_same_for_one_row_and_thirty(name, queries):
    client = superuser_client()
    user = user_of(VIEWER)
    counted = []
    for number in range(31):
        row = factories.site(factories.agreement(f"A-{number}", amendments=()), "City")
        factories.counts(row, date(1998, 10, 1), {"GE": number})
        facts = {"site": row, "component_code": "GE", "counted_on": TODAY, "after": number, "recorded_on": TODAY}
        CountChange.objects.create(recorded_by=user, **facts)
        level = factories.schedule(row.agreement, None, reference.SCHEDULE, clause="X").levels.first()
        ChargedLevel.objects.create(site=row, period_number=2, level=level, agreed_on=TODAY)
        days = {"first_day": reference.ANCHOR, "last_day": date(1999, 9, 30), "due_on": TODAY, "cut_off_on": TODAY}
        RenewalReview.objects.create(
            agreement=row.agreement, period_number=1, kind="review", opened_on=TODAY, opened_by=user, **days
        )
        if number in (0, 30):
            with CaptureQueriesContext(connection) as context:
                assert client.get(f"{ADMIN}/{name}/").status_code == 200
            counted.append(len(context))
    assert counted == [queries, queries]
