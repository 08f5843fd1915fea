"""The door: who is stopped after how many failures, what is kept of them, the own password, and leaving."""

import logging
import zlib
from base64 import b64decode
from datetime import timedelta

import pytest
from axes.models import AccessAttempt, AccessFailureLog
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db.models import F
from django.test import Client

from people.answers import ANSWERS
from people.roles import FINANCE, VIEWER
from people.sign_in import client_address
from tests.people import client_of, superuser_client, user_of

pytestmark = pytest.mark.django_db

PASSWORD = "a long first word"
NEW = {"new_password1": "another long word", "new_password2": "another long word"}


@pytest.fixture
def viewer() -> User:
    user = user_of(VIEWER)
    user.set_password(PASSWORD)
    user.save()
    return user


def try_to_sign_in(password: str, *, times: int = 1, name: str = "viewer", address: str = "192.0.2.1", **headers):
    """Send the form of the sign-in page so often; return the last answer."""
    for _ in range(times):
        sent = {"username": name, "password": password}
        answer = Client().post("/login/", sent, REMOTE_ADDR=address, headers=headers)
    return answer


def test_ten_failures_stop_a_name_from_an_address_and_say_so(viewer):
    assert try_to_sign_in("wrong", times=9).status_code == 200
    stopped = try_to_sign_in("wrong")
    assert stopped.status_code == 429
    assert "There were 10 failed tries" in stopped.content.decode()
    assert "until 15 minutes after the last try" in stopped.content.decode()

    assert try_to_sign_in(PASSWORD).status_code == 429
    assert try_to_sign_in(PASSWORD, address="192.0.2.2").status_code == 302
    assert try_to_sign_in("wrong", name="somebody").status_code == 200

    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(minutes=16))
    assert try_to_sign_in(PASSWORD).status_code == 302


def test_a_success_ends_the_count(viewer):
    try_to_sign_in("wrong", times=9)
    try_to_sign_in(PASSWORD)

    assert try_to_sign_in("wrong", times=9).status_code == 200


def test_a_new_password_from_an_administrator_ends_the_wait(viewer):
    try_to_sign_in("wrong", times=10)

    superuser_client().post(f"/admin/auth/user/{viewer.pk}/password/", NEW)

    assert try_to_sign_in("another long word").status_code == 302


def test_failures_are_kept_listed_and_logged_without_the_password(viewer, caplog):
    with caplog.at_level(logging.WARNING, logger="axes"):
        try_to_sign_in("my-secret", times=11)

    assert list(AccessFailureLog.objects.values_list("username", "ip_address").distinct()) == [("viewer", "192.0.2.1")]
    assert AccessFailureLog.objects.count() == 11
    assert 'username: "viewer", ip_address: "192.0.2.1"' in caplog.text
    assert "my-secret" not in caplog.text + str(list(AccessAttempt.objects.values()))
    root = superuser_client()
    assert "192.0.2.1" in root.get("/admin/axes/accessfailurelog/").content.decode()
    assert "Look up failed sign-ins" in root.get("/admin/").content.decode()
    assert client_of(FINANCE).get("/admin/axes/accessfailurelog/").status_code == 403


def test_there_is_one_door():
    answer = Client().get("/admin/login/?next=/admin/sites/site/")

    assert answer.url == "/login/?next=/admin/sites/site/"
    assert Client().post("/admin/login/", {"username": "viewer", "password": "x"}).url == "/login/?next=/admin/"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        (2, "1.1.1.1, 203.0.113.9, 198.51.100.7", "203.0.113.9"),
        (1, "", None),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "unknown", None),
    ],
)
def test_behind_proxies_the_address_is_what_ours_have_seen(settings, rf, proxies, forwarded, address):
    settings.PROXIES = proxies
    request = rf.get("/", REMOTE_ADDR="192.0.2.1", headers={"X-Forwarded-For": forwarded})

    assert client_address(request) == address


def test_everybody_has_a_page_for_the_own_password(viewer):
    viewer.groups.clear()
    client, elsewhere = Client(), Client()
    client.force_login(viewer)
    elsewhere.force_login(viewer)
    assert "Change my password" in client.get("/password/").content.decode()

    done = client.post("/password/", {"old_password": PASSWORD, **NEW}, follow=True)

    viewer.refresh_from_db()
    assert viewer.check_password("another long word")
    assert "Your password is changed." in done.content.decode()
    assert elsewhere.get("/password/").status_code == 302


