# Meridian: one Makefile; `make help` tells all. Everything that is made goes under build/.

# ---- What can be set -----------------------------------------------------------------------------

SMP           ?= 4
FIRMWARE      ?= bios
GUEST         ?=
GUEST_CMDLINE ?=
CMDLINE       ?=
DURATION      ?=
QEMU_ARGS     ?=
SECONDS       ?=
LOAD          ?=
T             ?=
V             ?=

# The tool chain, by prefix. Where an amd64 machine has plain names only (Arch, Fedora), they are the same
# compiler; where there is no compiler at all yet, scripts/install brings the prefixed one.
CROSS_COMPILE ?= $(shell { command -v x86_64-linux-gnu-gcc || [ "$$(uname -m)" != x86_64 ] || \
                           ! command -v gcc; } >/dev/null && echo x86_64-linux-gnu-)
CC      := $(CROSS_COMPILE)gcc
LD      := $(CROSS_COMPILE)ld
CLANG   ?= clang
NASM    ?= nasm
HOST_CC ?= gcc
# Debian's own first: it is the one that python3-pytest is installed for.
PYTHON  ?= $(firstword $(wildcard /usr/bin/python3) python3)

VERSION := 0.5

B := build
Q := $(if $(V),,@)

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
ifeq ($(MAKELEVEL)$(findstring j,$(firstword -$(MAKEFLAGS))),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all iso usb release plot run screenshots bochs bench check sim compare truth coverage mutate \
        model help clean lint unit fuzz boot \
        format install programs test-programs clang-programs odd-guests \
        lint-house lint-format lint-tidy lint-cppcheck lint-size lint-reader lint-scripts

# ---- Flags ---------------------------------------------------------------------------------------

XEN_ABI := -D__XEN_INTERFACE_VERSION__=__XEN_LATEST_INTERFACE_VERSION__
# Xen's public headers come from libxen-dev; a bare x86_64-elf-gcc does not look into /usr/include by itself.
INCLUDES := -Ihv -Iinclude -DMERIDIAN_VERSION='"$(VERSION)"'
SYSTEM   := -idirafter /usr/include $(XEN_ABI)

# -fpie: the hypervisor's and the guest's addresses are outside every other code model's reach. No vector or
# x87 register, no red zone, no helper of libgcc: an exception may come between any two instructions.
CFLAGS := -std=gnu11 -O2 -g -ffreestanding -fpie -fvisibility=hidden -mno-red-zone -mgeneral-regs-only \
          -fcf-protection=none -fno-stack-protector -fno-asynchronous-unwind-tables -fno-strict-aliasing \
          -fno-omit-frame-pointer -ffunction-sections -fdata-sections "-ffile-prefix-map=$(CURDIR)=." \
          -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes
ASFLAGS := -f elf64 -g -F dwarf -Werror -I./ -Ihv/ -Iinclude/ -Iboot/
# --no-relax: ld would turn the loads of a function's address from the GOT into 32-bit immediates, which
# cannot hold it.
# No libgcc is linked, so a 128-bit division (__udivti3, __umodti3, ...) fails here as undefined.
LDFLAGS := -m elf_x86_64 -static -nostdlib -z max-page-size=4096 -z noexecstack --build-id=none \
           --fatal-warnings --no-undefined --no-relax

HOST_CFLAGS := -std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -Wall -Wextra \
               $(INCLUDES) -Itest/unit $(XEN_ABI)

# ---- Sources -------------------------------------------------------------------------------------

FONT            := $(B)/font/font_data.c
HV_SOURCES      := $(sort $(wildcard boot/*.asm hv/*.c hv/*.asm hv/*/*.c hv/*/*.asm hv/*/*/*.c)) $(FONT)
GUEST_SOURCES   := $(sort $(wildcard guest/*.c guest/*.asm) hv/log/format.c hv/log/string.c)
FOREIGN_SOURCES := $(sort $(wildcard test/foreign/*.c test/foreign/*.asm))
GUEST_SCRIPTS   := $(sort $(wildcard test/guests/*/*.lds))
KIT_SOURCES     := $(sort $(wildcard test/hostile/kit/*.c test/hostile/kit/*.asm))
PROBE_SOURCES   := $(sort $(wildcard test/hostile/probe/*.c)) $(KIT_SOURCES)
FUZZ_SOURCES    := $(sort $(wildcard test/hostile/fuzz/*.c)) $(KIT_SOURCES)
UNIT_TESTS      := $(patsubst test/unit/%.c,$(B)/unit/%,$(sort $(wildcard test/unit/test_*.c)))
HEADERS         := $(wildcard hv/*.h hv/*/*.h hv/*/*/*.h include/*/*.h guest/*.h test/unit/*.h test/sim/*.h)

# What is compiled depends on the flags too: whoever changes one compiles all anew.
FLAGS     := $(B)/flags
FLAGS_NOW := $(CC) $(CLANG) $(NASM) $(CFLAGS) $(INCLUDES) $(SYSTEM) $(ASFLAGS) $(LDFLAGS) $(HOST_CC) \
             $(HOST_CFLAGS)
ifneq ($(FLAGS_NOW),$(file <$(FLAGS)))
$(shell mkdir -p $(B))$(file >$(FLAGS),$(FLAGS_NOW))
endif
HEADERS   += $(FLAGS)
$(FLAGS):
	@mkdir -p $(@D) && touch $@

# ---- Programs ------------------------------------------------------------------------------------

all: programs

programs: $(B)/meridian.elf $(B)/guest.elf
# The same with a publisher that lies (test/faults), and the guests that share nothing with guest/: one that
# is somebody else's, one that asks what the ABI answers, and one that calls at random.
test-programs: $(B)/test/meridian.elf $(B)/test/traps.elf $(B)/test/cpus.elf \
               $(B)/test/inject.elf $(B)/test/wall.elf $(B)/test/display.elf $(B)/foreign.elf \
               $(B)/probe.elf $(B)/fuzz.elf \
               $(B)/outside/hostclock $(B)/outside/mailbox
# The same sources by the other compiler: a check, nothing boots it but a test.
clang-programs: $(B)/clang/meridian.elf $(B)/clang/guest.elf

# $(call program,output,object folder,sources,linker script,compiler,flags)
define program
$(2)/%.c.o: %.c $(FLAGS) | install
	@mkdir -p $$(@D)
	$(if $(V),,@echo "  CC    $$@")
	$(Q)$(5) $(6) -MMD -MP -c $$< -o $$@

$(2)/%.asm.o: %.asm $(FLAGS) | install
	@mkdir -p $$(@D)
	$(if $(V),,@echo "  NASM  $$@")
	$(Q)$(NASM) $(ASFLAGS) -MD $$(@:.o=.d) -MP $$< -o $$@

$(1): $(3:%=$(2)/%.o) $(4) | install
	@mkdir -p $$(@D)
	$(if $(V),,@echo "  LD    $$@")
	$(Q)$(LD) $$(LDFLAGS) -T $(4) -Map=$$@.map $(3:%=$(2)/%.o) -o $$@

-include $(patsubst %,$(2)/%.d,$(3))
endef

OURS     := $(CFLAGS) $(INCLUDES) $(SYSTEM)
# No SSE: the stack need not stand on 16 bytes, nor RAX tell how many vector registers are passed.
HV_CC    := $(CC) -mpreferred-stack-boundary=3 -mskip-rax-setup
CLANG_CC := $(CLANG) --target=x86_64-linux-gnu
HV_LDS   := linker/meridian.lds
$(eval $(call program,$(B)/meridian.elf,$(B)/obj/hv,$(HV_SOURCES),$(HV_LDS),$(HV_CC),$(OURS)))
$(eval $(call program,$(B)/guest.elf,$(B)/obj/guest,$(GUEST_SOURCES),linker/guest.lds,$(CC),$(OURS)))
$(eval $(call program,$(B)/foreign.elf,$(B)/obj/foreign,$(FOREIGN_SOURCES),test/foreign/foreign.lds,$(CC),\
    $(CFLAGS) $(SYSTEM)))
# The guests that use the ABI in other ways: one for each linker script in a folder of test/guests/.
ODD_GUESTS := $(patsubst %.lds,$(B)/guests/%.elf,$(notdir $(GUEST_SCRIPTS)))
odd-guests: $(ODD_GUESTS)
# $(call odd_sources,folder/): what is there, and where that is C the kit.
odd_sources = $(sort $(wildcard $(1)*.c $(1)*.asm) \
    $(if $(wildcard $(1)*.c),$(wildcard test/guests/*.c test/guests/*.asm)))
$(foreach script,$(GUEST_SCRIPTS),$(eval $(call program,$(B)/guests/$(basename $(notdir $(script))).elf,\
    $(B)/obj/guests/$(basename $(notdir $(script))),$(call odd_sources,$(dir $(script))),$(script),$(CC),\
    $(CFLAGS) $(SYSTEM))))
$(ODD_GUESTS): test/guests/sections.lds
$(B)/guests/%-pie.elf: LDFLAGS += -pie --no-dynamic-linker -z norelro
KIT_CC  := $(CFLAGS) -Itest/hostile $(SYSTEM)
KIT_LDS := test/hostile/kit/kit.lds
$(eval $(call program,$(B)/probe.elf,$(B)/obj/probe,$(PROBE_SOURCES),$(KIT_LDS),$(CC),$(KIT_CC)))
$(eval $(call program,$(B)/fuzz.elf,$(B)/obj/fuzz,$(FUZZ_SOURCES),$(KIT_LDS),$(CC),$(KIT_CC)))
# A single RWX segment is the point of them; linkers before 2.39 do not know the warning.
$(B)/foreign.elf $(B)/probe.elf $(B)/fuzz.elf: LDFLAGS += \
    $(shell $(LD) --help 2>/dev/null | grep -o -e --no-warn-rwx-segments | head -1)
$(eval $(call program,$(B)/test/meridian.elf,$(B)/obj/test,$(HV_SOURCES) test/faults/skew.c,$(HV_LDS),\
    $(HV_CC),$(OURS)))
# The fault slips in between the caller and the function: the hypervisor's sources know nothing of it.
$(B)/test/meridian.elf: LDFLAGS += --wrap=record_fill
# Traps on purpose (test/faults/trap.c): the hypervisor's own objects, and what is wrapped round them.
TRAPS_OBJECTS := $(HV_SOURCES:%=$(B)/obj/hv/%.o) $(B)/obj/hv/test/faults/trap.c.o \
                 $(B)/obj/hv/test/faults/provoke.c.o
TRAPS_WRAP    := boot_read domain_run_cpu verdict_panic verdict_domain_ended
$(B)/test/traps.elf: $(TRAPS_OBJECTS) $(HV_LDS) | install
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD    $@")
	$(Q)$(LD) $(LDFLAGS) $(TRAPS_WRAP:%=--wrap=%) -T $(HV_LDS) -Map=$@.map $(TRAPS_OBJECTS) -o $@
-include $(B)/obj/hv/test/faults/trap.c.d $(B)/obj/hv/test/faults/provoke.c.d
# CPUs that fail (test/faults/cpus.c), in the same way.
CPUS_OBJECTS := $(HV_SOURCES:%=$(B)/obj/hv/%.o) $(B)/obj/hv/test/faults/cpus.c.o
CPUS_WRAP    := boot_read apic_send_startup apic_init_cpu identify rdmsr_try keeper_start meeting_lead \
                meeting_follow window_close keeper_timer_arm idle_sleep cpu_idle_mwait \
                verdict_domain_ended serial_flush
$(B)/test/cpus.elf: $(CPUS_OBJECTS) $(HV_LDS) | install
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD    $@")
	$(Q)$(LD) $(LDFLAGS) $(CPUS_WRAP:%=--wrap=%) -T $(HV_LDS) -Map=$@.map $(CPUS_OBJECTS) -o $@
-include $(B)/obj/hv/test/faults/cpus.c.d
# TSCs out of step, and a publisher in a hurry (test/faults/inject.c, hurried.c), in the same way.
INJECT_FILES   := $(addprefix test/faults/,inject.c words.c warp.c svm.c svm_enter.asm hurried.c \
                  steps.c judge.c)
INJECT_OBJECTS := $(patsubst %,$(B)/obj/hv/%.o,$(HV_SOURCES) $(INJECT_FILES))
INJECT_WRAP    := boot_read apic_init_cpu idle_sleep tick_init_cpu verdict_domain_ended timeline_update \
                  record_begin record_fill record_end xen_record_begin xen_record_fill xen_record_end
$(B)/test/inject.elf: $(INJECT_OBJECTS) $(HV_LDS) | install
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD    $@")
	$(Q)$(LD) $(LDFLAGS) $(INJECT_WRAP:%=--wrap=%) -T $(HV_LDS) -Map=$@.map $(INJECT_OBJECTS) -o $@
-include $(INJECT_FILES:%=$(B)/obj/hv/%.d)
# A wall clock that is set badly (test/faults/wall.c), in the same way.
WALL_FILES   := test/faults/wall.c test/faults/words.c
WALL_OBJECTS := $(patsubst %,$(B)/obj/hv/%.o,$(HV_SOURCES) $(WALL_FILES))
WALL_WRAP    := boot_read keeper_set_wall record_begin record_fill record_fill_wall record_end
$(B)/test/wall.elf: $(WALL_OBJECTS) $(HV_LDS) | install
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD    $@")
	$(Q)$(LD) $(LDFLAGS) $(WALL_WRAP:%=--wrap=%) -T $(HV_LDS) -Map=$@.map $(WALL_OBJECTS) -o $@
-include $(WALL_FILES:%=$(B)/obj/hv/%.d)
# Displays of any layout (test/faults/display.c), in the same way.
DISPLAY_FILES   := test/faults/display.c test/faults/words.c
DISPLAY_OBJECTS := $(patsubst %,$(B)/obj/hv/%.o,$(HV_SOURCES) $(DISPLAY_FILES))
DISPLAY_WRAP    := boot_read map_framebuffer domain_run_cpu display_draw screen_set_painter \
                   check_end verdict_domain_ended
$(B)/test/display.elf: $(DISPLAY_OBJECTS) $(HV_LDS) | install
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD    $@")
	$(Q)$(LD) $(LDFLAGS) $(DISPLAY_WRAP:%=--wrap=%) -T $(HV_LDS) -Map=$@.map $(DISPLAY_OBJECTS) -o $@
-include $(DISPLAY_FILES:%=$(B)/obj/hv/%.d)
$(eval $(call program,$(B)/clang/meridian.elf,$(B)/obj/clang/hv,$(HV_SOURCES),$(HV_LDS),$(CLANG_CC),$(OURS)))
$(eval $(call program,$(B)/clang/guest.elf,$(B)/obj/clang/guest,$(GUEST_SOURCES),linker/guest.lds,\
    $(CLANG_CC),$(OURS)))

# The screen's font, from Debian's fonts-spleen.
FONTS ?= /usr/share/consolefonts
$(FONT): scripts/font | install
	@mkdir -p $(@D)
	$(if $(V),,@echo "  FONT  $@")
	$(Q)$(PYTHON) $< $(FONTS)/spleen-8x16.psfu.gz $(FONTS)/spleen-5x8.psfu.gz >$@

# What nobody calls is left out of the image.
$(B)/meridian.elf $(B)/clang/meridian.elf $(B)/test/%.elf: LDFLAGS += --gc-sections

# ---- Packages ------------------------------------------------------------------------------------

# What the goals at hand need, installed in one go before anything is compiled.
NEEDS := build $(if $(filter iso usb release run,$(MAKECMDGOALS)),run) \
         $(if $(filter compare,$(MAKECMDGOALS)),run) \
         $(if $(filter screenshots,$(MAKECMDGOALS)),run screens) \
         $(if $(filter truth test-programs $(B)/outside/%,$(MAKECMDGOALS)),run truth) \
         $(if $(filter bochs,$(MAKECMDGOALS)),run bochs) \
         $(if $(filter bench $(B)/bench/%,$(MAKECMDGOALS)),bench) \
         $(if $(filter check model,$(MAKECMDGOALS)),model) \
         $(if $(filter check boot plot,$(MAKECMDGOALS)),plot) \
         $(if $(filter uefi32,$(FIRMWARE)),uefi32) \
         $(if $(filter check coverage mutate sim unit fuzz boot lint% format clang-programs $(B)/unit/% \
             $(B)/fuzz/%,$(MAKECMDGOALS)),run uefi32 bochs screens check)
install:
	@scripts/install $(NEEDS)

# ---- Commands ------------------------------------------------------------------------------------

export SMP FIRMWARE GUEST GUEST_CMDLINE CMDLINE DURATION QEMU_ARGS CROSS_COMPILE FONTS

iso: programs
	@scripts/iso $(B)/meridian.iso

usb: iso
	@$(PYTHON) scripts/usb $(if $(filter yes,$(LOOP)),--loop) '$(DEV)'

# From nothing: what was built before may have had other flags, or sources that are gone.
release: | install
	@rm -rf $(B)/fresh
	+@$(MAKE) --no-print-directory B=$(B)/fresh programs
	@$(PYTHON) scripts/release $(VERSION) $(B)/fresh $(RELEASE)
	@rm -rf $(B)/fresh

plot: | install
	@$(PYTHON) scripts/plot $(LOG)

run: programs
	@$(PYTHON) scripts/run

bochs: programs
	@$(PYTHON) scripts/run --bochs

# The documentation's pictures (docs/pictures/), from boots in QEMU.
screenshots: programs test-programs
	@SECONDS='$(SECONDS)' $(PYTHON) scripts/screenshots $(T)

compare: programs
	@$(PYTHON) scripts/compare

truth: programs $(B)/outside/hostclock $(B)/outside/mailbox
	@LOAD='$(LOAD)' $(PYTHON) scripts/truth

bench: $(B)/bench/bench
	@$<

# `+`: the driver builds what it tests by this Makefile, going on where one thing does not build.
check unit lint boot: | install
	+@$(PYTHON) scripts/check $(if $(filter check,$@),,--only=$@) $(T)

# The long run of the same fuzzers; what they find stays in build/fuzz/, and the next run goes on from there.
fuzz: | install
	+@$(PYTHON) scripts/fuzz $(if $(SECONDS),--seconds=$(SECONDS)) $(T)

# The record protocol searched in full by spin (docs/model.md).
model: | install
	@$(PYTHON) scripts/model $(T)

# Faults put into a copy of the sources, to see that the host tests fail on them (docs/mutation.md).
mutate: | install
	@HOST_CC='$(HOST_CC)' HOST_CFLAGS='$(HOST_CFLAGS)' $(PYTHON) scripts/mutate $(SEED:%=--seed=%) \
	    $(COUNT:%=--count=%) $(AT:%=--at=%) $(T)

# What is not set is the simulator's own choice.
sim: $(B)/sim
	@$(B)/sim $(if $(SEED),--seed=$(SEED)) $(if $(RUNS),--runs=$(RUNS)) \
	    $(if $(MINUTES),--minutes=$(MINUTES)) $(if $(HOURS),--hours=$(HOURS)) \
	    $(if $(YEARS),--years=$(YEARS)) $(if $(WORLD),--world='$(WORLD)') $(if $(TRACE),--trace)

clean:
	rm -rf $(B)

help:
	@sed -n 's/^#: \{0,1\}//p' Makefile

# ---- Host tests ----------------------------------------------------------------------------------

# A test's first line names its sources, its second may name flags; see any file in test/unit/.
sources_of = $(shell sed -n '1s|^/\* sources: *\(.*[^ ]\) *\*/.*|\1|p' $(1))
flags_of   = $(shell sed -n '2s|^/\* flags: *\(.*[^ ]\) *\*/.*|\1|p' $(1))

.SECONDEXPANSION:
$(B)/unit/%: test/unit/%.c $$(call sources_of,test/unit/$$*.c) $(HEADERS) | install
	@mkdir -p $(@D)
	$(if $(V),,@echo "  TEST  $@")
	$(Q)$(HOST_CC) $(HOST_CFLAGS) $(call flags_of,$<) $(filter %.c,$^) -lcmocka -o $@

# ---- Benchmarks: the ways to read a clock, as a kernel compiles them, by both compilers -----------

BENCH_HEADERS := $(HEADERS) $(wildcard test/bench/*.h)
BENCH_CFLAGS  := -std=gnu11 -O2 -g -mno-red-zone -Wall -Wextra -Werror $(INCLUDES) -Itest/bench $(SYSTEM) \
                 -pthread
BENCH_READERS := $(B)/bench/by_gcc.o $(B)/bench/by_clang.o
BENCH_LINE    := test/bench/host.c test/bench/line.c
BENCH_SOURCES := $(addprefix test/bench/,bench.c reads.c order.c publisher.c) $(BENCH_LINE) \
                 $(wildcard hv/time/*.c) hv/keeper/publisher.c hv/keeper/latch.c
COUNT_SOURCES := test/bench/count.c $(BENCH_LINE) $(addprefix hv/time/,line.c scale.c publish.c)

$(B)/bench/by_gcc.o: BENCH_CC := $(HOST_CC)
$(B)/bench/by_clang.o: BENCH_CC := $(CLANG_CC)
$(BENCH_READERS): $(B)/bench/%.o: test/bench/forms.c $(BENCH_HEADERS) | install
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC    $@")
	$(Q)$(BENCH_CC) $(CFLAGS) $(INCLUDES) -Itest/bench -DOUT=$* -c $< -o $@

$(B)/bench/bench: $(BENCH_SOURCES) $(BENCH_READERS) $(BENCH_HEADERS) | install
	$(if $(V),,@echo "  BENCH $@")
	$(Q)$(HOST_CC) $(BENCH_CFLAGS) $(filter %.c %.o,$^) -o $@

$(B)/bench/count: $(COUNT_SOURCES) $(BENCH_READERS) $(BENCH_HEADERS) | install
	$(if $(V),,@echo "  BENCH $@")
	$(Q)$(HOST_CC) $(BENCH_CFLAGS) $(filter %.c %.o,$^) -o $@

# ---- The host's own clock, for the judge of scripts/truth (x86-64 hosts) -------------------------

$(B)/outside/%: test/outside/%.c | install
	@mkdir -p $(@D)
	$(Q)$(HOST_CC) -std=gnu11 -O2 -Wall -Wextra -Werror $< -o $@

# ---- The simulator: for long runs, so without sanitizers ------------------------------------------

SIM_SHELL   := $(addprefix hv/keeper/,exchange.c meeting.c quirks.c idle.c)
SIM_SOURCES := $(filter-out test/sim/rival_lane.c test/sim/rival_plain.c,$(sort $(wildcard test/sim/*.c))) \
    $(sort $(wildcard hv/time/*.c)) hv/log/format.c \
    $(filter-out $(SIM_SHELL),$(sort $(wildcard hv/keeper/*.c)))
SIM_CFLAGS  := -std=gnu11 -g -O2 -flto=auto -Wall -Wextra -Werror -Ihv -Iinclude -Itest/unit -Itest/sim \
               $(XEN_ABI) -include test/sim/sim_cpu.h

$(B)/sim: $(SIM_SOURCES) $(HEADERS) | install
	@mkdir -p $(@D)
	$(if $(V),,@echo "  SIM   $@")
	$(Q)$(HOST_CC) $(SIM_CFLAGS) $(SIM_SOURCES) -lm -o $@

# ---- Fuzzers -------------------------------------------------------------------------------------

FUZZ_CFLAGS := -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
               -Wall -Wextra -Ihv -Iinclude -Itest/unit -Itest/fuzz $(XEN_ABI)

$(B)/fuzz/%: test/fuzz/%.c $$(call sources_of,test/fuzz/$$*.c) $(HEADERS) $(wildcard test/fuzz/*.h) | install
	@mkdir -p $(@D)
	$(if $(V),,@echo "  FUZZ  $@")
	$(Q)$(CLANG) $(FUZZ_CFLAGS) $(filter %.c,$^) -o $@

# ---- Coverage: the same tests, built for gcov; and the plugin that follows the boots ------------

COVERED_TESTS := $(patsubst test/unit/%.c,$(B)/coverage/unit/%,\
                   $(shell grep -l '^/. sources:.* hv/' test/unit/test_*.c))
COVERED_FLAGS := $(filter-out -O1 -fsanitize% -fno-sanitize%,$(HOST_CFLAGS)) -O0 --coverage \
                 -fprofile-update=atomic
$(B)/coverage/unit/%: test/unit/%.c $$(call sources_of,test/unit/$$*.c) $(HEADERS) | install
	@mkdir -p $(@D)
	$(if $(V),,@echo "  GCOV  $@")
	$(Q)$(HOST_CC) $(COVERED_FLAGS) $(call flags_of,$<) $(filter %.c,$^) -lcmocka -lm -o $@

$(B)/coverage/cov.so: test/coverage/cov.c | install
	@mkdir -p $(@D)
	$(Q)$(HOST_CC) -std=gnu11 -O2 -Wall -Wextra -Werror -fPIC -fvisibility=hidden -shared $< -o $@

coverage: programs test-programs $(B)/coverage/cov.so $(COVERED_TESTS)
	@$(PYTHON) scripts/coverage $(if $(V),-l) $(T)

# ---- Linters (scripts/check runs them one by one) ------------------------------------------------

OUR_C     := $(sort $(wildcard hv/*.[ch] hv/*/*.[ch] hv/*/*/*.[ch] guest/*.[ch] include/*/*.h test/*/*.[ch] \
               test/guests/*/*.[ch] test/hostile/*/*.[ch]))
TIDY      := $(patsubst %,$(B)/lint/%.tidy,$(filter %.c,$(filter hv/% guest/%,$(OUR_C))))
# Text and data are loaded from 1 MiB on, below the first hole that UEFI's memory maps were seen to have
# (8 MiB and 24 KiB). People read what is loaded: more than this is more than an evening.
MAX_BYTES := 262144

lint-house:
	$(Q)scripts/house

lint-format: | install
	$(Q)clang-format --dry-run --Werror $(OUR_C)

format: | install
	$(Q)clang-format -i $(OUR_C)

lint-tidy: $(TIDY)
$(B)/lint/%.tidy: % $(HEADERS) .clang-tidy | install
	@mkdir -p $(@D)
	$(Q)clang-tidy --quiet $< -- $(OURS) 2>$@.notes || { cat $@.notes >&2; exit 1; }
	@touch $@

# uninitvar: cppcheck loses count of arrays that a loop fills; the compilers and clang-tidy look for the same.
lint-cppcheck: | install
	$(Q)cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --platform=unix64 -j 2 \
	    --enable=warning,performance,portability --suppress=preprocessorErrorDirective \
	    --suppress=uninitvar \
	    $(INCLUDES) -D__x86_64__ $(XEN_ABI) $(filter %.c,$(OUR_C))

lint-size: $(B)/meridian.elf
	$(Q)$(CROSS_COMPILE)size $< | awk 'NR == 2 { loaded = $$1 + $$2; \
	    printf "%d bytes of text and data, at most $(MAX_BYTES)\n", loaded; exit loaded >= $(MAX_BYTES) }'

# Instructions of a read, counted: nobody makes the reader slower unseen.
lint-reader: $(B)/bench/count
	$(Q)$<

lint-scripts:
	$(Q)for script in scripts/install scripts/iso scripts/fetch-xen .ci/run; do sh -n $$script || exit 1; done
	$(Q)$(PYTHON) -c 'import ast, sys; [ast.parse(open(name).read(), name) for name in sys.argv[1:]]' \
	    scripts/run scripts/compare scripts/truth scripts/check scripts/coverage scripts/fuzz scripts/house \
	    scripts/font \
	    scripts/symbols scripts/lib/*.py test/boot/*.py scripts/mutate test/mutate/*.py \
	    scripts/model test/model/*.py scripts/usb scripts/release scripts/screenshots

#: Meridian: a mini-hypervisor that keeps time. On Debian and Ubuntu every command installs what it misses.
#:
#:   make              the hypervisor and its guest: build/meridian.elf, build/guest.elf
#:   make run          boots it all from an ISO in QEMU, shows the clock at work; its status is the verdict
#:   make bochs        the same on Bochs, an emulator slower than QEMU and the same every time
#:   make iso          build/meridian.iso: one hybrid image for BIOS and UEFI, for disc, disk and USB stick
#:   make usb          writes it to the USB stick DEV=/dev/sdX: shows what is lost, asks once, reads it back
#:   make release      build/release/: the image, checksums and notes, the same bits for everybody
#:   make screenshots  the documentation's pictures, docs/pictures/*.png, from boots in QEMU; T=name: one;
#:                     SECONDS=s (60) of measuring
#:   make plot         build/plots/: offset, rate, bound and steps back over time, a line a CPU, from the log
#:                     LOG=file; LOG="one two": beside one another
#:   make compare      the same guest on Meridian and on Debian's Xen, in one table
#:   make truth        the same, each record judged by the host's clock: rate and bound against the truth, for
#:                     DURATION=s (60) beside LOAD=n busy loops (2)
#:   make bench        what a read of the clock costs natively, beside its rivals, and what a publish costs
#:   make check        all tests; ends with `N passed, N failed`. T=name: one by name. By its name only:
#:                     T=exact-255 (255 CPUs, some minutes), T=publish-soak (a hurried publisher, a minute)
#:   make fuzz         the parsers of foreign input under libFuzzer, SECONDS=s (60) each; T=fuzz-name: one
#:   make model        the record protocol in all interleavings, and variants that must break; T=name: one,
#:                     and the run that broke it
#:   make mutate       faults put into a copy of the time core: the host tests must see them; SEED=n COUNT=n:
#:                     which, and how many (1, 100); AT=file:line: all of a line; T=name: one patch
#:   make sim          the time core on simulated machines whose truth is known, with every promise checked at
#:                     every read, and other methods on the same clocks; SEED=n RUNS=n, or MINUTES=n, HOURS=n,
#:                     YEARS=n of simulated time; docs/simulator.md
#:   make coverage     how much of hv/ the tests run, by lines (V=1: which lines never ran); T=name: one boot
#:   make unit         the host tests only;  make boot: the boots only;  make lint: the linters only
#:   make format       lays out all C files by .clang-format;  make clean: removes build/
#:
#: Variables of `make run`:
#:   DURATION=s        seconds of measuring (without a terminal: 10; with one: until Ctrl-C)
#:   SMP=n             CPUs (4)             FIRMWARE=bios|uefi|uefi32  (bios)
#:   GUEST=file.elf    another guest        GUEST_CMDLINE=words for it
#:   CMDLINE=words     for Meridian         QEMU_ARGS=words     more for QEMU
#: `make bochs` takes the same but FIRMWARE and QEMU_ARGS, and has at most 15 CPUs.
#: `make iso` takes GUEST, GUEST_CMDLINE, CMDLINE and TIMEOUT=s of its menu (3); `make compare` DURATION and
#: SMP. V=1 shows the commands.
#: CROSS_COMPILE=prefix names the tool chain: x86_64-linux-gnu- (the default), x86_64-elf-, or nothing.
#: FONTS=folder is where spleen-8x16.psfu.gz and spleen-5x8.psfu.gz are (/usr/share/consolefonts).
