"""The record pages, Django's admin in the shell of the other pages: who gets in, and what there is to do."""

from collections.abc import Callable
from functools import partial, wraps

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme

from people.answers import asks_for_answer, keep_answer, kept_answer, page_address

TASKS = {
    "Agreements and parties": {
        "contracts.agreement": "Number, parties, term and payment as the signed document states them.",
        "contracts.party": "A customer or supplier: legal name, address and other spellings found in documents.",
        "contracts.amendment": "The next numbered change to an agreement, with its dates and the scanned document.",
        "contracts.chosenreading": "How unclear or silent clauses are read; chosen on the page of the agreement.",
    },
    "Prices": {
        "contracts.priceschedule": "One appendix of prices: levels, limits, hours, included services and rules.",
        "contracts.servicelevel": "The rows of all price tables, with annual and integration prices.",
        "contracts.componentlimit": "The cells of all price tables: how much of a component a level allows.",
    },
    "Sites and counts": {
        "sites.site": "A customer city with a switch: the unit that is charged.",
        "sites.componentcount": "One figure at one site. A whole month is quicker on the agreement’s page of counts.",
        "sites.countchange": "Who changed which figure, when, from what and why.",
        "sites.servicechange": "Who changed the days in service of which site, when, from what and why.",
        "sites.chargedlevel": "Levels agreed at reviews, and the levels at which later sites started.",
        "sites.startinglevelchange": "Starting levels that were recorded, changed or withdrawn, by whom and why.",
        "sites.leveldecision": "Levels that both parties agreed from a day, outside a review, with the document.",
        "sites.renewalreview": "Reviews of all agreements with their dates and signatures; held on their own pages.",
        "sites.importedfile": "Every file of sites, counts or work that was imported, by whom and when.",
    },
    "Hours and system integration": {
        "sites.blockpurchase": "Blocks of prepaid hours; bought and reversed on the agreement’s page of hours.",
        "sites.workentry": "Hours worked at all sites; entered on the agreement’s page of hours.",
        "sites.integrationorder": "Orders of system integration; placed and completed on the site’s page.",
        "sites.quotation": "Quoted integration prices with their signatures.",
    },
    "Invoices": {
        "invoicing.invoice": "Every document with its lines as they are stored; drafted and issued on their own pages.",
        "invoicing.invoicepdf": "The PDF of each issued document with size and SHA-256.",
        "invoicing.numberseries": "How documents are numbered; fixed once the first number is given.",
    },
    "People and roles": {
        "auth.user": "Who signs in, with name, e-mail and roles.",
        "auth.group": "What each role may see and do. A person gets it with the role.",
        "axes.accessfailurelog": "Who failed to sign in, when, and from which address.",
    },
}
"""What there is to do, by subject: each kind of record with a sentence about it."""


class RecordSite(AdminSite):
    """The admin of this desk: whoever has a role gets in, and sees what the role may see."""

    site_header = site_title = "Contract desk"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether a person may see or do anything here. Roles decide it: there is no second switch to set."""
        user = request.user
        return user.is_active and any(user.has_module_perms(model._meta.app_label) for model in self._registry)

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        """Give what any form of the records answers an address, as events have: Reload and Back send nothing again."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def page(request: HttpRequest, *args, **kwargs) -> HttpResponse:
            if asks_for_answer(request) and self.has_permission(request):
                return kept_answer(request) or redirect(page_address(request))
            response = inner(request, *args, **kwargs)
            if "popup_response_data" in (getattr(response, "context_data", None) or {}):
                return response  # a window of its own that has done its work, and closes
            return keep_answer(request, response, at=partial(page_address, request))

        return page

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """Lead to the one page on which people sign in, and from there back to where they wanted to go."""
        wanted = request.GET.get(REDIRECT_FIELD_NAME, "")
        safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
        wanted = wanted if safe else reverse("admin:index")
        if not request.user.is_authenticated:
            return redirect_to_login(wanted)
        if not self.has_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(wanted)

    def logout(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """Sign out as on every other page."""
        return LogoutView.as_view()(request)

    def password_change(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """Lead to the page on which everybody changes the password."""
        return redirect("password_change")

    def index(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """Show what this person can enter or look up, by subject."""
        context = {**self.each_context(request), "title": "Records", "groups": self.tasks(request)}
        return TemplateResponse(request, "admin/index.html", context | (extra_context or {}))

    def app_index(self, request: HttpRequest, app_label: str, extra_context: dict | None = None) -> HttpResponse:
        """Lead to the index: it shows everything by subject, and nobody needs to know the parts of the software."""
        return redirect("admin:index")

    def tasks(self, request: HttpRequest) -> list[tuple[str, list[dict]]]:
        """Return the tasks that are open to a person, by subject; a subject without any is left out."""
        admins = {model._meta.label_lower: row for model, row in self._registry.items()}
        groups = [
            (title, [offer for name, text in rows.items() if (offer := _offer(request, admins[name], text))])
            for title, rows in TASKS.items()
        ]
        return [(title, offers) for title, offers in groups if offers]


def _offer(request: HttpRequest, model_admin: ModelAdmin, sentence: str) -> dict:
    """Return what a person may do with one kind of record, empty if nothing."""
    address = f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}"
    may_view, may_add = model_admin.has_view_or_change_permission(request), model_admin.has_add_permission(request)
    if not may_view and not may_add:
        return {}
    return {
        "entering": model_admin.entering,
        "looking_up": model_admin.looking_up,
        "records": model_admin.many,
        "sentence": sentence,
        "list": reverse(f"{address}_changelist") if may_view else "",
        "add": reverse(f"{address}_add") if may_add else "",
    }
