from datetime import date

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from contracts.models import Agreement, Amendment, PriceSchedule
from contracts.periods import day_text
from contracts.sealing.frozen import SealedRow
from sites.agreement_files.agreement_file import text
from sites.agreement_files.loading import load_agreement
from sites.counts.recording import record_counts
from sites.models import ChargedLevel, ComponentCount, LackingFigures, LevelDecision, RenewalReview, Site
from sites.reviews.reviewing import open_review
from tests.reference import SCHEDULE
from tests.sites.agreement_files.fact_rows import entry, order, purchase
from tests.sites.agreement_files.files import (
    ON,
    REFERENCE_TEXT,
    agreed_review,
    changed,
    demonstration,
    exported,
    load,
    reference,
    refused,
    rows,
    second_amendment,
    small,
)

pytestmark = pytest.mark.django_db


def test_loaded_schedule_is_the_reference_schedule(reference_on_file):
    terms = Agreement.objects.with_terms().get().as_terms()

    assert terms.amendments[0].schedule == SCHEDULE
    assert terms.amendments[0].schedule.level("SMALL").limit("SLC").printed == "up to l5"


def test_loading_seals_what_is_signed(reference_on_file):
    assert reference_on_file.executed_on == date(1997, 9, 4)
    amendment = Amendment.objects.get()
    assert amendment.executed_on == date(1998, 10, 20)
    for change in (amendment.delete, amendment.schedules.get().levels.all().delete):
        with pytest.raises(SealedRow):
            change()


def test_counts_keep_their_source_and_say_who_loaded_them():
    clerk = User.objects.create_user("clerk")
    document = small({"counts": [{"date": "1999-07-31", "source": "letter", "GE": 3}]})
    load_agreement(document, on=ON, by=clerk)

    row = ComponentCount.objects.get()
    assert (row.quantity, row.source, row.recorded_by, row.recorded_on) == (3, "letter", clerk, ON)
    assert LackingFigures.objects.filter(agreement=row.site.agreement, month__lte=ON).count() > 1


# ---- loading again, and loading more


def test_loading_again_changes_nothing(reference_on_file):
    load(demonstration())
    before, there = rows(), exported()

    again = [load(reference()), load(demonstration())]

    assert [loaded.changed for loaded in again] == [False, False]
    assert again[1].present == {
        "agreement": 1,
        "sites": 14,
        "counts": 1876,
        "charged levels": 1,
        "blocks": 2,
        "work": 304,
        "orders": 3,
    }
    assert (rows(), exported()) == (before, there)


def test_a_larger_file_adds_what_is_new():
    counts = [{"date": "1999-06-30", "GE": 3}]
    load(small({"counts": counts}))
    more = [{"date": "1999-06-30", "GE": 3, "SLC": 1}, {"date": "1999-07-31", "GE": 4}]

    loaded = load(
        small({"counts": more, "removed_on": "2000-03-31", "population": 1000}, {"counts": counts, "state": "GA"})
    )

    assert loaded.added == {"sites": 1, "counts": 3}
    assert loaded.completed == {"sites": 1}
    assert loaded.present["counts"] == 1
    first = Site.objects.get(city="City 00")
    assert (first.removed_on, first.population, first.counts.count()) == (date(2000, 3, 31), 1000, 3)


def test_a_signature_that_comes_later_executes_the_amendment():
    unsigned = changed(reference(), "amendments.0.supplier_signature", None)
    load(unsigned)
    assert Amendment.objects.get().executed_on is None

    loaded = load(reference())

    assert loaded.completed == {"amendments": 1}
    assert Amendment.objects.get().executed_on == date(1998, 10, 20)
    assert load(unsigned).changed is False


def test_an_open_review_takes_the_agreement_of_both_parties(reference_on_file):
    load(demonstration())
    agreement = Agreement.objects.with_terms().get()
    open_review(agreement=agreement, period_number=1, on=date(1999, 8, 1), by=None)
    document = exported()
    review = document["reviews"][0]
    review["meeting_on"] = "1999-08-03"
    for side, day in (("customer", "1999-12-06"), ("supplier", "1999-12-10")):
        review[side] = {"name": "Ann Example", "agreed_on": day}
    for line in review["lines"]:
        line |= {"agreed_level": "1/SMALL", "agreed_price": "198000.00", "decision_reason": "x"}
    site = next(site for site in document["sites"] if site["city"] == "Reno")
    site["charged_levels"] = [{"period": 2, "level": "SMALL", "agreed_on": "1999-12-10", "review": 1}]

    loaded = load(document)

    assert (loaded.added, loaded.completed) == ({"charged levels": 1}, {"reviews": 1})
    stored = RenewalReview.objects.get()
    assert (stored.agreed_on, stored.meeting_on) == (date(1999, 12, 10), date(1999, 8, 3))
    assert {line.agreed_level.code for line in stored.lines.select_related("agreed_level")} == {"SMALL"}
    assert ChargedLevel.objects.get(is_starting=False).review_line.site.city == "Reno"
    assert load(document).changed is False


