"""How a PDF is sent, what is shown while it is being made, and how one that was never made is made."""

from collections.abc import Callable, Iterator

from django.db import models
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from contracts.pages.downloads import download
from contracts.pages.event_page import EventPage
from contracts.printing.papers import BeingMade
from contracts.printing.stored_pdf import PdfState, StoredPdfs

SECONDS_BETWEEN_LOOKS = 3


def pdf_response(request: HttpRequest, *, make: Callable[[], bytes], name: str) -> HttpResponseBase:
    """Send a PDF by its name; one that takes long, or is in print already, by a page that looks again by itself."""
    try:
        data = make()
    except BeingMade:
        response = render(request, "being_made.html", {"name": name}, status=202)
        response.headers["Refresh"] = str(SECONDS_BETWEEN_LOOKS)
        return response
    return download(data, name=name, inline=True)


def unmade(pdfs: StoredPdfs, document: models.Model | None) -> dict[str, bool]:
    """Say what a page shows of the PDF of an issued document: that it is not made, and whether it is being made."""
    pdf = getattr(document, "pdf", None)
    if document is None or document.issued_on is None or (pdf and pdf.has_file):
        return {}
    state = pdfs.state_of(document)
    return {"pdf_unmade": state is not PdfState.ON_FILE, "pdf_being_made": state is PdfState.BEING_MADE}


class MakePdf(EventPage):
    """Make the PDF of an issued document that has none, because the process that printed it died."""

    pdfs: StoredPdfs
    button = "Make the PDF now"

    @property
    def document(self) -> models.Model:
        """The issued document."""
        raise NotImplementedError

    @property
    def title(self) -> str:
        return f"Make the PDF of {self.document}"

    def refusal(self) -> str:
        """A document that is no longer a draft gets its PDF once."""
        if self.document.issued_on is None:
            return f"{self.document} has no PDF to keep before it is issued."
        return f"The PDF of {self.document} is on file." if self.pdfs.is_made(self.document) else ""

    def consequences(self) -> Iterator[str]:
        yield "It is printed of what was frozen at issue and kept for ever. The document itself does not change."

    def perform(self) -> str:
        self.pdfs.make_now(self.document)
        return f"The PDF of {self.document} is made."
