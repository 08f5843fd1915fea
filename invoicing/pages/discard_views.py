"""The page that discards drafts: chosen ones, or all that the filters of the list let through."""

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.shortcuts import redirect
from django.views.generic import TemplateView

from contracts.wording import plural
from invoicing.models import Invoice
from invoicing.pages.filters import InvoiceFilter
from invoicing.pages.invoice import documents_shown, totals_of
from invoicing.runs.discarding import MOST_AT_ONCE, Discarded, discard_drafts


class DiscardDrafts(PermissionRequiredMixin, TemplateView):
    """A confirmation page: GET shows the drafts that the address names, POST discards those that were shown."""

    permission_required = ("invoicing.view_invoice", "invoicing.draft_invoice")
    template_name = "invoicing/invoice_discard.html"

    def get_context_data(self, **kwargs):
        found = self.chosen().order_by("agreement__number", "first_day", "pk")
        drafts = list(found[:MOST_AT_ONCE])
        return super().get_context_data(
            drafts=documents_shown(drafts),
            totals=totals_of(drafts),
            keys=",".join(str(draft.pk) for draft in drafts),
            more=found.count() - len(drafts) if len(drafts) == MOST_AT_ONCE else 0,
            **kwargs,
        )

    def chosen(self):
        """The drafts that the address names by their keys, or all that its filters let through."""
        drafts = Invoice.objects.with_agreement().defer("content").drafts()
        if "all" not in self.request.GET:
            return drafts.filter(pk__in=_keys(",".join(self.request.GET.getlist("draft"))))
        filters = InvoiceFilter(self.request.GET, queryset=drafts)
        return filters.qs if filters.is_valid() else drafts.none()

    def post(self, request, *args, **kwargs):
        keys = _keys(request.POST.get("drafts", ""))
        if keys:
            _tell(request, discard_drafts(keys=keys, by=request.user))
        else:
            messages.error(request, "No draft was chosen, so nothing is discarded.")
        return redirect("invoicing:invoice_list")


def _keys(text: str) -> set[int]:
    return {int(key) for key in text.split(",")[:MOST_AT_ONCE] if key.isascii() and key.isdigit() and len(key) < 19}


def _tell(request, done: Discarded) -> None:
    drafts, gone = (plural(number, "draft was", "drafts were") for number in (done.drafts, done.gone))
    if done.drafts:
        messages.success(request, f"{drafts} discarded. The next run drafts again what is due.")
    if done.issued:
        named = ", ".join(str(invoice) for invoice in done.issued)
        messages.warning(
            request, f"Issued meanwhile, so not discarded: {named}. A credit note takes an issued document back."
        )
    if done.gone:
        messages.warning(request, f"{gone} replaced or discarded by somebody else meanwhile.")
