"""The sections of an agreement file, one entry each: what tells their rows apart, what they hold, what may be added.

Checks, comparison, export and loading walk this table: a new section, or a field more, is an entry here and in the
published form.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from sites.agreement_files.agreement_file import Document, Problem

Key = tuple
Fields = Mapping[str, "str | Fields"]
"""Name in the file and column of the model; `review_line.review.period_number` follows references and is only written,
a mapping is an object of the file whose values lie in columns of the same row."""


def key_text(key: Key) -> str:
    """Name a row by its key: `1999-07-12, Augusta, GA, Customer Care, Ann Example`."""
    number = key[-1] if isinstance(key[-1], int) else 1
    named = ", ".join(part for part in key if isinstance(part, str) and part)
    return f"{named} (number {number})" if number > 1 else named


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows of one kind: a section of the file, or a list within its rows.

    `needed` and `optional` are the fields that tell a row from others; an optional one that is left out stands for the
    value given here. A file may add `may_fill` to a row on file, and `until_sealed` as long as not all of `sealed_by`
    are on file. The days at the paths `happened` must not lie after the day of loading. A row is known from the latest
    of the days `known_on`, and a part of it from the day that `later` names.
    """

    name: str
    what: str = ""
    """What a message calls one row; rows without such a name are not searched for repeats."""
    needed: tuple[str, ...] = ()
    optional: Mapping[str, object] = field(default_factory=dict)
    named: Callable[[Key], str] = key_text
    fields: Fields = field(default_factory=dict)
    rows: str = ""
    """The attribute under which the row above brings these rows along when it is exported."""
    parts: tuple["Rows", ...] = ()
    tallied: str = ""
    """What the report of a loading calls the rows of a part; without a name it does not count them."""
    grows: bool = False
    """Whether a part takes more rows although the row above it is sealed."""
    may_fill: tuple[str, ...] = ()
    until_sealed: tuple[str, ...] = ()
    sealed_by: tuple[str, ...] = ()
    new_needs: tuple[str, ...] = ()
    """Fields without which a row that is not on file cannot come in."""
    happened: tuple[str, ...] = ()
    known_on: tuple[str, ...] = ()
    later: Mapping[str, str] = field(default_factory=dict)
    model: str = ""
    """The model of a section of facts."""
    of_agreement: str = "site__agreement"

    def key(self, row: Document) -> Key:
        """Return the values that identify a row. Raises KeyError where its form is not right."""
        return (*(row[name] for name in self.needed), *(row.get(name, other) for name, other in self.optional.items()))

    def name_of(self, row: Document) -> str:
        """Return how a message names a row."""
        return self.named(self.key(row))

    def identity(self, row: Document) -> dict:
        """Return the fields that identify a row, as far as it has them."""
        return {name: row[name] for name in (*self.needed, *self.optional) if name in row}

    def is_sealed(self, stored: Document) -> bool:
        """Whether a row on file takes no more of what it takes until it is sealed."""
        return bool(self.sealed_by) and all(name in stored for name in self.sealed_by)

    def missing(self, place: str, row: Document, name: str) -> Iterator[Problem]:
        """Yield the fields that a row which is not on file lacks; `name` names it in the sentence."""
        for needed in self.new_needs:
            if needed not in row:
                message = f"This is missing: {name} is not on file, so the file must describe it."
                yield Problem(f"{place}.{needed}", message)

    @property
    def is_numbered(self) -> bool:
        """Whether rows that say the same are distinguished by a number."""
        return "number" in self.optional


def same(*names: str) -> dict[str, str]:
    """Return fields that have the name of their column."""
    return {name: name for name in names}


def _person(side: str, day: str, *more: str) -> dict[str, dict[str, str]]:
    titles = {name: f"{side}_signer_{name}" for name in more}
    return {"name": f"{side}_signer", **titles, day: f"{side}_{day}"}


SIDES = ("customer", "supplier")
DEMONSTRATION = {"demonstration": "is_demonstration"}
TAKEN_BACK = {"reversed": {"on": "reversed_on", "reason": "reversal_reason"}}
LEVELS = ("current_level", "measured_level", "proposed_level", "agreed_level")
DECIDED = ("agreed_level", "agreed_price", "decision_reason")

