"""What the tests of the amendment pages share: a draft with its table, what a browser posts, what a page says."""

import re
from datetime import date
from html import unescape

from django.http import HttpResponse
from django.urls import reverse

from contracts.models import Agreement, Amendment, PriceSchedule
from contracts.schedule import Schedule
from tests import factories, reference
from tests.contracts.admin.admin_pages import open_amendment

DRAFT = {
    "number": "2",
    "contract_number": "LNM990301MP",
    "effective_on": "1999-10-01",
    "from_expires_on": "2000-09-30",
    "expires_on": "2001-09-30",
    "expiration_clause": "clause 1",
}


def draft_with_table(schedule: Schedule = reference.SCHEDULE, agreement: Agreement | None = None) -> Amendment:
    """Amendment 2, which nobody has signed, with a price table."""
    amendment = open_amendment(agreement or factories.agreement())
    factories.schedule(amendment.agreement, amendment, schedule, clause="Appendix A, table")
    return amendment


def address(name: str, amendment: Amendment, *more: str) -> str:
    """The address of a page of an amendment."""
    return reverse(f"contracts:{name}", args=[amendment.agreement_id, amendment.number, *more])


def table_of(amendment: Amendment) -> Schedule:
    """The price table on file."""
    return PriceSchedule.objects.with_table().get(amendment=amendment).as_schedule()


def sign(amendment: Amendment, side: str = "customer") -> None:
    """Let one party sign, past every check."""
    Amendment.objects.filter(pk=amendment.pk).update(
        **{f"{side}_signer": "Ann Example", f"{side}_signed_on": date(1999, 2, 1)}
    )


def typed_in(page: HttpResponse, form: str = "schedule-form") -> dict[str, str]:
    """What a browser would send of a form as the page shows it, without the buttons."""
    (html,) = re.findall(rf'<form[^>]*class="{form}".*?</form>', page.content.decode(), re.DOTALL)
    sent = {}
    for tag in re.findall(r"<input[^>]*>", html):
        attributes = {key: unescape(value) for key, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        if attributes["type"] == "checkbox":
            if re.search(r"\schecked[\s>]", tag):
                sent[attributes["name"]] = "on"
        elif attributes["type"] != "submit":
            sent[attributes["name"]] = attributes.get("value", "")
    return sent


def errors_of(page: HttpResponse) -> dict[str, list[str]]:
    """The sentences of a refused form by field."""
    assert page.status_code == 200, page.headers.get("Location")
    return {field: list(sentences) for field, sentences in page.context["form"].errors.items()}
