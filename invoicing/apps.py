from django.apps import AppConfig
from django.db.models.signals import post_migrate

from invoicing import roles


class InvoicingConfig(AppConfig):
    """What is owed: invoices and credit notes."""

    name = "invoicing"
    verbose_name = "Invoicing"

    def ready(self):
        """Give the roles their permissions after every migration, when all permissions exist."""
        post_migrate.connect(roles.after_migration, sender=self, dispatch_uid="invoicing.roles")
