"""Build a desk of ten years in an empty database (DATABASE_URL=... DOCUMENTS_DIR=... python bench/large.py [COPIES]).

Five agreements are played month by month as people would: counts, reviews, invoice runs, hours and reports; two of them
are in their tenth year and three in their first. Their rows are then copied, 200 times unless told otherwise, and one
agreement of 500 sites is added. That makes 1,001 agreements, 10,500 sites, 750,000 counts and 54,000 issued documents.
What is copied is right to look at and to bill, but its digests are those of the original: it does not verify.
"""

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
LAST, ON = date(2008, 8, 31), date(2008, 9, 15)
"""The last day that is billed, and the business date."""
sys.path.insert(0, str(BASE))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("BUSINESS_DATE", ON.isoformat())
os.environ.setdefault("SECRET_KEY", "used by a measurement only, where it signs nothing")

import django  # noqa: E402

django.setup()

from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.management.color import no_style  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402
from django.db.models import Max  # noqa: E402

from contracts.models import Agreement, Party, PartyAlias  # noqa: E402
from contracts.periods import Month  # noqa: E402
from contracts.sealing.guards import create_triggers, drop_triggers  # noqa: E402
from invoicing.issued.ledger import make_good  # noqa: E402
from invoicing.models import Invoice, InvoicePdf, InvoiceRun, NumberSeries  # noqa: E402
from invoicing.runs.drafting import draft_invoices  # noqa: E402
from sites.agreement_files.loading import load_agreement  # noqa: E402
from sites.models import BlockPurchase, ReportPdf, Site  # noqa: E402
from sites.reports.reporting import issue_report  # noqa: E402
from sites.reviews.reviewing import open_due_reviews, record_agreement  # noqa: E402
from tests import factories  # noqa: E402

BIG, BIG_SITES = "BIG-500", 500
OLD, YOUNG, SITES = ("OLD-A", "OLD-B"), ("NEW-A", "NEW-B", "NEW-C"), 10
YEARS = {number: 0 for number in OLD} | {number: 9 for number in (*YOUNG, BIG)}
"""By how many years the reference agreement is moved."""
SHARED = (Party, PartyAlias, NumberSeries, InvoiceRun)
COPIES = "WITH RECURSIVE copies(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM copies WHERE k < %d)"


def main(copies: int) -> None:
    """Build it, and print what took how long."""
    call_command("migrate", verbosity=0)
    if Agreement.objects.exists():
        sys.exit("An agreement is on file: name an empty database.")
    timed("play five agreements", play)
    timed("copy their rows", lambda: copy_rows(copies - 1) if copies > 1 else None)
    timed("add the large one", add_big)
    timed("write the ledger", make_good)
    timed("keep the months", lambda: call_command("keep_months"))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for model in (Agreement, Site, apps.get_model("sites.ComponentCount"), Invoice):
        print(f"{model._meta.verbose_name_plural}: {model.objects.count():,}")


def timed(what: str, act) -> None:
    """Do one step and print its seconds."""
    began = time.perf_counter()
    act()
    print(f"{what:<22} {time.perf_counter() - began:6.1f} s", flush=True)


# ---- played by the product's own writers -------------------------------------------------------------------------


def play() -> None:
    """Play the templates through the business date."""
    for number in (*OLD, *YOUNG):
        load(number, SITES)
    for month in months(date(1998, 10, 1), ON):
        on = month.span.last_day
        agreements = Agreement.objects.filter(first_period_starts_on__lte=on)
        draft_invoices(through=on, on=on, by=None, agreements=agreements, issue_drafts=True)
        if on.month == 8:
            review(on)
    for year in range(1999, 2008):
        month, on = Month(year, 7), date(year, 8, 5)
        issue_report(agreement=Agreement.objects.get(number=OLD[0]), month=month, days_after=10, on=on, by=None)


def months(first: date, last: date) -> Iterator[Month]:
    """The whole months of some days."""
    month = Month.of(first)
    while month.span.last_day <= last:
        yield month
        month = month.following()


def load(number: str, sites: int) -> None:
    """Load the reference agreement under a number, moved and extended, with sites, counts and hours."""
    years = YEARS[number]
    file = json.loads((BASE / "data" / "reference.json").read_text(encoding="utf-8"))
    parties = file["parties"]
    document = moved(file, years)
    document["parties"], document["agreement"]["number"] = parties, number
    document["amendments"][0]["expires_on"] = "2010-09-30"
    load_agreement(document, on=ON, by=None)
    agreement, first_day = Agreement.objects.get(number=number), date(1998 + years, 10, 1)
    days = [first_day, *(date(year, 7, 31) for year in range(1999 + years, 2009))]
    days += [month.span.last_day for month in months(date(2007, 10, 1), ON) if month.span.last_day not in days]
    for place in range(sites):
        site = factories.site(agreement, f"City {place:04}", first_day)
        for age, day in enumerate(days[:12]):
            grown = {"GE": 8 + (place + age) % 20, "SLC": 4 + (place * age) % 12}
            factories.counts(site, day, {"GE": 9, "5ESS": 1, "SLC": 6, "SM": 1, "DACS2": 1, "DACS4": 1} | grown)
    BlockPurchase.objects.create(agreement=agreement, bought_on=first_day, blocks=1, recorded_on=first_day)
    for site in Site.objects.filter(agreement=agreement)[:5]:
        factories.team_work(site, date(2008, 6, 10), 20)


