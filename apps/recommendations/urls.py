from django.contrib import admin
from django.urls import path

from apps.recommendations.views.recommender import recommender_page

urlpatterns = [
    path(
        "recommendations/recommender/",
        admin.site.admin_view(recommender_page),
        name="recommendations-recommender",
    ),
]
