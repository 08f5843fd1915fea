from datetime import date

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from people import roles
from sites.models import ChargedLevel, RenewalReview
from sites.reviews.reviewing import open_review, record_agreement, refresh_review
from tests import factories
from tests.reading import links, tables
from tests.reference import SMALLEST, amendment
from tests.sites.reviews.cases import LAST_DAY, REVIEW_ON, site

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_review_day")]


def sign_in(client, role=roles.ACCOUNT_MANAGER) -> User:
    user = User.objects.create_user(role)
    user.groups.set(Group.objects.filter(name=role))
    client.force_login(user)
    return user


def text(response) -> str:
    return " ".join(response.content.decode().split())


# ---- list ------------------------------------------------------------------------------------------------------------


def test_list_shows_reviews_with_weekday_and_state(client, agreement, review):
    sign_in(client, roles.VIEWER)

    page = text(client.get(reverse("sites:review_list")))

    for shown in ("LNS970602JC", "Annual period 1", "Price review", "Sunday, 1 Aug 1999", "KMC Telecom Inc.", "Open"):
        assert shown in page
    assert "Reviews to open" not in page


def test_list_marks_a_review_opened_late(client, agreement, cases):
    open_review(agreement=agreement, period_number=1, on=date(1999, 8, 20), by=None)
    sign_in(client)

    assert "19 days late" in text(client.get(reverse("sites:review_list")))


def test_list_offers_reviews_to_open(client, agreement):
    sign_in(client)

    page = text(client.get(reverse("sites:review_list")))

    assert "Due today" in page
    assert reverse("sites:review_open", args=[agreement.pk, 1]) in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("state=open", True),
        ("state=agreed", False),
        ("kind=price-review", True),
        ("kind=term-check", False),
        ("kind=nonsense", False),
        ("agreement=99999999999999999999", False),
    ],
)
def test_list_is_filtered(client, review, query, shown):
    sign_in(client, roles.VIEWER)

    page = client.get(f"{reverse('sites:review_list')}?{query}")

    assert page.status_code == 200
    assert (reverse("sites:review_detail", args=[review.pk]) in text(page)) is shown


# ---- the paper -------------------------------------------------------------------------------------------------------


def test_page_shows_the_paper(client, review):
    sign_in(client)

    page = text(client.get(reverse("sites:review_detail", args=[review.pk])))

    for shown in (
        "Sunday, 1 August 1999",
        "10 → 16",
        "245,000.00",
        "+82,000.00",
        "2,102,000.00",
        "No hour blocks are recorded.",
        "Every site is charged at this level in the first annual period",
        "3 sites need a decision",
        "Record the agreement",
    ):
        assert shown in page


def test_internal_figures_are_for_those_who_may_see_them(client, review):
    sign_in(client)
    manager = text(client.get(reverse("sites:review_detail", args=[review.pk])))
    sign_in(client, roles.VIEWER)
    viewer = text(client.get(reverse("sites:review_detail", args=[review.pk])))

    for internal in ("Internal, not for the customer", "157,000.00", "2,329,000.00", "Each single unit"):
        assert internal in manager
        assert internal not in viewer
    for event in ("Record the agreement", "Refresh", "Internal PDF"):
        assert event in manager
        assert event not in viewer
    assert "PDF for the customer" in viewer


def test_page_marks_late_changes(client, review, settings):
    sign_in(client)
    assert "Late change.</strong>" not in text(client.get(reverse("sites:review_detail", args=[review.pk])))

    settings.BUSINESS_DATE = LAST_DAY
    page = text(client.get(reverse("sites:review_detail", args=[review.pk])))

    assert "1 site changed late" in page
    assert "Late change.</strong> With counts through 30 September 1999" in page


@pytest.mark.parametrize("number", [1, 30])
def test_page_asks_the_same_number_of_queries(client, agreement, number, django_assert_num_queries):
    for position in range(number):
        site(agreement, f"City {position:04}", SMALLEST, SMALLEST | {"GE": 16, "SLC": 9})
    review = open_review(agreement=agreement, period_number=1, on=REVIEW_ON, by=None)
    sign_in(client)

    with django_assert_num_queries(PAGE):
        client.get(reverse("sites:review_detail", args=[review.pk]))


def test_page_shows_all_its_sites_page_by_page_and_the_totals_of_all(client, agreement):
    for position in range(1, 121):
        site(agreement, f"City {position:04}", SMALLEST, SMALLEST | {"GE": 16, "SLC": 9})
    review = open_review(agreement=agreement, period_number=1, on=REVIEW_ON, by=None)
    sign_in(client)
    address = reverse("sites:review_detail", args=[review.pk])

    shown = [client.get(address, {"page": page}) for page in ("1", "2", "3")]

    cities = [f"City {number:04}" for number in range(1, 121)]
    totals, sites, counts = zip(*(tables(page)[:3] for page in shown), strict=True)
    assert [row[0] for rows in sites for row in rows[1:]] == cities
    assert [row[0][:9] for rows in counts for row in rows[1:]] == cities
    assert [rows[-2] for rows in totals] == [
        ["Total USD", "", "120", "19,560,000.00", "120", "23,760,000.00"],
    ] * 3
    assert "?page=3#sites" in links(shown[1])
    assert [len(page.content) < 250_000 for page in shown] == [True] * 3