def test_a_sealed_review_takes_no_level_more(reference_on_file):
    document = {**small({}), "reviews": [agreed_review({"City 00": "SMALL"})]}
    load(document)
    document["sites"][0]["charged_levels"] = [{"period": 2, "level": "SMALL", "agreed_on": "1999-08-12", "review": 1}]

    assert refused(document) == [
        "sites[0].charged_levels[0].review: The review of annual period 1 was agreed on 1999-08-12 and is sealed, "
        "without this level. Leave it out; what was agreed later is recorded by an amendment."
    ]


def test_what_is_refused_when_amendments_are_written_is_told_for_all_of_them():
    document = reference()
    first = {**document["amendments"][0], "customer_signature": {"name": " ", "signed_on": "1998-10-12"}}
    second = {
        "number": 2,
        "effective_on": "1999-10-01",
        "supplier_signature": {"name": " ", "signed_on": "1999-09-01"},
    }

    assert refused({**document, "amendments": [first, second]}) == [
        "amendment 1: Name the person who signed for the customer.",
        "amendment 2: Name the person who signed for the supplier.",
    ]


def test_the_original_appendix_can_follow_later(reference_on_file):
    own = {**reference()["amendments"][0]["schedule"], "clause": "Appendix A, section 2"}

    loaded = load({"format": 1, "agreement": {"number": "LNS970602JC", "schedule": own}})

    assert loaded.completed == {"agreement": 1}
    assert PriceSchedule.objects.get(amendment=None).executed_on == date(1997, 9, 4)


def test_a_level_without_its_schedule_is_of_the_one_that_governs_the_period(reference_on_file):
    second_amendment(reference_on_file, signed=True)
    levels = [
        {"period": period + 1, "level": "SMALL", "agreed_on": f"{1998 + period}-08-12", "review": period}
        for period in (1, 2)
    ]
    document = {
        "format": 1,
        "agreement": {"number": "LNS970602JC"},
        "sites": [{"city": "Reno", "in_service_on": "1998-10-01", "charged_levels": levels}],
        "reviews": [agreed_review({"Reno": "SMALL"}, period) for period in (1, 2)],
    }
    load(document)

    assert [row["level"] for row in exported()["sites"][0]["charged_levels"]] == ["1/SMALL", "2/SMALL"]
    assert load(document).changed is False


def test_a_figure_that_was_withdrawn_is_not_brought_back(reference_on_file):
    counts = [{"date": "1999-07-31", "GE": 12, "SLC": 7}]
    document = small({"city": "Boise"}, {"city": "Reno", "counts": counts})
    load(document)
    site, day = Site.objects.get(city="Reno"), date(1999, 7, 31)
    taken = {"quantities": {}, "withdrawn": ["GE"], "source": "", "reason": "Counted at another site"}
    record_counts(site=site, counted_on=day, on=ON, by=None, **taken)

    assert refused(document) == [
        f"sites[1].counts[0].GE: 12: the figure was withdrawn on {day_text(ON)} (Counted at another site). "
        "Leave it out, or record it again on the page of its history."
    ]
    record_counts(site=site, counted_on=day, quantities={"GE": 12}, source="", on=ON, by=None)
    assert load(document).changed is False


def test_dry_run_writes_nothing():
    loaded = load(reference(), dry_run=True)

    assert loaded.added == {"parties": 2, "agreement": 1, "amendments": 1, "readings": 13}
    assert set(rows().values()) == {0}


# ---- how much it asks of the database


def many(number: int) -> dict:
    counts = [{"date": "1999-07-31", "GE": 1, "5ESS": 1, "SLC": 1, "SM": 1}]
    levels = [{"period": 2, "level": "1/SMALL", "agreed_on": "1999-08-12", "review": 1}]
    review = agreed_review({f"City {index:02}": "SMALL" for index in range(number)})
    for line in review["lines"]:
        line |= {"current_level": "SMALL", "eligible": True}
    days = [f"1999-06-{day + 1:02}" for day in range(number)]
    return {
        **{"format": 1, "agreement": {"number": "LNS970602JC"}, "reviews": [review]},
        "sites": small(*[{"counts": counts, "charged_levels": levels}] * number)["sites"],
        "blocks": [purchase(day) for day in days],
        "work": [entry(date=day, site="City 00") for day in days],
        "orders": [order(day, site="City 00", **({"duplicate_reason": "x"} if day != days[0] else {})) for day in days],
    }


