from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models.signals import post_migrate


class InvoicingConfig(AppConfig):
    """What is owed: invoices and credit notes."""

    name = "invoicing"
    verbose_name = "Invoicing"

    def ready(self):
        post_migrate.connect(forget_closed_periods, sender=self)


def forget_closed_periods(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **kwargs) -> None:
    """Let the first run after an upgrade compute every annual period: a rule may be another one now."""
    noted = sender.get_model("ClosedPeriods")
    if noted._meta.db_table in connections[using].introspection.table_names():
        noted.objects.using(using).all().delete()