ALIASES = Rows(name="aliases", needed=("name",), fields=same("name", "remark"), rows="alias_list", grows=True)
WITHDRAWN = Rows(
    name="withdrawn_signatures",
    fields=same("side", "name", "title", "signed_on", "withdrawn_on", "reason"),
    rows="withdrawn_list",
)
CHARGED_LEVELS = Rows(
    name="charged_levels",
    what="annual period",
    needed=("period",),
    named=lambda key: str(key[0]),
    fields={
        "period": "period_number",
        **same("level", "agreed_on"),
        "starting": "is_starting",
        "review": "review_line.review.period_number",
        "reason": "reason",
    },
    rows="level_list",
    tallied="charged levels",
    grows=True,
)
LEVEL_DECISIONS = Rows(
    name="levels_from_a_day",
    what="level from",
    needed=("from", "recorded_on", "document", "reason"),
    fields={
        **{"from": "effective_on", "through": "through"},
        **same("level", "cause", "document", "customer_signer", "supplier_signer", "agreed_on", "reason"),
        **same("recorded_on"),
    },
    rows="decision_list",
    tallied="levels from a day",
    grows=True,
)
COUNTS = Rows(name="counts", tallied="counts", grows=True)
LINES = Rows(
    name="lines",
    what="site",
    needed=("site",),
    fields=same(
        *("site", "current_level", "current_price", "measured_level", "eligible", "proposed_level", "proposed_price"),
        *("needs_decision", "foregone", *DECIDED, "evidence"),
    ),
    rows="line_list",
    until_sealed=DECIDED,
)
BOUNDS = ("held_above_percent", "held_above_times")
"""From where on a draft is held: the only values whose absence a file states, by null."""

AGREEMENT = Rows(
    name="agreement",
    needed=("number",),
    fields={
        **same("number", "title", "dated_on"),
        **{"supplier": "supplier.legal_name", "customer": "customer.legal_name"},
        **same("currency", "first_period_starts_on", "original_expires_on", "executed_on"),
        **same("net_days", "customer_reference", *BOUNDS),
    },
    may_fill=("net_days", "customer_reference"),
    until_sealed=("original_expires_on", "executed_on"),
    sealed_by=("executed_on",),
    new_needs=("dated_on", "supplier", "customer", "first_period_starts_on"),
    parts=(Rows(name="schedule", grows=True),),
)

PARTIES = Rows(
    name="parties",
    what="party",
    needed=("legal_name",),
    fields=same("legal_name", "division", "state_of_incorporation", "address"),
    may_fill=("division", "state_of_incorporation"),
    parts=(ALIASES,),
)
AMENDMENTS = Rows(
    name="amendments",
    what="amendment number",
    needed=("number",),
    named=lambda key: str(key[0]),
    fields={
        **same("number", "contract_number", "effective_on", "from_expires_on", "expires_on", "expiration_clause"),
        **{f"{side}_signature": _person(side, "signed_on", "title") for side in SIDES},
    },
    until_sealed=("customer_signature", "supplier_signature"),
    sealed_by=("customer_signature", "supplier_signature"),
    new_needs=("effective_on",),
    parts=(WITHDRAWN, Rows(name="schedule")),
    happened=(
        *(f"{side}_signature.signed_on" for side in SIDES),
        *("withdrawn_signatures.signed_on", "withdrawn_signatures.withdrawn_on"),
    ),
)
READINGS = Rows(
    name="readings",
    what="reading of",
    needed=("question",),
    optional={"applies_from": ""},
    named=lambda key: " from ".join(part for part in key if part),
    fields=same("question", "choice", "applies_from", "clause", "chosen_by", "chosen_on", "remark"),
)
SITES = Rows(
    name="sites",
    what="site",
    needed=("city",),
    optional={"state": ""},
    fields={
        **same("city", "state", "clli", "population", "in_service_on"),
        **same("removed_on", "charged_through", "charge_end_reason"),
        **DEMONSTRATION,
    },
    may_fill=("clli", "population"),
    until_sealed=("removed_on", "charged_through", "charge_end_reason"),
    sealed_by=("removed_on",),
    new_needs=("in_service_on",),
    parts=(CHARGED_LEVELS, LEVEL_DECISIONS, COUNTS),
    happened=("counts.date", "charged_levels.agreed_on", "levels_from_a_day.recorded_on"),
    later={
        **dict.fromkeys(("removed_on", "charged_through", "charge_end_reason"), "removed_on"),
        **{"charged_levels": "agreed_on", "levels_from_a_day": "recorded_on", "counts": "date"},
    },
)
REVIEWS = Rows(
    name="reviews",
    what="review of annual period",
    needed=("period", "kind"),
    named=lambda key: f"{key[0]} ({key[1]})",
    fields={
        "period": "period_number",
        **same("kind", "first_day", "last_day", "due_on", "opened_on", "cut_off_on", "meeting_on"),
        **{side: _person(side, "agreed_on") for side in SIDES},
        **DEMONSTRATION,
        "evidence": "evidence",
    },
    until_sealed=("meeting_on", *SIDES),
    sealed_by=SIDES,
    new_needs=("first_day", "last_day", "due_on", "opened_on", "cut_off_on"),
    parts=(LINES,),
    happened=("opened_on", *(f"{side}.agreed_on" for side in SIDES)),
    known_on=("opened_on",),
    later={side: f"{side}.agreed_on" for side in SIDES},
)

