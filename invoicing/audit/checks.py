"""What must hold of an issued document: its content, lines, number and links. Each check says what fails.

A finding names the document and what is wrong with it. Nothing here knows a database or a file: `verifying` brings
what is stored, and the ledger's side of it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from contracts.money import NOTHING, money_text
from contracts.periods import day_text
from invoicing.documents.calculation import recomputed_parts
from invoicing.issued.chain import by_number, chain_sha256

INVOICE, CREDIT_NOTE = "invoice", "credit-note"
INSTALMENT, ADJUSTMENT, CREDIT = "instalment", "adjustment", "credit"
KINDS = {INVOICE: "invoice", CREDIT_NOTE: "credit note"}
REASON = "Reason: "


@dataclass(frozen=True)
class Finding:
    """Something that is not as it must be, at the place that it concerns. A note is worth knowing, but no damage."""

    place: str
    message: str
    is_note: bool = False

    @property
    def text(self) -> str:
        return f"{self.place}: {'note: ' if self.is_note else ''}{self.message}"


@dataclass(frozen=True)
class CreditedLine:
    """The line that a credit line takes back, as it is stored now; `by_credit` where it took another one back.

    `parts` are the instalments that it billed; empty where its charge has none.
    """

    number: str
    position: int
    charge: tuple
    is_issued: bool
    by_credit: bool
    parts: frozenset[int] = frozenset()


@dataclass(frozen=True)
class StoredLine:
    """One line as its row says it. `charge` names what is charged, `credited` is the sum of its issued credits.

    `recomputed` is what its stored inputs give now, or why they give nothing. `expected` are the columns that the
    content must repeat, `source` and `steps` those that it keeps for several lines together.
    """

    position: int
    kind: str
    charge: tuple
    period: int
    amount: Decimal
    recomputed: Decimal | str
    shares: list | None
    inputs: Mapping
    expected: Mapping[str, object]
    source: str
    steps: Sequence[str]
    credits: CreditedLine | None = None
    credited: Decimal = NOTHING


@dataclass(frozen=True)
class Corrected:
    """A document that another one corrects."""

    number: str
    issued_on: date | None
    agreement: int


@dataclass(frozen=True)
class StoredDocument:
    """One issued document as its rows say it.

    `digest` is the SHA-256 of the stored content as it is computed now, `link_before` the link of the number before,
    `printed_number` the number as its series prints it, and `expected` what the content must repeat. `sealed` are the
    digests of its rows that the content keeps, `rows` the same as they are computed now; a document that was issued
    before there were any has neither.
    """

    name: str
    kind: str
    series_kind: str
    by_credit: bool
    agreement: int
    issued_on: date
    total: Decimal
    content: Mapping
    content_sha256: str
    digest: str
    link: str
    link_before: str
    printed_number: str
    reason: str
    expected: Mapping[str, object]
    lines: tuple[StoredLine, ...]
    corrects: tuple[Corrected, ...] = ()
    sealed: Mapping | None = None
    rows: Mapping | None = None


def document_findings(*, document: StoredDocument) -> Iterator[Finding]:
    """Yield what is wrong with one issued document, by itself and in its place in the chain."""
    for message in _messages(document):
        yield Finding(document.name, message)


def _messages(document: StoredDocument) -> Iterator[str]:
    yield from _content(document)
    yield from _rows(document)
    yield from _totals(document)
    for line in document.lines:
        for message in (*_computed(line), *_period(line), *_shares(line), *_credit(line), *_credited(line)):
            yield f"line {line.position} {message}"
    yield from _links(document)
    yield from _chained(document)


# ---- what it says ------------------------------------------------------------------------------------------------


def _content(document: StoredDocument) -> Iterator[str]:
    content = document.content
    if document.digest != document.content_sha256:
        yield "the stored content is not the one that was issued: its SHA-256 is another. Compare it with a backup."
    yield from _differing(content, document.expected, "the content")
    yield from _reason(content, document.reason)
    lines = content.get("lines", ())
    if len(lines) != len(document.lines):
        yield f"the content has {len(lines)} lines, the books have {len(document.lines)}."
        return
    for printed, line in zip(lines, document.lines, strict=True):
        message = line.expected | ({"source": line.source} if "source" in printed else {})
        shown = printed | ({"source": printed["source"] or content["source"]} if "source" in printed else {})
        yield from _differing(shown, message, f"line {line.position} of the content")
        if "calculation" in printed and _calculation(content, printed["calculation"]) != list(line.steps):
            yield f"line {line.position} of the content shows another calculation than the steps of the row."


def _differing(content: Mapping, message: Mapping[str, object], where: str) -> Iterator[str]:
    """Where content and row differ; what an older content does not hold yet is left out."""
    for name, value in message.items():
        if name in content and content[name] != value:
            yield f"{where} says {_shown(content[name])} for {name.replace('_', ' ')}, the row {_shown(value)}."


def _calculation(content: Mapping, number: int) -> list[str] | None:
    """The steps of a calculation, which several lines may share."""
    return next((each["steps"] for each in content["calculations"] if each["number"] == number), None)


def _reason(content: Mapping, reason: str) -> Iterator[str]:
    """The reason of a credit is shown among the remarks."""
    shown = [remark for remark in content.get("remarks", ()) if remark.startswith(REASON)]
    if "remarks" in content and shown != ([f"{REASON}{reason}"] if reason else []):
        message = " ".join(remark.removeprefix(REASON) for remark in shown)
        yield f"the content says {_shown(message)} for reason, the row {_shown(reason)}."


def _rows(document: StoredDocument) -> Iterator[str]:
    """Everything that the rows hold is as it was when the document was issued, whether it is shown or not."""
    sealed, rows = document.sealed, document.rows
    if sealed is None or rows is None:
        return
    if sealed["document"] != rows["document"]:
        yield "the row is not the one that was sealed at issue: a column was changed. Compare it with a backup."
    if len(sealed["lines"]) != len(rows["lines"]):
        return  # the content tells what is missing
    for line, before, now in zip(document.lines, sealed["lines"], rows["lines"], strict=True):
        if before != now:
            yield (
                f"the row of line {line.position} is not the one that was sealed at issue: a column was changed. "
                "Compare it with a backup."
            )


def _shown(value: object) -> str:
    return "nothing" if value in (None, "") else str(value)


def _totals(document: StoredDocument) -> Iterator[str]:
    total = sum((line.amount for line in document.lines), NOTHING)
    if total != document.total:
        yield f"the lines add up to {money_text(total)}, the document says {money_text(document.total)}."
    if not document.lines:
        yield "there is no line."
    positions = [line.position for line in document.lines]
    if positions != list(range(1, len(positions) + 1)):
        yield f"the lines are numbered {', '.join(map(str, positions))}."
    if (document.total < 0 and document.kind == INVOICE) or (document.total > 0 and document.kind == CREDIT_NOTE):
        yield f"an amount of {money_text(document.total)} makes no {KINDS[document.kind]}."
    if document.kind != document.series_kind:
        yield f"its number is of a series that has no {KINDS[document.kind]}s."
    if document.name != document.printed_number:
        yield f"its series writes the number {document.printed_number}."


# ---- lines -------------------------------------------------------------------------------------------------------


def _computed(line: StoredLine) -> Iterator[str]:
    found = line.recomputed
    if isinstance(found, str):
        yield f"cannot be computed again from its stored inputs ({found})."
    elif found != line.amount:
        yield f"says {money_text(line.amount)}, its stored inputs give {money_text(found)}."


def _period(line: StoredLine) -> Iterator[str]:
    """What is billed for a site is found by its annual period; the inputs name it again."""
    if isinstance(line.recomputed, str):
        return
    charges = [line.inputs, *line.inputs.get("charges", ()), *(part["charge"] for part in _parts(line))]
    for named in sorted({charge["period"]["number"] for charge in charges if charge and "period" in charge}):
        if named != line.period:
            yield f"is of annual period {line.period}, its stored inputs are of annual period {named}."


def _parts(line: StoredLine) -> Sequence[Mapping]:
    """The parts of an adjustment; nothing for another line, nor for one stored before adjustments named theirs."""
    return line.inputs.get("parts", ())


def _shares(line: StoredLine) -> Iterator[str]:
    if line.shares is None:
        return
    try:
        shares = [(part, Decimal(amount)) for part, amount in line.shares]
        total = sum((amount for _part, amount in shares), NOTHING)
    except (ArithmeticError, TypeError, ValueError):
        yield "has shares that are no amounts."
        return
    if total != line.amount:
        yield f"says {money_text(line.amount)}, its shares add up to {money_text(total)}."
    if len({part for part, _amount in line.shares}) != len(line.shares):
        yield "names an instalment twice in its shares."
    elif _parts(line) and not isinstance(line.recomputed, str) and dict(shares) != recomputed_parts(line.inputs):
        yield "has other shares than its stored inputs give."


def _credit(line: StoredLine) -> Iterator[str]:
    credited = line.credits
    if credited is None:
        if line.kind == CREDIT:
            yield "takes back no line."
        return
    if not credited.is_issued or credited.by_credit:
        yield f"takes back line {credited.position} of {credited.number or 'a draft'}, which billed nothing."
    if line.shares is not None and not {part for part, _amount in line.shares} <= credited.parts:
        yield f"takes back instalments that line {credited.position} of {credited.number} did not bill."
    if credited.charge != line.charge:
        yield f"takes back line {credited.position} of {credited.number}, which is another charge."
    named = line.inputs.get("document"), line.inputs.get("line")
    if named != (credited.number, credited.position):
        yield f"takes back line {credited.position} of {credited.number}; its inputs name {named[1]} of {named[0]}."


def _credited(line: StoredLine) -> Iterator[str]:
    """What was taken back of a line is of the other sign, and never more than the line."""
    if line.credited * line.amount > 0 or abs(line.credited) > abs(line.amount):
        yield f"is of {money_text(line.amount)}, and {money_text(-line.credited)} of it is taken back."


# ---- links -------------------------------------------------------------------------------------------------------


def _links(document: StoredDocument) -> Iterator[str]:
    linked = {other.number for other in document.corrects}
    named = set()
    for line in document.lines:
        if line.kind == CREDIT and line.credits:
            named.add(line.credits.number)
        elif line.kind == ADJUSTMENT:
            named.update(line.inputs.get("documents", ()))
    if linked != named:
        yield f"its lines correct {_listed(named)}, its links name {_listed(linked)}."
    for other in document.corrects:
        if other.issued_on is None or other.issued_on > document.issued_on or other.agreement != document.agreement:
            yield f"corrects {other.number or 'a draft'}, which is no earlier document of the same agreement."
    if document.by_credit != all(line.kind == CREDIT for line in document.lines):
        yield "lines that take back lines stand beside others, or in a document of a run."


def _listed(numbers: Iterable[str]) -> str:
    return ", ".join(sorted(numbers, key=by_number)) or "no document"


def _chained(document: StoredDocument) -> Iterator[str]:
    """A document that was issued before links were kept has none, and nor has any before it."""
    if not document.link:
        if document.link_before:
            yield "it has no link in the chain, though the document before it has one."
        return
    link = chain_sha256(
        before=document.link_before,
        number=document.name,
        issued_on=document.issued_on,
        content_sha256=document.content_sha256,
    )
    if link != document.link:
        yield "the chain breaks here: number, date or content of this document or of one before it were changed."


def anchor_findings(
    *, name: str, what: str, now: tuple[str, ...], kept: Iterable[tuple[str, ...]]
) -> Iterator[Finding]:
    """Yield where the ledger says something else of a document, or of its PDF, than the books do."""
    for message in sorted(kept):
        if message == now:
            continue
        differs = [
            word for word, one, other in zip(("date", "SHA-256", "chain"), now, message, strict=True) if one != other
        ]
        yield Finding(name, f"{what} is not the one in the ledger: another {' and '.join(differs)}.")


# ---- series ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """The place of a document in its series."""

    number: int
    name: str
    issued_on: date


def place_findings(*, before: Place | None, now: Place, explained: Collection[int] = ()) -> Iterator[Finding]:
    """Yield what is wrong between a document and the one before it: a gap, a number twice, a date that runs back.

    `explained` are numbers of the series that are missing with a reason.
    """
    first, last = before.number + 1 if before else 1, now.number - 1
    while first in explained:
        first += 1
    while last in explained:
        last -= 1
    if now.number in explained or (before and now.number == before.number):
        yield Finding(now.name, f"number {now.number} was given twice.")
    elif first == last:
        yield Finding(now.name, f"number {first} is missing before it.")
    elif first < last:
        yield Finding(now.name, f"numbers {first} to {last} are missing before it.")
    if before and now.issued_on < before.issued_on:
        yield Finding(
            now.name, f"is dated {day_text(now.issued_on)}, before {before.name} of {day_text(before.issued_on)}."
        )


def series_findings(
    *, code: str, last_number: int, last_issued_on: date | None, last: Place | None, explained: Collection[int] = ()
) -> Iterator[Finding]:
    """Yield where the counter of a series and its last document, or its last explained number, disagree."""
    place = f"Series {code}"
    highest = max(explained, default=0)
    if last_number != max(last.number if last else 0, highest):
        message = f"its last document is {last.name}" if last else "it has no document"
        yield Finding(place, f"it counts to {last_number}, but {message}.")
    if last and last.number > highest and last_issued_on != last.issued_on:
        counted = day_text(last_issued_on) if last_issued_on else "no date"
        yield Finding(place, f"its last date is {counted}, but {last.name} is dated {day_text(last.issued_on)}.")
