"""The month grid as a page, as one form without a script, and as rows saved one by one."""

import json
import re
from datetime import date
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from contracts.periods import Month
from sites.models import ComponentCount, CountChange, LackingFigures, MissingCount
from tests import factories, reference
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, VIEWER, client_of, user_of

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(date(1998, 12, 10))]

SEPTEMBER, OCTOBER, NOVEMBER = (Month(1998, number) for number in (9, 10, 11))
LAST = date(1998, 11, 30)


@pytest.fixture
def augusta(agreement):
    site = factories.site(agreement, "Augusta", state="GA")
    factories.counts(site, date(1998, 10, 31), reference.counts())
    return site


@pytest.fixture
def entry():
    return client_of(DATA_ENTRY)


def page_of(client, agreement, month=NOVEMBER, **query):
    return client.get(reverse("sites:month_grid", args=[agreement.pk, month]), query)


def text_of(page) -> str:
    return unescape(page.content.decode())


def input_of(page, name: str, *, decoded: bool = True) -> str:
    found = re.search(rf'<input [^>]*name="{re.escape(name)}"[^>]*>', page.content.decode())
    text = found[0] if found else ""
    return unescape(text) if decoded else text


def seen_of(page, site) -> str:
    return re.search(r'value="([^"]*)"', page.content.decode().split(f'name="{site.pk}.seen"')[1])[1].replace(
        "&quot;", '"'
    )


def form_of(page, site, **typed) -> dict:
    """The row of a site as the page sends it, with some figures typed."""
    row = {"seen": seen_of(page, site), "day": "30", "reason": ""} | typed
    return {f"{site.pk}.{name}": value for name, value in row.items()}


def save_row(client, page, site, month=NOVEMBER, reason="", **typed):
    address = reverse("sites:month_grid_row", args=[site.agreement_id, month, site.pk])
    return client.post(address, form_of(page, site, **typed) | {"reason": reason})


def counted(site, day=LAST) -> dict:
    return dict(ComponentCount.objects.filter(site=site, counted_on=day).values_list("component_code", "quantity"))


# ---- Finding the month -------------------------------------------------------------------------------------------


def test_counts_lead_to_the_last_month_that_has_begun(entry, agreement, augusta):
    answer = entry.get(reverse("sites:counts", args=[agreement.pk]))

    assert answer.headers["Location"] == f"/agreements/{agreement.pk}/counts/1998-12/"


def test_counts_of_an_agreement_whose_sites_are_gone_lead_to_their_last_month(entry, agreement, augusta):
    augusta.removed_on = date(1998, 10, 20)
    augusta.save()

    answer = entry.get(reverse("sites:counts", args=[agreement.pk]))
    assert answer.headers["Location"] == f"/agreements/{agreement.pk}/counts/1998-10/"


@pytest.mark.parametrize("month", ["1998-13", "1998-00", "1998-1", "98-10", "1999-01", "1998-10-01", "9998-10"])
def test_a_month_that_is_none_or_has_not_begun_is_not_found(month, entry, agreement, augusta):
    assert entry.get(f"/agreements/{agreement.pk}/counts/{month}/").status_code == 404


def test_the_months_beside_are_linked_as_far_as_there_is_something_to_count(entry, agreement, augusta):
    links = {
        month: re.findall(r'rel="(?:prev|next)" href="[^"]*/([0-9-]+)/"', text_of(page_of(entry, agreement, month)))
        for month in (OCTOBER, NOVEMBER, Month(1998, 12))
    }

    assert list(links.values()) == [["1998-11"], ["1998-10", "1998-12"], ["1998-11"]]


def test_a_month_without_a_site_says_so(entry, agreement, augusta):
    text = text_of(page_of(entry, agreement, SEPTEMBER))

    assert "No site of the agreement is in service in September 1998" in text
    assert '<form method="post" id="month-grid"' not in text


# ---- What the page shows -----------------------------------------------------------------------------------------


