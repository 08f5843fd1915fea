from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from sites.models import ChargedLevel, RenewalReview
from sites.review_days import ReviewKind
from sites.reviews.reviewing import CannotReview, open_due_reviews, open_review, refresh_review
from tests import factories
from tests.reference import SMALLEST, amendment
from tests.sites.reviews.cases import LAST_DAY, MEETING, REVIEW_ON, agree, dearer_from, decided, line, opened, site

pytestmark = pytest.mark.django_db


# ---- opening ---------------------------------------------------------------------------------------------------------


def test_open_review_of_the_reference_period(review):
    assert (review.kind, review.due_on, review.opened_on, review.cut_off_on, review.agreed_on) == (
        ReviewKind.PRICE_REVIEW,
        REVIEW_ON,
        REVIEW_ON,
        REVIEW_ON,
        None,
    )
    assert review.lines.count() == 11


@pytest.mark.parametrize(
    ("city", "eligible", "measured", "proposed", "price", "needs_decision", "foregone"),
    [
        ("Nothing changed", False, "VERY_SMALL", "VERY_SMALL", "163000.00", False, "0.00"),
        ("One changed", False, "VERY_SMALL", "VERY_SMALL", "163000.00", False, "0.00"),
        ("Two changed", True, "VERY_SMALL", "VERY_SMALL", "163000.00", False, "0.00"),
        ("Three changed", True, "MEDIUM", "MEDIUM", "245000.00", False, "0.00"),
        ("Decreased", True, "VERY_SMALL", "VERY_SMALL", "163000.00", False, "0.00"),
        ("No baseline", None, "SMALL", None, None, True, "0.00"),
        ("Mid-period", True, "VERY_SMALL", "VERY_SMALL", "163000.00", False, "0.00"),
        ("Above Large", True, "VERY_LARGE", "VERY_LARGE", "390000.00", True, "0.00"),
        ("Two switches", True, None, None, None, True, "0.00"),
        ("Large all along", False, "LARGE", "VERY_SMALL", "163000.00", False, "157000.00"),
        ("Late change", False, "SMALL", "VERY_SMALL", "163000.00", False, "35000.00"),
    ],
)
def test_line_of_every_case(review, city, eligible, measured, proposed, price, needs_decision, foregone):
    found = line(review, city)

    assert found.eligible is eligible
    assert (found.current_level.code, found.current_price) == ("VERY_SMALL", Decimal("163000.00"))
    assert (found.measured_level.code if found.measured_level else None) == measured
    assert (found.proposed_level.code if found.proposed_level else None) == proposed
    assert found.proposed_price == (Decimal(price) if price else None)
    assert found.needs_decision is needs_decision
    assert found.foregone == Decimal(foregone)


def test_evidence_names_what_changed_from_what_to_what(review):
    evidence = line(review, "Three changed").evidence

    assert [(part["name"], part["from"], part["to"]) for part in evidence["changed"]] == [
        ("gateway elements", 10, 16),
        ("SLC", 5, 9),
        ("SM", 1, 2),
    ]
    assert evidence["why"] == "3 components changed, 2 needed: the price may change."
    gateway = evidence["components"][0]
    assert (gateway["then"], gateway["then_on"], gateway["now"], gateway["now_on"]) == (
        10,
        "1998-10-01",
        16,
        "1999-08-01",
    )
    assert (gateway["level"], gateway["distance"], gateway["changed"]) == ("Small", "16 of 25 gateway elements", True)
    assert evidence["deciding"] == ["2 of 2 SM"]


def test_evidence_of_a_mid_period_site_starts_with_its_first_count(review):
    gateway = line(review, "Mid-period").evidence["components"][0]

    assert (gateway["then"], gateway["then_on"], gateway["now"]) == (4, "1999-02-01", 9)


def test_evidence_tells_where_another_reading_decides_otherwise(review):
    assert [
        (other["reading"], other["eligible"], other["level"])
        for other in line(review, "One changed").evidence["other_readings"]
    ] == [("units", True, "Very Small")]
    assert [
        (other["reading"], other["eligible"], other["level"])
        for other in line(review, "Two changed").evidence["other_readings"]
    ] == [("band", False, "Very Small")]
    assert line(review, "Nothing changed").evidence["other_readings"] == []