@pytest.mark.parametrize("number", [1, 20])
def test_loading_and_exporting_ask_the_same_number_of_queries(reference_on_file, number, django_assert_num_queries):
    with django_assert_num_queries(64):
        load(many(number))
    with django_assert_num_queries(30):
        load(many(number))
    with django_assert_num_queries(24):
        assert len(exported()["reviews"][0]["lines"]) == number


# ---- commands


def test_load_agreement_command_tells_what_is_new(tmp_path, settings, capsys):
    settings.BUSINESS_DATE = ON
    file = tmp_path / "reference.json"
    file.write_text(REFERENCE_TEXT)

    call_command("load_agreement", str(file), "--dry-run")
    assert Agreement.objects.count() == 0
    call_command("load_agreement", str(file))
    call_command("load_agreement", str(file))

    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("note: ")]
    kinds = ("parties: 2", "agreement: 1", "amendments: 1", "readings: 13")
    assert lines == [
        *(f"{kind} would be added" for kind in kinds),
        *(f"{kind} added" for kind in kinds),
        "Nothing new: everything in the file is already on file.",
    ]


def test_load_agreement_command_prints_every_problem(tmp_path, capsys):
    file = tmp_path / "bad.json"
    for content, expected in (
        (b'{\n"format": ?}', ["line 2, column 11: This is no JSON: Expecting value."]),
        (b"[]", ["file: [] is not an object in braces."]),
        (b'{"format": 1, "x": 1}', ["agreement: This is missing.", "x: Unknown key."]),
        (
            text(small({"in_service_on": "soon", "counts": [{"date": "2999-01-01", "GE": 1}]})).encode(),
            ["sites[0].counts[0].date: 2999-01-01 is after", 'sites[0].in_service_on: "soon" does not fit.'],
        ),
        (text(changed(reference(), "amendments.0.number", 2)).encode(), ["amendments[0].number: Amendment 1 comes"]),
    ):
        file.write_bytes(content)
        with pytest.raises(CommandError, match="was not loaded: ") as caught:
            call_command("load_agreement", str(file))
        assert caught.value.returncode == 1
        message = sorted(capsys.readouterr().err.splitlines())
        assert [line[: len(start)] for line, start in zip(message, expected, strict=True)] == expected


def test_commands_name_a_file_or_agreement_that_is_not_there():
    with pytest.raises(CommandError, match=r"missing\.json cannot be read: No such file"):
        call_command("load_agreement", "missing.json")
    with pytest.raises(CommandError, match="Not on file: agreement X-1"):
        call_command("export_agreement", "X-1")


DECIDED = {
    **{"from": "1999-01-15", "level": "MEDIUM", "cause": "change-order", "document": "Change Order 7"},
    **{"customer_signer": "A. Customer", "supplier_signer": "B. Supplier", "agreed_on": "1999-02-08"},
    **{"reason": "Merged", "recorded_on": "1999-02-10"},
}


def test_levels_from_a_day_are_loaded_exported_and_loaded_again(reference_on_file):
    decided = DECIDED | {"through": "1999-03-31"}
    document = small({"city": "Reno", "levels_from_a_day": [decided]})

    assert load(document).added == {"sites": 1, "levels from a day": 1}

    stored = LevelDecision.objects.get()
    assert (stored.period_number, stored.as_level().level_code, stored.recorded_on) == (1, "MEDIUM", date(1999, 2, 10))
    assert exported()["sites"][0]["levels_from_a_day"] == [decided | {"level": "1/MEDIUM"}]
    assert load(document).changed is False
    assert load(exported()).changed is False


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"from": "1998-09-30"}, "from: No annual period covers 1998-09-30."),
        ({"from": "1998-12-31"}, "from: 1998-12-31 is before the site's first day in service, 1999-01-01."),
        ({"through": "1999-01-14"}, "through: The last day is before the first."),
        ({"through": "1999-10-01"}, "through: 1999-10-01 is after the annual period, which ends on 1999-09-30."),
        ({"level": "HUGE"}, 'level: "HUGE" is no level of a price schedule.'),
        ({"recorded_on": "1999-02-07"}, "agreed_on: 1999-02-08 is after the day of recording, 1999-02-07."),
        ({"recorded_on": "2031-01-01"}, "recorded_on: 2031-01-01 is after"),
    ],
)
def test_a_level_from_a_day_that_contradicts_itself_is_named(reference_on_file, changed, expected):
    site = {"city": "Reno", "in_service_on": "1999-01-01", "levels_from_a_day": [DECIDED | changed]}

    assert any(f"sites[0].levels_from_a_day[0].{expected}" in message for message in refused(small(site)))