def test_a_cell_stands_beside_the_last_count_with_its_date(entry, agreement, augusta):
    page = page_of(entry, agreement)

    cell = input_of(page, f"{augusta.pk}.GE")
    assert 'value=""' in cell
    assert 'aria-label="gateway elements, Augusta, GA"' in cell
    assert 'title="Before: 10 on 31 October 1998."' in cell
    assert '<span class="was" title="Before: 10 on 31 October 1998">10</span>' in text_of(page)
    assert 'value="30"' in input_of(page, f"{augusta.pk}.day")
    assert "0 of 6 on file" in text_of(page)
    assert '<span class="level-name">Very Small</span>' in text_of(page)


def test_a_figure_on_file_shows_its_change_what_is_unusual_and_the_new_level(entry, agreement, augusta):
    factories.counts(augusta, date(1998, 11, 20), {"GE": 30, "SLC": 4})
    page = page_of(entry, agreement)

    assert 'value="30"' in input_of(page, f"{augusta.pk}.GE")
    assert 'title="On file: 30 on 20 November 1998. Before: 10 on 31 October 1998."' in input_of(
        page, f"{augusta.pk}.GE"
    )
    text = text_of(page)
    assert '<span class="change-text">+20</span> <b title="20 more gateway elements than the 10 before.' in text
    assert ">many more</b>" in text
    assert ">fewer</b>" in text
    assert '<span class="level-name">Medium</span> <span class="state state-warn">was Very Small</span>' in text
    assert "30 of 35 gateway elements." in text
    assert "2 of 6 on file" in text


def test_nothing_unusual_is_not_marked(entry, agreement, augusta):
    factories.counts(augusta, LAST, reference.counts(GE=11))
    text = text_of(page_of(entry, agreement))

    assert '<span class="change-text">+1</span>' in text
    assert [word in text for word in ("</b>", "state-warn", 'class="cell jump"', "missing:")] == [False] * 4


def test_the_running_month_proposes_the_business_date(entry, agreement, augusta):
    page = page_of(entry, agreement, Month(1998, 12))

    assert 'value="10"' in input_of(page, f"{augusta.pk}.day")


def test_a_site_that_starts_later_cannot_be_counted_yet(entry, agreement, augusta):
    planned = factories.site(agreement, "Macon", date(1998, 12, 20), state="GA")
    page = page_of(entry, agreement, Month(1998, 12))

    assert "In service from 20 December 1998: it can be counted from then on." in text_of(page)
    assert input_of(page, f"{planned.pk}.GE") == ""
    assert "Macon" not in text_of(page_of(entry, agreement))


def test_a_figure_marked_as_missing_says_so(entry, agreement, augusta):
    MissingCount.objects.create(
        site=augusta, component_code="GE", month=date(1998, 11, 1), reason="Meter broken", recorded_on=LAST
    )
    page = page_of(entry, agreement)

    assert "missing: Meter broken" in text_of(page)
    assert "Marked as missing: Meter broken" in input_of(page, f"{augusta.pk}.GE")


def test_after_the_expiration_the_page_says_that_no_level_can_be_measured(entry, agreement, augusta, settings):
    settings.BUSINESS_DATE = date(2000, 11, 10)
    page = page_of(entry, agreement, Month(2000, 10))

    assert "expired on 30 September 2000" in text_of(page)
    assert "Counts can be entered; no level can be measured." in text_of(page)
    assert input_of(page, f"{augusta.pk}.GE")
    assert "no level can be measured" not in text_of(page_of(entry, agreement))


