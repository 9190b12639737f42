# Two commands are the whole set-up: `make demo` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PY := .venv/bin/python
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help install demo stop reset test gates pytest bench schema spark requirements screenshots format

help: ## What there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

install: ## Create .venv and install what demo and tests need
	@$(PYTHON) deploy/install.py dev

demo: install ## Run the whole shop on this machine; Ctrl-C stops it
	@exec $(PY) -m config.embedded.demo

stop: ## Stop servers that plain manage.py commands have left running
	@$(PY) -m config.embedded.stop

reset: install ## Stop, delete everything the demo stored, and say what was deleted
	@$(PY) -m config.embedded.stop --reset

test: install ## Every gate and every test
	@$(PY) deploy/check.py

bench: install ## Every benchmark, as ratios within one run
	@$(PY) -m benchmarks

spark: install ## Install what training on Spark needs beside Java (0.5 GB); its tests run then
	@$(PYTHON) deploy/install.py spark

schema: install ## Write docs/openapi.yaml
	@DJANGO_SETTINGS_MODULE=config.settings.test $(PY) -m django spectacular --validate --fail-on-warn --file docs/openapi.yaml

screenshots: install ## Write the README's pictures from a running demo
	@$(PY) deploy/screenshots.py

requirements: install ## Pin requirements/*.in again
	@bash deploy/requirements_compile.sh

format: install ## Format and fix what ruff can
	@$(PY) -m ruff check --fix . ; $(PY) -m ruff format .
