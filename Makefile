# Tokenbooth: bare `make` prints what there is. `make run` and `make test` do all the set-up themselves.

SWIFT    ?= swift
RELEASE  := .build/release/tokenbooth
STATIC   := -c release --static-swift-stdlib
PACKAGES := curl libjwt-dev libssl-dev libsqlite3-dev zlib1g-dev pkg-config
BENCH    := binutils gcc libc6-dev valgrind wrk
TOOLS    := gcc libc6-dev mandoc nginx-light openssl strace systemd python3 python3-venv python3-yaml
SOURCES  := Package.swift Sources Tests
PREFIX   ?= /usr/local
DESTDIR  ?=

.DEFAULT_GOAL := help
# Of the last change, so that two builds of it give the same manual page.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || date +%s)
export PREFIX DESTDIR

# Suites whose services live in the test process want a thread at once; tests that block hold all there are for seconds.
SERVING := ProtectedService|WhatAKeyIsFor|TokenVerifierTests

.PHONY: help packages tools build install run test smoke lint format contract bench bench-quick bench-check threats torture check planted clean

help:  ## print this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

packages:  # the system libraries, when one is missing
	@scripts/packages.sh $(PACKAGES)

tools:  # what only the tests need
	@scripts/packages.sh $(TOOLS)

build: packages  ## build for release: .build/release/tokenbooth
	$(SWIFT) build $(STATIC) --product tokenbooth

install:  ## what `make build` has built, manual page, completions and systemd unit, under PREFIX (/usr/local)
	@scripts/install.sh $(RELEASE)

run: build  ## build and serve here, with a sample API key and a curl line that works
	$(RELEASE) serve --dev

test: packages tools  ## build and pass every test
	$(SWIFT) build --build-tests
	scripts/test.sh test --skip '$(SERVING)'
	scripts/test.sh serving --filter '$(SERVING)'

smoke: packages  ## only the tests of the protocol core
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --filter 'PrimitivesTests|JOSETests|OAuthTests|AuthorizationServerTests'

lint:  ## format, file sizes, and that the bugs of `make planted` still fit the tree; changes nothing
	$(SWIFT) format lint --strict --recursive $(SOURCES)
	@long=$$(find Sources Tests Benchmarks -name '*.swift' -not -path '*/.build*' | xargs wc -l | awk '$$2 != "total" && $$1 > 250'); \
	  test -z "$$long" || { echo "over 250 lines:"; echo "$$long"; exit 1; }
	git apply --check Tests/Torture/planted/*.patch

format:  ## write the format
	$(SWIFT) format --in-place --recursive $(SOURCES)

contract: build tools  ## real clients, real verifiers and a fuzz of openapi.yaml against the release build
	Tests/Contract/run.sh $(RELEASE) $(CONTRACT)

bench: build tools  ## every figure of the README and its chart, in under 15 minutes
	@scripts/packages.sh $(BENCH)
	Benchmarks/peers/install.sh .build/peers
	$(SWIFT) build $(STATIC) --product TokenPathProbe
	Benchmarks/run.sh $(RELEASE)

bench-quick: build tools  ## throughput and CPU of some requests, in a minute
	@scripts/packages.sh $(BENCH)
	Benchmarks/run.sh $(RELEASE) --quick

bench-check: build tools  ## instructions per token, never time; the load generator; the README against the last run
	@scripts/packages.sh $(BENCH)
	$(SWIFT) build $(STATIC) --product TokenPathProbe
	cd Benchmarks && python3 -m bench.readme --check
	cd Benchmarks && python3 -m unittest openloop.test_openloop bench.test_readme
	Benchmarks/run.sh $(RELEASE) --instructions

threats:  ## every row of the threat catalogue with its test and its last result
	@python3 scripts/threats.py $(THREATS) $$(ls .build/xunit*.xml 2>/dev/null)

torture: build tools  ## the slow rows, kills, races and a model: an hour and more, TORTURE=--short some minutes
	$(SWIFT) build --build-tests
	$(SWIFT) build $(STATIC) --product TokenPathProbe
	TOKENBOOTH_SLOW_TESTS=1 TOKENBOOTH_BINARY=$(abspath $(RELEASE)) scripts/test.sh torture --filter 'Deadlines|Descriptors'
	$(if $(TORTURE),,TOKENBOOTH_SLOW_TESTS=1 TOKENBOOTH_BINARY=$(abspath $(RELEASE)) scripts/test.sh torture-crowds --filter 'Crowds|SlowVanishing')
	TOKENBOOTH_SLOW_TESTS=1 scripts/test.sh torture-long --filter '$(if $(TORTURE),SlowAddress,Slow|HandOver)' --skip SlowVanishing
	python3 Tests/Timing/timing.py $(RELEASE) $(TORTURE) --junitxml .build/xunit-timing.xml
	$(if $(TORTURE),,python3 Tests/Timing/lists.py $(RELEASE) --junitxml .build/xunit-lists.xml)
	Tests/Torture/run.sh $(RELEASE) $(TORTURE)

check: lint test  ## all that CI runs
	$(MAKE) contract CONTRACT=--short
	$(MAKE) torture TORTURE=--short
	$(MAKE) bench-check
	$(MAKE) threats THREATS=--ran

planted: packages tools  ## show that the torture runs can fail: bugs put into copies of the tree must be found
	Tests/Torture/planted.sh

clean:  ## remove what was built
	rm -rf .build
