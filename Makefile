# Two commands are enough: `make serve` and `make test`. Both set up .venv/ on a machine with Python 3.11+ and make.

PYTHON ?= python3
PORT ?= 8080
ARGS ?=
BIN = .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: serve test proof check lint types stale compile lock clean

serve: .venv/.ready ## compile, validate and serve the shipped topics
	$(BIN)/vademecum compile artifacts
	$(BIN)/vademecum serve artifacts --port $(PORT) --evaluate-drafts $(ARGS)

test: .venv/.ready-dev ## run all tests
	$(BIN)/pytest $(ARGS)

proof: .venv/.ready-dev ## how far the rules are proved: coverage, truth tables, all mutants, many made-up patients (minutes)
	$(BIN)/vademecum cases --coverage
	$(BIN)/vademecum cases --mutants
	$(BIN)/pytest -q tests/properties --hypothesis-profile=thorough

check: lint types stale test ## what CI runs

lint: .venv/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.ready-dev
	$(BIN)/mypy

stale: .venv/.ready-dev ## committed files equal what makes them
	$(BIN)/vademecum compile artifacts --check
	$(BIN)/python tools/schemas.py --check
	$(BIN)/python tools/commands.py --check
	$(BIN)/python tools/rules.py --check
	$(BIN)/python tools/bad_inputs.py --check

compile: .venv/.ready
	$(BIN)/vademecum compile artifacts

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Vademecum needs Python 3.11 or newer; name one with PYTHON=...")'
	$(PYTHON) -m venv .venv

.venv/.ready: .venv/bin/python requirements.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q publisher server  # also where PYTHONDONTWRITEBYTECODE would have each start do it
	touch $@

.venv/.ready-dev: .venv/.ready requirements-dev.lock
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.lock
	touch $@

lock: ## renew the lock files (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --output-file requirements.lock pyproject.toml build.in
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
