"""Say of every adjustment and credit line on file to which instalments its amount belongs, and which line it credits.

Lines made before did not say so. A credit belongs where its line belongs; an adjustment counts for the last instalment
it was calculated for, or, where nothing was due any more, for those it took back: what was billed for a site and annual
period stays the same sum.
"""

from django.db import migrations


def fill(apps, schema_editor):
    lines = apps.get_model("invoicing", "InvoiceLine").objects
    for line in lines.filter(kind="adjustment", shares__isnull=True).order_by("pk").iterator():
        line.shares = _taken_back(lines, line) or [[_last_instalment(lines, line), _text(line.amount)]]
        line.save(update_fields=["shares"])
    for line in lines.filter(kind="credit", credits=None).order_by("pk").iterator():
        credited = lines.get(invoice__number_text=line.inputs["document"], position=line.position)
        number = credited.instalment or credited.shares[-1][0]
        line.credits, line.shares = credited, [[number, _text(line.amount)]]
        line.save(update_fields=["credits", "shares"])


def _taken_back(lines, adjustment):
    """Where nothing was due any more, the amount belongs to the instalments as they had been billed."""
    billed = lines.filter(kind="instalment", site=adjustment.site, period_number=adjustment.period_number)
    billed = billed.filter(invoice__number_text__in=adjustment.inputs["documents"]).order_by("instalment")
    taken = [[line.instalment, _text(-line.amount)] for line in billed]
    whole = not adjustment.inputs["charges"] and sum(line.amount for line in billed) == -adjustment.amount
    return taken if whole else None


def _last_instalment(lines, adjustment):
    calculated = [charge["instalment"] for charge in adjustment.inputs["charges"]]
    if calculated:
        return max(calculated)
    billed = lines.filter(kind="instalment", site=adjustment.site, period_number=adjustment.period_number)
    return max(billed.values_list("instalment", flat=True))


def _text(cents):
    """Whole cents as the text of an amount; the column is a plain number here."""
    sign, whole = ("-" if cents < 0 else ""), abs(cents)
    return f"{sign}{whole // 100}.{whole % 100:02}"


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0002_every_charge")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
