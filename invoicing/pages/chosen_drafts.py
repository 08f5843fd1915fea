"""The pages of what is done with many drafts at once: chosen ones, or all that the filters of the list let through."""

from collections.abc import Iterator

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import cached_property

from contracts.money import money_text
from contracts.pages.event_page import EventForm, EventPage
from contracts.periods import day_text
from contracts.wording import listed, plural
from invoicing.models import Invoice
from invoicing.pages.filters import InvoiceFilter
from invoicing.pages.invoice import document_shown, totals_of
from invoicing.runs.discarding import discard_drafts
from invoicing.runs.issuing import issue_drafts

MOST_KEYS = 500
"""As many drafts can be named at once."""
MOST_SAID = 10
"""So many refusals are told one by one; the drafts that stay in the list say the same."""


class DraftsForm(EventForm):
    """The drafts that were shown, by their keys."""

    drafts = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self):
        keys = _keys(self.cleaned_data["drafts"])
        if not keys:
            raise forms.ValidationError("No draft was chosen, so nothing happens.")
        return {"drafts": keys}


class ChosenDrafts(EventPage):
    """GET shows the drafts that the address names, POST does something with those that were shown."""

    template_name = "invoicing/chosen_drafts.html"
    crumbs = "invoicing/parts/list_crumbs.html"
    form_class = DraftsForm
    does: str
    """The word of the button: `Discard`."""
    most: int
    """As many are shown, confirmed and done together."""

    @cached_property
    def drafts(self) -> list[Invoice]:
        """The drafts that the address names by their keys, or all that its filters let through; not too many."""
        return list(self._chosen().order_by("agreement__number", "first_day", "pk")[: self.most])

    def _chosen(self) -> QuerySet[Invoice]:
        drafts = Invoice.objects.with_agreement().defer("content").drafts()
        if "all" not in self.request.GET:
            return drafts.filter(pk__in=_keys(",".join(self.request.GET.getlist("draft"))))
        filters = InvoiceFilter(self.request.GET, queryset=drafts)
        return filters.qs if filters.is_valid() else drafts.none()

    @property
    def title(self):
        return f"{self.does} {plural(len(self.drafts), 'draft')}"

    button = title

    def get_initial(self):
        return {"drafts": ",".join(str(draft.pk) for draft in self.drafts)}

    def warnings(self):
        more = self._chosen().count() - len(self.drafts) if len(self.drafts) == self.most else 0
        if more:
            yield f"{more} more fit the filters. {self.does} these first, then come back for the others."

    def demonstration(self):
        invented = any(draft.is_demonstration for draft in self.drafts)
        return "Demonstration data: some of these drafts bill invented sites." if invented else ""

    def in_all(self, drafts: list[Invoice]) -> str:
        """How many drafts, and what they come to."""
        amounts = totals_of((draft.agreement.currency, draft.total) for draft in drafts)
        totals = [f"{money_text(amount)} {currency}" for currency, amount in amounts]
        return f"{plural(len(drafts), 'draft')}, {listed(totals)} in all,"

    def back(self):
        return reverse("invoicing:invoice_list")

    def get_context_data(self, **kwargs):
        shown = [document_shown(draft, self.on) for draft in self.drafts]
        return super().get_context_data(drafts=shown, does=self.does, **kwargs)


class DiscardDrafts(ChosenDrafts):
    """Take drafts off the list."""

    permission_required = ("invoicing.view_invoice", "invoicing.draft_invoice")
    does, most, back_name, danger = "Discard", MOST_KEYS, "Back without discarding", True

    def consequences(self):
        taken = "is" if len(self.drafts) == 1 else "are"
        yield f"{self.in_all(self.drafts)} {taken} taken off the list."
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


class IssueDrafts(ChosenDrafts):
    """Issue drafts one after the other, each by the checks of its own page."""

    permission_required = ("invoicing.view_invoice", "invoicing.issue_invoice")
    does, most, back_name = "Issue", 100, "Back without issuing"

    @property
    def ready(self) -> list[Invoice]:
        """Those that neither wait for their day nor for a person's look."""
        return [draft for draft in self.drafts if not draft.held_because and not draft.waits(self.on)]

    @property
    def title(self):
        return f"Issue {plural(len(self.ready), 'draft')}"

    button = title

    def warnings(self) -> Iterator[str]:
        yield from super().warnings()
        left = len(self.drafts) - len(self.ready)
        if left:
            yield f"{plural(left, 'draft is', 'drafts are')} left as the table says: issue each on its own page."

    def consequences(self):
        if self.ready:
            yield f"{self.in_all(self.ready)} {'takes its number' if len(self.ready) == 1 else 'take their numbers'}."
            yield f"Each is dated {self.on:%A}, {day_text(self.on)}, frozen with everything it shows, and printed."
        yield "An issued document can never be changed or deleted. A mistake is corrected by a credit note."
        yield "One that cannot be issued stops no other: it stays a draft, and the list says why."

    def perform(self, *, drafts):
        """Issue them, and say of each that is left why."""
        done = issue_drafts(keys=drafts, on=self.on, by=self.request.user)
        for draft, reason in done.refused[:MOST_SAID]:
            messages.warning(self.request, f"{draft.agreement.number}, {draft.days}: {reason}")
        if (more := len(done.refused) - MOST_SAID) > 0:
            messages.warning(self.request, f"{plural(more, 'more draft was', 'more drafts were')} not issued.")
        if not done.issued:
            return ""
        first, last = done.issued[0].number_text, done.issued[-1].number_text
        numbers = first if len(done.issued) == 1 else f"{first} to {last}"
        amounts = totals_of((each.agreement.currency, each.total) for each in done.issued)
        totals = listed([f"{money_text(amount)} {currency}" for currency, amount in amounts])
        return f"{plural(len(done.issued), 'document is', 'documents are')} issued, {numbers}: {totals} in all."

    def after(self):
        return f"{self.back()}?state=issued"


def _keys(text: str) -> set[int]:
    return {int(key) for key in text.split(",")[:MOST_KEYS] if key.isascii() and key.isdigit() and len(key) < 19}
