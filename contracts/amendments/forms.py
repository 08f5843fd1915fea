"""Forms of the pages of one amendment: what it says, who signed it, why a signature is withdrawn."""

from datetime import date
from typing import ClassVar

from django import forms

from contracts.amendments.pages import SIDES
from contracts.pages.event_page import EventForm
from contracts.pages.inputs import DayField, LineField, WholeField
from contracts.pages.scans import ScanField

HIGHEST_NUMBER = 32767


class AmendmentValuesForm(EventForm):
    contract_number = LineField(
        max_length=40, required=False, help_text="The amendment’s own contract number, as printed on it."
    )
    effective_on = DayField(
        label="Effective on", help_text="From this day it governs. It may be earlier than the signatures."
    )
    from_expires_on = DayField(
        label="Extends from",
        required=False,
        help_text="The expiration that the amendment says it changes: it must be the one on file.",
    )
    expires_on = DayField(
        label="New expiration", required=False, help_text="Leave it empty when the amendment does not move it."
    )
    expiration_clause = LineField(
        label="Clause of the expiration",
        max_length=100,
        required=False,
        help_text="The clause that sets the new expiration, such as clause 1.",
    )

    def __init__(self, *args, on_file: date | None, **kwargs):
        super().__init__(*args, **kwargs)
        self.on_file = on_file

    def clean(self):
        """Take a proposed "from" alone for no change of the term; one of its own needs the new expiration too."""
        data = super().clean()
        if data.get("expires_on") is None and "expires_on" not in self.errors and data.get("from_expires_on"):
            if data["from_expires_on"] != self.on_file:
                self.add_error("expires_on", "Give the new expiration as well as the one it extends from.")
            data["from_expires_on"] = None
        return data


class AmendmentDraftForm(AmendmentValuesForm):
    number = WholeField(lowest=1, highest=HIGHEST_NUMBER, help_text="Amendments are numbered from 1 without a gap.")
    copy_schedule = forms.BooleanField(
        label="Copy the schedule in force",
        required=False,
        help_text="Its price table and rules start from what is in force on the effective date, and are then changed. "
        "Without a copy prices stay as they are, until you enter a table.",
    )
    field_order = ("number", "contract_number", "effective_on", "from_expires_on", "expires_on", "expiration_clause")

    def __init__(self, *args, may_copy: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if not may_copy:
            del self.fields["copy_schedule"]


class SignatureForm(EventForm):
    name = LineField(max_length=100, help_text="As printed under the signature.")
    title = LineField(max_length=100, required=False, help_text="The signer’s title, where the document says it.")
    signed_on = DayField(label="Signed on", help_text="The date beside the signature.")
    places: ClassVar = {
        f"{side}_{column}": field
        for side in SIDES
        for column, field in (("signer", "name"), ("signer_title", "title"), ("signed_on", "signed_on"))
    }


class WithdrawalForm(EventForm):
    reason = LineField(max_length=200, help_text="It stays on file beside the signature that was withdrawn.")


class ScanForm(EventForm):
    document = ScanField(label="Scanned document", help_text="PDF, PNG or JPEG, at most 20 MB.")
