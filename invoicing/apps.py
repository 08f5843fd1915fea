from django.apps import AppConfig


class InvoicingConfig(AppConfig):
    """What is owed: invoices and credit notes."""

    name = "invoicing"
    verbose_name = "Invoicing"
