"""Pages of crediting: the credit of an invoice or of some of its lines, and the register of waivers."""

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import DetailView

from contracts.clock import business_date
from contracts.money import money_text
from contracts.pages.event_page import EventPage
from contracts.pages.lists import ListPage
from contracts.periods import DaySpan, day_text
from contracts.refusal import Refusal
from invoicing.credits.crediting import (
    credit,
    creditable_lines,
    nothing_left,
    uncreditable,
    why_withdrawn,
    withdraw_waiver,
)
from invoicing.models import Invoice, Waiver
from invoicing.pages.credit_forms import WAIVER_FIELDS, CreditForm, WithdrawForm
from invoicing.pages.filters import WaiverFilter
from invoicing.pages.tables import WaiverTable
from invoicing.what_if.pending import NextRun, next_run_of

WAIVE = "invoicing.waive_charge"
INVENTED = "Demonstration data: this document bills invented sites."


class InvoiceCredit(PermissionRequiredMixin, DetailView):
    """Take an invoice, or some of its lines, back by a credit note: GET shows what is left, POST issues the note."""

    permission_required = ("invoicing.view_invoice", "invoicing.credit_invoice")
    queryset = Invoice.objects.with_agreement()
    template_name = "invoicing/invoice_credit.html"

    @cached_property
    def on(self):
        return business_date()

    def form(self, data=None) -> CreditForm | None:
        """The form with what is left of each line; None for a document of which nothing can be taken back."""
        invoice = self.object
        if uncreditable(invoice):
            return None
        lines = creditable_lines(invoice=invoice, on=self.on)
        if not any(each.left for each in lines):
            return None
        return CreditForm(data, lines=lines, may_waive=self.request.user.has_perm(WAIVE), on=self.on)

    def get_context_data(self, **kwargs):
        """Add the form, the day on which it would happen and the billing period in words."""
        if "form" not in kwargs:
            kwargs["form"] = self.form()
        if kwargs["form"] is None:
            kwargs["refused"] = uncreditable(self.object) or nothing_left(self.object)
        period = str(DaySpan(self.object.first_day, self.object.last_day))
        return super().get_context_data(on=self.on, period=period, **kwargs)

    def post(self, request, *args, **kwargs):
        """Credit it on the business date; what cannot be so stands at its line or field."""
        if any(request.POST.get(name) for name in WAIVER_FIELDS[:1]) and not request.user.has_perm(WAIVE):
            raise PermissionDenied
        invoice = self.object = self.get_object()
        form = self.form(request.POST)
        if form is None or not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        try:
            note = credit(
                invoice=invoice,
                reason=form.cleaned_data["reason"],
                on=self.on,
                by=request.user,
                amounts=form.amounts,
                waiver=form.waiver,
            )
        except Refusal as refusal:
            form.show_refusal(refusal)
            return self.render_to_response(self.get_context_data(form=form))
        taken = "" if note.total == -invoice.total else f"{money_text(-note.total)} of "
        after = next_run_sentence(next_run_of(invoice=note, on=self.on), waived=form.waiver is not None)
        messages.success(request, f"{note} takes back {taken}{invoice}. {after}")
        return redirect("invoicing:invoice_detail", pk=note.pk)


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


class WaiverWithdraw(EventPage):
    """Withdraw a waiver with a reason: the charge falls due again."""

    permission_required = ("invoicing.view_invoice", "invoicing.view_waiver", WAIVE)
    title, button, danger = "Withdraw a waiver", "Withdraw the waiver", True
    crumbs = "invoicing/parts/waiver_crumbs.html"
    form_class = WithdrawForm

    @cached_property
    def waiver(self) -> Waiver:
        return get_object_or_404(Waiver.objects.with_documents(), pk=self.kwargs["pk"])

    @property
    def note(self) -> Invoice:
        """The credit note by which the charge was taken back."""
        return self.waiver.line.invoice

    def refusal(self):
        return why_withdrawn(self.waiver)

    def demonstration(self):
        return INVENTED if self.note.is_demonstration else ""

    def about(self):
        waiver, line = self.waiver, self.waiver.line
        amount = f"{money_text(waiver.amount)} {self.note.agreement.currency}"
        charge = f"{line.site or 'All sites'}, {line.description or line.level_name}"
        yield "Waived", f"{amount} of line {line.credits.position} of {line.credits.invoice}: {charge}"
        yield "Decided", f"by {waiver.decided_by} on {day_text(waiver.decided_on)}"
        yield "Reason", waiver.reason

    def consequences(self):
        yield "The charge falls due again, and the next run bills what is due for it."
        yield "The credit note stays as it was issued. The waiver stays on file with your reason."

    def perform(self, *, reason):
        waiver = withdraw_waiver(waiver=self.waiver, reason=reason, on=self.on, by=self.request.user)
        after = next_run_sentence(next_run_of(invoice=self.note, on=self.on), waived=False)
        return f"The waiver of {money_text(-waiver.line.amount)} is withdrawn. {after}"

    def back(self):
        return reverse("invoicing:invoice_detail", args=[self.note.pk])

    def get_context_data(self, **kwargs):
        return super().get_context_data(waiver=self.waiver, **kwargs)