BLOCKS = Rows(
    name="blocks",
    what="purchase of blocks",
    needed=("bought_on",),
    optional={"reference": "", "number": 1},
    fields={**same("bought_on", "blocks", "reference", "number"), **TAKEN_BACK, **DEMONSTRATION},
    may_fill=("reversed",),
    happened=("bought_on", "reversed.on"),
    known_on=("bought_on",),
    later={"reversed": "reversed.on"},
    model="BlockPurchase",
    of_agreement="agreement",
)
WORK = Rows(
    name="work",
    what="work entry",
    needed=("date", "site", "service", "person"),
    optional={"reference": "", "number": 1},
    fields={
        "date": "worked_on",
        **same("site", "service", "hours", "person", "reference", "number"),
        **TAKEN_BACK,
        **DEMONSTRATION,
    },
    may_fill=("reversed",),
    happened=("date", "reversed.on"),
    known_on=("date",),
    later={"reversed": "reversed.on"},
    model="WorkEntry",
)
QUOTATIONS = Rows(
    name="quotations",
    what="quotation",
    needed=("number",),
    fields={**same("number", "site", "dated_on", "price"), **{side: _person(side, "signed_on") for side in SIDES}},
    happened=("dated_on", *(f"{side}.signed_on" for side in SIDES)),
    known_on=("dated_on", *(f"{side}.signed_on" for side in SIDES)),
    model="Quotation",
)
ORDERS = Rows(
    name="orders",
    what="order of integration",
    needed=("ordered_on", "site"),
    optional={"reference": "", "number": 1},
    fields={
        **same("ordered_on", "site", "reference", "number", "duplicate_reason"),
        "quotation": "quotation.number",
        "completed_on": "completed_on",
        **TAKEN_BACK,
        **DEMONSTRATION,
    },
    may_fill=("quotation", "completed_on", "reversed"),
    happened=("ordered_on", "completed_on", "reversed.on"),
    known_on=("ordered_on",),
    later={"completed_on": "completed_on", "reversed": "reversed.on"},
    model="IntegrationOrder",
)

FACTS = (BLOCKS, WORK, QUOTATIONS, ORDERS)
"""Sections whose rows are stored column by column, in the order in which they refer to one another."""
SECTIONS = (PARTIES, AMENDMENTS, READINGS, SITES, REVIEWS, *FACTS)
KINDS = (
    *(PARTIES.name, AGREEMENT.name),
    *(kind for section in SECTIONS[1:] for kind in (section.name, *(part.tallied for part in section.parts)) if kind),
)
"""Everything that the report of a loading counts, in its order."""


# ---- walking a document ------------------------------------------------------------------------------------------


def placed(document: Document, section: Rows, within: str = "") -> Iterator[tuple[str, Mapping]]:
    """Yield the rows of a section, or of a part of the row that stands `within`, each with its place."""
    for index, row in enumerate(document.get(section.name, [])):
        yield f"{within}.{section.name}[{index}]".removeprefix("."), row


def values_at(row: Mapping, path: str, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield the values at a path such as `reversed.on`, with their places; of a list those of each of its rows."""
    name, _dot, rest = path.partition(".")
    inner, place = row.get(name), f"{place}.{name}".removeprefix(".")
    if isinstance(inner, list):
        for index, one in enumerate(inner):
            yield from values_at(one, rest, f"{place}[{index}]")
    elif inner is not None and rest:
        yield from values_at(inner, rest, place)
    elif inner is not None:
        yield place, inner


def merged(section: Rows, *documents: Document) -> dict[Key, dict]:
    """Return the rows of a section by key as several documents tell them together, the last one last."""
    found: dict[Key, dict] = {}
    for document in documents:
        for row in document.get(section.name, []):
            found.setdefault(section.key(row), {}).update(row)
    return found


def site_name(site: Document) -> str:
    """How review lines, facts and plans name a site: `Augusta, GA`."""
    return SITES.name_of(site)


def counts_placed(site: Document, within: str) -> Iterator[tuple[str, str, str, int]]:
    """Yield the counts of a site: the place of each, its day, component code and quantity."""
    for place, entry in placed(site, COUNTS, within):
        for code, quantity in components_counted(entry).items() if "date" in entry else ():
            yield f"{place}.{code}", entry["date"], code, quantity


def components_counted(entry: Document) -> dict[str, int]:
    """Return the quantities of one entry of counts by component code."""
    return {key: value for key, value in entry.items() if key not in ("date", "source")}


def expanded(document: Document) -> dict:
    """Return the document with the mark "demonstration" on each row that can carry it, where the file does."""
    result = dict(document)
    if result.pop("demonstration", False):
        for section in SECTIONS:
            if section.name in result and "demonstration" in section.fields:
                result[section.name] = [{**row, "demonstration": True} for row in result[section.name]]
    return result
