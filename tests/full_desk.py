"""A desk with one row of everything that is kept, billed, corrected and reviewed, and the addresses of its pages."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.management import call_command

from contracts.models import Agreement
from contracts.periods import Month
from contracts.printing.stored_files import keep, stored_name
from invoicing.credits.crediting import credit
from invoicing.documents.printing import INVOICE_PDFS
from invoicing.issued.ledger import make_good
from invoicing.models import Invoice
from invoicing.runs.drafting import draft_invoices
from invoicing.runs.issuing import issue
from invoicing.runs.recording import record_run
from sites.hours.recording import buy_blocks, enter_work, reverse_blocks
from sites.integration.ordering import order_integration, record_quotation
from sites.models import FileLayout, ImportedFile, RenewalReview, Site
from sites.reports.reporting import issue_report
from sites.starting.recording import record_starting_level
from tests import factories, reference
from tests.sites.levels.deciding import decide
from tests.waivers import credit_and_waive

ON = date(1999, 8, 5)
BEFORE = date(1999, 7, 31)
QUOTED = {
    "number": "Q-1",
    "dated_on": date(1999, 7, 1),
    "price": Decimal("125000.00"),
    "customer_signer": "Ann",
    "customer_signed_on": date(1999, 7, 2),
    "supplier_signer": "Bob",
    "supplier_signed_on": date(1999, 7, 3),
}
COUNTS = "site,date,GE,SLC\nAugusta,1999-08-04,11,6\n"
WORK = {"worked_on": date(1999, 7, 12), "hours": Decimal("2.00"), "service": "Customer Care", "person": "Ann"}
LOST = "Monthly-report-A-8-1999-05"
UNSIGNED = replace(reference.amendment(2, date(1999, 10, 1)), customer_signature=None, supplier_signature=None)


def full_desk(settings, *, demonstration: bool, city: str = "Reno", currency: str = "USD") -> dict[str, tuple]:
    """Fill the desk, with invented rows or real ones only; return the arguments of each page's address."""
    settings.BUSINESS_DATE = ON
    agreement = factories.agreement(currency=currency)
    site = factories.site(agreement, city, state="NV", is_demonstration=demonstration)
    factories.counts(site, date(1998, 10, 1), reference.counts())
    later = factories.site(agreement, "Waco", date(1999, 11, 1), is_demonstration=demonstration)
    record_starting_level(site=later, period_number=2, level_code="SMALL", reason="Grows", on=BEFORE, by=None)
    decide(later, effective_on=date(1999, 12, 1), on=BEFORE)
    wrong, blocks = (
        buy_blocks(agreement=agreement, blocks=1, bought_on=date(1999, 6, day), on=BEFORE, by=None) for day in (1, 2)
    )
    entry = enter_work(agreement=agreement, site=site, on=BEFORE, by=None, **WORK)
    order = order_integration(site=site, ordered_on=date(1999, 7, 1), on=BEFORE, by=None)
    document = ContentFile(b"%PDF-1.7", "q.pdf")
    quotation = record_quotation(site=site, document=document, on=BEFORE, by=None, **QUOTED)
    (result,) = draft_invoices(through=date(1999, 6, 30), on=BEFORE, by=None, agreements=[agreement])
    for draft in result.documents:
        issue(invoice=draft, on=BEFORE, by=None)
    issued = Invoice.objects.issued().earliest("pk")
    INVOICE_PDFS.make(issued)
    make_good()  # within a test's transaction nothing comes right after a commit
    reverse_blocks(purchase=wrong, reason="Ordered twice", on=ON, by=None)
    note = credit_and_waive(invoice=issued, reason="Late", on=ON, by=None, amounts={1: Decimal("1.00")})
    proposed = credit(invoice=issued, reason="Later", on=ON, by=None, amounts={1: Decimal("2.00")}, waive=True)
    (result,) = draft_invoices(through=BEFORE, on=ON, by=None, agreements=[agreement])
    drafter = User.objects.create_user("drafter", first_name="Dora", last_name="Drafter")
    run = record_run(results=[result], through=BEFORE, on=ON, by=drafter)
    call_command("open_reviews")
    review = RenewalReview.objects.get()
    factories.amendment(agreement, UNSIGNED)
    not_reviewed = factories.agreement("LNS980101JC", currency=currency)
    no_arguments = """contracts:agreement_list sites:site_list sites:review_list invoicing:invoice_list invoicing:run
        invoicing:correction_list invoicing:waiver_list invoicing:lost_list search"""
    of_agreement = """sites:agreement_detail contracts:amendment_draft invoicing:reading_register sites:hours
        sites:hours_buy sites:hours_enter sites:hours_entries invoicing:correction_detail"""
    of_site = """sites:site_detail sites:starting_level sites:integration sites:integration_order
        sites:integration_quote sites:service_end sites:service_correct"""
    of_draft = """contracts:amendment_detail contracts:amendment_change contracts:amendment_schedule
        contracts:amendment_discard"""
    of_order = "sites:integration_attach sites:integration_complete sites:integration_cancel"
    of_entry = "sites:hours_entry sites:hours_change sites:hours_correct sites:hours_reverse"
    of_issued = "invoicing:invoice_detail invoicing:invoice_pdf invoicing:invoice_evidence invoicing:invoice_credit"
    arguments = {
        no_arguments: (),
        of_agreement: (agreement.pk,),
        of_site: (site.pk,),
        "sites:level_decision sites:starting_level_change sites:starting_level_withdraw": (later.pk,),
        of_order: (order.pk,),
        of_entry: (entry.pk,),
        of_issued: (issued.pk,),
        of_draft: (agreement.pk, 2),
        "contracts:amendment_comparison contracts:amendment_attach_scan invoicing:amendment_effect": (agreement.pk, 1),
        "sites:review_open": (not_reviewed.pk, 1),
        "invoicing:count_history invoicing:count_correct": (site.pk, "GE", date(1998, 10, 1)),
        "contracts:amendment_sign": (agreement.pk, 2, "customer"),
        "invoicing:reading_change": (agreement.pk, "frequency"),
        "invoicing:run_detail": (run.pk,),
        "invoicing:invoice_issue": (result.documents[0].pk,),
        "invoicing:invoice_make_pdf": ((Invoice.objects.issued().filter(pdf=None).first() or issued).pk,),
        "invoicing:waiver_withdraw": (note.lines.get().waiver.pk,),
        "invoicing:waiver_confirm": (proposed.lines.get().waiver.pk,),
        "sites:hours_reverse_blocks": (blocks.pk,),
        "sites:quotation_file": (quotation.pk,),
        "sites:review_detail sites:review_refresh sites:review_agree": (review.pk,),
        "sites:review_pdf": (review.pk, "customer"),
    }
    return {name: args for names, args in arguments.items() for name in names.split()}


