from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0003_fill_shares")]

    operations = [
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "charge")),
                fields=("block_purchase",),
                name="invoice_line_block_purchase_once",
                violation_error_message="This charge is billed already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "charge")),
                fields=("work_entry",),
                name="invoice_line_work_entry_once",
                violation_error_message="This charge is billed already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "charge")),
                fields=("integration_order",),
                name="invoice_line_integration_order_once",
                violation_error_message="This charge is billed already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("block_purchase", None),
                        ("charge", "annual"),
                        ("integration_order", None),
                        ("site__isnull", False),
                        ("work_entry", None),
                        models.Q(
                            ("kind", "instalment"),
                            models.Q(("kind__in", ["adjustment", "credit"]), ("shares__isnull", False)),
                            _connector="OR",
                        ),
                    ),
                    models.Q(
                        models.Q(("kind", "instalment"), _negated=True),
                        models.Q(
                            models.Q(
                                ("block_purchase__isnull", False),
                                ("charge", "block"),
                                ("integration_order", None),
                                ("site", None),
                                ("work_entry", None),
                            ),
                            models.Q(
                                ("block_purchase", None),
                                ("charge", "hours"),
                                ("integration_order", None),
                                ("site__isnull", False),
                                ("work_entry__isnull", False),
                            ),
                            models.Q(
                                ("block_purchase", None),
                                ("charge", "integration"),
                                ("integration_order__isnull", False),
                                ("site__isnull", False),
                                ("work_entry", None),
                            ),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="invoice_line_names_its_charge",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("credits__isnull", False), ("kind", "credit")),
                    models.Q(models.Q(("kind", "credit"), _negated=True), ("credits", None)),
                    _connector="OR",
                ),
                name="invoice_line_credits_a_line",
            ),
        ),
    ]
