"""Pages of amendments: drafting the next one, what one says, its price table, and what it changes."""

from datetime import date
from functools import cached_property

from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.db import models, transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.generic import FormView, TemplateView

from contracts.amendments.amending import (
    CannotAmend,
    amendment_version,
    change_amendment,
    change_schedule,
    copy_schedule_in_force,
    draft_amendment,
    enter_schedule,
    schedule_version,
)
from contracts.amendments.forms import AmendmentDraftForm, AmendmentValuesForm
from contracts.amendments.pages import AmendmentShown, amendment_shown
from contracts.clock import business_date
from contracts.comparison import differences
from contracts.models import Agreement, Amendment, PriceSchedule, WithdrawnSignature
from contracts.price_table.form import PercentForm, ScheduleForm
from contracts.price_table.layout import entry_table
from contracts.schedule import Schedule
from contracts.terms import (
    AgreementTerms,
    TermsFound,
    expiration_known,
    expiration_on_file,
    next_amendment_number,
    schedule_before,
    terms_on,
)
from contracts.wording import plural

CLOSED = "A party has signed {0}: it is closed. Withdraw that signature first, or enter the next amendment."


class AgreementPage(PermissionRequiredMixin):
    """What the pages about the amendments of one agreement share."""

    @cached_property
    def on(self) -> date:
        """The business date, read once."""
        return business_date()

    @cached_property
    def agreement(self) -> Agreement:
        """The agreement with everything that its terms are read from."""
        return get_object_or_404(Agreement.objects.with_terms(), pk=self.kwargs["pk"])

    @cached_property
    def terms(self) -> AgreementTerms:
        """Its pure value."""
        return self.agreement.as_terms()

    def get_context_data(self, **kwargs):
        """Add the agreement and its terms."""
        return super().get_context_data(agreement=self.agreement, terms=self.terms, on=self.on, **kwargs)

    def log(self, row: models.Model, message: str, flag: int = CHANGE) -> None:
        """Note in the history of a row what a person did, and tell it on the next page."""
        rows = type(row)._default_manager.filter(pk=row.pk)
        LogEntry.objects.log_actions(self.request.user.pk, rows, flag, message, single_object=True)
        messages.success(self.request, message)


class AmendmentPage(AgreementPage):
    """What the pages of one amendment share."""

    @cached_property
    def amendment(self) -> Amendment:
        """The amendment, with its price schedule."""
        for amendment in self.agreement.amendment_list:
            if amendment.number == self.kwargs["number"]:
                return amendment
        raise Http404("No such amendment.")

    @property
    def schedule(self) -> PriceSchedule | None:
        """Its price schedule, where it has one."""
        return self.amendment.schedule_list[0] if self.amendment.schedule_list else None

    @property
    def shown(self) -> AmendmentShown:
        """What the page shows of it."""
        withdrawn = WithdrawnSignature.objects.filter(amendment=self.amendment).select_related("withdrawn_by")
        return amendment_shown(
            agreement=self.agreement,
            terms=self.terms,
            number=self.amendment.number,
            withdrawn=withdrawn.order_by("pk"),
            known_on=self.on,
        )

    def get_context_data(self, **kwargs):
        """Add the amendment."""
        return super().get_context_data(amendment=self.amendment, **({"shown": self.shown} | kwargs))

    def to_detail(self) -> HttpResponse:
        """Go to the page of the amendment."""
        return redirect("contracts:amendment_detail", pk=self.agreement.pk, number=self.amendment.number)


class DraftPage(AmendmentPage):
    """A page that changes a draft: once a party has signed, it leads back to the amendment."""

    def dispatch(self, request, *args, **kwargs):
        """Lead back from what is closed, for those who may come here at all."""
        if self.has_permission() and (self.amendment.is_sealed or self.amendment.is_closed):
            messages.error(request, CLOSED.format(self.amendment))
            return self.to_detail()
        return super().dispatch(request, *args, **kwargs)


# ---- drafting ------------------------------------------------------------------------------------------------------


