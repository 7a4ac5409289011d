# The way in. Every target makes what it needs, starting from Python >= 3.11, git and make; nothing else to install.
#
# .venv is filled from requirements-dev.lock (exact versions, hashes checked) by uv where uv is installed, else by
# venv and pip, and again only when the lock changes. The project itself goes in editable, built by the locked
# setuptools, so that nothing is ever fetched without a hash.

PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$python; break; }; done)
UV     ?= $(shell uv --version >/dev/null 2>&1 && echo uv)
BIN    := .venv/bin
READY  := .venv/.ready
CONFIG ?= config.toml
ARGS   ?=

# Some machines forbid Python to keep compiled files; the tests start the program a hundred times, at three seconds each.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test run check lock soak bench pictures clean

help: ## show this list
	@echo "Livestall: a market stall in a chat"
	@echo
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' Makefile | while IFS='	' read -r name what; do printf '  make %-8s %s\n' "$$name" "$$what"; done

demo: $(READY) ## play the story on a local Telegram, no token needed (ONCE=1 stops after it, PORT=8088, STORY=tonggu)
	@$(BIN)/livestall demo $(if $(filter 1 yes true,$(ONCE)),--once) $(if $(PORT),--port $(PORT)) $(if $(STORY),--story $(STORY)) $(ARGS)

test: $(READY) ## run the tests (ARGS="tests/shop -x" for some of them)
ifeq ($(ARGS),)
	$(BIN)/python -m pytest -m "not soak" --numprocesses 2 --dist loadfile $(ALONE:%=--ignore=%)
	$(BIN)/python -m pytest -m "not soak" $(ALONE)
else
	$(BIN)/python -m pytest -m "not soak" $(ARGS)
endif

# These start and kill processes or drive a browser: they get the machine to themselves, the others share it.
ALONE = tests/bot tests/browser tests/crash tests/wire

run: $(READY) ## run the stall with a real token (CONFIG=config.toml)
	@$(BIN)/livestall run --config $(CONFIG) $(ARGS)

check: $(READY) ## lint, formatting, strict types and import floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

lock: ## resolve the dependencies again (needs uv; UPGRADE=1 takes newer versions)
	@test -n "$(UV)" || { echo "make lock needs uv: https://docs.astral.sh/uv" >&2; exit 1; }
	$(LOCK) -o requirements.lock
	$(LOCK) --group dev -o requirements-dev.lock

LOCK = $(UV) pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--group build $(if $(filter 1 yes true,$(UPGRADE)),--upgrade)

soak: $(READY) ## the long crash and load tests
	SOAK=1 $(BIN)/python -m pytest -m soak --timeout=7200 $(ARGS)

bench: $(READY) ## measure against a bare framework echo (docs/benchmarks.md)
	$(BIN)/python -m benchmarks $(ARGS)

pictures: $(READY) ## take the pictures of the README anew (needs Chromium)
	$(BIN)/python -m tests.browser.pictures

clean: ## remove everything made here; databases and config.toml stay
	rm -rf .venv build dist *.egg-info demo-out .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements-dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Livestall needs Python 3.11 or newer, and none was found." \
		"Install one, or name it: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || rm -rf .venv
	@echo "Setting up .venv ($(if $(UV),uv,pip), $(PYTHON)); this happens once" >&2
ifneq ($(UV),)
	@test -d .venv || $(UV) venv --quiet --python "$(PYTHON)" .venv
	@$(UV) pip sync --quiet --compile-bytecode --require-hashes --python $(BIN)/python requirements-dev.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
else
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || rm -rf .venv
	@test -d .venv || $(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "$(PYTHON) cannot make a virtual environment (on Debian: apt install python3-venv)." >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
endif
	@touch $@
