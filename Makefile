# `make run` starts everything, `make test` tests everything; both need only Python 3.11 or newer.
# Every path is relative, so the clone may lie in a folder with spaces.

SHELL := /bin/sh
PY := .venv/bin/python
ARGS ?=
SEEDS ?= 100
FIRST_SEED ?= 1
USERS := 200
TIME := 60
SHAPE := ramp
KILLS := 0
LINK := stream
HOST :=
MINUTES := 60

.DEFAULT_GOAL := help
.PHONY: help setup web run test test-all unit integration e2e faults check check-format check-lint check-types \
	check-imports check-web check-schema format verify-rounds bench simulate stress mutants rtp schema swarm load-smoke soak doctor audit clean

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile

setup: ## make .venv from the lock file and install this project into it
	@.ci/setup

web: setup ## build the web client
	@.ci/web

run: web ## start the platform; Ctrl-C stops it
	@exec .venv/bin/croupier up

doctor: setup ## say what is wrong with this machine and how to mend it
	@.venv/bin/croupier doctor

audit: setup ## check the books against every law, from PostgreSQL alone
	@.venv/bin/croupier audit $(ARGS)

test: web ## everything that proves a change right: Python, web client, browser
	@PATH="$$(.ci/node-path)" && export PATH && exec .ci/test $(ARGS)

test-all: check test simulate ## `check`, `test`, property tests on fresh examples, a hundred simulated runs
	@HYPOTHESIS_PROFILE=explore $(PY) -m pytest -q tests/properties tests/unit

unit: setup ## the tests that need no service
	@$(PY) -m pytest tests/unit tests/properties tests/architecture $(ARGS)

integration: web ## the tests on real PostgreSQL and Ray
	@$(PY) -m pytest tests/integration $(ARGS)

e2e: web ## the tests in a real browser
	@PATH="$$(.ci/node-path)" && export PATH && $(PY) -m pytest tests/e2e $(ARGS)

verify-rounds: web ## 10,000 rounds of every game, judged by all three verifiers: make verify-rounds ARGS=--chromium
	@$(PY) -m loadtest.verify_rounds $(ARGS)

stress: setup ## storms at the edge, each with an exact law: make stress ARGS="kicks --scale 0.1"
	@$(PY) -m loadtest.stress $(ARGS)

faults: web ## kill things in mid-round and check the books
	@$(PY) -m pytest tests/faults $(ARGS)

check: setup ## format, lint, types, import contracts, generated files; under a minute
	@.ci/web packages
	@$(MAKE) --no-print-directory --jobs=4 --output-sync=target \
		check-types check-web check-lint check-format check-imports check-schema
	@echo "check: all well"

check-format:
	@$(PY) -m ruff format --check --quiet . || { echo "check: run 'make format'"; exit 1; }

check-lint:
	@$(PY) -m ruff check --quiet .

check-types:
	@$(PY) -m mypy --no-error-summary

check-imports:
	@mkdir -p build
	@.venv/bin/lint-imports --no-logo --verbose >build/imports.txt 2>&1 || { cat build/imports.txt; exit 1; }
	@$(PY) -m pytest -q --no-header -p no:cacheprovider tests/architecture

check-web:
	@PATH="$$(.ci/node-path)" && export PATH && cd clients/web && npm run --silent check

check-schema:
	@$(PY) -m server.schema --check

format: setup ## format the Python code
	@$(PY) -m ruff check --quiet --fix-only . ; $(PY) -m ruff format .

bench: web ## every figure of docs/bench.md: make bench ONLY=bets,settle
	@$(PY) -m loadtest.bench $(if $(ONLY),--only $(ONLY)) $(ARGS)

simulate: setup ## the whole platform in one process from many seeds: make simulate SEEDS=10000 FIRST_SEED=1
	@$(PY) -m tests.simulation.run --seeds $(SEEDS) --first $(FIRST_SEED) $(ARGS)

mutants: setup ## take away each safeguard of the money and demand that the tests notice
	@$(PY) -m tests.mutants.run $(ARGS)

rtp: setup ## the exact return of every bet; fails where a game's code or its paytable says otherwise
	@.venv/bin/croupier rtp $(ARGS)

rng-report: setup ## inspect the generators: NIST SP 800-22, every game's outcomes, controls that must fail (docs/rng.md)
	@$(PY) -m tests.inspection.run $(ARGS)

schema: setup ## write the generated types, golden frames and docs/protocol.md
	@$(PY) -m server.schema

swarm: web ## made-up players of all kinds, judged: make swarm USERS=2000 TIME=600 SHAPE=ramp KILLS=8 LINK=stream (HOST=: one that runs)
	@$(PY) -m loadtest.swarm --players $(USERS) --seconds $(TIME) --shape $(SHAPE) --kills $(KILLS) --link $(LINK) \
		$(if $(HOST),--host $(HOST)) $(ARGS)

load-smoke: web ## the swarm, small and short, with one kill
	@$(PY) -m loadtest.swarm --players 40 --seconds 30 --kills 1 --out build/smoke $(ARGS)

soak: web ## a mixed swarm with kills, and whether anything grows: make soak MINUTES=10
	@$(PY) -m loadtest.soak --minutes $(MINUTES) --link $(LINK) $(ARGS)

clean: ## remove what can be made again (not .state, which holds the books)
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info \
		clients/web/dist clients/web/node_modules .venv
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
