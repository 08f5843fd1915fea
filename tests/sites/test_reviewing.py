from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, transaction

from contracts.frozen import SealedRow
from contracts.models import Agreement
from sites.models import ChargedLevel, RenewalReview, ReviewLine
from sites.review import ReviewKind
from sites.reviewing import (
    CannotReview,
    late_changes,
    open_due_reviews,
    open_review,
    record_agreement,
    refresh_review,
)
from tests import factories
from tests.reference import SMALLEST, amendment
from tests.sites.review_cases import LAST_DAY, REVIEW_ON, every_case, site

pytestmark = pytest.mark.django_db
MEETING = date(1999, 8, 3)


@pytest.fixture
def agreement() -> Agreement:
    return factories.agreement()


@pytest.fixture
def cases(agreement):
    return every_case(agreement)


@pytest.fixture
def review(agreement, cases) -> RenewalReview:
    return opened(agreement)


def opened(agreement, on=REVIEW_ON, period_number=1) -> RenewalReview:
    return open_review(agreement=agreement, period_number=period_number, on=on, by=None)


def agree(review, on=MEETING, decisions=None, **changed) -> RenewalReview:
    values = {
        "meeting_on": REVIEW_ON,
        "customer_signer": "Michael Sternberg",
        "customer_agreed_on": date(1999, 8, 2),
        "supplier_signer": "W.H. Pittman",
        "supplier_agreed_on": date(1999, 8, 3),
    }
    return record_agreement(review=review, decisions=decisions or {}, on=on, by=None, **(values | changed))


def line(review, city) -> ReviewLine:
    return review.lines.select_related("current_level", "measured_level", "proposed_level", "agreed_level").get(
        site__city=city
    )


def decided(cases) -> dict:
    """The decisions that the three lines which need one must have."""
    return {
        cases["No baseline"].pk: ("VERY_SMALL", "No counts at the start: it stays."),
        cases["Above Large"].pk: ("VERY_LARGE", "Counted again on site, 51 gateway elements."),
        cases["Two switches"].pk: ("SMALL", "Both switches serve one city."),
    }


# ---- opening -----------------------------------------------------------------------------------------------------


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
        assert list(refused.value.problems) == ["cut_off_on"]


def test_last_period_of_the_term_has_a_term_check(agreement, review, cases):
    agree(review, decisions=decided(cases))

    check = opened(agreement, on=date(2000, 8, 1), period_number=2)

    assert check.kind == ReviewKind.TERM_CHECK
    assert check.evidence["expires_on"] == "2000-09-30"
    assert [row.proposed_level for row in check.lines.all()] == [None] * 12
    assert not check.lines.filter(needs_decision=True).exists()
    assert line(check, "Three changed").current_price == Decimal("245000.00")


def test_prices_of_the_next_period_come_from_its_own_schedule(agreement):
    dearer = _dearer_from(date(1999, 10, 1))
    factories.amendment(agreement, dearer)
    site(agreement, "Stays", SMALLEST, SMALLEST)
    site(agreement, "Grows", SMALLEST, SMALLEST | {"GE": 16, "SLC": 9})

    found = opened(agreement)

    assert (line(found, "Stays").current_price, line(found, "Stays").proposed_price) == (
        Decimal("163000.00"),
        Decimal("170000.00"),
    )
    assert line(found, "Grows").proposed_price == Decimal("210000.00")


def _dearer_from(effective_on, signed_on=date(1999, 7, 1)):
    from dataclasses import replace

    from tests.reference import LEVELS, SCHEDULE

    prices = {"VERY_SMALL": Decimal("170000.00"), "SMALL": Decimal("210000.00")}
    levels = tuple(replace(row, annual_price=prices.get(row.code, row.annual_price)) for row in LEVELS)
    return amendment(
        2, effective_on, signed_on=signed_on, schedule=replace(SCHEDULE, levels=levels), schedule_clause="Appendix A"
    )


# ---- due reviews -------------------------------------------------------------------------------------------------


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
    from sites import reviewing

    whole = reviewing.paper_evidence

    def fails_for_the_first(*, basis, sites):
        if basis.agreement.number == "AAA":
            raise ValueError("broken")
        return whole(basis=basis, sites=sites)

    monkeypatch.setattr(reviewing, "paper_evidence", fails_for_the_first)

    first, second = open_due_reviews(on=REVIEW_ON, by=None)

    assert str(first) == "AAA: review of annual period 1 refused: ValueError: broken"
    assert second.review.agreement == agreement
    assert RenewalReview.objects.count() == 1


# ---- refreshing --------------------------------------------------------------------------------------------------


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


