"""What an invoice or credit note shows: one dictionary, complete enough to print and to keep for ever.

Amounts stand in it as text with two decimals, dates as year-month-day; the template writes them for people. Nothing is
computed here but sums of lines.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby

from contracts.fixed_readings import FixedReading, payment_reading, tax_reading
from contracts.models import Agreement
from contracts.money import NOTHING, plain_text
from contracts.periods import AnnualPeriod, DaySpan, annual_period, annual_period_on, day_text
from contracts.readings import BILLING_QUESTIONS, Chosen
from contracts.schedule import Schedule
from contracts.terms import AgreementTerms, AmendmentTerms, TermsFound, terms_on
from contracts.wording import listed
from invoicing.charges.charge import ANNUAL
from invoicing.charges.kinds import KINDS, place_of
from invoicing.models import Invoice, InvoiceLine
from sites.charged import Basis

FORM = 2
"""Raised when the dictionary changes its form, so that a template can still tell what it prints."""

ALL_SITES = "All sites"
LONGEST_LIST = 40


def invoice_content(
    *,
    invoice: Invoice,
    lines: Sequence[InvoiceLine],
    agreement: Agreement,
    corrected: Iterable[Invoice] = (),
) -> dict:
    """Return everything the document shows, as JSON values; nothing else is needed to print it.

    `agreement` comes from `with_terms()`, the lines with their sites, in order; `corrected` are the issued documents
    that this one adjusts or takes back. Number and date are there once the document has them. Raises ValueError when
    the lines do not add up to the document's total.
    """
    total = sum((line.amount for line in lines), NOTHING)
    if not lines or total != invoice.total:
        raise ValueError(f"{invoice}: the lines add up to {total}, the document says {invoice.total}.")
    terms, corrected, calculations = agreement.as_terms(), list(corrected), _calculations(lines)
    sources = Counter(line.source for line in lines if line.source)
    source = max(sources, key=sources.get, default="")
    return {
        "form": FORM,
        "kind": invoice.kind,
        "kind_name": invoice.get_kind_display(),
        "name": str(invoice),
        "draft": not invoice.is_issued,
        "demonstration": invoice.is_demonstration,
        "number": invoice.number_text,
        "issued_on": invoice.issued_on.isoformat() if invoice.issued_on else None,
        "supplier": agreement.supplier.as_content(),
        "customer": agreement.customer.as_content(),
        "customer_reference": agreement.customer_reference,
        "agreement": {"number": agreement.number, "dated_on": agreement.dated_on.isoformat()},
        "amendments": [_amendment(amendment) for amendment in _amendments(terms, invoice)],
        "first_day": invoice.first_day.isoformat(),
        "last_day": invoice.last_day.isoformat(),
        "period": str(invoice.days),
        "currency": agreement.currency,
        "payment_terms": _payment_terms(agreement),
        **({"due_on": invoice.due_on.isoformat()} if invoice.due_on else {}),
        "corrects": [
            {"name": str(document), "issued_on": document.issued_on.isoformat() if document.issued_on else None}
            for document in corrected
        ],
        "source": source,
        "other_sources": len(sources) > 1,
        "lines": [_line(line, terms, document_source=source, calculations=calculations) for line in lines],
        "instalments": any(line.instalment for line in lines),
        "once": any(not _is_annual(line) for line in lines),
        "by_level": _by_level(lines),
        "total": plain_text(total),
        "included": _included(_schedule(terms, invoice)),
        "remarks": _remarks(invoice, lines, corrected),
        "calculations": [
            {"number": number, "lines": _shortly(positions), "steps": list(steps)}
            for number, (steps, positions) in enumerate(calculations.items(), start=1)
        ],
        "readings": _readings(terms, invoice, lines) + _fixed_readings(agreement, terms, invoice, lines),
    }


def _amendments(terms: AgreementTerms, invoice: Invoice) -> list[AmendmentTerms]:
    """The executed amendments that are in effect by the end of the billing period."""
    known_on = invoice.issued_on or invoice.drafted_on
    return [
        amendment
        for amendment in terms.amendments
        if amendment.executed_by(known_on) and amendment.effective_on <= invoice.last_day
    ]


def _amendment(amendment: AmendmentTerms) -> dict:
    return {
        "number": amendment.number,
        "contract_number": amendment.contract_number,
        "effective_on": amendment.effective_on.isoformat(),
        "executed_on": amendment.executed_on.isoformat(),
    }


def _schedule(terms: AgreementTerms, invoice: Invoice) -> Schedule | None:
    """The schedule in force at the period's end, or at its start where the term ended in between."""
    known_on = invoice.issued_on or invoice.drafted_on
    for service_on in (invoice.last_day, invoice.first_day):
        found = terms_on(agreement=terms, service_on=service_on, known_on=known_on)
        if isinstance(found, TermsFound):
            return found.schedule
    return None


