"""How a PDF is sent, and what is shown while it is being made."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from contracts.pages.downloads import download
from contracts.printing.papers import BeingMade

SECONDS_BETWEEN_LOOKS = 3


def pdf_response(request: HttpRequest, *, make: Callable[[], bytes], name: str) -> HttpResponseBase:
    """Send a PDF by its name; while somebody else has it printed, a page that looks again by itself."""
    try:
        data = make()
    except BeingMade:
        response = render(request, "being_made.html", {"name": name}, status=202)
        response.headers["Refresh"] = str(SECONDS_BETWEEN_LOOKS)
        return response
    return download(data, name=name, inline=True)
