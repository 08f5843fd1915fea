"""Waivers as two people make them: one credits and proposes, another one confirms."""

from datetime import date

from django.contrib.auth.models import User

from invoicing.credits.crediting import confirm_waiver, credit
from invoicing.models import Invoice, Waiver


def credit_and_waive(*, on: date, **values) -> Invoice:
    """Take an invoice back, or some of it, for good; return the credit note."""
    return confirmed(credit(on=on, waive=True, **values), on=on)


def confirmed(note: Invoice, *, on: date) -> Invoice:
    """Let J. Doe confirm what a credit note proposes to waive."""
    for waiver in Waiver.objects.filter(line__invoice=note).order_by("pk"):
        by, _created = User.objects.get_or_create(username="jdoe", first_name="J.", last_name="Doe")
        confirm_waiver(waiver=waiver, on=on, by=by)
    return note
