"""The record pages: a role lets people in, the index speaks of tasks, nobody sees a border to the other pages."""

import re
from datetime import date
from html import unescape

import pytest
from django.contrib.admin import site as record_site
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from config.records import TASKS
from invoicing.models import Invoice
from sites.models import ComponentCount, Site
from tests import factories
from tests.contracts.admin.admin_pages import save
from tests.full_desk import full_desk
from tests.people import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER, client_of, superuser_client
from tests.reading import words

pytestmark = [pytest.mark.django_db, pytest.mark.business_date(date(1999, 7, 15))]


JARGON = re.compile(
    r"Site administration|Django|Select \w+ to|Add another|View on site|Log out|successfully|icon-|>History<|[Ss]taff"
)

NO_CHOICE = "Select a valid choice. That choice is not one of the available choices."
UNHEARD_OF = ("9999", "9" * 20, "NaN", "0001-01-01")


def offered(client: Client) -> dict[str, list[str]]:
    """What the index offers to somebody, by subject."""
    page = client.get("/admin/")
    return {title: [offer["entering"] for offer in offers if offer["add"]] for title, offers in page.context["groups"]}


@pytest.mark.parametrize("role", [ACCOUNT_MANAGER, FINANCE, DATA_ENTRY, VIEWER])
def test_a_role_lets_people_in_by_itself(role):
    client = client_of(role)

    assert not User.objects.filter(is_staff=True).exists()
    assert client.get("/admin/").status_code == 200
    assert '<a href="/admin/">Records</a>' in client.get("/agreements/").content.decode()


@pytest.mark.parametrize("fields", [{}, {"is_staff": True}])
def test_without_a_role_nobody_gets_in(fields):
    client = Client()
    client.force_login(User.objects.create_user("nobody", **fields))

    page = client.get("/admin/", follow=True)

    assert page.status_code == 403
    assert '<a href="/admin/"' not in page.content.decode()


def test_a_closed_account_does_not_get_in():
    client = client_of(FINANCE)
    User.objects.update(is_active=False)

    assert client.get("/admin/", follow=True).redirect_chain[-1] == ("/login/?next=/admin/", 302)


@pytest.mark.parametrize(
    ("wanted", "next_page"),
    [
        ("/admin/sites/site/", "/admin/sites/site/"),
        ("https://elsewhere.example/", "/admin/"),
        ("", "/admin/"),
    ],
)
def test_people_sign_in_on_one_page_and_come_back(client, wanted, next_page):
    assert client.get("/admin/login/", {"next": wanted}).url == f"/login/?next={next_page}"
    assert client_of(FINANCE).get("/admin/login/", {"next": wanted}).url == next_page


def test_signing_out_and_the_password_are_those_of_every_page():
    client = client_of(FINANCE)

    assert client.get("/admin/password_change/").url == "/password/"
    assert client.post("/admin/logout/").url == "/login/"
    assert client.get("/password/").url == "/login/?next=/password/"


def test_people_change_their_own_password(client):
    person = User.objects.create_user("viewer", password="the first long word")
    client.force_login(person)
    passwords = {"old_password": "the first long word", "new_password1": "another long word"}

    page = client.post("/password/", passwords | {"new_password2": "another long word"}, follow=True)

    person.refresh_from_db()
    assert person.check_password("another long word")
    assert "Your password is changed." in words(page)


def test_every_kind_of_record_has_its_task():
    assert sorted(model for models in TASKS.values() for model in models) == sorted(
        model._meta.label_lower for model in record_site._registry
    )


def test_the_index_offers_what_a_role_may_do():
    assert offered(client_of(ACCOUNT_MANAGER)) == {
        "Agreements and parties": ["Enter an agreement", "Add a party", "Enter an amendment"],
        "Prices": [],
        "Sites and counts": ["Enter a site", "Enter a count"],
        "Hours and system integration": [],
        "Invoices": [],
    }
    assert offered(client_of(DATA_ENTRY)) == {
        "Agreements and parties": [],
        "Sites and counts": ["Enter a site", "Enter a count"],
        "Hours and system integration": [],
    }
    assert not any(offered(client_of(VIEWER)).values())
    assert offered(superuser_client())["People and roles"] == ["Add a person", "Add a role"]


def test_the_parts_of_the_software_lead_to_the_index():
    assert superuser_client().get("/admin/contracts/").url == "/admin/"


@pytest.mark.parametrize("page", ["change", "history", "delete"])
def test_what_is_not_on_file_is_not_found(page):
    assert superuser_client().get(f"/admin/contracts/party/99/{page}/").status_code == 404


