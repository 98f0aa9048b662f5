# The front door; "make" lists what there is.

.DELETE_ON_ERROR:
.SUFFIXES:

# All cores, unless told otherwise.
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc)
endif

help:
	@sed -n 's/^##//p' $(MAKEFILE_LIST)

## make run       install what is missing, build, and serve http://localhost:9435/metrics
## make build     dist/ebpf-exporter.jar and its launcher, dist/ebpf-exporter; the other jars of dist/
## make test      every tier of tests; as root, because they load programs into the kernel
## make demo      a small application with the agent, and where to look
## make otel-demo   a small service with the OpenTelemetry extension: its slowest request, down to the disk
## make vmtest    run the product on other kernels, in virtual machines: VM_KERNELS="6.12"
## make coverage  which lines the tests of the modules run, by package
## make examples  compile examples/*.bpf.c
## make screenshots   the pictures of docs/, from the real JConsole and a real viewer of traces
## make format    format the Java sources
## make bench     measure the exporter
## make bench-otel   measure what the OpenTelemetry extension costs an application; an hour
## make bench-agent   measure what the agent costs its host, as root; eight minutes
## make clean     remove what was built
##
## BUILD_LIBBPF=0 takes the system's libbpf instead of compiling one.

# Whatever else the goal, .ci/setup says where the compilers are, and brings them if need be.
TOOLS := target/tools.mk
ifneq ($(filter-out help clean,$(MAKECMDGOALS)),)
include $(TOOLS)
$(TOOLS): FORCE
	@.ci/setup $@
endif
FORCE:

# A download with a wrong checksum is an error, not a warning.
MVN := mvn -B -ntp --strict-checksums $(if $(MAKE_TERMOUT),,-Dstyle.color=never)
# Maven's own libraries are older than this JDK, which would say so at length.
# Every build is short: too little for the optimizing compiler to pay off.
export MAVEN_OPTS ?= --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED -XX:TieredStopAtLevel=1
JACOCO_VERSION := $(shell sed -n 's|.*<jacoco.version>\(.*\)</jacoco.version>.*|\1|p' pom.xml)
COVERED = $(filter-out agent extension,$(MODULES))
REVISION := $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)

# --- Native: libbpf and the BPF programs ------------------------------------------------------------

ARCH := $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x86)
LIBBPF_HEADERS := kernel/target/native/include

# The script knows what is up to date; its stamp tells make whether anything changed.
LIBBPF := kernel/target/native/stamp
$(LIBBPF): FORCE
	@kernel/native/build-libbpf

# -g is for the BTF; the DWARF that comes with it only makes the objects large.
BPF_CFLAGS := -target bpf -mcpu=v3 -g -O2 -Wall -Werror -D__TARGET_ARCH_$(ARCH) \
	-Iinclude -Iinclude/$(ARCH) -I$(LIBBPF_HEADERS) -ffile-prefix-map=$(CURDIR)=.
define compile_bpf
	@echo $@
	@mkdir -p $(@D)
	@$(CLANG) $(BPF_CFLAGS) -c $< -o $@
	@$(LLVM_STRIP) -g $@
endef

