# Every command of the project. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:

SWIFT ?= swift
PYTHON ?= python3
VENV := .venv
export BEACON_PYTHON := $(CURDIR)/$(VENV)/bin/python
export BEACON_MINISTACK := $(CURDIR)/$(VENV)/bin/ministack

APT_PACKAGES := libcurl4-openssl-dev libssl-dev libsimdjson-dev libsqlite3-dev zlib1g-dev pkg-config python3 python3-venv openssl
BREW_PACKAGES := curl openssl@3 simdjson zlib pkg-config python@3
SWIFT_SOURCES := Package.swift Sources Tests

# As the executables are shipped: what the compiler proves of exclusive access is not checked again while they run.
RELEASE := -c release -Xswiftc -enforce-exclusivity=unchecked
SHIPPED := $(RELEASE)
ifeq ($(shell uname -s),Darwin)
  # Homebrew's folders are not searched on Apple silicon, and its curl and OpenSSL are kept apart from the system's.
  BREW := $(shell brew --prefix 2>/dev/null)
  export CPATH := $(BREW)/include
  export LIBRARY_PATH := $(BREW)/lib
  export PKG_CONFIG_PATH := $(BREW)/opt/curl/lib/pkgconfig:$(BREW)/opt/openssl@3/lib/pkgconfig:$(BREW)/opt/zlib/lib/pkgconfig
else
  SHIPPED += --static-swift-stdlib
endif

# ThreadSanitizer and release builds have folders of their own, so that one does not throw away another's work.
TSAN_BUILD := .build-tsan
ASAN_BUILD := .build-asan

.PHONY: help
help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: setup-system $(VENV)/installed ## Install what building, running and testing need

.PHONY: setup-system
setup-system:
	@if ! command -v $(SWIFT) >/dev/null; then
	  echo "Swift 6.2 or newer is needed and 'swift' is not on the PATH: see https://www.swift.org/install" >&2; exit 69
	fi
	case "$$(uname -s)" in
	Linux)
	  missing=()
	  for package in $(APT_PACKAGES); do
	    dpkg-query -W -f '$${Status}' "$$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$$package")
	  done
	  if [ $${#missing[@]} -gt 0 ]; then
	    if ! command -v apt-get >/dev/null; then
	      echo "Missing: $${missing[*]} (Debian's names); install them with this system's package manager" >&2; exit 69
	    fi
	    sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo
	    if [ -n "$$sudo" ] && ! command -v sudo >/dev/null; then
	      echo "Run this as root, then again: apt-get install $${missing[*]}" >&2; exit 69
	    fi
	    echo "Installing $${missing[*]}"
	    $$sudo apt-get update -qq
	    DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends "$${missing[@]}" >/dev/null
	  fi ;;
	Darwin)
	  if ! command -v brew >/dev/null || ! brew list $(BREW_PACKAGES) >/dev/null 2>&1; then
	    echo "Install the libraries first: brew install $(BREW_PACKAGES)" >&2; exit 69
	  fi ;;
	esac

$(VENV)/installed: Tests/requirements.txt
	@echo "Installing the local AWS (ministack) and boto3 into $(VENV)"
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV) || { echo "$(PYTHON) -m venv failed: install python3-venv" >&2; exit 69; }
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --requirement Tests/requirements.txt
	touch $@

.PHONY: build
build: setup ## Build all in release mode
	@$(SWIFT) build $(SHIPPED)

.PHONY: run
run: build ## Run everything here: a local AWS, catcher and worker, and 2,000 beacons through them
	@exec "$$($(SWIFT) build $(SHIPPED) --show-bin-path)/demo" run

# One process for each module: tests of sockets, servers and child processes wait for each other's threads otherwise.
TEST_MODULES := ChannelsTests AWSCoreTests ConformanceTests BeaconsTests OperationsTests CatcherTests WorkerTests \
  DemoTests SimulatorTests ClientFaultTests
# Each of these starts several processes: one after the other, on two cores.
PROCESS_TEST_MODULES := IntegrationTests FaultTests
# What is also tested as optimised as it runs: there, bugs of concurrency show that debug builds hide.
RELEASE_TEST_MODULES := ChannelsTests AWSCoreTests CatcherTests WorkerTests

.PHONY: test
test: setup ## Run unit, conformance and integration tests, and those of concurrency in release mode too
	@$(SWIFT) build --build-tests
	for module in $(TEST_MODULES); do $(SWIFT) test --skip-build --disable-xctest --filter "^$$module\."; done
	for module in $(PROCESS_TEST_MODULES); do
	  $(SWIFT) test --skip-build --disable-xctest --no-parallel --filter "^$$module\."
	done
	$(MAKE) --no-print-directory test-release

.PHONY: test-release
test-release: setup
	@$(SWIFT) build --build-tests $(RELEASE) -Xswiftc -enable-testing
	for module in $(RELEASE_TEST_MODULES); do
	  $(SWIFT) test --skip-build --disable-xctest $(RELEASE) -Xswiftc -enable-testing --filter "^$$module\."
	done

# The seeded minute of CI is in .ci/run; a failure names the seed to repeat it with (CATCHER_FUZZ_SEED).
.PHONY: fuzz
fuzz: setup ## Fuzz requests and messages, half an hour each (MINUTES=60: an hour)
	@export CATCHER_FUZZ_SECONDS=$$((60 * $${MINUTES:-30})) BEACONS_FUZZ_SECONDS=$$((60 * $${MINUTES:-30}))
	$(SWIFT) build --build-tests $(RELEASE) -Xswiftc -enable-testing
	for suite in CatcherTests.FuzzTests BeaconsTests.PropertyTests; do
	  $(SWIFT) test --skip-build --disable-xctest $(RELEASE) -Xswiftc -enable-testing --filter "^$$suite/"
	done

