"""Events of amendments: GET shows what will happen, POST does it by one call."""

from functools import cached_property
from typing import ClassVar

from django.contrib.admin.models import ADDITION
from django.db import transaction
from django.http import Http404
from django.urls import reverse

from contracts.amendments.amending import (
    amendment_version,
    attach_scan,
    change_amendment,
    copy_schedule_in_force,
    discard_amendment,
    discard_schedule,
    draft_amendment,
    record_signature,
    withdraw_signature,
)
from contracts.amendments.forms import AmendmentDraftForm, AmendmentValuesForm, ScanForm, SignatureForm, WithdrawalForm
from contracts.amendments.pages import SIDES, signature_consequences, signature_message
from contracts.amendments.views import AgreementPage, AmendmentPage
from contracts.models import Agreement, Amendment
from contracts.pages.event_page import EventPage
from contracts.periods import day_text
from contracts.terms import (
    NotInForce,
    TermsFound,
    expiration_known,
    expiration_on_file,
    next_amendment_number,
    terms_on,
)


class AmendmentDraft(AgreementPage, EventPage):
    """Draft the next amendment: its number, dates and clause, and a copy of the schedule in force."""

    permission_required = "contracts.add_amendment"
    title, button = "Draft the next amendment", "Draft the amendment"
    back_name = "Back without drafting"
    crumbs = "contracts/parts/amendment_crumbs.html"
    template_name = "contracts/amendment_draft.html"
    form_class = AmendmentDraftForm
    noted_as = ADDITION

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
        """Give the form the expiration on file, and the check box to those who may enter a schedule."""
        on_file = expiration_on_file(agreement=self.terms, before=self.number)
        may_copy = self.request.user.has_perm("contracts.add_priceschedule")
        return super().get_form_kwargs() | {"on_file": on_file, "may_copy": may_copy}

    def get_context_data(self, **kwargs):
        latest = max(self.terms.amendments, key=lambda amendment: amendment.number, default=None)
        on_file = expiration_on_file(agreement=self.terms, before=self.number)
        return super().get_context_data(latest=latest, on_file=on_file, in_force=self.in_force, **kwargs)

    @transaction.atomic
    def perform(self, *, copy_schedule: bool = False, **facts):
        """Enter it with its copy, or neither."""
        self.drafted = draft_amendment(agreement=self.agreement, on=self.on, by=self.request.user, **facts)
        if copy_schedule:
            copy_schedule_in_force(amendment=self.drafted, on=self.on, by=self.request.user)
            return f"{self.drafted} is drafted with a copy of the schedule in force: enter what changes."
        return f"{self.drafted} is drafted without a price table."

    def subject(self):
        return self.drafted

    def back(self):
        return reverse("sites:agreement_detail", args=[self.agreement.pk])

    def after(self):
        return reverse("contracts:amendment_detail", args=[self.agreement.pk, self.drafted.number])


# ---- one amendment -----------------------------------------------------------------------------------------------


class AmendmentEvent(AmendmentPage, EventPage):
    """An event of one amendment; unless a subclass says otherwise, it can happen until a party has signed."""

    crumbs = "contracts/parts/amendment_crumbs.html"

    def refusal(self) -> str:
        if self.amendment.is_sealed or self.amendment.is_closed:
            signed = f"A party has signed {self.amendment}: it is closed."
            return f"{signed} Withdraw that signature first, or enter the next amendment."
        return ""

    def warnings(self):
        return [self.shown.shortened] if self.shown.shortened else []

    def subject(self):
        return self.amendment

    def back(self):
        return reverse("contracts:amendment_detail", args=[self.agreement.pk, self.amendment.number])


class AmendmentChange(AmendmentEvent):
    permission_required = "contracts.change_amendment"
    button = "Save"
    template_name = "contracts/amendment_change.html"
    form_class = AmendmentValuesForm

    @property
    def title(self):
        return f"Change what {self.amendment} says"

    def get_initial(self):
        return {name: getattr(self.amendment, name) for name in AmendmentValuesForm.base_fields}

    def get_form_kwargs(self):
        on_file = expiration_on_file(agreement=self.terms, before=self.amendment.number)
        return super().get_form_kwargs() | {"on_file": on_file}

    def get_context_data(self, **kwargs):
        return super().get_context_data(seen=amendment_version(self.amendment), **kwargs)

    def perform(self, **facts):
        seen = self.request.POST.get("seen", "")
        changed = change_amendment(amendment=self.amendment, seen=seen, on=self.on, by=self.request.user, **facts)
        return f"What {changed} says is changed."


