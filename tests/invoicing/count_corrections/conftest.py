"""A counted site and who looks at it, on a day of the second annual period."""

import pytest

from tests import factories
from tests.invoicing.count_corrections.count_cases import ON, counted_site, documents_of
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, client_of


@pytest.fixture(autouse=True)
def _business_date(settings):
    settings.BUSINESS_DATE = ON


@pytest.fixture
def agreement():
    return factories.agreement()


@pytest.fixture
def site(agreement):
    return counted_site(agreement)


@pytest.fixture
def documents(agreement, site):
    documents_of(agreement)


@pytest.fixture
def clerk():
    return client_of(DATA_ENTRY)


@pytest.fixture
def manager():
    return client_of(ACCOUNT_MANAGER)
