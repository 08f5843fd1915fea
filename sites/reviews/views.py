"""Pages of renewal reviews: the list, the paper, and the events with their confirmation."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.generic import DetailView, FormView, TemplateView, View

from contracts.clock import business_date
from contracts.models import Agreement
from contracts.pages.lists import ListPage
from contracts.periods import day_text
from contracts.printing.pdf import PdfUnavailable
from contracts.schedule import Refused
from sites.models import RenewalReview
from sites.reviews.content import Edition, review_paper
from sites.reviews.forms import AgreementForm
from sites.reviews.lists import ReviewFilter, ReviewTable
from sites.reviews.printing import review_file_name, review_pdf
from sites.reviews.queries import review_held
from sites.reviews.review import review_terms
from sites.reviews.reviewing import CannotReview, open_review, record_agreement, refresh_review, unopened_reviews

SHOWN_AHEAD = timedelta(days=90)
INTERNAL_PERMISSION = "sites.view_internal_review"


class ReviewList(ListPage):
    """All reviews, and above them those that are due soon and not open yet."""

    permission_required = "sites.view_renewalreview"
    queryset = RenewalReview.objects.with_agreement()
    table_class = ReviewTable
    filterset_class = ReviewFilter
    template_name = "sites/review_list.html"

    def get_context_data(self, **kwargs):
        """Add the reviews to open, for those who may."""
        to_open = []
        if self.request.user.has_perm("sites.open_review"):
            to_open = unopened_reviews(on=self.on, due_by=self.on + SHOWN_AHEAD)
        return super().get_context_data(to_open=to_open, on=self.on, **kwargs)


class ReviewPage(PermissionRequiredMixin, DetailView):
    """What the pages of one review share."""

    permission_required = "sites.view_renewalreview"
    queryset = RenewalReview.objects.with_agreement()
    context_object_name = "review"


class ReviewDetail(ReviewPage):
    """The paper on screen; the internal part is for those who may see it."""

    template_name = "sites/review_detail.html"

    def get_context_data(self, **kwargs):
        """Add the paper in the reader's edition."""
        internal = self.request.user.has_perm(INTERNAL_PERMISSION)
        edition = Edition.INTERNAL if internal else Edition.CUSTOMER
        return super().get_context_data(
            paper=review_paper(review=self.object, edition=edition, on=business_date()), **kwargs
        )


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
        try:
            data = review_pdf(review=review, edition=edition, on=business_date())
        except PdfUnavailable as missing:
            messages.error(request, str(missing))
            return redirect("sites:review_detail", pk=pk)
        name = review_file_name(review=review, edition=edition)
        headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "private, no-store"}
        return HttpResponse(data, content_type="application/pdf", headers=headers)


class ReviewOpen(PermissionRequiredMixin, TemplateView):
    """Open the review of an annual period: GET shows what will happen, POST does it."""

    permission_required = "sites.open_review"
    template_name = "sites/review_open.html"

    def get_context_data(self, **kwargs):
        """Say which review would be opened, or why none can be."""
        agreement = get_object_or_404(Agreement.objects.with_terms(), pk=self.kwargs["pk"])
        number, on = self.kwargs["period"], business_date()
        found = review_terms(agreement=agreement.as_terms(), period_number=number, known_on=on)
        refusal = found.message if isinstance(found, Refused) else ""
        begun = not refusal and found.due.period.span.first_day <= on
        return super().get_context_data(
            agreement=agreement,
            number=number,
            on=on,
            found=None if refusal else found,
            refusal=refusal,
            begun=begun,
            days_late=0 if refusal else max((on - found.due.due_on).days, 0),
            cut_off_on=None if refusal else min(on, found.due.period.span.last_day),
            held=review_held(
                reviews=RenewalReview.objects.filter(agreement=agreement, period_number=min(number, 32767)),
                kind=None if refusal else found.due.kind,
            ),
            **kwargs,
        )

    def post(self, request, pk, period):
        """Open it; one that is open already is shown."""
        agreement = get_object_or_404(Agreement, pk=pk)
        number = min(period, 32767)
        try:
            review = open_review(agreement=agreement, period_number=number, on=business_date(), by=request.user)
        except CannotReview as refused:
            messages.error(request, str(refused))
            return redirect("sites:review_open", pk=pk, period=period)
        messages.success(request, f"{review} is open, with counts made through {day_text(review.cut_off_on)}.")
        return redirect("sites:review_detail", pk=review.pk)


class ReviewRefresh(ReviewPage):
    """Make the lines of a review anew: GET shows what will happen, POST does it."""

    permission_required = "sites.open_review"
    template_name = "sites/review_refresh.html"

    def get_context_data(self, **kwargs):
        """Add the cut-off that the review would have."""
        return super().get_context_data(cut_off_on=min(business_date(), self.object.last_day), **kwargs)

    def post(self, request, pk):
        """Refresh it."""
        review = get_object_or_404(RenewalReview, pk=pk)
        try:
            review = refresh_review(review=review, on=business_date(), by=request.user)
        except CannotReview as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, f"The lines are made anew, with counts through {day_text(review.cut_off_on)}.")
        return redirect("sites:review_detail", pk=pk)


class ReviewAgree(PermissionRequiredMixin, FormView):
    """Record both parties' agreement: names, dates, and a level for each site."""

    permission_required = "sites.agree_review"
    template_name = "sites/review_agree.html"
    form_class = AgreementForm

    def get_form_kwargs(self):
        """Give the form the paper that it is about."""
        self.review = get_object_or_404(RenewalReview.objects.with_agreement(), pk=self.kwargs["pk"])
        self.paper = review_paper(review=self.review, edition=Edition.CUSTOMER, on=business_date())
        return super().get_form_kwargs() | {"initial": None, "paper": self.paper}

    def get_context_data(self, **kwargs):
        """Add the review and its paper."""
        form = kwargs.pop("form", None) or self.get_form()
        return super().get_context_data(form=form, review=self.review, paper=self.paper, **kwargs)

    def form_valid(self, form):
        """Record it, or put what was refused at its fields."""
        names = ("meeting_on", "customer_signer", "customer_agreed_on", "supplier_signer", "supplier_agreed_on", "seen")
        try:
            review = record_agreement(
                review=self.review,
                decisions=form.decisions(),
                on=business_date(),
                by=self.request.user,
                **{name: form.cleaned_data[name] for name in names},
            )
        except CannotReview as refused:
            form.show_refusal(refused)
            return self.form_invalid(form)
        messages.success(self.request, _agreed_sentence(review))
        return redirect("sites:review_detail", pk=review.pk)


def _agreed_sentence(review: RenewalReview) -> str:
    message = f"{review}: agreed on {day_text(review.agreed_on)}."
    if review.evidence.get("next_first_day") is None:
        return message
    return f"{message} The agreed levels apply from the next annual period; the next invoice run bills or credits them."
