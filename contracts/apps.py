from django.apps import AppConfig

from contracts import guards


class ContractsConfig(AppConfig):
    """What was agreed."""

    name = "contracts"
    verbose_name = "Contracts"

    def ready(self):
        """Keep the guards of sealed rows in step with their tables."""
        guards.connect()