def test_a_further_count_of_the_month_stands_beside_the_one_on_file(entry, agreement, augusta):
    factories.counts(augusta, date(1998, 11, 10), {"GE": 12})
    assert 'href="?after=10"' in text_of(page_of(entry, agreement))

    page = page_of(entry, agreement, after="10")
    assert 'value=""' in input_of(page, f"{augusta.pk}.GE")
    assert "Before: 12 on 10 November 1998." in input_of(page, f"{augusta.pk}.GE")
    address = reverse("sites:month_grid_row", args=[agreement.pk, NOVEMBER, augusta.pk]) + "?after=10"
    assert entry.post(address, form_of(page, augusta, GE="13")).status_code == 200
    assert counted(augusta) == {"GE": 13}
    assert counted(augusta, date(1998, 11, 10)) == {"GE": 12}


@pytest.mark.parametrize("after", ["0", "31", "x", "\u0663", "-1", "99999999999", ""])
def test_a_further_count_after_no_day_of_the_month_is_the_month(after, entry, agreement, augusta):
    factories.counts(augusta, date(1998, 11, 10), {"GE": 12})

    assert 'value="12"' in input_of(page_of(entry, agreement, after=after), f"{augusta.pk}.GE")


def test_no_price_is_on_the_page(entry, agreement, augusta):
    text = text_of(page_of(entry, agreement))

    assert [price in text for price in ("163,000", "198,000", "USD")] == [False] * 3


# ---- Who may do what ---------------------------------------------------------------------------------------------


def test_who_may_only_see_gets_plain_text(agreement, augusta):
    factories.counts(augusta, LAST, {"GE": 11})
    viewer = client_of(VIEWER)
    page = page_of(viewer, agreement)

    assert 'title="On file: 11 on 30 November 1998. Before: 10 on 31 October 1998."><a href="/sites/' in text_of(page)
    assert [word in text_of(page) for word in ("<input name", "Save all", "grid.js", "Keys and pasting")] == [False] * 4
    assert viewer.post(reverse("sites:month_grid", args=[agreement.pk, NOVEMBER]), {}).status_code == 403
    address = reverse("sites:month_grid_row", args=[agreement.pk, NOVEMBER, augusta.pk])
    assert viewer.post(address, {}).status_code == 403


def test_who_may_enter_but_not_correct_gets_inputs_for_what_is_not_on_file(client, agreement, augusta):
    factories.counts(augusta, LAST, {"GE": 11})
    user = user_of(VIEWER)
    user.user_permissions.add(Permission.objects.get(codename="add_componentcount"))
    client.force_login(user)
    page = page_of(client, agreement)

    assert [bool(input_of(page, f"{augusta.pk}.{name}")) for name in ("GE", "SM", "reason")] == [False, True, False]
    assert "Reason for corrections" not in text_of(page)
    answer = save_row(client, page, augusta, GE="12", reason="Recount")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["says"].endswith("You may enter counts, but not correct them.")


def test_a_role_without_counts_does_not_get_in(client, agreement, augusta):
    user = user_of(VIEWER)
    user.groups.clear()
    client.force_login(user)
    names = ("month_grid", "month_grid_figures")
    addresses = [reverse(f"sites:{name}", args=[agreement.pk, NOVEMBER]) for name in names]
    addresses.append(reverse("sites:counts", args=[agreement.pk]))

    assert [client.get(address).status_code for address in addresses] == [403] * 3


# ---- The whole form, without a script ----------------------------------------------------------------------------


def post_form(client, agreement, *rows, **fields):
    address = reverse("sites:month_grid", args=[agreement.pk, NOVEMBER])
    data = {name: value for row in rows for name, value in row.items()}
    return client.post(address, data | fields)


def test_the_form_saves_all_rows_and_returns_to_the_page(entry, agreement, augusta):
    reno = factories.site(agreement, "Reno", state="NV")
    page = page_of(entry, agreement)
    figures = {"GE": "12", "5ESS": "1", "SLC": "5", "SM": "1", "DACS2": "1", "DACS4": "1"}

    answer = post_form(entry, agreement, form_of(page, augusta, **figures), form_of(page, reno, GE="9", day="28"))

    assert answer.headers["Location"] == f"/agreements/{agreement.pk}/counts/1998-11/"
    assert counted(augusta) == {code: int(text) for code, text in figures.items()}
    assert counted(reno, date(1998, 11, 28)) == {"GE": 9}
    assert "Saved: 7 recorded." in text_of(page_of(entry, agreement))


