"""What the pages of one amendment show, composed from its terms: nothing here asks the database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from contracts.comparison import Comparison, amendment_comparison
from contracts.models import Agreement, Amendment, WithdrawnSignature
from contracts.pages.agreement import PriceTable, price_table
from contracts.periods import day_text, extension_days
from contracts.terms import (
    AgreementTerms,
    AmendmentState,
    AmendmentTerms,
    Signature,
    expiration_on_file,
    shortened_term,
)

SIDES = ("customer", "supplier")
SEALED_FOR_GOOD = "Nothing takes this back: a later change is entered as the next amendment."


@dataclass(frozen=True)
class Side:
    """One party to an amendment, and its signature, None while it is missing."""

    side: str
    party: str
    signature: Signature | None


@dataclass(frozen=True)
class AmendmentShown:
    """One amendment as its page shows it: how far it has come, what it says and what it changes."""

    amendment: AmendmentTerms
    sides: tuple[Side, ...]
    extends_from: date | None
    extension: int | None
    shortened: str
    comparison: Comparison
    prices: PriceTable | None
    withdrawn: tuple[WithdrawnSignature, ...]

    @property
    def is_draft(self) -> bool:
        """Whether its values and prices are open."""
        return self.amendment.state is AmendmentState.DRAFT

    @property
    def is_executed(self) -> bool:
        """Whether both parties have signed."""
        return self.amendment.state is AmendmentState.EXECUTED

    @property
    def signed(self) -> tuple[Side, ...]:
        return tuple(side for side in self.sides if side.signature is not None)

    @property
    def missing(self) -> tuple[Side, ...]:
        return tuple(side for side in self.sides if side.signature is None)


def amendment_shown(
    *,
    agreement: Agreement,
    terms: AgreementTerms,
    number: int,
    withdrawn: Iterable[WithdrawnSignature],
    known_on: date,
) -> AmendmentShown:
    """Lay out amendment `number` as known on a day."""
    amendment = next(amendment for amendment in terms.amendments if amendment.number == number)
    on_file = expiration_on_file(agreement=terms, before=number)
    becomes = amendment.expires_on
    return AmendmentShown(
        amendment=amendment,
        sides=(
            Side("customer", str(agreement.customer), amendment.customer_signature),
            Side("supplier", str(agreement.supplier), amendment.supplier_signature),
        ),
        extends_from=on_file,
        extension=extension_days(from_expiration=on_file, to_expiration=becomes) if on_file and becomes else None,
        shortened=shortened_term(agreement=terms, number=number),
        comparison=amendment_comparison(agreement=terms, number=number, known_on=known_on),
        prices=price_table(amendment.schedule) if amendment.schedule is not None else None,
        withdrawn=tuple(withdrawn),
    )


def signature_consequences(*, amendment: Amendment, side: str, clause: str | None) -> Sequence[str]:
    """Say, one sentence each, what recording a party's signature does; `clause` names the price schedule, if any."""
    other = {"customer": "supplier", "supplier": "customer"}[side]
    other_signed_on = getattr(amendment, f"{other}_signed_on")
    if other_signed_on is None:
        return (
            f"The signature is recorded on {amendment}. It changes no price until the {other} has signed too.",
            "What it says and its price schedule are closed from now on. To change them, the signature is withdrawn "
            "first, with a reason.",
        )
    sets = f"sets the prices from {day_text(amendment.effective_on)}"
    return (
        f"The {other} signed on {day_text(other_signed_on)}. This is the second signature: it executes "
        f"{amendment} on the later of the two dates.",
        f"Its price schedule, {clause}, is sealed with it and {sets}."
        if clause
        else "It has no price schedule: prices stay as they are. None can be attached afterwards.",
        *([] if amendment.document else ["No scanned document is attached yet; it can be attached afterwards, once."]),
        SEALED_FOR_GOOD,
    )


def signature_message(*, amendment: Amendment, side: str, name: str) -> str:
    """Say what recording a signature has done."""
    if amendment.executed_on is not None:
        return f"{amendment} is executed as of {day_text(amendment.executed_on)} and sealed."
    other = {"customer": "supplier", "supplier": "customer"}[side]
    return f"The signature of {name} is recorded. Record the signature of the {other} next."
