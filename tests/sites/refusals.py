"""What a refusal says, and that it left every row of sites as it was."""

import pytest
from django.apps import apps

from sites.refusals import CannotRecord


def stored() -> dict[str, list[tuple]]:
    """Every row of sites, which a refusal and a page that is only read must leave as it is."""
    models = apps.get_app_config("sites").get_models()
    return {model.__name__: sorted(model.objects.values_list(), key=repr) for model in models}


def refused(call, *args, **kwargs) -> list[tuple[str, str]]:
    """Return place and sentence of every error of a call, which must be refused and store nothing."""
    before = stored()
    with pytest.raises(CannotRecord) as caught:
        call(*args, **kwargs)
    assert stored() == before
    return [(error.place, error.message) for error in caught.value.refused]
