import json
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from contracts.models import Agreement, Amendment
from contracts.sealing.frozen import SealedRow
from sites.agreement_files.agreement_file import text
from sites.counts.recording import record_counts
from sites.models import ChargedLevel, CountChange, RenewalReview, Site
from sites.reviews.reviewing import open_review, record_agreement
from sites.service.recording import end_service
from sites.starting.recording import record_starting_level
from tests.sites.agreement_files.files import (
    DEMONSTRATION_TEXT,
    ON,
    REFERENCE_TEXT,
    demonstration,
    exported,
    load,
    reference,
    renamed,
    second_amendment,
    small,
)

pytestmark = pytest.mark.django_db


# ---- there and back again


def assert_comes_back(number="LNS970602JC") -> dict:
    """Export an agreement, load it under another number, export that: nothing may differ but the number."""
    first = exported(number)
    load(renamed(first, "COPY-1"), on=date(2003, 1, 1))
    second = renamed(exported("COPY-1"), number)
    assert json.dumps(second) == json.dumps(first)
    assert load(second, on=date(2003, 1, 1)).changed is False
    assert json.dumps(exported(number)) == json.dumps(first)
    return first


def test_reference_file_comes_back_byte_for_byte(reference_on_file):
    assert text(exported()) == REFERENCE_TEXT
    assert_comes_back()


def test_demonstration_file_comes_back_byte_for_byte(reference_on_file):
    load(demonstration())

    whole = exported()
    assert text(whole["sites"]) == text(demonstration()["sites"])
    facts = {section: whole[section] for section in ("sites", "blocks", "work", "orders")}
    parts = {"format": 1, "demonstration": True, "agreement": {"number": "LNS970602JC"}, **facts}
    assert text({**parts, "plan": demonstration()["plan"]}) == DEMONSTRATION_TEXT
    assert_comes_back()


@pytest.mark.parametrize("signed", [True, False])
def test_second_amendment_comes_back(reference_on_file, signed):
    second_amendment(reference_on_file, signed=signed)

    second = assert_comes_back()["amendments"][1]

    assert ("supplier_signature" in second, "customer_signature" in second) == (signed, True)
    copy = Amendment.objects.get(agreement__number="COPY-1", number=2)
    assert (copy.executed_on, copy.schedules.get().executed_on) == ((date(2000, 6, 1),) * 2 if signed else (None, None))


def test_original_schedule_and_everything_optional_comes_back():
    document = reference()
    own = {**document["amendments"][0]["schedule"], "clause": "Appendix A, section 2"}
    for part in ("hours", "review", "opening", "included_services", "integration_clause"):
        own.pop(part)
    own["components"][1].pop("is_switch")
    agreement = {**document["agreement"], "net_days": 0, "customer_reference": "PO 1", "schedule": own}
    readings = [{**document["readings"][0], "remark": "As agreed by phone"}]
    load({**document, "agreement": agreement, "readings": readings})

    whole = assert_comes_back()

    assert whole["agreement"]["schedule"] == own
    assert whole["agreement"]["net_days"] == 0
    assert whole["readings"] == readings


@pytest.mark.parametrize("bounds", [(200, 12), (None, None), (None, 10)])
def test_bounds_of_a_run_come_back(reference_on_file, bounds):
    percent, times = bounds
    Agreement.objects.update(held_above_percent=percent, held_above_times=times)

    assert_comes_back()

    copy = Agreement.objects.get(number="COPY-1")
    assert (copy.held_above_percent, copy.held_above_times) == bounds


def test_bound_that_a_file_leaves_out_is_that_of_a_new_agreement():
    document = reference()
    del document["agreement"]["held_above_times"]
    load(document)

    assert exported()["agreement"]["held_above_times"] == 10


def test_reviews_and_levels_come_back(reference_on_file):
    load(demonstration())
    agreement = Agreement.objects.with_terms().get()
    review = open_review(agreement=agreement, period_number=1, on=date(1999, 8, 1), by=None)
    names = {str(site): site.pk for site in Site.objects.all()}
    [plan] = demonstration()["plan"]["review_agreements"]
    record_agreement(
        review=review,
        meeting_on=date.fromisoformat(plan["meeting_on"]),
        customer_signer=plan["customer"]["name"],
        customer_agreed_on=date.fromisoformat(plan["customer"]["agreed_on"]),
        supplier_signer=plan["supplier"]["name"],
        supplier_agreed_on=date.fromisoformat(plan["supplier"]["agreed_on"]),
        decisions={names[one["site"]]: (one["level"], one["reason"]) for one in plan["decisions"]},
        on=date(1999, 12, 10),
        by=None,
    )
    open_review(agreement=agreement, period_number=2, on=date(2000, 8, 1), by=None)
    later = Site.objects.create(agreement=agreement, city="Waco", in_service_on=date(2000, 2, 1))
    record_starting_level(site=later, period_number=2, level_code="SMALL", reason="Like Lubbock", on=ON, by=None)

    whole = assert_comes_back()

    assert [review["period"] for review in whole["reviews"]] == [1, 2]
    assert "demonstration" not in whole
    for evidence in (whole["reviews"][0]["evidence"], whole["reviews"][0]["lines"][0]["evidence"]):
        assert list(evidence) == sorted(evidence)  # PostgreSQL returns them in an order of its own
    assert [site["city"] for site in whole["sites"] if "demonstration" not in site] == ["Waco"]
    copy = RenewalReview.objects.get(agreement__number="COPY-1", period_number=1)
    assert (copy.agreed_on, copy.lines.count()) == (date(1999, 12, 10), 12)
    assert copy.evidence == review.evidence
    with pytest.raises(SealedRow):
        copy.lines.update(decision_reason="other")
    linked = ChargedLevel.objects.filter(site__agreement__number="COPY-1", review_line__review=copy)
    assert linked.count() == 12
    assert set(linked.values_list("level__schedule__agreement__number", flat=True)) == {"COPY-1"}


