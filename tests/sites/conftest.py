"""What tests of files share."""

import pytest

from contracts.models import Agreement
from tests.sites.agreement_files.files import load, reference


@pytest.fixture
def reference_on_file() -> Agreement:
    """The reference agreement, loaded from its file."""
    return load(reference()).agreement
