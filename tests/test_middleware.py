"""What is refused before a page sees it, and what a browser may keep of what was shown."""

from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse

from tests.people import VIEWER, client_of, superuser_client

pytestmark = pytest.mark.django_db

NUL_COOKIE = 'sessionid="\\000aaaaaaaaaaaaaaaa"'


@pytest.mark.parametrize(
    "address", ["/sites/1/counts/%00/1999-07-31/", "/invoices/?q=%00", "/invoices/?a%00=1", "/login/?next=%00"]
)
def test_an_address_with_nul_is_not_understood(address):
    answer = superuser_client().get(address)

    assert answer.status_code == 400
    assert "The request was not understood" in answer.content.decode()


def test_a_cookie_with_nul_is_not_understood(client):
    assert client.get("/login/", headers={"Cookie": NUL_COOKIE}).status_code == 400


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "put"])
@pytest.mark.parametrize("name", ["invoicing:invoice_discard", "sites:site_list", "login"])
def test_no_page_takes_a_method_that_browsers_do_not_send(name, method):
    answer = superuser_client().generic(method, reverse(name))

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, POST, OPTIONS"


class Unread(BytesIO):
    """A body that nobody may read."""

    def read(self, *args):
        raise AssertionError("The body was read.")

    readline = read


@pytest.mark.parametrize("length", [str(25 * 1024**2 + 1), "9" * 400, "x"])
def test_a_body_over_the_stated_size_is_refused_before_it_is_read(length):
    client = Client(enforce_csrf_checks=True)

    answer = client.post("/login/", CONTENT_LENGTH=length, **{"wsgi.input": Unread()})

    assert answer.status_code == 413
    assert "may have 25 MB" in answer.content.decode()


def test_a_form_over_its_size_is_refused_in_words(client):
    answer = client.post("/login/", {"username": "x" * 3_000_000}, content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 413
    assert "<h1>Too much was sent</h1>" in answer.content.decode()


def test_nothing_that_was_shown_to_somebody_signed_in_is_kept():
    client = client_of(VIEWER)

    for address in ("/nowhere/", "/invoices/", "/admin/", "/invoices/?export=csv"):
        assert client.get(address).headers["Cache-Control"] == "private, no-store", address
