"""Events of an agreement's hours: buying blocks, entering work, changing, correcting and reversing it."""

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.views.generic import FormView

from contracts.clock import business_date
from contracts.models import Agreement
from contracts.periods import day_text
from sites.hours.forms import BlocksForm, ChangeForm, CorrectionForm, NewWorkForm, ReasonForm
from sites.hours.position import ledger_of, position_of
from sites.hours.prices import blocks_text, hours_text
from sites.hours.recording import (
    buy_blocks,
    change_work,
    correct_work,
    enter_work,
    reverse_blocks,
    reverse_work,
)
from sites.models import BlockPurchase, Site, WorkEntry
from sites.refusals import CannotRecord

KEPT = ("worked_on", "site", "person")
"""What stays in the form after an entry, so that the next one is typed quickly."""
SHOWN = 10


class HoursEvent(PermissionRequiredMixin, FormView):
    """A form whose facts one function records, or refuses with sentences at the fields."""

    @cached_property
    def agreement(self) -> Agreement:
        """The agreement, with its terms."""
        return get_object_or_404(Agreement.objects.with_terms(), pk=self.agreement_key)

    @property
    def agreement_key(self) -> int:
        """The key of the agreement: that of the address, unless the address names one of its rows."""
        return self.kwargs["pk"]

    @cached_property
    def on(self):
        """The business date."""
        return business_date()

    def perform(self, form) -> str:
        """Do it by one call and return the message. Raises CannotRecord."""
        raise NotImplementedError

    def form_valid(self, form):
        """Record it, or put what was refused at its fields."""
        try:
            message = self.perform(form)
        except CannotRecord as refusal:
            form.show_refusal(refusal)
            return self.form_invalid(form)
        messages.success(self.request, message)
        return redirect(*self.after())

    def after(self) -> tuple:
        """Where to go then."""
        return "sites:hours", self.agreement.pk

    def position(self):
        """Where the agreement stands with its hours by now."""
        ledger = ledger_of(agreement_id=self.agreement.pk, terms=self.agreement.as_terms(), known_on=self.on)
        return position_of(ledger=ledger, on=self.on)

    def get_context_data(self, **kwargs):
        """Add the agreement, and whether its sites and so their hours are invented."""
        invented = Site.objects.filter(agreement=self.agreement, is_demonstration=True).exists()
        return super().get_context_data(agreement=self.agreement, on=self.on, is_demonstration=invented, **kwargs)


class BuyBlocks(HoursEvent):
    """Record that blocks of prepaid hours were bought."""

    permission_required = "sites.buy_blocks"
    template_name = "sites/hours_buy.html"
    form_class = BlocksForm

    def get_initial(self):
        """Propose the business date, and the blocks that the waiting work needs."""
        return {"bought_on": self.on, "blocks": (self.ways and self.ways.blocks) or 1}

    def get_form_kwargs(self):
        """Ask whose place it takes where a billed purchase was reversed."""
        rows = BlockPurchase.objects.filter(agreement=self.agreement).replaceable()
        return super().get_form_kwargs() | {"replaceable": list(rows)}

    @cached_property
    def now(self):
        """The position by now."""
        return self.position()

    @cached_property
    def ways(self):
        """What the waiting work costs in blocks and by the hour; None where none waits."""
        return self.now.both_ways

    def get_context_data(self, **kwargs):
        """Add what waits, and a warning where blocks are not cheaper."""
        return super().get_context_data(
            now=self.now, ways=self.ways, warning=self.now.ledger.block_warning_on(self.on), **kwargs
        )

    def perform(self, form):
        purchase = buy_blocks(agreement=self.agreement, on=self.on, by=self.request.user, **form.cleaned_data)
        now = self.position()
        message = f"{blocks_text(purchase.blocks)} bought on {day_text(purchase.bought_on)}"
        covered = now.ledger.purchases[purchase.pk].covered
        waited = f" {hours_text(covered)} that waited are covered." if covered else ""
        return f"{message}: {hours_text(now.balance)} are left on {day_text(self.on)}.{waited}"


