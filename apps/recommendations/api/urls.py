from django.urls import path

from apps.recommendations.api.similar import similar
from apps.recommendations.api.views import recommendations

urlpatterns = [
    path("recommendations", recommendations, name="recommendations"),
    path("products/<str:product_id>/similar", similar, name="similar_products"),
]
