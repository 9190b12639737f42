"""Every variable that the settings read is described in docs/settings.md, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_READ = re.compile(
    r"""(?:env_\w+|environ\.get|environ\.setdefault|environ\[)\(?\s*f?["']([A-Z][A-Z0-9_]+)["']"""
)
# Read by other programs, or set by us for them.
_THEIRS = {
    "DJANGO_SETTINGS_MODULE",
    "PYTEST_XDIST_WORKER",
    "ENDCAP_TEST_SUFFIX",
    "HF_HUB_OFFLINE",
    "TOKENIZERS_PARALLELISM",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
}


def _read_by_settings() -> set[str]:
    files = [*(ROOT / "config").rglob("*.py"), *(ROOT / "apps").rglob("*.py")]
    return {name for file in files for name in _READ.findall(file.read_text())} - _THEIRS


def _documented() -> set[str]:
    text = (ROOT / "docs" / "settings.md").read_text()
    return set(re.findall(r"^\| `([A-Z][A-Z0-9_]+)`", text, flags=re.MULTILINE))


def test_every_variable_is_described() -> None:
    assert _read_by_settings() - _documented() == set()


def test_no_description_outlived_its_variable() -> None:
    indirect = {"PROMETHEUS_MULTIPROC_DIR", "DEMO_PRODUCTS", "DEMO_DAYS", "DEMO_SEED", "PYTHON"}
    assert _documented() - _read_by_settings() - indirect == set()
