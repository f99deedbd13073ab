# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
OUT    ?= out
ARGS   ?=
UPGRADE ?=

.DEFAULT_GOAL := help
.PHONY: help demo demo-spark test test-fast test-all lint types check docs mutants examples schemas benchmarks lock wheel clean

help: ## Say what each target does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# What the PDF needs from the system comes before pip: installed by root on Debian and its like, elsewhere named with its command.
$(STAMP): pyproject.toml requirements/all.lock requirements/torch.lock requirements/torch-cpu.lock requirements/install
	@PYTHON=$(PYTHON) requirements/system pdf
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing Cardwright and its libraries into $(VENV) (a few minutes, once) …"
	@requirements/install $(BIN)/python all torch -- -e .
	@$(BIN)/python -m compileall -q src # some environments write no .pyc files, and then every start pays for compiling
	@$(BIN)/cardwright doctor --quiet
	@touch $(STAMP)

demo: $(STAMP) ## Run the mortgage example: evaluate, judge, write the dossier, print the verdict
	@PYTHON=$(PYTHON) requirements/system pdf
	@$(BIN)/cardwright run examples/mortgage/assessment.yaml -o $(OUT)/mortgage; code=$$?; \
	 if [ $$code -gt 1 ]; then exit $$code; fi
	@.ci/promised $(OUT)/mortgage || { $(BIN)/cardwright doctor --quiet; \
	 echo "The demo did not make every file that the README promises; what is missing and why stands above."; exit 1; }
	@echo; echo "The gate refuses this example, as it should. Open $(OUT)/mortgage/audit_report.pdf"
	@echo "Then ask what is missing: $(BIN)/cardwright todo $(OUT)/mortgage"

# pyspark is built from source and needs Java, so it has an environment of its own on top of the other; the lock pins it.
$(VENV)-spark/.installed: $(STAMP) requirements/integrations/spark.lock
	@java -version >/dev/null 2>&1 || { $(BIN)/cardwright doctor | grep Java; exit 1; }
	@echo "Building PySpark into $(VENV)-spark (a minute, once) …"
	@$(BIN)/python -m venv $(VENV)-spark
	@$(BIN)/python -c 'import sysconfig; print("import site; site.addsitedir(%r)" % sysconfig.get_path("purelib"))' \
	 >$$($(VENV)-spark/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/libraries.pth
	@awk '/^[^ ]/ { chosen = /^(pyspark|py4j)==/ } chosen' requirements/integrations/spark.lock >$(VENV)-spark/only.lock
	@$(VENV)-spark/bin/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps --no-binary pyspark -r $(VENV)-spark/only.lock
	@# What the new environment brings itself would stand before the locked one, and in the record.
	@$(VENV)-spark/bin/python -m pip uninstall -qq -y --disable-pip-version-check setuptools 2>/dev/null || true
	@touch $@

demo-spark: demo $(VENV)-spark/.installed ## Run the mortgage example on a Spark cluster of two workers here: the same record, byte for byte
	@$(VENV)-spark/bin/python -c 'from cardwright.cli.main import process; process()' \
	 run examples/mortgage/assessment.yaml -o $(OUT)/mortgage-spark --engine 'local-cluster[2,1,1024]'; code=$$?; \
	 if [ $$code -gt 1 ]; then exit $$code; fi
	@cmp $(OUT)/mortgage/record.json $(OUT)/mortgage-spark/record.json
	@echo; echo "Counted on two workers, and the same record: sha256 $$($(BIN)/python -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' $(OUT)/mortgage-spark/record.json)"

test: $(STAMP) ## Run the tests (ARGS='--cov=cardwright --cov-branch' measures coverage)
	@PYTHON=$(PYTHON) requirements/system pdf tests
	@$(BIN)/python -m pytest -q -n auto --dist loadfile $(ARGS) && echo "All tests passed. Next: make demo, then open $(OUT)/mortgage/audit_report.pdf"

test-fast: $(STAMP) ## Run the tests of what changed since main, and the core's: under two minutes
	@$(BIN)/python -m pytest -q -n auto --dist worksteal $$($(BIN)/python tests/changed.py)

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
	@$(BIN)/python examples/leakage/prepare.py
	@$(BIN)/python examples/club/prepare.py
	@$(BIN)/python examples/diabetes/prepare.py
	@$(BIN)/python examples/wine/prepare.py
	@$(BIN)/python examples/lookup/prepare.py
	@$(BIN)/python examples/messages/prepare.py
	@$(BIN)/python examples/digits/prepare.py

schemas: $(STAMP) ## Write the JSON Schemas of all file formats to docs/schemas
	@$(BIN)/cardwright schema --all docs/schemas

mutants: $(STAMP) ## Ask of changed lines in statistics/ and policy/ whether a test notices (hours; ONLY='cardwright.policy.*' for a part)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'mutmut>=3.8'
	@nice $(BIN)/mutmut run --max-children 1 $(ONLY); $(BIN)/mutmut results

benchmarks: $(STAMP) ## Run the benchmarks beside their peers, and keep what they measure in benchmarks/results.json
	@$(BIN)/python benchmarks/results.py --all

lock: $(STAMP) ## Renew the locks in requirements/ (UPGRADE='--upgrade', or '--upgrade-package NAME')
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements/resolver.lock
	@UV=$(BIN)/uv requirements/lock $(UPGRADE)

wheel: $(STAMP) ## Build the wheel
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation -w dist .

clean: ## Remove what was built
	@rm -rf $(OUT) dist build docs/_build docs/reference .pytest_cache .mypy_cache .ruff_cache .hypothesis
