# The two commands of the README: `make demo` and `make test`.
# Each makes the virtual environment .venv on its first run and reuses it afterwards.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
CONSTRAINTS ?= constraints.txt
PIP_INSTALL := $(BIN)/python -m pip install --quiet -c $(CONSTRAINTS)
INPUTS := setup.cfg pyproject.toml $(CONSTRAINTS)

.PHONY: demo test oldest coverage nightly nights mutants limits lint doctest docs site wheel benchmarks clean

demo: $(VENV)/.demo
	$(BIN)/python -m examples.demo --out demo

# A process a core, at most four: each takes a gigabyte and more. One that is done takes
# over half of what another has left.
test: $(VENV)/.test
	$(BIN)/python -m pytest -n logical --maxprocesses=4 --dist worksteal

# The long forms of tests/reliability: thousands of examples, of damaged files and of
# killed processes. Hours.
nightly: $(VENV)/.test
	SKLEARN_GEO_NIGHTLY=1 $(BIN)/python -m pytest -n logical --maxprocesses=4 \
		--dist worksteal --hypothesis-profile=nightly tests/reliability

# The same fuzz and the same damaged files, as many minutes as there are: runs add up.
MINUTES ?= 60
nights: $(VENV)/.test
	$(BIN)/python -m tests.reliability.nights --minutes $(MINUTES)

# The suite with the oldest dependencies that setup.cfg promises. Gigabytes, once.
oldest:
	$(MAKE) VENV=.venv-oldest CONSTRAINTS=oldest.txt test

# Which lines the suite runs.
coverage: $(VENV)/.test
	$(BIN)/python -m pytest -n logical --maxprocesses=4 --dist worksteal \
		--cov=sklearn_geo --cov-branch --cov-report=term:skip-covered

# Small faults planted one at a time in the geometry, the partitions and the metrics:
# which ones no test notices. Hours; `make mutants WHAT='geometry/_sphere --sample 50'`.
WHAT ?= geometry partition metrics
mutants: $(VENV)/.test
	$(BIN)/python -m tests.reliability.mutants $(WHAT)

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

doctest: $(VENV)/.test
	$(BIN)/python -m pytest --doctest-modules --doctest-glob='*.rst' --doctest-glob='*.md' \
		README.md docs/*.rst sklearn_geo

# Pages for people, and the same as text; the second build takes what the first one read.
docs: $(VENV)/.docs
	$(BIN)/python -m sphinx -W --keep-going -b html -d docs/_build/read docs docs/_build/html
	$(BIN)/python -m sphinx -q -t generated -b text -d docs/_build/read docs docs/_build/text
	$(BIN)/python docs/plain_text.py docs/_build/text docs/_build/html

# Links, pictures, console errors, widths: by a browser if there is one.
site: docs
	$(BIN)/python docs/check_site.py docs/_build/html --screenshots docs/_build/screenshots

wheel: $(VENV)/.test
	VENV=$(VENV) sh tests/wheel_smoke.sh

benchmarks: $(VENV)/.test
	$(BIN)/python -m benchmarks

# Half an hour, best on a quiet machine. A bound that is crossed stops it before the
# table of docs/limits.rst is written.
LIMITS := limits_transformers limits_neighbors limits_tags limits_cells limits_zones
limits: $(VENV)/.test
	mkdir -p build
	$(BIN)/python -m benchmarks $(LIMITS) --json build/limits.json
	$(BIN)/python -m benchmarks._limits build/limits.json

# Debian's python3 comes without ensurepip: use the pip or virtualenv that is there, or
# say what to install.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "sklearn_geo needs Python 3.10 or newer: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "Making the virtual environment $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || \
		{ $(PYTHON) -m venv --clear --without-pip $(VENV) && \
		  $(PYTHON) -m pip --quiet --python $(VENV) install pip; } 2>/dev/null || \
		$(PYTHON) -m virtualenv --quiet $(VENV) 2>/dev/null || \
		{ rm -rf $(VENV); \
		  echo "No way to make a virtual environment. On Debian: apt-get install python3-venv"; \
		  exit 1; }

$(VENV)/.demo: $(INPUTS) | $(BIN)/python
	@echo "Installing sklearn_geo and what the demo needs (a few minutes, once) ..."
	$(PIP_INSTALL) -e '.[plot,pandas]'
	@touch $@

$(VENV)/.test: $(INPUTS) | $(BIN)/python
	@echo "Installing sklearn_geo and what the tests need (a few minutes, once) ..."
	$(PIP_INSTALL) -e '.[plot,pandas,test]'
	@touch $@ $(VENV)/.demo

$(VENV)/.docs: $(INPUTS) | $(VENV)/.test
	$(PIP_INSTALL) -e '.[docs]'
	@touch $@

clean:
	rm -rf $(VENV) .venv-oldest build dist demo *.egg-info docs/_build docs/auto_examples docs/generated
