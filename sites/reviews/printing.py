"""The PDF of a review paper, made of the stored evidence once it is asked for."""

from datetime import date

from django.template.loader import render_to_string

from contracts.printing.papers import printed_once
from sites.models import RenewalReview
from sites.reviews.content import Edition, Paper, review_paper


def review_html(*, paper: Paper) -> str:
    return render_to_string("print/review.html", {"paper": paper, "demonstration": paper.review.is_demonstration})


def review_pdf(*, review: RenewalReview, edition: Edition, on: date, wait: float | None = None) -> bytes:
    """Return the PDF of a review in one of its editions, as it reads on a day. The review is from `with_agreement()`.

    Raises BeingMade while it is being printed, or when that takes longer than `wait` seconds, and PdfUnavailable where
    this machine can make none.
    """
    paper = review_paper(review=review, edition=edition, on=on)
    return printed_once(
        name=f"review-{review.pk}-{edition}",
        html=review_html(paper=paper),
        identifier=f"review {review.pk} {edition} {paper.version} {on.isoformat()}",
        created_on=on,
        wait=wait,
    )


def review_file_name(*, review: RenewalReview, edition: Edition) -> str:
    """Return a file name that tells the agreement, the annual period and the edition."""
    return f"{review.kind}-{review.agreement.number}-period-{review.period_number}-{edition}.pdf"
