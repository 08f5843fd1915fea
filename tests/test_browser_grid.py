"""The month grid in a browser: keying without a mouse, pasting, undoing, conflicts, and being without a server."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from sites.models import ComponentCount, CountChange
from tests import factories, reference
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, user_of

pytestmark = pytest.mark.django_db(transaction=True)
OCTOBER, NOVEMBER = date(1998, 10, 31), date(1998, 11, 30)
CODES = [component.code for component in reference.COMPONENTS]
SAVED = re.compile(r"^saved \d{1,2}:\d\d$")
SECONDS = 1.0
PATIENCE = 20
SAVING = 30_000
"""Milliseconds for a page of rows to be saved, one after the other."""


@pytest.fixture(autouse=True)
def _december_1998(settings, live_server) -> None:
    settings.BUSINESS_DATE = date(1998, 12, 10)


def with_sites(agreement, number: int) -> list:
    sites = factories.sites(agreement, number)
    ComponentCount.objects.bulk_create(
        ComponentCount(site=site, component_code=code, counted_on=OCTOBER, quantity=quantity, recorded_on=OCTOBER)
        for site in sites
        for code, quantity in reference.counts().items()
    )
    return sites


@pytest.fixture
def grid(browser_page, sign_in, agreement) -> Iterator[Callable[[int], Page]]:
    """Open the grid of November 1998, with so many sites counted in October; at the end no request is left behind."""
    begun, ended = [], []
    browser_page.on("request", lambda request: begun.append(request.url))
    browser_page.on("requestfinished", lambda request: ended.append(request.url))
    browser_page.on("requestfailed", lambda request: ended.append(request.url))

    def opened(number: int) -> Page:
        with_sites(agreement, number)
        sign_in(user_of(DATA_ENTRY))
        browser_page.goto(f"/agreements/{agreement.pk}/counts/1998-11/")
        return browser_page

    yield opened
    browser_page.wait_for_timeout(300)
    quiet = 0
    while len(ended) < len(begun) and quiet < PATIENCE:  # a page that was left takes some of its requests along
        before = len(ended)
        browser_page.wait_for_timeout(50)
        quiet = quiet + 1 if len(ended) == before else 0


def cell(page: Page, site: str, component: str = "gateway elements"):
    return page.get_by_label(f"{component}, {site}", exact=True)


def state(page: Page, site: str):
    return page.locator(f'tr[data-name="{site}"] .state-text')


def status(page: Page):
    return page.locator("#grid-status")


def paste(page: Page, text: str) -> float:
    """Paste into the active cell, as the browser does it, and return the seconds until it is drawn."""
    return page.evaluate(
        """async text => {
            const begun = performance.now();
            const data = new DataTransfer();
            data.setData("text/plain", text);
            const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
            document.activeElement.dispatchEvent(event);
            await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
            return (performance.now() - begun) / 1000;
        }""",
        text,
    )


def on_file(day: date = NOVEMBER) -> dict[tuple[str, str], int]:
    rows = ComponentCount.objects.filter(counted_on=day).select_related("site")
    return {(row.site.city, row.component_code): row.quantity for row in rows}


def eventually(check: Callable[[], bool]) -> None:
    """Wait for what the server does beside the page."""
    until = time.monotonic() + 15
    while not check():
        assert time.monotonic() < until, "It did not come true."
        time.sleep(0.05)


def test_twelve_sites_are_keyed_with_the_keyboard_alone(grid):
    page = grid(12)
    expect(cell(page, "City 0001")).to_be_focused()
    figures = {}
    for number in range(1, 13):
        for position, (code, quantity) in enumerate(reference.counts(GE=10 + number).items()):
            page.keyboard.type(str(quantity))
            figures[f"City {number:04}", code] = quantity
            last = number == 12 and position == len(CODES) - 1
            page.keyboard.press("Enter" if last else "Tab")

    expect(status(page)).to_contain_text("Everything is saved")
    for number in range(1, 13):
        expect(state(page, f"City {number:04}")).to_have_text(SAVED)
    assert on_file() == figures
    expect(page.locator("#grid-count")).to_have_text("72 of 72 on file")
    expect(page.locator('tr[data-name="City 0012"] .level-name')).to_have_text("Small")
    expect(page.locator('tr[data-name="City 0012"] .measured .state')).to_have_text("was Very Small")


def test_keys_move_replace_edit_and_put_back(grid):
    page = grid(3)
    first = cell(page, "City 0001")
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    expect(cell(page, "City 0002")).to_be_focused()
    page.keyboard.press("Shift+Enter")
    expect(first).to_be_focused()
    page.keyboard.type("1")
    expect(first).to_have_value("1")
    page.keyboard.press("Escape")
    expect(first).to_have_value("12")
    page.keyboard.press("F2")
    page.keyboard.press("ArrowLeft")
    page.keyboard.type("0")
    expect(first).to_have_value("102")
    page.keyboard.press("Escape")
    page.keyboard.press("Delete")
    expect(first).to_have_value("")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    expect(cell(page, "City 0001", "5ESS")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(cell(page, "City 0002", "5ESS")).to_be_focused()
    page.keyboard.press("End")
    expect(cell(page, "City 0002", "DACS IV")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Day of new counts in November 1998, City 0002")).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("link", name="City 0002")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+Tab")
    expect(cell(page, "City 0001", "DACS IV")).to_be_focused()
    page.keyboard.press("Control+End")
    expect(cell(page, "City 0003", "DACS IV")).to_be_focused()
    page.keyboard.press("Control+Home")
    expect(first).to_be_focused()


def test_a_jump_and_the_new_level_are_told_once_the_cell_is_left(grid):
    page = grid(1)
    page.keyboard.type("30")
    page.keyboard.press("Tab")

    row = page.locator('tr[data-name="City 0001"]')
    expect(row.locator(".says").first).to_have_text("+20 many more")
    expect(row.locator(".level-name")).to_have_text("Medium")
    expect(cell(page, "City 0001")).to_have_attribute(
        "title", "20 more gateway elements than the 10 before. Check it. Before: 10 on 31 October 1998."
    )
    assert on_file() == {}


def test_the_day_of_a_row_is_the_day_of_its_counts(grid):
    page = grid(2)
    page.get_by_label("Day of new counts in November 1998, City 0001").fill("27")
    cell(page, "City 0001").fill("11")
    page.keyboard.press("Enter")

    expect(state(page, "City 0001")).to_have_text(SAVED)
    assert on_file(date(1998, 11, 27)) == {("City 0001", "GE"): 11}


def test_a_row_that_was_counted_and_is_unchanged_takes_one_click(grid):
    page = grid(2)
    cell(page, "City 0001").fill("11")
    same = page.get_by_label("counted, unchanged: City 0001")
    same.check()
    same.uncheck()
    same.check()

    page.get_by_role("button", name="Save all").click()

    expect(state(page, "City 0001")).to_have_text(SAVED)
    expect(same).not_to_be_checked()
    assert on_file(NOVEMBER) == {("City 0001", code): number for code, number in (reference.counts(GE=11)).items()}
    assert ComponentCount.objects.filter(counted_on=NOVEMBER, source="month grid: counted, unchanged").count() == 5


def test_a_correction_waits_for_its_reason_and_emptying_withdraws(grid, agreement):
    page = grid(2)
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    expect(state(page, "City 0001")).to_have_text(SAVED)
    reason = page.get_by_label("Reason for the correction, City 0001")
    expect(reason).to_be_hidden()

    cell(page, "City 0001").fill("13")
    page.keyboard.press("Enter")
    expect(state(page, "City 0001")).to_have_text("unsaved: a correction needs a reason")
    reason.fill("Recount")
    page.keyboard.press("Tab")
    expect(state(page, "City 0001")).to_have_text(SAVED)
    expect(reason).to_be_hidden()
    assert on_file() == {("City 0001", "GE"): 13}

    cell(page, "City 0001").fill("")
    page.get_by_label("Reason for corrections").fill("Wrong city")
    page.keyboard.press("Enter")
    expect(state(page, "City 0001")).to_have_text(SAVED)
    assert on_file() == {}
    assert [change.reason for change in CountChange.objects.order_by("pk")] == ["", "Recount", "Wrong city"]


def test_what_is_no_count_is_refused_at_its_cell(grid):
    page = grid(2)
    page.keyboard.type("1,200")
    page.keyboard.press("Enter")

    expect(state(page, "City 0001")).to_have_text("refused: see below")
    expect(cell(page, "City 0001")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("tr.wrong")).to_have_text("gateway elements: 1,200 has a thousands separator. Type 1200.")
    cell(page, "City 0001").fill("12")
    page.keyboard.press("Enter")
    expect(state(page, "City 0001")).to_have_text(SAVED)
    expect(page.locator("tr.wrong")).to_have_count(0)


def test_the_history_of_the_active_figure_is_one_key_away(grid):
    page = grid(2)
    link = page.locator("#figure-history")
    page.keyboard.type("12")
    page.keyboard.press("Enter")
    expect(state(page, "City 0001")).to_have_text(SAVED)
    expect(link).to_be_hidden()
    page.keyboard.press("ArrowUp")
    expect(link).to_have_text("History of gateway elements, City 0001, and dependent documents")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/counts/GE/1998-11-30/")


# ---- Pasting -----------------------------------------------------------------------------------------------------


def test_a_rectangle_is_laid_from_the_active_cell_and_taken_back(grid):
    page = grid(3)
    cell(page, "City 0002", "SLC").focus()
    paste(page, '5\t"2"\r\n7\t1\r\n')

    expect(cell(page, "City 0002", "SLC")).to_have_value("5")
    expect(cell(page, "City 0003", "SM")).to_have_value("1")
    expect(state(page, "City 0002")).to_have_text("unsaved: pasted")
    expect(page.locator("#paste-report")).to_be_hidden()
    page.keyboard.press("Control+z")
    expect(cell(page, "City 0002", "SLC")).to_have_value("")
    expect(state(page, "City 0003")).to_have_text("")

    paste(page, "6\t1")
    expect(cell(page, "City 0002", "SLC")).to_have_value("6")
    page.get_by_role("button", name="Undo the paste of 2 figures").click()
    expect(cell(page, "City 0002", "SLC")).to_have_value("")
    expect(page.get_by_role("button", name="Undo the paste")).to_be_hidden()


def test_what_does_not_fit_or_is_no_count_is_listed(grid):
    page = grid(2)
    cell(page, "City 0002", "DACS II").focus()
    paste(page, "1,200\t\t9\n3\t4")

    report = page.locator("#paste-report")
    expect(report.locator("p")).to_have_text("0 figures pasted. 1 empty cell changed nothing. 3 left out:")
    expect(report.locator("li")).to_have_text(
        [
            "City 0002, DACS II: “1,200” has a thousands separator: it would be 1200.",
            "Line 1, City 0002: there is no column left for 9.",
            "Line 2: there is no row left for it (3, 4).",
        ]
    )
    expect(cell(page, "City 0002", "DACS II")).to_have_value("")
    report.get_by_role("button", name="Close this list").click()
    expect(report).to_be_hidden()


def test_names_that_come_with_a_paste_are_matched(grid):
    page = grid(3)
    paste(page, "Site\tSLC\tGateway Elements\tSTM\nCity 0003\t6\t14\t1\nNowhere\t1\t2\t3\n")

    expect(cell(page, "City 0003", "SLC")).to_have_value("6")
    expect(cell(page, "City 0003")).to_have_value("14")
    expect(page.locator("#paste-report li")).to_have_text(
        ["The column “STM” is no component here.", "Line 3: “Nowhere” is no site of this month (1, 2, 3)."]
    )
    expect(page.locator("#paste-report p")).to_have_text("2 figures pasted. 2 left out:")
    page.get_by_role("button", name="Save all").click()
    expect(state(page, "City 0003")).to_have_text(SAVED)
    assert on_file() == {("City 0003", "SLC"): 6, ("City 0003", "GE"): 14}


def lines_of(number: int, **changed: int) -> str:
    """So many lines of six figures each, with gateway elements from 10 on that no site has twice in a row."""
    return "\r\n".join(
        "\t".join(str(quantity) for quantity in reference.counts(**({"GE": 10 + place % 5} | changed)).values())
        for place in range(number)
    )


def rest(page: Page):
    return page.locator("#paste-rest")


def test_two_hundred_rows_are_pasted_over_four_pages_each_within_a_second(grid):
    page = grid(200)
    expect(cell(page, "City 0001")).to_be_focused()
    shown = paste(page, lines_of(200, GE=39))

    expect(cell(page, "City 0050", "DACS IV")).to_have_value("1")
    expect(page.locator('tr[data-name="City 0050"] .level-name')).to_have_text("Large")
    expect(page.locator('tr[data-name="City 0050"] .says b')).to_have_text("many more")
    assert shown < SECONDS
    assert status(page).inner_text() == "300 figures pasted. 150 rows belong on other pages. · 50 rows unsaved"
    expect(rest(page).locator("p")).to_have_text("150 rows of what was pasted on page 1 belong on pages 2, 3 and 4.")
    for number in (2, 3, 4):
        page.get_by_role("button", name=f"Save and go on to page {number}").click()
        page.wait_for_url(f"**?page={number}")
        page.get_by_role("button", name="Fill in the 50 rows").click()
        expect(status(page)).to_have_text("300 figures pasted. · 50 rows unsaved")
    expect(rest(page)).to_be_hidden()
    page.get_by_role("button", name="Save all of page 4").click()
    expect(status(page)).to_contain_text("Everything is saved", timeout=SAVING)
    expect(page.locator("#grid-count")).to_have_text("1200 of 1200 on file")
    assert {quantity for (_site, code), quantity in on_file().items() if code == "GE"} == {39}
    assert len(on_file()) == 1200


def test_a_paste_goes_on_over_two_pages_and_marks_jumps_on_the_second(grid):
    page = grid(72)
    cell(page, "City 0002").focus()
    lines = lines_of(70).split("\r\n")
    lines[60] = "30" + lines[60][2:]
    paste(page, "\n".join(lines))
    expect(cell(page, "City 0050")).to_have_value("13")
    expect(rest(page).locator("p")).to_have_text("21 rows of what was pasted on page 1 belong on page 2.")

    page.get_by_role("button", name="Save and go on to page 2").click()
    page.wait_for_url("**?page=2")
    assert len(on_file()) == 49 * 6
    expect(rest(page).locator("p")).to_have_text("21 rows of what was pasted on page 1 belong on this page.")
    expect(cell(page, "City 0051")).to_have_value("")
    page.get_by_role("button", name="Fill in the 21 rows").click()
    expect(cell(page, "City 0051")).to_be_focused()
    jumped = page.locator('tr[data-name="City 0062"]')
    expect(jumped.locator(".says").first).to_have_text("+20 many more")
    expect(jumped.locator(".level-name")).to_have_text("Medium")
    expect(page.locator(".month-table .says b")).to_have_count(1)
    assert len(on_file()) == 49 * 6

    page.get_by_role("button", name="Undo the paste of 126 figures").click()
    expect(cell(page, "City 0062")).to_have_value("")
    page.get_by_role("button", name="Fill in the 21 rows").click()
    page.get_by_role("button", name="Save all of page 2").click()
    expect(status(page)).to_contain_text("Everything is saved", timeout=SAVING)
    expect(page.locator(".month-pages li")).to_have_text(["Page 1 6 to count", "Page 2 6 to count"])
    expect(page.locator("#grid-count")).to_have_text("420 of 432 on file")
    figures = on_file()
    assert [figures[f"City {number:04}", "GE"] for number in (2, 50, 51, 62, 71)] == [10, 13, 14, 30, 14]
    assert not {site for site, _code in figures} & {"City 0001", "City 0072"}
    page.reload()
    expect(rest(page)).to_be_hidden()


def test_what_was_pasted_for_another_page_waits_until_it_is_saved_or_dropped(grid):
    page = grid(102)
    paste(page, "City 0101\t12\t1\nCity 0001\t11\nCity 0060\tx\nNowhere\t4\n")
    expect(cell(page, "City 0001")).to_have_value("11")
    expect(page.locator("#paste-report li")).to_have_text(["Line 4: “Nowhere” is no site of this month (4)."])
    expect(rest(page).locator("p")).to_have_text("2 rows of what was pasted on page 1 belong on pages 2 and 3.")
    page.get_by_role("button", name="Undo the paste of 1 figure").click()
    expect(rest(page)).to_be_hidden()

    cell(page, "City 0001").focus()
    paste(page, "City 0101\t12\t1\nCity 0001\t11\nCity 0060\tx\n")
    page.get_by_role("button", name="Save and go on to page 2").click()
    page.wait_for_url("**?page=2")
    page.get_by_role("button", name="Fill in the 1 row").click()
    expect(page.locator("#paste-report li")).to_have_text(
        ["City 0060, gateway elements: “x” is no count: a whole number from 0 to 999999999."]
    )
    page.locator('.month-pages a[data-page="3"]').click()
    page.wait_for_url("**?page=3")
    page.get_by_role("button", name="Fill in the 1 row").click()
    expect(cell(page, "City 0101", "5ESS")).to_have_value("1")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(cell(page, "City 0101")).to_have_value("")
    expect(rest(page).locator("p")).to_have_text("1 row of what was pasted on page 1 belongs on this page.")
    rest(page).get_by_role("button", name="Drop it").click()
    expect(status(page)).to_have_text("1 row of what was pasted on page 1 is dropped.")
    page.reload()
    expect(rest(page)).to_be_hidden()
    assert on_file() == {("City 0001", "GE"): 11}


def test_a_page_with_a_refused_row_is_not_left(grid):
    page = grid(60)
    cell(page, "City 0001").fill("x")
    cell(page, "City 0050").focus()
    paste(page, "11\n12")
    page.get_by_role("button", name="Save and go on to page 2").click()

    expect(status(page)).to_have_text("This page is not saved yet: see the rows that are marked. · 1 row unsaved")
    expect(state(page, "City 0001")).to_have_text("refused: see below")
    assert "page=2" not in page.url
    assert on_file() == {("City 0050", "GE"): 11}


def test_keys_stop_at_the_end_of_a_page_and_save(grid):
    page = grid(51)
    cell(page, "City 0050").focus()
    page.keyboard.type("12")
    page.keyboard.press("ArrowDown")
    expect(cell(page, "City 0050")).to_be_focused()
    page.keyboard.press("Enter")
    expect(cell(page, "City 0050")).to_be_focused()
    expect(state(page, "City 0050")).to_have_text(SAVED)
    expect(page.locator(".month-pages [aria-current]")).to_have_text("Page 1 299 to count")


# ---- Somebody else, and nobody at all ----------------------------------------------------------------------------


def test_a_conflict_shows_both_figures_and_one_of_them_is_kept(grid, browser, agreement, live_server):
    page = grid(2)
    client = Client()
    manager = browser.new_context(base_url=live_server.url)
    client.force_login(user_of(ACCOUNT_MANAGER))
    session = client.cookies["sessionid"].value
    manager.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    other = manager.new_page()
    other.goto(page.url)
    for site, quantity in (("City 0001", "11"), ("City 0002", "21")):
        cell(other, site).fill(quantity)
    other.get_by_role("button", name="Save all").click()
    expect(status(other)).to_contain_text("Everything is saved")
    manager.close()

    cell(page, "City 0001").fill("12")
    cell(page, "City 0001", "SM").fill("2")
    page.keyboard.press("Enter")
    expect(state(page, "City 0001")).to_have_text("refused: somebody else saved first")
    expect(page.locator("tr.wrong li")).to_contain_text(
        "gateway elements: 11 was stored by account-manager on 10 December 1998, since this page was opened. "
        "You typed 12. Keep one of the two."
    )
    assert on_file() == {("City 0001", "GE"): 11, ("City 0002", "GE"): 21}
    page.get_by_role("button", name="Keep mine: 12").click()
    page.get_by_label("Reason for the correction, City 0001").fill("Counted twice")
    page.keyboard.press("Tab")
    expect(state(page, "City 0001")).to_have_text(SAVED)

    cell(page, "City 0002").fill("22")
    cell(page, "City 0002", "SM").fill("1")
    page.keyboard.press("Control+s")
    page.get_by_role("button", name="Take theirs: 21").click()
    expect(cell(page, "City 0002")).to_have_value("21")
    page.keyboard.press("Control+s")
    expect(status(page)).to_contain_text("Everything is saved")
    assert on_file() == {
        ("City 0001", "GE"): 12,
        ("City 0001", "SM"): 2,
        ("City 0002", "GE"): 21,
        ("City 0002", "SM"): 1,
    }


def test_without_a_server_a_row_stays_unsaved_and_is_tried_again(grid):
    page = grid(2)
    page.context.set_offline(True)
    page.keyboard.type("12")
    page.keyboard.press("Enter")

    expect(state(page, "City 0001")).to_contain_text("unsaved: the server did not answer")
    expect(cell(page, "City 0001")).to_have_value("12")
    page.context.set_offline(False)
    expect(state(page, "City 0001")).to_have_text(SAVED)
    assert on_file() == {("City 0001", "GE"): 12}


def test_somebody_signed_out_is_told_and_nothing_typed_is_lost(grid):
    page = grid(2)
    page.context.clear_cookies(name="sessionid")
    page.keyboard.type("12")
    page.keyboard.press("Enter")

    expect(state(page, "City 0001")).to_have_text(
        "unsaved: you are signed out. Sign in in another tab, then save again."
    )
    expect(cell(page, "City 0001")).to_have_value("12")
    assert on_file() == {}


def test_leaving_warns_while_something_is_unsaved_and_only_then(grid):
    page = grid(2)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    address = page.url

    page.keyboard.type("12")
    page.get_by_role("link", name="Agreements").first.click(no_wait_after=True)
    eventually(lambda: page.wait_for_timeout(50) or asked == ["beforeunload"])
    assert page.url == address

    page.get_by_role("button", name="Save all").click()
    expect(status(page)).to_contain_text("Everything is saved")
    page.get_by_role("link", name="Agreements").first.click()
    page.wait_for_url("**/agreements/")
    assert asked == ["beforeunload"]


def test_the_form_posts_whole_without_javascript(browser, live_server, client, agreement):
    with_sites(agreement, 3)
    client.force_login(user_of(DATA_ENTRY))
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    session = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"/agreements/{agreement.pk}/counts/1998-11/")
    cell(page, "City 0001").fill("12")
    cell(page, "City 0003").fill("x")
    page.get_by_role("button", name="Save all").click()
    expect(page.get_by_text("Nothing was saved. Rows to look at: 1.")).to_be_visible()
    expect(cell(page, "City 0001")).to_have_value("12")
    cell(page, "City 0003").fill("14")
    page.get_by_role("button", name="Save all").click()
    expect(page.get_by_text("Saved: 2 recorded.")).to_be_visible()
    context.close()

    assert on_file() == {("City 0001", "GE"): 12, ("City 0003", "GE"): 14}


def test_a_page_posts_whole_without_javascript_and_the_others_stay(browser, live_server, client, agreement):
    with_sites(agreement, 52)
    client.force_login(user_of(DATA_ENTRY))
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    session = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"/agreements/{agreement.pk}/counts/1998-11/")
    page.get_by_role("navigation", name="Pages of the month").get_by_role("link", name="Page 2").click()
    cell(page, "City 0052").fill("x")
    page.get_by_role("button", name="Save all of page 2").click()
    expect(page.get_by_text("Nothing was saved. Rows to look at: 1.")).to_be_visible()
    cell(page, "City 0052").fill("14")
    page.get_by_role("button", name="Save all of page 2").click()
    expect(page.get_by_text("Saved: 1 recorded.")).to_be_visible()
    expect(page.locator(".month-pages li")).to_have_text(["Page 1 300 to count", "Page 2 11 to count"])
    assert page.url.endswith("?page=2")
    context.close()

    assert on_file() == {("City 0052", "GE"): 14}


def test_every_input_has_a_name_and_the_page_is_no_wider_than_a_phone(grid):
    page = grid(3)
    for entry in page.locator("main :is(input:not([type=hidden]), select, textarea)").all():
        name = entry.evaluate("element => element.ariaLabel || element.labels[0]?.textContent || ''")
        assert name, entry.get_attribute("name")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_link_leads_to_the_row_of_a_site_which_is_marked_below_the_heading(grid, agreement):
    page = grid(40)
    row = page.locator('tr[data-name="City 0030"]')
    page.goto(f"/agreements/{agreement.pk}/counts/1998-11/#{row.get_attribute('id')}")

    expect(row).to_be_in_viewport()
    washed = [one.evaluate("cell => getComputedStyle(cell).backgroundColor") for one in row.locator("th, td").all()]
    assert set(washed) == {"rgb(253, 241, 216)"}
    heading = page.locator("thead .site")
    place = heading.bounding_box()
    assert heading.evaluate(
        "(cell, [x, y]) => document.elementFromPoint(x, y) === cell", [place["x"] + 9, place["y"] + 9]
    )