.PHONY: kills
kills: setup ## Kill workers and catchers with -9 under every fault, 30 rounds each (ROUNDS=100: more)
	@export BEACON_FAULT_ROUNDS=$${ROUNDS:-30} CATCHER_KILL_ROUNDS=$${ROUNDS:-30}
	$(SWIFT) build --build-tests $(RELEASE) -Xswiftc -enable-testing
	for suite in 'FaultTests\.FaultTests/(KilledWorkers|KilledCatcher|DrainedWorker)Tests' 'CatcherTests\.KilledTests'; do
	  $(SWIFT) test --skip-build --disable-xctest --no-parallel $(RELEASE) -Xswiftc -enable-testing --filter "^$$suite/"
	done

.PHONY: soak-aws
soak-aws: setup ## Call under all faults for ten minutes (MINUTES=60: for an hour) and see that nothing leaks or lies
	@SOAK_SECONDS=$$((60 * $${MINUTES:-10})) $(SWIFT) test --filter SoakTests

.PHONY: tsan
tsan: setup ## Run the tests of channels, pipeline and transport under ThreadSanitizer
	@SOAK_SANITIZED=1 $(SWIFT) test --sanitize=thread --scratch-path $(TSAN_BUILD) \
	  --disable-xctest --filter '^(ChannelsTests|WorkerTests|CatcherTests|AWSCoreTests|OperationsTests|ConformanceTests|ClientFaultTests)\.'

.PHONY: asan
asan: setup ## Run the tests of what touches C under AddressSanitizer
	@export LSAN_OPTIONS=suppressions=$(CURDIR)/Tests/leaks.supp:print_suppressions=0
	SOAK_SANITIZED=1 $(SWIFT) test --sanitize=address --scratch-path $(ASAN_BUILD) \
	  --disable-xctest --filter '^(AWSCoreTests|ConformanceTests|ClientFaultTests|BeaconsTests)\.'

.PHONY: lint
lint: ## Check the style of all Swift
	@$(SWIFT) format lint --strict --parallel --recursive $(SWIFT_SOURCES)

.PHONY: format
format: ## Bring all Swift into style
	@$(SWIFT) format format --in-place --parallel --recursive $(SWIFT_SOURCES)

.PHONY: clean
clean: ## Remove what was built and the Python environment
	@rm -rf .build $(TSAN_BUILD) $(ASAN_BUILD) $(VENV)

# What the benchmarks need beside the product: rivals, a load generator, and Debian's Go SDK.
BENCH := .build/benchmarks
BENCH_APT_PACKAGES := golang-go golang-github-aws-aws-sdk-go-v2-dev nginx-light gcc libc6-dev

.PHONY: bench-setup
bench-setup: setup $(BENCH)/load $(BENCH)/peers
	@for product in catcher worker simulator; do $(SWIFT) build $(SHIPPED) --product $$product; done

.PHONY: bench-packages
bench-packages:
	@missing=()
	for package in $(BENCH_APT_PACKAGES); do
	  dpkg-query -W -f '$${Status}' "$$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$$package")
	done
	if [ $${#missing[@]} -gt 0 ]; then
	  command -v apt-get >/dev/null || { echo "Missing: $${missing[*]} (Debian's names)" >&2; exit 69; }
	  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo
	  if [ -n "$$sudo" ] && ! command -v sudo >/dev/null; then
	    echo "Run this as root, then again: apt-get install $${missing[*]}" >&2; exit 69
	  fi
	  $$sudo apt-get update -qq
	  DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends "$${missing[@]}" >/dev/null
	fi

$(BENCH)/load: Tests/Benchmarks/load/load.c | bench-packages
	@mkdir -p $(BENCH)
	gcc -O2 -Wall -Wextra -o $@ $<

$(BENCH)/peers: $(wildcard Tests/Benchmarks/go/*.go) | bench-packages
	@mkdir -p $(BENCH)
	GO111MODULE=off GOPATH=/usr/share/gocode go build -o $@ $^

# Swift packages of their own; always asked, as SwiftPM knows best what has changed.
.PHONY: bench-swift
bench-swift:
	@mkdir -p $(BENCH)
	$(SWIFT) build $(RELEASE) --package-path Tests/Benchmarks/$(PACKAGE) --scratch-path $(BENCH)/$(PACKAGE)
	cp $(BENCH)/$(PACKAGE)/release/$(PACKAGE)Benchmark $(BENCH)/

.PHONY: bench-catcher
bench-catcher: bench-setup ## Measure the catcher beside Go peers and nginx
	@$(PYTHON) Tests/Benchmarks/catcher.py

.PHONY: bench-outage
bench-outage: bench-setup ## Take SQS away for a minute at 2,000 beacons/s, and crowd the catcher
	@$(PYTHON) Tests/Benchmarks/outage.py

.PHONY: bench-soak
bench-soak: bench-setup ## Run catcher and worker for ten minutes under every fault, and watch what they hold
	@$(PYTHON) Tests/Benchmarks/soak.py

.PHONY: bench-worker
bench-worker: bench-setup ## Measure the worker beside Go peers
	@$(PYTHON) Tests/Benchmarks/worker.py

.PHONY: bench-aws
bench-aws: bench-setup ## Measure AWSCore beside boto3 and the AWS SDK for Go
	@$(MAKE) --no-print-directory bench-swift PACKAGE=AWS
	$(PYTHON) Tests/Benchmarks/aws.py

.PHONY: bench-channels
bench-channels: $(BENCH)/peers ## Measure Channel beside AsyncChannel and Go's channels
	@$(MAKE) --no-print-directory bench-swift PACKAGE=Channels
	$(PYTHON) Tests/Benchmarks/channels.py
