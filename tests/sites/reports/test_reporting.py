from datetime import date

import pytest

from contracts.models import Agreement
from contracts.periods import Month
from contracts.sealing.digest import canonical_sha256
from contracts.sealing.frozen import SealedRow
from sites.counts.recording import record_counts
from sites.models import ComponentCount, MissingCount, MonthlyReport, ReportPdf
from sites.reports.content import figures_sha256
from sites.reports.pages import month_page
from sites.reports.printing import REPORT_PDFS
from sites.reports.reporting import CannotReport, acknowledge, issue_report, mark_missing, revise_report, unmark_missing
from tests import factories, reference
from tests.contracts.printing.printed import orders_seen
from tests.sites.reports.cases import DAYS_AFTER, ISSUED_ON, NOVEMBER, OCTOBER, counted_sites, issued

pytestmark = pytest.mark.django_db
ALL = tuple(reference.SMALLEST)


def terms_of(site) -> Agreement:
    """The site's agreement, with its terms."""
    return Agreement.objects.with_terms().get(pk=site.agreement_id)


def correct(site, quantity: int, on: date = date(1998, 11, 8), by=None, code: str = "GE") -> None:
    record_counts(
        site=site,
        counted_on=date(1998, 10, 31),
        quantities={code: quantity},
        source="monthly count",
        reason="Two units were overlooked",
        on=on,
        by=by,
    )


def revise(agreement, on: date = date(1998, 11, 9), **values) -> MonthlyReport:
    fields = {"month": OCTOBER, "days_after": DAYS_AFTER, "reason": "A count was corrected", "on": on, "by": None}
    return revise_report(agreement=agreement, **fields | values)


# ---- issuing -----------------------------------------------------------------------------------------------------


def test_issuing_freezes_content_with_its_hash(django_user_model):
    by = django_user_model.objects.create_user("manager")
    (site,) = counted_sites()
    report = issued(site.agreement, by=by)

    assert (report.month, report.revision, report.issued_on, report.issued_by) == (date(1998, 10, 1), 0, ISSUED_ON, by)
    assert report.content_sha256 == canonical_sha256(report.content)
    assert [(cell["code"], cell["quantity"]) for cell in report.content["rows"][0]["cells"]] == list(
        (reference.SMALLEST | {"GE": 13}).items()
    )
    with pytest.raises(SealedRow):
        report.delete()
    with pytest.raises(SealedRow):
        MonthlyReport.objects.filter(pk=report.pk).update(reason="Other")


def test_stored_content_reads_back_with_the_same_hash():
    (site,) = counted_sites()
    report = issued(site.agreement)

    assert canonical_sha256(MonthlyReport.objects.get(pk=report.pk).content) == report.content_sha256


def test_report_holds_no_price_and_no_internal_word():
    (site,) = counted_sites()
    text = str(issued(site.agreement).content)

    assert ["163000" in text, "price'" in text, "foregone" in text] == [False] * 3


def test_month_that_is_not_over_is_refused():
    (site,) = counted_sites()

    with pytest.raises(CannotReport, match="can be issued from 1 November 1998"):
        issued(site.agreement, on=date(1998, 10, 31))


def test_missing_counts_are_refused_by_name():
    (site,) = counted_sites()
    ComponentCount.objects.filter(site=site, component_code__in=["SLC", "SM"]).delete()

    with pytest.raises(CannotReport, match="2 figures have no count in October 1998") as refusal:
        issued(site.agreement)

    assert refusal.value.lacking == ("City 0001: SLC", "City 0001: SM")
    assert not MonthlyReport.objects.exists()


def test_older_count_does_not_make_up_for_the_month():
    (site,) = counted_sites()

    with pytest.raises(CannotReport, match="6 figures have no count in November 1998"):
        issued(site.agreement, NOVEMBER, on=date(1998, 12, 3))


def test_marked_figures_let_the_report_go_out_with_their_reason():
    (site,) = counted_sites()
    mark_missing(
        agreement=site.agreement,
        month=NOVEMBER,
        figures=[(site.pk, code) for code in ALL],
        reason="The site was flooded",
        on=date(1998, 12, 2),
        by=None,
    )
    report = issued(site.agreement, NOVEMBER, on=date(1998, 12, 3))

    assert {(cell["missing"], cell["stale"]) for cell in report.content["rows"][0]["cells"]} == {
        ("The site was flooded", True)
    }


def test_second_issue_is_told_of_the_first_one():
    (site,) = counted_sites()
    first = issued(site.agreement)

    with REPORT_PDFS.ordered(first), pytest.raises(CannotReport) as told:
        issued(site.agreement)
    with pytest.raises(CannotReport, match="already. Its PDF is not made: its printing failed or was broken off."):
        issued(site.agreement)

    assert str(told.value) == (
        "The report of October 1998 was issued on 5 November 1998 already. Its PDF is being made. Issue a revision "
        "where its figures have changed."
    )


