"""A developer's machine and `make demo`."""

from config.env import env_bool, env_str
from config.settings.base import *

DEBUG = env_bool("DEBUG", default=False)
# A local key signs nothing that leaves this machine; production refuses to start without one.
SECRET_KEY = env_str("SECRET_KEY", "local-only-key-that-production-settings-refuse-to-accept")
ARTIFACT_SIGNING_KEY = env_str("ARTIFACT_SIGNING_KEY", "local-only-artifact-key")
