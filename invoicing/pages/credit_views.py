"""Pages of crediting: the credit of an invoice or of some of its lines, and the register of waivers."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from contracts.models import Agreement
from contracts.money import money_text
from contracts.pages.event_page import EventPage
from contracts.pages.lists import ListPage
from contracts.periods import DaySpan, day_text
from contracts.refusal import Refusal
from invoicing.credits.crediting import (
    confirm_waiver,
    credit,
    creditable_lines,
    nothing_left,
    planned_credit,
    uncreditable,
    why_unconfirmable,
    why_withdrawn,
    withdraw_waiver,
)
from invoicing.models import Invoice, Waiver
from invoicing.pages.credit_forms import WAIVED, CreditForm, WithdrawForm
from invoicing.pages.filters import WaiverFilter
from invoicing.pages.invoice import InvoicePage, invoice_page
from invoicing.pages.tables import WaiverTable
from invoicing.pages.views import OfDocument
from invoicing.what_if.pending import NextRun, next_run_of

WAIVE = "invoicing.waive_charge"
TO_CONFIRM = "That changes once somebody else who may waive charges confirms the waiver, before that run."
INVENTED = "Demonstration data: this document bills invented sites."


class InvoiceCredit(OfDocument, EventPage):
    """Take an invoice, or some of its lines, back: the form, then the credit note, then it is issued."""

    permission_required = ("invoicing.view_invoice", "invoicing.credit_invoice")
    template_name = "invoicing/invoice_credit.html"
    crumbs = "invoicing/parts/invoice_crumbs.html"
    styles = ("billing.css",)
    button, back_name = "Show the credit note", "Back without crediting"

    @property
    def title(self):
        return f"Credit {self.object.get_kind_display().lower()} {self.object.number_text}"

    @cached_property
    def lines(self):
        return () if uncreditable(self.object) else creditable_lines(invoice=self.object, on=self.on)

    def refusal(self):
        """A document of which nothing is left to take back leads back; a waiver is for those who may record one."""
        if self.request.POST.get("outcome") == WAIVED and not self.request.user.has_perm(WAIVE):
            raise PermissionDenied
        return uncreditable(self.object) or ("" if any(each.left for each in self.lines) else nothing_left(self.object))

    def demonstration(self):
        return INVENTED if self.object.is_demonstration else ""

    def consequences(self):
        yield f"The credit note is issued with the next number of its series, dated {self.on:%A}, {day_text(self.on)}."
        yield "Both documents stay on file and name each other."
        if not self.request.user.has_perm(WAIVE):
            yield "The next run bills what is still due for the same service."

    def get_form(self, form_class=None):
        data = self.request.POST if self.request.method == "POST" else None
        return CreditForm(data, lines=self.lines, may_waive=self.request.user.has_perm(WAIVE))

    def form_valid(self, form):
        """Show the credit note; once that is confirmed, issue it. Nothing typed is lost on the way."""
        if "back" in self.request.POST:
            return self.render_to_response(self.get_context_data(form=form))
        if "confirmed" in self.request.POST:
            return super().form_valid(form)
        try:
            note = self.shown(**form.facts())
        except Refusal as refusal:
            return self.refused(form, refusal)
        return self.render_to_response(self.get_context_data(form=form, note=note))

    def shown(self, *, waive, **facts) -> InvoicePage:
        """The credit note as it would be issued."""
        self.object.agreement = Agreement.objects.with_terms().get(pk=self.object.agreement_id)
        planned = planned_credit(invoice=self.object, on=self.on, by=self.request.user, **facts)
        return invoice_page(
            invoice=planned.invoice,
            lines=planned.lines,
            agreement=self.object.agreement,
            corrects=[self.object],
            corrected_by=[],
        )

    def perform(self, **facts):
        self.note = credit(invoice=self.object, on=self.on, by=self.request.user, **facts)
        taken = "" if self.note.total == -self.object.total else f"{money_text(-self.note.total)} of "
        after = next_run_sentence(next_run_of(invoice=self.note, on=self.on), waived=False)
        waits = f" {TO_CONFIRM}" if facts["waive"] else ""
        return f"{self.note} takes back {taken}{self.object}. {after}{waits}"

    def back(self):
        return reverse("invoicing:invoice_detail", args=[self.object.pk])

    def after(self):
        return reverse("invoicing:invoice_detail", args=[self.note.pk])

    def get_context_data(self, **kwargs):
        period = str(DaySpan(self.object.first_day, self.object.last_day))
        return super().get_context_data(invoice=self.object, period=period, **kwargs)


def next_run_sentence(next_run: NextRun, *, waived: bool) -> str:
    """Say what the next run does about what was taken back."""
    if next_run.refusal:
        return f"The next run is refused: {next_run.refusal}"
    if next_run.amount > 0:
        return f"The next run bills {money_text(next_run.amount)} of it again: what is due and was not waived."
    if waived:
        return "It is waived: the next run does not bill it again."
    return "Nothing of it is due any more: the next run does not bill it again."


# ---- waivers -------------------------------------------------------------------------------------------------------


class WaiverList(ListPage):
    """All waivers: what was given up, who decided it, and whether it still stands."""

    title = "Waived charges"
    permission_required = ("invoicing.view_invoice", "invoicing.view_waiver")
    queryset = Waiver.objects.with_documents()
    table_class = WaiverTable
    filterset_class = WaiverFilter

    def is_invented(self, record) -> bool:
        """Whether what was waived was billed for invented sites."""
        return record.line.invoice.is_demonstration


class OfWaiver(EventPage):
    """An event of one waiver."""

    permission_required = ("invoicing.view_invoice", "invoicing.view_waiver", WAIVE)
    crumbs = "invoicing/parts/waiver_crumbs.html"

    @cached_property
    def waiver(self) -> Waiver:
        return get_object_or_404(Waiver.objects.with_documents(), pk=self.kwargs["pk"])

    @property
    def note(self) -> Invoice:
        """The credit note by which the charge was taken back."""
        return self.waiver.line.invoice

    def demonstration(self):
        return INVENTED if self.note.is_demonstration else ""

    def about(self):
        waiver, line = self.waiver, self.waiver.line
        amount = f"{money_text(waiver.amount)} {self.note.agreement.currency}"
        charge = f"{line.site or 'All sites'}, {line.description or line.level_name}"
        yield "Charge", f"{amount} of line {line.credits.position} of {line.credits.invoice}: {charge}"
        by = waiver.recorded_by
        yield "Proposed", f"on {day_text(waiver.recorded_on)}" + (f" by {by.get_full_name() or by}" if by else "")
        if waiver.decided_on:
            yield "Decided", f"by {waiver.decided_by} on {day_text(waiver.decided_on)}"
        yield "Reason", waiver.reason

    def back(self):
        return reverse("invoicing:invoice_detail", args=[self.note.pk])

    def get_context_data(self, **kwargs):
        return super().get_context_data(waiver=self.waiver, **kwargs)


class WaiverConfirm(OfWaiver):
    """Confirm a waiver that somebody else has proposed."""

    title, button = "Confirm a waiver", "Confirm the waiver"

    def refusal(self):
        return why_unconfirmable(self.waiver, self.request.user)

    def consequences(self):
        yield "The charge is given up: no run bills it again. What was billed again meanwhile stays billed."
        yield f"Your name and {day_text(self.on)} stay on file with it. It can be withdrawn with a reason."

    def perform(self):
        waiver = confirm_waiver(waiver=self.waiver, on=self.on, by=self.request.user)
        after = next_run_sentence(next_run_of(invoice=self.note, on=self.on), waived=True)
        return f"The waiver of {money_text(waiver.amount)} is confirmed. {after}"


class WaiverWithdraw(OfWaiver):
    """Withdraw a waiver with a reason: the charge falls due again."""

    title, button, danger = "Withdraw a waiver", "Withdraw the waiver", True
    form_class = WithdrawForm

    def refusal(self):
        return why_withdrawn(self.waiver)

    def consequences(self):
        yield "The charge falls due again, and the next run bills what is due for it."
        yield "The credit note stays as it was issued. The waiver stays on file with your reason."

    def perform(self, *, reason):
        waiver = withdraw_waiver(waiver=self.waiver, reason=reason, on=self.on, by=self.request.user)
        after = next_run_sentence(next_run_of(invoice=self.note, on=self.on), waived=False)
        return f"The waiver of {money_text(waiver.amount)} is withdrawn. {after}"
