from django.urls import URLPattern, path

from apps.merchandising.api.files import Export, RulesImport, SynonymsImport
from apps.merchandising.api.rules import (
    RuleConflicts,
    RuleRollback,
    RuleRoute,
    Rules,
    RuleVersions,
)
from apps.merchandising.api.schema import schema_register
from apps.merchandising.api.steps import STEPS, Step
from apps.merchandising.api.synonyms import SynonymRollback, Synonyms, SynonymVersions
from apps.merchandising.services_csv import rules_export, synonyms_export

schema_register()

_RULES, _RULE, _SYNONYMS = (
    "merchandising/rules", "merchandising/rules/<slug:key>", "merchandising/synonyms",
)  # fmt: skip
_RULES_FILE = Export.as_view(
    exported=staticmethod(rules_export), name="rules.csv", codename="view_ruleversion"
)
_SYNONYMS_FILE = Export.as_view(
    exported=staticmethod(synonyms_export),
    name="synonyms.csv",
    codename="view_synonymsetversion",
)

urlpatterns: list[URLPattern] = [
    path(_RULES, Rules.as_view(), name="merchandising-rules"),
    # Beside, not below, `rules/`: there every other word is a rule's key.
    path("merchandising/files/rules", _RULES_FILE, name="merchandising-rules-file"),
    path("merchandising/files/synonyms", _SYNONYMS_FILE, name="merchandising-synonyms-file"),
    path("merchandising/imports/rules", RulesImport.as_view(), name="merchandising-rules-import"),
    path(
        "merchandising/imports/synonyms",
        SynonymsImport.as_view(),
        name="merchandising-synonyms-import",
    ),
    path(_RULE, RuleRoute.as_view(), name="merchandising-rule"),
    path(f"{_RULE}/versions", RuleVersions.as_view(), name="merchandising-rule-versions"),
    path(f"{_RULE}/conflicts", RuleConflicts.as_view(), name="merchandising-rule-conflicts"),
    path(f"{_RULE}/rollback", RuleRollback.as_view(), name="merchandising-rule-rollback"),
    *(
        path(
            f"{_RULE}/{step}",
            Step.as_view(step=step, codename=f"{verb}_ruleversion"),
            name=f"merchandising-rule-{step}",
        )
        for step, verb in STEPS.items()
    ),
    path(_SYNONYMS, Synonyms.as_view(), name="merchandising-synonyms"),
    path(
        f"{_SYNONYMS}/versions", SynonymVersions.as_view(), name="merchandising-synonym-versions"
    ),
    path(
        f"{_SYNONYMS}/rollback", SynonymRollback.as_view(), name="merchandising-synonym-rollback"
    ),
    *(
        path(
            f"{_SYNONYMS}/{step}",
            Step.as_view(kind="synonyms", step=step, codename=f"{verb}_synonymsetversion"),
            name=f"merchandising-synonym-{step}",
        )
        for step, verb in STEPS.items()
    ),
]
