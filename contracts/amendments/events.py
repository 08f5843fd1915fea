"""Events of one amendment: GET shows what will happen, POST does it by one call."""

from typing import ClassVar

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.generic import FormView

from contracts.amendments.amending import (
    CannotAmend,
    copy_schedule_in_force,
    discard_amendment,
    discard_schedule,
    record_signature,
    withdraw_signature,
)
from contracts.amendments.forms import ConfirmForm, SignatureForm, WithdrawalForm
from contracts.amendments.pages import SIDES, signature_consequences, signature_message
from contracts.amendments.views import CLOSED, AmendmentPage
from contracts.models import Agreement, Amendment
from contracts.periods import day_text
from contracts.terms import NotInForce, expiration_known, terms_on


class AmendmentEvent(AmendmentPage, FormView):
    """One event of an amendment.

    A subclass says when it can happen and what it does, and calls the one function that does it.
    """

    template_name = "contracts/amendment_event.html"
    form_class = ConfirmForm
    title: ClassVar[str]
    button: ClassVar[str]
    danger: ClassVar[bool] = False

    def refusal(self) -> str:
        """Why the event cannot happen to the amendment now; empty where it can."""
        open_now = not self.amendment.is_sealed and not self.amendment.is_closed
        return "" if open_now else CLOSED.format(self.amendment)

    def consequences(self) -> list[str]:
        """Say, one sentence each, what the confirmation will do."""
        raise NotImplementedError

    def perform(self, data: dict) -> str:
        """Do it by one call and return the message. Raises CannotAmend."""
        raise NotImplementedError

    def dispatch(self, request, *args, **kwargs):
        """Lead back from what cannot happen, for those who may come here at all."""
        if self.has_permission() and (message := self.refusal()):
            messages.error(request, message)
            return self.to_detail()
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        """Add what will happen."""
        return super().get_context_data(
            title=self.title, button=self.button, danger=self.danger, consequences=self.consequences(), **kwargs
        )

    def form_valid(self, form):
        """Do it; what is refused stands at its field."""
        try:
            message = self.perform(form.cleaned_data)
        except CannotAmend as refusal:
            form.show(refusal.refused)
            return self.form_invalid(form)
        return self.done(message)

    def done(self, message: str) -> HttpResponse:
        """Note what was done and go on."""
        self.log(self.amendment, message)
        return self.to_detail()


class SideEvent(AmendmentEvent):
    """An event of one party's signature."""

    permission_required = "contracts.execute_agreement"

    @property
    def side(self) -> str:
        """The party it is about."""
        if self.kwargs["side"] not in SIDES:
            raise Http404("An amendment is signed by the customer and by the supplier.")
        return self.kwargs["side"]

    @property
    def signed_on(self):
        """The day on which that party signed, None before."""
        return getattr(self.amendment, f"{self.side}_signed_on")

    @property
    def signer(self) -> str:
        """Who signed for that party."""
        return getattr(self.amendment, f"{self.side}_signer")

    @property
    def title(self) -> str:
        """What the page is about."""
        return self.titles[self.side]


class Sign(SideEvent):
    """Record a party's signature; the second one executes the amendment."""

    form_class = SignatureForm
    titles: ClassVar = {"customer": "Record the customer’s signature", "supplier": "Record the supplier’s signature"}
    button = "Record the signature"

    def refusal(self) -> str:
        if self.signed_on is None:
            return ""
        message = f"{self.signer} signed {self.amendment} for the {self.side} on {day_text(self.signed_on)}."
        return message if self.amendment.is_sealed else f"{message} Withdraw that signature to record it anew."

    def consequences(self):
        clause = self.schedule.clause if self.schedule else None
        return signature_consequences(amendment=self.amendment, side=self.side, clause=clause)

    def perform(self, data):
        signed = record_signature(amendment=self.amendment, side=self.side, on=self.on, by=self.request.user, **data)
        return signature_message(amendment=signed, side=self.side, name=data["name"])


