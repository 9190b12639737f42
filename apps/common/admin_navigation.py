"""Admin's sidebar: each app registers its entries in `AppConfig.ready()`."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

SECTIONS = ("Merchandising", "Catalogue", "Analysis", "Operations", "Access")


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """One line of the sidebar.

    Attributes:
        section: one of SECTIONS.
        title: what it reads.
        icon: a Material Symbols name.
        url_name: a named URL without arguments.
        permission: shown only to users who hold it.
        rank: order inside its section.
    """

    section: str
    title: str
    icon: str
    url_name: str
    permission: str
    rank: int = 100


_entries: list[NavigationEntry] = []


def navigation_register(*entries: NavigationEntry) -> None:
    _entries.extend(entries)


def navigation_build(request: HttpRequest) -> list[dict[str, object]]:
    """The sections of this person's sidebar; at most one line is the active one."""
    sections: list[dict[str, object]] = []
    lines = [
        (entry, reverse(entry.url_name))
        for entry in sorted(_entries, key=lambda entry: (entry.rank, entry.title))
        if request.user.has_perm(entry.permission)
    ]
    # The theme would light up every link that occurs anywhere in the path.
    within = [link for _, link in lines if request.path.startswith(link)]
    here = max(within, key=len, default="")
    for section in SECTIONS:
        items = [
            {"title": entry.title, "icon": entry.icon, "link": link, "active": link == here}
            for entry, link in lines
            if entry.section == section
        ]
        if items:
            sections.append({"title": section, "separator": True, "items": items})
    return sections
