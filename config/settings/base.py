"""What is the same everywhere. One small file per integration stands beside this one."""

from config.env import ROOT, VAR, database_parse, env_bool, env_int, env_list, env_str
from config.settings.integrations.celery import *
from config.settings.integrations.cors import *
from config.settings.integrations.csp import *
from config.settings.integrations.email import *
from config.settings.integrations.endcap import *
from config.settings.integrations.experiments import *
from config.settings.integrations.logging import *
from config.settings.integrations.personalisation import *
from config.settings.integrations.recommender import *
from config.settings.integrations.redis import *
from config.settings.integrations.relations import *
from config.settings.integrations.relevance import *
from config.settings.integrations.rest_framework import *
from config.settings.integrations.unfold import *

BASE_DIR = ROOT
VAR_DIR = VAR
DEBUG = False
SECRET_KEY = env_str("SECRET_KEY", "")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]"))
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")

# Ground floor last: the order is the plan of the house, read from below.
ENDCAP_APPS = [
    "apps.common",
    "apps.access",
    "apps.jobs",
    "apps.publishing",
    "apps.catalog",
    "apps.events",
    "apps.model_registry",
    "apps.embeddings",
    "apps.experiments",
    "apps.features",
    "apps.ranking_weights",
    "apps.merchandising",
    "apps.ranking",
    "apps.recommendations",
    "apps.search",
    "apps.explainability",
    "apps.shop",
    "apps.demo",
]

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "config.admin_site.EndcapAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "corsheaders",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "django_celery_beat",
    "django_prometheus",
    *ENDCAP_APPS,
]

MIDDLEWARE = [
    "apps.common.middleware.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "apps.common.middleware.ContentSecurityPolicyMiddleware",
    "apps.access.middleware.AddressMiddleware",
    "apps.access.lane.HotLaneMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    },
]

_database = database_parse(env_str("DATABASE_URL", "postgresql:///endcap"))
DATABASES: dict[str, dict[str, object]] = {
    "default": {
        **_database,
        # Kept open per thread; a broken one is closed by Django after its first error.
        "CONN_MAX_AGE": None if env_bool("DATABASE_PERSISTENT", default=True) else 0,
    },
}
DATABASES["default"]["OPTIONS"] = {
    **_database["OPTIONS"],
    "connect_timeout": env_int("DATABASE_CONNECT_TIMEOUT_S", 3),
    # A server that is cut off without a word is noticed, not waited for.
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "options": f"-c statement_timeout={env_int('DATABASE_STATEMENT_TIMEOUT_MS', 0)}",
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "access.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "apps.access.password_audit.PasswordChangeAudit"},
]
LOGIN_URL = "/admin/login/"
# A login page opened by itself leads to admin: there is no profile page.
LOGIN_REDIRECT_URL = "/admin/"

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = True
FORMAT_MODULE_PATH = ["config.formats"]
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = env_str("STATIC_ROOT", str(VAR / "static"))
STATICFILES_DIRS = [ROOT / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR / "media"

X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024 + 64 * 1024
PROMETHEUS_EXPORT_MIGRATIONS = False