class Withdraw(SideEvent):
    """Withdraw the only signature, so that the amendment can change again."""

    form_class = WithdrawalForm
    titles: ClassVar = {
        "customer": "Withdraw the customer’s signature",
        "supplier": "Withdraw the supplier’s signature",
    }
    button = "Withdraw the signature"
    danger = True

    def refusal(self) -> str:
        if self.amendment.is_sealed:
            return f"{self.amendment} is executed: its signatures stay. Enter the next amendment instead."
        if self.signed_on is None:
            return f"The {self.side} has not signed {self.amendment}: there is nothing to withdraw."
        return ""

    def consequences(self):
        return [
            f"The signature of {self.signer} for the {self.side}, dated {day_text(self.signed_on)}, counts no longer. "
            "It stays on file with your reason.",
            f"{self.amendment} is a draft again: what it says and its price schedule can be changed.",
            f"The {self.side} signs anew what is changed.",
        ]

    def perform(self, data):
        signer = self.signer
        withdraw_signature(amendment=self.amendment, side=self.side, on=self.on, by=self.request.user, **data)
        return f"The signature of {signer} is withdrawn. {self.amendment} is open for changes."


class CopySchedule(AmendmentEvent):
    """Start the price schedule of a draft from the one in force."""

    permission_required = "contracts.add_priceschedule"
    title = "Copy the schedule in force"
    button = "Copy the schedule"

    def refusal(self) -> str:
        if self.schedule is not None:
            return f"{self.amendment} has a price table already. Change that one."
        return super().refusal()

    def consequences(self):
        expires_on, _source = expiration_known(agreement=self.terms, known_on=self.on)
        day = self.amendment.effective_on if expires_on is None else min(self.amendment.effective_on, expires_on)
        found = terms_on(agreement=self.terms, service_on=day, known_on=self.on)
        if isinstance(found, NotInForce):
            return [f"There is no schedule to copy. {found.message}"]
        return [
            f"All levels, limits, prices and rules of {found.schedule_source} are copied into {self.amendment}.",
            "The copy is open for changes until a party has signed, and compared with what is in force.",
        ]

    def perform(self, data):
        copied = copy_schedule_in_force(amendment=self.amendment, on=self.on, by=self.request.user)
        return f"{copied.clause} is copied into {self.amendment}. Enter what changes."


class DiscardSchedule(AmendmentEvent):
    """Take the price schedule of a draft off the file."""

    permission_required = "contracts.delete_priceschedule"
    title = "Take the price table off"
    button = "Take the price table off"
    danger = True

    def refusal(self) -> str:
        return super().refusal() or ("" if self.schedule else f"{self.amendment} has no price table.")

    def consequences(self):
        return [
            f"The price table of {self.amendment} is deleted: all levels, limits, components and services.",
            "The amendment then leaves prices as they are, until a table is copied or entered.",
        ]

    def perform(self, data):
        discard_schedule(schedule=self.schedule, on=self.on, by=self.request.user)
        return f"The price table of {self.amendment} is taken off: it leaves prices as they are."


class DiscardAmendment(AmendmentEvent):
    """Take a draft off the file."""

    permission_required = "contracts.delete_amendment"
    title = "Discard the amendment"
    button = "Discard the amendment"
    danger = True

    def consequences(self):
        table = " with its price table" if self.schedule else ""
        return [f"{self.amendment} is taken off the file{table}. Its number is free for the next amendment."]

    def perform(self, data):
        message = f"{self.amendment} is discarded. Its number is free for the next amendment."
        discard_amendment(amendment=Amendment.objects.get(pk=self.amendment.pk), on=self.on, by=self.request.user)
        return message

    def done(self, message):
        self.log(Agreement.objects.get(pk=self.agreement.pk), message)
        return redirect("sites:agreement_detail", pk=self.agreement.pk)
