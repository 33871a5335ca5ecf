# `make help` lists what can be made. Every target makes what it needs, the environment first.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m
LOCKS := requirements-uv.lock requirements.lock
# The stamp carries the locks' checksum: another lock is another environment.
INSTALLED := $(VENV)/installed-$(shell cat $(LOCKS) | cksum | tr ' ' '-')
UV_COMPILE := uv pip compile --quiet --upgrade --universal --generate-hashes --no-annotate \
	--no-header --no-emit-index-url --no-emit-find-links --python-version 3.11

# Kernels start in book/; `analysis` is the one beside it.
export PYTHONPATH := $(CURDIR)
# Hundreds of short processes import the same libraries: compiled once, each starts in half the time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help book slides site-zip pdf forms publish test check-slow check-site check-site-all check-thorough check-downloads refresh times reading bench fuzz cohorts \
	student teacher check-exercises selfcheck lock clean clean-all

help:  ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' Makefile

book: $(INSTALLED)  ## Execute what changed, write the pages to _build/html; PAPER=FILE: of that paper, to _papers
	@$(RUN) workshop book $(if $(PAPER),--paper "$(PAPER)")

slides: $(INSTALLED)  ## Write the slides of each class plan to _build/slides, one file each
	@$(RUN) workshop.slides

site-zip: book  ## Pack the pages into one file that opens from a folder
	@$(RUN) workshop site_zip

# The sheets of exercises are held against what the build of the book has just executed: check-site.
test: $(INSTALLED)  ## Lint, unit tests, pairs, and every chapter against its outputs
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) pytest -n 2 -m "not slow and not thorough"
	$(RUN) pytest --nbval --nbval-current-env -n 2 --dist loadfile book --ignore=book/exercises

check-slow: book  ## The tests that build whole books, and others that take their time
	SITE_REQUIRED=1 $(RUN) pytest -n 2 -m "slow and not thorough"

check-site: book  ## Look at every built page: links, then a browser (needs Chromium)
	SITE_REQUIRED=1 $(RUN) pytest -n 2 -m "not slow and not thorough" tests/site

check-site-all: book  ## Also by keyboard, in every width, with every fold open, on paper (a quarter of an hour)
	SITE_REQUIRED=1 $(RUN) pytest -n 2 tests/site tests/workshop/test_downloads_alone.py tests/book/test_cold_builds.py

pdf: $(INSTALLED)  ## Print the whole book to _build (needs Chromium); PAPER=FILE: of that paper, to _papers
	@$(RUN) workshop book $(if $(PAPER),--paper "$(PAPER)")
	@$(RUN) workshop.pdf $(if $(PAPER),--paper "$(PAPER)")

forms: $(INSTALLED)  ## Print the form of an appraisal, empty and filled in, to _build (needs Chromium)
	@$(RUN) workshop.forms

publish: pdf forms site-zip  ## The pages with the PDF and the zip file in _build/site, for a server
	@$(RUN) workshop.downloads publish

check-thorough: book  ## Every test that CI leaves out for its time (an hour and more)
	SITE_REQUIRED=1 $(RUN) pytest -n 2 -m thorough

check-downloads: book  ## Run every notebook that the site offers, alone, in a fresh environment
	@$(RUN) workshop.downloads

student: $(INSTALLED)  ## Write the exercises without solutions to _build/student, for a class
	@$(RUN) workshop.teaching.editions student

teacher: $(INSTALLED)  ## Write the exercises with solutions, checks and marking guides to _build/teacher
	@$(RUN) workshop.teaching.editions teacher

check-exercises: $(INSTALLED)  ## Mark what a class handed in: DIR=FOLDER [SHEETS="table1 table2"] (runs the students' code)
	@$(if $(DIR),,echo 'Say which folder holds what was handed in: make check-exercises DIR=FOLDER'; exit 1)
	@$(if $(DIR),$(RUN) workshop.teaching.grade "$(DIR)" $(if $(SHEETS),--sheets $(SHEETS)))

refresh: $(INSTALLED)  ## Run all chapters again and write the .ipynb beside each .md
	@$(RUN) workshop refresh

fuzz: $(INSTALLED)  ## Give 10,000 broken records and 5,000 broken studies of patients to the loaders
	@PYTHONPATH=$(CURDIR):$(CURDIR)/tests/analysis $(RUN) tests.analysis.fuzz --count 10000
	@PYTHONPATH=$(CURDIR):$(CURDIR)/tests/analysis $(RUN) tests.analysis.fuzz --count 5000 --studies

times: $(INSTALLED)  ## Measure all chapters for the page on execution times
	@$(RUN) workshop times

reading: $(INSTALLED)  ## How hard each chapter is to read, its long sentences, and the page that tells it
	@$(RUN) workshop reading

bench: $(INSTALLED)  ## Compare the analysis with the tools a user would pick instead
	$(RUN) benchmarks

cohorts: $(INSTALLED)  ## Simulate the committed cohorts (no patients) again
	$(RUN) analysis cohorts data/yu2023/paper.yaml --count 24 --seed 1 --jobs 2 --out data/yu2023/cohorts.parquet

selfcheck: $(INSTALLED)  ## Audit 10,000 honest papers and planted errors again (minutes; goes on after Ctrl-C)
	$(RUN) tests.trials.round_trip --count 10000 --seed 2026 --jobs 2 --out data/trials/round_trip.json

lock: $(INSTALLED)  ## Solve requirements.in again into the two locks
	$(VENV)/bin/$(UV_COMPILE) requirements.in --output-file requirements.lock
	echo "uv" | $(VENV)/bin/$(UV_COMPILE) - --output-file requirements-uv.lock

clean:  ## Remove the built books; caches stay
	rm -rf _build _papers

clean-all: clean  ## Remove everything that can be made again, the environment too
	rm -rf $(VENV) .cache .pytest_cache .hypothesis .ruff_cache *.egg-info

# uv is ten times as fast as pip. pip is the second choice, where only pip knows the mirror.
$(INSTALLED):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed, and \`$(PYTHON)\` is not: name one, as in \`make PYTHON=python3.12 book\`."; \
		exit 1; }
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(RUN) pip install --quiet --require-hashes -r requirements-uv.lock
	$(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python --require-hashes -r requirements.lock \
		|| $(RUN) pip install --quiet --require-hashes -r requirements.lock
	$(RUN) pip install --quiet --no-deps --no-build-isolation --editable .
	@# Else the first chapter that draws would spend its time, and its stderr, on the fonts.
	$(VENV)/bin/python -c 'import matplotlib.font_manager'
	touch $@
