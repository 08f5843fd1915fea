"""Pages about the hours of an agreement: its position and ledger, its work entries, and one entry."""

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404
from django.views.generic import DetailView

from contracts.clock import business_date
from contracts.models import Agreement
from contracts.pages.lists import ListPage
from sites.hours.forms import OnForm
from sites.hours.lists import WorkFilter, WorkTable
from sites.hours.pages import (
    balance_drawing,
    changes_shown,
    drawn_span,
    ledger_lines,
    month_ends,
    period_tabs,
    rows_of,
)
from sites.hours.position import ledger_of, position_of
from sites.models import BlockPurchase, Site, WorkEntry

ROWS_A_PAGE = 50
MOST_WAITING = 20


class Hours(PermissionRequiredMixin, DetailView):
    """Where an agreement stands with its hours on a date of choice, what waits, and every movement."""

    permission_required = "sites.view_workentry"
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
        page = Paginator(rows, ROWS_A_PAGE).get_page(self.request.GET.get("page"))
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
        """The entries with their sites."""
        self.agreement = get_object_or_404(Agreement, pk=self.kwargs["pk"])
        return (
            WorkEntry.objects.filter(site__agreement=self.agreement)
            .select_related("site")
            .order_by("-worked_on", "-pk")
        )

    def get_context_data(self, **kwargs):
        """Add the agreement."""
        return super().get_context_data(agreement=self.agreement, **kwargs)


class Entry(PermissionRequiredMixin, DetailView):
    """One work entry: what it says, what became of its hours, and what it replaced or was replaced by."""

    permission_required = "sites.view_workentry"
    queryset = WorkEntry.objects.select_related("site", "file", "recorded_by", "reversed_by", "replaces", "replaced_by")
    template_name = "sites/hours_entry.html"
    context_object_name = "entry"

    def get_context_data(self, **kwargs):
        """Add the agreement and what became of the hours."""
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
