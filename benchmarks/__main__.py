"""`make bench`: every benchmark of this folder, one after the other."""

import argparse
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these, such as `search events`")
    wanted = {f"bench_{name}" for name in parser.parse_args().names}
    failed = []
    for script in sorted(FOLDER.glob("bench_*.py")):
        if wanted and script.stem not in wanted:
            continue
        print(f"\n== {script.stem}", flush=True)
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{script.stem}"], check=False)
        if done.returncode:
            failed.append(script.stem)
    if failed:
        print(f"\nmissed their ratio or failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