def moved(value, years: int):
    """Every date of a document, so many years later."""
    if isinstance(value, dict):
        return {key: moved(inner, years) for key, inner in value.items()}
    if isinstance(value, list):
        return [moved(inner, years) for inner in value]
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return f"{int(value[:4]) + years}{value[4:]}"
    return value


def review(on: date) -> None:
    """Hold the reviews that are due; those of the last year are opened only."""
    for opened in open_due_reviews(on=on, by=None):
        if opened.review is None or on.year == ON.year:
            continue
        lines = opened.review.lines.select_related("current_level")
        kept = {line.site_id: (line.current_level.code, "The parties keep the level.") for line in lines}
        record_agreement(
            review=opened.review,
            meeting_on=on,
            customer_signer="Dana Whitfield",
            customer_agreed_on=on,
            supplier_signer="Robert Ames",
            supplier_agreed_on=on,
            decisions=kept,
            on=on,
            by=None,
        )


def add_big() -> None:
    """Add the agreement of 500 sites in its first year, billed and with its review open."""
    load(BIG, BIG_SITES)
    big = Agreement.objects.filter(number=BIG)
    draft_invoices(through=LAST, on=LAST, by=None, agreements=big, issue_drafts=True)
    open_due_reviews(on=ON, by=None, agreements=big)


# ---- copied ------------------------------------------------------------------------------------------------------


def copy_rows(copies: int) -> None:
    """Copy every row of every agreement so many times; documents take the numbers between those of the originals."""
    copied = [
        model
        for app in ("contracts", "sites", "invoicing")
        for model in apps.get_app_config(app).get_models()
        if model not in SHARED
    ]
    strides = {model: model._base_manager.aggregate(last=Max("pk"))["last"] or 0 for model in copied}
    with transaction.atomic():
        drop_triggers()
        for series in NumberSeries.objects.all():
            renumber(series, copies)
        with connection.cursor() as cursor:
            for model in copied:
                if strides[model]:
                    cursor.execute(copying(model, strides, copies))
            cursor.execute(name_files(InvoicePdf))
            for statement in connection.ops.sequence_reset_sql(no_style(), copied):
                cursor.execute(statement)
        create_triggers()
    for model, folder in ((InvoicePdf, settings.DOCUMENTS_DIR), (ReportPdf, settings.DOCUMENTS_DIR)):
        link_files(model, Path(folder), strides[model])


def renumber(series: NumberSeries, copies: int) -> None:
    """Leave room between the numbers of a series for the copies of each document."""
    for invoice in Invoice.objects.filter(series=series).order_by("-number").defer("content"):
        number = (invoice.number - 1) * (copies + 1) + 1
        models.QuerySet(Invoice).filter(pk=invoice.pk).update(number=number, number_text=series.text(number))
    NumberSeries.objects.filter(pk=series.pk).update(last_number=series.last_number * (copies + 1))


def copying(model: type[models.Model], strides: dict, copies: int) -> str:
    """The statement that copies all rows of a model."""
    fields = model._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join(copied_value(field, strides) for field in fields)
    table = model._meta.db_table
    return f'{COPIES % copies} INSERT INTO "{table}" ({columns}) SELECT {values} FROM "{table}" AS t, copies'  # noqa: S608


def copied_value(field: models.Field, strides: dict) -> str:
    """What a copy has in a column: keys moved on, numbers the next ones, unique texts marked, the rest as it is."""
    own, model = f't."{field.column}"', field.model
    if field.primary_key:
        return f"{own} + copies.k * {strides[model]}"
    if field.is_relation and (stride := strides.get(field.related_model)):
        return f"{own} + copies.k * {stride}"
    if model is Invoice and field.name == "number":
        return f"{own} + copies.k"
    if model is Invoice and field.name == "number_text":
        number = "CAST(t.number + copies.k AS TEXT)"
        return (
            f"CASE WHEN t.number IS NULL THEN '' ELSE substr(t.number_text, 1, length(t.number_text) - "
            f"CASE WHEN t.number < 100000 THEN 5 ELSE length(CAST(t.number AS TEXT)) END) || "
            f"CASE WHEN t.number + copies.k < 100000 THEN substr('0000' || {number}, length({number})) "
            f"ELSE {number} END END"
        )
    if field.unique and isinstance(field, models.CharField):
        return f"{own} || '-' || copies.k"
    return own


def name_files(model: type[InvoicePdf]) -> str:
    """The statement that names each copied PDF after the number of its document."""
    place = "instr" if connection.vendor == "sqlite" else "strpos"
    table, invoice = model._meta.db_table, Invoice._meta.db_table
    return (
        f'UPDATE "{table}" SET file_name = (SELECT number_text FROM "{invoice}" AS i WHERE i.id = invoice_id) || '  # noqa: S608
        f"substr(file_name, {place}(file_name, '.'), 21)"
    )


def link_files(model, folder: Path, stride: int) -> None:
    """Give every PDF of a copy its file: a link to that of the original."""
    names = dict(model.objects.values_list("pk", "file_name"))
    digest = re.compile(r"\.[0-9a-f]{16}\.pdf")
    files = {digest.search(path.name)[0]: path for path in folder.glob("*.pdf")}
    for name in names.values():
        path, of = folder / name, digest.search(name)
        if not path.exists() and of:
            path.hardlink_to(files[of[0]])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
