"""What every page shows besides its own content."""

from django.conf import settings
from django.http import HttpRequest

from contracts.clock import business_date as date_of_business


def business_date(request: HttpRequest) -> dict:
    """Give templates the business date, and whether somebody has set it to another day than today."""
    return {"business_date": date_of_business(), "business_date_is_set": bool(settings.BUSINESS_DATE)}
