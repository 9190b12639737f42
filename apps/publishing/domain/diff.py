"""Where two versions differ."""

from collections.abc import Iterator, Mapping, Sequence

from apps.publishing.contracts import FieldChange, JsonValue, VersionView


def content_diff(
    before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]
) -> tuple[FieldChange, ...]:
    """Leaf by leaf, former members first, then new ones; list items are numbered from 1.

    Objects and lists on both sides are walked; what was added or is gone stands as a whole.
    Nothing is reported exactly when both sides are the same JSON.
    """
    return tuple(_members("", before, after))


def version_diff(a: VersionView, b: VersionView) -> tuple[FieldChange, ...]:
    """What changed from version `a` to version `b`."""
    return content_diff(a.content, b.content)


def _members(
    path: str, before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]
) -> Iterator[FieldChange]:
    for name in dict.fromkeys((*before, *after)):
        inner = f"{path}.{name}" if path else name
        if name in before and name in after:
            yield from _values(inner, before[name], after[name])
        else:
            yield FieldChange(inner, before.get(name), after.get(name))


def _values(path: str, before: JsonValue, after: JsonValue) -> Iterator[FieldChange]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _members(path, before, after)
    elif _is_list(before) and _is_list(after):
        yield from _members(path, _numbered(before), _numbered(after))
    elif before != after or isinstance(before, bool) is not isinstance(after, bool):
        yield FieldChange(path, before, after)


def _is_list(value: JsonValue) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _numbered(value: JsonValue) -> dict[str, JsonValue]:
    items = value if isinstance(value, Sequence) else ()
    return {str(place): item for place, item in enumerate(items, start=1)}