# ---- after an agreed term check ----------------------------------------------------------------------------------


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


# ---- refusing to refresh -----------------------------------------------------------------------------------------


def test_refresh_of_an_agreed_review_is_refused(review, cases):
    agree(review, decisions=decided(cases))

    with pytest.raises(CannotReview, match="was agreed on 3 August 1999 and stays as it is"):
        refresh_review(review=review, on=date(1999, 9, 1), by=None)


# ---- agreeing ----------------------------------------------------------------------------------------------------


def test_agreement_writes_the_levels_of_the_next_period(review, cases):
    user = User.objects.create_user("manager")
    agreed = record_agreement(
        review=review,
        meeting_on=REVIEW_ON,
        customer_signer=" Michael Sternberg ",
        customer_agreed_on=date(1999, 8, 2),
        supplier_signer="W.H. Pittman",
        supplier_agreed_on=date(1999, 8, 3),
        decisions=decided(cases) | {cases["Three changed"].pk: ("SMALL", "Agreed for one year.")},
        on=MEETING,
        by=user,
    )

    assert (agreed.agreed_on, agreed.customer_signer, agreed.recorded_by) == (MEETING, "Michael Sternberg", user)
    levels = ChargedLevel.objects.filter(period_number=2).select_related("level", "site")
    assert {row.site.city: row.level.code for row in levels} == {
        "Nothing changed": "VERY_SMALL",
        "One changed": "VERY_SMALL",
        "Two changed": "VERY_SMALL",
        "Three changed": "SMALL",
        "Decreased": "VERY_SMALL",
        "No baseline": "VERY_SMALL",
        "Mid-period": "VERY_SMALL",
        "Above Large": "VERY_LARGE",
        "Two switches": "SMALL",
        "Large all along": "VERY_SMALL",
        "Late change": "VERY_SMALL",
    }
    assert {row.agreed_on for row in levels} == {MEETING}
    assert not any(row.is_starting for row in levels)
    assert line(agreed, "Three changed").agreed_price == Decimal("198000.00")
    assert line(agreed, "Three changed").charged_level.reason == "Agreed for one year."


def test_proposal_can_be_confirmed_without_repeating_its_level(review, cases):
    decisions = decided(cases) | {cases["Above Large"].pk: (None, "Counted again on site.")}

    agreed = agree(review, decisions=decisions)

    assert line(agreed, "Above Large").agreed_level.code == "VERY_LARGE"


def test_lines_that_need_a_decision_are_named_when_they_lack_one(review, cases):
    with pytest.raises(CannotReview) as refused:
        agree(review)

    assert set(refused.value.problems) == {cases[city].pk for city in ("No baseline", "Above Large", "Two switches")}
    for city in ("No baseline", "Above Large", "Two switches"):
        assert f"{city} needs a decision" in str(refused.value)
    assert ChargedLevel.objects.count() == 0
    assert RenewalReview.objects.get().agreed_on is None


@pytest.mark.parametrize(
    ("city", "decision", "sentence"),
    [
        ("Above Large", ("VERY_LARGE", " "), "Above Large: give the reason for Very Large."),
        ("Three changed", ("LARGE", ""), "Three changed: give the reason for Large."),
        ("Three changed", ("HUGE", "Because."), "Three changed: HUGE is no row of the price table."),
        (
            "Large all along",
            ("LARGE", "It is large."),
            "Large all along is not eligible: 0 components changed, 2 needed: the price stays. "
            "Its level stays Very Small; another one needs an amendment.",
        ),
        ("No baseline", (None, "We do not know."), "No baseline needs a decision:"),
        ("Three changed", ("SMALL", "x" * 201), "At most 200 characters"),
    ],
)
def test_decision_is_refused_at_its_site(review, cases, city, decision, sentence):
    with pytest.raises(CannotReview) as refused:
        agree(review, decisions=decided(cases) | {cases[city].pk: decision})

    assert list(refused.value.problems) == [cases[city].pk]
    assert sentence in refused.value.problems[cases[city].pk]


@pytest.mark.parametrize(
    ("changed", "place", "sentence"),
    [
        ({"customer_signer": " "}, "customer_signer", "Give the name of the person who agreed for the customer."),
        ({"supplier_signer": "W\x07"}, "supplier_signer", "cannot be printed"),
        ({"customer_agreed_on": date(1999, 8, 4)}, "customer_agreed_on", "4 August 1999, which is still to come"),
        ({"meeting_on": date(1999, 8, 4)}, "meeting_on", "still to come"),
        ({"supplier_agreed_on": date(1998, 9, 30)}, "supplier_agreed_on", "before the annual period under review"),
    ],
)
def test_parties_are_refused_at_their_field(review, cases, changed, place, sentence):
    with pytest.raises(CannotReview) as refused:
        agree(review, decisions=decided(cases), **changed)

    assert list(refused.value.problems) == [place]
    assert sentence in refused.value.problems[place]


