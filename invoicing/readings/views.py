"""The register of readings of an agreement, and the page on which another reading is chosen."""

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import FormView, TemplateView

from contracts.amendments.choosing_readings import CannotChoose
from contracts.clock import business_date
from contracts.models import Agreement
from contracts.periods import day_text
from contracts.readings import QUESTIONS
from invoicing.readings.changing import change_reading
from invoicing.readings.forms import ReadingForm
from invoicing.readings.pages import Register, reading_register
from invoicing.readings.queries import on_file
from invoicing.readings.settled import settled_questions

READ = ("contracts.view_agreement", "contracts.view_chosenreading", "invoicing.view_invoice")
"""The register shows what alternatives would cost: it is for those who see prices."""


class RegisterPage(PermissionRequiredMixin):
    """An agreement with its register of readings."""

    permission_required = READ

    @cached_property
    def agreement(self) -> Agreement:
        """The agreement with its terms."""
        return get_object_or_404(Agreement.objects.with_terms(), pk=self.kwargs["pk"])

    @cached_property
    def register(self) -> Register:
        """The register on the business date."""
        return reading_register(
            agreement=self.agreement,
            known=on_file(agreement=self.agreement, on=business_date()),
            settled=settled_questions(agreement=self.agreement),
        )


class ReadingRegister(RegisterPage, TemplateView):
    """Every unclear clause: how it is read, since when, who chose it and why, and what an alternative would change."""

    template_name = "invoicing/reading_register.html"

    def get_context_data(self, **kwargs):
        """Add the register."""
        return super().get_context_data(agreement=self.agreement, register=self.register, **kwargs)


class ReadingChange(RegisterPage, FormView):
    """Choose another reading of one clause: GET shows what will change and from when, POST records it."""

    permission_required = (*READ, "contracts.change_reading")
    template_name = "invoicing/reading_change.html"
    form_class = ReadingForm

    @cached_property
    def entry(self):
        """The question's entry in the register."""
        if self.kwargs["question"] not in QUESTIONS:
            raise Http404("There is no such question.")
        return self.register.entry(self.kwargs["question"])

    def get_form_kwargs(self):
        """Give the form the entry that it is about."""
        return super().get_form_kwargs() | {"entry": self.entry}

    def get_initial(self):
        """Propose the first day that is open, the clause on file, and today's date."""
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
        """Add the agreement and the entry."""
        return super().get_context_data(
            agreement=self.agreement,
            entry=self.entry,
            period=self.register.period,
            is_demonstration=self.register.is_demonstration,
            **kwargs,
        )

    def form_valid(self, form):
        """Record it, or put what was refused at its fields."""
        try:
            row = change_reading(
                agreement=self.agreement,
                question=self.entry.question.key,
                on=self.register.on,
                by=self.request.user,
                **form.cleaned_data,
            )
        except CannotChoose as refusal:
            form.show_refusal(refusal)
            return self.form_invalid(form)
        sentence = self.entry.question.sentence(self.entry.question.choices(row.choice))
        follows = "" if self.entry.decides_amounts else " Refresh an open review: it rests on the earlier reading."
        messages.success(self.request, f"Recorded, from {day_text(row.applies_from)} on: {sentence}{follows}")
        register = reverse("invoicing:reading_register", args=[self.agreement.pk])
        return redirect(f"{register}#{self.entry.question.key}")
