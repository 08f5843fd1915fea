"""A counted site and who looks at it, on a day of the second annual period."""

import pytest

from tests.invoicing.count_corrections.count_cases import ON, counted_site, documents_of
from tests.people import DATA_ENTRY, client_of

pytestmark = pytest.mark.business_date(ON)


@pytest.fixture
def site(agreement):
    return counted_site(agreement)


@pytest.fixture
def documents(agreement, site):
    documents_of(agreement)


@pytest.fixture
def clerk():
    return client_of(DATA_ENTRY)
