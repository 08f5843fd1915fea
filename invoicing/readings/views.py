"""The register of readings of an agreement, and the page on which another reading is chosen."""

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import TemplateView

from contracts.pages.address import OfAgreement
from contracts.pages.event_page import EventPage
from contracts.periods import day_text
from contracts.readings import QUESTIONS
from invoicing.readings.changing import change_reading
from invoicing.readings.forms import ReadingForm
from invoicing.readings.pages import Register, reading_register
from invoicing.readings.queries import on_file
from invoicing.readings.settled import settled_questions

READ = ("contracts.view_agreement", "contracts.view_chosenreading", "invoicing.view_invoice")
"""The register shows what alternatives would cost: it is for those who see prices."""


class RegisterPage(PermissionRequiredMixin, OfAgreement):
    permission_required = READ

    @cached_property
    def register(self) -> Register:
        return reading_register(
            agreement=self.agreement,
            known=on_file(agreement=self.agreement, on=self.on),
            settled=settled_questions(agreement=self.agreement),
        )


class ReadingRegister(RegisterPage, TemplateView):
    """Every unclear clause: how it is read, since when, who chose it and why, and what an alternative would change."""

    template_name = "invoicing/reading_register.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(register=self.register, **kwargs)


class ReadingChange(RegisterPage, EventPage):
    permission_required = (*READ, "contracts.change_reading")
    title, button = "Choose another reading", "Record the reading"
    back_name = "Back to the register"
    template_name = "invoicing/reading_change.html"
    form_class = ReadingForm

    @cached_property
    def entry(self):
        if self.kwargs["question"] not in QUESTIONS:
            raise Http404("There is no such question.")
        return self.register.entry(self.kwargs["question"])

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"entry": self.entry}

    def get_initial(self):
        row = self.entry.present.row
        return {
            "choice": self.request.GET.get("choice"),
            "applies_from": self.entry.opens_on,
            "clause": row.clause if row else "",
            "chosen_by": self.request.user.get_full_name(),
            "chosen_on": self.register.on,
            "seen": self.entry.seen,
        }

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            entry=self.entry,
            period=self.register.period,
            is_demonstration=self.register.is_demonstration,
            **kwargs,
        )

    def refusal(self):
        if not self.agreement.executed_on:
            return "The agreement is not executed yet: its readings are open, and are changed on the agreement’s form."
        return "" if self.entry.opens_on else self.entry.refusal

    def perform(self, **facts):
        key = self.entry.question.key
        row = change_reading(agreement=self.agreement, question=key, on=self.on, by=self.request.user, **facts)
        sentence = self.entry.question.sentence(self.entry.question.choices(row.choice))
        follows = " Refresh an open review: it is based on the earlier reading." if self.entry.decides_reviews else ""
        return f"Recorded, from {day_text(row.applies_from)} on: {sentence}{follows}"

    def back(self):
        return f"{reverse('invoicing:reading_register', args=[self.agreement.pk])}#{self.entry.question.key}"
