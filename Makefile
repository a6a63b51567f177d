# Everything runs in .venv, which the first target that needs it makes from hashed wheels.
# Only Python 3.11 or later, make and git are expected on the machine.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: alone client deploy deployed help install lint types demo up down reset scale seed test check format openapi synth bench
MAKEFLAGS += --no-print-directory

export PATH := $(CURDIR)/.venv/bin:$(PATH)
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1
export CDK_DISABLE_CLI_TELEMETRY := 1
unexport PYTHONDONTWRITEBYTECODE # without byte code every synth takes 6 seconds longer
unexport VIRTUAL_ENV

PYTHONS := python3 python3.13 python3.12 python3.11 python3.14
IS_NEW := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in $(PYTHONS); do $$p -c '$(IS_NEW)' 2>/dev/null && echo $$p && break; done)
STACK = $(if $(STATE),--state "$(STATE)") $(if $(PORTS),--ports $(PORTS))
PICTURES ?= 1000
ALONE := tests/unit tests/infra tests/reliability/darkroom tests/reliability/test_credit_machine.py
DEPLOYED := tests/integration tests/reliability/faults
BENCHMARKS := roundtrips cold gallery_warm inspection zip darkroom

help: ## Show what can be made
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | column -t -s "$$(printf '\t')"

install: .build/client.stamp ## Make .venv from the hashed lock, and the client of the API

client: .build/client.stamp ## Generate the typed Python client of the API into .build/client

.build/client.stamp: .venv/installed layers/shared/python/likeness/openapi.json scripts/client.py scripts/client_session.py
	@python -m scripts.client
	@touch $@

.venv/installed: requirements/uv.txt requirements/dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed; none found: $(PYTHONS)"; exit 1; }
	@echo "installing the tools into .venv ($(PYTHON))"
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@uv pip sync --quiet --python .venv/bin/python --require-hashes requirements/dev.txt
	@uv pip install --quiet --python .venv/bin/python --no-build-isolation --no-deps -e .
	@touch $@

demo: install ## Do the product's main job on this machine [PHOTOS=folder]
	@python -m local.cli demo $(STACK) $(if $(PHOTOS),--photos "$(PHOTOS)")

up: install ## Start the one-machine cloud and deploy what has changed
	@python -m local.cli up $(STACK)

down: install ## Stop it; what is stored stays
	@python -m local.cli down $(STACK)

reset: install ## Stop it and forget everything it stored
	@python -m local.cli reset $(STACK)

seed: install ## Fill an account with pictures [PICTURES=1000]
	@python -m local.cli seed $(STACK) --pictures $(PICTURES)

format: install ## Format and fix what can be fixed
	@ruff format .
	@ruff check --fix .

check: install ## Format, lint, import contracts, types, generated files, synth
	@$(MAKE) -j2 --output-sync=target lint types synth

lint: install
	ruff format --check .
	ruff check .
	lint-imports
	python -m scripts.openapi --check

types: install
	mypy

openapi: install ## Write docs/openapi.json from the handlers
	python -m scripts.openapi

synth: install ## Synthesise every stage, offline
	@python -m local.cli install
	@python scripts/layer.py aws
	@for stage in local dev prod; do \
		echo "cdk synth $$stage"; \
		cdk synth --quiet -c stage=$$stage --output .build/cdk.out/$$stage; \
	done

deploy: install ## Deploy a stage to AWS with the credentials of the shell [STAGE=dev]
	@test -n "$(filter dev prod,$(STAGE))" || { echo "say which: make deploy STAGE=dev"; exit 1; }
	@python scripts/layer.py aws $(if $(filter prod,$(STAGE)),--compiled)
	@cdk deploy --all -c stage=$(STAGE)
	@python -m scripts.site $(STAGE)

test: check ## Everything: check, unit, infra, integration, reliability
	@mkdir -p .build
	@$(MAKE) -j2 --output-sync=target alone deployed
	@echo && tail -qn 1 .build/alone.log .build/deployed.log

alone: install # tests that need no stack
	pytest -n 2 --dist loadgroup $(ALONE) --cov 2>&1 | tee .build/alone.log

deployed: install # tests of the deployed stack; they wait for conditions, so a busy machine only slows them
	pytest --durations=8 $(DEPLOYED) 2>&1 | tee .build/deployed.log

scale: install ## Facets and bulk changes over ten thousand pictures on the deployed stack
	MANY_PICTURES=10000 pytest --durations=5 tests/integration/test_bulk.py

bench: install ## Measure what performance promises, interleaved in one run
	@python scripts/layer.py aws
	@for name in $(BENCHMARKS); do echo "== $$name"; python -W ignore -m benchmarks.$$name; done
