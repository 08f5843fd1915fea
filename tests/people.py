"""People for tests: one user per role, and a browser that is signed in as one."""

from django.contrib.auth.models import Group, User
from django.test import Client

from people.roles import ACCOUNT_MANAGER, DATA_ENTRY, FINANCE, VIEWER

__all__ = ["ACCOUNT_MANAGER", "DATA_ENTRY", "FINANCE", "VIEWER", "client_of", "superuser_client", "user_of"]


def user_of(role: str) -> User:
    """Somebody with one role."""
    user = User.objects.create_user(role.lower().replace(" ", "-"))
    user.groups.add(Group.objects.get(name=role))
    return user


def client_of(role: str) -> Client:
    """A client signed in as somebody with one role."""
    client = Client()
    client.force_login(user_of(role))
    return client


def superuser_client() -> Client:
    """A client signed in as somebody who may do everything."""
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client
