from django.urls import path

from apps.recommendations.api.views import recommendations

urlpatterns = [
    path("recommendations", recommendations, name="recommendations"),
]
