"""`manage.py search_language [--set german]`: what words are stemmed in, and changing it."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.common.errors import ApplicationError
from apps.search.health import language_check
from apps.search.selectors.language import language_read, languages_available
from apps.search.services.language import language_set


class Command(BaseCommand):
    help = "Say in which language words are searched, and which there are; or change it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--set",
            metavar="LANGUAGE",
            help="change dictionaries, lexicon and rows; one that was cut short goes on",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["set"]:
            self._set(options["set"])
            return
        current = language_read()
        for language in languages_available():
            print(f"{'*' if language == current else ' '} {language}")
        report = language_check()
        if not report.ok:
            print(report.detail)

    def _set(self, language: str) -> None:
        try:
            report = language_set(language=language, progress=_progress)
        except ApplicationError as error:
            raise CommandError(error.message) from error
        lexicon = f"lexicon version {report.lexicon}" if report.lexicon else "the lexicon stands"
        print(
            f"{report.language} (before: {report.before}); {lexicon}; "
            f"{report.rewritten} products rewritten"
        )


def _progress(done: int, total: int, note: str) -> None:
    print(f"[{done}/{total}] {note}", file=sys.stderr)