@pytest.mark.django_db(transaction=True)
def test_from_its_issue_on_the_pdf_of_a_report_is_being_made():
    (site,) = counted_sites()

    with orders_seen(REPORT_PDFS) as seen:
        first = issued(site.agreement)
        correct(site, 14)
        second = revise(site.agreement)

    assert [seen[0], seen[-1]] == [[f"report-{report.pk}-ordered"] for report in (first, second)]


def test_report_is_refused_where_figures_have_changed_since_they_were_seen():
    (site,) = counted_sites()
    seen = month_page(agreement=terms_of(site), month=OCTOBER, on=ISSUED_ON, days_after=DAYS_AFTER).live_sha256
    correct(site, 15, on=ISSUED_ON)

    with pytest.raises(CannotReport, match="Figures have changed since this page was opened"):
        issue_report(agreement=site.agreement, month=OCTOBER, days_after=DAYS_AFTER, seen=seen, on=ISSUED_ON, by=None)

    assert not MonthlyReport.objects.exists()


def test_report_is_issued_where_nothing_has_changed_since_it_was_seen():
    (site,) = counted_sites()
    seen = month_page(agreement=terms_of(site), month=OCTOBER, on=ISSUED_ON, days_after=DAYS_AFTER).live_sha256

    report = issue_report(
        agreement=site.agreement, month=OCTOBER, days_after=DAYS_AFTER, seen=seen, on=ISSUED_ON, by=None
    )

    assert figures_sha256(report.content) == seen


def test_month_without_sites_has_no_report():
    agreement = factories.agreement()

    with pytest.raises(CannotReport, match="No site is in service in October 1998"):
        issued(agreement)


def test_report_is_marked_where_a_site_is_invented():
    agreement = factories.agreement()
    sites = counted_sites(2, agreement)
    assert issued(agreement).is_demonstration is False
    sites[0].is_demonstration = True
    sites[0].save()
    correct(sites[0], 14)

    assert revise(agreement).is_demonstration is True


# ---- revisions ---------------------------------------------------------------------------------------------------


def test_revision_lists_what_was_corrected_by_whom_and_why(django_user_model):
    by = django_user_model.objects.create_user("entry", first_name="Ann", last_name="Lee")
    sites = counted_sites(2)
    first = issued(sites[0].agreement)
    correct(sites[1], 15, by=by)
    report = revise(sites[0].agreement)

    assert (report.revision, report.reason) == (1, "A count was corrected")
    assert report.content["differences"] == [
        {
            "site_key": sites[1].pk,
            "site": "City 0002",
            "code": "GE",
            "what": "gateway elements",
            "old": "13 (31 October 1998)",
            "new": "15 (31 October 1998)",
            "by": "Ann Lee",
            "on": "1998-11-08",
            "reason": "Two units were overlooked",
        }
    ]
    assert MonthlyReport.objects.get(pk=first.pk).content == first.content


def test_level_that_changes_with_the_count_is_a_difference_too():
    (site,) = counted_sites()
    issued(site.agreement)
    correct(site, 18)

    found = [(one["what"], one["old"], one["new"]) for one in revise(site.agreement).content["differences"]]

    assert found == [
        ("gateway elements", "13 (31 October 1998)", "18 (31 October 1998)"),
        ("measured level", "Very Small", "Small"),
    ]


def test_revision_without_a_change_is_refused():
    (site,) = counted_sites()
    issued(site.agreement)

    with pytest.raises(CannotReport, match="holds the same figures"):
        revise(site.agreement)


def test_correction_of_the_next_month_leaves_the_report_alone():
    (site,) = counted_sites()
    issued(site.agreement)
    factories.counts(site, date(1998, 11, 30), reference.counts(GE=20))

    with pytest.raises(CannotReport, match="holds the same figures"):
        revise(site.agreement, on=date(1998, 12, 3))


@pytest.mark.parametrize("reason", ["", "  "])
def test_revision_needs_a_reason(reason):
    (site,) = counted_sites()
    issued(site.agreement)
    correct(site, 15)

    with pytest.raises(CannotReport, match="Say why the report is revised"):
        revise(site.agreement, reason=reason)


def test_revision_needs_a_first_report():
    (site,) = counted_sites()

    with pytest.raises(CannotReport, match="is not issued yet"):
        revise(site.agreement)


def test_second_revision_compares_with_the_first_one():
    (site,) = counted_sites()
    issued(site.agreement)
    correct(site, 14)
    revise(site.agreement)
    correct(site, 15, on=date(1998, 11, 10))
    second = revise(site.agreement, on=date(1998, 11, 10))

    assert second.revision == 2
    assert [(one["old"], one["new"]) for one in second.content["differences"]] == [
        ("14 (31 October 1998)", "15 (31 October 1998)")
    ]


def test_withdrawn_count_becomes_a_revision_once_it_is_marked():
    (site,) = counted_sites()
    issued(site.agreement)
    ComponentCount.objects.filter(site=site, component_code="SLC").delete()

    with pytest.raises(CannotReport, match="1 figure has no count"):
        revise(site.agreement)
    mark(site, ["SLC"])

    (slc, *_rest) = revise(site.agreement).content["differences"]
    assert (slc["old"], slc["new"]) == ("5 (31 October 1998)", "missing: Flood")


