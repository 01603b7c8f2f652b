# `make help` lists the commands. They work as root and as an ordinary user, in any order.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --custom-compile-command "make lock"
TEMPLATES := find templates campaigns -name '*.html' -print0
WITH_CHECK_ENV := set -a; source deploy/check.env; set +a;
# Python keeps what it compiled, whatever the shell says: pytest compiles every test anew otherwise.
unexport PYTHONDONTWRITEBYTECODE
# All of them share the cores; each process has a Postgres, a Valkey and a Chromium of its own.
WHICH_TESTS = $(or $(T),--numprocesses auto --maxprocesses 4)
heading = @printf '\n\033[1m== %s\033[0m\n' '$(1)'

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: ## Install what Presave runs on into .venv
	@deploy/install.sh requirements.txt

.PHONY: dev
dev: ## Install what the tests and checks need too
	@deploy/install.sh requirements-dev.txt

.PHONY: services
services: dev ## Find or install Postgres, gettext and Chromium for the tests
	@$(BIN)/python -m tools.setup_services

.PHONY: demo
demo: ## Run a whole release night on this machine (ONCE=1, FRESH=1, MODE=development, PORT=)
	@deploy/install.sh requirements-demo.txt
	@$(BIN)/python -m demo $(if $(ONCE),--once) $(if $(FRESH),--fresh) $(if $(MODE),--mode $(MODE)) $(if $(PORT),--port $(PORT))

.PHONY: test
test: services ## Run the tests (T=path or T="path -k name" narrows)
	$(call heading,Tests on Postgres)
	@$(BIN)/python -m pytest $(WHICH_TESTS)
	$(call heading,The release core on SQLite)
	@TEST_DATABASE=sqlite $(BIN)/python -m pytest -m release_core $(WHICH_TESTS) $(if $(T),|| [ $$? -eq 5 ])

.PHONY: bench
bench: services ## Measure the engine and write docs/benchmarks.md (T="limit sharing" narrows, AGAINST=commit compares throughput)
	@$(BIN)/python -m benchmarks $(T) $(if $(AGAINST),--against $(AGAINST))

.PHONY: chaos
chaos: services ## Kill everything again and again on a night of 10,000 fans (SEED=, FANS=, ONLY=faults, calm, flicker, told or pace)
	@$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED)) $(if $(FANS),--fans $(FANS)) $(if $(ONLY),--only $(ONLY))

.PHONY: fuzz
fuzz: services ## Send 10,000 broken pictures to the form that takes covers (FILES=)
	@FUZZED_FILES=$(or $(FILES),10000) $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 tests/campaigns/dashboard/test_fuzzed_artwork.py

.PHONY: shifts
shifts: services ## Load each of the fan's pages on a slow network and see that nothing moves (LOADS=)
	@LOADS=$(or $(LOADS),40) $(BIN)/python -m pytest -v tests/campaigns/fan/views/test_layout_shift_in_browser.py

.PHONY: check
check: format-check lint types deploy-check docs test ## Everything CI runs

.PHONY: fmt
fmt: dev ## Format the code and the templates
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .
	@$(TEMPLATES) | xargs -0 $(BIN)/djade --target-version 5.2

.PHONY: format-check
format-check: dev
	$(call heading,Format)
	@$(BIN)/ruff format --check .
	@$(TEMPLATES) | xargs -0 $(BIN)/djade --check --target-version 5.2

.PHONY: lint
lint: dev ## Lint the code and the templates
	$(call heading,Lint)
	@$(BIN)/ruff check .
	@$(TEMPLATES) | xargs -0 $(BIN)/djlint --lint --quiet
	@$(BIN)/zizmor --offline --no-progress --quiet .github

.PHONY: types
types: dev ## Check the types
	$(call heading,Types)
	@$(WITH_CHECK_ENV) $(BIN)/mypy

