"""The price table as one form, of an amendment and of the agreement itself: filled without storing, stored whole."""

from django.http import HttpResponse

from contracts.amendments.agreement_events import AgreementEvent
from contracts.amendments.amending import CannotAmend, change_schedule, enter_schedule
from contracts.amendments.events import AmendmentEvent
from contracts.amendments.schedule_pages import table_context
from contracts.comparison import differences
from contracts.models import Agreement, Amendment, PriceSchedule
from contracts.price_table.form import PercentForm, ScheduleForm
from contracts.schedule import Schedule
from contracts.terms import schedule_before
from contracts.wording import plural


class ScheduleEntry:
    """The price table of a document that nobody has signed."""

    permission_required = "contracts.change_priceschedule"
    template_name = "contracts/amendment_schedule.html"
    schedule: PriceSchedule | None

    @property
    def document(self) -> Agreement | Amendment:
        raise NotImplementedError

    @property
    def named(self) -> str:
        """How messages name the document."""
        return str(self.document)

    @property
    def in_currency(self) -> dict[str, str]:
        return {"currency": self.agreement.currency}

    def in_force(self) -> tuple[Schedule | None, str]:
        """Return the table that a changed cell is compared with, and what it is."""
        return None, ""

    def get(self, request, *args, **kwargs):
        if self.schedule is None:
            return self._page(ScheduleForm.empty(**self.in_currency))
        return self._page(ScheduleForm.of(self.schedule.as_schedule(), **self.in_currency))

    def post(self, request, *args, **kwargs):
        """Do what the button asks for; everything but “Save” only changes the form."""
        asked = request.POST.get("do", "save")
        if asked == "fill":
            return self._fill()
        if asked != "save":
            return self._page(ScheduleForm.typed(request.POST, more=asked.removeprefix("add-"), **self.in_currency))
        form = ScheduleForm.posted(request.POST, **self.in_currency)
        if not form.is_valid():
            return self._page(form)
        try:
            message = self._save(form.schedule)
        except CannotAmend as refusal:
            return self._refused(form, refusal)
        return self.done(message)

    def _page(self, form: ScheduleForm, percent: PercentForm | None = None, **more) -> HttpResponse:
        before, source = self.in_force()
        stored = self.schedule.as_schedule() if self.schedule else None
        shown = table_context(
            form=form,
            stored=stored,
            before=before,
            source=source,
            row=self.document,
            named=self.named,
            percent=percent,
            **more,
        )
        return self.render_to_response(self.get_context_data(**shown))

    def _fill(self) -> HttpResponse:
        form = ScheduleForm.posted(self.request.POST, **self.in_currency)
        percent = PercentForm(self.request.POST, prefix="fill")
        form.full_clean()
        if not percent.is_valid():
            return self._page(ScheduleForm.typed(self.request.POST, **self.in_currency), percent)
        typed, count = percent.filled(self.request.POST, form)
        return self._page(
            ScheduleForm.typed(typed, **self.in_currency), filled=count, percent_filled=percent.cleaned_data["percent"]
        )

    def _save(self, value: Schedule) -> str:
        if self.schedule is None:
            amendment = self.document if isinstance(self.document, Amendment) else None
            enter_schedule(
                agreement=self.agreement, amendment=amendment, schedule=value, on=self.on, by=self.request.user
            )
            return f"The price table of {self.named} is entered."
        before = self.schedule.as_schedule()
        seen = self.request.POST.get("seen", "")
        change_schedule(schedule=self.schedule, value=value, seen=seen, on=self.on, by=self.request.user)
        changed = plural(len(differences(before=before, after=value)), "value")
        return f"The price table of {self.named} is saved: {changed} changed."

    def _refused(self, form: ScheduleForm, refusal: CannotAmend) -> HttpResponse:
        """Keep what was typed; where somebody else was faster, show what differs from what is on file now."""
        for refused in refusal.refused:
            form.add_error(None, refused.message)
        stale = any(refused.code == "STALE" for refused in refusal.refused)
        stored = self.schedule.as_schedule() if self.schedule else None
        return self._page(form, overwritten=differences(before=stored, after=form.schedule) if stale else ())


class ScheduleChange(ScheduleEntry, AmendmentEvent):
    @property
    def document(self):
        return self.amendment

    def in_force(self):
        return schedule_before(agreement=self.terms, number=self.amendment.number, known_on=self.on)


class OwnSchedule(ScheduleEntry, AgreementEvent):
    """The price table of an agreement itself, until it is executed."""

    @property
    def document(self):
        return self.agreement

    @property
    def named(self):
        return f"agreement {self.agreement}"
