"""The admin enters and inspects what happened: sites, counts, levels and reviews."""

from sites.admin import sites

__all__ = ["sites"]