def test_page_names_some_of_many_sites_to_decide(client, agreement):
    for position in range(1, 13):
        site(agreement, f"City {position:04}", SMALLEST, {"GE": 16, "SLC": 9})
    review = open_review(agreement=agreement, period_number=1, on=REVIEW_ON, by=None)
    review.lines.update(needs_decision=True)
    sign_in(client)

    seen = text(client.get(reverse("sites:review_detail", args=[review.pk])))

    assert "12 sites need a decision: City 0001; City 0002;" in seen
    assert "City 0010 and 2 more." in seen


def test_customer_pdf_is_named_after_its_edition(client, review):
    sign_in(client, roles.VIEWER)

    response = client.get(reverse("sites:review_pdf", kwargs={"pk": review.pk, "edition": "customer"}))

    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'inline; filename="price-review-LNS970602JC-period-1-customer.pdf"'
    assert response.content.startswith(b"%PDF")


def test_internal_pdf_has_a_permission_of_its_own(client, review):
    address = reverse("sites:review_pdf", args=[review.pk, "internal"])
    sign_in(client, roles.VIEWER)
    assert client.get(address).status_code == 403

    sign_in(client)
    assert client.get(address).content.startswith(b"%PDF")


# ---- events ----------------------------------------------------------------------------------------------------------


def test_opening_shows_what_will_happen_and_does_it_on_post(client, agreement, cases):
    user = sign_in(client)
    address = reverse("sites:review_open", args=[agreement.pk, 1])

    page = text(client.get(address))
    assert "Sunday, 1 August 1999" in page
    assert "Price review for 1 October 1999 to 30 September 2000" in page
    assert RenewalReview.objects.count() == 0

    answer = client.post(address, follow=True)

    review = RenewalReview.objects.get()
    assert (review.opened_by, review.opened_on) == (user, REVIEW_ON)
    assert answer.redirect_chain[-1][0] == reverse("sites:review_detail", args=[review.pk])
    assert "is open, with counts made through 1 August 1999." in text(answer)
    client.post(address)
    assert RenewalReview.objects.count() == 1
    assert "This review is open since" in text(client.get(address, follow=True))


def test_price_review_is_opened_beside_an_agreed_term_check(client, agreement, settings):
    sign_in(client)
    factories.site(agreement, "Tampa")
    settings.BUSINESS_DATE = day = date(2000, 8, 1)
    check = open_review(agreement=agreement, period_number=2, on=day, by=None)
    record_agreement(
        review=check,
        meeting_on=None,
        customer_signer="A",
        customer_agreed_on=day,
        supplier_signer="B",
        supplier_agreed_on=day,
        decisions={},
        on=day,
        by=None,
    )
    address = reverse("sites:review_open", args=[agreement.pk, 2])
    assert "This review is open since" in text(client.get(address, follow=True))

    settings.BUSINESS_DATE = date(2000, 9, 2)
    extension = amendment(2, date(2000, 9, 1), signed_on=date(2000, 9, 1), expires_on=date(2001, 9, 30))
    factories.amendment(agreement, extension)
    assert "Price review for 1 October 2000 to 30 September 2001" in text(client.get(address))
    client.post(address)

    prices = RenewalReview.objects.get(kind="price-review")
    page = client.get(reverse("sites:agreement_detail", args=[agreement.pk])).content.decode()
    papers = [reverse("sites:review_detail", args=[paper.pk]) for paper in (prices, check)]
    assert [page.count(f'href="{paper}"') for paper in papers] == [1, 1]


@pytest.mark.parametrize(
    ("period", "sentence"), [(2, "begins on 1 October 1999"), (3, "no annual period 3"), (10**20, "no annual period")]
)
def test_opening_that_is_refused_says_why(client, agreement, period, sentence):
    sign_in(client)
    address = reverse("sites:review_open", args=[agreement.pk, period])

    assert sentence in text(client.get(address, follow=True))
    assert sentence in text(client.post(address, follow=True))
    assert RenewalReview.objects.count() == 0


def test_refreshing_on_post(client, review, settings):
    settings.BUSINESS_DATE = date(1999, 9, 20)
    sign_in(client)
    address = reverse("sites:review_refresh", args=[review.pk])

    assert "20 September 1999" in text(client.get(address))
    assert RenewalReview.objects.get().cut_off_on == REVIEW_ON
    assert "with counts through 20 September 1999" in text(client.post(address, follow=True))
    assert RenewalReview.objects.get().cut_off_on == date(1999, 9, 20)


