"""The page of an event: GET says what will happen, POST does it by one call, or says at the fields why not."""

from collections.abc import Iterable

from django import forms
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.generic import FormView

from contracts.pages.address import Dated
from contracts.refusal import Refusal
from people.answers import AnswersByAddress


class ShowsRefusals:
    """A form that says what a writer refused: each sentence at its field, the rest above the form."""

    places: dict[str, str] = {}
    """The field of a place that has another name than its field."""

    def show_refusal(self, refusal: Refusal) -> None:
        for refused in refusal.refused:
            field = self.places.get(refused.place, refused.place)
            self.add_error(field if field in self.fields else None, refused.message)


class EventForm(ShowsRefusals, forms.Form):
    """What has to be known for an event; of itself nothing but the confirmation."""

    beside: tuple[tuple[str, ...], ...] = ()
    """Names of fields that stand beside each other, line by line."""
    once_refused: tuple[str, ...] = ()
    """Names of fields that are shown only once a refusal has asked for them."""

    def __init__(self, *args, label_suffix: str = "", **kwargs):
        super().__init__(*args, label_suffix=label_suffix, **kwargs)

    def facts(self) -> dict:
        """What was typed, as the event takes it. The form must be valid."""
        return self.cleaned_data

    def lines(self) -> list[list[forms.BoundField]]:
        """The visible fields line by line; those that no line names stand alone, after them."""
        hidden = {
            name for name in self.once_refused if name in self.fields and not (self[name].errors or self[name].data)
        }
        shown = {field.name: field for field in self.visible_fields() if field.name not in hidden}
        named = [[shown.pop(name) for name in line if name in shown] for line in self.beside]
        return [line for line in named if line] + [[field] for field in shown.values()]


class EventPage(PermissionRequiredMixin, AnswersByAddress, Dated, FormView):
    """One event of the business.

    A subclass says when it cannot happen and what it will do, calls the one function that does it, and says where to
    go. The page checks its own permission, and shows facts and consequences without a template of its own.
    """

    template_name = "event.html"
    form_class: type[forms.Form] = EventForm
    title = button = ""
    back_name = "Back without change"
    danger = False
    crumbs = ""
    """The template part that says where the page is."""
    styles: tuple[str, ...] = ()
    """Style sheets besides that of all pages."""
    noted_as = CHANGE
    """How the history of the `subject` names the event: a change, or an addition."""

    def refusal(self) -> str:
        """Say why the event cannot happen now; empty where it can."""
        return ""

    def demonstration(self) -> str:
        """Say what is invented here; empty where nothing is."""
        return ""

    def about(self) -> Iterable[tuple[str, str]]:
        """Return what the event is about: pairs of a label and a text."""
        return ()

    def warnings(self) -> Iterable[str]:
        """Return what a person should know before the confirmation."""
        return ()

    def consequences(self) -> Iterable[str]:
        """Say, one sentence each, what the confirmation will do."""
        return ()

    def perform(self, **facts) -> str:
        """Do it by one call and return the message; none where it has been said. Raises Refusal."""
        raise NotImplementedError

    def subject(self) -> models.Model | None:
        """Return the row in whose history the event is noted once it is done; None where what it stores says so."""
        return None

    def back(self) -> str:
        """Return the address to which the event leads back without a change."""
        raise NotImplementedError

    def after(self) -> str:
        """Return the address to go to once it is done."""
        return self.back()

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        """Lead back from what cannot happen, for those who may come here at all."""
        if self.has_permission() and (sentence := self.refusal()):
            messages.error(request, sentence)
            return redirect(self.back())
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: EventForm) -> HttpResponse:
        """Do it; what is refused stands at its field."""
        try:
            message = self.perform(**form.facts())
        except Refusal as refusal:
            return self.refused(form, refusal)
        return self.done(message)

    def refused(self, form: EventForm, refusal: Refusal) -> HttpResponse:
        """Show the form again, with each sentence at its field."""
        form.show_refusal(refusal)
        return self.form_invalid(form)

    def done(self, message: str) -> HttpResponse:
        """Note what was done, say so and go on."""
        if (row := self.subject()) is not None:
            rows = type(row)._default_manager.filter(pk=row.pk)
            LogEntry.objects.log_actions(self.request.user.pk, rows, self.noted_as, message, single_object=True)
        if message:
            messages.success(self.request, message)
        return redirect(self.after())

    def get_context_data(self, **kwargs) -> dict:
        """Add what will happen, and where the page is."""
        shown = {name: getattr(self, name) for name in ("title", "button", "back_name", "danger", "crumbs", "styles")}
        shown |= {name: list(getattr(self, name)()) for name in ("about", "warnings", "consequences")}
        shown |= {"on": self.on, "back": self.back(), "demonstration": self.demonstration()}
        return super().get_context_data(**(shown | kwargs))
