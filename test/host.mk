# What is compiled for the host: unit tests, benchmarks, simulator, fuzzers, coverage. For the Makefile.

# ---- Host tests ----------------------------------------------------------------------------------

# A test's first line names its sources, its second may name flags; see any file in test/unit/.
words_of   = $(shell sed -n '1s|^/\* sources: *\(.*[^ ]\) *\*/.*|\1|p' $(1))
# A word without a slash is a group of sources (test/unit/groups).
sources_of = $(foreach word,$(call words_of,$(1)),$(if $(findstring /,$(word)),$(word),\
                 $(wildcard $(shell sed -n 's/^$(word): //p' test/unit/groups))))
flags_of   = $(shell sed -n '2s|^/\* flags: *\(.*[^ ]\) *\*/.*|\1|p' $(1))

.SECONDEXPANSION:
$(B)/unit/%: test/unit/%.c $$(call sources_of,test/unit/$$*.c) $(HEADERS) | install
	@mkdir -p $(@D)
	$(if $(V),,@echo "  TEST  $@")
	$(Q)$(HOST_CC) $(HOST_CFLAGS) $(call flags_of,$<) $(filter %.c,$^) -lcmocka -o $@

# ---- Benchmarks: the ways to read a clock, as a kernel compiles them, by both compilers -----------

