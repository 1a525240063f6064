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
CONTACT       ?=
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
HOST_CXX ?= g++
# Debian's own first: it is the one that python3-pytest is installed for.
PYTHON  ?= $(firstword $(wildcard /usr/bin/python3) python3)

VERSION := 0.5

# It becomes a C string, and a line of the notes.
CONTACT_GOOD := $(shell printf '%s\n' '$(subst ','\'',$(CONTACT))' | \
                  LC_ALL=C grep -Ex '[A-Za-z0-9@._+/:~ -]{0,60}')
ifneq ($(CONTACT_GOOD),$(CONTACT))
$(error CONTACT=$(CONTACT): only 60 letters, digits, blanks and @ . _ + / : ~ - can be printed)
endif

B := build
Q := $(if $(V),,@)

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
ifeq ($(MAKELEVEL)$(findstring j,$(firstword -$(MAKEFLAGS))),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.PHONY: all iso netboot usb release plot run screenshots bochs bench check sim compare truth coverage mutate \
        model prove help clean wraps lint unit fuzz boot \
        format install programs test-programs clang-programs odd-guests \
        lint-house lint-format lint-tidy lint-cppcheck lint-size lint-reader lint-scripts

# ---- Flags ---------------------------------------------------------------------------------------

XEN_ABI := -D__XEN_INTERFACE_VERSION__=__XEN_LATEST_INTERFACE_VERSION__
# Xen's public headers come from libxen-dev; a bare x86_64-elf-gcc does not look into /usr/include by itself.
INCLUDES := -Ihv -Iinclude -DMERIDIAN_VERSION='"$(VERSION)"' -DMERIDIAN_CONTACT='"$(CONTACT)"'
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
               $(B)/test/inject.elf $(B)/test/timers.elf $(B)/test/wall.elf $(B)/test/display.elf \
               $(B)/foreign.elf $(B)/probe.elf $(B)/fuzz.elf \
               $(B)/outside/hostclock $(B)/outside/mailbox
# The same sources by the other compiler: a check, nothing boots it but a test.
clang-programs: $(B)/clang/meridian.elf $(B)/clang/guest.elf

# $(call program,output,object folder,sources,linker script,compiler,flags)
define program
$(2)/%.c.o: %.c $(FLAGS) | install
	@mkdir -p $$(@D)
	$(if $(V),,@echo "  CC    $$@")
	$(Q)$(5) $(6) -MMD -MP -c $$< -o $$@

$(2)/%.asm.o: %.asm $(FLAGS) $(wildcard boot/*.inc) | install
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
# Test images: the hypervisor's own objects, and faults that slip in between a caller and the function that
# it calls (ld --wrap). The hypervisor's sources know nothing of it. A call inside one file is not caught:
# test/lint/test_wraps.py sees to it that each of these is.
SKEW_FILES    := skew.c words.c
SKEW_WRAP     := boot_read record_fill
TRAPS_FILES   := trap.c provoke.c
TRAPS_WRAP    := boot_read domain_run_cpu outcome_panic outcome_domain_ended
CPUS_FILES    := cpus.c dies.c slow.c thief.c words.c
CPUS_WRAP     := boot_read apic_send_startup apic_init_cpu identify rdmsr_try keeper_start meeting_lead \
                 meeting_follow window_close keeper_timer_arm idle_sleep cpu_idle_mwait \
                 outcome_domain_ended serial_flush uart_read uart_write record_begin record_fill \
                 record_end smp_stop_if_asked gaps_add
INJECT_FILES  := inject.c words.c warp.c svm.c svm_enter.asm hurried.c steps.c judge.c misrepair.c
INJECT_WRAP   := boot_read apic_init_cpu idle_sleep time_base_init_cpu outcome_domain_ended timeline_update \
                 record_begin record_fill record_end xen_record_begin xen_record_fill xen_record_end \
                 repair_next
TIMERS_FILES  := timers.c words.c
TIMERS_WRAP   := boot_read rtc_glance
WALL_FILES    := wall.c words.c
WALL_WRAP     := boot_read keeper_set_wall record_begin record_fill record_fill_wall record_end
DISPLAY_FILES := display.c words.c
DISPLAY_WRAP  := boot_read map_framebuffer domain_run_cpu display_draw screen_set_painter check_end \
                 outcome_domain_ended reference_find

# $(call faulty,program's name,FILES and WRAP's prefix)
define faulty
$(B)/test/$(1).elf: $(HV_SOURCES:%=$(B)/obj/hv/%.o) $($(2)_FILES:%=$(B)/obj/hv/test/faults/%.o) $(HV_LDS) | \
                    install
	@mkdir -p $$(@D)
	$(if $(V),,@echo "  LD    $$@")
	$(Q)$(LD) $$(LDFLAGS) $($(2)_WRAP:%=--wrap=%) -T $(HV_LDS) -Map=$$@.map $$(filter %.o,$$^) -o $$@

-include $($(2)_FILES:%=$(B)/obj/hv/test/faults/%.d)
endef
FAULTY := meridian:SKEW traps:TRAPS cpus:CPUS inject:INJECT timers:TIMERS wall:WALL display:DISPLAY
$(foreach name,$(FAULTY),\
    $(eval $(call faulty,$(firstword $(subst :, ,$(name))),$(lastword $(subst :, ,$(name))))))
wraps:
	@$(foreach name,$(FAULTY),\
	    echo '$(firstword $(subst :, ,$(name))) $($(lastword $(subst :, ,$(name)))_FILES) : \
	    $($(lastword $(subst :, ,$(name)))_WRAP)';)

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
NEEDS := build $(if $(filter iso netboot usb release run,$(MAKECMDGOALS)),run) \
         $(if $(filter compare,$(MAKECMDGOALS)),run) \
         $(if $(filter screenshots,$(MAKECMDGOALS)),run screens) \
         $(if $(filter truth test-programs $(B)/outside/%,$(MAKECMDGOALS)),run truth) \
         $(if $(filter bochs,$(MAKECMDGOALS)),run bochs) \
         $(if $(filter bench $(B)/bench/%,$(MAKECMDGOALS)),bench) \
         $(if $(filter check model $(B)/weak/%,$(MAKECMDGOALS)),model) \
         $(if $(filter check prove,$(MAKECMDGOALS)),prove) \
         $(if $(filter check boot plot,$(MAKECMDGOALS)),plot) \
         $(if $(filter uefi32,$(FIRMWARE)),uefi32) \
         $(if $(filter check coverage mutate sim unit fuzz boot lint% format clang-programs $(B)/unit/% \
             $(B)/fuzz/%,$(MAKECMDGOALS)),run uefi32 bochs screens check)
install:
	@scripts/install $(NEEDS)

# ---- Commands ------------------------------------------------------------------------------------

export CONTACT SMP FIRMWARE GUEST GUEST_CMDLINE CMDLINE DURATION QEMU_ARGS CROSS_COMPILE FONTS

iso: programs
	@scripts/iso $(B)/meridian.iso
netboot: programs ; @scripts/netboot $(B)/netboot

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

# The record protocol searched in full by spin, reader and publisher run under relacy (docs/model.md).
model: $(B)/weak/weak | install
	@$(PYTHON) scripts/model $(T)

# Faults put into a copy of the sources, to see that the host tests fail on them (docs/mutation.md).
mutate: $(FONT) | install
	@HOST_CC='$(HOST_CC)' HOST_CFLAGS='$(subst ','\'',$(HOST_CFLAGS))' \
	    $(PYTHON) scripts/mutate $(SEED:%=--seed=%) \
	    $(COUNT:%=--count=%) $(AT:%=--at=%) $(TESTS:%=--tests=%) $(T)

clean:
	rm -rf $(B)

help:
	@cat scripts/help.txt

# ---- What runs on the host: unit tests, fuzzers, benchmarks, simulator, coverage --------------------

include test/host.mk

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

SHELL_SCRIPTS  := $(shell grep -lE '^.!/bin/sh' scripts/* scripts/lib/*.sh .ci/run 2>/dev/null)
PYTHON_SCRIPTS := $(shell grep -lE '^.!.*python3' scripts/* 2>/dev/null) \
                  $(sort $(wildcard scripts/lib/*.py test/*.py test/*/*.py))
lint-scripts: | install
	$(Q)shellcheck $(SHELL_SCRIPTS)
	$(Q)pyflakes3 $(PYTHON_SCRIPTS)