def test_no_record_page_speaks_of_the_software(settings):
    full_desk(settings, demonstration=True)
    client = superuser_client()
    seen = []
    for model in record_site._registry:
        label = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        addresses = [reverse(f"{label}_changelist"), reverse(f"{label}_add")]
        row = model._default_manager.order_by("pk").first()
        if row is not None:
            addresses += [reverse(f"{label}_{page}", args=[row.pk]) for page in ("change", "history", "delete")]
        for address in addresses:
            page = client.get(address)
            if page.status_code == 200:
                content = page.content.decode()
                seen += [(address, found) for found in JARGON.findall(content)]
                assert ('<nav class="site-nav"' in content, content.count("<h1>")) == (True, 1), address
    assert seen == []


def test_every_filter_of_a_list_works_and_no_other_comparison_breaks_it(settings):
    full_desk(settings, demonstration=True)
    client = superuser_client()
    followed, broken = 0, []
    for model, model_admin in record_site._registry.items():
        listed = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        links = {unescape(link) for link in re.findall(r'href="(\?[^"]+)"', client.get(listed).content.decode())}
        followed += len(links)
        broken += [link for link in links if client.get(listed + link).status_code != 200]
        field = model_admin.date_hierarchy or "pk"
        asked = [f"{field}__{lookup}={value}" for lookup in ("year", "day", "gte", "range") for value in UNHEARD_OF]
        broken += [one for one in asked if client.get(f"{listed}?{one}").status_code != 400]

    assert broken == []
    assert followed > 50


@pytest.mark.parametrize("sent", ["abc", "\0", "1\0", "1.5", "-1", "²", "9" * 20, "None"])
def test_a_reference_that_is_no_key_is_refused_on_every_form_that_suggests_rows(sent):
    client, suggesting = superuser_client(), []
    for model, model_admin in record_site._registry.items():
        form = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
        for name in model_admin.autocomplete_fields if client.get(form).status_code == 200 else ():
            errors = client.post(form, {name: sent}).context["adminform"].form.errors[name]
            refused = "Null characters are not allowed." if "\0" in sent else NO_CHOICE
            assert list(errors) == [refused]
            suggesting.append(f"{model.__name__}.{name}")

    assert sorted(suggesting) == [
        "Agreement.customer",
        "Agreement.supplier",
        "Amendment.agreement",
        "ComponentCount.site",
        "Site.agreement",
    ]


def test_a_row_that_was_chosen_is_there_when_its_form_comes_back():
    agreement = factories.agreement()

    page = client_of(ACCOUNT_MANAGER).post("/admin/sites/site/add/", {"agreement": agreement.pk}).content.decode()

    assert f'<option value="{agreement.pk}" selected>{agreement}</option>' in page


def test_after_save_one_stands_on_the_records_own_page():
    agreement = factories.agreement()
    manager = client_of(ACCOUNT_MANAGER)
    site = {"agreement": agreement.pk, "city": "Reno", "state": "NV", "in_service_on": "1998-10-01"}

    saved = manager.post("/admin/sites/site/add/", site, follow=True)
    reno = Site.objects.get()
    assert saved.redirect_chain == [(f"/sites/{reno.pk}/", 302)]
    assert "The site “Reno, NV” was added." in words(saved)
    count = {"site": reno.pk, "counted_on": "1999-07-01", "component_code": "GE", "quantity": "3", "source": ""}
    added = manager.post("/admin/sites/componentcount/add/", count)
    assert added.url == f"/sites/{reno.pk}/counts/GE/1999-07-01/"
    assert ComponentCount.objects.count() == 1
    assert manager.post("/admin/sites/site/add/", site | {"city": "Elko", "_addanother": "1"}).url == (
        "/admin/sites/site/add/"
    )
    form = f"/admin/contracts/agreement/{agreement.pk}/change/"
    page = manager.get(form)
    assert f'<a class="btn btn-outline-primary" href="/agreements/{agreement.pk}/">Agreement page</a>' in (
        page.content.decode()
    )


def test_after_save_of_a_record_without_a_page_one_stays_on_its_form():
    agreement = factories.agreement()
    party = {"legal_name": "KMC Telecom Inc.", "address": "Street 1", "aliases-TOTAL_FORMS": 0}
    address = f"/admin/contracts/party/{agreement.customer_id}/change/"

    saved = save(client_of(ACCOUNT_MANAGER), address, party | {"aliases-INITIAL_FORMS": 0}, follow=True)

    assert saved.redirect_chain == [(address, 302)]
    assert "The party “KMC Telecom Inc.” was changed." in words(saved)


