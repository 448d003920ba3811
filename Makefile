# The two commands of the README: `make demo` and `make test`.
# Each makes the virtual environment .venv on its first run and reuses it afterwards.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet -c constraints.txt
INPUTS := setup.cfg pyproject.toml constraints.txt

.PHONY: demo test nightly lint doctest docs wheel benchmarks clean

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

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

doctest: $(VENV)/.test
	$(BIN)/python -m pytest --doctest-modules --doctest-glob='*.rst' --doctest-glob='*.md' \
		README.md docs/*.rst sklearn_geo

docs: $(VENV)/.docs
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

wheel: $(VENV)/.test
	VENV=$(VENV) sh tests/wheel_smoke.sh

benchmarks: $(VENV)/.test
	$(BIN)/python -m benchmarks

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
	rm -rf $(VENV) build dist demo *.egg-info docs/_build docs/auto_examples docs/generated
