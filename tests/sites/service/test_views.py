"""The pages of a site's service and of its starting level: who gets in, what they say, and where they lead."""

from datetime import date

import pytest
from django.urls import reverse

from sites.models import ServiceChange, Site
from sites.starting.recording import record_starting_level
from tests import factories
from tests.contracts.admin.admin_pages import messages_of
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, client_of
from tests.reading import links, tables

TODAY = date(1999, 8, 1)
pytestmark = [pytest.mark.django_db, pytest.mark.business_date(TODAY)]
PAGES = ("service_end", "service_correct", "starting_level_change", "starting_level_withdraw")


@pytest.fixture
def site() -> Site:
    """A site that starts in the second annual period, at a level on record."""
    site = factories.site(factories.agreement(), "Topeka", date(1999, 11, 1), state="KS")
    record_starting_level(site=site, period_number=2, level_code="SMALL", reason="Grows", on=TODAY, by=None)
    return site


def page(name: str, site: Site) -> str:
    return reverse(f"sites:{name}", args=[site.pk])


@pytest.mark.parametrize(
    ("role", "allowed"), [(VIEWER, ()), (FINANCE, ()), (DATA_ENTRY, ("service_correct",)), (ACCOUNT_MANAGER, PAGES)]
)
def test_events_are_for_those_who_may_do_them_and_the_record_pages_lead_there(site, role, allowed):
    client = client_of(role)
    answers = {name: client.get(page(name, site)).status_code for name in PAGES}
    assert answers == {name: 200 if name in allowed else 403 for name in PAGES}
    for name in set(PAGES) - set(allowed):
        assert client.post(page(name, site), {"last_day": "2000-01-31", "reason": "x"}).status_code == 403

    shown = links(client.get(page("site_detail", site)))
    if role != DATA_ENTRY:
        shown += links(client.get(page("starting_level", site)))
    assert {name for name in PAGES if page(name, site) in shown} == set(allowed)


def test_the_service_is_ended_once(site):
    manager = client_of(ACCOUNT_MANAGER)
    assert manager.get(page("service_end", site)).context["about"] == [
        ("Site", "Topeka, KS"),
        ("In service from", "1 November 1999"),
    ]
    early = manager.post(page("service_end", site), {"last_day": "2000-01-31", "charged_through": "2000-01-31"})
    assert early.context["form"].errors == {"reason": ["Say why charges end before the annual period does."]}

    done = manager.post(page("service_end", site), {"last_day": "2000-01-31"}, follow=True)

    assert messages_of(done) == ["The service of Topeka, KS ends on 31 January 2000."]
    assert tables(done)[-1][1][1:4] == ["Last day in service", "none", "31 Jan 2000"]
    again = manager.get(page("service_end", site), follow=True)
    assert messages_of(again) == ["The service of Topeka, KS ended on 31 January 2000. Correct that day instead."]
    assert page("service_end", site) not in links(done)


def test_days_in_service_are_corrected_with_their_reason(site):
    Site.objects.update(removed_on=date(2000, 3, 31))
    clerk, manager = client_of(DATA_ENTRY), client_of(ACCOUNT_MANAGER)
    assert list(clerk.get(page("service_correct", site)).context["form"].fields) == ["seen", "in_service_on", "reason"]
    form = manager.get(page("service_correct", site)).context["form"]
    assert list(form.fields) == ["seen", "in_service_on", "removed_on", "charged_through", "reason"]

    sent = {
        "seen": form.initial["seen"],
        "in_service_on": "1999-12-01",
        "removed_on": "2000-02-29",
        "charged_through": "",
    }
    assert manager.post(page("service_correct", site), sent).context["form"].errors == {
        "reason": ["This field is required."]
    }
    done = manager.post(page("service_correct", site), sent | {"reason": "Cutover came later"}, follow=True)

    assert messages_of(done) == ["The days in service of Topeka, KS are corrected."]
    assert [(row.day, row.after, row.reason, row.recorded_by.username) for row in ServiceChange.objects.all()] == [
        ("in_service_on", date(1999, 12, 1), "Cutover came later", "account-manager"),
        ("removed_on", date(2000, 2, 29), "Cutover came later", "account-manager"),
    ]
    older = manager.post(page("service_correct", site), sent | {"reason": "Cutover came later"})
    assert older.context["form"].errors["__all__"][0].startswith("Somebody else has changed the days in service")


def test_what_the_next_run_corrects_is_one_click_away_for_those_who_see_invoices(site):
    corrections = reverse("invoicing:correction_detail", args=[site.agreement_id])

    assert corrections in links(client_of(ACCOUNT_MANAGER).get(page("service_correct", site)))
    assert corrections not in links(client_of(DATA_ENTRY).get(page("service_correct", site)))


def test_a_starting_level_is_changed_and_withdrawn(site):
    manager = client_of(ACCOUNT_MANAGER)
    asked = manager.get(page("starting_level_change", site))
    form = asked.context["form"]
    assert form.fields["level_code"].choices == [("VERY_SMALL", "Very Small, 163,000.00 a year")]
    assert asked.context["about"][1:] == [
        ("Starting level", "Small, decided on 1 August 1999: Grows"),
        ("Annual period", "2"),
    ]

    sent = {"seen": form.initial["seen"], "level_code": "VERY_SMALL", "reason": "Recounted"}
    done = manager.post(page("starting_level_change", site), sent, follow=True)
    assert messages_of(done) == ["Topeka, KS starts at Very Small in annual period 2."]

    question = manager.get(page("starting_level_withdraw", site))
    assert question.context["consequences"][0] == (
        "Topeka, KS has no starting level on record any more: it starts at Very Small, the starting level of the price "
        "schedule (163,000.00 a year), until another one is recorded."
    )
    manager.post(page("starting_level_withdraw", site), question.context["form"].initial | {"reason": "Another city"})
    shown = tables(manager.get(page("starting_level", site)))[-1]
    assert [row[2:4] for row in shown[1:]] == [["Very Small", "none"], ["Small", "Very Small"], ["none", "Small"]]
    nothing = manager.get(page("starting_level_change", site), follow=True)
    assert messages_of(nothing) == ["No starting level is recorded for Topeka, KS."]
