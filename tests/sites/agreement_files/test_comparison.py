import json
import re
from datetime import date

import pytest

from contracts.models import Agreement
from sites.reviews.reviewing import open_review
from tests.sites.agreement_files.files import changed, demonstration, exported, load, reference, refused, small

pytestmark = pytest.mark.django_db


# ---- contradictions

KEPT = "Correct the file; nothing on file is replaced."


def contradiction(place: str, said: str, filed: str) -> str:
    return f"{place}: The file says {said}, but {filed}. {KEPT}"


@pytest.mark.parametrize(
    ("place", "value", "filed"),
    [
        ("agreement.dated_on", "1997-09-05", '"1997-09-04"'),
        ("amendments.0.effective_on", "1998-11-01", '"1998-10-01"'),
        ("amendments.0.supplier_signature.name", "W. Pittman", '"W.H. Pittman"'),
        ("amendments.0.schedule.levels.1.annual_price", "199000.00", '"198000.00"'),
        (
            "amendments.0.schedule.levels.1.limits.SLC",
            "up to 15",
            '{"printed": "up to l5", "corrected": "up to 15"}',
        ),
        ("amendments.0.schedule.review.minimum_changed", 3, "2"),
        ("amendments.0.schedule.levels.2.integration_price", "1.00", ""),
        ("readings.1.choice", "any-change", '"net-count"'),
        ("parties.0.address", ["Elsewhere"], '["1545 Route 206, Suite 300", "Bedminster, New Jersey 07921"]'),
        ("parties.0.aliases.0.remark", "other", '"Amendment 1, opening paragraph (misprint)"'),
    ],
)
def test_a_contradiction_is_refused_with_both_values(reference_on_file, place, value, filed):
    named = re.sub(r"\.(\d)", r"[\1]", place)
    on_file = f"on file is {filed}" if filed else "nothing is on file"

    assert refused(changed(reference(), place, value)) == [contradiction(named, json.dumps(value), on_file)]


def test_every_contradiction_is_reported(reference_on_file):
    document = changed(changed(reference(), "agreement.currency", "CAD"), "readings.0.clause", "other")

    assert [problem.split(":")[0] for problem in refused(document)] == ["agreement.currency", "readings[0].clause"]


def test_a_count_that_contradicts_is_refused_with_both_figures():
    load(small({"counts": [{"date": "1999-07-31", "GE": 3}]}))

    assert refused(small({"counts": [{"date": "1999-07-31", "GE": 4, "SLC": 1}]})) == [
        f"sites[0].counts[0].GE: The file says 4, but on file is 3. {KEPT}"
    ]


def test_a_real_site_never_becomes_demonstration_data():
    load(small({}))

    assert refused({**small({}), "demonstration": True}) == [
        f"sites[0].demonstration: The file says true, but nothing is on file. {KEPT}"
    ]


def test_a_schedule_cannot_join_an_executed_amendment():
    document = changed(reference(), "amendments.0.schedule", None)
    load(document)

    assert refused(reference()) == [
        f'amendments[0].schedule: The file says "Appendix A, table", but nothing is on file. {KEPT}'
    ]


def test_a_sealed_review_is_not_changed(reference_on_file):
    load(demonstration())
    agreement = Agreement.objects.with_terms().get()
    open_review(agreement=agreement, period_number=2, on=date(2000, 8, 1), by=None)
    document = exported()
    for side in ("customer", "supplier"):
        document["reviews"][0][side] = {"name": "Ann Example", "agreed_on": "2000-08-10"}
    load(document)
    document["reviews"][0]["lines"][0]["agreed_level"] = "1/LARGE"
    document["reviews"][0]["cut_off_on"] = "2000-07-31"

    assert refused(document) == [
        f'reviews[0].cut_off_on: The file says "2000-07-31", but on file is "2000-08-01". {KEPT}',
        f'reviews[0].lines[0].agreed_level: The file says "1/LARGE", but nothing is on file. {KEPT}',
    ]
