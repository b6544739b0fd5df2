# What there is to do here. `make` builds; everything else says what it is for.
#
#   make            the plugin (plugin/penstock.so) and the consumer (build/release/penstock)
#   make demo       a real PostgreSQL, a real Kafka, changes on their way; KEEP=1 leaves it up
#   make test       everything; ends with "N passed, N failed, N skipped"
#   make test-readers   Flink SQL and Debezium's JDBC sink read what we publish (250 MB more)
#   make check      the quick part of it: doors, sizes, names, layout
#   make bench      the figures of bench/README.md
#   make asan       everything by clang; units and simulation with address and undefined behaviour
#                   sanitizers
#   make tsan       units of what has threads with the thread sanitizer
#   make fuzz       two minutes for each fuzz target
#   make lint       clang-tidy        make format     clang-format
#   make install    plugin, extension and consumer into the system
#
# PG_CONFIG=/path/to/pg_config chooses the server for all of them, PRESET=dev another build.
PG_CONFIG ?= pg_config
export PG_CONFIG
PRESET ?= release

.PHONY: all setup plugin consumer demo test test-readers check bench plugin-clang asan tsan fuzz \
        lint format install clean

all: plugin consumer

setup:
	tools/setup

plugin:
	$(MAKE) -j$(shell nproc) -C plugin

build/$(PRESET)/build.ninja:
	cmake --preset $(PRESET)

consumer: build/$(PRESET)/build.ninja
	cmake --build --preset $(PRESET) --target penstock

demo: setup
	tools/demo $(if $(KEEP),--keep)

test:
	tools/setup test
	tests/run all

test-readers:
	tools/setup test
	tools/fetch-jars bench/connect/worker connect-3.6.1.Final
	tools/fetch-jars tests/readers/flink flink-sql-2.0.0
	tools/fetch-jars tests/readers/jdbc-sink reader-plugins/jdbc-sink
	tests/run readers

check: setup
	tools/check

bench:
	tools/setup bench
	$(MAKE) plugin consumer
	cmake --build --preset $(PRESET) --target encoder_bench
	bench/run

# In a copy, since PGXS compiles where the sources are.
plugin-clang:
	rm -rf build/plugin-clang
	mkdir -p build/plugin-clang
	cp -r plugin/Makefile plugin/penstock.control plugin/sql $(wildcard plugin/*.cpp plugin/*.hpp) build/plugin-clang
	$(MAKE) -C build/plugin-clang CC=clang CXX=clang++ \
	    PG_CXXFLAGS='-Werror -Wno-unknown-warning-option'

asan:
	tools/setup quality
	$(MAKE) plugin-clang
	PRESET=asan tests/run unit
	build/asan/simulation --gtest_brief=1 --gtest_filter='All/*'
	build/asan/simulation --schedules 3000

tsan:
	tools/setup quality
	PRESET=tsan tests/run unit

fuzz:
	tools/setup quality
	PRESET=fuzz tests/run fuzz

lint:
	tools/setup quality
	cmake --preset asan
	cmake --build --preset asan --target penstock_proto
	tools/lint

format: setup
	tools/check --format

install: all
	$(MAKE) -C plugin install
	cmake --install build/$(PRESET)

clean:
	-$(MAKE) -C plugin clean
	rm -rf build results