def _payment_terms(agreement: Agreement) -> str:
    """No due date is invented: without net days the document refers to the agreement."""
    if agreement.net_days is None:
        return "Terms per the Agreement"
    return f"Net {agreement.net_days} days"


def _included(schedule: Schedule | None) -> list[dict]:
    """Included services with their clause; those of one clause stand together."""
    if schedule is None:
        return []
    return [
        {"services": listed([service.name for service in services]), "clause": clause}
        for clause, services in groupby(schedule.included, key=lambda service: service.clause)
    ]


def _readings(terms: AgreementTerms, invoice: Invoice, lines: Sequence[InvoiceLine]) -> list[dict]:
    """The readings that decide the amounts of the lines, and those of the billing period itself.

    A line that corrects an earlier annual period follows the readings of that one: where they differ, both are shown,
    each with its period.
    """
    days = {_first_day_read(terms, invoice.first_day): BILLING_QUESTIONS}
    for line in lines:
        if questions := KINDS[line.charge].questions:
            day = _first_day_read(terms, line.first_day)
            days[day] = tuple(dict.fromkeys((*days.get(day, ()), *questions)))
    shown = []
    for key in dict.fromkeys(question for kind in KINDS.values() for question in kind.questions):
        asked = {day: terms.readings_on(day).of_question(key) for day in sorted(days) if key in days[day]}
        kept = {chosen.choice: (day, chosen) for day, chosen in reversed(asked.items()) if chosen.is_printed}
        for day, chosen in sorted(kept.values(), key=lambda pair: pair[0]):
            shown.append(_reading(chosen, from_day=day if len(kept) > 1 else None))
    return shown


def _fixed_readings(
    agreement: Agreement, terms: AgreementTerms, invoice: Invoice, lines: Sequence[InvoiceLine]
) -> list[dict]:
    """The readings without a choice: those of the kinds that are billed; payment and tax always."""
    known_on = invoice.issued_on or invoice.drafted_on
    of_kinds = []
    for day, code in sorted({(line.first_day, line.charge) for line in lines if KINDS[line.charge].fixed_reading}):
        found = terms_on(agreement=terms, service_on=day, known_on=known_on)
        if isinstance(found, TermsFound):
            of_kinds.append(KINDS[code].fixed_reading(schedule=found.schedule))
    return [
        _fixed(each) for each in (*dict.fromkeys(of_kinds), payment_reading(net_days=agreement.net_days), tax_reading())
    ]


def _fixed(reading: FixedReading) -> dict:
    return {
        "question": reading.title,
        "sentence": reading.sentence,
        "clause": reading.clause,
        "chosen_by": "",
        "chosen_on": "",
    }


def _first_day_read(terms: AgreementTerms, day: date) -> date:
    """The day whose readings decide what a day costs: the first one of its annual period."""
    found = annual_period_on(day=day, first_period_starts_on=terms.first_period_starts_on, expires_on=None)
    return found.full_span.first_day if isinstance(found, AnnualPeriod) else day


def _reading(chosen: Chosen, *, from_day: date | None) -> dict:
    period = f" (annual period from {day_text(from_day)})" if from_day else ""
    return {
        "question": chosen.question.title,
        "sentence": f"{chosen.sentence}{period}",
        "clause": chosen.clause,
        "chosen_by": chosen.chosen_by,
        "chosen_on": chosen.chosen_on,
    }


# ---- lines -------------------------------------------------------------------------------------------------------


def _line(line: InvoiceLine, terms: AgreementTerms, *, document_source: str, calculations: "Calculations") -> dict:
    content = columns_shown(line) | {
        "site": site_shown(line),
        "source": "" if line.source == document_source else line.source,
        "calculation": 1 + list(calculations).index(steps_shown(line)),
    }
    part = _billing_period(line, terms)
    if part is not None:
        service = DaySpan(line.first_day, line.last_day)
        content |= {"days": service.days, "days_of": part.days} if service != part else {}
    return content


def site_shown(line: InvoiceLine) -> str:
    """Return the name of a line's site, as it is now."""
    return str(line.site) if line.site else ALL_SITES


def columns_shown(line: InvoiceLine) -> dict:
    """Return what a line shows of its own columns, whatever stands beside it: its row must always say the same."""
    return {
        "number": line.position,
        "kind": line.kind,
        "about": _about(line),
        "level": line.level_name or line.description,
        "charge": line.charge,
        "quantity": _quantity(line),
        "unit_price": str(line.unit_price) if line.unit_price is not None else "",
        "annual_price": str(line.annual_price) if line.annual_price is not None else "",
        "first_day": line.first_day.isoformat(),
        "last_day": line.last_day.isoformat(),
        "instalment": line.instalment,
        "instalment_of": line.instalment_of,
        "provisional": line.provisional,
        "amount": str(line.amount),
    }


