"""What is on file that the demonstration did not make: it is never played into the books of others.

After each day that it plays, the demonstration keeps how many rows of every model there are. What differs from that is
not its own, whoever recorded it and however; on a desk where it was never played, that is every row.
"""

from collections.abc import Iterator, Mapping

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Count, Max, Q, QuerySet, Value

from contracts.models import Agreement, Party
from invoicing.models import ClosedPeriods, InvoicePdf, PlayedDemonstration
from sites.models import LackingFigures, ReportPdf, Site

OURS = ("contracts", "sites", "invoicing")
NOT_COUNTED = {
    PlayedDemonstration: "the account itself",
    InvoicePdf: "made of a document that is counted, whenever its PDF is asked for",
    ReportPdf: "made of a report that is counted, whenever its PDF is asked for",
    ClosedPeriods: "computed of documents that are counted, and computed again when it was forgotten",
    LackingFigures: "computed of counts that are counted, and computed again when it was forgotten",
}
"""The models of which a row says nothing about who works on a desk, and why."""
NAMED_FIRST = (Agreement, Party, Site)


def counted_models() -> list[type[models.Model]]:
    """Return every model whose rows are counted: all of ours but the exceptions, and the log of what people did."""
    ours = [model for app in OURS for model in apps.get_app_config(app).get_models() if model not in NOT_COUNTED]
    return [*NAMED_FIRST, *(model for model in ours if model not in NAMED_FIRST), LogEntry]


def keep_account() -> None:
    """Keep what is on file now as what the demonstration has made."""
    PlayedDemonstration.objects.update_or_create(defaults={"rows": _rows()})


def is_loaded(number: str) -> bool:
    """Whether the demonstration of an agreement is on this desk, be it one that kept no account yet."""
    sites = Site.objects.filter(agreement__number=number, is_demonstration=True)
    return PlayedDemonstration.objects.exists() or sites.exists()


def added() -> list[str]:
    """Name what was added or removed since the demonstration was played last; all there is where it never was."""
    account = PlayedDemonstration.objects.first()
    before, now = account.rows if account else {}, _rows()
    changed = [
        model for model in counted_models() if now[model._meta.label] != before.get(model._meta.label, [0, None])
    ]
    return [_named(model, before, now) for model in changed] or list(_recorded_by_people())


def taken_names(people: frozenset[str]) -> list[str]:
    """Name the users on file who sign in under a name that the demonstration gives to one of its own."""
    return [f"the user {user.username}" for user in User.objects.filter(username__in=people).order_by("pk")]


def _rows() -> dict[str, list[int | None]]:
    """By model the number of rows and the highest key, in one query."""
    first, *others = (_counted(model) for model in counted_models())
    return {label: [number, highest] for label, number, highest in first.union(*others, all=True)}


def _counted(model: type[models.Model]) -> QuerySet:
    label = Value(model._meta.label, output_field=models.CharField())
    rows = _kept(model).order_by().values(label=label).annotate(number=Count("pk"), highest=Max("pk"))
    return rows.values_list("label", "number", "highest")


def _kept(model: type[models.Model]) -> QuerySet:
    """All rows of a model; of the log only what is said of our own rows."""
    rows = model._base_manager.all()
    return rows.filter(content_type__app_label__in=OURS) if model is LogEntry else rows


def _named(model: type[models.Model], before: Mapping, now: Mapping) -> str:
    """Say how many rows a model has gained, or lost; by name where one came."""
    (had, last), (has, _highest) = before.get(model._meta.label, [0, None]), now[model._meta.label]
    name, names = model._meta.verbose_name, model._meta.verbose_name_plural
    if has == had + 1:
        row = _kept(model).filter(pk__gt=last or 0).order_by("pk").last()
        return f"the {name} {row}" if row else f"1 {name}"
    return f"{abs(has - had) or 'some'} {names}"


def _recorded_by_people() -> Iterator[str]:
    """Count what somebody recorded in rows that were there; the demonstration's invented people have no password."""
    for model in counted_models():
        by = [field.name for field in model._meta.concrete_fields if field.related_model is User]
        recorded = Q(*((f"{name}__password__gt", "") for name in by), _connector=Q.OR)
        if by and (number := _kept(model).filter(recorded).count()):
            yield f"{number:,} {model._meta.verbose_name if number == 1 else model._meta.verbose_name_plural}"
