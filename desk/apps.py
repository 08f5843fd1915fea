from django.apps import AppConfig


class DeskConfig(AppConfig):
    """The room people sit in: what waits for whom, and where things are found."""

    name = "desk"
    verbose_name = "Desk"
