"""`manage.py features_docs`: write the registry into docs/features.md, and draw its lineage."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.features.domain.lineage import lineage_svg
from apps.features.domain.registry import features_registered
from apps.features.domain.rendering import page_with, registry_markdown

PAGE, DRAWING = "docs/features.md", "docs/images/features-lineage.svg"


class Command(BaseCommand):
    help = "Write the registry of features into the documentation, from code."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say whether it is in step")

    def handle(self, *_args: Any, **options: Any) -> None:
        root = Path(settings.BASE_DIR)
        specs = [each.spec for each in features_registered()]
        page = (root / PAGE).read_text()
        wanted = {
            root / PAGE: page_with(page, registry_markdown(specs)),
            root / DRAWING: lineage_svg(specs, paper="#fff"),
        }
        stale = [path for path, text in wanted.items() if _text(path) != text]
        for path in stale:
            self.stdout.write(f"{path.name} is not in step with the registry")
            if not options["check"]:
                path.write_text(wanted[path])
        if stale and options["check"]:
            sys.exit(1)


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""
