"""Answers to forms, kept for whoever sent the form."""

import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.crypto import get_random_string

ANSWERS = "packed_answers"
MOST_ANSWERS = 3
"""Answers kept at a time: those of the forms that somebody has open in as many tabs."""


class AnswersByAddress:
    """A page whose answer to a form that was sent has an address, so that Reload and Back send nothing again.

    The answer is kept as it was shown, packed, in the session of whoever sent the form, until the form has led on.
    """

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        """Keep what is answered to a form and lead to it; show what was kept."""
        if asks_for_answer(request):
            return self.kept_answer()
        response = super().dispatch(request, *args, **kwargs)
        return keep_answer(request, response, at=self.page_address)

    def kept_answer(self) -> HttpResponse:
        """Show an answer again; where its form has led on since, lead to the page as it is now."""
        now = self.page_address() if "get" in self.http_method_names else self.back()
        return kept_answer(self.request) or redirect(now)

    def page_address(self, **more: str) -> str:
        """Return the address of the page as it is now, or with `more` that of an answer."""
        return page_address(self.request, **more)


def asks_for_answer(request: HttpRequest) -> bool:
    """Whether an address is that of an answer."""
    return request.method in ("GET", "HEAD") and "answer" in request.GET


def keep_answer(request: HttpRequest, response: HttpResponse, *, at: Callable[..., str]) -> HttpResponse:
    """Keep the page that answers a form, and lead to it; `at` returns its address. All else is handed on."""
    if request.method != "POST":
        return response
    kept = request.session.get(ANSWERS, {})
    left = {key: answer for key, answer in kept.items() if answer["path"] != request.path}
    if response.status_code == HTTPStatus.OK:
        key, page = get_random_string(12), b64encode(zlib.compress(response.render().content)).decode()
        left = dict(list(left.items())[1 - MOST_ANSWERS :]) | {key: {"path": request.path, "page": page}}
        response = redirect(at(answer=key))
    if left != kept:
        request.session[ANSWERS] = left
    return response


def kept_answer(request: HttpRequest) -> HttpResponse | None:
    """Return the answer of an address as it was shown; None where its form has led on since."""
    answer = request.session.get(ANSWERS, {}).get(request.GET["answer"])
    if answer is None or answer["path"] != request.path:
        return None
    return HttpResponse(zlib.decompress(b64decode(answer["page"])))


def page_address(request: HttpRequest, **more: str) -> str:
    """Return the address of a page as it is now, or with `more` that of an answer."""
    asked = request.GET.copy()
    asked.pop("answer", None)
    asked.update(more)
    return f"{request.path}?{asked.urlencode()}" if asked else request.path
