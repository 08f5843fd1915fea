"""Amounts are whole thousandths from here on, not whole hundredths: some currencies have three places."""

from django.db import migrations, models
from django.db.models import F

AMOUNTS = {
    "PriceSchedule": ("block_price", "hourly_price"),
    "ServiceLevel": ("annual_price", "integration_price"),
}


def scale(apps, by):
    for model, names in AMOUNTS.items():
        rows = apps.get_model("contracts", model)._base_manager
        rows.update(**{name: by(F(name)) for name in names})


def to_thousandths(apps, schema_editor):
    scale(apps, lambda amount: amount * 10)


def to_hundredths(apps, schema_editor):
    scale(apps, lambda amount: amount / 10)


class Migration(migrations.Migration):
    dependencies = [("contracts", "0003_lost_records")]
    operations = [
        migrations.AlterField("agreement", "currency", models.CharField(default="USD", max_length=3)),
        migrations.RunPython(to_thousandths, to_hundredths),
    ]
