"""Pages of explainability inside admin."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
