# What there is to do here. `make` builds; everything else says what it is for.
#
#   make            the plugin (plugin/penstock.so) and the consumer (build/release/penstock)
#   make demo       a real PostgreSQL, a real Kafka, changes on their way; KEEP=1 leaves it up
#   make test       everything; ends with "N passed, N failed, N skipped"
#   make test-readers   Flink SQL and Debezium's JDBC sink read what we publish (250 MB more)
#   make check      the quick part of it: doors, sizes, names, layout
#   make bench      the figures of bench/README.md
#   make lint       clang-tidy        make format     clang-format
#   make install    plugin, extension and consumer into the system
#
# PG_CONFIG=/path/to/pg_config chooses the server for all of them, PRESET=dev another build.
PG_CONFIG ?= pg_config
export PG_CONFIG
PRESET ?= release

.PHONY: all setup plugin consumer demo test test-readers check bench lint format install clean

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

lint: setup
	cmake --preset dev
	cmake --build --preset dev --target penstock_proto
	tools/lint

format: setup
	tools/check --format

install: all
	$(MAKE) -C plugin install
	cmake --install build/$(PRESET)

clean:
	-$(MAKE) -C plugin clean
	rm -rf build results
