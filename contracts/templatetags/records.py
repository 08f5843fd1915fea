"""What record pages say in words where Django's admin draws a picture."""

import re

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

PICTURE = re.compile(r'<img src="[^"]*/icon-(yes|no|unknown)\.svg" alt="[^"]*">')
WORDS = {"yes": "Yes", "no": "No", "unknown": "–"}


@register.filter
def in_words(html: SafeString) -> SafeString:
    """Write Yes and No instead of the green and red pictures in a cell or a field of the admin."""
    return mark_safe(PICTURE.sub(lambda found: WORDS[found[1]], html)) if isinstance(html, SafeString) else html


@register.filter
def chosen(choices: list[dict]) -> str:
    """Name the choice of a filter that is in force."""
    return next((str(choice["display"]) for choice in choices if choice["selected"]), "All")
