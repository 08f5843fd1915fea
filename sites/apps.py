from django.apps import AppConfig


class SitesConfig(AppConfig):
    """What happened: sites, counts, reviews and charged levels."""

    name = "sites"
    verbose_name = "Sites"
