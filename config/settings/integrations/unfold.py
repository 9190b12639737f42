"""django-unfold: the look of admin. Its navigation is put together in config/admin_site.py."""

UNFOLD = {
    "SITE_TITLE": "Endcap",
    "SITE_HEADER": "Endcap",
    "SITE_SYMBOL": "storefront",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": "config.admin_site.sidebar_navigation",
    },
}
