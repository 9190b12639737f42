"""Where the demo is reached."""

from config.env import env_int, env_str

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8000
_LOCAL = ("127.0.0.1", "localhost")


def demo_base_url() -> str:
    """Of the web process that `make demo` starts, from ENDCAP_HOST and PORT."""
    return f"http://{env_str('ENDCAP_HOST', DEFAULT_HOST)}:{env_int('PORT', DEFAULT_PORT)}"


def demo_origins() -> tuple[str, ...]:
    """Origins of the shop's own pages: as it is started, and by this machine's usual names."""
    port = env_int("PORT", DEFAULT_PORT)
    local = tuple(f"http://{name}:{port}" for name in _LOCAL)
    return tuple(sorted({demo_base_url(), *local}))
