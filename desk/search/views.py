"""The page that finds things: one box, every kind of thing that has a number or a name."""

from itertools import chain

from django import forms
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.shortcuts import redirect
from django.views.generic import TemplateView

from contracts.clock import business_date
from contracts.pages.address import KnownParameters
from desk.search.kinds import Found, Kind, Search, found_by
from desk.search.reading import marked

LONGEST = 100
"""Characters of the longest text that is looked for."""


class SearchForm(forms.Form):
    """The text to look for."""

    q = forms.CharField(
        required=False,
        max_length=LONGEST,
        error_messages={"max_length": f"Look for at most {LONGEST} characters, such as a number or a city."},
    )


class SearchPage(PermissionRequiredMixin, KnownParameters, TemplateView):
    """What a text finds, by kind. A text that names one thing in full leads to that at once."""

    permission_required = "contracts.view_agreement"
    parameters = ("q",)
    template_name = "desk/search.html"

    def get(self, request, *args, **kwargs):
        """Show what is found, or lead to the one thing that is meant."""
        form = SearchForm(request.GET)
        text = form.cleaned_data["q"] if form.is_valid() else ""
        found = found_by(Search(text, request.user, business_date())) if text else []
        exact = [row for row in chain.from_iterable(one.rows for _kind, one in found) if row.exact]
        if len(exact) == 1:
            return redirect(exact[0].address)
        return self.render_to_response(
            self.get_context_data(
                text=text,
                refused=form.errors.get("q"),
                kinds=[shown(kind, one, text) for kind, one in found],
                named_invented=any(row.is_demonstration for _kind, one in found for row in one.rows),
            )
        )


def shown(kind: Kind, found: Found, text: str) -> dict:
    """Return what the page shows of a kind, with the text marked where it was found."""
    rows = [
        (row.address, marked(row.what, text), [marked(each, text) for each in row.names], row.facts)
        for row in found.rows
    ]
    return {"title": kind.title, "number": found.number, "address": found.address, "rows": rows}
