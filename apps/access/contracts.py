"""Who may call, with what, how often: what crosses the boundary of access."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

from apps.common.contracts import RedisCommand

IpNetwork = IPv4Network | IPv6Network


class Scope(StrEnum):
    """What a route asks for and a key holds."""

    SEARCH_READ = "search:read"
    EVENTS_WRITE = "events:write"
    RECOMMENDATIONS_READ = "recommendations:read"
    EXPERIMENTS_READ = "experiments:read"
    EXPERIMENTS_ASSIGN = "experiments:assign"
    EXPERIMENTS_WRITE = "experiments:write"
    RANKING_READ = "ranking:read"
    RANKING_WRITE = "ranking:write"
    FEATURES_READ = "features:read"
    SESSIONS_READ = "sessions:read"
    SESSIONS_WRITE = "sessions:write"
    OPS = "ops"


# A public key stands in a page's source: it may hold only what every shopper may do.
PUBLIC_SCOPES = frozenset(
    {
        Scope.SEARCH_READ,
        Scope.EVENTS_WRITE,
        Scope.RECOMMENDATIONS_READ,
        Scope.EXPERIMENTS_ASSIGN,
    }
)


class IpArea(StrEnum):
    """Which addresses of ours a rule of the IP list guards."""

    EVERYTHING = "everything"
    API = "api"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever a request was let in as: a key, or a person with an admin session.

    Attributes:
        key_id: the key's row; None for a person.
        prefix: the key's public half, for logs; empty for a person.
        name: the key's name or the person's username.
        scopes: what it may do.
        public: a storefront key, visible in a page's source.
        allowed_origins: origins that may use a public key, as `scheme://host[:port]`.
        rate_per_minute: requests allowed in a minute.
        user_id: the person's row; None for a key.
        made_by_id: of a key, the person who made it; None when a command did.
    """

    key_id: int | None
    prefix: str
    name: str
    scopes: frozenset[Scope]
    public: bool
    allowed_origins: tuple[str, ...]
    rate_per_minute: int
    user_id: int | None
    made_by_id: int | None = None

    @property
    def limit_id(self) -> str:
        """What the rate limit counts by."""
        return f"k{self.key_id}" if self.key_id is not None else f"u{self.user_id}"


@dataclass(frozen=True, slots=True)
class EdgeAsk:
    """What a route wants of Redis before it begins; it comes with the rate limit's round trip.

    Attributes:
        hashes: keys of hashes, read whole.
        command: one more command.
        beside: further commands, of whoever else has something to read for this request.
        meanwhile: work of the route's own that is done while Redis answers; it raises nothing.
    """

    hashes: Sequence[str] = ()
    command: RedisCommand | None = None
    beside: tuple[RedisCommand, ...] = ()
    meanwhile: Callable[[], object] | None = None


NOTHING_ASKED = EdgeAsk()


@dataclass(frozen=True, slots=True)
class EdgeFound:
    """What Redis answered.

    Attributes:
        hashes: by key; None when Redis did not answer.
        answer: to the command; None without one, and when Redis did not answer.
        beside: to the commands beside, in their order; empty when Redis did not answer.
    """

    hashes: Mapping[str, Mapping[str, str]] | None = field(default_factory=dict)
    answer: object = None
    beside: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class EdgeContext:
    """What the edge found out about a request that it let in.

    Attributes:
        principal: who calls.
        degraded: what was missing at the edge (`redis`: limits were kept in process).
        client_ip: the caller's address; None when it cannot be known.
        hashes: Redis hashes that the route asked for, read in the limit's round trip, by key;
            None when Redis did not answer.
        answer: to the command that the route asked for.
        beside: to the commands beside it, in their order; empty when Redis did not answer.
    """

    principal: Principal
    degraded: tuple[str, ...] = ()
    client_ip: str | None = None
    hashes: Mapping[str, Mapping[str, str]] | None = field(default_factory=dict)
    answer: object = None
    beside: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class NetworkRules:
    """An allow list and a deny list. Deny wins; an empty allow list allows everybody.

    Attributes:
        allowed: networks that may enter.
        denied: networks that may not, whatever `allowed` says.
    """

    allowed: tuple[IpNetwork, ...] = ()
    denied: tuple[IpNetwork, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One live key as every worker holds it in memory.

    Attributes:
        principal: who it lets in.
        secret_hash: SHA-256 of the secret, 32 bytes.
        expires_at: aware UTC; None never expires.
        networks: the key's own IP lists.
    """

    principal: Principal
    secret_hash: bytes
    expires_at: datetime | None
    networks: NetworkRules


@dataclass(frozen=True, slots=True)
class AccessSnapshot:
    """Every live key and every IP rule, immutable, swapped when `access:keys` moves.

    Attributes:
        keys: by prefix.
        origins: every origin that some live public key allows.
        areas: IP rules by the area they guard; EVERYTHING's are merged into the others.
    """

    keys: dict[str, KeyRecord] = field(default_factory=dict)
    origins: frozenset[str] = frozenset()
    areas: dict[IpArea, NetworkRules] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeySummary:
    """A key as commands and services return it; never its secret.

    Attributes:
        id: the row.
        name: what it is for.
        prefix: the public half.
        scopes: sorted.
        public: a storefront key.
        expires_at: aware UTC; None never expires.
        revoked_at: aware UTC; None while it lives.
    """

    id: int
    name: str
    prefix: str
    scopes: tuple[Scope, ...]
    public: bool
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key with its secret, which nobody can read again.

    Attributes:
        key: the stored key.
        secret_once: the whole `prefix.secret`, as a caller sends it.
    """

    key: KeySummary
    secret_once: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RateVerdict:
    """The rate limit's answer to one request.

    Attributes:
        allowed: whether it may pass.
        remaining: requests left now.
        retry_after_s: seconds to wait when refused, at least a little above 0; 0.0 when allowed.
        limit: the limit that refused it; 0 when allowed.
    """

    allowed: bool
    remaining: int
    retry_after_s: float = 0.0
    limit: int = 0