def test_agreement_to_a_paper_that_was_refreshed_since_is_refused(review, cases):
    from sites.reviewing import version

    seen = version(review=review, lines=review.lines.all())
    refresh_review(review=review, on=MEETING, by=None)

    with pytest.raises(CannotReview, match="was refreshed since"):
        agree(review, decisions=decided(cases), seen=seen)


def test_agreement_after_the_price_table_changed_is_refused(agreement, review, cases):
    factories.amendment(agreement, _dearer_from(date(1999, 10, 1), signed_on=date(1999, 8, 2)))

    with pytest.raises(CannotReview, match="changed since the review was made. Refresh it first."):
        agree(review, decisions=decided(cases))


def test_agreement_without_a_site_that_was_entered_since_is_refused(agreement, review, cases):
    site(agreement, "Akron", SMALLEST, SMALLEST, in_service_on=date(1999, 6, 1))
    with pytest.raises(CannotReview) as refused:
        agree(review, decisions=decided(cases))
    assert str(refused.value) == ("Refresh the review: Akron is in service on the review's day and not in the paper.")

    site(agreement, "Boise", SMALLEST, SMALLEST)
    with pytest.raises(CannotReview, match="review: Akron and Boise are in service on the review's day and not in the"):
        agree(review, decisions=decided(cases))
    assert (ChargedLevel.objects.count(), RenewalReview.objects.get().agreed_on) == (0, None)

    refresh_review(review=review, on=MEETING, by=None)
    agree(review, decisions=decided(cases))
    assert ChargedLevel.objects.filter(site__city__in=["Akron", "Boise"]).count() == 2


def test_agreement_with_a_site_that_no_longer_belongs_is_refused(review, cases):
    cases["One changed"].removed_on = date(1999, 9, 15)
    cases["One changed"].save()

    with pytest.raises(CannotReview) as refused:
        agree(review, decisions=decided(cases))

    assert str(refused.value) == "Refresh the review: One changed is in the paper and no longer to be reviewed."


def test_a_site_that_opens_after_the_reviews_day_does_not_hold_the_agreement_up(agreement, review, cases):
    site(agreement, "Waco", None, None, in_service_on=date(1999, 8, 2))

    assert agree(review, decisions=decided(cases)).agreed_on == MEETING


def test_agreement_beside_a_recorded_level_is_refused(review, cases):
    factories.charged_level(cases["One changed"], 2, "SMALL", REVIEW_ON)

    with pytest.raises(CannotReview, match="One changed: a level is recorded for the next annual period already"):
        agree(review, decisions=decided(cases))


def test_decision_for_a_site_outside_the_review_is_refused(review, cases):
    with pytest.raises(CannotReview, match="names a site that is not in the review"):
        agree(review, decisions=decided(cases) | {cases["Starting"].pk: ("SMALL", "Why not.")})


def test_agreement_is_recorded_once(review, cases):
    agree(review, decisions=decided(cases))

    with pytest.raises(CannotReview, match="was agreed on 3 August 1999 already"):
        agree(review, decisions=decided(cases))


def test_term_check_writes_no_levels(agreement, cases):
    check = opened(agreement, on=date(2000, 8, 1), period_number=2)
    days = {
        "meeting_on": date(2000, 8, 1),
        "customer_agreed_on": date(2000, 8, 1),
        "supplier_agreed_on": date(2000, 8, 1),
    }

    with pytest.raises(CannotReview, match="A term check settles no levels"):
        agree(check, on=date(2000, 8, 1), decisions={cases["One changed"].pk: ("SMALL", "x")}, **days)
    agreed = agree(check, on=date(2000, 8, 1), **days)

    assert agreed.agreed_on == date(2000, 8, 1)
    assert ChargedLevel.objects.count() == 0


def test_agreed_review_and_its_lines_are_sealed(review, cases):
    agreed = agree(review, decisions=decided(cases))
    found = line(agreed, "One changed")

    agreed.customer_signer = "Somebody else"
    with pytest.raises(SealedRow):
        agreed.save()
    found.agreed_price = Decimal("1.00")
    with pytest.raises(SealedRow):
        found.save()
    with pytest.raises(SealedRow):
        agreed.lines.all().delete()
    for attack in (
        "UPDATE sites_renewalreview SET customer_signer = 'x'",
        "UPDATE sites_reviewline SET agreed_price = 1",
        "DELETE FROM sites_reviewline",
    ):
        with pytest.raises(DatabaseError, match="sealed"), transaction.atomic():
            _run(attack)


