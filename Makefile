# `make` prints the targets. Nothing here needs more than Go, but for the Jupyter tests (Python 3.11 or later, Chromium).

GO      ?= go
PYTHON  ?= python3
BIN     := bin
VENV    := build/venv
PEERS   := build/peers
# Further arguments of make bench and make bench-peers.
ARGS    ?=
# STRICT=1 fails where something would be left out (continuous integration sets it).
STRICT  ?= 0
# The packages whose tests are about concurrency; the others only read and compute.
RACE     = $(shell $(GO) list ./... | grep -E '/(client|controller|engine|kernel|profiles|views|internal/(codec|group|invite|jupyter|link|notebook|proto|unit|zmtp))(/|$$)')

.PHONY: help build run test test-go test-race test-jupyter test-browser test-cross lint bench peers bench-peers conformance generate clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## the four commands, in bin/
	$(GO) build -o $(BIN)/ ./cmd/...

run: ## run the quickstart notebook on four engines
	$(GO) run -v ./cmd/gocluster run --n=4 notebooks/quickstart.ipynb

test: lint test-go test-race test-cross test-jupyter test-browser ## everything: lint, Go, race, other platforms, Jupyter clients, browser

lint: ## gofmt, vet and the house rules
	@test -z "$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go'))" || { echo "not gofmt-ed:"; gofmt -l $$(git ls-files -co --exclude-standard '*.go'); exit 1; }
	$(GO) vet ./...
	$(GO) test ./internal/lint

test-go: ## the Go tests: units, simulation, fuzz seeds, real processes
	$(GO) test -timeout 15m ./...

test-race: ## the concurrent packages under the race detector
	$(GO) test -race -short -timeout 15m $(RACE)

test-cross: ## the commands build for the other platforms, and all packages and tests compile there
	GOOS=windows GOARCH=amd64 $(GO) build -o /dev/null ./cmd/...
	GOOS=darwin GOARCH=arm64 $(GO) build -o /dev/null ./cmd/...
	GOOS=linux GOARCH=arm64 $(GO) build -o /dev/null ./cmd/...
	GOOS=windows GOARCH=amd64 $(GO) vet ./...
	GOOS=darwin GOARCH=arm64 $(GO) vet ./...

test-jupyter: build ## the kernel under the real Jupyter clients, in a Python environment of its own
	@PYTHON=$(PYTHON) VENV=$(VENV) STRICT=$(STRICT) sh test/jupyter/run.sh

test-browser: build ## JupyterLab and Notebook in a headless Chromium; what it saw is in build/browser/
	@PYTHON=$(PYTHON) VENV=$(VENV) STRICT=$(STRICT) sh test/browser/run.sh

bench: build ## the table of speeds, beside this machine's raw limits, and beside peers where they are installed
	$(GO) run ./internal/bench $(ARGS)

peers: ## install ipyparallel, Dask, Ray and NATS under build/peers, to be measured
	@PYTHON=$(PYTHON) PEERS=$(PEERS) GO=$(GO) sh internal/bench/peers/install.sh

bench-peers: build peers ## the same work on gocluster and on peers (ten minutes), to docs/benchmarks-peers.md; ARGS=--quick tries it
	$(GO) run ./internal/bench --compare --peers $(PEERS) $(or $(ARGS),--markdown docs/benchmarks-peers.md --keep internal/bench/peers/earlier.json)

conformance: ## thousands of programs and cells against what compiled programs do, in both tiers; report in build/
	@mkdir -p build
	$(GO) test -count=1 -timeout 20m ./internal/conformance/corpus -run Redefinition -args -all
	$(GO) run ./internal/conformance --report build/conformance.txt

generate: ## regenerate symbols, export data and bundled sources (after a Go upgrade or an API change)
	$(GO) generate ./...

clean: ## remove bin/ and build/
	rm -rf $(BIN) build
