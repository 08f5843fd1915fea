"""Pages of the monthly report: who sees and does what, what each state shows, and what a list costs."""

import io
import re
from datetime import date

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from contracts.periods import Month
from sites.models import ComponentCount, MissingCount, MonthlyReport, ReportAcknowledgment, ReportPdf
from sites.reports.printing import REPORT_PDFS
from tests import event_pages, factories, reference
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, client_of
from tests.sites.reports.cases import NOVEMBER, OCTOBER, counted_sites, issued
from tests.sites.reports.test_reporting import correct, mark, revise

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(date(1998, 11, 15))]


def address(name: str, site, month: Month = OCTOBER, *more) -> str:
    return reverse(f"sites:{name}", args=(site.agreement_id, month, *more))


def text(page) -> str:
    """The words of a page, with single blanks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


def items(page) -> list[str]:
    """The items of the lists of a page, with single blanks."""
    found = re.findall(r"<li>(.*?)</li>", page.content.decode(), re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", item).split()) for item in found]


# ---- who ---------------------------------------------------------------------------------------------------------

EVENTS = ("report_issue", "report_acknowledge", "report_missing")


def test_nobody_without_the_permission_takes_a_mark_back():
    (site,) = counted_sites()
    mark(site, ["SLC"], NOVEMBER)
    unmark = address("report_unmark", site, NOVEMBER)

    assert client_of(FINANCE).post(unmark, {"marked": [f"{site.pk}:SLC"]}).status_code == 403
    assert MissingCount.objects.exists()


@pytest.mark.parametrize("month", ["1998-09", "1998-12", "2000-10", "1998-13"])
def test_month_without_a_report_is_not_found(month):
    (site,) = counted_sites()

    assert client_of(VIEWER).get(f"/agreements/{site.agreement_id}/reports/{month}/").status_code == 404


def test_revision_that_is_not_there_is_not_found():
    (site,) = counted_sites()
    issued(site.agreement)

    assert client_of(VIEWER).get(address("report_revision", site, OCTOBER, 1)).status_code == 404


# ---- the page of a month -----------------------------------------------------------------------------------------


def test_ready_month_shows_live_figures_and_offers_to_issue():
    (site,) = counted_sites()
    page = client_of(ACCOUNT_MANAGER).get(address("month_report", site))
    message = text(page)

    assert ["Ready to issue" in message, "Late by 5 days" in message, "31 October 1998" in message] == [True] * 3
    assert address("report_issue", site) in page.content.decode()
    assert address("report_missing", site) not in page.content.decode()
    assert "<svg" in page.content.decode()


def test_site_that_was_not_counted_in_the_month_says_when_it_was():
    (site,) = counted_sites()

    assert "City 0001 last counted 31 October 1998" in text(
        client_of(VIEWER).get(address("month_report", site, NOVEMBER))
    )


def test_viewer_sees_no_button():
    (site,) = counted_sites()
    html = client_of(VIEWER).get(address("month_report", site)).content.decode()

    assert [address(name, site) in html for name in EVENTS] == [False] * 3


def test_month_with_missing_figures_names_them_and_cannot_be_issued():
    (site,) = counted_sites()
    ComponentCount.objects.filter(site=site, component_code="SLC").delete()
    page = client_of(ACCOUNT_MANAGER).get(address("month_report", site))
    message = text(page)

    assert "The report cannot be issued" in message
    assert "City 0001 : SLC" in message
    assert f'{address("report_issue", site)}"' not in page.content.decode()
    assert f"{address('report_missing', site)}?site={site.pk}" in page.content.decode()


def test_running_month_is_preliminary():
    (site,) = counted_sites()
    page = client_of(ACCOUNT_MANAGER).get(address("month_report", site, NOVEMBER))
    message = text(page)

    assert "Preliminary" in message
    assert "The month is not over. Not counted yet:" in message
    assert f'{address("report_issue", site, NOVEMBER)}"' not in page.content.decode()


def test_site_that_waits_for_its_first_count_is_named_once_until_it_is_entered():
    """What the report lacks is figures of the site; what a review lacks is said beside them, not of the site again."""
    (site,) = counted_sites()
    client, page = client_of(ACCOUNT_MANAGER), address("month_report", site)
    assert "first count due" not in text(client.get(page))
    reno = factories.site(site.agreement, "Reno", date(1998, 10, 20))
    factories.counts(reno, date(1998, 10, 20), {"GE": 10})
    factories.counts(reno, date(1998, 9, 30), {"SM": 1})

    shown = client.get(page)

    (notice,) = [item for item in items(shown) if item.startswith("Reno")]
    assert notice == (
        "Reno : 5ESS, SLC, DACS II, DACS IV, SM; first count due: in service since 20 October 1998: no count of 5ESS, "
        "SLC, DACS II and DACS IV Mark as missing"
    )
    assert "Without a first count on file, no renewal review can say what has changed since." in text(shown)
    assert f"{address('month_grid', site)}?site={reno.pk}" in shown.content.decode()
    factories.counts(reno, date(1998, 11, 2), reference.counts())
    assert "first count due" not in text(client.get(page))


def test_site_whose_figures_are_marked_as_missing_waits_for_its_first_count_all_the_same():
    (site,) = counted_sites()
    reno = factories.site(site.agreement, "Reno", date(1998, 10, 20))
    mark(reno, reference.SMALLEST)

    shown = client_of(ACCOUNT_MANAGER).get(address("month_report", site))

    assert [item for item in items(shown) if item.startswith("Reno")] == [
        "Reno , in service since 20 October 1998: no count"
    ]


def test_issued_month_shows_what_was_issued_and_offers_the_acknowledgment():
    (site,) = counted_sites()
    report = issued(site.agreement)
    REPORT_PDFS.make(report)
    page = client_of(ACCOUNT_MANAGER).get(address("month_report", site))
    html = page.content.decode()

    assert "Figures have changed since" not in html
    assert address("report_acknowledge", site) in html
    assert f'{address("report_issue", site)}"' not in html
    assert address("report_revision_pdf", site, OCTOBER, 0) in html


def test_correction_shows_a_notice_and_leaves_the_frozen_figures():
    (site,) = counted_sites()
    issued(site.agreement)
    correct(site, 18)
    page = client_of(ACCOUNT_MANAGER).get(address("month_report", site))
    message = text(page)

    assert "Figures have changed since this report was issued" in message
    assert "gateway elements: 13 (31 October 1998) → 18 (31 October 1998)" in message
    assert page.context["page"].content["totals"][0]["quantity"] == 13
    assert "Issue a revision" in message


def test_earlier_revision_is_shown_as_it_was():
    (site,) = counted_sites()
    issued(site.agreement)
    correct(site, 18)
    revise(site.agreement)
    client = client_of(ACCOUNT_MANAGER)
    first = client.get(address("report_revision", site, OCTOBER, 0))
    latest = client.get(address("month_report", site))

    assert "This is an earlier report of the month" in text(first)
    assert first.context["page"].content["totals"][0]["quantity"] == 13
    assert address("report_acknowledge", site) not in first.content.decode()
    assert "This is an earlier report" not in text(latest)
    assert "What this revision changes" in text(latest)
    assert "Two units were overlooked" in text(latest)


# ---- events ------------------------------------------------------------------------------------------------------


def test_issuing_on_the_page_freezes_the_report(django_capture_on_commit_callbacks):
    (site,) = counted_sites()
    client = client_of(ACCOUNT_MANAGER)
    form = client.get(address("report_issue", site)).context["form"]
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(address("report_issue", site), {"seen": form.initial["seen"]}, follow=True)

    assert "Monthly report October 1998 is issued." in text(answer)
    report = MonthlyReport.objects.get()
    assert (report.issued_on, report.issued_by.username) == (date(1998, 11, 15), "account-manager")
    stored = client.get(address("report_revision_pdf", site, OCTOBER, 0))
    assert stored.content.startswith(b"%PDF")
    assert len(stored.content) == report.pdf.size


def test_issuing_after_a_change_shows_the_refusal():
    (site,) = counted_sites()
    client = client_of(ACCOUNT_MANAGER)
    seen = client.get(address("report_issue", site)).context["form"].initial["seen"]
    correct(site, 18)
    answer = client.post(address("report_issue", site), {"seen": seen})

    assert "Figures have changed since this page was opened" in text(answer)
    assert not MonthlyReport.objects.exists()


def test_revising_on_the_page_asks_for_a_reason():
    (site,) = counted_sites()
    issued(site.agreement)
    correct(site, 18)
    client = client_of(ACCOUNT_MANAGER)
    page = client.get(address("report_issue", site))
    seen = page.context["form"].initial["seen"]
    without = client.post(address("report_issue", site), {"seen": seen, "reason": ""})
    client.post(address("report_issue", site), {"seen": seen, "reason": "A count was corrected"})

    assert "Issue revision 1 of the report" in text(page)
    assert without.context["form"].errors["reason"] == ["This field is required."]
    assert MonthlyReport.objects.latest("pk").reason == "A count was corrected"


def test_marking_and_taking_back_on_the_page():
    (site,) = counted_sites()
    ComponentCount.objects.filter(site=site, component_code__in=["SLC", "SM"]).delete()
    client = client_of(DATA_ENTRY)
    where = address("report_missing", site)
    chosen = client.get(f"{where}?site={site.pk}").context["form"].initial["figures"]
    client.post(where, {"figures": chosen[:1], "reason": "Flood"})
    marked = client.get(where)
    client.post(address("report_unmark", site), {"marked": chosen[:1]})

    assert chosen == [f"{site.pk}:SLC", f"{site.pk}:SM"]
    assert "City 0001, SLC (Flood)" in text(marked)
    assert not MissingCount.objects.exists()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"reason": "Flood"}, "figures"),
        ({"figures": ["1:XYZ"], "reason": "Flood"}, "figures"),
        ({"figures": ["x"], "reason": "Flood"}, "figures"),
        ({"reason": ""}, "reason"),
    ],
)
def test_refused_marks_stand_at_their_field(typed, field):
    (site,) = counted_sites()
    ComponentCount.objects.filter(site=site, component_code="SLC").delete()
    answer = client_of(DATA_ENTRY).post(address("report_missing", site), typed)

    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert not MissingCount.objects.exists()


def test_acknowledging_on_the_page():
    (site,) = counted_sites()
    issued(site.agreement)
    client = client_of(ACCOUNT_MANAGER)
    typed = {"acknowledged_by": "M. Sternberg", "acknowledged_on": "1998-11-04"}
    refused = client.post(address("report_acknowledge", site), typed)
    answer = client.post(address("report_acknowledge", site), typed | {"acknowledged_on": "1998-11-09"}, follow=True)

    assert "cannot be acknowledged before that" in str(refused.context["form"].errors["acknowledged_on"])
    assert "M. Sternberg, 9 November 1998" in text(answer)
    assert address("report_acknowledge", site) not in answer.content.decode()


def test_report_that_is_not_issued_cannot_be_acknowledged():
    (site,) = counted_sites()

    client, url = client_of(ACCOUNT_MANAGER), address("report_acknowledge", site)

    assert event_pages.led_back(client, url, stored=ReportAcknowledgment.objects.count).endswith(
        "is not issued yet. Issue it first."
    )


# ---- files -------------------------------------------------------------------------------------------------------


def test_stored_pdf_is_sent_byte_by_byte(settings):
    (site,) = counted_sites()
    pdf = REPORT_PDFS.make(issued(site.agreement))
    answer = client_of(VIEWER).get(address("report_pdf", site))

    assert answer.content == (settings.DOCUMENTS_DIR / pdf.file_name).read_bytes()
    assert answer.headers["Content-Disposition"] == ('inline; filename="Monthly-report-LNS970602JC-1998-10.pdf"')


def test_pdf_that_is_not_made_yet_is_said():
    (site,) = counted_sites()
    issued(site.agreement)
    answer = client_of(VIEWER).get(address("report_pdf", site), follow=True)

    assert "is not made: its printing failed or was broken off." in text(answer)
    assert "Whoever may issue monthly reports can make it here." in text(answer)


def test_pdf_that_was_never_made_is_made_from_the_page(settings):
    (site,) = counted_sites()
    issued(site.agreement)
    client, making = client_of(ACCOUNT_MANAGER), address("report_make_pdf", site, OCTOBER, 0)

    assert "Make the PDF now" in text(client.get(address("month_report", site)))
    client.get(making)
    assert not ReportPdf.objects.exists()
    assert client_of(VIEWER).post(making).status_code == 403
    made = client.post(making, follow=True)

    assert "is made." in text(made)
    assert "Make the PDF now" not in text(made)
    assert client.get(address("report_pdf", site)).content.startswith(b"%PDF-1.7")


def test_sheet_holds_the_figures_as_numbers():
    (site,) = counted_sites()
    answer = client_of(VIEWER).get(address("report_xlsx", site))
    sheet = load_workbook(io.BytesIO(answer.content))["Sites"]

    assert [cell.value for cell in list(sheet.rows)[-1]][3:9] == [13, 1, 5, 1, 1, 1]


@pytest.mark.parametrize(("role", "sees"), [(VIEWER, True), (DATA_ENTRY, False)])
@pytest.mark.parametrize("is_issued", [False, True])
def test_the_charged_level_is_shown_to_those_only_who_see_it_on_the_pages_of_sites(role, sees, is_issued):
    (site,) = counted_sites()
    if is_issued:
        REPORT_PDFS.make(issued(site.agreement))
        correct(site, 40)
    client = client_of(role)
    page = client.get(address("month_report", site)).content.decode()
    workbook = load_workbook(io.BytesIO(client.get(address("report_xlsx", site)).content))
    cells = [str(cell.value) for sheet in workbook for row in sheet.rows for cell in row]

    assert [word in page for word in ("Charged level", "Sites charged", "limits of the charged level")] == [sees] * 3
    assert [word in cells for word in ("Charged level", "Provisional", "Sites charged")] == [sees] * 3
    assert ("Sites measured" in page, "Measured level" in cells) == (True, True)
    assert ("report.pdf" in page, client.get(address("report_pdf", site)).status_code) == (sees, 200 if sees else 403)


# ---- lists -------------------------------------------------------------------------------------------------------


def test_list_shows_what_is_late_first():
    agreement = factories.agreement()
    counted_sites(1, agreement)
    other = factories.agreement("OTHER-2")
    counted_sites(1, other)
    issued(agreement)
    page = client_of(VIEWER).get(reverse("sites:report_list"))

    rows = [(str(one.status.month), one.agreement.number, one.status.state.value) for one in page.context["table"].data]
    assert rows == [
        ("October 1998", "OTHER-2", "ready"),
        ("November 1998", "LNS970602JC", "preliminary"),
        ("November 1998", "OTHER-2", "preliminary"),
        ("October 1998", "LNS970602JC", "issued"),
    ]
    assert {tab.value: tab.count for tab in page.context["tabs"]} == {
        None: 4,
        "late": 1,
        "missing": 0,
        "ready": 1,
        "preliminary": 2,
        "issued": 1,
        "acknowledged": 0,
        "upcoming": 44,
    }


@pytest.mark.parametrize("state", ["late", "issued", "upcoming", "nonsense", "\uffff"])
def test_list_by_state(state):
    (site,) = counted_sites()
    page = client_of(VIEWER).get(reverse("sites:agreement_reports", args=(site.agreement_id,)), {"state": state})

    assert page.status_code == 200
    shown = {one.status.state.value for one in page.context["table"].data}
    expected = {"late": {"ready"}, "issued": set(), "upcoming": {"upcoming"}}
    assert shown == expected.get(state, set())
    assert ("A filter above cannot be read" in text(page)) is (state not in expected)


def test_list_without_agreements_says_so():
    assert "No report is due yet" in text(client_of(VIEWER).get(reverse("sites:report_list")))


def test_agreement_page_and_navigation_lead_to_the_reports():
    (site,) = counted_sites()
    html = client_of(VIEWER).get(reverse("sites:agreement_detail", args=(site.agreement_id,))).content.decode()

    assert reverse("sites:agreement_reports", args=(site.agreement_id,)) in html
    assert f'href="{reverse("sites:report_list")}"' in html


@pytest.mark.parametrize("number", [1, 3])
def test_list_costs_the_same_for_any_number_of_agreements(number, django_assert_num_queries):
    client = client_of(VIEWER)
    for position in range(number):
        counted_sites(number, factories.agreement(f"A-{position}"))
    client.get(reverse("sites:report_list"))

    with django_assert_num_queries(29):
        client.get(reverse("sites:report_list"))


@pytest.mark.parametrize("number", [1, 3])
def test_page_costs_the_same_for_any_number_of_sites(number, django_assert_num_queries):
    client = client_of(VIEWER)
    site, *_rest = counted_sites(number)
    client.get(address("month_report", site))

    with django_assert_num_queries(26):
        client.get(address("month_report", site))


def test_name_of_a_site_is_shown_as_text():
    agreement = factories.agreement()
    (site,) = counted_sites(1, agreement)
    site.city = "<script>alert(1)</script>"
    site.save()
    html = client_of(ACCOUNT_MANAGER).get(address("month_report", site)).content.decode()

    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html
    assert [" style=" in html, "<style" in html, " onclick=" in html] == [False] * 3


def test_page_of_a_marked_figure_prints_the_reason():
    (site,) = counted_sites()
    ComponentCount.objects.filter(site=site, component_code="SLC").delete()
    mark(site, ["SLC"], reason="The frame was locked")
    message = text(client_of(VIEWER).get(address("month_report", site)))

    assert "Figures marked as missing" in message
    assert "The frame was locked" in message
    assert "Ready to issue" in message


def test_a_large_report_is_shown_page_by_page_and_summed_as_a_whole(agreement):
    for number in range(52):
        site = factories.site(agreement, f"City {number:02}", state="GA")
        factories.counts(site, date(1998, 10, 31), reference.SMALLEST)
    viewer = client_of(ACCOUNT_MANAGER)

    pages = [viewer.get(address("month_report", site), {"page": number}).content.decode() for number in (1, 2)]

    cities = [re.findall(r">(City [0-9]{2}, GA)</a><span", page) for page in pages]
    assert list(map(len, cities)) == [50, 2]
    assert cities[0] + cities[1] == [f"City {number:02}, GA" for number in range(52)]
    assert [page.count('panel site-chart"') for page in pages] == [50, 2]
    for page in pages:
        assert "Totals of 52 sites" in page
        assert f'<td class="figure">{52 * reference.SMALLEST["GE"]}</td>' in page