def test_evidence_of_a_missing_baseline_names_the_components(review):
    evidence = line(review, "No baseline").evidence

    assert evidence["why"] == (
        "No count at the start for gateway elements, 5ESS, SLC, SM, DACS II, DACS IV. A missing count is not zero."
    )
    assert evidence["components"][0]["then"] is None


def test_component_not_counted_again_leaves_the_outcome_open(agreement):
    site(agreement, "Half counted", SMALLEST, {"GE": 12})

    found = line(opened(agreement), "Half counted")

    assert found.eligible is None
    assert found.measured_level.code == "VERY_SMALL"  # from the last count of each component
    assert found.evidence["why"] == (
        "No count since the start for 5ESS, SLC, SM, DACS II, DACS IV. A missing count is not zero."
    )


def test_flags_carry_their_sentences(review):
    assert [flag["code"] for flag in line(review, "Above Large").evidence["flags"]] == ["blank-cell"]
    assert [flag["code"] for flag in line(review, "Two switches").evidence["flags"]] == ["several-switches"]
    assert "person confirms" in line(review, "Above Large").evidence["flags"][0]["sentence"]


def test_site_that_opens_after_the_review_has_no_line_but_its_starting_level(review):
    assert not review.lines.filter(site__city="Starting").exists()
    assert review.evidence["planned"] == [
        {
            "site": "Starting",
            "in_service_on": "1999-08-15",
            "level": "Very Small",
            "price": "163000.00",
            "proposed": False,
            "remark": "Every site is charged at this level in the first annual period, whatever its counts.",
        }
    ]


def test_site_removed_before_the_next_period_is_not_priced(agreement):
    site(agreement, "Leaving", SMALLEST, SMALLEST, removed_on=date(1999, 9, 15))
    site(agreement, "Gone", SMALLEST, SMALLEST, removed_on=date(1999, 7, 31))
    site(agreement, "Staying", SMALLEST, SMALLEST)

    found = opened(agreement)

    assert [row.site.city for row in found.lines.select_related("site")] == ["Staying"]
    assert found.evidence["leaving"] == [{"site": "Leaving", "last_day": "1999-09-15"}]


def test_open_review_twice_returns_the_open_one(agreement, review):
    again = opened(agreement, on=date(1999, 8, 20))

    assert again == review
    assert again.opened_on == REVIEW_ON
    assert RenewalReview.objects.count() == 1


def test_open_review_early_and_late(agreement, cases):
    early = opened(agreement, on=date(1999, 7, 15))

    assert (early.due_on, early.opened_on, early.cut_off_on) == (REVIEW_ON, date(1999, 7, 15), date(1999, 7, 15))
    assert line(early, "Three changed").eligible is None  # nothing counted again yet
    assert line(early, "Mid-period").eligible is None
    early.delete()
    late = opened(agreement, on=date(1999, 10, 20))
    assert late.cut_off_on == LAST_DAY
    assert line(late, "Late change").proposed_level.code == "SMALL"


def test_open_review_before_the_period_begins_is_refused(agreement):
    with pytest.raises(CannotReview, match="begins on 1 October 1999"):
        opened(agreement, period_number=2)


def test_open_review_outside_the_term_is_refused(agreement):
    with pytest.raises(CannotReview, match="no annual period 3"):
        opened(agreement, period_number=3, on=date(2000, 9, 1))
    with pytest.raises(CannotReview, match="no annual period 99999999999"):
        opened(agreement, period_number=99999999999)


def test_open_review_before_the_amendment_was_known_is_refused(agreement):
    with pytest.raises(CannotReview, match="No price schedule on file"):
        opened(agreement, on=date(1998, 10, 10))


