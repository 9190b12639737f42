"""What may follow the shopper; docs/settings.md describes every one."""

from config.env import env_bool, env_float

# Off here is off for every experiment and every published version.
PERSONALISATION_HISTORY = env_bool("PERSONALISATION_HISTORY", default=True)
PERSONALISATION_SESSION = env_bool("PERSONALISATION_SESSION", default=True)
# Anybody can send a storefront's key, with anybody's user id.
PERSONALISATION_PUBLIC_USER_IDS = env_bool("PERSONALISATION_PUBLIC_USER_IDS", default=False)
# What `session_boost` is multiplied by where nothing is published.
PERSONALISATION_SESSION_WEIGHT = env_float("PERSONALISATION_SESSION_WEIGHT", 0.15)
# The same of `revisit_score`.
PERSONALISATION_REVISIT_WEIGHT = env_float("PERSONALISATION_REVISIT_WEIGHT", 0.2)
