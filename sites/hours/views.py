"""Pages about the hours of an agreement: position, ledger and entries, and each event of blocks and work."""

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import DetailView

from contracts.clock import business_date
from contracts.models import Agreement
from contracts.pages.address import KnownParameters, OfAgreement
from contracts.pages.event_page import EventPage
from contracts.pages.lists import ListPage, page_of
from contracts.periods import day_text
from sites.hours.forms import BlocksForm, ChangeForm, CorrectionForm, NewWorkForm, OnForm, ReasonForm
from sites.hours.lists import WorkFilter, WorkTable
from sites.hours.pages import balance_drawing, changes_shown, drawn_span, ledger_lines, month_ends, period_tabs, rows_of
from sites.hours.position import ledger_of, position_of
from sites.hours.prices import blocks_text, hours_text
from sites.hours.recording import (
    buy_blocks,
    change_work,
    correct_work,
    enter_work,
    reverse_blocks,
    reverse_work,
    why_reversed,
    why_unchangeable,
)
from sites.models import BlockPurchase, Site, WorkEntry

MOST_WAITING = 20
KEPT_LAST = 10
"""Entries recorded last that the form of the next one shows."""


class Hours(PermissionRequiredMixin, KnownParameters, DetailView):
    """Where an agreement stands with its hours on a date of choice, what waits, and every movement."""

    permission_required = "sites.view_workentry"
    parameters = ("on", "period", "page")
    queryset = Agreement.objects.with_terms()
    template_name = "sites/hours.html"

    def get_context_data(self, **kwargs):
        """Add the position on the day asked for, the picture, the purchases and a page of the ledger."""
        agreement, today = self.object, business_date()
        terms = agreement.as_terms()
        form = OnForm(self.request.GET, on=today)
        on = form.cleaned_data["on"] if form.is_valid() else today
        ledger = ledger_of(agreement_id=agreement.pk, terms=terms, known_on=today)
        position = position_of(ledger=ledger, on=on)
        now = position if on == today else position_of(ledger=ledger, on=today)
        tabs = period_tabs(ledger=ledger, on=today)
        chosen = _chosen(tabs, self.request.GET.get("period", ""), on)
        rows = rows_of(ledger=ledger, span=chosen.period.span if chosen else None)
        page = page_of(rows, self.request.GET.get("page"))
        waits = now.waits
        shown = [*page.object_list, *waits[:MOST_WAITING]]
        sites = Site.objects.in_bulk({row.work.site_key for row in shown if row.work})
        span = drawn_span(ledger=ledger, on=on)
        drawing = balance_drawing(position=position, span=span, today=today)
        return super().get_context_data(
            form=form,
            on=on,
            today=today,
            position=position,
            notices=ledger.notices,
            ways=now.both_ways,
            waits=[(entry, sites[entry.work.site_key]) for entry in waits[:MOST_WAITING]],
            more_waits=max(len(waits) - MOST_WAITING, 0),
            warning=ledger.block_warning_on(today),
            drawing=drawing,
            months=month_ends(ledger=ledger, span=span, today=today),
            purchases=_purchases(agreement, ledger),
            tabs=tabs,
            chosen=chosen,
            page_obj=page,
            lines=ledger_lines(rows=page.object_list, sites=sites),
            any_waiting=any(row.waiting for row in page.object_list),
            movements=len(ledger.rows),
            is_demonstration=Site.objects.filter(agreement=agreement, is_demonstration=True).exists(),
            **kwargs,
        )


def _chosen(tabs, number: str, on):
    """The annual period asked for; without one that of the day, and None for all of them."""
    if number == "all":
        return None
    named = [tab for tab in tabs if str(tab.period.number) == number]
    return next(iter(named or [tab for tab in tabs if on in tab.period.span] or tabs[:1]), None)


def _purchases(agreement: Agreement, ledger) -> list:
    """Every purchase on file, latest first, with what it brought; a reversed one brings nothing."""
    rows = BlockPurchase.objects.filter(agreement=agreement).select_related("replaces").order_by("-bought_on", "-pk")
    return [(row, ledger.purchases.get(row.pk)) for row in rows]


class WorkList(ListPage):
    """All work entries of an agreement, reversed ones too."""

    permission_required = "sites.view_workentry"
    table_class = WorkTable
    filterset_class = WorkFilter
    template_name = "sites/hours_entries.html"

    def get_queryset(self):
        self.agreement = get_object_or_404(Agreement, pk=self.kwargs["pk"])
        return (
            WorkEntry.objects.filter(site__agreement=self.agreement)
            .select_related("site")
            .order_by("-worked_on", "-pk")
        )

    @property
    def title(self):
        return f"Work entries of agreement {self.agreement.number}"

    def get_context_data(self, **kwargs):
        return super().get_context_data(agreement=self.agreement, **kwargs)


