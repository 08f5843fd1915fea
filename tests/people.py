"""People for tests: one user per role, and a browser that is signed in as one."""

from django.contrib.auth.models import Group, User
from django.test import Client

from people.roles import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER

__all__ = ["ACCOUNT_MANAGER", "DATA_ENTRY", "FINANCE", "VIEWER", "client_of", "superuser_client", "user_of"]


class Reader(Client):
    """A client that goes on, as a browser does, to what is answered to a form; `context` is that of the answer."""

    def post(self, path, data=None, *args, follow=False, **more):
        sent = super().post(path, data, *args, **more)
        if sent.status_code != 302:
            return sent
        if "answer=" in sent.headers["Location"]:
            shown = self.get(sent.headers["Location"])
            shown.context, shown.answered = sent.context, sent.headers["Location"]
            return shown
        return self._handle_redirects(sent, data=data or {}) if follow else sent


def user_of(role: str, *, username: str = "") -> User:
    """Somebody with one role, named after it unless told otherwise."""
    user = User.objects.create_user(username or role.lower().replace(" ", "-"))
    user.groups.add(Group.objects.get(name=role))
    return user


def client_of(role: str, *, username: str = "") -> Client:
    """A client signed in as somebody with one role."""
    return reader(user_of(role, username=username))


def superuser_client() -> Client:
    """A client signed in as somebody who may do everything."""
    return reader(User.objects.create_superuser("root"))


def reader(user: User) -> Client:
    """A client signed in as somebody."""
    client = Reader()
    client.force_login(user)
    return client
