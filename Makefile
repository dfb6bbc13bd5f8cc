# Two commands matter: make demo and make test. Each does its own set-up.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BIN := bin/curlew
export CGO_ENABLED := 1

.PHONY: help demo demo-headless build test test-go lint fuzz bench setup-demo setup-test clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

setup-demo:
	@./test/setup.sh demo

setup-test: ## installs what the tests need (apt as root, else names it)
	@./test/setup.sh test

build: ## the binary, in bin/
	@mkdir -p bin
	go build -o $(BIN) ./cmd/curlew

demo: setup-demo build ## the whole job against simulators, console on http://127.0.0.1:8080
	./$(BIN) demo

demo-headless: build ## a scripted day, one row per transaction
	./$(BIN) demo --headless

test: setup-test test-go test-freeswitch demo-check ## everything

test-go:
	go vet ./...
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt would change: $$(gofmt -l $$(git ls-files '*.go'))"; exit 1; }
	go test -race -shuffle=on -timeout 20m -coverprofile=cover.out -coverpkg=./... ./...
	@go tool cover -func=cover.out | tail -1 | awk '{print "statement coverage: " $$3}'

# The suite ran with the others; this says in one line on which FreeSWITCH, or that there is none.
.PHONY: test-freeswitch
test-freeswitch:
	@go test -run '^$$' -v ./test/freeswitch/ | grep '^test/freeswitch'

.PHONY: demo-check
demo-check: build
	./$(BIN) demo --headless
	@if ./$(BIN) demo --headless --json --expect test/wrong-expectation.json >/dev/null 2>&1; then echo "the demo accepted a wrong expectation"; exit 1; else echo "a wrong expectation is found: ok"; fi

lint: ## golangci-lint, where it is installed
	golangci-lint run

fuzz: ## 60 s on each parser
	@./test/fuzz.sh

bench: build ## the benchmarks, each beside its peer
	./$(BIN) bench all

clean:
	rm -rf bin cover.out data
