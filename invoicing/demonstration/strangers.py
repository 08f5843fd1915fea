"""What is on file that the demonstration did not make: it is never played into the books of others."""

from collections.abc import Iterator

from django.apps import apps
from django.contrib.auth.models import User
from django.db.models import Q

from contracts.models import Agreement, Party
from sites.models import ImportedFile, Site

OURS = ("contracts", "sites", "invoicing")


def strangers(number: str, *, people: frozenset[str]) -> list[str]:
    """Name what the demonstration of an agreement did not make, on a desk where it was never loaded."""
    if Site.objects.filter(agreement__number=number, is_demonstration=True).exists():
        return []
    found = [*(f"agreement {one.number}" for one in Agreement.objects.order_by("number"))]
    found = found or [str(party) for party in Party.objects.order_by("pk")]
    return found + [f"the user {user.username}" for user in User.objects.filter(username__in=people).order_by("pk")]


def added_since(number: str) -> list[str]:
    """Name what people have entered on a desk where the demonstration of an agreement was loaded."""
    found = [f"agreement {one.number}" for one in Agreement.objects.exclude(number=number).order_by("number")]
    found += [f"the site {site}" for site in Site.objects.filter(is_demonstration=False).order_by("pk")]
    found += [str(file) for file in ImportedFile.objects.order_by("pk")]
    return found or list(_recorded_by_people())


def _recorded_by_people() -> Iterator[str]:
    """Count what somebody recorded; the invented people of the demonstration have no password."""
    for model in (model for app in OURS for model in apps.get_app_config(app).get_models()):
        by = [field.name for field in model._meta.concrete_fields if field.related_model is User]
        recorded = Q(*((f"{name}__password__gt", "") for name in by), _connector=Q.OR)
        if by and (number := model._base_manager.filter(recorded).count()):
            yield f"{number:,} {model._meta.verbose_name if number == 1 else model._meta.verbose_name_plural}"
