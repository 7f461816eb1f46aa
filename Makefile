# Everything a newcomer needs is `make run`; everything a change needs is `make test` and `make check`.
# GNU make 4.3 and Python 3.11 or newer are enough.

.DEFAULT_GOAL := help
.PHONY: help setup run test chromium check format eval lock clean
.DELETE_ON_ERROR:

BIN := .venv/bin
DONE := .venv/.installed
WORKERS := 2
# Prints the first Python that is new enough, or why there is none.
FIND_PYTHON = for python in python3.11 python3; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then break; fi; python=; \
	done; \
	if [ -z "$$python" ]; then echo 'Northbound needs Python 3.11 or newer, as python3.11 or python3; install it and run make again.' >&2; exit 1; fi

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(DONE) ## make .venv and install into it; once, and again when a dependency changes

run: $(DONE) ## serve the page on http://127.0.0.1:7860; builds the index first where there is none
	$(BIN)/northbound serve

test: $(DONE) chromium ## run the tests; ARGS="-k page" chooses some
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(DONE) ## formatting, lint and types
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy

format: $(DONE) ## put the formatting right, and what lint can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

eval: $(DONE) ## measure the answers on eval/sets, and fail where a bar of eval/gate.toml is broken
	$(BIN)/northbound eval gate --workers $(WORKERS)

lock: ## renew constraints.txt with the newest versions that pyproject.toml allows
	@set -e; $(FIND_PYTHON); rm -rf build/lock; $$python -m venv build/lock; \
	build/lock/bin/python -m pip install -e '.[dev]'; \
	{ sed -n '/^#/p' constraints.txt; build/lock/bin/python -m pip freeze --exclude-editable | sed 's/+.*//'; } > constraints.new; \
	mv constraints.new constraints.txt; rm -rf build/lock; echo 'constraints.txt is renewed; run: make test'

clean: ## remove what was made here, except the data folder
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(DONE): pyproject.toml constraints.txt
	@set -e; $(FIND_PYTHON); \
	if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  echo "Making .venv with $$($$python --version)"; \
	  $$python -m venv --clear .venv || { rm -rf .venv; \
	    echo "$$python cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }; \
	fi
	@echo 'Installing into .venv: about two minutes the first time'
	$(BIN)/python -m pip install --disable-pip-version-check --no-compile -c constraints.txt -e '.[dev]'
	@# Compiled here, for where Python is told not to keep bytecode each start would do it again: pip would take one process for it, and the
	@# third that is never loaded along (chromadb brings kubernetes). Files in packages that are no Python of today are passed over, as by pip.
	@$(BIN)/python -m compileall -qq -j $(WORKERS) -x '/(kubernetes|tests)/' .venv/lib || true
	@$(BIN)/python -m compileall -q bot corpus index eval
	@touch $@

# The tests of the page need a browser.
chromium:
	@if command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo 'Installing chromium for the tests of the page'; \
	  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium fonts-dejavu-core; } \
	    || echo 'chromium could not be installed: the tests of the page will be skipped'; \
	else echo 'no chromium here: the tests of the page will be skipped; install it to run them'; fi
