from django.urls import path

from apps.shop.views import cart, product, search

urlpatterns = [
    path("", search.search_page, name="shop-search"),
    path("c/<path:category>", search.search_page, name="shop-category"),
    path("p/<str:product_id>", product.product_page, name="shop-product"),
    path("img/<str:product_id>.svg", product.picture, name="shop-picture"),
    path("cart", cart.cart_page, name="shop-cart"),
    path("cart/add", cart.cart_add, name="shop-cart-add"),
    path("cart/remove", cart.cart_remove, name="shop-cart-remove"),
    path("cart/buy", cart.cart_buy, name="shop-cart-buy"),
]
