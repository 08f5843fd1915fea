from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0004_lines_name_their_charge")]

    operations = [
        migrations.AddField(
            model_name="invoice",
            name="chain_sha256",
            field=models.CharField(
                blank=True, default="", help_text="The digest of this document and of all before it.", max_length=64
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(("chain_sha256", ""), ("issued_on__isnull", False), _connector="OR"),
                name="invoice_chained_when_issued",
            ),
        ),
    ]
