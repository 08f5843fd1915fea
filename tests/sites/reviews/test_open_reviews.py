"""The command that opens the reviews that are due."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from sites.models import RenewalReview
from sites.reviews.reviewing import record_agreement
from tests.sites.reviews.cases import REVIEW_ON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_review_day")]


def run(*arguments) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("open_reviews", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_command_opens_what_is_due_and_can_be_repeated(agreement, cases):
    assert run("--on", "1999-07-31") == ("No review is due that is not open already.\n", "")
    assert run()[0] == "LNS970602JC: review of annual period 1 opened (price review, due 1 August 1999)\n"
    assert run() == ("No review is due that is not open already.\n", "")


def test_command_refuses_a_day_it_cannot_read():
    with pytest.raises(CommandError, match="'August' is not a date"):
        run("--on", "August")


def test_agreed_levels_reach_the_term_check(agreement, review, cases, settings):
    record_agreement(
        review=review,
        meeting_on=None,
        customer_signer="A",
        customer_agreed_on=REVIEW_ON,
        supplier_signer="B",
        supplier_agreed_on=REVIEW_ON,
        decisions={cases[city].pk: ("SMALL", "Agreed.") for city in ("No baseline", "Above Large", "Two switches")},
        on=REVIEW_ON,
        by=None,
    )

    settings.BUSINESS_DATE = date(2000, 8, 1)
    (out, _) = run()

    assert out == "LNS970602JC: review of annual period 2 opened (term check, due 1 August 2000)\n"
    levels = RenewalReview.objects.get(period_number=2).lines.values_list("site__city", "current_level__code")
    assert dict(levels) == {
        "Nothing changed": "VERY_SMALL",
        "One changed": "VERY_SMALL",
        "Two changed": "VERY_SMALL",
        "Three changed": "MEDIUM",
        "Decreased": "VERY_SMALL",
        "No baseline": "SMALL",
        "Mid-period": "VERY_SMALL",
        "Above Large": "SMALL",
        "Two switches": "SMALL",
        "Large all along": "VERY_SMALL",
        "Late change": "VERY_SMALL",
        "Starting": "VERY_SMALL",
    }
