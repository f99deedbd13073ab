# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
OUT    ?= out

.DEFAULT_GOAL := help
.PHONY: help demo test test-all lint types check docs examples schemas benchmarks wheel clean

help: ## Say what each target does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(STAMP): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: apt-get install python3 python3-venv | brew install python"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is older. Name another: make PYTHON=python3.12 demo"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing Cardwright and its libraries into $(VENV) (a few minutes, once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[all,dev]'
	@$(BIN)/python -m compileall -q src # some environments write no .pyc files, and then every start pays for compiling
	@$(BIN)/cardwright doctor --quiet || true
	@touch $(STAMP)

demo: $(STAMP) ## Run the mortgage example: evaluate, judge, write the dossier, print the verdict
	@$(BIN)/cardwright run examples/mortgage/assessment.yaml -o $(OUT)/mortgage; code=$$?; \
	 if [ $$code -gt 1 ]; then exit $$code; fi; \
	 echo; echo "The gate refuses this example, as it should. Open $(OUT)/mortgage/audit_report.pdf"; \
	 echo "Then ask what is missing: $(BIN)/cardwright todo $(OUT)/mortgage"

test: $(STAMP) ## Run the tests
	@$(BIN)/python -m pytest -q -n auto --dist loadfile && echo "All tests passed. Next: make demo, then open $(OUT)/mortgage/audit_report.pdf"

lint: $(STAMP) ## Check style
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(STAMP) ## Check types
	@$(BIN)/mypy src

check: lint types test ## Everything before a commit

docs: $(STAMP) ## Build the documentation into docs/_build/html; a warning is an error
	@$(BIN)/python -m sphinx -q -W --keep-going -b html docs docs/_build/html && echo "Open docs/_build/html/index.html"

examples: $(STAMP) ## Make the examples' data and models again
	@$(BIN)/python examples/mortgage/prepare.py
	@$(BIN)/python examples/census_extract/prepare.py
	@$(BIN)/python examples/assistant/make_data.py

schemas: $(STAMP) ## Write the JSON Schemas of all file formats to docs/schemas
	@$(BIN)/cardwright schema --all docs/schemas

benchmarks: $(STAMP) ## Run the benchmarks beside their peers
	@for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

wheel: $(STAMP) ## Build the wheel
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps -w dist .

clean: ## Remove what was built
	@rm -rf $(OUT) dist build docs/_build docs/reference .pytest_cache .mypy_cache .ruff_cache .hypothesis
