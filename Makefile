PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make requirements" \
	$(UPGRADE) pyproject.toml --group build

.PHONY: help run test lint bench layers requirements clean

help: ## Show what can be made
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 14

run: $(VENV)/run.stamp ## Start the dashboard; ARGS="--port 8600 --no-browser"
	$(BIN)/bordermap serve $(ARGS)

test: lint ## Check style and types, then run all tests; ARGS="-k dates"
	@$(BIN)/python tests/browser/chromium.py
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile $(ARGS)

lint: $(VENV)/dev.stamp ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/dev.stamp ## Measure against other tools; ARGS="--quick" or "--help"
	$(BIN)/python -m benchmarks $(ARGS)

layers: $(VENV)/dev.stamp ## Rebuild the layers of geodata/ from their sources (needs npm)
	$(PIP) timezonefinder==9.0.0
	$(BIN)/python geodata/build/layers.py --cache build-cache
	$(BIN)/python geodata/build/points.py

requirements: $(VENV)/dev.stamp ## Pin the requirements anew; UPGRADE=--upgrade for the newest
	$(LOCK) --output-file requirements.txt
	$(LOCK) --group dev --constraint requirements.txt --output-file requirements-dev.txt

clean: ## Remove the environment and what was built
	rm -rf $(VENV) build-cache dist .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results
	find app.py src tests geodata -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/base.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "bordermap needs Python 3.11 or newer; try: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/run.stamp: $(VENV)/base.stamp requirements.txt pyproject.toml
	$(PIP) --require-hashes --requirement requirements.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements-dev.txt
	$(PIP) --require-hashes --requirement requirements-dev.txt
	@touch $@
