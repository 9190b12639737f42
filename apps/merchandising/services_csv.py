"""Rules and synonyms out of and into CSV files: everything of a file is drafted, or nothing."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from apps.access.services import Actor
from apps.common.errors import Conflict, InvalidInput
from apps.merchandising.contracts import DEFAULT_SUBJECT
from apps.merchandising.contracts_rule_views import RuleImportError
from apps.merchandising.contracts_rules import MerchandisingRule
from apps.merchandising.domain.rules.content import rule_content
from apps.merchandising.domain.rules.csv_reading import RulesFileInvalid, rules_read
from apps.merchandising.domain.rules.csv_writing import rules_csv
from apps.merchandising.domain.synonyms import entries_parse
from apps.merchandising.domain.synonyms_csv import synonyms_csv, synonyms_csv_read
from apps.merchandising.selectors_rules import RULES, rule_of_version, rules_view
from apps.merchandising.services import synonyms_replace
from apps.publishing.contracts import VersionView
from apps.publishing.proposals import draft_write
from apps.publishing.rows import subject_lock
from apps.publishing.selectors import live_version

# Of files that the command and admin read.
MOST_BYTES = 10_000_000
# Of a file inside a JSON body, which has to leave room for JSON's escapes below
# DATA_UPLOAD_MAX_MEMORY_SIZE.
MOST_BYTES_API = 2_000_000
_EVERY_RULE = 1_000_000
SYNONYMS = "synonyms"


@dataclass(frozen=True, slots=True)
class RulesImported:
    """What an import has done.

    Attributes:
        drafts: versions that it drafted, in the file's order.
        unchanged: keys of rules that are published just so.
    """

    drafts: tuple[VersionView, ...]
    unchanged: tuple[str, ...]


def rules_export() -> str:
    """What is published of every rule, else its draft; without what is retired."""
    views = rules_view(as_of=timezone.now(), limit=_EVERY_RULE)
    return rules_csv(
        rule_of_version(view.shown) for view in views if view.live is None or view.rule is not None
    )


def rules_import(*, text: str, actor: Actor, most_bytes: int = MOST_BYTES) -> RulesImported:
    """A draft of every rule of a file that differs from what is published.

    Rules that the file does not name stay as they are.

    Args:
        text: the file's.
        actor: who drafts.
        most_bytes: a longer file, in UTF-8, is refused.

    Raises:
        InvalidInput: with `errors` in extra, each with its line and column; nothing is stored.
    """
    try:
        with transaction.atomic():
            return _rules_import(rules_read(_sized(text, most_bytes)), actor)
    except RulesFileInvalid as error:
        raise file_refusal(error.errors) from error


def _rules_import(rules: Iterable[tuple[int, MerchandisingRule]], actor: Actor) -> RulesImported:
    drafts: list[VersionView] = []
    unchanged: list[str] = []
    errors: list[RuleImportError] = []
    # In the order of their keys, so that two imports never wait for each other.
    for line, rule in sorted(rules, key=lambda each: each[1].key):
        subject_lock(RULES, rule.key)
        content = {**rule_content(rule), "retired": False}
        live = live_version(kind=RULES, subject=rule.key)
        if live is not None and live.content == content:
            unchanged.append(rule.key)
            continue
        try:
            drafts.append(draft_write(kind=RULES, subject=rule.key, content=content, actor=actor))
        except Conflict as error:
            errors.append(RuleImportError(line, "key", error.message))
    if errors:
        raise RulesFileInvalid(tuple(errors))
    return RulesImported(tuple(drafts), tuple(unchanged))


def synonyms_export() -> str:
    """The published synonyms; none is a file with its header alone."""
    live = live_version(kind=SYNONYMS, subject=DEFAULT_SUBJECT)
    entries = live.content["entries"] if live else ()
    return synonyms_csv(entries_parse(entries if isinstance(entries, list) else ()))


def synonyms_import(*, text: str, actor: Actor, most_bytes: int = MOST_BYTES) -> VersionView:
    """A draft of the shop's synonyms: those of the file and no others.

    Args:
        text: the file's.
        actor: who drafts.
        most_bytes: a longer file, in UTF-8, is refused.

    Raises:
        InvalidInput: with `errors` in extra, each with its line; nothing is stored.
    """
    try:
        entries = synonyms_csv_read(_sized(text, most_bytes))
    except RulesFileInvalid as error:
        raise file_refusal(error.errors) from error
    return synonyms_replace(entries=entries, actor=actor)


def _sized(text: str, most_bytes: int) -> str:
    # A lone surrogate, which JSON can hold, is none of the size's business.
    if len(text.encode(errors="surrogatepass")) > most_bytes:
        raise RulesFileInvalid(
            (RuleImportError(1, "", f"A file has at most {most_bytes} bytes."),)
        )
    return text


def file_refusal(errors: Iterable[RuleImportError]) -> InvalidInput:
    """The refusal of a file: its first error in words, and all of them in extra."""
    told = [{"line": each.line, "column": each.column, "message": each.message} for each in errors]
    first = told[0]
    where = f"Line {first['line']}" + (f", {first['column']}" if first["column"] else "")
    more = f" (and {len(told) - 1} more)" if len(told) > 1 else ""
    return InvalidInput(
        f"{where}: {first['message']}{more}",
        field="csv",
        line=first["line"],
        column=first["column"],
        errors=told,
    )