def test_what_was_counted_and_is_unchanged_is_recorded_with_the_new_day_and_says_so(entry, agreement, augusta):
    reno = factories.site(agreement, "Reno", state="NV")
    before = reference.counts()
    page = page_of(entry, agreement)
    assert f'name="{augusta.pk}.unchanged"' in page.content.decode()
    assert f'name="{reno.pk}.unchanged"' not in page.content.decode()

    post_form(
        entry,
        agreement,
        form_of(page, augusta, **dict.fromkeys(before, "") | {"GE": "13", "unchanged": "on"}),
        form_of(page, reno),
    )

    assert counted(augusta) == before | {"GE": 13}
    sources = ComponentCount.objects.filter(counted_on=LAST).order_by("component_code")
    assert dict(sources.values_list("component_code", "source")) == dict.fromkeys(
        before, "month grid: counted, unchanged"
    ) | {"GE": "month grid"}
    assert f'name="{augusta.pk}.unchanged"' not in page_of(entry, agreement).content.decode()


def test_a_site_that_was_never_counted_asks_for_its_first_count(entry, agreement, augusta):
    assert "first count due" not in text_of(page_of(entry, agreement))
    reno = factories.site(agreement, "Reno", state="NV", in_service_on=date(1998, 11, 16))
    assert text_of(page_of(entry, agreement)).count("first count due") == 1
    factories.counts(reno, date(1998, 11, 20), reference.counts())
    assert "first count due" not in text_of(page_of(entry, agreement))


def test_a_second_day_with_equal_figures_is_stored_as_a_further_count(entry, agreement, augusta):
    factories.counts(augusta, date(1998, 11, 10), {"GE": 12})
    page = page_of(entry, agreement)
    answer = post_form(entry, agreement, form_of(page, augusta, GE="12", day="20"))
    assert "A second count of the month is entered as a further count" in text_of(entry.get(answer.headers["Location"]))

    page = page_of(entry, agreement, after="10")
    address = reverse("sites:month_grid_row", args=[agreement.pk, NOVEMBER, augusta.pk]) + "?after=10"
    assert entry.post(address, form_of(page, augusta, GE="=", day="20")).status_code == 200
    assert ComponentCount.objects.get(counted_on=date(1998, 11, 20)).quantity == 12


def test_unchanged_since_no_count_is_refused(entry, agreement):
    reno = factories.site(agreement, "Reno", state="NV")

    answer = save_row(entry, page_of(entry, agreement), reno, SLC="=")

    assert answer.status_code == 422
    assert [error["says"] for error in answer.json()["errors"]] == [
        "SLC: Nothing was counted before, so it cannot be unchanged. Type a whole number."
    ]


def test_one_error_keeps_the_form_from_being_saved_and_nothing_typed_is_lost(entry, agreement, augusta):
    reno = factories.site(agreement, "Reno", state="NV")
    page = page_of(entry, agreement)

    answer = post_form(
        entry, agreement, form_of(page, augusta, GE="1,200", SM="2", day="29"), form_of(page, reno, GE="9")
    )

    assert answer.status_code == 200
    assert ComponentCount.objects.filter(counted_on__month=11).count() == 0
    wrong = input_of(answer, f"{augusta.pk}.GE")
    assert 'value="1,200"' in wrong
    assert f'aria-invalid="true" aria-describedby="wrong-{augusta.pk}"' in wrong
    assert 'value="2"' in input_of(answer, f"{augusta.pk}.SM")
    assert 'value="29"' in input_of(answer, f"{augusta.pk}.day")
    assert 'value="9"' in input_of(answer, f"{reno.pk}.GE")
    assert "aria-invalid" not in input_of(answer, f"{reno.pk}.GE")
    text = text_of(answer)
    assert "<li>gateway elements: 1,200 has a thousands separator. Type 1200.</li>" in text
    assert "Nothing was saved. Rows to look at: 1." in text
    assert "Nothing was saved" not in text_of(page)