def every_page(settings, folder: Path, *, city: str = "Reno", currency: str = "USD") -> dict[str, tuple]:
    """Fill the desk, and add what pages of reports, files and unsigned agreements need; return what full_desk does."""
    arguments = full_desk(settings, demonstration=True, city=city, currency=currency)
    agreement = Agreement.objects.get(pk=arguments["sites:agreement_detail"][0])
    site = Site.objects.get(pk=arguments["sites:site_detail"][0])
    augusta = factories.site(agreement, "Augusta", state="GA")
    factories.counts(augusta, date(1998, 10, 1), reference.counts())
    factories.counts(augusta, date(1999, 7, 31), reference.counts(GE=14))
    factories.counts(site, date(1999, 6, 30), reference.counts(GE=16))
    unsigned = Agreement.objects.create(
        number="A-9",
        currency=currency,
        dated_on=date(1999, 7, 1),
        supplier=agreement.supplier,
        customer=agreement.customer,
        first_period_starts_on=reference.ANCHOR,
    )
    factories.schedule(unsigned, None, reference.SCHEDULE, clause="Appendix A")
    july, june = Month(1999, 7), Month(1999, 6)
    october = Month(1998, 10)
    issue_report(agreement=agreement, month=october, days_after=10, on=ON, by=None)
    file = folder / "august.csv"
    file.write_text(COUNTS, encoding="utf-8")
    call_command("import_counts", str(file))
    imported = ImportedFile.objects.get()
    keep(stored_name(LOST, "a" * 64), b"%PDF-1.7")
    layout = FileLayout.objects.create(kind="work", name="Toggl", layout={"rounding": "up", "step": 25})
    more = {
        "login": (),
        "password_change": (),
        "contracts:agreement_execute contracts:agreement_schedule contracts:agreement_discard_schedule": (unsigned.pk,),
        "sites:month_grid": (agreement.pk, july),
        "sites:import_layout_rename sites:import_layout_delete": (agreement.pk, layout.pk),
        "sites:imports sites:import_layouts sites:hours_import sites:level_outlook sites:agreement_reports": (
            agreement.pk,
        ),
        "sites:import": (agreement.pk, "counts"),
        "sites:import_detail sites:import_undo": (imported.pk,),
        "sites:site_history": (site.pk,),
        "sites:quotation_document": arguments["sites:quotation_file"],
        "sites:report_list invoicing:invoice_discard invoicing:invoices_issue invoicing:lost_explain": (),
        "invoicing:lost_file": (LOST,),
        "sites:month_report sites:report_missing": (agreement.pk, june),
        "sites:report_issue": (agreement.pk, june),
        "sites:report_acknowledge": (agreement.pk, october),
        "sites:report_revision sites:report_make_pdf": (agreement.pk, october, 0),
    }
    (result,) = draft_invoices(through=BEFORE, on=ON, by=None, agreements=[agreement])  # of the sites there are by now
    more["invoicing:invoice_issue"] = (result.documents[-1].pk,)
    return arguments | {name: args for group, args in more.items() for name in group.split()}
