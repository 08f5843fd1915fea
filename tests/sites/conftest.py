"""What tests of sites share: a site, somebody who records, and the reference agreement as its file brings it."""

import pytest
from django.contrib.auth.models import User

from contracts.models import Agreement
from sites.models import Site
from tests import factories
from tests.sites.agreement_files.files import load, reference


@pytest.fixture
def site(agreement) -> Site:
    """A site of the reference agreement, in service from the first day."""
    return factories.site(agreement, "Augusta", state="GA", clli="AUGSGAZZDS0")


@pytest.fixture
def clerk(db) -> User:
    """Somebody in whose name things are recorded."""
    return User.objects.create_user("clerk")


@pytest.fixture
def reference_on_file() -> Agreement:
    """The reference agreement, loaded from its file."""
    return load(reference()).agreement
