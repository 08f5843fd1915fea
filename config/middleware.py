"""What is decided about a request before any page sees it, and about an answer after all of them."""

from collections.abc import Callable
from urllib.parse import unquote

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string

NUL = "\0"
MEGABYTE = 1024 * 1024
METHODS = ("GET", "HEAD", "POST", "OPTIONS")
"""Those that browsers send. Django's form views take PUT for a form that was sent empty."""

Answer = Callable[[HttpRequest], HttpResponse]


def refuse_unread(get_response: Answer) -> Answer:
    """Refuse other methods, what is too large before it is read, and a character that no text has."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length[:20]) > settings.LARGEST_REQUEST:
            raise RequestDataTooBig(f"{length[:20]} bytes were sent.")
        texts = (request.path_info, unquote(request.META.get("QUERY_STRING", "")), *request.COOKIES.values())
        if any(NUL in text for text in texts):
            raise BadRequest("There is a NUL in the address or in a cookie.")
        return get_response(request)

    return answer


def keep_nothing(get_response: Answer) -> Answer:
    """Let the browser keep nothing of what somebody signed in was shown: after signing out, Back shows none of it."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.user.is_authenticated:
            response["Cache-Control"] = "private, no-store"
        return response

    return answer


def not_understood(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say in words that a request cannot be read, or that it is too large to be."""
    too_large = isinstance(exception, RequestDataTooBig)
    page = render_to_string("400.html", {"largest": settings.LARGEST_REQUEST // MEGABYTE if too_large else None})
    return HttpResponse(page, status=413 if too_large else 400)
