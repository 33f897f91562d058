# One command per wish; each installs what it needs. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# Debian's web toolchain counts when no other Rust is recent enough.
export PATH := $(HOME)/.cargo/bin:$(PATH)
CARGO ?= cargo
FAULT_SEED ?= 1
OWN_ARCH = $(shell dpkg --print-architecture)
TIME ?= 300

.PHONY: help deps build demo test faults soak fuzz check bench bench-quick deb image image-test

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

deps: ## install missing packages and the locked web packages
	@.ci/install-deps

build: deps ## build the daemon and the stand-in
	$(CARGO) build --locked --workspace

demo: build ## show the main job against the stand-in (DEMO_SECONDS=30 ends by itself)
	@$(CARGO) run --quiet --locked --example demo

test: deps ## every test, as CI runs it
	$(CARGO) test --locked --workspace --no-fail-fast

faults: deps ## break a wall in every way, measure, and write docs/RECOVERY.md (FAULT_SEED=n for other pairs, FAULTS=word to measure only those again)
	$(CARGO) test --locked --test faults -- --runs 5 --pairs "10 min" --seed $(FAULT_SEED) --report docs/RECOVERY.md $(if $(FAULTS),--again "$(FAULTS)")

soak: build ## run in time-lapse for HOURS=n and watch the memory (target/soak.svg)
	@$(CARGO) run --quiet --locked --example soak

fuzz: deps ## feed the parsers and the API with anything for TIME=300 seconds each
	@command -v cargo-fuzz >/dev/null || { echo "cargo-fuzz is not installed: cargo install --locked cargo-fuzz (and a nightly toolchain)"; exit 1; }
	@for target in settings settings_api guard; do \
		mkdir -p tests/fuzz/corpus/$$target; \
		nice $(CARGO) +nightly fuzz run --fuzz-dir tests/fuzz $$target tests/fuzz/corpus/$$target tests/fuzz/seeds/$$target config \
			-- -max_total_time=$(TIME) -max_len=8192 -detect_leaks=0; \
	done

check: deps ## formatting, lints, licences and docs
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps --document-private-items
	@if command -v cargo-deny >/dev/null; then cargo deny check licenses bans sources; else echo "cargo-deny is not installed: skipped (cargo install --locked cargo-deny)"; fi

bench: deps ## measure beside chromium --kiosk and cog, and write docs/PERFORMANCE.md (90 minutes; BENCH="--rests 1 --short" is 15, BENCH="--only detection" prints a part)
	$(CARGO) bench --locked --bench speed
	$(CARGO) build --release --locked --example bench
	$(CARGO) build --release --locked --bins
	@image/workshop bench $(OWN_ARCH) target/release/examples/bench $(BENCH)

bench-quick: deps ## the same in two minutes, with the build that tests use; fails if much was lost since
	$(CARGO) build --locked --bins --example bench
	@image/workshop bench $(OWN_ARCH) target/debug/examples/bench --quick

deb: deps ## Debian packages for amd64 and arm64 in target/deb (ARCH=arm64 for one)
	@image/deb $(or $(ARCH),amd64 arm64)

image: deps ## a bootable image for a PC, with its update bundle, in target/image (ARCH=arm64 for a Raspberry Pi)
	@image/build $(or $(ARCH),amd64)

image-test: image ## boot the image in the emulator and put it through everything
	@image/test $(or $(ARCH),amd64)