class AmendmentDraft(AgreementPage, FormView):
    """Draft the next amendment: its number, dates and clause, and a copy of the schedule in force."""

    permission_required = "contracts.add_amendment"
    template_name = "contracts/amendment_draft.html"
    form_class = AmendmentDraftForm

    @cached_property
    def number(self) -> int:
        """The number that comes next."""
        return next_amendment_number(agreement=self.terms)

    def get_initial(self):
        """Propose what is known; what the document says is typed from it."""
        return {
            "number": self.number,
            "from_expires_on": expiration_on_file(agreement=self.terms, before=self.number),
            "copy_schedule": self.in_force is not None,
        }

    @cached_property
    def in_force(self) -> TermsFound | None:
        """The terms on the business date, or on the last day of a term that has ended."""
        expires_on, _source = expiration_known(agreement=self.terms, known_on=self.on)
        day = self.on if expires_on is None else min(self.on, expires_on)
        found = terms_on(agreement=self.terms, service_on=day, known_on=self.on)
        return found if isinstance(found, TermsFound) else None

    def get_form_kwargs(self):
        """Give the form the expiration on file, and the tick to those who may enter a schedule."""
        on_file = expiration_on_file(agreement=self.terms, before=self.number)
        may_copy = self.request.user.has_perm("contracts.add_priceschedule")
        return super().get_form_kwargs() | {"on_file": on_file, "may_copy": may_copy}

    def get_context_data(self, **kwargs):
        """Add what is on file, to be compared with the document."""
        latest = max(self.terms.amendments, key=lambda amendment: amendment.number, default=None)
        on_file = expiration_on_file(agreement=self.terms, before=self.number)
        return super().get_context_data(latest=latest, on_file=on_file, in_force=self.in_force, **kwargs)

    def form_valid(self, form):
        """Enter it with its copy, or neither; what is refused stands at its field."""
        values = dict(form.cleaned_data)
        copying = values.pop("copy_schedule", False)
        try:
            with transaction.atomic():
                drafted = draft_amendment(agreement=self.agreement, on=self.on, by=self.request.user, **values)
                if copying:
                    copy_schedule_in_force(amendment=drafted, on=self.on, by=self.request.user)
        except CannotAmend as refusal:
            form.show(refusal.refused)
            return self.form_invalid(form)
        message = "with a copy of the schedule in force: enter what changes" if copying else "without a price table"
        self.log(drafted, f"{drafted} is drafted {message}.", ADDITION)
        return redirect("contracts:amendment_detail", pk=self.agreement.pk, number=drafted.number)


class AmendmentChange(DraftPage, FormView):
    """Change what a draft says about itself and the term."""

    permission_required = "contracts.change_amendment"
    template_name = "contracts/amendment_change.html"
    form_class = AmendmentValuesForm

    def get_initial(self):
        """What is on file."""
        return {name: getattr(self.amendment, name) for name in AmendmentValuesForm.base_fields}

    def get_form_kwargs(self):
        """Give the form the expiration on file before this amendment."""
        on_file = expiration_on_file(agreement=self.terms, before=self.amendment.number)
        return super().get_form_kwargs() | {"on_file": on_file}

    def get_context_data(self, **kwargs):
        """Add the mark of what the form was opened on."""
        return super().get_context_data(seen=amendment_version(self.amendment), **kwargs)

    def form_valid(self, form):
        """Change it; what is refused stands at its field."""
        try:
            changed = change_amendment(
                amendment=self.amendment,
                seen=self.request.POST.get("seen", ""),
                on=self.on,
                by=self.request.user,
                **form.cleaned_data,
            )
        except CannotAmend as refusal:
            form.show(refusal.refused)
            return self.form_invalid(form)
        self.log(changed, f"What {changed} says is changed.")
        return self.to_detail()


# ---- what it says and changes ------------------------------------------------------------------------------------


