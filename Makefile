# Two commands on a fresh machine that has Python >= 3.11 and make: `make demo` and `make test`.
# The rest is for those who work on the code: venv, verify, bench, docs, lint, clean.
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
JOBS ?= 2
CODE := $(wildcard src tests benchmarks examples)
# The first Python that is new enough; `make demo PYTHON=/path/to/python` takes another.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	command -v $$name >/dev/null 2>&1 && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { command -v $$name; break; }; done)

.PHONY: demo test verify bench docs venv lint clean
.DELETE_ON_ERROR:

venv: $(VENV)/.all

demo: $(VENV)/.all
	"$(BIN)/scalebridge" run examples/wing/study.toml --folder runs/demo --replace

# files stay whole: what two processes both need would be compiled twice
test: $(VENV)/.test
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
		echo "No Chromium found: the tests that open the report in a browser will be skipped (Debian: apt-get install chromium)"
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile -m "not verify"

verify: $(VENV)/.test
	$(BIN)/python -m pytest -m verify

bench: $(VENV)/.all
	$(BIN)/python -m benchmarks

docs: $(VENV)/.docs
	$(BIN)/python -m mkdocs build --strict

lint: $(VENV)/.lint
	$(BIN)/python -m ruff check $(CODE)
	$(BIN)/python -m ruff format --check $(CODE)
	$(BIN)/python -m mypy

clean:
	rm -rf $(VENV) site build dist .pytest_cache .mypy_cache .ruff_cache

$(VENV)/.made:
	@test -n '$(PYTHON)' || { echo "scalebridge needs Python 3.11 or newer, and none was found; install it, or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }
	@'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11) and "scalebridge needs Python 3.11 or newer; $(PYTHON) is " + sys.version.split()[0])'
	@'$(PYTHON)' -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) has no module venv; on Debian: apt-get install python3-venv" >&2; exit 1; }
	'$(PYTHON)' -m venv --clear $(VENV)
	@touch $@

# Each stamp stands for one set of extras; a change of pyproject.toml installs again.
$(VENV)/.all: $(VENV)/.made pyproject.toml
	@echo "Installing scalebridge with all extras into $(VENV); this takes about a minute"
	@$(PIP) --editable '.[all]'
	@touch $@

$(VENV)/.test $(VENV)/.lint $(VENV)/.docs: $(VENV)/.%: $(VENV)/.all
	@$(PIP) --editable '.[all,$*]'
	@touch $@
