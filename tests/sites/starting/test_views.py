"""The page of a starting level: what it shows, the comparison, the decision, and who may do what."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from sites.models import ChargedLevel, ComparableChoice, Site
from tests import factories
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, client_of
from tests.reading import links, tables, words
from tests.sites.starting.cases import ON, past, planned

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(ON)]


def page(site: Site) -> str:
    return reverse("sites:starting_level", args=[site.pk])


def shown(form: dict[str, str | bool], response) -> dict[str, str]:
    """What the page's comparison sends back: as it was shown, with some fields changed by name."""
    sent = {"compare": "1"}
    for name, field in response.context["comparison"].fields.items():
        initial = field.initial
        sent[f"initial-{name}"] = str(initial)
        value = form.get(name, initial)
        if value is not False:
            sent[name] = "on" if value is True else value
    return sent


def keep(client: Client, site: Site, changed: dict[str, str | bool]):
    return client.post(page(site), shown(changed, client.get(page(site))), follow=True)


# ---- what it shows ---------------------------------------------------------------------------------------------------


def test_page_shows_every_site_of_the_customer_with_its_history(cases):
    (table,) = tables(client_of(VIEWER).get(page(cases["Macon"])))

    same, start = "Population 50,000 0.0 %", "Started 1 Oct 1998 Very Small"
    alike = "Used Same customer, population within 25 %, limit of its level reached."
    reached = "Limit reached {} gateway elements".format
    assert table == [
        ["Site", "Population", "Started", "Limit reached", "Days", "Used?"],
        ["Before", same, "Started 23 Jun 1998 Very Small", reached("20 Nov 1998"), "Days 150", alike],
        [
            *("Elsewhere Agreement LNS980101JC", "Population 62,500 +25.0 %", start),
            *(reached("28 Jul 1999"), "Days 300", alike),
        ],
        ["Fast", same, start, reached("19 Apr 1999"), "Days 200", alike],
        ["Slow", same, start, reached("5 Nov 1999"), "Days 400", alike],
        [
            *("Bigger", "Population 90,000 +80.0 %", start, reached("9 Jan 1999"), "Days 100"),
            "Not used Its population differs by more than 25 %.",
        ],
        [
            *("Unknown", "Population unknown", start, reached("20 Nov 1998"), "Days 50"),
            "Not used The population of this site is unknown.",
        ],
        [
            *("Growing", same, start, "Limit reached not yet 10 of 15 gateway elements, 5 of 8 SLC", ""),
            "Not used No count has reached the limit of its level.",
        ],
    ]


def test_page_shows_the_proposal_with_the_sentence_why(cases):
    seen = words(client_of(VIEWER).get(page(cases["Macon"])))

    for text in (
        "Customer KMC Telecom Inc.",
        "Population 50,000",
        "In service from 1 February 2000",
        "Annual period 2 (1 October 1999 to 30 September 2000)",
        "Small 198,000.00 a year",
        "The 4 sites compared reached the limit of their level after 250 days (median), at most 365: "
        "Small (Appendix A, notes 3 and 4).",
        "Median 250 days, of 4 sites",
    ):
        assert text in seen
    assert "Acme" not in seen
    assert "Stranger" not in seen


def test_page_says_that_a_site_was_full_at_its_first_count(agreement):
    past(agreement, "Full", 0)
    site = planned(agreement)
    ComparableChoice.objects.create(
        site=site, comparable=Site.objects.get(city="Full"), included=False, reason="Full at once.", decided_on=ON
    )

    row = tables(client_of(VIEWER).get(page(site)))[0][1]

    assert row[3:] == [
        "Limit reached 1 Oct 1998 gateway elements; at its first count, so then or earlier",
        "Days 0",
        "Not used Left out by a person: Full at once. (15 Jan 2000)",
    ]


def test_page_without_any_other_site_says_so(agreement):
    seen = words(client_of(ACCOUNT_MANAGER).get(page(planned(agreement))))

    assert "KMC Telecom Inc. has no other site, so there is no history to go by. The site starts at Very Small" in seen
    assert "Insufficient history: 0 comparable sites, 1 needed." in seen
    assert "No site to take it from" in seen
    assert "Keep the comparison" not in seen


def test_page_marks_an_unknown_population(agreement):
    past(agreement, "Fast", 200)
    site = planned(agreement, population=None)

    seen = words(client_of(VIEWER).get(page(site)))

    assert "Population Unknown No site is of like size until it is entered." in seen
    assert "The population of the site that is to start is unknown." in seen


