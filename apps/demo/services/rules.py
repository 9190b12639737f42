"""Storing the demo's merchandising rules."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone

from apps.catalog.selectors_names import products_named
from apps.demo.domain.rules import rules_drafted, rules_of_demo
from apps.merchandising.selectors_rules import rules_view
from apps.merchandising.services_rules import rule_create, rule_publish, rule_submit


def rules_store() -> str:
    """What is live, planned, over and drafted; nothing where there are rules already.

    Windows lie around the day on which the demo is made: a campaign of last year plans nothing.
    """
    now = timezone.now()
    if rules_view(as_of=now, limit=1):
        return "kept as they are"
    sofas = products_named("sofa", limit=1)
    maker = get_user_model().objects.get(username="merchandiser")
    published = rules_of_demo(now, sofa=sofas[0].product_id if sofas else "")
    for key, content in published.items():
        rule_create(key=key, content=content, actor=maker)
        if settings.ENDCAP_REVIEW_REQUIRED:
            rule_submit(key=key, actor=maker)
        else:
            rule_publish(key=key, actor=maker, reason="demo", acknowledge_warnings=True)
    drafted = rules_drafted(now)
    for key, content in drafted.items():
        rule_create(key=key, content=content, actor=maker)
    verb = "wait for review" if settings.ENDCAP_REVIEW_REQUIRED else "published"
    return f"{len(published)} {verb}, {len(drafted)} drafted"