BPF_DEPENDENCIES := Makefile $(wildcard include/*.h include/$(ARCH)/*.h)
EXAMPLES := $(patsubst %.c,%.o,$(wildcard examples/*.bpf.c))
KERNEL_PROGRAMS := $(patsubst kernel/src/main/bpf/%.c,kernel/target/bpf/%.o,$(wildcard kernel/src/main/bpf/*.bpf.c))
TEST_PROGRAMS := $(patsubst kernel/src/test/bpf/%.c,kernel/target/test-bpf/%.o,$(wildcard kernel/src/test/bpf/*.bpf.c))

SPAN_PROGRAMS := $(patsubst extension/src/main/bpf/%.c,extension/target/bpf/%.o,$(wildcard extension/src/main/bpf/*.bpf.c))

extension/target/bpf/%.bpf.o: extension/src/main/bpf/%.bpf.c $(wildcard extension/src/main/bpf/*.h) $(BPF_DEPENDENCIES) | $(LIBBPF)
	$(compile_bpf)

extension/target/bpf/index: $(SPAN_PROGRAMS) $(EXAMPLES)
	@printf '%s\n' $(sort $(patsubst %.bpf.o,%,$(notdir $^))) > $@

examples/%.bpf.o: examples/%.bpf.c $(BPF_DEPENDENCIES) | $(LIBBPF)
	$(compile_bpf)

kernel/target/bpf/%.bpf.o: kernel/src/main/bpf/%.bpf.c $(BPF_DEPENDENCIES) | $(LIBBPF)
	$(compile_bpf)

kernel/target/test-bpf/%.bpf.o: kernel/src/test/bpf/%.bpf.c $(BPF_DEPENDENCIES) | $(LIBBPF)
	$(compile_bpf)

examples: $(EXAMPLES)

# A jar can't be listed, so it brings a list of the examples that are in it.
examples/index: $(EXAMPLES)
	@printf '%s\n' $(sort $(patsubst examples/%.bpf.o,%,$(EXAMPLES))) > $@

# --- Java -------------------------------------------------------------------------------------------

MODULES := core kernel otel jfr http agent extension standalone
SOURCES := pom.xml LICENSE licenses/third-party.txt $(MODULES:%=%/pom.xml) $(wildcard examples/*.yaml) \
	$(shell find $(MODULES:%=%/src/main) $(wildcard kernel/native/*) -type f 2>/dev/null)

UNITS := $(patsubst standalone/src/main/systemd/%,dist/%,$(wildcard standalone/src/main/systemd/*))

JARS := dist/ebpf-exporter.jar dist/ebpf-agent.jar dist/ebpf-otel-extension.jar

build: $(JARS) dist/ebpf-exporter $(UNITS) target/trained

# Tests are "make test"'s, and compiling them would only make the first run longer.
$(JARS) &: $(SOURCES) $(LIBBPF) $(KERNEL_PROGRAMS) examples/index extension/target/bpf/index
	@echo '$(JARS) (for the first time, Maven has things to download)'
	@$(MVN) -q package -Dmaven.test.skip=true -Dfmt.skip=true -Drevision=$(REVISION) -pl standalone,agent,extension -am
	@mkdir -p dist
	@cp standalone/target/ebpf-exporter.jar agent/target/ebpf-agent.jar extension/target/ebpf-otel-extension.jar dist/

dist/ebpf-exporter: standalone/src/main/sh/ebpf-exporter
	@mkdir -p dist
	@install -m 755 $< $@

$(UNITS): dist/%: standalone/src/main/systemd/%
	@mkdir -p dist
	@install -m 644 $< $@

# A run that does what any run does leaves a cache for the next ones. It makes the start quicker and
# nothing else, so doing without is fine.
target/trained: dist/ebpf-exporter.jar dist/ebpf-exporter standalone/src/main/sh/train
	@mkdir -p target
	@standalone/src/main/sh/train || echo 'no AOT cache: the exporter starts a little slower' >&2
	@touch $@

# vmlinux.h is generated, from the kernel.
check-licences:
	@find . \( -name target -o -name .git \) -prune -o -name vmlinux.h -o \( -name '*.java' -o -name '*.[ch]' \) -print | \
		sort | xargs awk 'FNR == 1 && !/SPDX-License-Identifier: / { print FILENAME ": its first line names no licence"; bad = 1 } \
		END { exit bad }'

test: check-licences examples/index extension/target/bpf/index $(KERNEL_PROGRAMS) $(TEST_PROGRAMS) $(LIBBPF)
	$(MVN) -T 2 verify

# Tests of one module run lines of another, so the modules' figures are put together. The tests that
# launch the packaged jar are left out: they say what the product does, not what its lines do.
JACOCO := target/jacoco
coverage: examples/index extension/target/bpf/index $(KERNEL_PROGRAMS) $(TEST_PROGRAMS) $(LIBBPF)
	@rm -rf $(JACOCO)
	@$(MVN) -q dependency:copy -N -Dmdep.stripVersion -DoutputDirectory=$(CURDIR)/$(JACOCO) \
		-Dartifact=org.jacoco:org.jacoco.agent:$(JACOCO_VERSION):jar:runtime
	@$(MVN) -q dependency:copy -N -Dmdep.stripVersion -DoutputDirectory=$(CURDIR)/$(JACOCO) \
		-Dartifact=org.jacoco:org.jacoco.cli:$(JACOCO_VERSION):jar:nodeps
	$(MVN) -q test -Dfmt.skip=true -Dtest.jvmOptions=-javaagent:$(CURDIR)/$(JACOCO)/org.jacoco.agent-runtime.jar=destfile=$(CURDIR)/$(JACOCO)/tests.exec
	@$(JAVA_HOME)/bin/java -jar $(JACOCO)/org.jacoco.cli-nodeps.jar report $(JACOCO)/tests.exec --quiet \
		$(foreach module,$(COVERED),--classfiles $(module)/target/classes) --csv $(JACOCO)/lines.csv
	@awk -F, 'NR > 1 { missed[$$2] += $$8; run[$$2] += $$9 } \
		END { for (p in run) printf "%6.1f %%  %5d of %5d lines  %s\n", 100 * run[p] / (run[p] + missed[p]), run[p], run[p] + missed[p], p }' \
		$(JACOCO)/lines.csv | sort -k7

# Nothing of the machine's own kernel matters here, so neither does who runs it.
vmtest: dist/ebpf-exporter.jar dist/ebpf-exporter $(TEST_PROGRAMS) $(SPAN_PROGRAMS)
	@rm -rf target/vm/libraries
	@$(MVN) -q test-compile dependency:copy-dependencies -Dfmt.skip=true -Drevision=$(REVISION) -pl standalone,agent -am \
		-DexcludeGroupIds=io.ebpfagent,org.apache.tomcat.embed,org.springframework,org.springframework.boot,ch.qos.logback,org.apache.logging.log4j,io.micrometer -DoutputDirectory=$(CURDIR)/target/vm/libraries
	@standalone/src/test/vm/run

run: build
	@if [ $$(id -u) != 0 ]; then \
		echo 'built; loading programs into the kernel takes root:'; \
		echo '  sudo $(if $(filter $(HOME)/%,$(JAVA_HOME)),JAVA_HOME=$(JAVA_HOME) )dist/ebpf-exporter'; \
	else \
		exec dist/ebpf-exporter; \
	fi

# As root, because the agent loads programs into the kernel.
demo: build
	@agent/src/demo/run dist/ebpf-agent.jar $(JAVA_HOME)

OTEL_DEMO := examples/otel-demo
OTEL_DEMO_CLASSES := $(OTEL_DEMO)/target/classes/io/ebpfagent/demo/Demo.class
ZIPKIN := 3.5.1

$(OTEL_DEMO_CLASSES): pom.xml $(OTEL_DEMO)/pom.xml $(wildcard $(OTEL_DEMO)/src/main/java/io/ebpfagent/demo/*)
	@$(MVN) -q process-classes -Dfmt.skip=true -pl $(OTEL_DEMO)
	@touch $@

otel-demo: build $(OTEL_DEMO_CLASSES)
	@$(OTEL_DEMO)/run dist/ebpf-otel-extension.jar $(JAVA_HOME)

# A viewer of traces that Maven has, of 130 MB.
target/zipkin.jar:
	@$(MVN) -q dependency:copy -N -Dartifact=io.zipkin:zipkin-server:$(ZIPKIN):jar:exec -DoutputDirectory=target
	@mv target/zipkin-server-$(ZIPKIN)-exec.jar $@

screenshots: build $(OTEL_DEMO_CLASSES) target/zipkin.jar
	@agent/src/demo/screenshots dist/ebpf-agent.jar $(JAVA_HOME) docs/images
	@$(OTEL_DEMO)/screenshot dist/ebpf-otel-extension.jar $(JAVA_HOME) target/zipkin.jar docs/images/zipkin.png

# By how many rows the maps have room for: that is what reading one costs.
BENCH := benchmark/target
BENCH_OBJECTS := $(BENCH)/bpf/1/spans $(BENCH)/bpf/100000/rows $(BENCH)/bpf/1000000/rows $(BENCH)/bpf/29000/latency
AGENT_BENCH_OBJECT := $(BENCH)/bpf/10000/rows

$(BENCH_OBJECTS) $(AGENT_BENCH_OBJECT): $(BENCH)/bpf/%: $(wildcard benchmark/src/main/bpf/*) $(BPF_DEPENDENCIES) | $(LIBBPF)
	@mkdir -p $(@D)
	@$(CLANG) $(BPF_CFLAGS) -DROWS=$(notdir $(@D)) -c benchmark/src/main/bpf/$(@F).bpf.c -o $@.bpf.o
	@cp benchmark/src/main/bpf/$(@F).yaml $@.yaml
	@touch $@

$(BENCH)/floor $(BENCH)/emit: $(BENCH)/%: benchmark/src/main/c/%.c benchmark/src/main/c/bpf.h
	@mkdir -p $(@D)
	cc -O2 -Wall -Werror -o $@ $<

bench: build $(BENCH_OBJECTS) $(BENCH)/floor $(BENCH)/emit
	$(MVN) -q compile -Dfmt.skip=true -pl benchmark
	$(JAVA_HOME)/bin/java -cp $(BENCH)/classes io.ebpfagent.benchmark.StartBenchmark dist/ebpf-exporter
	$(JAVA_HOME)/bin/java -cp $(BENCH)/classes io.ebpfagent.benchmark.ScrapeBenchmark \
		$(BENCH)/bpf $(BENCH)/floor dist/ebpf-exporter
	$(JAVA_HOME)/bin/java -cp $(BENCH)/classes io.ebpfagent.benchmark.SpanBenchmark \
		$(BENCH)/bpf/1 $(BENCH)/emit dist/ebpf-exporter

# Pairs of JVMs with the javaagent alone and with the extension, and one that switches; an hour.
bench-otel: build
	$(MVN) -q compile -Dfmt.skip=true -pl benchmark
	$(JAVA_HOME)/bin/java -cp '$(BENCH)/classes:$(BENCH)/libraries/*' io.ebpfagent.benchmark.OtelBenchmark \
		dist/ebpf-otel-extension.jar $(BENCH)/javaagent.jar

bench-agent: build $(AGENT_BENCH_OBJECT) $(BENCH)/floor
	$(MVN) -q compile -Dfmt.skip=true -pl benchmark
	$(JAVA_HOME)/bin/java -cp $(BENCH)/classes io.ebpfagent.benchmark.AgentStartBenchmark dist/ebpf-agent.jar
	$(JAVA_HOME)/bin/java -cp $(BENCH)/classes io.ebpfagent.benchmark.AgentLoadBenchmark \
		dist/ebpf-agent.jar $(dir $(AGENT_BENCH_OBJECT)) $(BENCH)/floor

format:
	$(MVN) -q com.spotify.fmt:fmt-maven-plugin:format

# "make clean build" means first the one, then the other.
ifneq ($(filter clean,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif

clean:
	rm -rf dist target */target examples/*/target examples/*.bpf.o examples/index

.PHONY: help examples build check-licences test coverage vmtest run demo otel-demo screenshots bench bench-agent bench-otel format clean FORCE
