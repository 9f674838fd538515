# Mingbai. `make` alone explains the targets. All of them set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
MACHINE_STAMP := $(VENV)/.machine
WORKERS ?= 3
SIZES ?= 1000,10000,100000,1000000
EVAL ?=

.DEFAULT_GOAL := help
.PHONY: help demo setup test check format bench bench-callbacks bench-retrieval bench-quality bench-pages bench-reliability chaos editor lock clean

help: ## what each target does
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

demo: setup ## gateway, sandbox and demo content on SQLite; prints the addresses and the accounts
	$(BIN)/mingbai demo

setup: $(STAMP) ## the environment in .venv, with .venv/bin/mingbai

$(STAMP): pyproject.toml requirements.lock $(wildcard knowledge/kernel*.[ch])
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Mingbai needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	@command -v cc >/dev/null || { echo "Mingbai compiles a part of its search: install a C compiler (Debian: apt-get install build-essential python3-dev)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(MACHINE_STAMP): $(STAMP)
	@$(BIN)/python -m tests.machine_setup
	@touch $@

test: setup $(MACHINE_STAMP) ## every test (on Debian as root it installs the browser, PostgreSQL and libfaketime they need; elsewhere those skip by name)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

check: setup ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## lets ruff format and mend what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: bench-callbacks bench-retrieval bench-quality ## all benchmarks; every ratio is measured side by side in one run (docs/benchmarks.md)
	$(BIN)/python -m benchmarks.reliability
	$(BIN)/python -m benchmarks.pages

bench-callbacks: setup ## encrypted messages a second, beside a bare handler and WeRoBot; ends in one JSON line
	$(BIN)/python -m benchmarks.callbacks

bench-retrieval: setup ## a question in our index, in bm25s and in Tantivy, up to SIZES entries; draws docs/images/retrieval.svg
	$(BIN)/python -m benchmarks.cutting
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m benchmarks.retrieval --sizes $(SIZES) --plot docs/images/retrieval.svg

bench-quality: setup ## risk against coverage on the sets of questions in the folder EVAL; draws docs/images/risk-coverage.svg
	$(BIN)/python -m benchmarks.risk $(if $(EVAL),$(patsubst %/dev.jsonl,%,$(wildcard $(EVAL)/*/dev.jsonl))) --plot docs/images/risk-coverage.svg

bench-pages: setup ## the console's and the portal's main pages over 10,000 disclosures: each within 200 ms
	$(BIN)/python -m benchmarks.pages

bench-reliability: setup ## on time without faults; cancellations, a database away, a full disk, SIGTERM (docs/reliability.md)
	$(BIN)/python -m benchmarks.reliability

chaos: setup ## processes killed, platforms that lie: nothing twice, lost or early; smaller with CHAOS_RELEASES=40, MUTANT=1 must find duplicates
	$(BIN)/python -m benchmarks.chaos

editor: ## builds console/static/editor.js from console/editor; needs Node, which nobody needs who only runs Mingbai
	cd console/editor && npm ci --no-audit --no-fund --ignore-scripts && npm run --silent build

lock: setup ## renews requirements.lock from pyproject.toml, with hashes, for every platform
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet -o requirements.lock

clean: ## removes the environment and the demo's data
	rm -rf $(VENV) var build *.egg-info