BENCH_HEADERS := $(HEADERS) $(wildcard test/bench/*.h)
BENCH_CFLAGS  := -std=gnu11 -O2 -g -mno-red-zone -Wall -Wextra -Werror $(INCLUDES) -Itest/bench $(SYSTEM) \
                 -pthread -ffunction-sections -Wl,--gc-sections
BENCH_FORMS   := $(B)/bench/by_gcc.o $(B)/bench/by_clang.o
BENCH_HOOKS   := $(BENCH_FORMS:.o=_hook.o)
BENCH_READERS := $(BENCH_FORMS) $(BENCH_HOOKS)
BENCH_LINE    := test/bench/host.c test/bench/line.c
BENCH_SOURCES := $(addprefix test/bench/,bench.c reads.c beside.c order.c publisher.c) $(BENCH_LINE) \
                 $(wildcard hv/time/*.c) $(addprefix hv/keeper/,publisher.c records.c latch.c breach.c)
COUNT_SOURCES := test/bench/count.c $(BENCH_LINE) $(addprefix hv/time/,line.c publish.c)

$(B)/bench/by_gcc.o $(B)/bench/by_gcc_hook.o: BENCH_CC := $(HOST_CC)
$(B)/bench/by_clang.o $(B)/bench/by_clang_hook.o: BENCH_CC := $(CLANG_CC)
define COMPILE_FORMS
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC    $@")
	$(Q)$(BENCH_CC) $(CFLAGS) $(INCLUDES) -Itest/bench -DOUT=$* -c $< -o $@
endef

$(BENCH_FORMS): $(B)/bench/%.o: test/bench/forms.c $(BENCH_HEADERS) | install
	$(COMPILE_FORMS)

$(BENCH_HOOKS): $(B)/bench/%_hook.o: test/bench/hook.c $(BENCH_HEADERS) | install
	$(COMPILE_FORMS)

$(B)/bench/bench: $(BENCH_SOURCES) $(BENCH_READERS) $(BENCH_HEADERS) | install
	$(if $(V),,@echo "  BENCH $@")
	$(Q)$(HOST_CC) $(BENCH_CFLAGS) $(filter %.c %.o,$^) -o $@

$(B)/bench/count: $(COUNT_SOURCES) $(BENCH_READERS) $(BENCH_HEADERS) | install
	$(if $(V),,@echo "  BENCH $@")
	$(Q)$(HOST_CC) $(BENCH_CFLAGS) $(filter %.c %.o,$^) -o $@

# ---- Reader and publisher under relacy: their own sources, their accesses the checker's ------------

WEAK_SOURCES := $(sort $(wildcard test/weak/*.c)) $(sort $(wildcard hv/time/*.c)) \
                $(addprefix hv/keeper/,publisher.c records.c domains.c latch.c breach.c)
WEAK_CFLAGS  := -std=gnu11 -g -O2 -Wall -Wextra -Werror -Ihv -Iinclude -Itest/weak $(XEN_ABI) \
                -include test/unit/sim_cpu.h -include test/weak/access.h
WEAK_CXXFLAGS := -std=gnu++11 -g -O2 -Wall -Wextra
WEAK_WRAP    := records_begin records_fill records_end record_begin record_fill record_end timeline_join \
                assumed_refresh assumed_write hindsight
$(B)/weak/%.o: % $(HEADERS) $(wildcard test/weak/*.h) | install
	@mkdir -p $(@D)
	$(Q)$(if $(filter %.cc,$<),$(HOST_CXX) $(WEAK_CXXFLAGS),$(HOST_CC) $(WEAK_CFLAGS)) -c $< -o $@

$(B)/weak/weak: $(WEAK_SOURCES:%=$(B)/weak/%.o) $(B)/weak/test/weak/checker.cc.o
	$(if $(V),,@echo "  WEAK  $@")
	$(Q)$(HOST_CXX) $^ $(WEAK_WRAP:%=-Wl,--wrap=%) -o $@

# ---- The host's own clock, for the judge of scripts/truth (x86-64 hosts) -------------------------

$(B)/outside/%: test/outside/%.c | install
	@mkdir -p $(@D)
	$(Q)$(HOST_CC) -std=gnu11 -O2 -Wall -Wextra -Werror $< -o $@

# ---- The simulator: for long runs, so without sanitizers; static, so that it runs on other hosts ---

SIM_SHELL   := $(addprefix hv/keeper/,exchange.c meeting.c slip.c idle.c repair.c take_over.c)
SIM_OTHERS  := $(addprefix test/sim/,rival_lane.c rival_plain.c never_steers.c)
SIM_SOURCES := $(filter-out $(SIM_OTHERS),$(sort $(wildcard test/sim/*.c))) \
    $(sort $(wildcard hv/time/*.c)) hv/log/format.c \
    $(filter-out $(SIM_SHELL),$(sort $(wildcard hv/keeper/*.c)))
SIM_CFLAGS  := -std=gnu11 -g -O2 -flto=auto -Wall -Wextra -Werror -Ihv -Iinclude -Itest/unit -Itest/sim \
               $(XEN_ABI) -include test/sim/sim_cpu.h

$(B)/sim: $(SIM_SOURCES) $(HEADERS) | install
	@mkdir -p $(@D)
	$(if $(V),,@echo "  SIM   $@")
	$(Q)$(HOST_CC) $(SIM_CFLAGS) -static $(SIM_SOURCES) -lm -o $@

# What is not set is the simulator's own choice.
sim: $(B)/sim
	@$(PYTHON) scripts/sim $(SEED:%=--seed=%) $(RUNS:%=--runs=%) $(MINUTES:%=--minutes=%) \
	    $(HOURS:%=--hours=%) $(YEARS:%=--years=%) $(if $(WORLD),--world='$(WORLD)') $(if $(TRACE),--trace) \
	    $(if $(NEGATIVE),--negative) $(if $(WATCHDOG),--watchdog) \
	    $(if $(HOSTS),--hosts='$(HOSTS)') $(if $(PARTS),--parts='$(PARTS)')

# ---- Fuzzers -------------------------------------------------------------------------------------

FUZZ_CFLAGS := -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
               -Wall -Wextra -Ihv -Iinclude -Itest/unit -Itest/fuzz $(XEN_ABI)

$(B)/fuzz/%: test/fuzz/%.c $$(call sources_of,test/fuzz/$$*.c) $(HEADERS) $(wildcard test/fuzz/*.h) | install
	@mkdir -p $(@D)
	$(if $(V),,@echo "  FUZZ  $@")
	$(Q)$(CLANG) $(FUZZ_CFLAGS) $(filter %.c,$^) -o $@

# ---- Proofs: the arithmetic of time, for all inputs (docs/proofs.md) -------------------------------

prove: | install
	@$(PYTHON) scripts/prove $(T)

# ---- Coverage: the same tests, built for gcov; and the plugin that follows the boots ------------

COVERED_TESTS := $(patsubst test/unit/%.c,$(B)/coverage/unit/%,\
                   $(shell grep -l '^/. sources:.* \(hv/\|keeper\)' test/unit/test_*.c))
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