# ---- signatures --------------------------------------------------------------------------------------------------


class SideEvent(AmendmentEvent):
    permission_required = "contracts.execute_agreement"

    @property
    def side(self) -> str:
        if self.kwargs["side"] not in SIDES:
            raise Http404("An amendment is signed by the customer and by the supplier.")
        return self.kwargs["side"]

    @property
    def signed_on(self):
        """The day on which that party signed, None before."""
        return getattr(self.amendment, f"{self.side}_signed_on")

    @property
    def signer(self) -> str:
        return getattr(self.amendment, f"{self.side}_signer")

    @property
    def title(self) -> str:
        return self.titles[self.side]


class Sign(SideEvent):
    """Record a party's signature; the second one executes the amendment."""

    form_class = SignatureForm
    template_name = "contracts/amendment_sign.html"
    titles: ClassVar = {"customer": "Record the customer’s signature", "supplier": "Record the supplier’s signature"}
    button = "Record the signature"

    def refusal(self) -> str:
        if self.signed_on is None:
            return ""
        message = f"{self.signer} signed {self.amendment} for the {self.side} on {day_text(self.signed_on)}."
        return message if self.amendment.is_sealed else f"{message} Withdraw that signature to record it again."

    def consequences(self):
        clause = self.schedule.clause if self.schedule else None
        return signature_consequences(amendment=self.amendment, side=self.side, clause=clause)

    def perform(self, **facts):
        signed = record_signature(amendment=self.amendment, side=self.side, on=self.on, by=self.request.user, **facts)
        return signature_message(amendment=signed, side=self.side, name=facts["name"])


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
            f"The {self.side} then signs what was changed.",
        ]

    def perform(self, **facts):
        signer = self.signer
        withdraw_signature(amendment=self.amendment, side=self.side, on=self.on, by=self.request.user, **facts)
        return f"The signature of {signer} is withdrawn. {self.amendment} is open for changes."


class AttachScan(AmendmentEvent):
    permission_required = "contracts.change_amendment"
    form_class = ScanForm
    title = "Attach the scanned document"
    button = "Attach the document"

    def refusal(self) -> str:
        if self.amendment.document:
            return f"{self.amendment} has its scanned document. The one on file stays."
        return "" if self.amendment.is_sealed else f"{self.amendment} is not executed: attach the scan on its form."

    def consequences(self):
        return [f"The scan is kept with {self.amendment} and cannot be replaced. Nothing else of it changes."]

    def perform(self, **facts):
        attach_scan(amendment=self.amendment, on=self.on, by=self.request.user, **facts)
        return f"The scanned document is attached to {self.amendment}."


class CopySchedule(AmendmentEvent):
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

    def perform(self, **facts):
        copied = copy_schedule_in_force(amendment=self.amendment, on=self.on, by=self.request.user)
        return f"{copied.clause} is copied into {self.amendment}. Enter what changes."


class DiscardSchedule(AmendmentEvent):
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

    def perform(self, **facts):
        discard_schedule(schedule=self.schedule, on=self.on, by=self.request.user)
        return f"The price table of {self.amendment} is taken off: it leaves prices as they are."


class DiscardAmendment(AmendmentEvent):
    permission_required = "contracts.delete_amendment"
    title = "Discard the amendment"
    button = "Discard the amendment"
    danger = True

    def consequences(self):
        table = " with its price table" if self.schedule else ""
        return [f"{self.amendment} is taken off the file{table}. Its number is free for the next amendment."]

    def perform(self, **facts):
        discard_amendment(amendment=Amendment.objects.get(pk=self.amendment.pk), on=self.on, by=self.request.user)
        return f"{self.amendment} is discarded. Its number is free for the next amendment."

    def subject(self):
        return Agreement.objects.get(pk=self.agreement.pk)

    def after(self):
        return reverse("sites:agreement_detail", args=[self.agreement.pk])
