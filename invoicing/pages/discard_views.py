"""The page that discards drafts: chosen ones, or all that the filters of the list let through."""

from django import forms
from django.contrib import messages
from django.urls import reverse
from django.utils.functional import cached_property

from contracts.money import money_text
from contracts.pages.event_page import EventForm, EventPage
from contracts.wording import listed, plural
from invoicing.models import Invoice
from invoicing.pages.filters import InvoiceFilter
from invoicing.pages.invoice import documents_shown, totals_of
from invoicing.runs.discarding import MOST_AT_ONCE, discard_drafts


class DraftsForm(EventForm):
    """The drafts that were shown, by their keys."""

    drafts = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self):
        keys = _keys(self.cleaned_data["drafts"])
        if not keys:
            raise forms.ValidationError("No draft was chosen, so nothing is discarded.")
        return {"drafts": keys}


class DiscardDrafts(EventPage):
    """GET shows the drafts that the address names, POST discards those that were shown."""

    permission_required = ("invoicing.view_invoice", "invoicing.draft_invoice")
    template_name = "invoicing/invoice_discard.html"
    crumbs = "invoicing/parts/list_crumbs.html"
    back_name, danger = "Back without discarding", True
    form_class = DraftsForm

    @cached_property
    def drafts(self) -> list[Invoice]:
        """The drafts that the address names by their keys, or all that its filters let through; not too many."""
        return list(self._chosen().order_by("agreement__number", "first_day", "pk")[:MOST_AT_ONCE])

    def _chosen(self):
        drafts = Invoice.objects.with_agreement().defer("content").drafts()
        if "all" not in self.request.GET:
            return drafts.filter(pk__in=_keys(",".join(self.request.GET.getlist("draft"))))
        filters = InvoiceFilter(self.request.GET, queryset=drafts)
        return filters.qs if filters.is_valid() else drafts.none()

    @property
    def title(self):
        return f"Discard {plural(len(self.drafts), 'draft')}"

    button = title

    def get_initial(self):
        return {"drafts": ",".join(str(draft.pk) for draft in self.drafts)}

    def warnings(self):
        more = self._chosen().count() - len(self.drafts) if len(self.drafts) == MOST_AT_ONCE else 0
        if more:
            yield f"{more} more fit the filters. Discard these first, then come back for the others."

    def consequences(self):
        number, amounts = len(self.drafts), totals_of((draft.agreement.currency, draft.total) for draft in self.drafts)
        totals = [f"{money_text(amount)} {currency}" for currency, amount in amounts]
        taken = "is" if number == 1 else "are"
        yield f"{plural(number, 'draft')}, {listed(totals)} in all, {taken} taken off the list."
        yield "No number is lost: a draft has none. What is due stays due, and the next run drafts it again."
        yield "A draft that somebody issues before you confirm is left as it is."

    def perform(self, *, drafts):
        """Discard them, and say what was issued or gone meanwhile."""
        done = discard_drafts(keys=drafts, by=self.request.user)
        if done.issued:
            named = ", ".join(str(invoice) for invoice in done.issued)
            messages.warning(
                self.request,
                f"Issued meanwhile, so not discarded: {named}. A credit note takes an issued document back.",
            )
        discarded, gone = (plural(number, "draft was", "drafts were") for number in (done.drafts, done.gone))
        if done.gone:
            messages.warning(self.request, f"{gone} replaced or discarded by somebody else meanwhile.")
        return f"{discarded} discarded. The next run drafts again what is due." if done.drafts else ""

    def back(self):
        return reverse("invoicing:invoice_list")

    def get_context_data(self, **kwargs):
        return super().get_context_data(drafts=documents_shown(self.drafts), **kwargs)


def _keys(text: str) -> set[int]:
    return {int(key) for key in text.split(",")[:MOST_AT_ONCE] if key.isascii() and key.isdigit() and len(key) < 19}
