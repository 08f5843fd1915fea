"""Pages of renewal reviews: the list, the paper, and the events with their confirmation."""

from datetime import timedelta
from functools import partial

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import DetailView, View

from contracts.clock import business_date
from contracts.pages.address import KnownParameters, OfAgreement
from contracts.pages.event_page import EventPage
from contracts.pages.lists import ROWS_A_PAGE, ListPage
from contracts.pages.pdf_pages import pdf_response
from contracts.periods import day_text
from contracts.printing.papers import why_unprinted
from contracts.printing.pdf import PdfUnavailable
from contracts.schedule import Refused
from contracts.wording import plural
from sites.models import RenewalReview
from sites.reviews.content import Edition, review_paper
from sites.reviews.forms import AgreementForm
from sites.reviews.lists import ReviewFilter, ReviewTable
from sites.reviews.printing import review_file_name, review_pdf
from sites.reviews.queries import review_held
from sites.reviews.review import ReviewTerms, review_terms
from sites.reviews.reviewing import (
    not_begun,
    open_review,
    record_agreement,
    refresh_review,
    why_agreed,
)
from sites.reviews.unopened import agreements_to_look_at, unopened_reviews

SHOWN_AHEAD = timedelta(days=90)
INTERNAL_PERMISSION = "sites.view_internal_review"
HIGHEST_PERIOD = 32767
"""The highest number that the column of a review's annual period holds."""


class ReviewList(ListPage):
    """All reviews, and above them those that are due soon and not open yet."""

    title = "Renewal reviews"
    permission_required = "sites.view_renewalreview"
    queryset = RenewalReview.objects.with_agreement()
    table_class = ReviewTable
    filterset_class = ReviewFilter
    template_name = "sites/review_list.html"
    also_read = ("open",)

    def get_context_data(self, **kwargs):
        """List what is to be opened too, of some agreements at a time: `open` of the address is their page."""
        to_open, pages = [], None
        if self.request.user.has_perm("sites.open_review"):
            due_by = self.on + SHOWN_AHEAD
            keys = agreements_to_look_at(on=self.on, due_by=due_by)
            pages = Paginator(keys, ROWS_A_PAGE).get_page(self.request.GET.get("open"))
            to_open = unopened_reviews(keys=pages.object_list, on=self.on, due_by=due_by)
        return super().get_context_data(to_open=to_open, to_open_pages=pages, **kwargs)


class ReviewPage(PermissionRequiredMixin, DetailView):
    permission_required = "sites.view_renewalreview"
    queryset = RenewalReview.objects.with_agreement()
    context_object_name = "review"


class ReviewDetail(KnownParameters, ReviewPage):
    """The paper on screen, page by page of its sites; the internal part is for those who may see it."""

    parameters = ("page",)
    template_name = "sites/review_detail.html"

    def get_context_data(self, **kwargs):
        internal = self.request.user.has_perm(INTERNAL_PERMISSION)
        edition = Edition.INTERNAL if internal else Edition.CUSTOMER
        page = self.request.GET.get("page", "1")
        paper = review_paper(review=self.object, edition=edition, on=business_date(), page=page)
        return super().get_context_data(paper=paper, **kwargs)


class ReviewPdf(PermissionRequiredMixin, View):
    """The paper as a PDF, in one of its editions."""

    permission_required = "sites.view_renewalreview"

    def get(self, request, pk, edition):
        """Print it. The internal edition has a permission of its own."""
        if edition not in list(Edition):
            raise Http404("There is a customer edition and an internal one.")
        edition = Edition(edition)
        if edition is Edition.INTERNAL and not request.user.has_perm(INTERNAL_PERMISSION):
            raise PermissionDenied("The internal edition of a review is for account managers.")
        review = get_object_or_404(RenewalReview.objects.with_agreement(), pk=pk)
        wait = settings.SECONDS_FOR_A_PAPER
        make = partial(review_pdf, review=review, edition=edition, on=business_date(), wait=wait)
        name = review_file_name(review=review, edition=edition)
        try:
            return pdf_response(request, make=make, name=name)
        except PdfUnavailable as missing:
            messages.error(request, why_unprinted(missing))
            return redirect("sites:review_detail", pk=pk)


# ---- events ------------------------------------------------------------------------------------------------------


