from django.urls import URLPattern, path

from apps.events.api.sessions import SessionOf
from apps.events.api.views import events_ga4_post, events_post

urlpatterns: list[URLPattern] = [
    path("events", events_post, name="events"),
    path("events/ga4", events_ga4_post, name="events-ga4"),
    # A storefront's own name may hold anything, slashes too.
    path("sessions/<path:session_id>", SessionOf.as_view(), name="session"),
]
