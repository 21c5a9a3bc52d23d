# Run: `make run`. Test: `make test`. Both do all the set-up; the rest is for people who change the code.
PY ?= python3
export UV_PYTHON_DOWNLOADS = never
# The machine decides whom to trust: some sit behind a registry of their own.
export UV_SYSTEM_CERTS = true
UV = .tools/bin/uv
BIN = .venv/bin

.PHONY: run test check bench format lock clean chromium
.DELETE_ON_ERROR:

run: .venv/.run
	@exec $(BIN)/clementine serve --sandbox

test: .venv/.dev chromium
	$(BIN)/python -m pytest $(ARGS)

check: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: .venv/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.dev
	$(BIN)/python -m bench

# Browser tests drive the system's Chromium; the suite never skips them.
chromium: .venv/.dev
	@$(BIN)/python -m tests.browser.chromium

# uv comes as one hash-checked wheel through plain pip, which needs neither python3-venv nor ensurepip.
$(UV): requirements/uv.txt
	rm -rf .tools
	$(PY) -m pip install -q --root-user-action=ignore --disable-pip-version-check --require-hashes --target .tools -r $<
	@touch $@

# The environment of the app alone. With .venv/.dev in place it is complete already.
.venv/.run: requirements/run.txt pyproject.toml $(UV)
	$(UV) venv -q --allow-existing --python $(PY) .venv
	$(UV) pip install -q --require-hashes -r $<
	$(UV) pip install -q --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.run
	$(UV) pip install -q --require-hashes -r $<
	@touch $@

lock: $(UV)
	cd requirements && ../$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url uv.in -o uv.txt
	cd requirements && ../$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url run.in -o run.txt
	cd requirements && ../$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url -c run.txt dev.in -o dev.txt

clean:
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis test-results