class EnterWork(HoursEvent):
    """Enter work, one entry after the other: date, site and person stay."""

    permission_required = "sites.enter_work"
    template_name = "sites/hours_enter.html"
    form_class = NewWorkForm

    @property
    def kept(self) -> str:
        """Where the session keeps what the next entry begins with."""
        return f"work-{self.agreement.pk}"

    def get_initial(self):
        """Begin with what stays from the entry before."""
        return {"worked_on": self.on, **self.request.session.get(self.kept, {})}

    def get_form_kwargs(self):
        """Give the form the agreement."""
        return super().get_form_kwargs() | {"agreement": self.agreement}

    def get_context_data(self, **kwargs):
        """Add the entries recorded last."""
        last = WorkEntry.objects.filter(site__agreement=self.agreement).select_related("site").order_by("-pk")[:SHOWN]
        repeated = self.kept in self.request.session
        return super().get_context_data(last=list(last), repeated=repeated, **kwargs)

    def perform(self, form):
        entry = enter_work(agreement=self.agreement, on=self.on, by=self.request.user, **form.facts())
        self.request.session[self.kept] = {
            "worked_on": entry.worked_on.isoformat(),
            "site": entry.site_id,
            "person": entry.person,
        }
        return _became(entry, self.position())

    def after(self):
        """The next entry."""
        return "sites:hours_enter", self.agreement.pk


def _became(entry: WorkEntry, position) -> str:
    outcome = position.ledger.outcomes[entry.pk]
    return f"{entry.site}, {day_text(entry.worked_on)}, {entry.person}: {outcome.sentence}"


class EntryEvent(HoursEvent):
    """An event of one work entry."""

    @cached_property
    def entry(self) -> WorkEntry:
        """The entry."""
        rows = WorkEntry.objects.select_related("site", "replaces", "replaced_by")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    @property
    def agreement_key(self):
        """That of the entry's site."""
        return self.entry.site.agreement_id

    def get_form_kwargs(self):
        """Give the form the entry."""
        kwargs = super().get_form_kwargs()
        kwargs.pop("initial")
        return kwargs | {"entry": self.entry, "agreement": self.agreement}

    def get_context_data(self, **kwargs):
        """Add the entry."""
        return super().get_context_data(entry=self.entry, **kwargs)


class ChangeWork(EntryEvent):
    """Change an entry that is not billed."""

    permission_required = "sites.enter_work"
    template_name = "sites/hours_change.html"
    form_class = ChangeForm

    def perform(self, form):
        entry = change_work(entry=self.entry, on=self.on, by=self.request.user, **form.cleaned_data)
        return f"Changed. {_became(entry, self.position())}"


class CorrectWork(EntryEvent):
    """Reverse an entry and enter what is right in its place."""

    permission_required = ("sites.enter_work", "sites.reverse_hours")
    template_name = "sites/hours_correct.html"
    form_class = CorrectionForm

    def perform(self, form):
        entry = correct_work(entry=self.entry, on=self.on, by=self.request.user, **form.cleaned_data)
        return f"The old entry is reversed. {_became(entry, self.position())}"


class ReverseWork(EntryEvent):
    """Take an entry back: GET shows what will happen, POST does it."""

    permission_required = "sites.reverse_hours"
    template_name = "sites/hours_reverse.html"
    form_class = ReasonForm

    def get_form_kwargs(self):
        """The form asks for the reason alone."""
        return FormView.get_form_kwargs(self)

    def perform(self, form):
        entry = reverse_work(entry=self.entry, on=self.on, by=self.request.user, **form.cleaned_data)
        return f"{hours_text(entry.hours)} of {day_text(entry.worked_on)}, {entry.site}: the entry is reversed."


class ReverseBlocks(HoursEvent):
    """Take a purchase of blocks back: GET shows what will happen, POST does it."""

    permission_required = "sites.reverse_hours"
    template_name = "sites/hours_reverse_blocks.html"
    form_class = ReasonForm

    @cached_property
    def purchase(self) -> BlockPurchase:
        """The purchase."""
        return get_object_or_404(BlockPurchase, pk=self.kwargs["pk"])

    @property
    def agreement_key(self):
        """That of the purchase."""
        return self.purchase.agreement_id

    def get_context_data(self, **kwargs):
        """Add the purchase."""
        return super().get_context_data(purchase=self.purchase, **kwargs)

    def perform(self, form):
        purchase = reverse_blocks(purchase=self.purchase, on=self.on, by=self.request.user, **form.cleaned_data)
        now = self.position()
        waits = f" {hours_text(now.waiting)} of work now wait for a block." if now.waiting else ""
        message = f"The purchase of {blocks_text(purchase.blocks)} of {day_text(purchase.bought_on)} is reversed."
        return f"{message} {hours_text(now.balance)} are left on {day_text(self.on)}.{waits}"
