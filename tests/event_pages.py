"""What tests of event pages ask: what a form refuses, and where an event that cannot happen leads back to."""

from collections.abc import Callable

from tests.reading import words


def faults(client, url: str, facts: dict, *, stored: Callable[[], object]) -> dict[str, list[str]]:
    """Send a form that must be refused and leave `stored()` as it is; return its sentences, all shown, by field."""
    before = stored()
    response = client.post(url, facts)
    assert (response.status_code, stored()) == (200, before)
    errors = response.context["form"].errors
    assert all(str(message) in words(response) for messages in errors.values() for message in messages)
    return {name: list(messages) for name, messages in errors.items()}


def led_back(client, url: str, *, stored: Callable[[], object]) -> str:
    """Open and confirm an event that cannot happen: return the sentence with which both lead back to the same page."""
    before = stored()
    shown, sent = client.get(url, follow=True), client.post(url, {}, follow=True)
    assert stored() == before
    assert shown.redirect_chain == sent.redirect_chain != []
    (opened,), (confirmed,) = ([str(message) for message in one.context["messages"]] for one in (shown, sent))
    assert opened == confirmed
    return opened
