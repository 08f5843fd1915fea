"""Filters of record lists that cost the same for ten records and for a million."""

from collections.abc import Iterable

from django.contrib import admin
from django.db.models import QuerySet

from contracts.pages.filters import agreements_meant


class OfAgreement(admin.ListFilter):
    """The records under the agreements whose number or party is typed; the page suggests them."""

    title = "agreement"
    template = "admin/agreement_filter.html"
    path = "agreement"
    """The foreign keys that lead from a record to its agreement."""

    def __init__(self, request, params, model, model_admin):
        super().__init__(request, params, model, model_admin)
        self.text = params.pop("agreement", [""])[-1].strip()
        self.used_parameters = {"agreement": self.text} if self.text else {}

    @classmethod
    def through(cls, path: str) -> type["OfAgreement"]:
        """Return the filter for records that other foreign keys lead to the agreement."""
        return type("OfAgreement", (cls,), {"path": path})

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str]:
        return ["agreement"]

    def queryset(self, request, queryset: QuerySet) -> QuerySet:
        """The records under the agreements that are meant."""
        if not self.text:
            return queryset
        return queryset.filter(**{f"{self.path}__in": agreements_meant(self.text).order_by().values("pk")})

    def choices(self, changelist) -> Iterable[dict]:
        """What was typed, and what else the list is filtered by."""
        others = {name: value for name, value in changelist.params.items() if name not in ("agreement", "p")}
        yield {"text": self.text, "others": others}


class NamedFilter(admin.SimpleListFilter):
    """The records with one of the names that stand in another table, so that the records are not read to list them."""

    def names(self) -> QuerySet:
        """Return the names to choose from."""
        raise NotImplementedError

    def lookups(self, request, model_admin):
        return [(name, name) for name in self.names().order_by().distinct()[:100]]

    def queryset(self, request, queryset: QuerySet) -> QuerySet:
        """The records with the name that is chosen."""
        return queryset.filter(**{self.parameter_name: self.value()}) if self.value() else queryset