@pytest.mark.parametrize(
    ("starts_on", "said", "compared"),
    [
        (date(1999, 8, 15), "Every site is charged at Very Small in the first annual period", True),
        (date(2000, 10, 1), "Agreement LNS970602JC expired on 30 September 2000", False),
    ],
)
def test_page_of_a_site_without_anything_to_decide_has_no_form(agreement, starts_on, said, compared):
    past(agreement, "Fast", 200)
    site = factories.site(agreement, "Lubbock", starts_on, population=50_000)

    response = client_of(ACCOUNT_MANAGER).get(page(site))

    assert said in words(response)
    assert ("The customer’s other sites" in words(response)) is compared
    assert "Record the level" not in words(response)
    assert "Keep the comparison" not in words(response)


# ---- who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "status", "decides"),
    [(VIEWER, 200, False), (FINANCE, 200, False), (ACCOUNT_MANAGER, 200, True), (DATA_ENTRY, 403, False)],
)
def test_page_is_for_those_who_see_levels_and_its_forms_for_account_managers(cases, role, status, decides):
    response = client_of(role).get(page(cases["Macon"]))

    assert response.status_code == status
    for button in ("Keep the comparison", "Record the level", "Use Fast"):
        assert (button in words(response)) is decides


@pytest.mark.parametrize("role", [VIEWER, FINANCE, DATA_ENTRY])
@pytest.mark.parametrize("sent", [{"compare": "1"}, {"level_code": "SMALL", "reason": "Why not."}])
def test_posting_needs_the_permission_to_record_levels(cases, role, sent):
    assert client_of(role).post(page(cases["Macon"]), sent).status_code == 403
    assert ChargedLevel.objects.count() == 0


@pytest.mark.parametrize(("role", "linked"), [(VIEWER, True), (ACCOUNT_MANAGER, True), (DATA_ENTRY, False)])
def test_site_page_links_to_it(cases, role, linked):
    response = client_of(role).get(reverse("sites:site_detail", args=[cases["Macon"].pk]))

    assert (page(cases["Macon"]) in links(response)) is linked


@pytest.mark.parametrize("city", ["Macon", "Fast"])
def test_site_page_links_to_it_only_where_a_level_can_be_recorded(cases, city):
    if city == "Macon":
        factories.charged_level(cases["Macon"], 2, "SMALL", ON)

    response = client_of(ACCOUNT_MANAGER).get(reverse("sites:site_detail", args=[cases[city].pk]))

    assert page(cases[city]) not in links(response)


# ---- the comparison --------------------------------------------------------------------------------------------------


def test_ticks_and_reasons_are_kept(cases):
    fast, unknown = cases["Fast"].pk, cases["Unknown"].pk
    client = client_of(ACCOUNT_MANAGER)

    response = keep(
        client,
        cases["Macon"],
        {
            f"used_{fast}": False,
            f"reason_{fast}": "Opened for one customer.",
            f"used_{unknown}": True,
            f"reason_{unknown}": "As large.",
        },
    )

    assert "The comparison is kept. The 4 sites compared reached the limit of their level after 225 days" in words(
        response
    )
    assert "Left out by a person: Opened for one customer. (account-manager, 15 Jan 2000)" in words(response)
    rows = ComparableChoice.objects.order_by("included").values_list("comparable__city", "included", "reason")
    assert list(rows) == [("Fast", False, "Opened for one customer."), ("Unknown", True, "As large.")]
    form = response.context["comparison"]
    assert (form.fields[f"used_{fast}"].initial, form.fields[f"reason_{fast}"].initial) == (
        False,
        "Opened for one customer.",
    )


def test_only_what_a_person_changed_is_kept(cases):
    fast, slow = cases["Fast"].pk, cases["Slow"].pk
    client = client_of(ACCOUNT_MANAGER)
    before = client.get(page(cases["Macon"]))
    keep(client, cases["Macon"], {f"used_{fast}": False, f"reason_{fast}": "Opened for one customer."})

    # A second person, whose page was older, leaves another site out and says nothing about the first.
    sent = shown({f"used_{slow}": False, f"reason_{slow}": "A small town then."}, before)
    client.post(page(cases["Macon"]), sent)

    kept = ComparableChoice.objects.order_by("comparable__city").values_list("comparable__city", flat=True)
    assert list(kept) == ["Fast", "Slow"]


@pytest.mark.parametrize(
    ("city", "changed", "said"),
    [
        ("Fast", {"used": False}, "Say why Fast is left out."),
        ("Fast", {"reason": "Forgot."}, "A reason goes with a choice. Deselect Fast, or clear the reason."),
        ("Bigger", {"reason": "Forgot."}, "A reason goes with a choice. Select Bigger, or clear the reason."),
    ],
)
def test_what_is_wrong_stands_at_its_site_and_nothing_is_kept(cases, city, changed, said):
    client, key = client_of(ACCOUNT_MANAGER), cases[city].pk

    response = keep(client, cases["Macon"], {f"{name}_{key}": value for name, value in changed.items()})

    assert response.context["comparison"].errors == {f"reason_{key}": [said]}
    assert said in words(response)
    assert "Nothing was recorded. See the remarks at the reasons below." in words(response)
    assert ComparableChoice.objects.count() == 0


