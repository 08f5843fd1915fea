"""What a finished PDF holds, as a PDF reader sees it."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection
from pypdf import PdfReader

from contracts.printing.papers import is_being_printed
from contracts.printing.stored_pdf import StoredPdfs


@contextmanager
def orders_seen(pdfs: StoredPdfs) -> Iterator[list[list[str]]]:
    """Collect which PDFs others see as ordered, each time that the stored ones are asked for after the commit."""
    seen = []

    def look(execute, sql, *call):
        if pdfs.model._meta.db_table in sql and not connection.in_atomic_block:
            names = sorted(path.stem for path in settings.PAPERS_DIR.glob("*-ordered.lock"))
            seen.append([name for name in names if is_being_printed(name)])
        return execute(sql, *call)

    with connection.execute_wrapper(look):
        yield seen


def pages(data: bytes) -> list[str]:
    """Return the text of each page."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(data)).pages]


def font_names(reader: PdfReader) -> dict[str, bool]:
    """Return the fonts of a document, each with whether it is embedded."""
    found = {}
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            font = font.get_object()
            for descendant in font.get("/DescendantFonts", [font]):
                described = descendant.get_object()["/FontDescriptor"].get_object()
                found[str(font["/BaseFont"]).lstrip("/")] = any(
                    key in described for key in ("/FontFile", "/FontFile2", "/FontFile3")
                )
    return found


def struct_tags(reader: PdfReader) -> list[str]:
    """Return the tags of a document in reading order, without those that only group."""
    tags = []

    def walk(element) -> None:
        element = element.get_object()
        if not isinstance(element, dict):
            return
        if tag := str(element.get("/S", "")).lstrip("/"):
            tags.append(tag)
        kids = element.get("/K", [])
        for kid in kids if isinstance(kids, list) else [kids]:
            walk(kid)

    walk(reader.trailer["/Root"]["/StructTreeRoot"])
    return [tag for tag in tags if tag not in ("NonStruct", "Div", "Span")]


def page_numbers(texts: list[str]) -> list[str]:
    """Return what each page says of its number."""
    return [" ".join(re.findall(r"Page \d+ of \d+", text)) for text in texts]
