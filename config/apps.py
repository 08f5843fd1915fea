from django.contrib.admin.apps import AdminConfig


class RecordPages(AdminConfig):
    """Django's admin with our site: its door, its index and its texts."""

    default_site = "config.records.RecordSite"
