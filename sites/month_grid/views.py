"""The month grid: the page of one agreement and month, the figures of rows while they are typed, and saving a row."""

import re
from collections.abc import Collection
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.paginator import Page
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView, View
from django.views.generic.base import ContextMixin

from contracts.clock import business_date
from contracts.models import Agreement
from contracts.pages.address import OfAgreement
from contracts.pages.lists import ROWS_OF_A_TABLE, page_of
from contracts.periods import Month, day_text
from contracts.schedule import Component, Refused
from contracts.terms import AgreementTerms, expiration_known
from people.answers import AnswersByAddress
from sites.models import Site
from sites.month_grid.entry import UNCHANGED, TypedRow, place, read_row
from sites.month_grid.grid import GridRow, MonthGrid, entries_of, grid_components, month_grid, month_to_open
from sites.month_grid.queries import GridRows, first_month, grid_days, last_counted, load_rows, month_sites
from sites.month_grid.saving import CannotSave, RowRefusal, save_rows, saved_text
from sites.month_grid.whole_month import WholeMonth
from sites.month_path import MonthPath
from sites.reports.lacking import keep_months
from sites.reports.monthly_report import agreement_months

PAGE_REASON = "reason"
MOST_ROWS = 200
"""Rows for which the figures are asked at once."""
HIGHEST_KEY = 2**31 - 1
OUT_OF_DATE = RowRefusal((Refused("OUT_OF_DATE", "seen", "This row is out of date. Load the page again."),))


class LastMonth(PermissionRequiredMixin, View):
    """Leads to the last month that has begun and in which a site of the agreement is in service."""

    permission_required = "sites.view_componentcount"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        agreement = get_object_or_404(Agreement, pk=pk)
        month = month_to_open(sites=Site.objects.filter(agreement=agreement), on=business_date())
        return redirect("sites:month_grid", agreement.pk, month)


class GridView(PermissionRequiredMixin, OfAgreement, ContextMixin, View):
    """What all views of the grid share: the agreement, the month, and the rows that an address or a form names."""

    permission_required = "sites.view_componentcount"

    def has_permission(self) -> bool:
        """Who sends counts may enter them, or correct them; which of the two a row needs is seen from the row."""
        return super().has_permission() and (self.request.method != "POST" or self.may_add or self.may_correct)

    @cached_property
    def month(self) -> Month:
        """The month of the address, once it has begun."""
        if self.kwargs["month"].span.first_day > self.on:
            raise Http404("The month has not begun.")
        return self.kwargs["month"]

    @cached_property
    def after(self) -> date | None:
        """The day of the month after which a further count is entered, where the address gives one."""
        text = self.request.GET.get("after", "")
        if not text.isascii() or not text.isdecimal() or len(text) > 2:
            return None
        last = min(self.month.span.last_day, self.on).day
        return self.month.span.first_day.replace(day=int(text)) if 0 < int(text) < last else None

    @cached_property
    def terms(self) -> AgreementTerms:
        return self.agreement.as_terms()

    @cached_property
    def counted(self) -> dict[str, date]:
        """The components counted in the month, at whichever site, each with the last day on which it was."""
        return last_counted(agreement=self.agreement, month=self.month, on=self.on, after=self.after)

    @cached_property
    def columns(self) -> tuple[Component, ...]:
        """The columns: the same on every page of the month."""
        return grid_components(terms=self.terms, month=self.month, on=self.on, counted=self.counted)

    def load(self, keys: Collection[int]) -> GridRows:
        return load_rows(agreement=self.agreement, month=self.month, on=self.on, after=self.after, keys=keys)

    def grid(self, rows: GridRows, **typed: Any) -> MonthGrid:
        return month_grid(
            rows=rows,
            terms=self.terms,
            columns=self.columns,
            month=self.month,
            on=self.on,
            after=self.after,
            **typed,
        )

    @property
    def may_add(self) -> bool:
        return self.request.user.has_perm("sites.add_componentcount")

    @property
    def may_correct(self) -> bool:
        return self.request.user.has_perm("sites.change_componentcount")

    def save(self, rows: GridRows, typed: dict[int, TypedRow], page_reason: str) -> dict:
        """Record the rows that were typed. Raises CannotSave."""
        entries = entries_of(
            typed=typed.values(),
            rows=rows,
            columns=self.columns,
            month=self.month,
            on=self.on,
            after=self.after,
            page_reason=page_reason,
        )
        recorded = save_rows(
            entries=entries,
            sites={site.pk: site for site in rows.sites},
            components=self.columns,
            days=grid_days(month=self.month, after=self.after),
            may_add=self.may_add,
            may_correct=self.may_correct,
            on=self.on,
            by=self.request.user,
        )
        keep_months(agreements=[self.agreement.pk], months=[self.month], on=self.on)
        return recorded

    def read(self, rows: GridRows, data) -> tuple[dict[int, TypedRow], dict[int, RowRefusal]]:
        """Read the rows of a form, and those of it that are out of date."""
        typed, refused = {}, {}
        for site in rows.sites:
            row = read_row(key=site.pk, data=data, components=self.columns)
            if row is None:
                refused[site.pk] = OUT_OF_DATE
            else:
                before = {count.component: count.quantity for count in site.count_values()}
                typed[site.pk] = row.with_last(before, rest=place(site.pk, UNCHANGED) in data)
        return typed, refused


