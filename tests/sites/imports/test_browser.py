"""Importing in a browser: a file dropped onto the page, the questions it raises, and the page of a phone."""

from datetime import date

import pytest

from sites.models import ComponentCount, ImportedFile
from tests import factories
from tests.people import DATA_ENTRY, user_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.business_date(date(1999, 7, 15))]


DROP = """text => {
    const data = new DataTransfer();
    data.items.add(new File([text], "dropped.csv", {type: "text/csv"}));
    for (const name of ["dragenter", "dragover", "drop"])
        document.body.dispatchEvent(new DragEvent(name, {dataTransfer: data, bubbles: true, cancelable: true}));
}"""
NAMELESS = """() => [...document.querySelectorAll("main :is(input, select)")]
    .filter(input => input.type !== "hidden" && !(input.labels && input.labels.length)).map(input => input.name)"""
WIDER = "document.documentElement.scrollWidth > window.innerWidth"


def test_a_dropped_file_is_looked_through_asked_about_and_imported(browser_page, sign_in):
    agreement = factories.agreement()
    factories.counts(factories.site(agreement, "Augusta"), date(1999, 6, 30), {"GE": 10})
    sign_in(user_of(DATA_ENTRY))
    browser_page.goto(f"/agreements/{agreement.pk}/import/counts/")
    assert browser_page.evaluate(NAMELESS) == []

    browser_page.evaluate(DROP, "site,date,gateway-elements,dacs iv,remark\nAugusta,1999-06-30,11,1,ok\n")

    browser_page.get_by_label("“remark”", exact=True).select_option("Leave this column out")
    browser_page.get_by_role("button", name="Check the file again").click()
    browser_page.get_by_label("Why figures on file are corrected").fill("Recounted")
    assert browser_page.evaluate(NAMELESS) == []
    assert ImportedFile.objects.count() == 0
    browser_page.get_by_role("button", name="Import 1 row").click()
    browser_page.get_by_text("dropped.csv: 1 row stored, 1 figure corrected.").wait_for()
    assert set(ComponentCount.objects.values_list("component_code", "quantity")) == {("GE", 11), ("DACS4", 1)}


def test_what_is_dropped_and_no_file_changes_nothing(browser_page, sign_in):
    agreement = factories.agreement()
    sign_in(user_of(DATA_ENTRY))
    browser_page.goto(f"/agreements/{agreement.pk}/import/counts/")

    browser_page.evaluate(
        "() => document.body.dispatchEvent(new DragEvent('drop', {dataTransfer: new DataTransfer(), bubbles: true}))"
    )

    assert browser_page.url.endswith("/import/counts/")
    assert browser_page.locator(".drop-ready").count() == 0


def test_no_page_of_an_import_is_wider_than_a_phone(browser_page, sign_in):
    agreement = factories.agreement()
    factories.site(agreement, "Augusta")
    sign_in(user_of(DATA_ENTRY))
    browser_page.set_viewport_size({"width": 390, "height": 800})
    browser_page.goto(f"/agreements/{agreement.pk}/import/counts/")
    assert not browser_page.evaluate(WIDER)
    rows = f"Augusta,1999-06-30,1,{'x' * 300}\n{'A' * 200},1999-06-30,1,1\n"
    browser_page.evaluate(DROP, f"site,date,GE,SLC\n{rows}")
    browser_page.get_by_text("cannot be imported").wait_for()
    assert not browser_page.evaluate(WIDER)
    browser_page.goto(f"/agreements/{agreement.pk}/imports/")
    assert not browser_page.evaluate(WIDER)
