# The front door. Each job installs what it lacks (tools/bootstrap; nothing to do takes a moment),
# then builds and runs. The logic is in CMake and tools/.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
PREFIX ?= /usr/local
SECONDS ?= 60
export CURFEW_BINARY ?= $(CURDIR)/build/release/curfew

.PHONY: help demo test build check promises asan tsan fuzz bench e2e nightly docs format install \
        package clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

demo: ## The same load and faults, direct and through Curfew, as one table (70 s)
	@tools/bootstrap build
	@tools/build release curfew shop
	@build/release/curfew demo

test: ## Build everything and run the unit, property and simulation tests
	@tools/bootstrap build test
	@tools/test dev

build: ## The release binary, build/release/curfew
	@tools/bootstrap build
	@tools/build release curfew

check: ## The merge gate: every rule of tools/checks, and the tests; BUT= leaves rules out
	@tools/bootstrap build test check
	@tools/check $(if $(BUT),--but $(BUT))

promises: build ## Prove each line of docs/promises.toml by its command
	@tools/bootstrap test
	@tools/promises

asan: ## All tests under the address and undefined-behaviour sanitizers
	@tools/bootstrap build test check
	@tools/test asan

tsan: ## All tests under the thread sanitizer
	@tools/bootstrap build test check
	@tools/test tsan

fuzz: ## Fuzz each target for SECONDS=60, or the one named by T=
	@tools/bootstrap build test check
	@tools/build fuzz
	@fuzz/run $(SECONDS) $(T)

bench: build ## Micro-benchmarks, then the gateway against nginx and haproxy
	@tools/bootstrap build test check bench
	@tools/bench

e2e: build ## Drive the real binary from outside; T= names one test
	@tools/bootstrap test
	@tools/e2e $(T)

nightly: ## What does not fit into a merge: all of asan, tsan and e2e, gcc, analyzer, fuzzing, bench
	@tools/bootstrap all
	@tools/nightly

docs: ## Write the generated pages again (docs/errors.md)
	@tools/bootstrap build
	@tools/docs

format: ## Lay out every tracked C++ file
	@tools/bootstrap check
	@git ls-files -z '*.cpp' '*.hpp' | xargs -0 -r clang-format-19 -i

install: build ## Into PREFIX=/usr/local
	@cmake --install build/release --prefix $(PREFIX)

package: build ## A .deb in build/release
	@tools/bootstrap check
	@cpack --config build/release/CPackConfig.cmake -G DEB -B build/release

clean: ## Remove every build
	@rm -rf build
