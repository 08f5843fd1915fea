"""Close the readings of executed agreements: from now on another reading is a row of its own, from its own day."""

from django.db import migrations
from django.db.models import OuterRef, Subquery


def close(apps, schema_editor):
    agreements = apps.get_model("contracts", "Agreement").objects.filter(pk=OuterRef("agreement"))
    readings = apps.get_model("contracts", "ChosenReading").objects.filter(closed_on=None)
    readings.filter(agreement__executed_on__isnull=False).update(
        closed_on=Subquery(agreements.values("executed_on")[:1])
    )


class Migration(migrations.Migration):
    dependencies = [("contracts", "0002_hour_services_and_readings_by_date")]

    operations = [migrations.RunPython(close, migrations.RunPython.noop)]
