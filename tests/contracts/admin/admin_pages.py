"""What the tests of the admin pages share: an open amendment, what a browser posts, what a page says."""

from datetime import date

from contracts.models import Agreement, Amendment
from tests import reference

ADMIN = "/admin/contracts"


def open_amendment(agreement: Agreement, **fields) -> Amendment:
    """Amendment 2, which nobody has signed."""
    values = {
        "number": 2,
        "contract_number": "LNM990901MP",
        "effective_on": date(1999, 10, 1),
        "from_expires_on": reference.EXPIRES_ON,
        "expires_on": date(2001, 9, 30),
    }
    return Amendment.objects.create(agreement=agreement, **(values | fields))


def amendment_form(agreement: Agreement, **fields) -> dict:
    """What the browser posts for a new amendment."""
    values = {
        "agreement": agreement.pk,
        "number": "2",
        "contract_number": "LNM990901MP",
        "effective_on": "1999-10-01",
        "from_expires_on": "2000-09-30",
        "expires_on": "2001-09-30",
        "expiration_clause": "clause 1",
    }
    return values | fields


def errors_of(response) -> dict:
    """The sentences of a refused form by field."""
    assert response.status_code == 200, response.headers.get("Location")
    return {field: list(sentences) for field, sentences in response.context["adminform"].form.errors.items()}


def messages_of(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def management(prefix: str, initial: int = 0, total: int | None = None) -> dict:
    return {
        f"{prefix}-INITIAL_FORMS": initial,
        f"{prefix}-TOTAL_FORMS": initial if total is None else total,
    }


def opened(client, url: str) -> dict:
    """The version that a record's form, or the question before its deletion, carries."""
    return {"opened": client.get(url).context["opened"]}


def save(client, url: str, posted: dict, **kwargs):
    """Open a record's form and send it."""
    return client.post(url, posted | opened(client, url), **kwargs)
