"""A counted site and who looks at it, on a day of the second annual period."""

import pytest

from tests.invoicing.count_corrections.count_cases import ON, counted_site, documents_of
from tests.people import DATA_ENTRY, client_of


@pytest.fixture(autouse=True)
def _on_the_day(settings) -> None:
    settings.BUSINESS_DATE = ON


@pytest.fixture
def site(agreement):
    return counted_site(agreement)


@pytest.fixture
def documents(agreement, site):
    documents_of(agreement)


@pytest.fixture
def clerk():
    return client_of(DATA_ENTRY)
