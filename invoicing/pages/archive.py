"""The PDFs of many documents in one file, with an index that says what each of them is."""

import tempfile
import zipfile
from collections.abc import Iterable
from datetime import date
from typing import BinaryIO

from contracts.pages.downloads import plain_name, zip_entry
from contracts.printing.sheets import csv_bytes
from contracts.printing.stored_pdf import CannotPrint, read_file
from invoicing.models import Invoice

MOST_DOCUMENTS = 2000
IN_MEMORY = 32 * 1024**2
"""Bytes of a file that stay in memory; a larger one is put into a temporary file."""
INDEX = "index.csv"
HEADINGS = (
    "Number",
    "Kind",
    "Agreement",
    "Customer",
    "First day",
    "Last day",
    "Issued on",
    "Due on",
    "Total",
    "Currency",
    "File",
    "Bytes",
    "SHA-256",
    "Remark",
)


def archive_of(documents: Iterable[Invoice]) -> BinaryIO:
    """Return a ZIP file of the stored PDFs of issued documents, to be read from its start, and closed by its reader.

    The documents come with their agreements and PDFs. `index.csv` names each of them with its SHA-256; one whose PDF is
    not made, or is not the one that was stored, has no file and says why. The same documents give the same bytes.
    """
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  (whoever sends it closes it)
    with zipfile.ZipFile(file, "w") as archive:
        put = [_put(archive, document) for document in documents]
        archive.writestr(
            zip_entry(INDEX, max(day for day, _row in put)), csv_bytes(HEADINGS, [row for _day, row in put])
        )
    file.seek(0)
    return file


def _put(archive: zipfile.ZipFile, document: Invoice) -> tuple[date, list]:
    """Put one PDF in; return its date and its row in the index."""
    agreement, pdf = document.agreement, getattr(document, "pdf", None)
    name = plain_name(f"{document.number_text}-{agreement.number}-{document.first_day:%Y-%m}.pdf")
    remark = ""
    try:
        if pdf is None:
            raise CannotPrint("Its PDF is not made. Make it on the page of the document.")
        archive.writestr(zip_entry(name, document.issued_on), read_file(pdf))
    except CannotPrint as refused:
        remark = f"{pdf.file_name} {refused}" if pdf else str(refused)
    stored = ["", "", ""] if remark else [name, pdf.size, pdf.sha256]
    return document.issued_on, [
        document.number_text,
        document.get_kind_display(),
        agreement.number,
        str(agreement.customer),
        document.first_day,
        document.last_day,
        document.issued_on,
        document.due_on,
        document.total,
        agreement.currency,
        *stored,
        remark,
    ]