class MonthGridPage(GridView, AnswersByAddress, TemplateView):
    """A page of the month: it shows its sites, and takes the whole form where no script saves its rows one by one."""

    template_name = "sites/month_grid.html"

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        """Show a page; an address that names a site leads to the page with its row."""
        if "site" in request.GET:
            return redirect(self._address_of_site(request.GET["site"]))
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        """Save every row of the form, or none of them: those of the page, and any that was on it when it was opened."""
        sent = {name.partition(".")[0] for name in request.POST}
        on_page = {site.pk for site in self.page}
        rows = self.load([site.pk for site in self.whole.sites if site.pk in on_page or str(site.pk) in sent])
        typed, refused = self.read(rows, request.POST)
        page_reason = request.POST.get(PAGE_REASON, "")
        try:
            if refused:
                raise CannotSave(refused)
            recorded = self.save(rows, typed, page_reason)
        except CannotSave as refusal:
            grid = self.grid(rows, typed=typed, refused=refusal.rows)
            return self.render_to_response(self.get_context_data(grid=grid, page_reason=page_reason, refusal=refusal))
        messages.success(request, saved_text(recorded.values()))
        return redirect(self.page_address())

    @cached_property
    def whole(self) -> WholeMonth:
        """The month with the sites of all its pages."""
        sites = month_sites(
            agreement=self.agreement,
            month=self.month,
            on=self.on,
            after=self.after,
            codes=[component.code for component in self.columns],
        )
        return WholeMonth(
            month=self.month,
            on=self.on,
            days=grid_days(month=self.month, after=self.after),
            components=len(self.columns),
            sites=sites,
            last_counted_on=max(self.counted.values(), default=None),
            first_month=first_month(agreement=self.agreement),
        )

    @cached_property
    def page(self) -> Page:
        """The sites of the page that the address asks for."""
        return page_of(self.whole.sites, self.request.GET.get("page"))

    def get_context_data(self, **kwargs) -> dict:
        if "grid" not in kwargs:
            kwargs["grid"] = self.grid(self.load([site.pk for site in self.page]))
        paged = self.page.has_other_pages()
        return super().get_context_data(
            whole=self.whole,
            page_obj=self.page,
            month_pages=list(self.whole.pages(self.page)) if paged else [],
            places=[[site.pk, str(site), self.whole.is_open(site)] for site in self.whole.sites] if paged else [],
            may_add=self.may_add,
            may_correct=self.may_correct,
            may_type=self.may_add or self.may_correct,
            figures_address=self._with_after(reverse("sites:month_grid_figures", args=[self.agreement.pk, self.month])),
            row_address=self._with_after(reverse("sites:month_grid_row", args=[self.agreement.pk, self.month, 0])),
            further=None if self.after else self.whole.filed_through,
            after_said=self._after_said(),
            month_text=MonthPath().to_url(self.month),
            has_report=self._has_report(),
            **kwargs,
        )

    def _address_of_site(self, text: str) -> str:
        """Where the row of a site is: its page, and there the row."""
        whole = re.fullmatch(r"[0-9]{1,9}", text, re.ASCII)
        place = self.whole.place_of(int(text)) if whole else None
        if place is None:
            raise Http404("The site is not in service in the month.")
        asked = self.request.GET.copy()
        del asked["site"]
        if len(self.whole.sites) > ROWS_OF_A_TABLE:
            asked["page"] = place // ROWS_OF_A_TABLE + 1
        return f"{self.request.path}{'?' if asked else ''}{asked.urlencode()}#site-{int(text)}"

    def _has_report(self) -> bool:
        """Whether a report of the month is due: within the term, with a site in service."""
        expires_on, _source = expiration_known(agreement=self.terms, known_on=self.on)
        services = {(site.in_service_on, site.removed_on) for site in self.whole.sites}
        first_day = self.terms.first_period_starts_on
        return self.month in agreement_months(
            first_period_starts_on=first_day, expires_on=expires_on, services=services, on=self.on
        )

    def _after_said(self) -> str:
        if self.after is None:
            return ""
        return f"A further count of the month: those made through {day_text(self.after)} are among the counts before."

    def _with_after(self, address: str) -> str:
        return f"{address}?after={self.after.day}" if self.after else address


