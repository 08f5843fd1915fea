"""The site that is to start, and a site for every outcome of its comparison."""

import pytest

from sites.models import Site
from tests.sites.starting.cases import every_case


@pytest.fixture
def cases(agreement) -> dict[str, Site]:
    return every_case(agreement)
