# `make` lists the targets. The environment is made in .venv with the first Python from 3.14 to 3.11, or PYTHON=….

PYTHON ?=
PYTEST_ARGS ?=
BENCH_ARGS ?=
# A wheel to install in place of the source tree, and whether tests measure their coverage: CI does both.
WHEEL ?=
COVERAGE ?=

VENV := .venv
STAMP := $(VENV)/.made-from-pyproject
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip install --quiet --disable-pip-version-check
PYTHONS := $(PYTHON) python3.14 python3.13 python3.12 python3.11 python3 python
FITS := import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))
# What `pulumi package add` makes for programs in Go.
GO_SDK := example.com/pulumi-cloudflare-email-security/sdk/go
# Where `make demo` installs the CLI on machines without one.
export PATH := $(PATH):$(CURDIR)/.work/pulumi/bin

.DEFAULT_GOAL := help
.PHONY: help env demo node go s3 test coverage pythons sdks lint types format docs first-hour site dist release-check bench soak \
	acceptance clean

help: ## This list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | while IFS="$$(printf '\t')" read -r name what; do \
		printf '  make %-13s %s\n' "$$name" "$$what"; done

env: $(STAMP) ## Make the environment in .venv, or bring it up to date

$(STAMP): pyproject.toml
	@if ! $(RUN) -c '$(FITS)' 2>/dev/null; then \
		for python in $(PYTHONS); do \
			if $$python -c '$(FITS)' 2>/dev/null; then found=$$python; break; fi; \
		done; \
		if [ -z "$$found" ]; then \
			echo 'No Python from 3.11 on with venv was found: install one, or name it as in `make $(MAKECMDGOALS) PYTHON=/path/to/python3`.' >&2; \
			exit 1; \
		fi; \
		$$found -m venv --clear $(VENV); \
	fi
	@echo 'Installing this package and its tools into $(VENV) …'
	@$(PIP) $(if $(WHEEL),'$(abspath $(WHEEL))[dev]',--editable '.[dev]')
	@touch $@

demo: $(STAMP) ## The whole life of five settings, with no account (DEMO_NO_CLI=1: without the Pulumi CLI)
	@$(RUN) -m scripts.demo

node: ## Install what the tests in TypeScript need, in .work/node (Node.js and its registry)
	npm install --no-audit --no-fund --prefix .work/node @pulumi/pulumi typescript@5 @types/node@20

go: ## Download what the tests in Go need, into Go's own cache (Go and its modules)
	mkdir -p .work/go && cp examples/go/go.mod .work/go/
	cd .work/go && go mod edit -dropreplace=$(GO_SDK) -droprequire=$(GO_SDK) && go mod download

s3: ## Install the server of the S3 protocol that a test of a shared state needs, in .work/s3 (Go and its modules)
	GOBIN='$(CURDIR)/.work/s3' go install github.com/versity/versitygw/cmd/versitygw@v1.8.0

test: $(STAMP) ## All tests (PYTEST_ARGS=…; PULUMI_CLI_REQUIRED=1: skipping those on the real CLI fails)
	$(RUN) $(if $(COVERAGE),-m coverage run) -m pytest -n auto --maxprocesses 8 --dist loadgroup $(PYTEST_ARGS)

coverage: $(STAMP) ## Tell what `make test COVERAGE=1` covered; it fails under what pyproject.toml asks for
	$(RUN) -m coverage combine --quiet
	$(RUN) -m coverage report

pythons: $(STAMP) ## Levels 1 and 2 and a part of level 3 on every supported Python found here (PYTEST_ARGS=…)
	$(RUN) -m scripts.pythons $(PYTEST_ARGS)

sdks: $(STAMP) ## The plugin's tests, both ways in, on the lowest Pulumi SDK that is allowed and the newest (PYTEST_ARGS=…)
	$(RUN) -m scripts.sdks $(PYTEST_ARGS)

lint: $(STAMP) ## Lint, and check the format, which room imports which, and the workflows
	$(RUN) -m ruff check
	$(RUN) -m ruff format --check
	$(VENV)/bin/lint-imports --no-logo
	$(RUN) -m check_jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml examples/*/.github/workflows/*.yml

types: $(STAMP) ## Check the types
	$(RUN) -m mypy

format: $(STAMP) ## Format, and fix what can be fixed
	$(RUN) -m ruff format
	$(RUN) -m ruff check --fix

docs: $(STAMP) ## Generate the reference, and the tables that are made from the code
	$(RUN) -m scripts.make_reference
	$(RUN) -m scripts.make_review_docs
	$(RUN) -m scripts.trace --write

first-hour: $(STAMP) ## Play docs/guides/first-hour.md, and write what its commands print
	@$(RUN) -m scripts.first_hour --write

site: $(STAMP) ## Build the documentation's site in .work/site
	@$(RUN) -c 'import material' 2>/dev/null || $(PIP) 'mkdocs-material>=9.6'
	NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --strict --site-dir .work/site

dist: $(STAMP) ## Build the sdist, and the wheel from it, in dist
	rm -rf dist
	$(RUN) -m build --no-isolation

release-check: $(STAMP) ## Check what `make dist` built for a release (TAG=vX.Y.Z), and write its SBOM to .work/sbom.json
	@$(PIP) 'check-wheel-contents>=0.6' 'cyclonedx-bom>=7' 'twine>=6.1'
	$(RUN) -m scripts.release $(TAG)

bench: $(STAMP) ## Measure, in a quarter of an hour (BENCH_ARGS="--quick", "--full", …)
	$(RUN) -m benchmarks.run $(BENCH_ARGS)

soak: $(STAMP) ## Random programs and faults for long (SOAK_SECONDS=600, SOAK_SEED=…)
	HYPOTHESIS_PROFILE=soak SOAK_REPORT=.work/soak.json $(RUN) -m pytest tests/trust/test_convergence.py tests/trust/test_hostile.py -q

acceptance: ## Try a real account, of which only entries made here are changed (ACCEPTANCE=1; see CONTRIBUTING)
	@test "$(ACCEPTANCE)" = 1 || { echo 'It changes a real account: run `make acceptance ACCEPTANCE=1`, see CONTRIBUTING.' >&2; exit 1; }
	@$(MAKE) --no-print-directory env
	ACCEPTANCE=1 $(RUN) -m pytest -n0 -q tests/acceptance/test_account.py

clean: ## Remove what these targets make
	rm -rf $(VENV) .work .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage .coverage.* dist build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