# ---- missing figures ---------------------------------------------------------------------------------------------


def mark(site, codes, month: Month = OCTOBER, reason: str = "Flood", on: date = ISSUED_ON):
    figures = [(site.pk, code) for code in codes]
    return mark_missing(agreement=site.agreement, month=month, figures=figures, reason=reason, on=on, by=None)


def test_mark_again_gives_the_new_reason():
    (site,) = counted_sites()
    mark(site, ["GE", "SLC"], NOVEMBER)
    mark(site, ["GE"], NOVEMBER, reason="Strike")

    assert set(MissingCount.objects.values_list("component_code", "reason")) == {("GE", "Strike"), ("SLC", "Flood")}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"codes": ["GE"]}, "gateway elements is counted at City 0001 in October 1998"),
        ({"codes": ["XYZ"]}, "XYZ is no component"),
        ({"codes": []}, "Choose at least one figure"),
        ({"codes": ["GE"], "month": NOVEMBER, "reason": " "}, "Say why the figures are missing"),
        ({"codes": ["GE"], "month": Month(1998, 12)}, "December 1998 has not begun"),
        ({"codes": ["GE"], "month": Month(1998, 9)}, "is not in service in September 1998"),
    ],
)
def test_mark_is_refused(values, said):
    (site,) = counted_sites()

    with pytest.raises(CannotReport, match=said):
        mark(site, **values)
    assert not MissingCount.objects.exists()


def test_mark_of_another_agreements_site_is_refused():
    (site,) = counted_sites()
    other = factories.agreement("OTHER")

    with pytest.raises(CannotReport, match="not in service in November 1998 under this agreement"):
        mark_missing(agreement=other, month=NOVEMBER, figures=[(site.pk, "GE")], reason="Flood", on=ISSUED_ON, by=None)


def test_marks_are_taken_back_and_no_others():
    (site,) = counted_sites()
    mark(site, ["GE", "SLC"], NOVEMBER)

    taken = unmark_missing(
        agreement=site.agreement, month=NOVEMBER, figures=[(site.pk, "GE"), (site.pk, "SM")], on=ISSUED_ON, by=None
    )

    assert taken == 1
    assert MissingCount.objects.get().component_code == "SLC"


# ---- acknowledgment ----------------------------------------------------------------------------------------------


def acknowledged(report: MonthlyReport, **values):
    fields = {"acknowledged_by": "M. Sternberg", "acknowledged_on": date(1998, 11, 7), "on": date(1998, 11, 8)}
    return acknowledge(report=report, by=None, **fields | values)


def test_acknowledgment_is_recorded_and_sealed():
    (site,) = counted_sites()
    report = issued(site.agreement)
    found = acknowledged(report, remark="By e-mail")

    assert (found.acknowledged_by, found.acknowledged_on, found.recorded_on) == (
        "M. Sternberg",
        date(1998, 11, 7),
        date(1998, 11, 8),
    )
    with pytest.raises(SealedRow):
        found.delete()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"acknowledged_by": "  "}, "Say who acknowledged"),
        ({"acknowledged_on": date(1998, 11, 4)}, "cannot be acknowledged before that"),
        ({"acknowledged_on": date(1998, 11, 9)}, "is after 8 November 1998"),
        ({"remark": "x" * 201}, "At most"),
    ],
)
def test_acknowledgment_is_refused(values, said):
    (site,) = counted_sites()

    with pytest.raises(CannotReport, match=said):
        acknowledged(issued(site.agreement), **values)


def test_acknowledgment_is_recorded_once():
    (site,) = counted_sites()
    report = issued(site.agreement)
    acknowledged(report)

    with pytest.raises(CannotReport, match=r"M\. Sternberg acknowledged this report on 7 November 1998 already"):
        acknowledged(report)


def test_report_that_was_replaced_is_not_acknowledged_any_more():
    (site,) = counted_sites()
    first = issued(site.agreement)
    correct(site, 15)
    revise(site.agreement)

    with pytest.raises(CannotReport, match="Monthly report October 1998, revision 1 has replaced this report"):
        acknowledged(first)


# ---- PDF right after ---------------------------------------------------------------------------------------------


def test_pdf_is_made_right_after_issuing(django_capture_on_commit_callbacks):
    (site,) = counted_sites()
    with django_capture_on_commit_callbacks(execute=True):
        report = issued(site.agreement)

    assert ReportPdf.objects.get().report == report


def test_report_is_issued_even_where_its_pdf_cannot_be_made(django_capture_on_commit_callbacks, settings, caplog):
    settings.DOCUMENTS_DIR = settings.DOCUMENTS_DIR / "file"
    settings.DOCUMENTS_DIR.parent.mkdir(parents=True)
    settings.DOCUMENTS_DIR.symlink_to("nowhere")  # a folder that is away, so that nothing can be written
    (site,) = counted_sites()
    with django_capture_on_commit_callbacks(execute=True):
        issued(site.agreement)

    assert (MonthlyReport.objects.count(), ReportPdf.objects.count()) == (1, 0)
    assert "run manage.py make_report_pdfs" in caplog.text
