"""What the four commands share: a file or `-`, and every error of a file on its own line."""

import sys
from abc import ABC, abstractmethod
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from apps.common.errors import InvalidInput

_STANDARD = "-"


class ExportCommand(BaseCommand, ABC):
    """Writes a file, or to standard output."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file."""
        parser.add_argument("file", nargs="?", default=_STANDARD, help="- is standard output")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Export, and say where to."""
        text = self.exported()
        if options["file"] == _STANDARD:
            self.stdout.write(text, ending="")
            return
        Path(options["file"]).write_text(text, encoding="utf-8", newline="")
        self.stderr.write(f"Written to {options['file']}.")

    @abstractmethod
    def exported(self) -> str:
        """The file's text."""


class ImportCommand(BaseCommand, ABC):
    """Reads a file, or standard input. Exit 1: the file has errors; 2: it cannot be read."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file."""
        parser.add_argument("file", help="- is standard input")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import, and say what was drafted or what is wrong."""
        try:
            self.stdout.write(self.imported(_read(options["file"])))
        except InvalidInput as refused:
            for each in refused.extra["errors"]:
                where = f"line {each['line']}" + (f", {each['column']}" if each["column"] else "")
                self.stderr.write(f"{where}: {each['message']}")
            self.stderr.write("Nothing was imported.")
            sys.exit(1)
        except (OSError, UnicodeDecodeError) as error:
            self.stderr.write(f"{options['file']}: {error}")
            sys.exit(2)

    @abstractmethod
    def imported(self, text: str) -> str:
        """Import the text, and say in one line what came of it."""


def _read(name: str) -> str:
    raw = sys.stdin.buffer.read() if name == _STANDARD else Path(name).read_bytes()
    return raw.decode("utf-8")
