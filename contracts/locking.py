"""The lock of an agreement: whoever changes, bills or reviews what happens under it takes this first."""

from contracts.models import Agreement


def locked_agreement(key: int) -> Agreement:
    """Lock an agreement, so that two events under it come one after the other, and bring its terms along."""
    Agreement.objects.select_for_update().get(pk=key)
    return Agreement.objects.with_terms().get(pk=key)