def test_a_correction_needs_a_reason_and_that_of_the_page_serves(entry, agreement, augusta):
    factories.counts(augusta, LAST, {"GE": 11})
    page = page_of(entry, agreement)

    refused = post_form(entry, agreement, form_of(page, augusta, GE="12"))
    assert 'aria-invalid="true"' in input_of(refused, f"{augusta.pk}.reason")
    assert "Say why it is corrected." in text_of(refused)

    assert post_form(entry, agreement, form_of(page, augusta, GE="12"), reason="Recount").status_code == 302
    assert counted(augusta) == {"GE": 12}
    assert CountChange.objects.get().reason == "Recount"


def test_a_conflict_shows_both_values_and_the_next_post_keeps_mine(entry, agreement, augusta):
    page = page_of(entry, agreement)
    factories.counts(augusta, LAST, {"GE": 11})

    answer = post_form(entry, agreement, form_of(page, augusta, GE="12"))

    assert counted(augusta) == {"GE": 11}
    assert "gateway elements: 11 was stored on 30 November 1998, since this page was opened. You typed 12." in text_of(
        answer
    )
    assert 'value="12"' in input_of(answer, f"{augusta.pk}.GE")
    assert json.loads(seen_of(answer, augusta)) == {"GE": ["1998-11-30", 11]}
    post_form(entry, agreement, form_of(answer, augusta, GE="12", reason="Mine is right"))
    assert counted(augusta) == {"GE": 12}


def test_a_row_that_cannot_be_read_is_told(entry, agreement, augusta):
    page = page_of(entry, agreement)

    answer = post_form(entry, agreement, form_of(page, augusta, GE="12", seen="{"))
    assert "This row is out of date. Load the page again." in text_of(answer)
    assert counted(augusta) == {}


# ---- Rows one by one ---------------------------------------------------------------------------------------------


def test_a_row_is_saved_and_answered_as_it_stands_then(entry, agreement, augusta):
    answer = save_row(entry, page_of(entry, agreement), augusta, GE="17", SM="1").json()

    assert counted(augusta) == {"GE": 17, "SM": 1}
    assert answer["message"] == "Saved: 2 recorded."
    assert LackingFigures.objects.get(month="1998-11-01").figures == len(reference.counts()) - 2
    assert json.loads(answer["row"]["seen"]) == {"GE": ["1998-11-30", 17], "SM": ["1998-11-30", 1]}
    assert answer["row"]["level"] == {
        "name": "Small",
        "says": ["17 of 25 gateway elements."],
        "from": "Very Small",
        "doubtful": False,
    }
    assert answer["row"]["cells"]["GE"] == {
        "filed": "17",
        "change": "+7",
        "word": "many more",
        "why": "7 more gateway elements than the 10 before. Check it.",
        "title": "On file: 17 on 30 November 1998. Before: 10 on 31 October 1998.",
    }


def test_a_refused_row_names_the_places(entry, agreement, augusta):
    answer = save_row(entry, page_of(entry, agreement), augusta, GE="-1", SM="1", day="31")

    assert answer.status_code == 422
    assert [(error["place"], error["says"]) for error in answer.json()["errors"]] == [
        ("GE", "gateway elements: -1 is negative. A count is a whole number from 0."),
        ("day", "Type the day on which it was counted: a number from 1 to 30, in November 1998."),
    ]
    assert counted(augusta) == {}


def test_a_conflict_is_answered_with_both_values_and_what_is_on_file(entry, agreement, augusta):
    page = page_of(entry, agreement)
    factories.counts(augusta, LAST, {"GE": 11})

    answer = save_row(entry, page, augusta, GE="12")

    assert answer.status_code == 409
    (conflict,) = answer.json()["conflicts"]
    assert (conflict["code"], conflict["stored"], conflict["typed"]) == ("GE", "11", "12")
    assert json.loads(answer.json()["row"]["seen"]) == {"GE": ["1998-11-30", 11]}
    assert counted(augusta) == {"GE": 11}


