"""The demonstration sees every row that it did not make, whatever it is a row of."""

import json
from datetime import date
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models

from contracts.models import ChosenReading, ServiceLevel
from contracts.readings import QUESTIONS
from invoicing.demonstration.playing import play
from invoicing.demonstration.strangers import NOT_COUNTED, OURS, added, counted_models, keep_account
from invoicing.models import Invoice, PlayedDemonstration
from sites.models import ComparableChoice, ServiceChange, Site, StartingLevelChange
from tests.full_desk import ON, every_page

pytestmark = pytest.mark.django_db
DATA = Path(__file__).resolve().parents[3] / "data"


def plant(model: type[models.Model]) -> None:
    """Put a row of a model on file, with any value that its columns take."""
    row = model()
    for field in model._meta.concrete_fields:
        if field.primary_key or field.null or field.has_default():
            continue
        if field.is_relation:
            setattr(row, field.name, field.related_model._base_manager.last())
        elif isinstance(field, models.DateField):
            setattr(row, field.name, ON)
        elif not isinstance(field, models.BooleanField):
            setattr(row, field.name, field.choices[0][0] if field.choices else 1)
    if model is ComparableChoice:
        row.site, row.included = Site.objects.first(), True
    elif model is LogEntry:
        row.content_type = ContentType.objects.get_for_model(Site)
    elif model is ServiceChange:
        row.after = ON
    elif model is StartingLevelChange:
        row.after = ServiceLevel.objects.first()
    elif model is ChosenReading:
        row.question, row.choice = "level", QUESTIONS["level"].default.value
        row.applies_from = row.closed_on = ON
    model._base_manager.bulk_create([row])


@pytest.fixture
def _everything(settings, tmp_path) -> None:
    """At least one row of every model, most of them as they come to be."""
    every_page(settings, tmp_path)
    for model in counted_models():
        if not model._base_manager.exists():
            plant(model)


@pytest.mark.usefixtures("_everything")
def test_a_row_of_every_model_is_seen_where_nothing_was_played():
    models_seen = list(zip(counted_models(), added(), strict=True))

    assert [model for model, sentence in models_seen if not names(model, sentence)] == []


@pytest.mark.usefixtures("_everything")
def test_a_row_more_or_less_of_any_model_is_seen_where_the_demonstration_was_played():
    keep_account()
    account = PlayedDemonstration.objects.get()

    for model in counted_models():
        number, highest = account.rows[model._meta.label]
        for before in ([number - 1, highest - 1], [number + 1, highest + 1], [number, highest - 1]):
            PlayedDemonstration.objects.update(rows={**account.rows, model._meta.label: before})
            (sentence,) = added()
            assert names(model, sentence)


def names(model: type[models.Model], sentence: str) -> bool:
    """Whether a sentence says what was added by what a model is called."""
    return str(model._meta.verbose_name) in sentence or str(model._meta.verbose_name_plural) in sentence


def test_every_model_is_counted_or_has_a_reason_why_not():
    ours = {model for app in OURS for model in apps.get_app_config(app).get_models()}
    assert ours == (ours & set(counted_models())) | set(NOT_COUNTED)
    assert all(NOT_COUNTED.values())


def test_what_was_broken_off_is_played_on_and_nobody_has_added_anything():
    facts = {name: json.loads((DATA / f"{name}.json").read_text()) for name in ("reference", "demonstration")}
    events = play(**facts, until=date(1998, 12, 1))
    next(events)
    events.close()
    assert added() == []

    assert len(list(play(**facts, until=date(1998, 12, 1)))) == 3

    assert added() == []
    assert sorted(Invoice.objects.values_list("number_text", flat=True)) == ["INV-00001", "INV-00002"]
