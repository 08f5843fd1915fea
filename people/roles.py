"""The roles of the people who work here and what each may do; groups of these names are kept in step with this list."""

from django.apps import AppConfig, apps
from django.db import DEFAULT_DB_ALIAS

VIEWER = "Viewer"
ACCOUNT_MANAGER = "Account manager"
FINANCE = "Finance"
DATA_ENTRY = "Data entry"

_READ_SITES = (
    "contracts.view_agreement",
    "sites.view_site",
    "sites.view_componentcount",
    "sites.view_countchange",
    "sites.view_servicechange",
    "sites.view_blockpurchase",
    "sites.view_workentry",
    "sites.view_importedfile",
    "sites.view_monthlyreport",
)
_READ_PRICES = (
    *_READ_SITES,
    "contracts.view_party",
    "contracts.view_partyalias",
    "contracts.view_amendment",
    "contracts.view_priceschedule",
    "contracts.view_component",
    "contracts.view_servicelevel",
    "contracts.view_componentlimit",
    "contracts.view_includedservice",
    "contracts.view_hourservice",
    "contracts.view_chosenreading",
    "contracts.view_lostrecord",
    "sites.view_chargedlevel",
    "sites.view_startinglevelchange",
    "sites.view_leveldecision",
    "sites.view_renewalreview",
    "sites.view_reviewline",
    "sites.view_integrationorder",
    "sites.view_quotation",
    "invoicing.view_invoice",
    "invoicing.view_invoiceline",
    "invoicing.view_waiver",
)
_ENTER_SITES = (
    "sites.add_site",
    "sites.change_site",
    "sites.add_componentcount",
    "sites.change_componentcount",
    "sites.enter_work",
    "sites.undo_import",
)
_ENTER_AGREEMENTS = tuple(
    f"contracts.{action}_{model}"
    for model in (
        "party",
        "partyalias",
        "agreement",
        "amendment",
        "priceschedule",
        "chosenreading",
    )
    for action in ("add", "change", "delete")
)

ROLES = {
    VIEWER: _READ_PRICES,
    ACCOUNT_MANAGER: (
        *_READ_PRICES,
        *_ENTER_SITES,
        *_ENTER_AGREEMENTS,
        "contracts.execute_agreement",
        "contracts.change_reading",
        "sites.end_service",
        "sites.add_chargedlevel",
        "sites.change_chargedlevel",
        "sites.add_leveldecision",
        "sites.issue_report",
        "sites.acknowledge_report",
        "sites.open_review",
        "sites.agree_review",
        "sites.change_renewalreview",
        "sites.view_internal_review",
        "sites.buy_blocks",
        "sites.reverse_hours",
        "sites.order_integration",
        "sites.complete_integration",
        "invoicing.waive_charge",
    ),
    FINANCE: (
        *_READ_PRICES,
        "invoicing.draft_invoice",
        "invoicing.issue_invoice",
        "invoicing.credit_invoice",
        "contracts.add_lostrecord",
        "invoicing.waive_charge",
    ),
    DATA_ENTRY: (*_READ_SITES, *_ENTER_SITES),
}


def sync_roles(using: str = DEFAULT_DB_ALIAS) -> None:
    """Make one group per role with exactly its permissions. Raises LookupError for a permission that does not exist."""
    groups = apps.get_model("auth", "Group").objects.using(using)
    permissions = apps.get_model("auth", "Permission").objects.using(using).select_related("content_type")
    known = {f"{permission.content_type.app_label}.{permission.codename}": permission for permission in permissions}
    for role, names in ROLES.items():
        missing = [name for name in names if name not in known]
        if missing:
            raise LookupError(f"The role {role} names unknown permissions: {', '.join(missing)}.")
        group, _created = groups.get_or_create(name=role)
        group.permissions.set([known[name] for name in names])


def after_migration(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **kwargs) -> None:
    """Receive Django's post_migrate: after that of the last app all permissions are there that the roles name."""
    if sender == [app for app in apps.get_app_configs() if app.models_module][-1]:
        sync_roles(using)