@pytest.mark.parametrize("reason", [{}, {"reason": "It counts after all."}, {"reason": ""}])
def test_choice_is_taken_back_whatever_reason_stands_there(cases, reason):
    fast = cases["Fast"].pk
    client = client_of(ACCOUNT_MANAGER)
    keep(client, cases["Macon"], {f"used_{fast}": False, f"reason_{fast}": "Opened for one customer."})

    keep(client, cases["Macon"], {f"used_{fast}": True} | {f"{name}_{fast}": text for name, text in reason.items()})

    assert ComparableChoice.objects.count() == 0


def test_nothing_is_kept_once_the_level_is_recorded(cases):
    client, fast = client_of(ACCOUNT_MANAGER), cases["Fast"].pk
    sent = shown({f"used_{fast}": False, f"reason_{fast}": "Late."}, client.get(page(cases["Macon"])))
    factories.charged_level(cases["Macon"], 2, "SMALL", ON)

    response = client.post(page(cases["Macon"]), sent, follow=True)

    assert "Macon starts at Small, decided on 15 January 2000." in words(response)
    assert ComparableChoice.objects.count() == 0


# ---- the decision ----------------------------------------------------------------------------------------------------


def test_proposal_is_chosen_before_anybody_chooses(cases):
    form = client_of(ACCOUNT_MANAGER).get(page(cases["Macon"])).context["decision"]

    assert form["level_code"].value() == "SMALL"
    assert form.fields["level_code"].choices == [
        ("VERY_SMALL", "Very Small, 163,000.00 a year"),
        ("SMALL", "Small, 198,000.00 a year"),
    ]


@pytest.mark.parametrize(("code", "name"), [("SMALL", "Small"), ("VERY_SMALL", "Very Small")])
def test_level_is_recorded_with_its_reason(cases, code, name):
    response = client_of(ACCOUNT_MANAGER).post(
        page(cases["Macon"]), {"level_code": code, "reason": "Median of 250 days; M. Sternberg."}, follow=True
    )

    assert f"Macon starts at {name} in annual period 2." in words(response)
    assert response.redirect_chain == [(reverse("sites:site_detail", args=[cases["Macon"].pk]), 302)]
    (level,) = ChargedLevel.objects.select_related("level")
    assert (level.period_number, level.level.code, level.agreed_on, level.is_starting, level.reason) == (
        2,
        code,
        ON,
        True,
        "Median of 250 days; M. Sternberg.",
    )


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"level_code": "SMALL", "reason": " "}, "reason"),
        ({"level_code": "SMALL", "reason": "x" * 201}, "reason"),
        ({"level_code": "LARGE", "reason": "Why not."}, "level_code"),
        ({"reason": "Why not."}, "level_code"),
    ],
)
def test_decision_without_a_level_or_a_reason_comes_back(cases, sent, field):
    response = client_of(ACCOUNT_MANAGER).post(page(cases["Macon"]), sent)

    assert list(response.context["decision"].errors) == [field]
    assert ChargedLevel.objects.count() == 0


@pytest.mark.parametrize("sent", [{"compare": "1"}, {"level_code": "SMALL", "reason": "Why not."}])
@pytest.mark.parametrize("starts_on", [date(1999, 8, 15), date(2000, 10, 1)])
def test_nothing_is_recorded_where_there_is_nothing_to_decide(agreement, starts_on, sent):
    site = factories.site(agreement, "Lubbock", starts_on)

    response = client_of(ACCOUNT_MANAGER).post(page(site), sent)

    assert (response.status_code, response["Location"]) == (302, page(site))
    assert ChargedLevel.objects.count() == 0


def test_level_that_was_recorded_meanwhile_is_shown_instead(cases):
    factories.charged_level(cases["Macon"], 2, "VERY_SMALL", ON)

    response = client_of(ACCOUNT_MANAGER).post(
        page(cases["Macon"]), {"level_code": "SMALL", "reason": "Why not."}, follow=True
    )

    assert "Macon starts at Very Small, decided on 15 January 2000." in words(response)
    assert [row.level.code for row in ChargedLevel.objects.select_related("level")] == ["VERY_SMALL"]


# ---- figures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 3, 30])
def test_page_asks_the_same_number_of_queries(agreement, number, django_assert_num_queries):
    site = planned(agreement)
    for position in range(number):
        other = past(agreement, f"City {position:02}", 100 + position)
        ComparableChoice.objects.create(
            site=site, comparable=other, included=False, reason="Full at once.", decided_on=ON
        )
    client = client_of(ACCOUNT_MANAGER)

    with django_assert_num_queries(PAGE):
        client.get(page(site))


PAGE = 21