def test_both_reviews_of_a_period_come_back(reference_on_file):
    load(small({"city": "Reno"}))
    review = {
        "period": 2,
        "kind": "term-check",
        "first_day": "1999-10-01",
        "last_day": "2000-09-30",
        "due_on": "2000-08-01",
        "opened_on": "2000-08-01",
        "cut_off_on": "2000-08-01",
        "evidence": {"known_on": "2000-08-01"},
        "lines": [{"site": "Reno", "evidence": {"why": "Nothing changed."}}],
    }
    agreed = {side: {"name": "Ann", "agreed_on": "2000-08-02"} for side in ("customer", "supplier")}
    prices = {**review, "kind": "price-review", "opened_on": "2000-09-02"}
    load({"format": 1, "agreement": {"number": "LNS970602JC"}, "reviews": [review | agreed]})

    loaded = load({"format": 1, "agreement": {"number": "LNS970602JC"}, "reviews": [review | agreed, prices]})

    assert (loaded.added, loaded.present["reviews"]) == ({"reviews": 1}, 1)
    whole = assert_comes_back()
    assert [(one["period"], one["kind"]) for one in whole["reviews"]] == [(2, "term-check"), (2, "price-review")]
    copies = RenewalReview.objects.filter(agreement__number="COPY-1").order_by("pk")
    assert [(copy.kind, copy.agreed_on, copy.lines.count()) for copy in copies] == [
        ("term-check", date(2000, 8, 2), 1),
        ("price-review", None, 1),
    ]


def test_ended_service_comes_back(reference_on_file):
    load(small({"city": "Reno"}, {"city": "Mobile"}))
    reno, mobile = Site.objects.get(city="Reno"), Site.objects.get(city="Mobile")
    end_service(site=reno, last_day=date(2000, 3, 31), on=ON, by=None)
    end_service(
        site=mobile, last_day=date(2000, 3, 31), charged_through=date(2000, 4, 30), reason="Sold", on=ON, by=None
    )

    assert [site.get("charge_end_reason") for site in assert_comes_back()["sites"]] == ["Sold", None]


def test_counts_come_back_as_they_stand_and_begin_their_history_anew(reference_on_file):
    load(small({"city": "Reno", "counts": [{"date": "1999-07-31", "source": "letter", "GE": 12, "SLC": 7, "SM": 1}]}))
    facts = {"site": Site.objects.get(), "counted_on": date(1999, 7, 31), "reason": "recount", "on": ON, "by": None}
    record_counts(quantities={"GE": 14}, source="call", **facts)
    record_counts(quantities={}, withdrawn=["SM"], source="", **facts)

    counts = assert_comes_back()["sites"][0]["counts"]

    assert counts == [
        {"date": "1999-07-31", "source": "call", "GE": 14},
        {"date": "1999-07-31", "source": "letter", "SLC": 7},
    ]
    begun = CountChange.objects.filter(site__agreement__number="COPY-1").order_by("component_code")
    assert [(row.component_code, row.before, row.after, row.reason) for row in begun] == [
        ("GE", None, 14, ""),
        ("SLC", None, 7, ""),
    ]


def test_export_agreement_command_writes_the_file_that_was_loaded(reference_on_file, tmp_path, capsys):
    call_command("export_agreement", "LNS970602JC")
    assert capsys.readouterr().out == REFERENCE_TEXT

    call_command("export_agreement", "LNS970602JC", "--output", str(tmp_path / "out.json"))
    assert (tmp_path / "out.json").read_text(encoding="utf-8") == REFERENCE_TEXT
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_agreement", "LNS970602JC", "--output", str(tmp_path))


def test_export_does_not_depend_on_the_order_in_which_counts_came_in(reference_on_file):
    load(small({}, {}))
    for number, codes in enumerate((["GE", "SLC"], ["SLC", "GE"])):
        site = Site.objects.get(city=f"City {number:02}")
        for code in codes:
            record_counts(site=site, counted_on=date(1999, 7, 31), quantities={code: 1}, source="", on=ON, by=None)

    first, second = exported()["sites"]

    assert json.dumps(first["counts"]) == json.dumps(second["counts"])