class Entry(PermissionRequiredMixin, DetailView):
    """One work entry: what it says, what became of its hours, and what it replaced or was replaced by."""

    permission_required = "sites.view_workentry"
    queryset = WorkEntry.objects.select_related("site", "file", "recorded_by", "reversed_by", "replaces", "replaced_by")
    template_name = "sites/hours_entry.html"
    context_object_name = "entry"

    def get_context_data(self, **kwargs):
        agreement = Agreement.objects.with_terms().get(pk=self.object.site.agreement_id)
        today = business_date()
        ledger = ledger_of(agreement_id=agreement.pk, terms=agreement.as_terms(), known_on=today)
        changes = self.object.changes.select_related("changed_by").order_by("-pk")
        return super().get_context_data(
            agreement=agreement,
            outcome=ledger.outcomes.get(self.object.pk),
            changes=changes_shown(changes=changes),
            **kwargs,
        )


# ---- events: blocks ----------------------------------------------------------------------------------------------


class HoursEvent(OfAgreement, EventPage):
    crumbs = "sites/parts/hours_crumbs.html"
    styles = ("hours.css",)
    back_name = "Back to the hours"

    def position(self):
        ledger = ledger_of(agreement_id=self.agreement.pk, terms=self.agreement.as_terms(), known_on=self.on)
        return position_of(ledger=ledger, on=self.on)

    def demonstration(self):
        invented = Site.objects.filter(agreement=self.agreement, is_demonstration=True).exists()
        return "Demonstration data: the hours of demonstration sites are invented." if invented else ""

    def back(self):
        return reverse("sites:hours", args=[self.agreement.pk])


class BuyBlocks(HoursEvent):
    permission_required = "sites.buy_blocks"
    title, button = "Buy blocks of hours", "Record the purchase"
    form_class = BlocksForm

    @cached_property
    def now(self):
        return self.position()

    def get_initial(self):
        ways = self.now.both_ways
        return {"bought_on": self.on, "blocks": (ways and ways.blocks) or 1}

    def get_form_kwargs(self):
        """Ask whose place it takes where a billed purchase was reversed."""
        rows = BlockPurchase.objects.filter(agreement=self.agreement).replaceable()
        return super().get_form_kwargs() | {"replaceable": list(rows)}

    def warnings(self):
        with_prices = self.request.user.has_perm("contracts.view_priceschedule")
        ways, dearer = self.now.both_ways, self.now.ledger.block_warning_on(self.on)
        if ways:
            waiting = (
                f"{hours_text(self.now.waiting)} of work wait for a block. Blocks bought now cover them first, the "
            )
            yield f"{waiting}oldest work before the next.{f' {ways.sentence}' if with_prices else ''}"
        if dearer and with_prices:
            yield dearer

    def consequences(self):
        return [
            f"On {day_text(self.on)} {hours_text(self.now.balance)} are left. The blocks add to them.",
            "Blocks serve all sites of the agreement, and what is left of them stays until the expiration.",
        ]

    def perform(self, **facts):
        purchase = buy_blocks(agreement=self.agreement, on=self.on, by=self.request.user, **facts)
        now = self.position()
        message = f"{blocks_text(purchase.blocks)} bought on {day_text(purchase.bought_on)}"
        covered = now.ledger.purchases[purchase.pk].covered
        waited = f" {hours_text(covered)} that waited are covered." if covered else ""
        return f"{message}: {hours_text(now.balance)} are left on {day_text(self.on)}.{waited}"


class ReverseBlocks(HoursEvent):
    permission_required = "sites.reverse_hours"
    title, button, danger = "Reverse the purchase of blocks", "Reverse it", True
    form_class = ReasonForm

    @cached_property
    def purchase(self) -> BlockPurchase:
        return get_object_or_404(BlockPurchase, pk=self.kwargs["pk"])

    @property
    def agreement_key(self):
        return self.purchase.agreement_id

    def refusal(self):
        return why_reversed(self.purchase)

    def about(self):
        reference = f", {self.purchase.reference}" if self.purchase.reference else ""
        bought = f"{blocks_text(self.purchase.blocks)}, bought on {day_text(self.purchase.bought_on)}"
        return [("Purchase", f"{bought}{reference}")]

    def consequences(self):
        yield "The blocks no longer count and stay on file with your reason."
        yield "Hours that they covered come from the blocks that are left, or need another block."
        if self.purchase.billed_on:
            yield f"They were billed on {day_text(self.purchase.billed_on)}: the next invoice run credits them."

    def perform(self, **facts):
        purchase = reverse_blocks(purchase=self.purchase, on=self.on, by=self.request.user, **facts)
        now = self.position()
        waits = f" {hours_text(now.waiting)} of work now wait for a block." if now.waiting else ""
        message = f"The purchase of {blocks_text(purchase.blocks)} of {day_text(purchase.bought_on)} is reversed."
        return f"{message} {hours_text(now.balance)} are left on {day_text(self.on)}.{waits}"


