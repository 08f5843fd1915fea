"""What a text finds on the desk, by kind: the first rows, how many there are, and the list that has all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from re import escape
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db.models import (
    Case,
    CharField,
    Count,
    DateField,
    Exists,
    F,
    Func,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.functions import Cast, RowNumber
from django.urls import reverse

from contracts.models import Agreement, Amendment, Party, PartyAlias
from contracts.money import money_text
from contracts.pages.filters import agreements_in_list
from contracts.periods import Month, day_text
from contracts.wording import plural
from desk.search.reading import month_of, same
from invoicing.models import Invoice
from sites.models import BlockPurchase, IntegrationOrder, MonthlyReport, Quotation, Site, WorkEntry
from sites.site_pages.filters import sites_with
from sites.site_pages.pages import service_state

MOST = 10
"""Of each kind so many rows are shown; the others are counted."""


@dataclass(frozen=True)
class Search:
    """A text that one person looks for on a day."""

    text: str
    user: User
    on: date


@dataclass(frozen=True)
class Row:
    """One thing found, and its page: what it is, other names it was looked for by, and what is said of it besides.

    An `exact` one is named by the text in full.
    """

    what: str
    facts: tuple[str, ...]
    address: str
    names: tuple[str, ...] = ()
    exact: bool = False
    is_demonstration: bool = False


@dataclass(frozen=True)
class Found:
    """What a kind found: the first rows, the number of all, and the list of exactly those where there is one."""

    rows: Sequence[Row] = ()
    number: int = 0
    address: str = ""


@dataclass(frozen=True)
class Kind:
    """One kind of thing that is looked for, for those who may see its pages. `find` asks the database once."""

    title: str
    permissions: tuple[str, ...]
    find: Callable[[Search], Found]


def found_by(search: Search) -> list[tuple[Kind, Found]]:
    """Return what a person may see of what a text finds, by kind in the order of the table; kinds without rows are out.

    Each kind asks the database once, however much is on file.
    """
    found = ((kind, kind.find(search)) for kind in KINDS if search.user.has_perms(kind.permissions))
    return [(kind, one) for kind, one in found if one.rows]


# ---- what the kinds have in common -------------------------------------------------------------------------------


def _nearest(text: str, *fields: str) -> Case:
    """What the text names in full comes first, then what begins with it, then what has it somewhere."""
    exactly, begins = (
        reduce(or_, (Q(**{f"{field}__{how}": text}) for field in fields)) for how in ("iexact", "istartswith")
    )
    return Case(When(exactly, then=0), When(begins, then=1), default=2)


def _number(rows: QuerySet) -> Subquery:
    """How many rows there are, as a column."""
    return Subquery(rows.order_by().annotate(number_found=Func("pk", function="COUNT")).values("number_found"))


def _first(found: QuerySet, rows: QuerySet, *order) -> tuple[Sequence, int]:
    """Return the first of the rows found, and how many there are.

    Which they are is decided before anything else of them is read: what is only counted costs no more than its index.
    """
    first = rows.filter(pk__in=found.order_by(*order).values("pk")[:MOST])
    shown = list(first.annotate(number_found=_number(found)).order_by(*order))
    return shown, shown[0].number_found if shown else 0


def _listed(name: str, text: str, *arguments) -> str:
    return f"{reverse(name, args=arguments)}?{urlencode({'q': text})}"


def _told(*texts: str) -> tuple[str, ...]:
    return tuple(filter(None, texts))


# ---- what was agreed ---------------------------------------------------------------------------------------------


def agreements(search: Search) -> Found:
    """Agreements by number, title, party, and contract number of an amendment: what their list shows for the text."""
    amended = Amendment.objects.filter(agreement=OuterRef("pk"), contract_number__icontains=search.text)
    rows = Agreement.objects.with_expiration(known_on=search.on).select_related("customer")
    rows = rows.annotate(
        by_amendment=Subquery(amended.order_by("number").values("contract_number")[:1]),
        by_supplier=Case(When(supplier__legal_name__icontains=search.text, then="supplier__legal_name")),
    )
    sees_amendments = search.user.has_perm("contracts.view_amendment")
    shown, number = _first(agreements_in_list(search.text), rows, _nearest(search.text, "number"), "number")
    return Found(
        [
            Row(
                row.number,
                (_term(row),),
                reverse("sites:agreement_detail", args=[row.pk]),
                _told(
                    row.title,
                    str(row.customer),
                    row.by_supplier,
                    f"Amendment {row.by_amendment}" if row.by_amendment and sees_amendments else "",
                ),
                same(row.number, search.text),
            )
            for row in shown
        ],
        number,
        _listed("contracts:agreement_list", search.text),
    )


def _term(agreement) -> str:
    if agreement.executed_on is None:
        return "not signed"
    return f"expires {day_text(agreement.expiration)}" if agreement.expiration else "no end agreed"


def parties(search: Search) -> Found:
    """Parties by name, division and other spellings; each leads to its agreements."""
    text = search.text
    spelled = PartyAlias.objects.filter(party=OuterRef("pk"), name__icontains=text).order_by("name")
    found = Party.objects.filter(Q(legal_name__icontains=text) | Q(division__icontains=text) | Exists(spelled))
    signed = Agreement.objects.filter(Q(supplier=OuterRef("pk")) | Q(customer=OuterRef("pk")))
    rows = Party.objects.annotate(spelling=Subquery(spelled.values("name")[:1]), agreements=_number(signed))
    shown, number = _first(found, rows, _nearest(text, "legal_name"), "legal_name")
    return Found(
        [
            Row(
                row.legal_name,
                (f"party to {plural(row.agreements, 'agreement')}",),
                _listed("contracts:agreement_list", row.legal_name),
                _told(row.division, f"also spelled {row.spelling}" if row.spelling else ""),
            )
            for row in shown
        ],
        number,
    )


def amendments(search: Search) -> Found:
    """Amendments by their own contract number."""
    found = Amendment.objects.filter(contract_number__icontains=search.text)
    order = _nearest(search.text, "contract_number"), "contract_number", "agreement__number", "number"
    shown, number = _first(found, Amendment.objects.select_related("agreement__customer"), *order)
    return Found(
        [
            Row(
                str(row),
                _told(
                    f"Agreement {row.agreement}",
                    str(row.agreement.customer),
                    f"executed {day_text(row.executed_on)}" if row.executed_on else "not signed by both",
                ),
                reverse("contracts:amendment_detail", args=[row.agreement_id, row.number]),
            )
            for row in shown
        ],
        number,
    )


# ---- what happened -----------------------------------------------------------------------------------------------


def sites(search: Search) -> Found:
    """Sites by city, state, both, or CLLI code: what their list shows for the text."""
    found = Site.objects.filter(sites_with(search.text))
    before_comma = search.text.rpartition(",")[0].strip()
    order = _nearest(before_comma or search.text, "city", "state", "clli"), "city", "state", "agreement__number", "pk"
    shown, number = _first(found, Site.objects.select_related("agreement__customer"), *order)
    return Found(
        [
            Row(
                str(row),
                (
                    f"Agreement {row.agreement}",
                    str(row.agreement.customer),
                    service_state(site=row, on=search.on).value.lower(),
                ),
                reverse("sites:site_detail", args=[row.pk]),
                _told(row.clli),
                same(str(row), search.text) or same(row.clli, search.text),
                row.is_demonstration,
            )
            for row in shown
        ],
        number,
        _listed("sites:site_list", search.text),
    )


@dataclass(frozen=True)
class Part:
    """One sort of order: what it is called, where its number and day stand, whose it is, and who may see its page."""

    noun: str
    model: type
    number: str
    day: str
    dated: str
    page: str
    permissions: tuple[str, ...]
    of: str

    def found(self, text: str) -> QuerySet:
        """The first of them with a text in their number, each with how many there are, in the columns of `_order`."""
        site, agreement = ("site__", "site__agreement") if self.of == "site" else ("", "agreement")
        nowhere = Value("", CharField())
        reversible = hasattr(self.model, "reversed_on")
        columns = {
            "found_noun": Value(self.noun, CharField()),
            "found_number": F(self.number),
            "found_dated": Value(self.dated, CharField()),
            "found_on": F(self.day),
            "found_reversed_on": F("reversed_on") if reversible else Cast(Value(None), DateField()),
            "found_page": Value(self.page, CharField()),
            "found_key": F(self.of),
            "found_city": F("site__city") if site else nowhere,
            "found_state": F("site__state") if site else nowhere,
            "found_agreement": F(f"{agreement}__number"),
            "found_customer": F(f"{agreement}__customer__legal_name"),
            "found_invented": F("is_demonstration") if reversible else F("site__is_demonstration"),
            "found_rank": _nearest(text, self.number),
            "found_all": Window(Count("*")),
            "found_place": Window(RowNumber(), order_by=[_nearest(text, self.number), self.number, "pk"]),
        }
        rows = self.model.objects.filter(**{f"{self.number}__icontains": text}).order_by()
        return rows.annotate(**columns).filter(found_place__lte=MOST).values(*columns)


ORDERS = (
    Part(
        "Order of system integration",
        IntegrationOrder,
        "reference",
        "ordered_on",
        "ordered",
        "sites:integration",
        ("sites.view_integrationorder",),
        "site",
    ),
    Part(
        "Quotation",
        Quotation,
        "number",
        "dated_on",
        "dated",
        "sites:integration",
        ("sites.view_integrationorder", "sites.view_quotation"),
        "site",
    ),
    Part(
        "Order of blocks of hours",
        BlockPurchase,
        "reference",
        "bought_on",
        "bought",
        "sites:hours",
        ("sites.view_workentry", "sites.view_blockpurchase"),
        "agreement",
    ),
)


def orders(search: Search) -> Found:
    """Orders of system integration and of blocks of hours by their reference, and quotations by their number."""
    parts = [part.found(search.text) for part in ORDERS if search.user.has_perms(part.permissions)]
    if not parts:
        return Found()
    rows = list(parts[0].union(*parts[1:], all=True).order_by("found_rank", "found_number", "found_noun", "found_key"))
    numbers = {row["found_noun"]: row["found_all"] for row in rows}
    return Found([_order(row) for row in rows[:MOST]], sum(numbers.values()))


def _order(row: dict) -> Row:
    reversed_on = row["found_reversed_on"]
    return Row(
        f"{row['found_noun']} {row['found_number']}",
        _told(
            ", ".join(filter(None, (row["found_city"], row["found_state"]))),
            f"Agreement {row['found_agreement']}",
            row["found_customer"],
            f"{row['found_dated']} {day_text(row['found_on'])}",
            f"reversed {day_text(reversed_on)}" if reversed_on else "",
        ),
        reverse(row["found_page"], args=[row["found_key"]]),
        is_demonstration=row["found_invented"],
    )


def people(search: Search) -> Found:
    """People who did work, by agreement; each leads to the entries of that person."""
    of_person = WorkEntry.objects.filter(person__icontains=search.text).order_by()
    groups = of_person.values("person", "site__agreement", "site__agreement__number").annotate(
        customer=F("site__agreement__customer__legal_name"),
        entries=Count("pk"),
        last=Max("worked_on"),
        invented=Count("pk", filter=Q(is_demonstration=True)),
        number_found=Window(Count("*")),
    )
    rows = list(groups.order_by(_nearest(search.text, "person"), "person", "site__agreement__number")[:MOST])
    return Found(
        [
            Row(
                row["person"],
                (
                    f"Agreement {row['site__agreement__number']}",
                    row["customer"],
                    f"{plural(row['entries'], 'work entry', 'work entries')}, the last of {day_text(row['last'])}",
                ),
                _listed("sites:hours_entries", row["person"], row["site__agreement"]),
                is_demonstration=bool(row["invented"]),
            )
            for row in rows
        ],
        rows[0]["number_found"] if rows else 0,
    )


def reports(search: Search) -> Found:
    """Monthly reports as issued, the last revision of each, where the text is a month."""
    month = month_of(search.text)
    if month is None:
        return Found()
    reports = MonthlyReport.objects.filter(month=month.span.first_day)
    later = reports.filter(agreement=OuterRef("agreement"), revision__gt=OuterRef("revision"))
    rows = MonthlyReport.objects.defer("content").select_related("agreement__customer")
    shown, number = _first(reports.filter(~Exists(later)), rows, "agreement__number")
    return Found(
        [
            Row(
                f"Monthly report {Month.of(row.month)}" + (f", revision {row.revision}" if row.revision else ""),
                (f"Agreement {row.agreement}", str(row.agreement.customer), f"issued {day_text(row.issued_on)}"),
                reverse("sites:month_report", args=[row.agreement_id, month]),
                is_demonstration=row.is_demonstration,
            )
            for row in shown
        ],
        number,
    )


# ---- what is owed ------------------------------------------------------------------------------------------------


def documents(search: Search) -> Found:
    """Issued invoices and credit notes by number: as printed, a part of it, or the number alone."""
    text = search.text
    found = Invoice.objects.filter(~Q(number_text=""), number_text__icontains=text)
    ranks = [When(number_text__iexact=text, then=0)]
    if text.isdecimal():
        ranks.append(When(number_text__regex=rf"(^|[^0-9])0*{escape(text.lstrip('0'))}$", then=1))
    order = Case(*ranks, default=2), "-number_text"
    shown, number = _first(found, Invoice.objects.defer("content").select_related("agreement__customer"), *order)
    return Found(
        [
            Row(
                str(row),
                (
                    f"Agreement {row.agreement}",
                    str(row.agreement.customer),
                    f"issued {day_text(row.issued_on)}",
                    f"{money_text(row.total)} {row.agreement.currency}",
                ),
                reverse("invoicing:invoice_detail", args=[row.pk]),
                exact=same(row.number_text, text),
                is_demonstration=row.is_demonstration,
            )
            for row in shown
        ],
        number,
    )


KINDS = (
    Kind("Agreements", ("contracts.view_agreement",), agreements),
    Kind("Sites", ("sites.view_site",), sites),
    Kind("Invoices and credit notes", ("invoicing.view_invoice",), documents),
    Kind("Parties", ("contracts.view_party",), parties),
    Kind("Amendments", ("contracts.view_amendment",), amendments),
    Kind("Orders and quotations", (), orders),
    Kind("People who did work", ("sites.view_workentry",), people),
    Kind("Monthly reports issued", ("sites.view_monthlyreport",), reports),
)
"""Where a text is looked for. Each of the orders and quotations asks for permissions of its own."""
