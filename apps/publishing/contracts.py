"""What crosses the boundary of publishing: versions as values, findings, check registry."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

JsonValue = str | int | float | bool | None | Sequence["JsonValue"] | Mapping[str, "JsonValue"]


class VersionStatus(StrEnum):
    """Where a version stands. Published, superseded and rejected rows never change again."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"


class FindingLevel(StrEnum):
    """How much a finding weighs: an error refuses, a warning wants to be acknowledged."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class VersionView:
    """One version of one subject.

    Attributes:
        id: the row of its kind's table.
        kind: the registered kind's name.
        subject: what is versioned: `global`, a category path, `default` …
        number: 1, 2, 3 … within the subject; never reused.
        status: where it stands.
        content: the kind's content fields by name, JSON values.
        based_on: number of the version that was live when the draft was made; None when
            none was.
        approved: a second person has approved it (it stays in_review until published).
        created_by: user name, empty for the system; likewise the other people.
        reason: why it was published, rejected or rolled back to.
    """

    id: int
    kind: str
    subject: str
    number: int
    status: VersionStatus
    content: Mapping[str, JsonValue]
    based_on: int | None
    approved: bool
    created_by: str
    created_by_id: int | None
    reviewed_by: str
    reviewed_by_id: int | None
    published_by: str
    created_at: datetime
    submitted_at: datetime | None
    reviewed_at: datetime | None
    published_at: datetime | None
    superseded_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check says about a version that is about to be published.

    Attributes:
        level: info, warning or error.
        code: stable, `snake_case`.
        message: one sentence for a merchandiser.
    """

    level: FindingLevel
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One place where two versions differ.

    Attributes:
        path: dotted path into the content, such as `weights.freshness_score`.
        before: None when it was absent.
        after: None when it is gone.
    """

    path: str
    before: JsonValue
    after: JsonValue


PublishCheck = Callable[[VersionView], Sequence[Finding]]
_checks: dict[str, dict[str, PublishCheck]] = {}


def publish_check_register(kind: str, check: PublishCheck) -> None:
    """Have `check` asked before every publish of `kind`; registering twice asks once."""
    name = f"{check.__module__}.{check.__qualname__}"
    _checks.setdefault(kind, {})[name] = check


def publish_check_unregister(kind: str, check: PublishCheck) -> None:
    """Stop asking `check` (tests)."""
    _checks.get(kind, {}).pop(f"{check.__module__}.{check.__qualname__}", None)


_previews: dict[str, str] = {}


def preview_register(kind: str, url_name: str) -> None:
    """Have the version pages of `kind` lead to a page of an upper app, `?version=<id>`."""
    _previews[kind] = url_name


def preview_url_name(kind: str) -> str | None:
    """The page that shows what a version of a kind would do; None: nobody offers one."""
    return _previews.get(kind)


def publish_checks(kind: str) -> tuple[PublishCheck, ...]:
    """The checks of a kind, in the order in which they were registered."""
    return tuple(_checks.get(kind, {}).values())
