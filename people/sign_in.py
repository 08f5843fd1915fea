"""The door: where a visitor comes from, and how somebody leaves it on every machine."""

from ipaddress import ip_address

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """Return the address that a visitor comes from, as the last of our reverse proxies (setting PROXIES) has seen it.

    Each proxy adds an address to the end of X-Forwarded-For. What stands before those of ours a visitor may have
    written, and nobody reads it.
    """
    seen = request.META.get("REMOTE_ADDR", "")
    if settings.PROXIES:
        named = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        seen = named[-settings.PROXIES].strip() if len(named) >= settings.PROXIES else seen
    try:
        return str(ip_address(seen))
    except ValueError:
        return None


def end_sessions(user: User, *, but: str | None = None) -> int:
    """Sign a person out everywhere, but for the session with one key; return how many sessions ended."""
    mine = [
        session.pk
        for session in Session.objects.iterator()
        if session.pk != but and session.get_decoded().get(SESSION_KEY) == str(user.pk)
    ]
    Session.objects.filter(pk__in=mine).delete()
    return len(mine)
