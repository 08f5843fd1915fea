"""Two tabs: whatever form of the admin was opened before somebody else saved the record is refused, and says why."""

from datetime import date
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import models
from django.test import Client
from django.urls import reverse

from contracts.amendments.amending import copy_schedule_in_force
from contracts.models import Amendment, Party, PartyAlias
from invoicing.models import NumberSeries
from sites.models import ComponentCount
from tests.contracts.admin.admin_pages import errors_of, messages_of
from tests.full_desk import full_desk
from tests.people import ACCOUNT_MANAGER, client_of, superuser_client

ENTERED_ONLY = {ComponentCount}
"""Entered in the admin, and corrected by an event of their own."""

pytestmark = pytest.mark.django_db


class _Form(HTMLParser):
    """What a browser sends for the form of a record that nobody has touched."""

    def __init__(self):
        super().__init__()
        self.sent, self._select, self._text, self._inside = {}, None, None, False

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self._inside = attrs.get("id", "").endswith("_form")
        name, value = attrs.get("name"), attrs.get("value", "")
        if not self._inside or not (name or tag == "option"):
            return
        if tag == "select":
            self._select = name
            self.sent.setdefault(name, [])
        elif tag == "option" and self._select and "selected" in attrs:
            self.sent[self._select].append(value)
        elif tag == "textarea":
            self._text = name
            self.sent[name] = [""]
        elif tag == "input" and attrs.get("type") in ("checkbox", "radio"):
            self.sent.setdefault(name, []).extend([value or "on"] if "checked" in attrs else [])
        elif tag == "input" and attrs.get("type") not in ("submit", "file"):
            self.sent[name] = [value]

    def handle_endtag(self, tag):
        if tag == "select":
            self._select = None
        elif tag == "textarea":
            self._text = None

    def handle_data(self, data):
        if self._text:
            self.sent[self._text] = [(self.sent[self._text][0] + data).removeprefix("\n")]


def form_of(page) -> dict[str, list[str]]:
    """What a browser sends for a change page as it was opened."""
    form = _Form()
    form.feed(page.content.decode())
    return form.sent


def changes(page) -> list[dict[str, list[str]]]:
    """What may be sent for a change page with one field changed, a form for each field that can be."""
    sent, found = form_of(page), []
    fields = page.context["adminform"].form
    for bound in sorted(fields, key=lambda bound: not isinstance(bound.field, forms.CharField)):
        value = _other(bound, sent.get(bound.html_name, []))
        if value is not None:
            found.append(sent | {bound.html_name: value})
    return found


def _other(bound, value: list[str]) -> list[str] | None:
    field = bound.field
    if field.disabled or isinstance(field, forms.FileField):
        return None
    if isinstance(field, forms.BooleanField):
        return [] if value else ["on"]
    if isinstance(field, forms.DateField):
        return ["2000-01-31"]
    if isinstance(field, forms.IntegerField):
        return [str(Decimal(value[0] or 0) + 1)]
    if isinstance(field, forms.ChoiceField):
        choices = [str(key) for key, _label in field.choices if str(key) and str(key) not in value]
        return choices[:1] or None
    return [f"{value[0]}1"]


def stored(row: models.Model) -> dict:
    """A row as it is on file."""
    return type(row).objects.filter(pk=row.pk).values().get()


@pytest.fixture
def _desk(settings) -> None:
    """One row that can be changed of every model that can be."""
    full_desk(settings, demonstration=True)
    copy_schedule_in_force(amendment=Amendment.objects.get(executed_on=None), on=date(1999, 8, 5), by=None)
    NumberSeries.objects.create(code="later", prefix="L-")
    User.objects.create_user("clerk")
    Group.objects.create(name="Auditor")


def changeable(client, model_admin) -> models.Model | None:
    """The first row of a model whose page can be saved."""
    for row in model_admin.model.objects.order_by("pk"):
        if "opened" in (client.get(address(row)).context or {}):
            return row
    return None


def address(row: models.Model, page: str = "change") -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[row.pk])


@pytest.mark.usefixtures("_desk")
def test_every_form_of_the_admin_refuses_what_was_opened_before_somebody_else_saved(rf):
    client = superuser_client()
    request = rf.get("/")
    request.user = User.objects.get(username="root")
    walked = []
    for model, model_admin in admin.site._registry.items():
        if model in ENTERED_ONLY or not model_admin.has_change_permission(request):
            continue
        row = changeable(client, model_admin)
        assert row is not None, f"The desk of this test has no {model._meta.label} that can be changed: add one."
        page, url, before = client.get(address(row)), address(row), stored(row)
        deletion = client.get(address(row, "delete")).context if model_admin.has_delete_permission(request, row) else {}

        saved = next((sent for sent in changes(page) if client.post(url, sent).status_code == 302), None)

        assert saved, f"No field of {model._meta.label} could be changed."
        after = stored(row)
        older = client.post(url, form_of(page))
        assert older.status_code == 200, model
        assert errors_of(older)["__all__"][0].startswith(f"Not saved: root changed {model.objects.get(pk=row.pk)} on ")
        if deletion:
            client.post(address(row, "delete"), {"post": "yes", "opened": deletion["opened"]})
        assert stored(row) == after, model
        assert form_of(older)["opened"] != form_of(page)["opened"]
        walked.append((model, before != after))

    assert len(walked) >= 7
    assert [model for model, changed in walked if not changed] == []