def test_a_row_of_another_agreement_is_not_found(entry, agreement, augusta):
    other = factories.site(factories.agreement("OTHER"), "Reno")
    address = reverse("sites:month_grid_row", args=[agreement.pk, NOVEMBER, other.pk])

    assert entry.post(address, {f"{other.pk}.GE": "4"}).status_code == 404
    assert entry.get(address).status_code == 405
    for key in ("0", "99999999999999999999"):
        assert entry.post(f"/agreements/{agreement.pk}/counts/1998-11/sites/{key}/").status_code == 404
        assert entry.get(f"/agreements/{key}/counts/1998-11/").status_code == 404


def test_figures_answer_for_what_is_typed_and_write_nothing(entry, agreement, augusta):
    reno = factories.site(agreement, "Reno", state="NV")
    address = reverse("sites:month_grid_figures", args=[agreement.pk, NOVEMBER])

    answer = entry.get(address, {"site": [augusta.pk, reno.pk], f"{augusta.pk}.GE": "9", f"{reno.pk}.GE": "x"}).json()

    rows = answer["rows"]
    assert rows[str(augusta.pk)]["cells"]["GE"]["word"] == "fewer"
    assert rows[str(augusta.pk)]["level"]["name"] == "Very Small"
    assert rows[str(reno.pk)]["level"] is None
    assert ComponentCount.objects.filter(counted_on__month=11).count() == 0


@pytest.mark.parametrize("site", ["0", "x", "99999999999999999999", "\u0663", "9" * 5000])
def test_figures_of_no_site_are_none(site, entry, agreement, augusta):
    address = reverse("sites:month_grid_figures", args=[agreement.pk, NOVEMBER])

    assert entry.get(address, {"site": site}).json() == {"rows": {}}


# ---- What it costs -----------------------------------------------------------------------------------------------

QUERIES, OF_FIGURES = 21, 19


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_costs_the_same_queries_for_any_number_of_sites(number, agreement, django_assert_num_queries):
    for site in factories.sites(agreement, number):
        factories.counts(site, date(1998, 10, 31), reference.counts())
        factories.counts(site, LAST, reference.counts(GE=30))
    manager = client_of(ACCOUNT_MANAGER)

    with django_assert_num_queries(QUERIES):
        assert page_of(manager, agreement).status_code == 200


@pytest.mark.parametrize("number", [1, 3])
def test_figures_cost_the_same_queries_for_any_number_of_rows(number, agreement, django_assert_num_queries):
    sites = factories.sites(agreement, number)
    manager = client_of(ACCOUNT_MANAGER)
    address = reverse("sites:month_grid_figures", args=[agreement.pk, NOVEMBER])

    with django_assert_num_queries(OF_FIGURES):
        manager.get(address, {"site": [site.pk for site in sites]})


def test_a_page_of_many_sites_costs_what_it_shows(agreement, django_assert_num_queries):
    with_sites(agreement, 120)
    manager = client_of(ACCOUNT_MANAGER)

    with django_assert_num_queries(QUERIES):
        page = page_of(manager, agreement, page="2")

    assert page.content.count(b'<tr id="site-') == 50
    assert len(page.content) < 250_000


# ---- The pages of a month ----------------------------------------------------------------------------------------


def with_sites(agreement, number: int) -> list:
    """So many sites, all of them counted in October."""
    sites = factories.sites(agreement, number)
    ComponentCount.objects.bulk_create(
        ComponentCount(
            site=site, component_code=code, counted_on=date(1998, 10, 31), quantity=quantity, recorded_on=LAST
        )
        for site in sites
        for code, quantity in reference.counts().items()
    )
    return sites


