"""What tests of invoices begin with."""

import pytest

from contracts.models import Agreement
from tests import factories
from tests.invoicing.audit.books_to_damage import Books, sound_books


@pytest.fixture
def two_sites(agreement) -> Agreement:
    """The reference agreement with two sites in service from the first day."""
    factories.sites(agreement, 2)
    return agreement


@pytest.fixture
def books(db) -> Books:
    return sound_books()