# ---- events: work ------------------------------------------------------------------------------------------------


class EnterWork(HoursEvent):
    """Enter work, one entry after the other: date, site and person stay."""

    permission_required = "sites.enter_work"
    title = "Enter work"
    template_name = "sites/hours_enter.html"
    form_class = NewWorkForm

    @property
    def kept(self) -> str:
        """Where the session keeps what the next entry begins with."""
        return f"work-{self.agreement.pk}"

    @property
    def button(self):
        return "Enter the next one" if self.kept in self.request.session else "Enter the work"

    def get_initial(self):
        return {"worked_on": self.on, **self.request.session.get(self.kept, {})}

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"agreement": self.agreement}

    def get_context_data(self, **kwargs):
        rows = WorkEntry.objects.filter(site__agreement=self.agreement).select_related("site").order_by("-pk")
        return super().get_context_data(last=list(rows[:KEPT_LAST]), **kwargs)

    def perform(self, **facts):
        entry = enter_work(agreement=self.agreement, on=self.on, by=self.request.user, **facts)
        self.request.session[self.kept] = {
            "worked_on": entry.worked_on.isoformat(),
            "site": entry.site_id,
            "person": entry.person,
        }
        return _became(entry, self.position())

    def after(self):
        return reverse("sites:hours_enter", args=[self.agreement.pk])


def _became(entry: WorkEntry, position) -> str:
    outcome = position.ledger.outcomes[entry.pk]
    return f"{entry.site}, {day_text(entry.worked_on)}, {entry.person}: {outcome.sentence}"


class EntryEvent(HoursEvent):
    back_name = "Back to the entry"

    @cached_property
    def entry(self) -> WorkEntry:
        return get_object_or_404(WorkEntry.objects.select_related("site"), pk=self.kwargs["pk"])

    @property
    def agreement_key(self):
        return self.entry.site.agreement_id

    def refusal(self):
        return why_reversed(self.entry)

    def about(self):
        entry = self.entry
        done = (
            f"{hours_text(entry.hours)} of {entry.service}, {entry.site}, {day_text(entry.worked_on)}, {entry.person}"
        )
        return [("Entry", done)]

    def back(self):
        return reverse("sites:hours_entry", args=[self.entry.pk])

    def after(self):
        return super().back()

    def get_context_data(self, **kwargs):
        return super().get_context_data(entry=self.entry, **kwargs)


class ChangeWork(EntryEvent):
    permission_required = "sites.enter_work"
    title, button = "Change the entry", "Change it"
    form_class = ChangeForm

    def refusal(self):
        return why_unchangeable(self.entry)

    def get_form_kwargs(self):
        kwargs = super().get_form_kwargs()
        del kwargs["initial"]  # the form begins with the entry
        return kwargs | {"entry": self.entry, "agreement": self.agreement}

    def perform(self, **facts):
        entry = change_work(entry=self.entry, on=self.on, by=self.request.user, **facts)
        return f"Changed. {_became(entry, self.position())}"


class CorrectWork(ChangeWork):
    permission_required = ("sites.enter_work", "sites.reverse_hours")
    title, button = "Correct the entry", "Reverse it and enter this"
    form_class = CorrectionForm

    def refusal(self):
        return why_reversed(self.entry)

    def consequences(self):
        yield "The old entry is reversed and stays on file with the reason; what you enter here takes its place."
        if self.entry.billed_on:
            yield "The next invoice run bills or credits the difference."

    def perform(self, **facts):
        entry = correct_work(entry=self.entry, on=self.on, by=self.request.user, **facts)
        return f"The old entry is reversed. {_became(entry, self.position())}"


class ReverseWork(EntryEvent):
    permission_required = "sites.reverse_hours"
    title, button, danger = "Reverse the entry", "Reverse it", True
    form_class = ReasonForm

    def consequences(self):
        yield "The entry no longer counts and stays on file with your reason."
        yield "Prepaid hours that it used are free again."
        if self.entry.billed_on:
            yield f"It was billed on {day_text(self.entry.billed_on)}: the next invoice run credits it."

    def perform(self, **facts):
        entry = reverse_work(entry=self.entry, on=self.on, by=self.request.user, **facts)
        return f"{hours_text(entry.hours)} of {day_text(entry.worked_on)}, {entry.site}: the entry is reversed."
