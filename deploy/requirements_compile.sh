#!/usr/bin/env bash
# Pin every requirement on Python 3.11: requirements/*.in -> requirements/*.txt.
# A CPU build of torch calls itself 2.13.0+cpu, which PyPI does not have: pinned without it.
set -euo pipefail
cd "$(dirname "$0")/.."
for name in base production worker dev spark embedded; do
    echo "pinning requirements/$name.in"
    .venv/bin/pip-compile --quiet --strip-extras --no-header --no-emit-index-url \
        --no-emit-trusted-host --no-emit-find-links --no-emit-options --annotation-style=line \
        --allow-unsafe "$@" --output-file "requirements/$name.txt" "requirements/$name.in"
    sed -i -E 's/^(torch==[0-9.]+)\+cpu/\1/' "requirements/$name.txt"
done
