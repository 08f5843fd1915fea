"""The kinds of charge, one entry each: everything that the run, the paper and the books do differently for a kind.

A new kind is an entry here and a module beside this one, which says what it costs. Its facts are a `ChargedFact` in a
folder of `sites`; `InvoiceLine` gets a key to them, and a migration.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from contracts.fixed_readings import FixedReading, integration_reading
from contracts.readings import BILLING_QUESTIONS, HOUR_QUESTIONS
from invoicing.charges import annual, hours, integration
from invoicing.charges.charge import ANNUAL, InWords, Known, Outcome
from sites.hours.prices import hours_text


@dataclass(frozen=True)
class Kind:
    """One kind of charge.

    `label` heads its sum on the paper. `column` is the key of an invoice line to what is charged; `has_site` says that
    it belongs to a site, not to the agreement. `rule` is stored with the inputs of a line; `recompute` gives the amount
    again from these inputs, `in_words` what they say.

    `charges` computes what is due; kinds that are computed together name the same function. The annual charge has none:
    it is due in instalments. `quantity` writes how much was charged. `questions` are the readings that decide the
    amount, `fixed_reading` the one without a choice that is printed with it.

    `taken_back` says, after a colon, why nothing is due any more for a fact that is gone; `way_out` what to do about
    one that was billed and has no price any more.
    """

    label: str
    column: str
    rule: str
    recompute: Callable[[Mapping], Decimal]
    in_words: Callable[[Mapping], InWords]
    charges: Callable[[Known], Iterable[Outcome]] | None = None
    has_site: bool = True
    quantity: Callable[[Decimal], str] = str
    questions: tuple[str, ...] = ()
    fixed_reading: Callable[..., FixedReading] | None = None
    taken_back: str = ""
    way_out: str = "Reverse or cancel it to take them back."

    @property
    def key_column(self) -> str:
        """The column of an invoice line as it stands in the database."""
        return f"{self.column}_id"


KINDS = {
    ANNUAL: Kind(
        label="Annual charge",
        column="site",
        rule=annual.INSTALMENT,
        recompute=annual.recompute_instalment,
        in_words=annual.instalment_in_words,
        questions=BILLING_QUESTIONS,
    ),
    hours.BLOCK: Kind(
        label="Block of hours",
        column="block_purchase",
        has_site=False,
        rule="blocks",
        charges=hours.hour_charges,
        recompute=hours.recompute_blocks,
        in_words=hours.blocks_in_words,
        quantity=hours.count_of_blocks,
        taken_back="the purchase was reversed",
    ),
    hours.HOURS: Kind(
        label="Hours by the hour",
        column="work_entry",
        rule="hours",
        charges=hours.hour_charges,
        recompute=hours.recompute_hours,
        in_words=hours.hours_in_words,
        quantity=hours_text,
        questions=HOUR_QUESTIONS,
        taken_back="the entry was reversed",
    ),
    integration.INTEGRATION: Kind(
        label="System integration",
        column="integration_order",
        rule="integration",
        charges=integration.integration_charges,
        recompute=integration.recompute_integration,
        in_words=integration.integration_in_words,
        fixed_reading=integration_reading,
        taken_back="the order was cancelled",
        way_out="Attach a signed quotation to the order, or cancel the order to take them back.",
    ),
}
"""By code, as it is stored with every line; in the order in which sums stand on the paper."""


def charged_once() -> dict[str, Kind]:
    """Return the kinds that have no instalments."""
    return {code: kind for code, kind in KINDS.items() if code != ANNUAL}


def kind_of_rule(rule: str) -> Kind:
    """Return the kind whose lines store a rule. Raises ValueError where there is none."""
    for kind in KINDS.values():
        if kind.rule == rule:
            return kind
    raise ValueError(f"{rule!r} is no rule of calculation.")


def place_of(code: str) -> int:
    """Return the place of a kind among all of them."""
    return list(KINDS).index(code)