def _billing_period(line: InvoiceLine, terms: AgreementTerms) -> DaySpan | None:
    """The days that the line's instalment stands for when a site is in service on all of them."""
    period = annual_period(
        number=line.period_number, first_period_starts_on=terms.first_period_starts_on, expires_on=None
    )
    if line.instalment is None or not isinstance(period, AnnualPeriod):
        return None
    return period.parts(line.instalment_of)[line.instalment - 1]


def _about(line: InvoiceLine) -> str:
    if not _adjusts(line):
        return ""
    return f"Adjustment, annual period {line.period_number}" if _is_annual(line) else "Adjustment"


def _quantity(line: InvoiceLine) -> str:
    """How much was charged: `2 blocks`, `15.00 h`; nothing for what has no quantity."""
    return "" if line.quantity is None else KINDS[line.charge].quantity(line.quantity)


def _is_annual(line: InvoiceLine) -> bool:
    return line.charge == ANNUAL


def _adjusts(line: InvoiceLine) -> bool:
    return line.kind == InvoiceLine.Kind.ADJUSTMENT


def _documents(adjustment: InvoiceLine) -> tuple[str, ...]:
    """Numbers of the documents that an adjustment corrects."""
    return tuple(adjustment.inputs["documents"])


def _by_level(lines: Sequence[InvoiceLine]) -> list[dict]:
    """Sums of lines by service level, the cheapest first, then by what else is charged; adjustments come last."""
    groups: dict[tuple, list[InvoiceLine]] = {}
    for line in lines:
        groups.setdefault(_group(line), []).append(line)
    return [
        {
            "name": key[2],
            "sites": len({line.site_id for line in group if line.site_id}),
            "amount": plain_text(sum((line.amount for line in group), NOTHING)),
        }
        for key, group in sorted(groups.items(), key=lambda item: item[0])
    ]


def _group(line: InvoiceLine) -> tuple[int, Decimal, str]:
    """The place and name of a line's sum."""
    if _adjusts(line):
        return len(KINDS), NOTHING, "Adjustments"
    if _is_annual(line):
        return 0, line.annual_price or NOTHING, line.level_name
    return place_of(line.charge), NOTHING, KINDS[line.charge].label


Calculations = dict[tuple[str, ...], list[int]]
"""The steps of a calculation and the numbers of the lines calculated so."""


def _calculations(lines: Sequence[InvoiceLine]) -> Calculations:
    """The steps of all lines; lines calculated alike share one calculation, however many they are."""
    alike: Calculations = {}
    for line in lines:
        alike.setdefault(steps_shown(line), []).append(line.position)
    return alike


def steps_shown(line: InvoiceLine) -> tuple[str, ...]:
    """Return the steps of a line as they are shown.

    Its own number gives way, so that the lines of a credit note share one sentence.
    """
    own = f"Line {line.position} of "
    return tuple(
        f"The line of the same number of {step.removeprefix(own)}" if step.startswith(own) else step
        for step in line.steps
    )


def _shortly(numbers: Sequence[int]) -> str:
    """The numbers of the lines, or how many there are where they are scattered: each line names its calculation."""
    text = _numbers(numbers)
    return text if len(text) <= LONGEST_LIST else f"{len(numbers)} lines"


# ---- remarks -----------------------------------------------------------------------------------------------------


def _remarks(invoice: Invoice, lines: Sequence[InvoiceLine], corrected: Sequence[Invoice]) -> list[str]:
    remarks = []
    provisional = [line.position for line in lines if line.provisional]
    if provisional:
        remarks.append(f"{_lines(provisional)}: {Basis.CONTINUED.sentence}")
    adjusted: dict[tuple, list[int]] = {}
    for line in lines:
        if _adjusts(line):
            what = f"annual period {line.period_number}" if _is_annual(line) else line.description
            adjusted.setdefault((what, _documents(line)), []).append(line.position)
    for (what, documents), positions in adjusted.items():
        remarks.append(
            f"{_lines(positions)}: the difference between what is due now for {what} and what was billed for it in "
            f"{listed(documents)}."
        )
    if corrected:
        verb = "takes back" if invoice.origin == Invoice.Origin.CREDIT else "adjusts"
        dated = [f"{document} of {day_text(document.issued_on)}" for document in corrected if document.issued_on]
        remarks.append(f"This {invoice.get_kind_display().lower()} {verb} {listed(dated)}.")
    if invoice.why_nothing:
        remarks.append(invoice.why_nothing)
    if invoice.reason:
        remarks.append(f"Reason: {invoice.reason}")
    return remarks


def _lines(numbers: Sequence[int]) -> str:
    return f"Line{'s' if len(numbers) > 1 else ''} {_numbers(numbers)}"


def _numbers(numbers: Sequence[int]) -> str:
    """Write rising numbers with their runs drawn together: `1 to 7, 9 and 12`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    texts = []
    for run in runs:
        texts += [f"{run[0]} to {run[-1]}"] if len(run) > 2 else [str(number) for number in run]
    return listed(texts)
