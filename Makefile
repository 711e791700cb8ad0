# The only spelling of every command. Each is one script, which says what it does.
.DEFAULT_GOAL := help
CALLS ?= 100000
.PHONY: help run test dev setup check fmt lint unit fuzz e2e bench sqlx size build screens clean-demo

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: ## the demo: install what is missing, build, start Postgres and server on http://127.0.0.1:3000
	@scripts/run

test: ## everything a change must pass; STAGES="format lints" runs only those
	@scripts/test $(STAGES)

dev: ## the edit loop: rebuild and reload as files change
	@scripts/dev

setup: ## install what all the other commands need
	@scripts/setup test

check: ## does it compile, on both sides
	@scripts/check

fmt: ## format the Rust sources
	@scripts/format

lint: ## clippy, and the recorded queries against the schema
	@scripts/sqlx check

unit: ## unit and integration tests; ARGS="inbox::" selects
	@scripts/unit $(ARGS)

fuzz: ## 100,000 bent calls against the wall between workspaces; CALLS=1000000 makes a million
	@scripts/fuzz $(CALLS)

e2e: ## browser tests against the release build; ARGS="live --project=desktop" selects
	@scripts/e2e $(ARGS)

bench: ## the budgets, each as a ratio to a probe of the same run
	@scripts/bench $(ARGS)

sqlx: ## record the checked queries anew after a query or a migration changed
	@scripts/sqlx record

size: ## what a browser downloads, against the budget
	@scripts/size

build: ## the release, complete in target/dist
	@scripts/build

screens: ## the pictures of the documentation, taken from the demo
	@scripts/with-server node end2end/screens.mjs

clean-demo: ## forget the demo's data (stops its Postgres)
	@scripts/postgres remove data/postgres && rm -rf data
