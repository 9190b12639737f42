#!/usr/bin/env python
"""Run a Django command; find or start PostgreSQL and Valkey when no URL names them."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    from config.embedded.discovery import servers_ensure

    servers_ensure(sys.argv[1:])
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
