"""Which permissions each group starts with, and which permission stands for which scope."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from apps.access.contracts import PUBLIC_SCOPES, Scope

MERCHANDISER = "merchandiser"
ANALYST = "analyst"
OPERATOR = "operator"

_WRITES = ("view", "add", "change", "import", "export", "submit", "publish", "rollback", "review")


def _all_of(app: str, verbs: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{app}.{verb}_*" for verb in verbs)


# Patterns over `app_label.codename`. Nobody but a superuser deletes, or touches people.
GROUP_PATTERNS: dict[str, tuple[str, ...]] = {
    MERCHANDISER: (
        *_all_of("catalog", _WRITES),
        *_all_of("ranking_weights", _WRITES),
        *_all_of("merchandising", _WRITES),
        *_all_of("recommendations", _WRITES),
        *_all_of("publishing", ("view",)),
        *_all_of("features", ("view",)),
        *_all_of("search", (*_WRITES, "preview")),
        *_all_of("explainability", (*_WRITES, "rate")),
        *_all_of("experiments", (*_WRITES, "start", "decide", "switch", "refresh")),
        "access.scope_search_read",
        "access.scope_recommendations_read",
        "access.scope_experiments_read",
        "access.scope_experiments_write",
        "access.scope_ranking_read",
        "access.scope_ranking_write",
        "access.scope_features_read",
    ),
    ANALYST: (
        *_all_of("catalog", ("view", "export")),
        *_all_of("events", ("view", "export")),
        *_all_of("ranking_weights", ("view",)),
        *_all_of("merchandising", ("view",)),
        *_all_of("recommendations", ("view",)),
        *_all_of("publishing", ("view",)),
        *_all_of("ranking", ("view",)),
        *_all_of("features", ("view",)),
        *_all_of("search", ("view", "preview")),
        # What is relevant is theirs to say as much as merchandisers'.
        *_all_of("explainability", (*_WRITES, "rate")),
        # Analysts define what is measured; what is tested is the merchandisers' to decide.
        *_all_of("experiments", ("view", "export", "refresh")),
        *(f"experiments.{verb}_metricversion" for verb in _WRITES),
        "access.scope_search_read",
        "access.scope_recommendations_read",
        "access.scope_experiments_read",
        "access.scope_ranking_read",
        "access.scope_features_read",
        "access.scope_sessions_read",
    ),
    OPERATOR: (
        "jobs.*",
        "model_registry.*",
        "django_celery_beat.*",
        *_all_of("embeddings", ("view",)),
        *_all_of("recommendations", ("view",)),
        *_all_of("features", ("view",)),
        *_all_of("events", ("view",)),
        "access.view_apikey",
        "access.add_apikey",
        "access.change_apikey",
        "access.*_iprule",
        "access.view_auditentry",
        "access.scope_ops",
        "access.scope_search_read",
    ),
}


# What a person of each group may put into a key. Whoever may make keys could else give themselves
# a key that writes rankings. Groups that make no keys grant nothing; superusers everything.
GRANTABLE: dict[str, tuple[Scope, ...]] = {
    OPERATOR: (
        *sorted(PUBLIC_SCOPES),
        Scope.FEATURES_READ,
        Scope.SESSIONS_READ,
        Scope.SESSIONS_WRITE,
        Scope.OPS,
    ),
}


def scopes_grantable(groups: Iterable[str]) -> frozenset[Scope]:
    """The scopes that a person of these groups may put into a key."""
    return frozenset(scope for group in groups for scope in GRANTABLE.get(group, ()))


def scope_codename(scope: Scope) -> str:
    """The permission that gives a person this scope: `search:read` → `scope_search_read`."""
    return f"scope_{scope.value.replace(':', '_')}"


def scopes_held(permissions: Iterable[str]) -> frozenset[Scope]:
    """The scopes among a person's permissions (`app_label.codename`)."""
    held = frozenset(permissions)
    return frozenset(scope for scope in Scope if f"access.{scope_codename(scope)}" in held)


def group_wants(group: str, permission: str) -> bool:
    """Whether `group` starts with `permission` (`app_label.codename`)."""
    return any(fnmatchcase(permission, pattern) for pattern in GROUP_PATTERNS[group])


def app_matters(app_label: str) -> bool:
    """Whether any group's patterns speak of this app at all."""
    prefix = f"{app_label}."
    return any(
        pattern.startswith(prefix) for patterns in GROUP_PATTERNS.values() for pattern in patterns
    )
