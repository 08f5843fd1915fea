from django.apps import AppConfig
from django.db.models.signals import post_migrate

from people import roles


class PeopleConfig(AppConfig):
    """Who works here: roles and what each may do, the door, the own password."""

    name = "people"
    verbose_name = "People"

    def ready(self):
        """Give the roles their permissions after every migration, when all permissions exist."""
        post_migrate.connect(roles.after_migration, dispatch_uid="people.roles")
