from django.apps import AppConfig
from django.core import checks

from contracts.printing import pdf
from contracts.sealing import guards


class ContractsConfig(AppConfig):
    """What was agreed."""

    name = "contracts"
    verbose_name = "Contracts"

    def ready(self):
        """Keep the guards of sealed rows in step with their tables, and check that PDFs can be made."""
        guards.connect()
        checks.register(pdf.weasyprint_can_be_imported)
