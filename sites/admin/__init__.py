"""The admin enters and inspects what happened: sites, counts, levels, reviews, hours and system integration."""

from sites.admin import hours, sites

__all__ = ["hours", "sites"]