def test_cut_off_outside_the_period_or_to_come_is_refused(agreement):
    for cut_off in (date(1999, 8, 2), date(1998, 9, 30)):
        with pytest.raises(CannotReview, match="The data cut-off must lie within") as refused:
            open_review(agreement=agreement, period_number=1, on=REVIEW_ON, by=None, cut_off_on=cut_off)
        assert [one.place for one in refused.value.refused] == ["cut_off_on"]


def test_last_period_of_the_term_has_a_term_check(agreement, review, cases):
    agree(review, decisions=decided(cases))

    check = opened(agreement, on=date(2000, 8, 1), period_number=2)

    assert check.kind == ReviewKind.TERM_CHECK
    assert check.evidence["expires_on"] == "2000-09-30"
    assert [row.proposed_level for row in check.lines.all()] == [None] * 12
    assert not check.lines.filter(needs_decision=True).exists()
    assert line(check, "Three changed").current_price == Decimal("245000.00")


def test_prices_of_the_next_period_come_from_its_own_schedule(agreement):
    dearer = dearer_from(date(1999, 10, 1))
    factories.amendment(agreement, dearer)
    site(agreement, "Stays", SMALLEST, SMALLEST)
    site(agreement, "Grows", SMALLEST, SMALLEST | {"GE": 16, "SLC": 9})

    found = opened(agreement)

    assert (line(found, "Stays").current_price, line(found, "Stays").proposed_price) == (
        Decimal("163000.00"),
        Decimal("170000.00"),
    )
    assert line(found, "Grows").proposed_price == Decimal("210000.00")


# ---- due reviews -----------------------------------------------------------------------------------------------------


def test_open_due_reviews_opens_each_once(agreement, cases):
    assert open_due_reviews(on=date(1999, 7, 31), by=None) == []
    (result,) = open_due_reviews(on=REVIEW_ON, by=None)
    assert str(result) == "LNS970602JC: review of annual period 1 opened (price review, due 1 August 1999)"
    assert open_due_reviews(on=date(1999, 8, 2), by=None) == []


def test_open_due_reviews_makes_good_what_was_missed(agreement, cases):
    results = open_due_reviews(on=date(2000, 8, 2), by=None)

    assert [str(result) for result in results] == [
        "LNS970602JC: review of annual period 1 opened (price review, due 1 August 1999, 367 days late)",
        "LNS970602JC: review of annual period 2 opened (term check, due 1 August 2000, 1 day late)",
    ]


def test_open_due_reviews_makes_good_what_was_missed_after_the_expiration_too(agreement, cases):
    results = open_due_reviews(on=date(2000, 10, 1), by=None)

    assert [str(result) for result in results] == [
        "LNS970602JC: review of annual period 1 opened (price review, due 1 August 1999, 427 days late)",
        "LNS970602JC: review of annual period 2 opened (term check, due 1 August 2000, 61 days late)",
    ]
    assert [result.review.cut_off_on for result in results] == [LAST_DAY, date(2000, 9, 30)]
    assert open_due_reviews(on=date(2002, 1, 1), by=None) == []


def test_one_failing_agreement_does_not_stop_the_others(agreement, monkeypatch):
    factories.agreement("AAA")
    from sites.reviews import reviewing

    whole = reviewing.paper_evidence

    def fails_for_the_first(*, basis, **planned):
        if basis.agreement.number == "AAA":
            raise ValueError("broken")
        return whole(basis=basis, **planned)

    monkeypatch.setattr(reviewing, "paper_evidence", fails_for_the_first)

    first, second = open_due_reviews(on=REVIEW_ON, by=None)

    assert str(first) == "AAA: review of annual period 1 refused: ValueError: broken"
    assert second.review.agreement == agreement
    assert RenewalReview.objects.count() == 1


# ---- refreshing ------------------------------------------------------------------------------------------------------


def test_refresh_takes_later_counts_in(review):
    refreshed = refresh_review(review=review, on=date(1999, 9, 20), by=None)

    assert refreshed.cut_off_on == date(1999, 9, 20)
    assert refreshed.opened_on == REVIEW_ON
    assert line(refreshed, "Late change").proposed_level.code == "SMALL"
    assert refreshed.lines.count() == 11


