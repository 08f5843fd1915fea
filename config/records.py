"""The record pages, Django's admin in the shell of the other pages: who gets in, and what there is to do."""

from dataclasses import dataclass

from django.contrib.admin import AdminSite
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


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a person comes for: to enter records of one kind, or to look at those on file."""

    model: str
    sentence: str


TASKS: tuple[tuple[str, tuple[Task, ...]], ...] = (
    (
        "Agreements and parties",
        (
            Task(
                model="contracts.agreement",
                sentence="Number, parties, term and payment as the signed document states them.",
            ),
            Task(
                model="contracts.party",
                sentence="A customer or supplier: legal name, address and other spellings found in documents.",
            ),
            Task(
                model="contracts.amendment",
                sentence="The next numbered change to an agreement, with its dates and the scanned document.",
            ),
            Task(
                model="contracts.chosenreading",
                sentence="How unclear or silent clauses are read; chosen on the page of the agreement.",
            ),
        ),
    ),
    (
        "Prices",
        (
            Task(
                model="contracts.priceschedule",
                sentence="One appendix of prices: levels, limits, hours, included services and the rules beside them.",
            ),
            Task(
                model="contracts.servicelevel",
                sentence="The rows of all price tables, with annual and integration prices.",
            ),
            Task(
                model="contracts.componentlimit",
                sentence="The cells of all price tables: how much of a component a level allows.",
            ),
        ),
    ),
    (
        "Sites and counts",
        (
            Task(
                model="sites.site",
                sentence="A customer city with a switch: the unit that is charged.",
            ),
            Task(
                model="sites.componentcount",
                sentence="One figure of one component at one site. A whole month is quicker on the agreement’s counts.",
            ),
            Task(
                model="sites.countchange",
                sentence="Who changed which figure, when, from what and why.",
            ),
            Task(
                model="sites.chargedlevel",
                sentence="Levels agreed at reviews, and the levels at which later sites started.",
            ),
            Task(
                model="sites.renewalreview",
                sentence="Reviews of all agreements with their dates and signatures; held on their own pages.",
            ),
            Task(
                model="sites.importedfile",
                sentence="Every file of sites, counts or work that was imported, by whom and when.",
            ),
        ),
    ),
    (
        "Hours and system integration",
        (
            Task(
                model="sites.blockpurchase",
                sentence="Blocks of prepaid hours; bought and reversed on the agreement’s page of hours.",
            ),
            Task(
                model="sites.workentry",
                sentence="Hours worked at all sites; entered on the agreement’s page of hours.",
            ),
            Task(
                model="sites.integrationorder",
                sentence="Orders of system integration; placed and completed on the site’s page.",
            ),
            Task(
                model="sites.quotation",
                sentence="Quoted integration prices with their signatures.",
            ),
        ),
    ),
    (
        "Invoices",
        (
            Task(
                model="invoicing.invoice",
                sentence="Every document with its lines as they are stored; drafted and issued on their own pages.",
            ),
            Task(
                model="invoicing.invoicepdf",
                sentence="The PDF of each issued document with size and SHA-256.",
            ),
            Task(
                model="invoicing.numberseries",
                sentence="How documents are numbered; fixed once the first number is given.",
            ),
        ),
    ),
    (
        "People and roles",
        (
            Task(
                model="auth.user",
                sentence="Who signs in, with name, e-mail and roles.",
            ),
            Task(
                model="auth.group",
                sentence="What each role may see and do. A person gets it with the role.",
            ),
        ),
    ),
)


class RecordSite(AdminSite):
    """The admin of this desk: whoever has a role gets in, and sees what the role may see."""

    site_header = site_title = "Contract desk"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether a person may see or do anything here. Roles decide it: there is no second switch to set."""
        user = request.user
        return user.is_active and any(user.has_module_perms(model._meta.app_label) for model in self._registry)

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
            (title, [self._offer(request, task, admins[task.model]) for task in tasks if task.model in admins])
            for title, tasks in TASKS
        ]
        shown = [(title, [offer for offer in offers if offer]) for title, offers in groups]
        return [(title, offers) for title, offers in shown if offers]

    def _offer(self, request: HttpRequest, task: Task, model_admin) -> dict:
        """Return what of a task a person may do, empty if nothing."""
        address = "admin:" + task.model.replace(".", "_")
        may_view = model_admin.has_view_or_change_permission(request)
        may_add = model_admin.has_add_permission(request)
        if not may_view and not may_add:
            return {}
        return {
            "entering": model_admin.entering,
            "looking_up": model_admin.looking_up,
            "records": model_admin.many,
            "sentence": task.sentence,
            "list": reverse(f"{address}_changelist") if may_view else "",
            "add": reverse(f"{address}_add") if may_add else "",
        }
