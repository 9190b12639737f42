"""Redis/Valkey: a cache, a broker and a buffer; losing it degrades, never breaks."""

from config.env import env_float, env_str

REDIS_URL = env_str("REDIS_URL", "redis://localhost:6379/0")
ENDCAP_REDIS_TIMEOUT_S = env_float("REDIS_TIMEOUT_S", 0.05)
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "endcap",
        "OPTIONS": {
            # django-redis pickles by default; nothing here may unpickle what Redis holds.
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",
            "IGNORE_EXCEPTIONS": True,
            "SOCKET_TIMEOUT": ENDCAP_REDIS_TIMEOUT_S,
            "SOCKET_CONNECT_TIMEOUT": ENDCAP_REDIS_TIMEOUT_S,
        },
    },
}
DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True
