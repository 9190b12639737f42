"""What ranks now, as learning compares itself with it."""

from collections.abc import Iterable

from apps.ranking_weights.contracts import DEFAULT_WEIGHTS, GLOBAL_SUBJECT
from apps.ranking_weights.domain.learning.hierarchy import Live
from apps.ranking_weights.domain.resolve import subjects_upwards
from apps.ranking_weights.selectors import published_weight_sets


def live_for(paths: Iterable[str]) -> Live:
    """What ranks these categories, their parents and everything else now."""
    published = published_weight_sets()
    subjects = {GLOBAL_SUBJECT, *(up for path in paths for up in subjects_upwards(path))}
    weights = {}
    for subject in subjects:
        chain = (*subjects_upwards("" if subject == GLOBAL_SUBJECT else subject), GLOBAL_SUBJECT)
        found = next((published[one].weights for one in chain if one in published), None)
        weights[subject] = dict(found if found is not None else DEFAULT_WEIGHTS)
    return Live(frozenset(published), weights)
