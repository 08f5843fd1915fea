"""Names that nobody can tell apart: characters that show nothing are refused, parties spelled alike are shown."""

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse

from contracts.admin.people import NewPerson, PersonForm, RoleForm
from contracts.fields import PlainCharField, PlainTextField
from contracts.models import Party, PartyAlias
from contracts.parties.names import alike
from tests.people import ACCOUNT_MANAGER, client_of
from tests.reading import words
from tests.sites.agreement_files import files

KNOWN = {"KMC Telecom Inc.": "KMC Telecom Inc.", "KMC": "KMC Telecom Inc.", "Zoë Ltd.": "Zoë Ltd."}
NOTHING = ["\u200b", "\u00ad", "\ufeff", "\u200e", "\u202e", "\u3164", "\ufe0f", "\u2028", "\uffff", "\u0378"]
MACHINE = ("sha256", "code", "file_name", "number_text", "level_name", "description", "source", "title")
"""What programs fill in, or a rule of its own holds: endings of the names of such columns."""


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("KMC TELECOM INC", "KMC Telecom Inc."),
        ("K.M.C. Telecom, Inc.", "KMC Telecom Inc."),
        ("KMC Telecom\u00a0Inc.", "KMC Telecom Inc."),
        ("KMC Tele\u200bcom Inc.", "KMC Telecom Inc."),
        ("KMC Telcom Inc.", "KMC Telecom Inc."),
        ("KMC Telecomm Inc.", "KMC Telecom Inc."),
        ("KNC Telecom Inc.", "KMC Telecom Inc."),
        ("kmc", "KMC"),
        ("Zoe Ltd", "Zoë Ltd."),
        ("KMC Telecom II Inc.", None),
        ("KMD", None),  # too short for a slip
        ("Lucent Technologies Inc.", None),
    ],
)
def test_spelling_that_may_be_a_known_one_is_found(name, found):
    assert alike(name, KNOWN) == (None if found is None else (found, KNOWN[found]))


def text_fields() -> list[models.Field]:
    """Every column of ours that holds text without being one of several choices."""
    found = [
        field
        for app in ("contracts", "sites", "invoicing")
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.concrete_fields
    ]
    return [
        field
        for field in found
        if isinstance(field, models.CharField | models.TextField)
        and not field.choices
        and not isinstance(field, models.FileField)
    ]


def test_every_text_that_people_enter_is_plain():
    entered = [field for field in text_fields() if not field.name.endswith(MACHINE)]

    assert [str(field) for field in entered if not isinstance(field, PlainCharField | PlainTextField)] == []
    assert len(entered) > 50


@pytest.mark.parametrize("hidden", NOTHING)
def test_no_text_takes_a_character_that_nobody_can_see(hidden):
    plain = [field for field in text_fields() if isinstance(field, PlainCharField | PlainTextField)]
    for field in plain:
        with pytest.raises(ValidationError, match=rf"Character 3 cannot be printed \(U\+{ord(hidden):04X}\)"):
            field.clean(f"An{hidden}n", None)


def test_joiners_belong_to_names_of_some_scripts():
    assert Party._meta.get_field("legal_name").clean("علی\u200cرضا", None) == "علی\u200cرضا"


@pytest.mark.django_db
@pytest.mark.parametrize("form_class", [NewPerson, PersonForm])
def test_names_of_people_are_refused_too(form_class):
    form = form_class({"first_name": "An\u200bn", "last_name": "F\uffff"}, instance=User())

    assert {"first_name", "last_name"} <= set(form.errors)


@pytest.mark.django_db
def test_names_of_roles_are_refused_too():
    assert "name" in RoleForm({"name": "Fin\u200bance", "permissions": []}).errors
    assert RoleForm({"name": "Auditors", "permissions": []}).errors == {}


@pytest.fixture
def kmc(db) -> Party:
    party = Party.objects.create(legal_name="KMC Telecom Inc.", address="1545 Route 206")
    PartyAlias.objects.create(party=party, name="Kansas Metro Carriers")
    return party


@pytest.mark.parametrize("name", ["KMC Telecom, INC", "Kansas Metro Carriérs"])
def test_party_spelled_alike_is_shown_before_a_second_one_is_made(kmc, name):
    client, address = client_of(ACCOUNT_MANAGER), reverse("admin:contracts_party_add")
    facts = {"legal_name": name, "address": "Somewhere", "aliases-TOTAL_FORMS": 0, "aliases-INITIAL_FORMS": 0}
    opened = client.get(address)
    asked = client.post(address, facts)

    assert "This is another party" not in words(opened)
    assert "which is on file" in words(asked)
    assert "This is another party" in words(asked)
    assert Party.objects.count() == 1
    client.post(address, facts | {"another": "on"})
    assert Party.objects.count() == 2


def test_party_on_file_keeps_its_own_spelling(kmc):
    client, address = client_of(ACCOUNT_MANAGER), reverse("admin:contracts_party_change", args=[kmc.pk])
    alias = kmc.aliases.get()
    facts = {"legal_name": "KMC Telecom, Inc.", "address": "Somewhere", "aliases-TOTAL_FORMS": 1}
    facts |= {"aliases-INITIAL_FORMS": 1, "aliases-0-id": alias.pk, "aliases-0-party": kmc.pk}
    opened = client.get(address).context["opened"]
    client.post(address, facts | {"aliases-0-name": alias.name, "opened": opened})

    assert Party.objects.get().legal_name == "KMC Telecom, Inc."


def with_parties(*names: str) -> dict:
    more = [{"legal_name": name, "address": ["Somewhere"]} for name in names]
    return {**files.small({}), "parties": [*files.reference()["parties"], *more]}


@pytest.mark.django_db
def test_agreement_file_makes_no_second_party():
    files.load(files.reference())
    kmc = Party.objects.get(legal_name="KMC Telecom Inc.")
    PartyAlias.objects.create(party=kmc, name="Kansas Metro Carriers")

    [first, second] = files.refused(with_parties("KMC Telecom, INC", "Kansas Metro Carriers"))

    assert "“KMC Telecom, INC” is spelled like “KMC Telecom Inc.”, which is on file." in first
    assert "“Kansas Metro Carriers”, an alias of KMC Telecom Inc., which is on file." in second


@pytest.mark.django_db
def test_two_spellings_in_one_file_are_refused():
    [message] = files.refused(with_parties("Acme Holdings", "Acme Holding"))

    assert message.startswith("parties[3].legal_name: “Acme Holding” is spelled like “Acme Holdings”")


@pytest.mark.parametrize("name", ["\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0915\u094d\u200d\u0937"])
def test_a_joiner_between_letters_that_are_so_spelled_is_taken(name):
    Party(legal_name=name, address="1 First Street").clean_fields()


@pytest.mark.parametrize(
    "name", ["\u200d", "\u200c", "KMC\u200d Telecom Inc.", "Zed\u200cra", "\u0645\u200c", "\u200d\u0915"]
)
def test_a_joiner_that_joins_nothing_is_refused(name):
    with pytest.raises(ValidationError, match=r"U\+200[CD]"):
        Party(legal_name=name).clean_fields()


@pytest.mark.parametrize("form", [NewPerson, PersonForm])
@pytest.mark.parametrize("filler", ["\u1160", "\u3164", "\uffa0"])
@pytest.mark.django_db
def test_a_letter_that_nobody_sees_makes_no_other_name_to_sign_in_with(form, filler):
    User.objects.create_user("finance")

    assert "username" in form({"username": f"finance{filler}"}).errors
