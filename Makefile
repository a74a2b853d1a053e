# The one place for the commands of this repository: `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.7.0
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
COMMIT := $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
SDK_VERSION := github.com/cosmos/cosmos-sdk/version
LDFLAGS := -s -w \
	-X $(SDK_VERSION).Name=zgd -X $(SDK_VERSION).AppName=zgd \
	-X $(SDK_VERSION).Version=$(VERSION) -X $(SDK_VERSION).Commit=$(COMMIT)
GO_BUILD := go build -buildvcs=false -ldflags '$(LDFLAGS)'
# Packages built and tested at once; two fit the memory of a small machine.
P ?= 2
# Packages that start whole networks, one after the other.
E2E ?= ./tests/e2e/... ./tests/clients/... ./tests/rpc/... ./tests/tools/... ./sidecar/da/wasm
# e.g. make devnet DEVNET_FLAGS='--validators 4 --reset'
DEVNET_FLAGS ?=

.PHONY: help build test lint proto proto-lint solidity bench bench-da bench-evm soak vectors e2e devnet install clean

## help: list the targets
help:
	@sed -n 's/^## \([a-z0-9-]*\): \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-11s %s\n", $$1, $$2}'

## build: compile zgd, zg and the daemons into build/
build:
	@mkdir -p build
	$(GO_BUILD) -p $(P) -o build/ ./cmd/...

## test: every test that needs no running network
test:
	go test -p $(P) -timeout 25m ./...

## lint: gofmt, go vet, staticcheck; the determinism and floor rules are tests (tests/arch)
lint:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go' | grep -v '\.pb\.go$$\|\.pb\.gw\.go$$')); \
	if [ -n "$$unformatted" ]; then echo "gofmt -w these files:"; echo "$$unformatted"; exit 1; fi
	go vet -p $(P) ./...
	go vet -p $(P) -tags 'e2e soak' ./tests/... ./sidecar/da/wasm
	GOOS=js GOARCH=wasm go vet ./sidecar/da/wasm
	@echo "staticcheck (generated gateways left out)"; \
	findings=$$(go run $(STATICCHECK) -fail none ./... | sed '/\.pb\.gw\.go:/d'); \
	if [ -n "$$findings" ]; then echo "$$findings"; exit 1; fi
	go test -p $(P) ./tests/arch

## proto: regenerate the Go code of proto/ (needs node and npm for buf)
proto:
	scripts/protocgen.sh

## proto-lint: check the style of proto/ (needs node and npm for buf)
proto-lint:
	scripts/protocgen.sh lint

## solidity: compile the Solidity sources again (needs node and npm; results are committed)
solidity:
	scripts/solc.sh

## bench: run the benchmarks and print their table
bench:
	scripts/bench.sh

## bench-da: measure data availability, and what follows for 50 Gbit/s
bench-da:
	scripts/bench-da.sh

## bench-evm: transactions and calls a second, beside plain evmd wiring and anvil (needs node and npm)
bench-evm: build
	scripts/bench-evm.sh

## soak: the long runs: 10 000 heights with 4 validators, a 10 GiB file (hours; see tests/README.md)
soak: build
	go test -tags 'e2e soak' -count=1 -v -timeout 12h -run 'Soak' ./tests/e2e/...

## vectors: the golden vectors of every room
vectors:
	go test -count=1 -v -run 'Vector|Paper' ./x/... ./tests/arch | grep -v 'no test files\|no tests to run'

## e2e: start devnets as processes and use them, by our programs and by other people's (needs node and npm)
e2e: build
	go test -tags e2e -p 1 -count=1 -v -timeout 30m $(E2E)

## devnet: build, then start a whole network on this machine (Ctrl-C stops it)
devnet: build
	build/zgd devnet $(DEVNET_FLAGS)

## install: put the binaries into the Go bin directory
install:
	go install -buildvcs=false -ldflags '$(LDFLAGS)' ./cmd/...

## clean: remove what build and proto left in build/
clean:
	rm -rf build
