# Relevo. `make` alone lists what can be done.
PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
# uv installs by hash into this environment and nowhere else.
UV := VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/uv --no-progress --quiet
STAMP := $(VENV)/.locked

.DEFAULT_GOAL := help
.PHONY: help demo up test test-full check bench lock clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(STAMP) ## start the network, load fictional organizations, play one referral, stay up until Ctrl-C
	@$(BIN)/relevo demo

up: $(STAMP) ## start the network and stay up until Ctrl-C; data stays in ./.relevo
	@$(BIN)/relevo up

test: $(STAMP) ## all tests, on a real NATS server and a real database
	@$(BIN)/pytest

test-full: $(STAMP) ## the same tests with more kills and more steps
	@RELEVO_TEST_FULL=1 $(BIN)/pytest --timeout 3600

check: $(STAMP) ## style, types, walls between the parts, compose file, Dockerfile
	@sh deploy/check.sh $(BIN)

bench: $(STAMP) ## speed, beside a floor of the same run; `.venv/bin/python -m bench --large`: 100,000 services too
	@$(BIN)/python -m bench

lock: $(STAMP) ## resolve the dependencies again; uv.lock names versions and hashes, but no registry
	@$(UV) lock && $(BIN)/python deploy/lock.py uv.lock

clean: ## remove the virtual environment (data in ./.relevo stays)
	@rm -rf $(VENV)

# The lock names no registry, so that it installs from whichever one this machine is set up for
# (docs/decisions/0001). Exported with hashes, it is still exact. Compiled once, or each of the parts compiles
# its 1,600 modules at each start wherever PYTHONDONTWRITEBYTECODE is set: 3 of 5 seconds.
$(STAMP): uv.lock pyproject.toml
	@echo "relevo: setting up $(VENV) (once)" >&2
	@test -x $(BIN)/uv || { $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); }
	@$(UV) export --frozen --all-extras --all-groups --no-emit-project --output-file $(VENV)/requirements.txt >/dev/null
	@$(UV) pip install --require-hashes --compile-bytecode --requirement $(VENV)/requirements.txt
	@$(UV) pip install --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q chassis cli contracts gateway services
	@touch $@
