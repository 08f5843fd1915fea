from django.apps import AppConfig, apps
from django.core import checks

from contracts.printing import pdf
from contracts.sealing import guards
from contracts.sealing.guards import Seal


class ContractsConfig(AppConfig):
    """What was agreed."""

    name = "contracts"
    verbose_name = "Contracts"

    def ready(self):
        """Keep the guards of sealed rows in step with their tables, and check that PDFs can be made."""
        # People are deactivated, never deleted: with them would go the log of what they did, which nobody changes.
        apps.get_model("auth.User").add_to_class("seal", Seal(field=None, columns=("id",)))
        apps.get_model("admin.LogEntry").add_to_class("seal", Seal(field=None))
        guards.connect()
        checks.register(pdf.weasyprint_can_be_imported)
