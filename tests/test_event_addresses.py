"""What is answered to a form of an event, a run, the month grid, an import, a record or a password has an address."""

import pytest
from django.apps import apps
from django.contrib.admin import site as record_site
from django.contrib.auth.models import Group, User
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import get_resolver, reverse

from contracts.periods import Month
from people.answers import ANSWERS, MOST_ANSWERS, AnswersByAddress
from tests import factories
from tests.full_desk import ON, every_page
from tests.people import superuser_client
from tests.reading import words
from tests.test_older_tabs import form_of

pytestmark = pytest.mark.django_db
ONLY_SENT = {"sites:report_unmark"}
"""Forms on the page of another event: they have no page of their own to open."""


def registry() -> set[str]:
    """The names of all pages that keep their answers."""
    found = set()
    for app in get_resolver().url_patterns:
        for pattern in getattr(app, "url_patterns", ()):
            if issubclass(getattr(pattern.callback, "view_class", object), AnswersByAddress):
                found.add(f"{app.app_name}:{pattern.name}" if app.app_name else pattern.name)
    return found


def rows() -> dict[str, int]:
    """How many rows of ours there are, table by table."""
    return {
        model._meta.label: model._default_manager.count()
        for model in apps.get_models()
        if model._meta.app_label in ("contracts", "sites", "invoicing")
    }


def test_no_event_answers_a_form_in_place(settings, tmp_path):
    """Send each form empty and as it was opened: errors have an address, and so has what was done."""
    arguments = every_page(settings, tmp_path)
    arguments["sites:report_unmark"] = arguments["sites:report_missing"]
    arguments["contracts:amendment_withdraw"] = arguments["contracts:amendment_sign"]
    for name in ("copy", "discard"):
        arguments[f"contracts:amendment_{name}_schedule"] = arguments["contracts:amendment_schedule"]
    more = {
        "sites:month_grid": {f"{arguments['sites:site_detail'][0]}.GE": "x"},
        "sites:import": {"file": ContentFile(b"site,date,GE\nReno,1999-07-31,11\n", "counts.csv")},
        "sites:hours_import": {"file": ContentFile(b"", "empty.csv")},
    }
    signed_in, outcomes = superuser_client(), {}
    assert registry() <= arguments.keys()

    for name in sorted(registry()):
        address = reverse(name, args=arguments[name])
        client, outcomes[name] = Client(), set()
        client.cookies = signed_in.cookies
        for sent in ({}, {} if name in ONLY_SENT else more.get(name) or opened(client, address)):
            with transaction.atomic():
                page = reverse("sites:report_missing", args=arguments[name]) if name in ONLY_SENT else address
                outcomes[name].add(follow(client, address, sent, page))
                transaction.set_rollback(True)

    assert [outcomes[name] for name in ("sites:month_grid", "sites:import")] == [{"told", "led on"}] * 2
    told = {name for name, said in outcomes.items() if "told" in said}
    led_on = {name for name, said in outcomes.items() if "led on" in said}
    assert told >= {"invoicing:invoice_credit", "invoicing:run", "sites:hours_buy", "contracts:amendment_schedule"}
    assert outcomes["password_change"] == {"told"}
    assert led_on >= {"invoicing:invoice_issue", "invoicing:run", "sites:review_refresh", "contracts:amendment_discard"}
    assert told | led_on == registry()


def opened(client: Client, address: str) -> dict:
    """What the form of a page sends as it was opened."""
    form = (client.get(address).context or {}).get("form")
    fields = getattr(form, "fields", {})
    values = {name: form[name].value() for name in fields}
    return {name: value for name, value in values.items() if value not in (None, "", False)}


def follow(client: Client, address: str, sent: dict, page: str) -> str:
    """Send a form; look at the answer, reload it, go back to its page and come again. Return what became of it."""
    before = rows()
    answer = client.post(address, sent)
    assert answer.status_code == 302, address
    shown = answer.headers["Location"]
    after = rows()
    pages = [client.get(each, follow=True) for each in (shown, shown, page, shown)]
    assert rows() == after, address
    if "answer=" not in shown:
        assert [page.status_code for page in pages[:2]] == [200, 200], address
        assert pages[2].status_code in (200, 404), address  # what was discarded has no page any more
        return "led on"
    assert after == before, address
    assert [page.status_code for page in pages] == [200] * 4, address
    assert pages[0].content == pages[1].content == pages[3].content, address
    assert pages[0].redirect_chain == [], address
    return "told"


def test_no_form_of_a_record_answers_in_place(settings, tmp_path):
    """Send each form of the record pages empty and as it was opened: errors have an address, as what was saved has."""
    every_page(settings, tmp_path)
    Group.objects.create(name="Auditors")
    signed_in, outcomes, pages = superuser_client(), {}, {}
    for model, shown in sorted(record_site._registry.items(), key=lambda item: item[0]._meta.label):
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        pages[name, "add"] = reverse(f"admin:{name}_add")
        for row in shown.get_queryset(RequestFactory().get("/")).order_by("-pk")[:2]:
            pages[name, "change", row.pk] = reverse(f"admin:{name}_change", args=[row.pk])
            pages[name, "delete", row.pk] = reverse(f"admin:{name}_delete", args=[row.pk])
    pages["auth_user", "password"] = reverse("admin:auth_user_password_change", args=[User.objects.first().pk])

    for place, address in pages.items():
        client = Client()
        client.cookies = signed_in.cookies
        page = client.get(address)
        if page.status_code == 403 or not page.context.get(f"has_{place[1]}_permission", True):
            continue
        form = form_of(page)
        for sent in ({}, form):
            with transaction.atomic():
                outcomes.setdefault(place[:2], set()).add(follow(client, address, sent, address))
                transaction.set_rollback(True)

    deleted = {subject for subject, what in outcomes if what == "delete"}
    assert deleted == {"contracts_agreement", "contracts_party", "sites_site", "auth_group"}
    assert {place for place, said in outcomes.items() if place[1] != "delete" and "told" not in said} == set()
    assert {subject for subject, what in outcomes if "led on" in outcomes[subject, what]} >= {"auth_user", "sites_site"}
    entered = {"agreement", "amendment", "party"}
    assert {subject for subject, what in outcomes if what == "change"} >= {f"contracts_{name}" for name in entered}
    assert ("auth_user", "password") in outcomes


def test_an_answer_is_its_senders_and_only_the_last_ones_are_kept(settings, tmp_path):
    arguments = every_page(settings, tmp_path)
    client, other = superuser_client(), Client()
    names = ("sites:hours_buy", "sites:hours_enter", "sites:service_end", "invoicing:invoice_credit")
    addresses = [reverse(name, args=arguments[name]) for name in names]

    answers = [client.post(address, {}).answered for address in addresses]

    assert [client.get(answer).status_code for answer in answers] == [302, *[200] * MOST_ANSWERS]
    assert client.get(answers[0]).headers["Location"] == addresses[0]
    assert "login" in other.get(answers[1]).headers["Location"]


def test_a_month_of_many_sites_is_kept_packed(settings, tmp_path):
    settings.BUSINESS_DATE = ON
    agreement = factories.agreement()
    sites = factories.sites(agreement, 60)
    client = superuser_client()

    shown = client.post(reverse("sites:month_grid", args=[agreement.pk, Month(1999, 7)]), {f"{sites[9].pk}.GE": "x"})

    (kept,) = client.session[ANSWERS].values()
    assert "Nothing was saved. Rows to look at: 1." in words(shown)
    assert len(kept["page"]) * 10 < len(shown.content)