def test_who_may_enter_records_and_not_see_their_pages_stands_on_the_index():
    role = Group.objects.create(name="Typist")
    role.permissions.set(Group.objects.get(name=DATA_ENTRY).permissions.filter(codename="add_site"))
    person = User.objects.create_user("typist")
    person.groups.add(role)
    client = Client()
    client.force_login(person)
    site = {"agreement": factories.agreement().pk, "city": "Reno", "in_service_on": "1998-10-01"}

    assert client.post("/admin/sites/site/add/", site).url == "/admin/"
    assert offered(client) == {"Sites and counts": ["Enter a site"]}


def test_a_draft_leads_to_its_invoice_page(settings):
    full_desk(settings, demonstration=False)
    invoice = Invoice.objects.order_by("pk").first()

    page = client_of(FINANCE).get(f"/admin/invoicing/invoice/{invoice.pk}/change/").content.decode()

    assert f'<a class="btn btn-outline-primary" href="/invoices/{invoice.pk}/">Invoice page</a>' in page


# ---- people ------------------------------------------------------------------------------------------------------


def person_form(**fields) -> dict:
    """What the browser posts for a person with one role."""
    role = Group.objects.get(name=FINANCE).pk
    names = {"username": "jdoe", "first_name": "Jane", "last_name": "Doe", "email": "jane@example.com"}
    return names | {"groups": [role], "is_active": "on"} | fields


def test_a_person_is_added_with_a_role_and_gets_in():
    root = superuser_client()
    passwords = {"password1": "a long first word", "password2": "a long first word"}

    saved = root.post("/admin/auth/user/add/", person_form(**passwords), follow=True)

    person = User.objects.get(username="jdoe")
    assert saved.redirect_chain == [(f"/admin/auth/user/{person.pk}/change/", 302)]
    assert "The person “jdoe” was added." in words(saved)
    assert (person.is_staff, person.is_superuser, person.email) == (False, False, "jane@example.com")
    client = Client()
    client.post("/login/", {"username": "jdoe", "password": "a long first word"})
    assert client.get("/admin/").status_code == 200


def test_a_person_is_managed_in_plain_words():
    root = superuser_client()
    person = User.objects.create_user("jdoe", first_name="Jane", last_name="Doe")
    page = root.get(f"/admin/auth/user/{person.pk}/change/")
    assert list(page.context["adminform"].form.fields) == [
        *("username", "first_name", "last_name", "email", "groups", "is_active", "is_superuser"),
    ]

    save(root, f"/admin/auth/user/{person.pk}/change/", person_form(is_active=""))
    person.refresh_from_db()
    assert (person.is_active, [role.name for role in person.groups.all()]) == (False, [FINANCE])
    listed = words(root.get("/admin/auth/user/"))
    assert "jdoe Jane Doe jane@example.com Finance No" in listed


def test_a_new_password_is_set_for_somebody_else():
    root = superuser_client()
    person = User.objects.create_user("jdoe", password="the first long word")
    address = f"/admin/auth/user/{person.pk}/password/"
    page = root.get(address)
    assert list(page.context["form"].fields) == ["new_password1", "new_password2"]

    passwords = {"new_password1": "another long word", "new_password2": "another long word"}
    done = root.post(address, passwords, follow=True)

    person.refresh_from_db()
    assert person.check_password("another long word")
    assert "The new password of jdoe is set. The old one no longer works." in words(done)
    assert "Set a new password." in words(root.get(f"/admin/auth/user/{person.pk}/history/"))


def test_only_an_administrator_makes_another_one():
    role = Group.objects.create(name="Personnel")
    client = client_of(FINANCE)
    role.permissions.set(root_permissions("view_user", "change_user", "add_user"))
    User.objects.get(username="finance").groups.add(role)
    person = User.objects.create_user("jdoe")

    save(client, f"/admin/auth/user/{person.pk}/change/", person_form(is_superuser="on"))

    person.refresh_from_db()
    assert (person.first_name, person.is_superuser) == ("Jane", False)
    root = User.objects.create_superuser("root")
    assert [client.get(f"/admin/auth/user/{one.pk}/password/").status_code for one in (person, root)] == [200, 403]


def root_permissions(*names: str):
    """Permissions about people, which no role has that comes with the software."""
    return Group.permissions.rel.model.objects.filter(codename__in=names, content_type__app_label="auth")


def test_a_role_is_made_of_boxes_in_plain_words():
    root = superuser_client()
    permission = root_permissions("view_user").get()

    page = root.get("/admin/auth/group/add/")
    root.post("/admin/auth/group/add/", {"name": "Personnel", "permissions": [permission.pk]})

    assert ["View person" in words(page), "log entry" in words(page)] == [True, False]
    assert [row.codename for row in Group.objects.get(name="Personnel").permissions.all()] == ["view_user"]
