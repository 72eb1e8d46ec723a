# Two commands on a fresh machine: `make demo` and `make test`. Everything else is for those who work on the code.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2

.PHONY: demo test verify bench docs venv lint clean

venv: $(VENV)/.all

$(VENV)/.made:
	$(PYTHON) -c 'import sys; sys.exit("scalebridge needs Python 3.11 or newer, found " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.all: $(VENV)/.made pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[all]'
	touch $@

$(VENV)/.test: $(VENV)/.all
	$(BIN)/python -m pip install --quiet --editable '.[all,test]'
	touch $@

$(VENV)/.lint: $(VENV)/.all
	$(BIN)/python -m pip install --quiet --editable '.[all,lint]'
	touch $@

$(VENV)/.docs: $(VENV)/.all
	$(BIN)/python -m pip install --quiet --editable '.[all,docs]'
	touch $@

demo: $(VENV)/.all
	$(BIN)/scalebridge run examples/fibre_composite/study.toml --folder runs/demo --replace

test: $(VENV)/.test
	$(BIN)/python -m pytest -n $(JOBS) -m "not verify"

verify: $(VENV)/.test
	$(BIN)/python -m pytest -m verify

bench: $(VENV)/.test
	$(BIN)/python -m benchmarks

docs: $(VENV)/.docs
	$(BIN)/mkdocs build --strict

lint: $(VENV)/.lint
	$(BIN)/ruff check src tests benchmarks examples
	$(BIN)/ruff format --check src tests benchmarks examples
	$(BIN)/mypy

clean:
	rm -rf $(VENV) site build dist .pytest_cache .mypy_cache .ruff_cache
