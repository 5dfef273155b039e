PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check
# The program and its local model; all of it and what the tests need.
DEMO_READY = $(VENV)/.demo-ready
READY = $(VENV)/.ready
WORKERS ?= auto

.PHONY: help demo test test-all test-integration lint check coverage format soak bench lock release clean

help:
	@echo "make demo    set up and run the main job (the screens on a terminal, else in text)"
	@echo "make test    set up and run the tests, a few variations of each"
	@echo "make test-all  the same, and then all the variations that make test leaves out"
	@echo "make test-integration  the targets against real services and libraries, in environments of their own"
	@echo "make lint    ruff, mypy --strict and the import contracts"
	@echo "make check   lint, and all the tests"
	@echo "make coverage  the tests, and which lines they reach; fails below the floor"
	@echo "make soak    the long crash and contention loops, and properties on new examples"
	@echo "make bench   the benchmarks, which print ratios; kept in benchmarks/results"
	@echo "make release VERSION=X.Y.Z  changelog, build, a check of the wheel, and the tag"

demo: $(DEMO_READY)
	$(BIN)/workbench demo

test: $(READY)
	$(BIN)/pytest -q -n $(WORKERS) --variations=some

test-all: test
	$(BIN)/pytest -q -n $(WORKERS) --variations=rest

test-integration: $(READY)
	$(BIN)/python scripts/integration.py $(VENV)/integration

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test-all

coverage: $(READY)
	$(BIN)/pytest -q -n $(WORKERS) --cov --cov-report=term:skip-covered --cov-report=html

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

soak: $(READY)
	$(BIN)/pytest -q -n $(WORKERS) --hypothesis-profile=explore
	PYTHONPATH=. $(BIN)/python tests/soak/reader_soak.py --files 25000
	PYTHONPATH=. $(BIN)/python tests/soak/engine_soak.py --kills 60
	PYTHONPATH=. $(BIN)/python tests/soak/registry_soak.py kill --rounds 500
	PYTHONPATH=. $(BIN)/python tests/soak/registry_soak.py crowd --seconds 60

bench: $(READY)
	$(BIN)/python benchmarks/run_all.py

release: $(READY)
	$(BIN)/python scripts/release.py $(VERSION)

lock:
	$(PYTHON) scripts/lock.py

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

$(DEMO_READY): pyproject.toml setup.py constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes -r constraints.txt
	PYTHONWARNINGS=ignore $(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(READY): $(DEMO_READY) constraints-dev.txt
	$(PIP) --require-hashes -r constraints.txt -r constraints-dev.txt
	@touch $@