def filled(client, review, cases, **changed) -> dict:
    """What the form would post once every field that must be filled is."""
    seen = client.get(reverse("sites:review_agree", args=[review.pk])).context["form"].initial["seen"]
    return {
        "seen": seen,
        "meeting_on": "1999-08-01",
        "customer_signer": "Michael Sternberg",
        "customer_agreed_on": "1999-08-01",
        "supplier_signer": "W.H. Pittman",
        "supplier_agreed_on": "1999-07-31",
        f"level_{cases['No baseline'].pk}": "VERY_SMALL",
        f"reason_{cases['No baseline'].pk}": "No counts at the start.",
        f"level_{cases['Above Large'].pk}": "VERY_LARGE",
        f"reason_{cases['Above Large'].pk}": "Counted on site.",
        f"level_{cases['Two switches'].pk}": "SMALL",
        f"reason_{cases['Two switches'].pk}": "One city.",
    } | changed


def test_agreement_is_recorded_from_the_form(client, review, cases):
    user = sign_in(client)
    address = reverse("sites:review_agree", args=[review.pk])

    answer = client.post(address, filled(client, review, cases), follow=True)

    review.refresh_from_db()
    assert (review.agreed_on, review.recorded_by) == (REVIEW_ON, user)
    assert ChargedLevel.objects.filter(period_number=2).count() == 11
    page = text(answer)
    assert "agreed on 1 August 1999. The agreed levels apply" in page
    assert "Record the agreement" not in page
    assert "was agreed on 1 August 1999 and stays as it is" in text(client.get(address, follow=True))


def test_form_offers_no_level_where_the_price_stays(client, review, cases):
    sign_in(client)

    form = client.get(reverse("sites:review_agree", args=[review.pk])).context["form"]

    assert f"level_{cases['Large all along'].pk}" not in form.fields
    assert f"level_{cases['Two changed'].pk}" in form.fields


def test_refused_form_shows_each_problem_at_its_field_and_loses_nothing(client, review, cases):
    sign_in(client)
    key = cases["Above Large"].pk
    data = filled(client, review, cases, **{f"reason_{key}": "", "customer_agreed_on": "1999-08-02"})

    answer = client.post(reverse("sites:review_agree", args=[review.pk]), data)

    form = answer.context["form"]
    assert form.errors[f"level_{key}"] == ["Above Large: give the reason for Very Large."]
    assert form.errors["customer_agreed_on"] == [
        "The customer's agreement is dated 2 August 1999, which is still to come. Record it on that day."
    ]
    page = text(answer)
    for typed in ('value="Michael Sternberg"', 'value="No counts at the start."', 'value="1999-08-02"'):
        assert typed in page
    assert '<option value="VERY_LARGE" selected>' in page
    assert ChargedLevel.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("customer_signer", ""),
        ("customer_signer", "A\x00B"),
        ("customer_signer", "x" * 101),
        ("supplier_agreed_on", "yesterday"),
        ("supplier_agreed_on", "0001-01-01"),
        ("meeting_on", "1999-02-30"),
    ],
)
def test_form_refuses_what_cannot_be_stored(client, review, cases, field, value):
    sign_in(client)

    answer = client.post(
        reverse("sites:review_agree", args=[review.pk]), filled(client, review, cases, **{field: value})
    )

    assert list(answer.context["form"].errors) == [field]
    assert RenewalReview.objects.get().agreed_on is None


def test_form_made_from_an_older_paper_is_refused_with_what_was_typed(client, review, cases):
    sign_in(client)
    data = filled(client, review, cases)
    refresh_review(review=review, on=REVIEW_ON, by=None)

    answer = client.post(reverse("sites:review_agree", args=[review.pk]), data)

    assert answer.context["form"].non_field_errors() == [
        "The review was refreshed since this page was opened. Look at its proposals, then record."
    ]
    assert 'value="Michael Sternberg"' in text(answer)
    assert RenewalReview.objects.get().agreed_on is None


def test_older_paper_is_named_beside_other_faults(client, review, cases):
    sign_in(client)
    data = filled(client, review, cases, customer_signer="")
    refresh_review(review=review, on=REVIEW_ON, by=None)

    form = client.post(reverse("sites:review_agree", args=[review.pk]), data).context["form"]

    assert set(form.errors) == {"customer_signer", "__all__"}


def test_form_sent_again_after_such_a_refusal_is_taken(client, review, cases):
    sign_in(client)
    data = filled(client, review, cases)
    refresh_review(review=review, on=REVIEW_ON, by=None)
    answer = client.post(reverse("sites:review_agree", args=[review.pk]), data)

    again = client.post(
        reverse("sites:review_agree", args=[review.pk]), data | {"seen": answer.context["paper"].version}
    )

    assert again.status_code == 302
    assert answer.context["paper"].version in text(answer)


def test_term_check_form_has_no_levels(client, agreement, cases, settings):
    settings.BUSINESS_DATE = date(2000, 8, 1)
    check = open_review(agreement=agreement, period_number=2, on=date(2000, 8, 1), by=None)
    sign_in(client)

    page = text(client.get(reverse("sites:review_agree", args=[check.pk])))

    assert "Agreed level" not in page
    shown = text(client.get(reverse("sites:review_detail", args=[check.pk])))
    assert "Term check, annual period 2" in shown
    assert "extend the term by an amendment" in shown


LIST, PAGE = 8, 11
