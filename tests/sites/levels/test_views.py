"""The page on which a level is charged from a day: who may, what it shows, and what becomes of it."""

import pytest
from django.urls import reverse

from sites.models import Site
from tests import factories
from tests.contracts.admin.admin_pages import messages_of
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, client_of
from tests.reading import links, words
from tests.sites.levels.deciding import FACTS, ON, SENTENCE, decide

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(ON)]


@pytest.fixture
def site(agreement) -> Site:
    return factories.site(agreement, "Akron")


def page(site: Site, name: str = "level_decision") -> str:
    return reverse(f"sites:{name}", args=[site.pk])


def typed(**changed: str) -> dict[str, str]:
    return {name: str(value) for name, value in FACTS.items()} | changed


@pytest.mark.parametrize(("role", "answer"), [(VIEWER, 403), (FINANCE, 403), (DATA_ENTRY, 403), (ACCOUNT_MANAGER, 200)])
def test_it_is_for_account_managers(site, role, answer):
    client = client_of(role)

    assert client.get(page(site)).status_code == answer
    assert (page(site) in links(client.get(page(site, "site_detail")))) is (answer == 200)


def test_a_level_is_recorded_and_shown_on_the_page_of_the_site(site, manager):
    opened = manager.get(page(site))
    assert ("Level on 10 February 1999", f"Very Small. {OPENING}") in opened.context["about"]

    done = manager.post(page(site), typed(seen=opened.context["form"].initial["seen"]), follow=True)

    assert messages_of(done) == ["Akron is charged at Medium from 15 January 1999."]
    assert SENTENCE in words(done)
    assert SENTENCE not in words(client_of(DATA_ENTRY).get(page(site, "site_detail")))


OPENING = "Every site is charged at this level in the first annual period, whatever its counts."


def test_what_is_refused_stands_at_its_field_and_nothing_is_lost(site, manager):
    answer = manager.post(page(site), typed(level_code="VERY_SMALL"))

    form = answer.context["form"]
    assert list(form.errors) == ["level_code"]
    assert form["document"].value() == FACTS["document"]


def test_the_older_of_two_tabs_loses(site, manager):
    seen = manager.get(page(site)).context["form"].initial["seen"]
    decide(site)

    answer = manager.post(page(site), typed(seen=seen, level_code="LARGE"))

    assert "Somebody else has recorded a level since you opened this page" in words(answer)