def test_agreed_levels_are_sealed_with_their_review(agreement, review, cases):
    agreed = agree(review, decisions=decided(cases))
    level = ChargedLevel.objects.get(site=cases["One changed"])
    large = level.level.schedule.levels.get(code="LARGE")

    assert level.is_sealed
    level.level = large
    sentence = "is sealed and cannot be changed. What was agreed later is recorded by an amendment."
    with pytest.raises(SealedRow, match=sentence):
        level.save()
    with pytest.raises(SealedRow):
        level.delete()
    with pytest.raises(SealedRow):
        ChargedLevel.objects.update(level=large)
    with pytest.raises(SealedRow):
        ChargedLevel.objects.all().delete()
    for attack in (
        f"UPDATE sites_chargedlevel SET level_id = {large.pk}",
        "UPDATE sites_chargedlevel SET review_line_id = NULL",
        "DELETE FROM sites_chargedlevel",
        "INSERT INTO sites_chargedlevel (site_id, period_number, level_id, agreed_on, is_starting, review_line_id, "
        f"reason) VALUES ({level.site_id}, 9, {large.pk}, '1999-08-03', {{false}}, {level.review_line_id}, '')",
    ):
        with pytest.raises(DatabaseError, match="Charged level is sealed"), transaction.atomic():
            _run(attack.format(false="FALSE"))
    assert agreed.lines.filter(charged_level__level__code="LARGE").count() == 0


def test_a_starting_level_stays_open_and_cannot_join_an_agreed_review(agreement, review, cases):
    agree(review, decisions=decided(cases))
    line_id = line(review, "One changed").pk
    starting = factories.charged_level(cases["Starting"], 2, "SMALL", MEETING)

    assert not starting.is_sealed
    starting.reason = "Like its neighbours"
    starting.save()
    ChargedLevel.objects.filter(pk=starting.pk).update(is_starting=True)
    joining = ChargedLevel(
        site=cases["Starting"], period_number=3, level=starting.level, agreed_on=MEETING, review_line_id=line_id
    )
    with pytest.raises(SealedRow):
        joining.save()
    with pytest.raises(IntegrityError, match="sealed"), transaction.atomic():
        ChargedLevel.objects.filter(pk=starting.pk).update(review_line=line_id, period_number=3)
    starting.delete()


def _run(statement):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)


# ---- late changes ------------------------------------------------------------------------------------------------


def late(review, on):
    lines = list(review.lines.select_related("site", "current_level", "proposed_level"))
    return late_changes(review=review, lines=lines, on=on)


def test_late_change_is_found_from_the_last_day_on(review, cases):
    assert late(review, date(1999, 9, 29)) == {}

    found = late(review, LAST_DAY)

    assert list(found) == [cases["Late change"].pk]
    assert found[cases["Late change"].pk].sentence == (
        "With counts through 30 September 1999: 2 components changed, 2 needed: the price may change. "
        "Changed: gateway elements 10 to 16, SLC 5 to 6. It leads to Small."
    )


def test_late_change_is_found_after_the_agreement_too(review, cases):
    agreed = agree(review, decisions=decided(cases))

    assert list(late(agreed, date(1999, 10, 1))) == [cases["Late change"].pk]


# ---- figures -----------------------------------------------------------------------------------------------------


def many(agreement, number):
    for position in range(number):
        site(agreement, f"City {position:04}", SMALLEST, SMALLEST | {"GE": 16, "SLC": 9})


@pytest.mark.parametrize("number", [1, 30])
def test_opening_asks_the_same_number_of_queries(agreement, number, django_assert_num_queries):
    many(agreement, number)

    with django_assert_num_queries(OPENING):
        opened(agreement)


@pytest.mark.parametrize("number", [1, 30])
def test_agreeing_asks_the_same_number_of_queries(agreement, number, django_assert_num_queries):
    many(agreement, number)
    review = opened(agreement)

    with django_assert_num_queries(AGREEING):
        agree(review)


@pytest.mark.parametrize("number", [1, 30])
def test_late_changes_ask_the_same_number_of_queries(agreement, number, django_assert_num_queries):
    many(agreement, number)
    review = opened(agreement)

    with django_assert_num_queries(LATE):
        late(review, LAST_DAY)


OPENING, AGREEING, LATE = 18, 22, 12
