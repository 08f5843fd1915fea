"""The first counts that are due: at sites in service, component by component."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from contracts.models import Agreement
from sites.counts.first_counts import first_counts_due
from sites.models import Site
from tests import factories, reference
from tests.people import DATA_ENTRY, client_of
from tests.reading import words

pytestmark = pytest.mark.django_db

START = date(1999, 6, 3)


def due(on=START) -> list[str]:
    terms = Agreement.objects.with_terms().get().as_terms()
    return [str(one) for one in first_counts_due(sites=Site.objects.all(), terms=terms, on=on)]


def test_a_site_asks_for_its_first_count_from_its_first_day_to_its_last(agreement):
    factories.site(agreement, "Reno", state="NV", in_service_on=START, removed_on=date(1999, 9, 30))

    assert due() == ["Reno, NV, in service since 3 June 1999: no count"]
    assert due(on=START - timedelta(days=1)) == due(on=date(1999, 10, 1)) == []


def test_a_component_that_was_never_counted_is_named(agreement):
    reno = factories.site(agreement, "Reno", in_service_on=START)
    counts = reference.counts()
    factories.counts(reno, START, {code: counts[code] for code in counts if code not in ("SLC", "SM")})

    assert due() == ["Reno, in service since 3 June 1999: no count of SLC and SM"]
    factories.counts(reno, START, {code: counts[code] for code in ("SLC", "SM")})
    assert due() == []


@pytest.mark.business_date(START)
def test_the_page_of_the_agreement_leads_to_the_counts(agreement):
    reno = factories.site(agreement, "Reno", in_service_on=START)
    client = client_of(DATA_ENTRY)
    address = reverse("sites:agreement_detail", args=[agreement.pk])

    page = client.get(address)
    assert "First counts are due" in words(page)
    assert "Reno, in service since 3 June 1999: no count" in words(page)
    factories.counts(reno, START, reference.counts())
    assert "First counts are due" not in words(client.get(address))
