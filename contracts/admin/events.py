"""Confirmation pages: an event of the business is shown on GET and done by one call on POST."""

from typing import ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.generic import FormView

from contracts.clock import business_date


class ConfirmForm(forms.Form):
    """An event that asks for nothing but the confirmation."""


class EventView(FormView):
    """One event of a row: its page checks the permission itself, says what will happen and does it on POST.

    A subclass names the event, says when it is offered, what will happen, and calls the one function that does it.
    """

    template_name = "admin/event.html"
    form_class = ConfirmForm
    slug: ClassVar[str]
    title: ClassVar[str]
    button: ClassVar[str]
    permission: ClassVar[str]
    closed: ClassVar[str] = "This has been done already."
    removes: ClassVar[bool] = False
    refusals: ClassVar[tuple[type[Exception], ...]] = ()
    model_admin: admin.ModelAdmin | None = None

    @classmethod
    def permitted(cls, user) -> bool:
        """Whether a person may do this at all."""
        return user.has_perm(cls.permission)

    @classmethod
    def offered(cls, row: models.Model) -> bool:
        """Whether the event can happen to a row now."""
        return True

    def consequences(self) -> list[str]:
        """Say, one sentence each, what the confirmation will do."""
        return []

    def perform(self, data: dict) -> str:
        """Do it by one call and return the message. Raises one of `refusals`."""
        raise NotImplementedError

    def show_refusal(self, form: forms.Form, refusal: Exception) -> None:
        """Show why the event was refused."""
        form.add_error(None, str(refusal))

    def dispatch(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.permitted(request.user):
            raise PermissionDenied
        self.on = business_date()
        self.row = self.model_admin.get_object(request, unquote(object_id))
        if self.row is None:
            raise Http404(f"No such {self.model_admin.opts.verbose_name}.")
        if not self.offered(self.row):
            messages.error(request, self.closed)
            return HttpResponseRedirect(page_of(self.row))
        return super().dispatch(request, object_id)

    def form_valid(self, form: forms.Form) -> HttpResponse:
        try:
            message = self.perform(form.cleaned_data)
        except self.refusals as refusal:
            self.show_refusal(form, refusal)
            return self.form_invalid(form)
        self.model_admin.log_change(self.request, self.subject, message)
        messages.success(self.request, message)
        return HttpResponseRedirect(self.get_success_url())

    @property
    def subject(self) -> models.Model:
        """The row to whose history the event belongs, and to whose page it leads."""
        return self.row

    def get_success_url(self) -> str:
        return page_of(self.subject)

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(
            **self.model_admin.admin_site.each_context(self.request),
            opts=self.model_admin.opts,
            title=f"{self.title}: {self.row}",
            event=self.title,
            button=self.button,
            row=self.row,
            consequences=self.consequences(),
            back=page_of(self.row),
            **kwargs,
        )


def page_of(row: models.Model) -> str:
    """Return the address of a row's change page."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
