"""The PDFs and workbooks of monthly reports: what they print adds up, the same bytes each time, a crash made good."""

import io
import re
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.utils.html import strip_tags
from openpyxl import load_workbook
from pypdf import PdfReader

from contracts.models import Agreement
from contracts.periods import Month
from contracts.printing import stored_files
from contracts.printing.stored_pdf import CannotPrint
from sites.models import ComponentCount, MonthlyReport
from sites.reports.content import figures_sha256, report_content
from sites.reports.printing import REPORT_PDFS, render_report, report_html
from sites.reports.queries import figures_of
from sites.reports.sheets import report_workbook
from tests import factories, reference
from tests.sites.reports.cases import DAYS_AFTER, NOVEMBER, OCTOBER, counted_sites, issued
from tests.sites.reports.test_reporting import correct, mark, revise

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def live(agreement: Agreement, month: Month = OCTOBER, on: date = date(1998, 11, 5), *, demonstration: bool = False):
    """The content of a report that is not issued."""
    row = Agreement.objects.with_terms().get(pk=agreement.pk)
    figures = figures_of(agreement=row, month=month, on=on)
    return report_content(agreement=row, figures=figures, days_after=DAYS_AFTER, demonstration=demonstration)


def pages(data: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(data)).pages]


def stored_sums() -> dict[str, int]:
    """The sums of the counts made on the last day of October, by component."""
    rows = ComponentCount.objects.filter(counted_on=date(1998, 10, 31)).values_list("component_code", "quantity")
    sums: dict[str, int] = {}
    for code, quantity in rows:
        sums[code] = sums.get(code, 0) + quantity
    return sums


def sheet_rows(content, title: str) -> list[tuple]:
    return list(load_workbook(io.BytesIO(report_workbook(content)))[title].iter_rows(values_only=True))


# ---- what is printed ---------------------------------------------------------------------------------------------


def test_totals_of_the_pdf_are_the_sums_of_the_stored_counts():
    sites = counted_sites(3)
    factories.counts(sites[0], date(1998, 10, 15), reference.counts(GE=99))
    first = pages(render_report(issued(sites[0].agreement).content).data)[0]

    sums = stored_sums()
    assert sums == {"GE": 39, "5ESS": 3, "SLC": 15, "SM": 3, "DACS2": 3, "DACS4": 3}
    for part in reference.COMPONENTS:
        assert re.search(rf"{part.name} {sums[part.code]} ", first), part.name


def test_totals_of_the_workbook_are_the_sums_of_the_stored_counts():
    sites = counted_sites(3)
    content = issued(sites[0].agreement).content

    assert sheet_rows(content, "Sites")[-1][3:9] == tuple(stored_sums()[part.code] for part in reference.COMPONENTS)
    counts = [row for row in sheet_rows(content, "Counts") if row[0] in ("City 0001", "City 0002", "City 0003")]
    assert sum(row[2] for row in counts if row[1] == "gateway elements") == stored_sums()["GE"]
    assert {row[3].date() for row in counts} == {date(1998, 10, 31)}


def test_report_names_parties_month_and_state():
    (site,) = counted_sites()
    first, *rest = pages(render_report(issued(site.agreement).content).data)

    for message in (
        "Monthly report October 1998",
        "Lucent Technologies Inc.",
        "KMC Telecom Inc.",
        "LNS970602JC of 4 September 1997",
        "First report, issued 5 November 1998",
        "10 November 1998, 10 days after the month",
        "Traffic Management, Capacity Management and Network Management",
    ):
        assert message in " ".join([first, *rest])
    assert "City 0001" in first


def test_every_page_has_its_number():
    sites = counted_sites(12)
    read = pages(render_report(issued(sites[0].agreement).content).data)

    assert len(read) > 2
    assert [f"Page {number} of {len(read)}" in text for number, text in enumerate(read, 1)] == [True] * len(read)


