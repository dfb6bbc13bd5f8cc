# Two commands matter: make demo and make test. Each does its own set-up.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BIN := bin/curlew
export CGO_ENABLED := 1

.PHONY: help demo demo-headless build console test test-go test-console test-browser lint fuzz bench setup-demo setup-test clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

setup-demo:
	@./test/setup.sh demo

setup-test: ## installs what the tests need (apt as root, else names it)
	@./test/setup.sh test

build: console ## the binary with its console, in bin/
	@mkdir -p bin
	go build -o $(BIN) ./cmd/curlew

# The console needs Node 20.19 or newer; without it the binary serves a plain page that says so.
NODE_OK := $(shell node -e 'const [a, b] = process.versions.node.split(".").map(Number); if (a > 20 || (a === 20 && b >= 19)) console.log("yes")' 2>/dev/null)
CONSOLE_SOURCES := $(shell find console/src console/public console/index.html console/vite.config.ts console/package-lock.json -type f 2>/dev/null)

PACKAGES := console/node_modules/.package-lock.json

console: ## the admin console, into console/dist (where Node is)
ifeq ($(NODE_OK),yes)
	@if $(MAKE) --no-print-directory $(PACKAGES); then $(MAKE) --no-print-directory console/dist/index.html; \
	else echo "npm cannot fetch the console's packages: building without the console"; fi
else
	@echo "Node 20.19 or newer is missing: building without the console"
endif

$(PACKAGES): console/package-lock.json
	cd console && npm ci --no-audit --no-fund
	@touch $@

console/openapi.json: $(shell git ls-files 'httpapi/*.go' 'outreach/*.go')
	go run ./cmd/curlew openapi > $@

console/src/api/schema.d.ts: console/openapi.json $(PACKAGES)
	cd console && npm run --silent generate

console/dist/index.html: $(PACKAGES) console/src/api/schema.d.ts $(CONSOLE_SOURCES)
	cd console && npm run --silent check && npm run --silent build -- --logLevel warn
	@touch $@

test-console: console ## the console's logic
ifeq ($(NODE_OK),yes)
	@if [ -f $(PACKAGES) ]; then cd console && npm test --silent; else echo "skipped: the console's tests need its packages"; fi
else
	@echo "skipped: the console's tests need Node 20.19 or newer"
endif

test-browser: build ## the real binary in a real Chromium
ifeq ($(NODE_OK),yes)
	@if [ -f $(PACKAGES) ]; then cd console && node --test --test-concurrency=1 --test-reporter=spec e2e/*.test.mjs; \
	else echo "skipped: the browser's tests need the console's packages"; fi
else
	@echo "skipped: the browser's tests need Node 20.19 or newer"
endif

screenshots: setup-test build ## docs/screenshots anew
	cd console && node e2e/screenshots.mjs

demo: setup-demo build ## the whole job against simulators, console on http://127.0.0.1:8080
	./$(BIN) demo

demo-headless: build ## a scripted day, one row per transaction
	./$(BIN) demo --headless

test: setup-test test-go test-console test-browser demo-check ## everything

# What keeps real time has the machine to itself and comes one after the other: the program as a whole with its
# children, then the real FreeSWITCH. Of the program, the race detector watches what does not measure.
PROGRAM := ./cmd/curlew
SWITCH := ./test/freeswitch ./bench/calls
RACED := 'HeadlessDemo|Rehears|Draft|Preview|Repl|Words|Storm|Invitation|Component|Serve'
TEST := go test -json -shuffle=on -count=1 -covermode=atomic -coverpkg=./...
REPORT := ./bin/testreport

# twice runs tests that keep real time. Those that fail are tried once more: a machine that stalls breaks sound and clocks.
define twice
echo "go test $(1) $(2)"; $(TEST) $(1) $(2) | $(REPORT) -failed bin/failed || \
{ again=$$(cat bin/failed); [ -n "$$again" ] || exit 1; echo "once more: $$again"; go test -json -count=1 -timeout 15m -run "$$again" $(2) | $(REPORT); }
endef

test-go:
	go vet ./...
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt would change: $$(gofmt -l $$(git ls-files '*.go'))"; exit 1; }
	@mkdir -p bin
	@go build -o $(REPORT) ./test/report
	$(TEST) -race -timeout 20m -coverprofile=cover.out $$(go list ./... | grep -v -e '/cmd/curlew$$' -e '/test/freeswitch$$' -e '/bench/calls$$') | $(REPORT)
	go test -json -race -timeout 10m -run $(RACED) $(PROGRAM) | $(REPORT)
	@$(call twice,-parallel 6 -timeout 15m -coverprofile=cover-program.out,$(PROGRAM))
	@$(call twice,-race -p 1 -timeout 15m -coverprofile=cover-switch.out,$(SWITCH))
	@tail -q -n +2 cover-program.out $$(ls cover-switch.out 2>/dev/null) >> cover.out
	@go tool cover -func=cover.out | tail -1 | awk '{print "statement coverage: " $$3}'

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
	rm -rf bin cover*.out data