def test_refresh_after_an_extension_turns_a_term_check_into_a_price_review(agreement, cases):
    check = opened(agreement, on=date(2000, 8, 1), period_number=2)
    factories.amendment(
        agreement, amendment(2, date(2000, 10, 1), signed_on=date(2000, 8, 10), expires_on=date(2001, 9, 30))
    )

    with pytest.raises(CannotReview, match="Refresh it first"):
        agree(
            check,
            on=date(2000, 8, 20),
            meeting_on=None,
            customer_agreed_on=date(2000, 8, 15),
            supplier_agreed_on=date(2000, 8, 15),
        )
    assert [result.period_number for result in open_due_reviews(on=date(2000, 8, 20), by=None)] == [1]
    assert opened(agreement, on=date(2000, 8, 20), period_number=2) == check
    refreshed = refresh_review(review=check, on=date(2000, 8, 20), by=None)

    assert refreshed.kind == ReviewKind.PRICE_REVIEW


# ---- after an agreed term check --------------------------------------------------------------------------------------


@pytest.fixture
def checked(agreement) -> RenewalReview:
    """The term check of the second period, agreed to; after it the term is extended by a year."""
    tampa = site(agreement, "Tampa", SMALLEST, None)
    factories.counts(tampa, date(2000, 8, 1), SMALLEST | {"GE": 16, "SLC": 9})
    agree(opened(agreement), on=MEETING, decisions={tampa.pk: ("VERY_SMALL", "Not counted again.")})
    check = _agreed_in_2000(opened(agreement, on=date(2000, 8, 1), period_number=2), date(2000, 8, 2))
    extension = amendment(2, date(2000, 9, 1), signed_on=date(2000, 9, 1), expires_on=date(2001, 9, 30))
    factories.amendment(agreement, extension)
    return check


def _agreed_in_2000(review, day, **changed):
    return agree(review, on=day, meeting_on=None, customer_agreed_on=day, supplier_agreed_on=day, **changed)


def test_prices_are_agreed_after_an_agreed_term_check_and_an_extension(agreement, checked):
    (result,) = open_due_reviews(on=date(2000, 9, 2), by=None)

    assert str(result) == (
        "LNS970602JC: review of annual period 2 opened (price review, due 1 August 2000, 32 days late)"
    )
    assert open_due_reviews(on=date(2000, 9, 2), by=None) == []
    assert opened(agreement, on=date(2000, 9, 3), period_number=2) == result.review
    agreed = _agreed_in_2000(result.review, date(2000, 9, 4))
    (level,) = ChargedLevel.objects.filter(period_number=3).select_related("level", "review_line")
    assert (level.level.code, level.review_line.review_id) == ("SMALL", agreed.pk)
    checked.refresh_from_db()
    assert (checked.kind, checked.agreed_on) == (ReviewKind.TERM_CHECK, date(2000, 8, 2))
    assert checked.lines.count() == 1


def test_a_price_review_cannot_become_a_second_term_check(agreement, checked):
    prices = opened(agreement, on=date(2000, 9, 2), period_number=2)
    shortening = amendment(3, date(2000, 9, 5), signed_on=date(2000, 9, 5), expires_on=date(2000, 9, 30))
    factories.amendment(agreement, shortening)

    assert opened(agreement, on=date(2000, 9, 6), period_number=2) == checked
    with pytest.raises(CannotReview, match="Annual period 2 has a term check on file"):
        refresh_review(review=prices, on=date(2000, 9, 6), by=None)


def test_a_period_has_one_review_of_each_kind(checked):
    checked.pk, checked._state.adding, checked.agreed_on = None, True, None
    with pytest.raises(IntegrityError), transaction.atomic():
        checked.save()


# ---- refusing to refresh ---------------------------------------------------------------------------------------------


def test_refresh_of_an_agreed_review_is_refused(review, cases):
    agree(review, decisions=decided(cases))

    with pytest.raises(CannotReview, match="was agreed on 3 August 1999 and stays as it is"):
        refresh_review(review=review, on=date(1999, 9, 1), by=None)
