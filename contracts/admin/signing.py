"""Events of agreements and amendments: signatures, execution, and the copy that starts a new price schedule."""

from django import forms

from contracts.admin.base import DayField
from contracts.admin.events import EventView
from contracts.admin.forms import ScanField
from contracts.amendments.amending import (
    CannotAmend,
    attach_scan,
    copy_schedule_in_force,
    execute_agreement,
    record_signature,
)
from contracts.amendments.pages import SEALED_FOR_GOOD, signature_consequences, signature_message
from contracts.models import Agreement, Amendment
from contracts.periods import day_text
from contracts.schedule import Finding, findings
from contracts.terms import TermsFound, terms_on


class SignatureForm(forms.Form):
    """Who signed for a party, and when."""

    name = forms.CharField(max_length=100, help_text="As printed under the signature.")
    title = forms.CharField(max_length=100, required=False, help_text="The signer's title, where the document says it.")
    signed_on = DayField(label="Signed on", help_text="The date beside the signature.")


class ExecutionForm(forms.Form):
    """When both parties had signed."""

    executed_on = DayField(label="Executed on", help_text="The later of the two parties' signature dates.")


class Amending(EventView):
    """An event that `contracts.amendments.amending` may refuse, naming fields."""

    permission = "contracts.execute_agreement"
    refusals = (CannotAmend,)

    def show_refusal(self, form: forms.Form, refusal: CannotAmend) -> None:
        """Put each sentence beside the field it concerns."""
        for refused in refusal.refused:
            place = refused.place.removeprefix("customer_").removeprefix("supplier_").replace("signer", "name")
            form.add_error(place if place in form.fields else None, refused.message)


class Sign(Amending):
    """Record one party's signature; the second one executes the amendment."""

    form_class = SignatureForm
    button = "Record the signature"
    closed = (
        "This signature is on file. While it is the only one, the amendment's page withdraws it; an executed amendment "
        "keeps its signatures."
    )
    side = ""

    @classmethod
    def offered(cls, row: Amendment) -> bool:
        return getattr(row, f"{cls.side}_signed_on") is None

    def consequences(self) -> list[str]:
        attached = self.row.schedules.first()
        clause = attached.clause if attached else None
        return list(signature_consequences(amendment=self.row, side=self.side, clause=clause))

    def schedule_findings(self) -> tuple[Finding, ...]:
        """What a person should see about the price schedule before it is sealed."""
        row = self.row.schedules.with_table().first()
        return findings(row.as_schedule()) if row else ()

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(findings=self.schedule_findings(), **kwargs)

    def perform(self, data: dict) -> str:
        amendment = record_signature(amendment=self.row, side=self.side, on=self.on, by=self.request.user, **data)
        return signature_message(amendment=amendment, side=self.side, name=data["name"])


class SignForCustomer(Sign):
    """Record the customer's signature."""

    slug = "sign-customer"
    title = "Record the customer's signature"
    side = "customer"


class SignForSupplier(Sign):
    """Record the supplier's signature."""

    slug = "sign-supplier"
    title = "Record the supplier's signature"
    side = "supplier"


class CopySchedule(Amending):
    """Start an amendment's price schedule from the one in force."""

    slug = "copy-schedule"
    title = "Copy the schedule in force"
    button = "Copy the schedule"
    permission = "contracts.add_priceschedule"
    closed = "The amendment has a price schedule already, or a party has signed it. Change the schedule that it has."

    @classmethod
    def offered(cls, row: Amendment) -> bool:
        return not row.is_sealed and not row.is_closed and not row.schedules.exists()

    def consequences(self) -> list[str]:
        terms = Agreement.objects.with_terms().get(pk=self.row.agreement_id).as_terms()
        found = terms_on(agreement=terms, service_on=self.row.effective_on, known_on=self.on)
        source = f" of {found.schedule_source}" if isinstance(found, TermsFound) else ""
        return [
            f"All levels, limits, prices and rules in force{source} are copied into {self.row}.",
            "The copy is open for changes until a party has signed; the page of the amendment compares the two.",
        ]

    def perform(self, data: dict) -> str:
        schedule = copy_schedule_in_force(amendment=self.row, on=self.on, by=self.request.user)
        return f"{schedule.clause} is copied into {self.row}. Open the price schedule and enter what changes."


class ScanForm(forms.Form):
    """The scanned document of an executed amendment."""

    document = ScanField(label="Scanned document", help_text="PDF, PNG or JPEG, at most 20 MB.")


class AttachScan(Amending):
    """Attach the scanned document to an executed amendment that has none yet."""

    slug = "attach-scan"
    title = "Attach the scanned document"
    button = "Attach the document"
    permission = "contracts.change_amendment"
    form_class = ScanForm
    closed = "The amendment has its scanned document, or is not executed yet: attach it on its page then."

    @classmethod
    def offered(cls, row: Amendment) -> bool:
        return row.is_sealed and not row.document

    def consequences(self) -> list[str]:
        return [f"The scan is kept with {self.row} and cannot be replaced. Nothing else of the amendment changes."]

    def perform(self, data: dict) -> str:
        attach_scan(amendment=self.row, document=data["document"], on=self.on, by=self.request.user)
        return f"The scanned document is attached to {self.row}."


class ExecuteAgreement(Amending):
    """Record that the agreement's own terms are signed."""

    slug = "execute"
    title = "Record that the agreement is signed"
    button = "Record the execution"
    form_class = ExecutionForm
    closed = "The agreement is executed already. Enter an amendment instead."

    @classmethod
    def offered(cls, row: Agreement) -> bool:
        return not row.is_sealed

    def get_initial(self) -> dict:
        return {"executed_on": self.row.dated_on}

    def consequences(self) -> list[str]:
        return [
            "Number, dates, parties, currency and original expiration are sealed as both parties signed them.",
            "A price schedule of the agreement itself is sealed with it; without one, enter it first.",
            SEALED_FOR_GOOD,
        ]

    def perform(self, data: dict) -> str:
        execute_agreement(agreement=self.row, on=self.on, by=self.request.user, **data)
        return f"Agreement {self.row} is executed as of {day_text(data['executed_on'])}. Enter its amendments next."
