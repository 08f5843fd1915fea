"""Amounts are whole thousandths from here on, not whole hundredths: some currencies have three places."""

from django.db import migrations
from django.db.models import F

AMOUNTS = {
    "Invoice": ("total",),
    "InvoiceLine": ("annual_price", "unit_price", "amount"),
}


def scale(apps, by):
    for model, names in AMOUNTS.items():
        rows = apps.get_model("invoicing", model)._base_manager
        rows.update(**{name: by(F(name)) for name in names})


def to_thousandths(apps, schema_editor):
    scale(apps, lambda amount: amount * 10)


def to_hundredths(apps, schema_editor):
    scale(apps, lambda amount: amount / 10)


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0001_invoices")]
    operations = [migrations.RunPython(to_thousandths, to_hundredths)]
