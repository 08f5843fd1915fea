"""A level from a day is billed for its days: what was billed before is made up for, with the decision in the line."""

from datetime import date
from decimal import Decimal

import pytest

from invoicing.documents.calculation import recompute
from invoicing.documents.content import steps_shown
from tests import factories
from tests.invoicing.billing_cases import issue_through, line_amounts, run
from tests.sites.levels.deciding import ON, SENTENCE, decide

pytestmark = pytest.mark.django_db
JANUARY, FEBRUARY = date(1999, 1, 31), date(1999, 2, 28)


@pytest.fixture
def site(agreement):
    return factories.site(agreement, "Akron")


def test_days_already_billed_are_made_up_for_and_the_rest_is_billed_at_the_level(site):
    """14 days of January at 163,000.00 a year and 17 at 245,000.00 are 17,330.65: through January 58,080.65.

    54,333.33 was billed; through February 78,497.31 is due.
    """
    issue_through(JANUARY)
    decide(site)

    (document,) = issue_through(FEBRUARY)

    assert line_amounts(document) == ["20416.66", "3747.32"]
    january = (
        "January 1999: Very Small at 163,000.00 a year for 1 January 1999 to 14 January 1999, Medium at 245,000.00 a"
    )
    january += " year for 15 January 1999 to 31 January 1999, 17,330.65 due, 13,583.33 billed."
    assert january in steps_shown(document.lines.get(kind="adjustment"))
    for line in document.lines.all():
        assert recompute(line.inputs) == line.amount
        assert SENTENCE in steps_shown(line)


def test_a_lower_level_is_credited_and_a_second_run_finds_nothing(site):
    decide(site, effective_on=date(1998, 10, 1), agreed_on=date(1998, 12, 1), on=date(1998, 12, 1))
    issue_through(JANUARY)
    decide(site, effective_on=date(1998, 10, 1), level_code="SMALL")

    (document,) = issue_through(JANUARY, ON)

    assert (document.kind, document.total) == ("credit-note", Decimal("-15666.67"))  # 4/12 of 47,000.00
    assert [result.documents for result in run(JANUARY, ON)] == [()]