.PHONY: deploy-check
deploy-check: dev
	$(call heading,Deployment)
	@$(WITH_CHECK_ENV) $(BIN)/python manage.py check --deploy --fail-level WARNING
	@$(WITH_CHECK_ENV) $(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	@$(BIN)/docker-compose --env-file .env.example config --quiet
	@$(BIN)/hadolint Dockerfile
	@$(BIN)/pre-commit validate-config

# What the rules are for goes into the image; bandit reads the rest of the code too.
RULED := campaigns presave presave_check templates
OURS := $(filter-out templates,$(RULED)) sandbox demo embedded deploy tools benchmarks manage.py
AUDIT := .venv-audit/bin
SEMGREP := SEMGREP_SETTINGS_FILE=.venv-audit/semgrep.yml SEMGREP_LOG_FILE=.venv-audit/semgrep.log \
	$(AUDIT)/semgrep scan --metrics=off --disable-version-check
IMAGES_PACKAGES = $(shell sed -nE 's/^([a-z0-9-]+)(\[.*\])?==.*/\1/p' requirements.txt)

.PHONY: audit
audit: dev ## Look for slips, secrets, loose packages, licences and known vulnerabilities (ADVISORIES=required fails without the network)
	@deploy/install.sh requirements-audit.txt
	$(call heading,bandit)
	@$(AUDIT)/bandit --quiet --recursive -c pyproject.toml $(OURS) \
		2> >(grep -v 'nosec encountered' >&2) # it also asks at the parts of a line
	$(call heading,What Presave promises of itself)
	@$(SEMGREP) --test tools/semgrep
	@$(SEMGREP) --quiet --error --config tools/semgrep/promises.yml $(RULED)
	$(call heading,Secrets)
	@DETECT_SECRETS_PERF_PREGATE=1 $(AUDIT)/python -m tools.find_secrets
	@$(BIN)/python -m pytest -q -n 0 tests/tools/audit_find_secrets.py
	$(call heading,Hashes)
	@$(BIN)/python -m tools.pins
	$(call heading,Licences)
	@$(AUDIT)/pip-licenses --python $(BIN)/python --packages $(IMAGES_PACKAGES)
	$(call heading,Known vulnerabilities)
	@$(BIN)/python -m tools.advisories $(AUDIT)/pip-audit requirements.txt $(if $(ADVISORIES),--required)

.PHONY: lock
lock: dev ## Pin the newest versions that requirements*.in allow
	@$(LOCK) --upgrade -o requirements.txt requirements.in
	@$(LOCK) --upgrade -o requirements-demo.txt requirements-demo.in
	@$(LOCK) --upgrade -o requirements-dev.txt requirements-dev.in
	@$(LOCK) --upgrade -o requirements-docs.txt requirements-docs.in
	@$(LOCK) --upgrade -o requirements-audit.txt requirements-audit.in

.PHONY: lock-images
lock-images: dev ## Write the base images' digests into Dockerfile and docker-compose.yml (needs Docker)
	@$(BIN)/python -m tools.lock_images

.PHONY: sbom
sbom: dev ## List the image's Python packages as CycloneDX in presave.cdx.json
	@$(BIN)/cyclonedx-py requirements --output-reproducible --output-file presave.cdx.json \
		--pyproject pyproject.toml requirements.txt

.PHONY: release
release: dev ## Tag the version of pyproject.toml, once all that names it agrees and is committed
	@$(BIN)/python -m tools.release

.PHONY: docs
docs: dev ## Make the documentation's site in site/
	$(call heading,Documentation)
	@deploy/install.sh requirements-docs.txt
	@rm -rf site
	@$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --nitpicky --doctree-dir .venv/doctrees docs site
	! grep -rnE "(src=|<link[^>]* href=|url\(|@import )['\"(]?https?:" --include="*.html" --include="*.css" site
	@echo "Open site/index.html."

.PHONY: messages
messages: services ## Collect the fan pages' sentences into locale/ and compile the translations
	@$(BIN)/python -m tools.messages

.PHONY: secrets
secrets: ## Make the secret files alone (./presavectl setup does that and the rest)
	@$${PYTHON:-python3} -m deploy.server.secret_files secrets

.PHONY: compose-smoke
compose-smoke: ## Set Presave up with docker compose and play one release on it, from log-in to report
	@$${PYTHON:-python3} -m tests.compose_smoke

.PHONY: screenshots
screenshots: services ## Take pictures of every page and state, and the README's (README=1: those alone; T=fan, cover or artist narrows)
	@$(BIN)/python -m pytest -q -s -p no:randomly tools/screenshots.py $(if $(README),-k readmes,$(if $(T),-k "$(T) and not readmes"))

.PHONY: clean
clean: ## Remove what make made: .venv, .venv-audit and caches (never data or secrets)
	@rm -rf .venv .venv-audit .mypy_cache .pytest_cache .ruff_cache .hypothesis staticfiles
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
