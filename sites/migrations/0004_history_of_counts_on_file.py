"""Give every count on file the first entry of its history. When it was entered is known by the day only."""

from django.db import migrations, models

BATCH = 5000


def begin_histories(apps, schema_editor):
    """Copy what is known of each figure. Figures that have a history are left out, so that this is safe to repeat."""
    counts = apps.get_model("sites", "ComponentCount").objects.using(schema_editor.connection.alias)
    changes = apps.get_model("sites", "CountChange")
    begun = changes.objects.using(schema_editor.connection.alias).filter(
        site=models.OuterRef("site"),
        component_code=models.OuterRef("component_code"),
        counted_on=models.OuterRef("counted_on"),
    )
    rows = []
    for count in counts.filter(~models.Exists(begun)).order_by("pk").iterator(chunk_size=BATCH):
        rows.append(
            changes(
                site_id=count.site_id,
                component_code=count.component_code,
                counted_on=count.counted_on,
                after=count.quantity,
                source=count.source,
                recorded_on=count.recorded_on,
                recorded_by_id=count.recorded_by_id,
            )
        )
    changes.objects.using(schema_editor.connection.alias).bulk_create(rows, batch_size=BATCH)


class Migration(migrations.Migration):
    dependencies = [("sites", "0003_count_history_and_monthly_reports")]

    operations = [
        migrations.RunPython(begin_histories, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="countchange",
            name="recorded_at",
            field=models.DateTimeField(auto_now_add=True, null=True),
        ),
    ]