def test_preliminary_report_says_so_on_every_page():
    sites = counted_sites(12)
    read = pages(render_report(live(sites[0].agreement, NOVEMBER, date(1998, 11, 10), demonstration=True)).data)

    assert ["PRELIMINARY" in text and "Demonstration data" in text for text in read] == [True] * len(read)


def test_issued_report_has_no_mark():
    (site,) = counted_sites()
    read = " ".join(pages(render_report(issued(site.agreement).content).data))

    assert ["PRELIMINARY" in read, "NOT ISSUED" in read, "Demonstration data" in read] == [False] * 3
    assert "NOT ISSUED" in pages(render_report(live(site.agreement)).data)[0]


def test_site_with_only_older_counts_says_when_it_was_last_counted():
    """The heading of its counts does not read as if they were the month's."""
    old, *counted = counted_sites(3)
    for site in counted:
        factories.counts(site, date(1998, 11, 30), reference.counts(GE=14))
    read = strip_tags(report_html(live(old.agreement, NOVEMBER, date(1998, 12, 5))))

    assert "Counts: 30 November 1998, where a site does not say otherwise." in read
    assert "City 0001last counted 31 October 1998" in read


def test_first_count_that_is_due_is_printed_at_its_site_and_is_no_reason_for_a_revision():
    (site,) = counted_sites()
    reno = factories.site(site.agreement, "Reno", date(1998, 10, 20))
    codes = list(reference.counts())
    mark(reno, codes, OCTOBER)
    report = issued(site.agreement)

    assert "first count due: in service since 20 October 1998: no count" in " ".join(
        pages(render_report(report.content).data)
    )
    factories.counts(reno, date(1998, 11, 2), reference.counts())
    now = live(site.agreement)
    assert "first count due" not in report_html(now)
    assert figures_sha256(now) == figures_sha256(report.content)


def test_report_that_was_issued_before_first_counts_were_printed_keeps_its_figures():
    (site,) = counted_sites()
    content = live(site.agreement)
    earlier = content | {"rows": [{k: v for k, v in row.items() if k != "first_count"} for row in content["rows"]]}

    assert figures_sha256(earlier) == figures_sha256(content)
    assert report_html(earlier) == report_html(content)


def test_missing_figure_prints_its_reason():
    (site,) = counted_sites()
    ComponentCount.objects.filter(site=site, component_code="SLC").delete()
    mark(site, ["SLC"], reason="The frame was locked")

    assert "City 0001 SLC never The frame was locked" in " ".join(pages(render_report(live(site.agreement)).data))


def test_revision_prints_its_differences_without_the_supplier_s_own_remarks():
    (site,) = counted_sites()
    issued(site.agreement)
    correct(site, 15)
    content = revise(site.agreement).content
    read = " ".join(pages(render_report(content).data))

    assert "Revision 1, issued 9 November 1998" in read
    assert "13 (31 October 1998) 15 (31 October 1998) 8 November 1998" in read
    assert "overlooked" not in read
    *message, corrected_on = sheet_rows(content, "Differences")[-1]
    assert message == ["City 0001", "gateway elements", "13 (31 October 1998)", "15 (31 October 1998)"]
    assert corrected_on.date() == date(1998, 11, 8)


def test_pdf_is_tagged_and_named():
    (site,) = counted_sites()
    reader = PdfReader(io.BytesIO(render_report(issued(site.agreement).content).data))

    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.metadata.title == "Monthly report LNS970602JC, October 1998"
    assert b"pdfuaid" in reader.trailer["/Root"]["/Metadata"].get_data()


def test_same_content_gives_the_same_bytes():
    (site,) = counted_sites()
    content = issued(site.agreement).content
    again = MonthlyReport.objects.get().content

    assert render_report(content).data == render_report(again).data
    assert report_workbook(content) == report_workbook(again)


def test_text_of_a_site_is_no_formula():
    agreement = factories.agreement()
    (site,) = counted_sites(1, agreement)
    site.city = '=HYPERLINK("http://x")'
    site.save()
    book = load_workbook(io.BytesIO(report_workbook(live(agreement))))

    assert {cell.data_type for sheet in book for row in sheet.rows for cell in row} <= {"s", "n", "d"}


