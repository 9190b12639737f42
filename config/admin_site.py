"""The admin site: unfold's, under our name, with one navigation over all apps."""

from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest


class EndcapAdminConfig(AdminConfig):
    default_site = "unfold.sites.UnfoldAdminSite"


def sidebar_navigation(request: HttpRequest) -> list[dict[str, object]]:
    """Sections by user: what merchandisers, analysts and operators each work in."""
    from apps.common.admin_navigation import navigation_build

    return navigation_build(request)
