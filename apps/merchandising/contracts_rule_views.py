"""Rules with their versions, as admin and the API show them."""

from dataclasses import dataclass

from apps.merchandising.contracts_rules import MerchandisingRule, RuleState
from apps.publishing.contracts import VersionView


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule at a moment.

    Attributes:
        key: its slug.
        state: of what is published; of what waits where nothing is.
        rule: what is published and not retired; None otherwise.
        live: the published version, a retired one too; None when nothing is.
        proposal: the draft or the version in review; None when nothing waits.
    """

    key: str
    state: RuleState
    rule: MerchandisingRule | None
    live: VersionView | None
    proposal: VersionView | None

    @property
    def shown(self) -> VersionView:
        """The version that stands for the rule in lists."""
        shown = self.live or self.proposal
        if shown is None:
            raise AssertionError("a rule has a version")
        return shown


@dataclass(frozen=True, slots=True)
class RuleImportError:
    """What stands in the way of an import.

    Attributes:
        line: 1-based, of the file; the header is line 1.
        column: the header's name; empty for the line as a whole.
        message: one sentence.
    """

    line: int
    column: str
    message: str