def rows_of(page) -> list[str]:
    return re.findall(r'<tr id="site-[0-9]+" data-site="[0-9]+" data-name="([^"]*)"', page.content.decode())


def lacks_of(page) -> dict[str, str]:
    """What the head says that each page lacks."""
    links = re.findall(r'data-page="([0-9]+)" title="[^"]*"[^>]*>Page [0-9]+ <span[^>]*>([^<]*)<', text_of(page))
    return dict(links)


def test_the_head_counts_the_whole_month_and_says_what_each_page_lacks(entry, agreement):
    sites = with_sites(agreement, 101)
    for site in (*sites[:50], sites[60]):
        factories.counts(site, date(1998, 11, 20), reference.counts())
    factories.counts(sites[60], date(1998, 11, 10), {"GE": 3})
    factories.counts(sites[61], date(1998, 11, 30), {"XX": 1})
    mark = {"month": date(1998, 11, 1), "reason": "Meter broken", "recorded_on": LAST}
    for code in ("GE", "SM"):
        MissingCount.objects.create(site=sites[100], component_code=code, **mark)
    MissingCount.objects.create(site=sites[60], component_code="GE", **mark)
    sites[100].is_demonstration = True
    sites[100].save()

    pages = [page_of(entry, agreement, page=str(number)) for number in (1, 2, 3)]

    for page in pages:
        assert f"{51 * 6 + 1} of {101 * 7} on file" in text_of(page)
        assert "Demonstration data" in text_of(page)
        assert lacks_of(page) == {"1": "50 to count", "2": "343 to count", "3": "5 to count"}
        assert '<th scope="col" class="figure" data-code="XX">' in text_of(page)
    assert [rows_of(page)[::49] for page in pages] == [
        ["City 0001", "City 0050"],
        ["City 0051", "City 0100"],
        ["City 0101"],
    ]
    assert re.findall(r'data-page="([0-9])" title="[^"]*" aria-current', text_of(pages[1])) == ["2"]
    assert "Save all of page 2</button>" in text_of(pages[1])


def test_the_further_count_is_offered_after_the_last_day_of_the_whole_month(entry, agreement):
    sites = with_sites(agreement, 51)
    for site, day in ((sites[0], 10), (sites[50], 17)):
        factories.counts(site, date(1998, 11, day), {"GE": 12})

    assert 'href="?after=17"' in text_of(page_of(entry, agreement))
    assert lacks_of(page_of(entry, agreement, after="17")) == {"1": "300 to count", "2": "6 to count"}


def test_a_page_of_which_nothing_is_left_says_so(entry, agreement):
    sites = with_sites(agreement, 51)
    factories.counts(sites[50], LAST, reference.counts())

    assert lacks_of(page_of(entry, agreement)) == {"1": "300 to count", "2": "nothing to count"}


def test_a_month_of_one_page_says_nothing_of_pages(entry, agreement):
    with_sites(agreement, 50)
    text = text_of(page_of(entry, agreement))

    assert [word in text for word in ("month-pages", 'id="grid-places"', "Page 1", "of page 1")] == [False] * 4
    assert "Save all</button>" in text


@pytest.mark.parametrize(("asked", "first"), [("99", "City 0101"), ("0", "City 0101"), ("x", "City 0001")])
def test_a_page_that_is_none_leads_where_other_lists_do(asked, first, entry, agreement):
    with_sites(agreement, 101)

    assert rows_of(page_of(entry, agreement, page=asked))[0] == first


@pytest.mark.parametrize(("number", "place"), [(0, "page=1"), (49, "page=1"), (50, "page=2")])
def test_an_address_with_a_site_leads_to_the_page_of_its_row(number, place, entry, agreement):
    site = with_sites(agreement, 51)[number]

    led = page_of(entry, agreement, site=str(site.pk), after="10")

    assert led.headers["Location"] == f"/agreements/{agreement.pk}/counts/1998-11/?after=10&{place}#site-{site.pk}"
    assert f'<tr id="site-{site.pk}"' in text_of(entry.get(led.headers["Location"]))


