# netmon: what one does here every day. `make help` tells.

VENV    := .venv
BIN     := $(VENV)/bin
READY   := $(VENV)/.ready
PYTHON  ?= python3
BRIEFLY := sed -nE 's/^((Collecting|Installing|Successfully).{0,88}).*/\1/p'
PARTS   := snmpd snmp prometheus prometheus-snmp-exporter fping iproute2 iputils-ping nftables postgresql-15 \
           nginx-light bind9 dnsmasq-base postfix dovecot-imapd chrony prometheus-node-exporter \
           monitoring-plugins-basic curl tmux procps

.DEFAULT_GOAL := help
SHELL := /bin/bash -o pipefail
.PHONY: help dev run test check bench lock docs parts clean

help: ## what can be made here
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

dev: $(READY) ## set up the environment in .venv

run: $(READY) ## start netmon on the sample province, played by the lab on loopback
	@$(BIN)/netmon run

test: $(READY) ## all tests; those on real parts skip with a reason where a part is missing
	@echo "==> three at a time: everything but what looks at the clock"
	@$(BIN)/pytest -n 3 --dist loadfile -m "not alone"
	@echo "==> alone: outages and loads against the clock"
	@$(BIN)/pytest -m alone

check: $(READY) ## everything static, and the unit tests with every branch of the decisions
	@echo "==> ruff";         $(BIN)/ruff check . && $(BIN)/ruff format --check .
	@echo "==> mypy";         $(BIN)/mypy
	@echo "==> lint-imports"; $(BIN)/lint-imports --no-cache
	@echo "==> unit tests"
	@$(BIN)/pytest -q -n 2 --dist loadfile --ignore=tests/real --ignore=tests/scenario/test_proof.py \
	  --cov=netmon.decisions --cov-branch --cov-fail-under=100 --cov-report=

bench: $(READY) ## measure netmon beside its peers (needs `make parts` and root)
	@$(BIN)/python -m benchmarks

lock: ## renew requirements.lock from pyproject.toml
	@test -x build/lock/bin/pip-compile || ($(PYTHON) -m venv build/lock && build/lock/bin/pip install -q pip-tools)
	@build/lock/bin/pip-compile -q --extra dev --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --no-header --output-file requirements.lock pyproject.toml

docs: $(READY) ## write the reference pages that are generated from the code
	@$(BIN)/python -m netmon.cli.reference
	@$(BIN)/python -m dashboards.generator

parts: ## install the real parts that tests and benchmarks run against (Debian 12, root)
	apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(PARTS)

clean: ## remove the environment, caches and the sample's state
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache state

$(READY): requirements.lock pyproject.toml
	@echo "==> setting up $(VENV) (once; a minute or two)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "==> installing the locked packages"
	@$(BIN)/pip install --disable-pip-version-check --require-hashes -r requirements.lock | $(BRIEFLY)
	@echo "==> installing netmon itself"
	@$(BIN)/pip install --disable-pip-version-check --no-deps --no-build-isolation --editable . | $(BRIEFLY)
	@touch $@
