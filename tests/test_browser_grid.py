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


def test_two_hundred_rows_are_pasted_within_a_second(grid):
    page = grid(200)
    expect(cell(page, "City 0001")).to_be_focused()
    lines = [
        "\t".join(str(quantity) for quantity in reference.counts(GE=number % 40).values()) for number in range(200)
    ]
    text = "\r\n".join(lines)
    begun = time.monotonic()
    shown = paste(page, text)

    expect(cell(page, "City 0200", "DACS IV")).to_have_value("1")
    expect(page.locator('tr[data-name="City 0200"] .level-name')).to_have_text("Large")
    expect(page.locator('tr[data-name="City 0200"] .says b')).to_have_text("many more")
    print(f"\nPasted 200 x 6 figures: shown after {shown:.2f} s, levels after {time.monotonic() - begun:.2f} s")
    assert shown < SECONDS
    assert status(page).inner_text().endswith("200 rows unsaved")


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
