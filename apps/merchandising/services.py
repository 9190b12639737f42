"""Drafting synonyms; publishing itself is `apps.publishing.services`."""

from collections.abc import Mapping, Sequence

from apps.access.services import Actor
from apps.common.errors import InvalidInput
from apps.merchandising.contracts import DEFAULT_SUBJECT, SynonymsInvalid
from apps.merchandising.domain.synonyms import entries_json, entries_parse, lines_parse
from apps.publishing.contracts import JsonValue, VersionView
from apps.publishing.proposals import draft_write
from apps.publishing.services import draft_create, draft_update

KIND = "synonyms"
ABBREVIATIONS = "abbreviations"


def synonyms_draft_create(*, entries: Sequence[object], actor: Actor) -> VersionView:
    """A draft of the shop's synonyms from their JSON form.

    Raises:
        InvalidInput: an entry that cannot be used; `line` in extra is its number.
    """
    try:
        content = _content(entries_json(entries_parse(entries)))
    except SynonymsInvalid as error:
        raise _refusal(error) from error
    return draft_create(kind=KIND, subject=DEFAULT_SUBJECT, content=content, actor=actor)


def synonyms_replace(*, entries: Sequence[object], actor: Actor) -> VersionView:
    """These entries and no others, as the one draft that waits.

    Raises:
        InvalidInput: an entry that cannot be used; `line` in extra is its number.
        Conflict: a version is under review.
    """
    try:
        content = _content(entries_json(entries_parse(entries)))
    except SynonymsInvalid as error:
        raise _refusal(error) from error
    return draft_write(kind=KIND, subject=DEFAULT_SUBJECT, content=content, actor=actor)


def synonyms_draft_from_lines(*, text: str, actor: Actor) -> VersionView:
    """A draft from lines: `sofa, couch` and `notebook => laptop, ultrabook`.

    Raises:
        InvalidInput: a line that cannot be used; `line` in extra is its number.
    """
    content = _content(_lines_read(text))
    return draft_create(kind=KIND, subject=DEFAULT_SUBJECT, content=content, actor=actor)


def abbreviations_draft_from_lines(*, text: str, actor: Actor) -> VersionView:
    """A draft of the shop's abbreviations from lines: `tv, television` and `bt => bluetooth`.

    Raises:
        InvalidInput: a line that cannot be used; `line` in extra is its number.
    """
    content = _content(_lines_read(text))
    return draft_create(kind=ABBREVIATIONS, subject=DEFAULT_SUBJECT, content=content, actor=actor)


def synonyms_draft_update(*, version_id: int, text: str, actor: Actor) -> VersionView:
    """The draft with other lines.

    Raises:
        InvalidInput: a line that cannot be used.
        Conflict: it is no draft any more.
        Forbidden: somebody else's draft.
    """
    content = _content(_lines_read(text))
    return draft_update(kind=KIND, version_id=version_id, content=content, actor=actor)


def _lines_read(text: str) -> list[dict[str, str | list[str]]]:
    try:
        return entries_json(lines_parse(text))
    except SynonymsInvalid as error:
        raise _refusal(error) from error


def _content(
    rows: Sequence[Mapping[str, str | list[str]]],
) -> dict[str, JsonValue]:
    return {"entries": rows}


def _refusal(error: SynonymsInvalid) -> InvalidInput:
    return InvalidInput(str(error), field="entries", line=error.line)
