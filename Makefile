# SPDX-License-Identifier: Apache-2.0
# Builds lastwords into build/. V=1 shows the commands; SANITIZE=1 builds user space with ASan and UBSan into build/asan/.
CC        ?= gcc
CLANG     ?= clang
LLVM_STRIP ?= llvm-strip
BPFTOOL   ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) bpftool)
PKG_CONFIG ?= pkg-config
PREFIX    ?= /usr
DESTDIR   ?=
ARCH      ?= $(shell uname -m)
VERSION   := $(shell cat VERSION)

B := build
ifeq ($(SANITIZE),1)
  B := build/asan
  SANITIZE_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif

ifeq ($(V),1)
  Q :=
  say = @:
else
  Q := @
  say = @printf '  %-8s %s\n' $(1) $(2)
endif

LIBS := libbpf libdw libelf liblzma zlib sqlite3 jansson libseccomp
# Loaded at run time: where debug information is downloaded, where an HTTP endpoint is wanted.
LOADED := libcurl libmicrohttpd nettle rdkafka libnats
ifneq ($(filter-out clean help,$(or $(MAKECMDGOALS),all)),)
  MISSING := $(shell for l in $(LIBS) $(LOADED); do $(PKG_CONFIG) --exists $$l || printf '%s ' $$l; done; \
	for t in $(CC) $(CLANG) $(BPFTOOL); do command -v $$t >/dev/null 2>&1 || printf '%s ' $$t; done)
  ifneq ($(strip $(MISSING)),)
    $(error missing: $(strip $(MISSING)); scripts/install-deps installs what the build needs)
  endif
endif

WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla \
	-Wpointer-arith -Wundef -Werror
CFLAGS ?= -O2 -g
USER_CFLAGS := -std=gnu11 $(CFLAGS) $(WARN) $(SANITIZE_FLAGS) -D_GNU_SOURCE -DLW_VERSION='"$(VERSION)"' \
	-fstack-protector-strong -Iuserspace -I. -I$(B) $(shell $(PKG_CONFIG) --cflags $(LIBS) $(LOADED))
# libiberty, the demangler, has no pkg-config file.
USER_LIBS := $(shell $(PKG_CONFIG) --libs $(LIBS)) -liberty -lm

# The kernel's name of the machine, for bpf_tracing.h: x86, arm64, …
BPF_ARCH := $(patsubst aarch64,arm64,$(patsubst x86_64,x86,$(ARCH)))
# clang for BPF does not know the multiarch include folder of <asm/types.h>.
BPF_CFLAGS := -std=gnu11 -O2 -g -target bpf -mcpu=v2 -D__TARGET_ARCH_$(BPF_ARCH) -Wall -Wextra -Werror \
	-Wno-unused-parameter -Ivmlinux -Ibpf

# Definitions come before the objects that only declare them: the linker of libbpf 1.1 needs it.
BPF_SRC  := bpf/maps.bpf.c $(filter-out bpf/maps.bpf.c,$(sort $(wildcard bpf/*.bpf.c)))
BPF_OBJ  := $(BPF_SRC:bpf/%.bpf.c=$(B)/bpf/%.bpf.o)
BPF_HDR  := $(wildcard bpf/*.h vmlinux/*.h)
USER_SRC := $(sort $(wildcard userspace/*/*.c))
USER_OBJ := $(USER_SRC:%.c=$(B)/%.o)
UNIT_SRC := $(sort $(wildcard tests/unit/*.c))
UNIT_BIN := $(UNIT_SRC:%.c=$(B)/%)
PROG_SRC := $(sort $(wildcard tests/programs/*.c))
PROG_BIN := $(PROG_SRC:%.c=$(B)/%)
SKEL     := $(B)/probes.skel.h

.PHONY: all check unit programs bench fuzz install clean help bpf-objects
.SECONDARY:
all: $(B)/lastwords

help:
	@echo 'make [V=1] [SANITIZE=1]   build/lastwords'
	@echo 'make unit                 run the unit tests'
	@echo 'make check                all tests (scripts/check)'
	@echo 'make bench                what probes, pipeline, store and sinks cost'
	@echo 'make fuzz [SECONDS=60]    fuzz decode and capture files'
	@echo 'make install DESTDIR= PREFIX=/usr'

$(B)/bpf/%.bpf.o: bpf/%.bpf.c $(BPF_HDR) Makefile
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@
	$(Q)$(LLVM_STRIP) -g $@

bpf-objects: $(BPF_OBJ)

$(B)/probes.bpf.o: $(BPF_OBJ)
	$(call say,LINK,$@)
	$(Q)$(BPFTOOL) gen object $@ $^

$(SKEL): $(B)/probes.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name probes > $@.tmp && mv $@.tmp $@

$(B)/userspace/%.o: userspace/%.c Makefile
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -MMD -MP -c $< -o $@

# The skeleton is known to the loader alone.
$(B)/userspace/probe/loader.o: $(SKEL)
$(B)/userspace/probe/loader.o: USER_CFLAGS += -Wno-conversion -Wno-sign-conversion

$(B)/liblastwords.a: $(filter-out $(B)/userspace/main.o,$(USER_OBJ))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/lastwords: $(B)/userspace/main.o $(B)/liblastwords.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(SANITIZE_FLAGS) $(LDFLAGS) -o $@ $^ $(USER_LIBS)

$(B)/userspace/main.o: userspace/main.c Makefile VERSION
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -MMD -MP -c $< -o $@

$(B)/tests/unit/%: tests/unit/%.c $(B)/liblastwords.a
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -Itests -MMD -MP -o $@ $< $(B)/liblastwords.a -lcmocka $(USER_LIBS)

$(B)/tests/symbolize/%: tests/symbolize/%.c $(B)/liblastwords.a
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -Itests -MMD -MP -o $@ $< $(B)/liblastwords.a $(USER_LIBS)

$(B)/tests/grouping/%: tests/grouping/%.c $(B)/liblastwords.a
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(USER_CFLAGS) -MMD -MP -o $@ $< $(B)/liblastwords.a $(USER_LIBS)

$(B)/tests/programs/%: tests/programs/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O1 -g -Wall -Wextra -D_GNU_SOURCE -pthread -MMD -MP -o $@ $<

programs: $(PROG_BIN)

unit: $(UNIT_BIN)
	$(Q)tests/unit/run $(UNIT_BIN)

check:
	scripts/check

bench: all programs
	tests/bench/run
	tests/bench/sinks

SECONDS ?= 60
fuzz:
	tests/fuzz/run $(SECONDS)

install: all
	install -D -m 0755 $(B)/lastwords $(DESTDIR)$(PREFIX)/bin/lastwords
	install -D -m 0644 docs/man/lastwords.1 $(DESTDIR)$(PREFIX)/share/man/man1/lastwords.1
	install -D -m 0644 docs/man/lastwords.conf.5 $(DESTDIR)$(PREFIX)/share/man/man5/lastwords.conf.5
	install -D -m 0644 docs/event.schema.json $(DESTDIR)$(PREFIX)/share/lastwords/event.schema.json
	install -D -m 0644 docs/elastic-template.json $(DESTDIR)$(PREFIX)/share/lastwords/elastic-template.json
	install -D -m 0644 share/clickhouse/001.sql $(DESTDIR)$(PREFIX)/share/lastwords/clickhouse/001.sql
	install -D -m 0644 docs/lastwords.conf $(DESTDIR)$(PREFIX)/share/doc/lastwords/lastwords.conf

clean:
	rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)
