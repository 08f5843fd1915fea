from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, transaction

from contracts.sealing.frozen import SealedRow
from sites.models import ChargedLevel, RenewalReview
from sites.reviews.reviewing import CannotReview, late_changes, record_agreement, refresh_review
from tests import factories
from tests.reference import SMALLEST
from tests.sites.reviews.cases import LAST_DAY, MEETING, REVIEW_ON, agree, dearer_from, decided, line, opened, site

pytestmark = pytest.mark.django_db


# ---- agreeing --------------------------------------------------------------------------------------------------------


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

    assert {one.place for one in refused.value.refused} == {
        f"level_{cases[city].pk}" for city in ("No baseline", "Above Large", "Two switches")
    }
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

    (one,) = refused.value.refused
    assert one.place == f"level_{cases[city].pk}"
    assert sentence in one.message


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

    (one,) = refused.value.refused
    assert one.place == place
    assert sentence in one.message


def test_agreement_to_a_paper_that_was_refreshed_since_is_refused(review, cases):
    from sites.reviews.reviewing import version

    seen = version(review=review, lines=review.lines.all())
    refresh_review(review=review, on=MEETING, by=None)

    with pytest.raises(CannotReview, match="was refreshed since"):
        agree(review, decisions=decided(cases), seen=seen)


def test_agreement_after_the_price_table_changed_is_refused(agreement, review, cases):
    factories.amendment(agreement, dearer_from(date(1999, 10, 1), signed_on=date(1999, 8, 2)))

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

    with pytest.raises(CannotReview, match="was agreed on 3 August 1999 and stays as it is"):
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


# ---- late changes ----------------------------------------------------------------------------------------------------


def late(review, on):
    lines = list(review.lines.select_related("site", "current_level", "proposed_level"))
    return late_changes(review=review, lines=lines, on=on)


def test_late_change_is_found_from_the_last_day_on(review, cases):
    assert late(review, date(1999, 9, 29)) == {}

    found = late(review, LAST_DAY)

    assert found == {
        cases["Late change"].pk: (
            "With counts through 30 September 1999: 2 components changed, 2 needed: the price may change. "
            "Changed: gateway elements 10 to 16, SLC 5 to 6. It leads to Small."
        )
    }


def test_late_change_is_found_after_the_agreement_too(review, cases):
    agreed = agree(review, decisions=decided(cases))

    assert list(late(agreed, date(1999, 10, 1))) == [cases["Late change"].pk]


# ---- figures ---------------------------------------------------------------------------------------------------------


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


OPENING, AGREEING, LATE = 22, 23, 13
