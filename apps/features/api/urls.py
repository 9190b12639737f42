from django.urls import path

from apps.features.api.schema import schema_register
from apps.features.api.views import (
    features_batch,
    features_list,
    features_of_product,
    features_of_user,
    features_one,
)

schema_register()

urlpatterns = [
    path("features", features_list, name="features"),
    path("features:batch", features_batch, name="features-batch"),
    # Product and user ids are the shop's own: they may hold slashes.
    path("features/products/<path:product_id>", features_of_product, name="features-product"),
    path("features/users/<path:user_id>", features_of_user, name="features-user"),
    path("features/<str:name>", features_one, name="features-one"),
]
