"""The PDF of a review paper, made on request from the stored evidence."""

import re
from datetime import date

from django.template.loader import render_to_string

from contracts.printing.pdf import render_pdf
from sites.models import RenewalReview
from sites.reviews.content import Edition, Paper, review_paper


def review_html(*, paper: Paper) -> str:
    return render_to_string("print/review.html", {"paper": paper, "demonstration": paper.review.is_demonstration})


def review_pdf(*, review: RenewalReview, edition: Edition, on: date) -> bytes:
    """Return the PDF of a review in one of its editions, as it reads on a day. The review is from `with_agreement()`.

    Raises PdfUnavailable where this machine can make none.
    """
    paper = review_paper(review=review, edition=edition, on=on)
    return render_pdf(
        html=review_html(paper=paper),
        identifier=f"review {review.pk} {edition} {paper.version} {on.isoformat()}",
        created_on=on,
    )


def review_file_name(*, review: RenewalReview, edition: Edition) -> str:
    """Return a file name that tells the agreement, the annual period and the edition."""
    number = re.sub(r"[^A-Za-z0-9-]+", "-", review.agreement.number).strip("-")
    return f"{review.kind}-{number}-period-{review.period_number}-{edition}.pdf"
