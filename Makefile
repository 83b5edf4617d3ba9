# Daily commands, same names as in CI. Use inside a virtual environment with `pip install -e ".[dev]"`.
PYTHON ?= python

.PHONY: check fmt lint types layers test cov adapters docs report sample bench quality proving-ground

check: lint types layers docs test  ## everything that must hold before a change is offered

fmt:  ## put the code into its form
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

lint:  ## rules and form
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types:  ## the package, then each example folder as the user's own top level
	$(PYTHON) -m mypy
	$(PYTHON) -m mypy checks/visits
	$(PYTHON) -m mypy checks/diabetes

layers:  ## who may import whom
	lint-imports

test:
	$(PYTHON) -m pytest

cov:  ## not pytest-cov: the plugin is imported before it could start
	$(PYTHON) -m coverage erase
	$(PYTHON) -m coverage run -m pytest
	$(PYTHON) -m coverage combine --quiet
	$(PYTHON) -m coverage report

adapters:  ## torch, keras, transformers and catboost in an environment of their own, and the tests that need them
	.ci/adapters

quality:  ## every simulation of the quality tests; half an hour
	QUALITY=whole $(PYTHON) -m pytest tests/quality

docs:  ## the examples in docstrings run
	$(PYTHON) -m pytest --doctest-modules modelcheck

report:  ## gate the example models and write their pages under reports/
	$(PYTHON) -m pytest --modelcheck

sample:  ## the same into reports/example/, which is kept in the repository
	$(PYTHON) -m pytest --modelcheck --modelcheck-report reports/example

proving-ground:  ## planted defects and clean twins, modelcheck and its peers; 2.5 hours, goes on where it was broken off
	$(PYTHON) -m benchmarks.proving_ground

bench:  ## speed and memory; minutes, see benchmarks/README.md
	$(PYTHON) benchmarks/bench_plugin_off.py
	$(PYTHON) benchmarks/bench_adult.py
	$(PYTHON) benchmarks/bench_baseline.py
	$(PYTHON) benchmarks/bench_bias.py
	$(PYTHON) benchmarks/bench_explain.py
	$(PYTHON) benchmarks/bench_inspect.py
	$(PYTHON) benchmarks/bench_http.py
	$(PYTHON) benchmarks/bench_perturb.py
	$(PYTHON) benchmarks/bench_robustness.py
	$(PYTHON) benchmarks/bench_slices.py
	$(PYTHON) benchmarks/bench_streaming.py