@pytest.fixture
def party() -> Party:
    party = Party.objects.create(legal_name="KMC Telecom Inc.", division="East", address="Route 206")
    PartyAlias.objects.create(party=party, name="KMC Telcom")
    return party


def test_what_was_typed_stays_beside_what_is_on_file_and_the_rest_is_taken_over(party):
    ann, bob = client_of(ACCOUNT_MANAGER), superuser_client()
    page = ann.get(address(party))
    save_of(bob, party, legal_name="KMC Telecom Holdings", division="West")

    refused = ann.post(address(party), form_of(page) | {"legal_name": "KMC Inc.", "address": "Route 22"})

    errors = errors_of(refused)
    assert errors["legal_name"] == [
        "Legal name was “KMC Telecom Inc.” when you opened it, and is “KMC Telecom Holdings” now."
    ]
    assert errors["division"] == ["Division was “East” when you opened it, and is “West” now."]
    assert errors["__all__"][1:] == ["What you typed is kept: compare it with what is on file now, and save again."]
    shown = form_of(refused)
    assert [shown[name] for name in ("legal_name", "division", "address")] == [["KMC Inc."], ["West"], ["Route 22"]]

    assert ann.post(address(party), shown).status_code == 302
    party.refresh_from_db()
    assert (party.legal_name, party.division, party.address) == ("KMC Inc.", "West", "Route 22")


def test_a_row_of_the_record_that_was_changed_added_or_removed_meanwhile_is_named(party):
    ann, bob = client_of(ACCOUNT_MANAGER), superuser_client()
    page = ann.get(address(party))
    gone = PartyAlias.objects.create(party=party, name="Long Haul")
    later = ann.get(address(party))
    save_of(bob, party, **{"aliases-0-name": "KMC Telcom Inc.", "aliases-1-DELETE": "on"})
    assert not PartyAlias.objects.filter(pk=gone.pk).exists()

    changed = errors_of(ann.post(address(party), form_of(page)))["__all__"]
    removed = errors_of(ann.post(address(party), form_of(later)))["__all__"]

    sentence = "KMC Telcom Inc.: Name was “KMC Telcom” when you opened it, and is “KMC Telcom Inc.” now."
    assert changed[1:-1] == [sentence]
    assert removed[1:-1] == [sentence, "A row was removed: Long Haul."]
    assert PartyAlias.objects.get().name == "KMC Telcom Inc."


def test_a_record_that_was_changed_since_is_not_deleted(party):
    ann, bob = client_of(ACCOUNT_MANAGER), superuser_client()
    question = ann.get(address(party, "delete"))
    save_of(bob, party, division="West")

    answer = ann.post(address(party, "delete"), {"post": "yes", "opened": question.context["opened"]}, follow=True)

    (message,) = messages_of(answer)
    assert message.endswith(
        "Division was “East” when you opened it, and is “West” now. "
        "It is not deleted. Look at what is on file now, and delete it again."
    )
    ann.post(address(party, "delete"), {"post": "yes", "opened": answer.context["opened"]})
    assert not Party.objects.exists()


def test_a_form_without_its_version_saves_nothing(party):
    ann = client_of(ACCOUNT_MANAGER)
    sent = form_of(ann.get(address(party))) | {"legal_name": "KMC"}

    for opened in ("", "x"):
        assert errors_of(ann.post(address(party), sent | {"opened": opened}))["__all__"][0].startswith("This form does")
    other = Party.objects.create(legal_name="Lucent", address="Street 1")
    borrowed = form_of(ann.get(address(other)))["opened"]
    assert ann.post(address(party), sent | {"opened": borrowed}).status_code == 200
    assert Party.objects.get(pk=party.pk).legal_name == "KMC Telecom Inc."


def test_a_change_by_nobody_who_signed_in_is_refused_without_a_name(party):
    ann = client_of(ACCOUNT_MANAGER)
    page = ann.get(address(party))
    Party.objects.update(division="West")

    assert errors_of(ann.post(address(party), form_of(page)))["__all__"][0] == (
        "Not saved: KMC Telecom Inc. was changed after you opened it."
    )


def save_of(client: Client, row: models.Model, **changed: str) -> None:
    """Open the form of a row and save it with other values."""
    assert client.post(address(row), form_of(client.get(address(row))) | changed).status_code == 302