class GridFigures(GridView):
    """What typed rows come to: changes, jumps and the measured level. It reads and never writes."""

    def get(self, request: HttpRequest, **kwargs) -> JsonResponse:
        asked = request.GET.getlist("site")[:MOST_ROWS]
        rows = self.load(keys=[int(text) for text in asked if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII)])
        typed, _refused = self.read(rows, request.GET)
        grid = self.grid(rows, typed=typed)
        return JsonResponse({"rows": {row.site.pk: row_answer(row) for row in grid.rows}})


class GridRowSave(GridView):
    """Saves one row: its answer is the row as it stands then, or why it was not saved."""

    def post(self, request: HttpRequest, site: int, **kwargs) -> JsonResponse:
        rows = self.load(keys=[site] if site <= HIGHEST_KEY else [])
        if not rows.sites:
            raise Http404("The site is not in service in the month.")
        typed, refused = self.read(rows, request.POST)
        try:
            if refused:
                raise CannotSave(refused)
            recorded = self.save(rows, typed, request.POST.get(PAGE_REASON, ""))
        except CannotSave as refusal:
            return self._refused(self.load(keys=[site]), typed, refusal.rows[site])
        (row,) = self.grid(self.load(keys=[site])).rows
        return JsonResponse({"row": row_answer(row), "message": saved_text(recorded.values())})

    def _refused(self, rows: GridRows, typed: dict[int, TypedRow], refusal: RowRefusal) -> JsonResponse:
        (row,) = self.grid(rows, typed=typed, refused={row.pk: refusal for row in rows.sites}).rows
        conflicts = [
            {
                "code": one.code,
                "stored": "" if one.stored is None else str(one.stored),
                "typed": "" if one.typed is None else str(one.typed),
                "says": one.message,
            }
            for one in refusal.conflicts
        ]
        errors = [{"place": error.place, "says": error.message} for error in refusal.errors]
        answer = {"row": row_answer(row), "conflicts": conflicts, "errors": errors}
        return JsonResponse(answer, status=409 if conflicts else 422)


def row_answer(row: GridRow) -> dict:
    """Write a row for the script: the same words that the page shows."""
    level = row.level
    return {
        "seen": row.seen,
        "cells": {
            cell.component.code: {
                "filed": cell.filed_text,
                "change": cell.change,
                "word": cell.jump.kind.word if cell.jump else "",
                "why": cell.jump.sentence if cell.jump else "",
                "title": cell.title,
            }
            for cell in row.cells
        },
        "level": {
            "name": level.name,
            "says": list(level.says),
            "from": level.changed_from,
            "doubtful": level.doubtful,
        }
        if level
        else None,
    }