# ---- stored files ------------------------------------------------------------------------------------------------


def test_crash_between_issue_and_print_is_backfilled():
    (site,) = counted_sites()
    report = issued(site.agreement)

    (result,) = REPORT_PDFS.make_missing()

    assert result.pdf.report == report
    assert REPORT_PDFS.make_missing() == []


def test_lost_file_comes_back_the_same():
    (site,) = counted_sites()
    report = issued(site.agreement)
    pdf = REPORT_PDFS.make(report)
    before = REPORT_PDFS.read(report)
    stored_files.path_of(pdf.file_name).unlink()
    with pytest.raises(CannotPrint, match=f"{pdf.file_name}, is missing. Ask an administrator to make it again"):
        REPORT_PDFS.read(report)

    REPORT_PDFS.make_missing()

    assert REPORT_PDFS.read(report) == before


def test_command_makes_what_is_missing(capsys):
    (site,) = counted_sites()
    issued(site.agreement)
    call_command("make_report_pdfs")
    call_command("make_report_pdfs")

    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("Monthly report October 1998: Monthly-report-LNS970602JC-1998-10.")
    assert second == "Every issued report has its PDF."


# ---- verification ------------------------------------------------------------------------------------------------


def verified(capsys) -> list[str]:
    """What the check prints; it must find something."""
    with pytest.raises(CommandError) as ended:
        call_command("verify_reports")
    assert ended.value.returncode == 1
    return capsys.readouterr().out.splitlines()


def tamper(report: MonthlyReport, **values) -> MonthlyReport:
    """A copy of a report, put in by hand with other values; a sealed row itself can be neither changed nor deleted."""
    fields = {"month": date(1998, 12, 1), "revision": 0, "content": report.content, "reason": ""} | values
    return MonthlyReport.objects.create(
        agreement=report.agreement, issued_on=report.issued_on, content_sha256=report.content_sha256, **fields
    )


def test_sound_reports_have_no_finding(capsys):
    (site,) = counted_sites()
    REPORT_PDFS.make(issued(site.agreement))
    correct(site, 15)
    REPORT_PDFS.make(revise(site.agreement))
    call_command("verify_reports")

    assert capsys.readouterr().out == "2 reports with 2 PDFs: all as they were issued.\n"


def test_changed_content_is_found(capsys):
    (site,) = counted_sites()
    report = issued(site.agreement)
    REPORT_PDFS.make(report)
    tamper(report, content=report.content | {"month": "1998-12-01"})

    assert verified(capsys) == [
        "Monthly report December 1998, agreement LNS970602JC: the content is not the one that was issued. "
        "Compare it with a backup.",
        "Monthly report December 1998, agreement LNS970602JC: there is no PDF yet. Run manage.py make_report_pdfs.",
    ]


def test_revision_left_out_is_found(capsys):
    (site,) = counted_sites()
    report = issued(site.agreement)
    tamper(report, month=report.month, revision=2, reason="Later")

    assert (
        "Monthly report October 1998, revision 2, agreement LNS970602JC: revision 1 is missing before revision 2."
        in (verified(capsys))
    )


def test_changed_pdf_is_found(capsys):
    (site,) = counted_sites()
    pdf = REPORT_PDFS.make(issued(site.agreement))
    stored_files.path_of(pdf.file_name).write_bytes(b"other")

    (message,) = verified(capsys)
    assert message.endswith(f"its PDF {pdf.file_name} is not the one that was stored. Put it back from a backup.")


def test_lost_pdf_is_found(capsys):
    (site,) = counted_sites()
    pdf = REPORT_PDFS.make(issued(site.agreement))
    stored_files.path_of(pdf.file_name).unlink()

    (message,) = verified(capsys)
    assert f"its PDF {pdf.file_name} is missing. Run manage.py make_report_pdfs" in message
