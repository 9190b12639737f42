"""django-unfold: the look of admin. Its navigation is put together in config/admin_site.py."""

from django.templatetags.static import static

UNFOLD = {
    "SITE_TITLE": "Endcap",
    "SITE_HEADER": "Endcap",
    "SITE_SYMBOL": "storefront",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda _request: static("shop/icon.svg"),
        },
    ],
    "DASHBOARD_CALLBACK": "apps.common.admin_dashboard.dashboard_context",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": "config.admin_site.sidebar_navigation",
    },
}
