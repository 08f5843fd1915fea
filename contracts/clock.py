"""The business date: today in the company's time zone, or the date set for a demonstration."""

from datetime import date

from django.conf import settings
from django.utils import timezone


def business_date() -> date:
    """Return the day on which the software works; views, admin and commands read it and pass it down as `on`."""
    return settings.BUSINESS_DATE or timezone.localdate()
