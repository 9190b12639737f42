"""Django looks for admin classes here; they stand by concern in the files beside it."""

from apps.access.admin_keys import ApiKeyAdmin
from apps.access.admin_log import AuditEntryAdmin
from apps.access.admin_people import GroupAdmin, IpRuleAdmin, UserAdmin

__all__ = ["ApiKeyAdmin", "AuditEntryAdmin", "GroupAdmin", "IpRuleAdmin", "UserAdmin"]