def test_wrong_old_passwords_count_as_failures(viewer):
    client = Client(REMOTE_ADDR="192.0.2.1")
    client.force_login(viewer)
    answers = [client.post("/password/", {"old_password": "wrong", **NEW}).status_code for _ in range(10)]

    assert answers == [302] * 9 + [429]
    assert client.post("/password/", {"old_password": PASSWORD, **NEW}).status_code == 429
    viewer.refresh_from_db()
    assert viewer.check_password(PASSWORD)


def test_what_is_wrong_with_a_password_has_an_address_and_keeps_nothing_that_was_typed(viewer):
    client = Client(REMOTE_ADDR="192.0.2.1")
    client.force_login(viewer)
    typed = {"old_password": "typed-for-old", "new_password1": "typed-for-new", "new_password2": "typed-again"}

    answer = client.post("/password/", typed)
    shown = client.get(answer.url).content.decode()

    assert answer.status_code == 302
    assert "Your old password was entered incorrectly" in shown
    assert not [each for each in typed.values() if each in shown]
    (kept,) = client.session[ANSWERS].values()
    assert zlib.decompress(b64decode(kept["page"])).decode() == shown
    assert "login" in Client().get(answer.url, follow=True).redirect_chain[-1][0]


def test_signing_out_everywhere_ends_every_session_of_one_person(viewer):
    here, elsewhere, other = Client(), Client(), client_of(FINANCE)
    for client in (here, elsewhere):
        client.force_login(viewer)
    assert here.get("/logout/everywhere/").status_code == 405

    done = here.post("/logout/everywhere/", follow=True)

    assert "You are signed out everywhere." in done.content.decode()
    assert [client.get("/agreements/").status_code for client in (here, elsewhere, other)] == [302, 302, 200]


def test_whoever_may_no_longer_sign_in_is_out_at_once(viewer):
    client = Client()
    client.force_login(viewer)
    User.objects.filter(pk=viewer.pk).update(is_active=False)

    assert client.get("/agreements/").status_code == 302
    assert try_to_sign_in(PASSWORD).status_code == 200


# ---- people and what they did ------------------------------------------------------------------------------------


def test_a_person_is_never_deleted_and_neither_is_what_the_person_did(viewer):
    root = superuser_client()
    LogEntry.objects.log_actions(viewer.pk, [viewer], 2, "Did something.", single_object=True)
    page = root.get(f"/admin/auth/user/{viewer.pk}/change/").content.decode()

    assert "May sign in" in page
    assert "/delete/" not in page
    assert root.post(f"/admin/auth/user/{viewer.pk}/delete/", {"post": "yes"}).status_code == 403
    for deletion in (viewer.delete, LogEntry.objects.all().delete, lambda: LogEntry.objects.update(change_message="")):
        with pytest.raises(IntegrityError), transaction.atomic():
            deletion()
    assert LogEntry.objects.get().get_change_message() == "Did something."


def test_a_role_of_the_software_is_fixed_and_says_so():
    root, role = superuser_client(), Group.objects.get(name=FINANCE)
    page = root.get(f"/admin/auth/group/{role.pk}/change/").content.decode()

    assert "This role comes with the software and stays as it is." in page
    assert 'name="_save"' not in page
    assert root.post(f"/admin/auth/group/{role.pk}/change/", {"name": "X"}).status_code == 403
    assert root.post(f"/admin/auth/group/{role.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_role_of_ones_own_survives_an_update():
    root = superuser_client()
    permission = Group.objects.get(name=FINANCE).permissions.first()
    root.post("/admin/auth/group/add/", {"name": "Auditor", "permissions": [permission.pk]})

    call_command("migrate", verbosity=0)

    role = Group.objects.get(name="Auditor")
    assert list(role.permissions.all()) == [permission]
    assert 'name="_save"' in root.get(f"/admin/auth/group/{role.pk}/change/").content.decode()


def test_the_history_of_a_person_says_what_was_and_what_is(viewer):
    root, finance = superuser_client(), Group.objects.get(name=FINANCE)
    address = f"/admin/auth/user/{viewer.pk}"
    opened = root.get(f"{address}/change/").context["opened"]
    sent = {"username": "viewer", "groups": [finance.pk], "is_active": "on", "is_superuser": "on", "opened": opened}

    root.post(f"{address}/change/", sent)

    change = LogEntry.objects.get().get_change_message()
    assert change == "Changed Roles from Viewer to Finance and Administrator from not selected to selected."
    assert change in root.get(f"{address}/history/").content.decode()