def test_an_address_with_a_site_that_is_not_in_the_month_is_not_found(entry, agreement, augusta):
    planned = factories.site(agreement, "Macon", date(1998, 12, 20))

    for site in (planned.pk, "x", "", "9" * 30):
        assert page_of(entry, agreement, site=str(site)).status_code == 404


def test_saving_a_page_leaves_the_others_alone_and_returns_to_it(entry, agreement):
    sites = with_sites(agreement, 52)
    page = page_of(entry, agreement, page="2")
    factories.counts(sites[0], LAST, {"GE": 3})

    rows = form_of(page, sites[50], GE="12") | form_of(page, sites[51], SM="1")
    answer = entry.post(f"{page.request['PATH_INFO']}?page=2", rows)

    assert answer.headers["Location"] == f"/agreements/{agreement.pk}/counts/1998-11/?page=2"
    assert [counted(site) for site in (sites[0], sites[1], *sites[50:])] == [{"GE": 3}, {}, {"GE": 12}, {"SM": 1}]


def test_a_refused_page_is_shown_with_its_own_rows(entry, agreement):
    sites = with_sites(agreement, 52)
    page = page_of(entry, agreement, page="2")

    answer = entry.post(f"{page.request['PATH_INFO']}?page=2", form_of(page, sites[51], GE="x"), follow=True)

    assert rows_of(answer) == ["City 0051", "City 0052"]
    assert "Nothing was saved. Rows to look at: 1." in text_of(answer)
    assert 'href="?page=1"' in text_of(answer)


def test_a_row_that_went_to_another_page_since_is_saved_with_those_it_was_sent_with(entry, agreement):
    sites = with_sites(agreement, 51)
    page = page_of(entry, agreement)
    factories.site(agreement, "Albany")

    rows = form_of(page, sites[0], GE="12") | form_of(page, sites[49], GE="13")
    entry.post(page.request["PATH_INFO"], rows)

    assert [counted(site) for site in (sites[0], sites[49])] == [{"GE": 12}, {"GE": 13}]


# ---- The way there -----------------------------------------------------------------------------------------------


def test_the_pages_of_the_agreement_and_of_the_site_lead_to_the_counts(client, entry, agreement, augusta):
    pages = [reverse("sites:agreement_detail", args=[agreement.pk]), reverse("sites:site_detail", args=[augusta.pk])]
    link = f'href="/agreements/{agreement.pk}/counts/"'
    assert [link in text_of(entry.get(address)) for address in pages] == [True, True]

    blind = user_of(VIEWER)
    blind.groups.clear()
    blind.user_permissions.set(Permission.objects.filter(codename__in=["view_agreement", "view_site"]))
    client.force_login(blind)
    assert [link in text_of(client.get(address)) for address in pages] == [False, False]


def test_files_the_report_and_the_history_of_figures_are_linked_for_those_who_may(agreement, augusta):
    factories.counts(augusta, LAST, {"GE": 11})
    start = f"/agreements/{agreement.pk}"
    files = [f"{start}/import/counts/", f"{start}/counts/template/?month=1998-11&format=xlsx"]
    export = f"{start}/counts/export/?first=1998-11&last=1998-11&format=xlsx"
    report = f"{start}/reports/1998-11/"
    history = f"/sites/{augusta.pk}/counts/GE/1998-11-30/"
    linked = {}
    for role in (VIEWER, DATA_ENTRY, ACCOUNT_MANAGER):
        client = client_of(role)
        text = text_of(page_of(client, agreement))
        linked[role] = [address for address in (*files, export, report, history) if f'href="{address}"' in text]
        assert {client.get(address).status_code for address in linked[role]} == {200}

    assert linked == {
        VIEWER: [export, report, history],
        DATA_ENTRY: [*files, export, report],
        ACCOUNT_MANAGER: [*files, export, report],
    }