def table_context(page: AmendmentPage, form: ScheduleForm, percent: PercentForm | None = None, **more) -> dict:
    """Return what the form of the price table needs on a page."""
    before, source = schedule_before(agreement=page.terms, number=page.amendment.number, known_on=page.on)
    return {
        "form": form,
        "table": entry_table(form=form, in_force=before),
        "against": source if before else None,
        "percent": percent or PercentForm(prefix="fill"),
        "seen": schedule_version(page.schedule.as_schedule()) if page.schedule else "",
        **more,
    }


class AmendmentDetail(AmendmentPage, TemplateView):
    """One amendment: how far it has come, what it says, and its price table, open for changes while it is a draft."""

    permission_required = "contracts.view_amendment"
    template_name = "contracts/amendment_detail.html"

    def get_context_data(self, **kwargs):
        """Add the table as a form for those who may change it."""
        shown = self.shown
        may_change = shown.is_draft and self.request.user.has_perm("contracts.change_priceschedule")
        if may_change and self.schedule is not None:
            kwargs |= table_context(self, ScheduleForm.of(self.schedule.as_schedule()))
        return super().get_context_data(shown=shown, may_change_schedule=may_change, **kwargs)


class AmendmentComparison(AmendmentPage, TemplateView):
    """What an amendment changes, beside what is in force, cell by cell."""

    permission_required = ("contracts.view_amendment", "contracts.view_priceschedule")
    template_name = "contracts/amendment_comparison.html"


class ScheduleChange(DraftPage, TemplateView):
    """The price table of a draft: filled and added to without storing, then stored as a whole."""

    permission_required = "contracts.change_priceschedule"
    template_name = "contracts/amendment_schedule.html"

    def get(self, request, *args, **kwargs):
        """Show the table on file, or an empty one."""
        form = ScheduleForm.of(self.schedule.as_schedule()) if self.schedule else ScheduleForm.empty()
        return self._page(form)

    def post(self, request, *args, **kwargs):
        """Do what the button asks for; everything but “Save” only changes the form."""
        asked = request.POST.get("do", "save")
        if asked == "fill":
            return self._fill()
        if asked != "save":
            return self._page(ScheduleForm.typed(request.POST, more=asked.removeprefix("add-")))
        form = ScheduleForm.posted(request.POST)
        if not form.is_valid():
            return self._page(form)
        try:
            message = self._save(form.schedule)
        except CannotAmend as refusal:
            return self._refused(form, refusal)
        self.log(self.amendment, message)
        return self.to_detail()

    def _page(self, form: ScheduleForm, percent: PercentForm | None = None, **more) -> HttpResponse:
        return self.render_to_response(self.get_context_data(**table_context(self, form, percent, **more)))

    def _fill(self) -> HttpResponse:
        form, percent = ScheduleForm.posted(self.request.POST), PercentForm(self.request.POST, prefix="fill")
        form.full_clean()
        if not percent.is_valid():
            return self._page(ScheduleForm.typed(self.request.POST), percent)
        typed, count = percent.filled(self.request.POST, form)
        return self._page(ScheduleForm.typed(typed), filled=count, percent_filled=percent.cleaned_data["percent"])

    def _save(self, value: Schedule) -> str:
        if self.schedule is None:
            enter_schedule(
                agreement=self.agreement, amendment=self.amendment, schedule=value, on=self.on, by=self.request.user
            )
            return f"The price table of {self.amendment} is entered."
        before = self.schedule.as_schedule()
        seen = self.request.POST.get("seen", "")
        change_schedule(schedule=self.schedule, value=value, seen=seen, on=self.on, by=self.request.user)
        changed = plural(len(differences(before=before, after=value)), "value")
        return f"The price table of {self.amendment} is saved: {changed} changed."

    def _refused(self, form: ScheduleForm, refusal: CannotAmend) -> HttpResponse:
        """Keep what was typed; where somebody else was faster, show what differs from what is on file now."""
        for refused in refusal.refused:
            form.add_error(None, refused.message)
        stale = any(refused.code == "STALE" for refused in refusal.refused)
        stored = self.schedule.as_schedule() if self.schedule else None
        return self._page(form, overwritten=differences(before=stored, after=form.schedule) if stale else ())
