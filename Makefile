# Everything from a fresh clone, with Python 3.11 or newer, git and make. Nothing is written outside
# this folder. The virtual environment follows the pins: change requirements/ and the next command
# brings it up to date; change nothing and no time is lost.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && \
	echo $$python && break; done)

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq
BUILD := requirements/build.txt
RUN := requirements/run.txt
DEV := requirements/dev.txt
CLIENT := requirements/client.txt
CLIENT_VENV := .venv-client

fingerprint = $(firstword $(shell cat $(1) pyproject.toml | cksum))
RUN_READY := $(VENV)/.run-$(call fingerprint,$(BUILD) $(RUN))
DEV_READY := $(VENV)/.dev-$(call fingerprint,$(BUILD) $(DEV))
CLIENT_READY := $(CLIENT_VENV)/.ready-$(call fingerprint,$(CLIENT))

# The pins are whole: nothing is resolved at an installation, so that a release of today which nobody
# pinned cannot enter it (pip would look at the newest `coverage[toml]` and refuse it for want of a
# pin). `pip check` says whether what was installed fits together.
INSTALL_PINS := install --no-deps --require-hashes

# No index address, no folder of this machine, and the hashes of every file of each release.
PIN = CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/pip-compile --quiet --no-config --generate-hashes \
	--strip-extras --no-emit-options $(ARGS)

ARGS ?=
T ?=

.DEFAULT_GOAL := help
.PHONY: help run install install-dev test coverage check check-format check-lint check-types check-imports check-rules \
	check-docs check-coverage docs fmt bench fuzz crash drill client migration lock clean

help: ## show this text
	@echo 'Padauk. Each command makes what it needs; arguments go in ARGS="...".'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

run: $(RUN_READY) ## serve a demo with fictional people on this machine
	@$(BIN)/padauk demo $(ARGS)

install: $(RUN_READY) ## make .venv with what the program runs on, and nothing else

install-dev: $(DEV_READY) ## make .venv with what the tests and checks run on as well

test: $(DEV_READY) ## run every test, or those of one path: make test T=tests/cases
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 $(T) $(ARGS)

coverage: ## run every test, measure what of app/ they run, compare with the floors and the README
	@$(MAKE) --no-print-directory test ARGS='--cov --cov-report= --quiet'
	@$(MAKE) --no-print-directory check-coverage ARGS='$(ARGS)'

check-coverage: $(DEV_READY) ## compare what the last coverage run measured with the floors and the README
	@$(BIN)/python -m tools.coverage_floors $(ARGS)

check: check-format check-lint check-types check-imports check-rules check-docs ## everything but the tests: what must hold before a commit

check-format: $(DEV_READY) ## is the code formatted
	@$(BIN)/ruff format --check --quiet .

check-lint: $(DEV_READY) ## ruff, with every rule that has no reason against it
	@$(BIN)/ruff check --quiet .

check-types: $(DEV_READY) ## mypy, strict
	@$(BIN)/mypy

check-imports: $(DEV_READY) ## do imports point downwards
	@$(BIN)/lint-imports --no-logo

check-rules: $(DEV_READY) ## our own rules, which no linter knows
	@$(BIN)/python -m tools.rules

check-docs: $(DEV_READY) ## do the generated documents say what the code does
	@$(BIN)/padauk documents --check

docs: $(DEV_READY) ## write the generated documents
	@$(BIN)/padauk documents

fmt: $(DEV_READY) ## format, and mend what can be mended safely
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

bench: $(DEV_READY) ## time bare, unsealed and ours, side by side
	@$(BIN)/python -m benchmarks $(ARGS)

fuzz: $(DEV_READY) ## send malformed and random requests to a running server, for a bounded time
	@$(BIN)/python -m tools.fuzz $(ARGS)

client: $(DEV_READY) $(CLIENT_READY) ## generate a client from the description, in an environment of its own, and compare it with the routes
	@$(BIN)/python -m tools.generated_client $(CLIENT_VENV)/bin/openapi-python-client

crash: $(DEV_READY) ## kill servers, then fail their databases, while clients write; print what was lost or doubled
	@$(BIN)/python -m tools.crash_table $(ARGS)
	@$(BIN)/python -m tools.database_attacks

drill: $(DEV_READY) ## kill a PostgreSQL primary while two hosts write, promote its standby, count what was lost
	@$(BIN)/python -m tools.drill $(ARGS)

migration: $(DEV_READY) ## write a revision from the models: m="Add a language to cases", line=main or keystore for one
	@$(BIN)/python -m tools.migration "$(m)" $(if $(line),--line $(line))

lock: $(DEV_READY) ## pin again what pyproject.toml and *.in name; ARGS=--upgrade takes newer releases
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11) and \
		"Lock with Python 3.11, the oldest served: make clean lock PYTHON=python3.11")'
	@$(PIN) --allow-unsafe --output-file $(BUILD) requirements/build.in
	@$(PIN) --output-file $(RUN) pyproject.toml
	@$(PIN) --allow-unsafe --constraint $(BUILD) --constraint $(RUN) --output-file $(DEV) \
		pyproject.toml requirements/dev.in
	@$(PIN) --allow-unsafe --output-file $(CLIENT) requirements/client.in

clean: ## remove what these commands made, the demo included
	@rm -rf $(VENV) $(CLIENT_VENV) .demo build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache .schemathesis .coverage*
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n '$(PYTHON)' || { echo 'Padauk needs Python 3.11 or newer: make PYTHON=...' >&2; exit 1; }
	@echo 'Making $(VENV) with $(PYTHON)'
	@$(PYTHON) -m venv $(VENV)

$(RUN_READY): | $(BIN)/python
	@echo 'Installing what $(RUN) pins into $(VENV)'
	@$(PIP) $(INSTALL_PINS) --requirement $(BUILD) --requirement $(RUN)
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(PIP) check
	@rm -f $(VENV)/.run-* && touch $@

$(CLIENT_READY): | $(BIN)/python
	@echo 'Installing what $(CLIENT) pins into $(CLIENT_VENV)'
	@$(PYTHON) -m venv --clear $(CLIENT_VENV)
	@$(CLIENT_VENV)/bin/python -m pip --disable-pip-version-check --no-input -qq $(INSTALL_PINS) --requirement $(CLIENT)
	@$(CLIENT_VENV)/bin/python -m pip --disable-pip-version-check -qq check
	@touch $@

$(DEV_READY): | $(BIN)/python
	@echo 'Installing what $(DEV) pins into $(VENV)'
	@$(PIP) $(INSTALL_PINS) --requirement $(BUILD) --requirement $(DEV)
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(PIP) check
	@rm -f $(VENV)/.dev-* $(VENV)/.run-* && touch $@ $(RUN_READY)