class ReviewOpen(OfAgreement, EventPage):
    """Open the review of an annual period; for one that is open already it leads to its paper."""

    permission_required = "sites.open_review"
    button = "Open the review"
    back_name = "Back to the agreement"
    crumbs = "sites/parts/review_crumbs.html"
    styles = ("reviews.css",)

    @property
    def title(self):
        return f"Open the review of annual period {self.kwargs['period']}"

    @cached_property
    def found(self) -> ReviewTerms | Refused:
        """The terms of the review, or why the period has none."""
        return review_terms(agreement=self.agreement.as_terms(), period_number=self.kwargs["period"], known_on=self.on)

    @cached_property
    def stored(self) -> RenewalReview | None:
        """The review that is open already."""
        return review_held(
            reviews=RenewalReview.objects.filter(agreement=self.agreement, period_number=self.number),
            kind=None if isinstance(self.found, Refused) else self.found.due.kind,
        )

    @property
    def number(self) -> int:
        """The number of the annual period, no higher than a column holds."""
        return min(self.kwargs["period"], HIGHEST_PERIOD)

    def refusal(self):
        if self.stored is not None:
            return f"This review is open since {day_text(self.stored.opened_on)}."
        return self.found.message if isinstance(self.found, Refused) else not_begun(self.found, on=self.on)

    def about(self):
        due = self.found.due
        yield "Agreement", f"{self.agreement.number}, {self.agreement.customer}"
        yield "Annual period", str(due.period.span)
        ends = "Term check: the agreement ends with this period, there is no next price"
        yield "Kind", f"Price review for {due.next_period.span}" if due.next_period else ends
        late = f", {plural((self.on - due.due_on).days, 'day')} ago" if self.on > due.due_on else ""
        early = ". It can be opened earlier, and refreshed until it is agreed." if due.due_on > self.on else ""
        yield "Due", f"{due.due_on:%A}, {day_text(due.due_on)}{late}{early}"
        yield "Data cut-off", f"Counts made through {day_text(min(self.on, due.period.span.last_day))}"

    def consequences(self):
        yield "The paper gets a line for every site in service on the due date."
        yield "A line says what was counted and what changed, and proposes a level."
        yield "Nothing is charged differently until both parties’ agreement is recorded."

    def perform(self):
        agreement, by = self.agreement, self.request.user
        self.stored = open_review(agreement=agreement, period_number=self.number, on=self.on, by=by)
        return f"{self.stored} is open, with counts made through {day_text(self.stored.cut_off_on)}."

    def back(self):
        if self.stored is not None:
            return reverse("sites:review_detail", args=[self.stored.pk])
        return reverse("sites:agreement_detail", args=[self.agreement.pk])


class ReviewEvent(EventPage):
    crumbs = "sites/parts/review_crumbs.html"
    styles = ("reviews.css",)

    @cached_property
    def review(self) -> RenewalReview:
        return get_object_or_404(RenewalReview.objects.with_agreement(), pk=self.kwargs["pk"])

    def refusal(self):
        return why_agreed(self.review)

    def demonstration(self):
        invented = "Demonstration data: the sites and counts of this review are invented."
        return invented if self.review.is_demonstration else ""

    def back(self):
        return reverse("sites:review_detail", args=[self.review.pk])

    def get_context_data(self, **kwargs):
        return super().get_context_data(review=self.review, **kwargs)


class ReviewRefresh(ReviewEvent):
    permission_required = "sites.open_review"
    title = button = "Refresh the review"
    back_name = "Leave it as it is"

    def about(self):
        yield "Data cut-off now", day_text(self.review.cut_off_on)
        yield "Data cut-off then", day_text(min(self.on, self.review.last_day))

    def consequences(self):
        yield "All lines of the paper are rebuilt from the terms, levels and counts known now."
        yield "The lines it has are replaced."

    def perform(self):
        review = refresh_review(review=self.review, on=self.on, by=self.request.user)
        return f"The lines are rebuilt, with counts through {day_text(review.cut_off_on)}."


class ReviewAgree(ReviewEvent):
    permission_required = "sites.agree_review"
    title, button = "Record both parties’ agreement", "Record the agreement"
    back_name = "Back to the paper"
    template_name = "sites/review_agree.html"
    form_class = AgreementForm

    @cached_property
    def paper(self):
        return review_paper(review=self.review, edition=Edition.CUSTOMER, on=self.on)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"initial": None, "paper": self.paper}

    def get_context_data(self, **kwargs):
        return super().get_context_data(paper=self.paper, **kwargs)

    def perform(self, **facts):
        return _agreed_sentence(record_agreement(review=self.review, on=self.on, by=self.request.user, **facts))


def _agreed_sentence(review: RenewalReview) -> str:
    message = f"{review}: agreed on {day_text(review.agreed_on)}."
    if review.evidence.get("next_first_day") is None:
        return message
    return f"{message} The agreed levels apply from the next annual period; the next invoice run bills or credits them."
