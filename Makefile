# make run: everything on a fresh machine. make test: the whole suite.
PYTHON ?= python3
VENV   ?= .venv
PORT   ?= 8000
WORKERS ?= 2
BIN     = $(VENV)/bin

.PHONY: run test lint format soak bench demo demo-off lock clean needs

run: needs $(VENV)/runtime.stamp
	@PORT=$(PORT) $(BIN)/python manage.py serve --port $(PORT) --workers $(WORKERS)

test: needs $(VENV)/dev.stamp
	@PYTHON=$(BIN)/python sh tests/run.sh $(ARGS)

soak: needs $(VENV)/dev.stamp
	@SOAK=1 PYTHON=$(BIN)/python sh tests/run.sh -m soak $(ARGS)

bench: needs $(VENV)/dev.stamp
	@$(BIN)/python -m tests.bench $(ARGS)

lint: needs $(VENV)/dev.stamp
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@git ls-files 'templates/*.html' | grep -v '^templates/admin/' | xargs $(BIN)/djade --target-version 5.2 --check

format: needs $(VENV)/dev.stamp
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .
	@git ls-files 'templates/*.html' | grep -v '^templates/admin/' | xargs $(BIN)/djade --target-version 5.2

demo: needs $(VENV)/runtime.stamp
	@$(BIN)/python manage.py demo_class

demo-off: needs $(VENV)/runtime.stamp
	@$(BIN)/python manage.py demo_class --remove

lock: needs $(VENV)/dev.stamp
	@for f in requirements requirements-postgres requirements-dev; do \
	  $(BIN)/uv pip compile -q --generate-hashes --universal --python-version 3.11 --no-header $$f.in -o $$f.txt; done

clean:
	@rm -rf $(VENV) node_modules .pytest_cache .ruff_cache .hypothesis

needs:
	@command -v git >/dev/null || { echo "git is missing: sudo apt install git"; exit 1; }
	@command -v $(PYTHON) >/dev/null || { echo "Python is missing: sudo apt install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: sudo apt install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "The venv module is missing: sudo apt install python3-venv"; exit 1; }

$(VENV)/runtime.stamp: requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing packages …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing packages for tests …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ $(VENV)/runtime.stamp
