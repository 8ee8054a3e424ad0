# eddy - an asyncio in C, taught step by step. `make help` lists what a person can type.
#
# The folders are the stages: the library of stage NN is what lies in lib/01-* to lib/NN-*. No list
# of files is kept here; a new folder or file is found by its name. Needs GNU make, a C compiler,
# and a POSIX shell.

VERSION := 0.1.0
SONAME  := libeddy.so.0

BUILD    ?= build
SANITIZE ?=
OPT      ?= -O2 -g
WERROR   ?= -Werror
PREFIX   ?= /usr/local
DESTDIR  ?=
PORT     ?= 8081
JOBS     := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)

STD  := -std=c11 -D_POSIX_C_SOURCE=200809L -pthread
WARN := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wimplicit-fallthrough -Wstrict-prototypes \
        -Wmissing-prototypes -Wwrite-strings -Wvla
# gcc alone sees a local variable that a switch jumps over.
JUMPS := $(shell $(CC) -Werror -Wjump-misses-init -x c -E /dev/null > /dev/null 2>&1 && echo -Wjump-misses-init)
SAN  := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
FLAGS = $(STD) $(WARN) $(JUMPS) $(WERROR) $(OPT) $(SAN) $(CFLAGS)

.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all FORCE
FORCE:

# ---- The folders -------------------------------------------------------------------------------

STAGES   := $(sort $(notdir $(wildcard lib/[0-9][0-9]-*)))
CHAPTERS := $(sort $(notdir $(wildcard chapters/[0-9][0-9]-*)))
number    = $(firstword $(subst -, ,$1))
NUMBERS  := $(foreach s,$(STAGES),$(call number,$s))
NEWEST   := $(lastword $(NUMBERS))

# All is built again when the compiler or a flag changes.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(FLAGS) $(LDFLAGS) $(MINE) $(LINUX)' | cmp -s - $@ || \
		echo '$(CC) $(FLAGS) $(LDFLAGS) $(MINE) $(LINUX)' > $@

# No source file asks what system it is on; the build leaves out what the system lacks: files called
# *_epoll.c and *_linux.c are Linux's, *_posix.c is what stands in for the latter elsewhere, and
# with POSIX_ONLY=1.
POSIX_ONLY ?=
LINUX      := $(if $(POSIX_ONLY),,$(filter Linux,$(shell uname -s)))
LEFT_OUT   := $(if $(LINUX),%_posix.c,%_epoll.c %_linux.c)

# A module's quote path holds its own stage's folders and no later one, so the compiler refuses an
# upward include; tests/support/layers.sh then says what that means.
compile = $(CC) $(FLAGS) $1 -MMD -MP -c $< -o $@ || { sh tests/support/layers.sh $< >&2; exit 1; }

define stage_rules
SEEN             += $1
QUOTE_$2         := $$(SEEN:%=-iquote lib/%)
MODULES_$2       := $$(foreach s,$$(SEEN),$$(filter-out $$(LEFT_OUT),$$(wildcard lib/$$s/*.c)))
STAGE_OBJECTS_$2 := $$(MODULES_$2:%.c=$$(BUILD)/%.o)

$$(BUILD)/lib/$1/%.o: lib/$1/%.c $$(BUILD)/flags
	@mkdir -p $$(@D)
	@$$(call compile,$$(QUOTE_$2))

$$(BUILD)/lib/$1/%.pic.o: lib/$1/%.c $$(BUILD)/flags
	@mkdir -p $$(@D)
	@$$(call compile,$$(QUOTE_$2) -fPIC)

$$(BUILD)/stage-$2/libeddy.a: $$(STAGE_OBJECTS_$2)
	@mkdir -p $$(@D) && rm -f $$@
	@$$(AR) rcs $$@ $$^

$$(BUILD)/stage-$2/$$(SONAME): $$(STAGE_OBJECTS_$2:.o=.pic.o)
	@mkdir -p $$(@D)
	@echo '{ global: eddy_*; local: *; };' > $$(@D)/exports
	@$$(CC) $$(FLAGS) $$(LDFLAGS) -shared -Wl,-soname,$$(SONAME) $(if $(SANITIZE),,-Wl,-z,defs) \
		-Wl,--version-script=$$(@D)/exports -o $$@ $$^

$$(BUILD)/stage-$2/libeddy.so: $$(BUILD)/stage-$2/$$(SONAME)
	@ln -sf $$(SONAME) $$@

.PHONY: stage-$2
stage-$2: $$(BUILD)/stage-$2/libeddy.a $$(BUILD)/stage-$2/libeddy.so
	@echo "stage $2: $$(BUILD)/stage-$2/libeddy.a and libeddy.so, from $$(SEEN_$2)"
SEEN_$2 := $$(SEEN:%=lib/%)
endef
$(foreach s,$(STAGES),$(eval $(call stage_rules,$s,$(call number,$s))))

# ---- The demos: each links against its own stage ----------------------------------------------

PROGRAM_SOURCES := $(wildcard $(CHAPTERS:%=chapters/%/*.c))
PROGRAMS        := $(PROGRAM_SOURCES:%.c=$(BUILD)/%)

define chapter_rules
$$(BUILD)/chapters/$1/%.o: chapters/$1/%.c $$(BUILD)/flags
	@mkdir -p $$(@D)
	@$$(call compile,$$(QUOTE_$2))

$$(BUILD)/chapters/$1/%: $$(BUILD)/chapters/$1/%.o $$(BUILD)/stage-$2/libeddy.a
	@$$(CC) $$(FLAGS) $$(LDFLAGS) $$(call proof,$2) -o $$@ $$^ $$(LDLIBS)

# The tested copy: the same object, with the ledger and the faults linked in.
$$(BUILD)/tested/$1/%: $$(BUILD)/chapters/$1/%.o $$(BUILD)/tests/support/tested.o $$(SUPPORT) \
		$$(BUILD)/stage-$2/libeddy.a
	@mkdir -p $$(@D)
	@$$(CC) $$(FLAGS) $$(LDFLAGS) $$(WRAPS) $$(call proof,$2) -o $$@ $$^ $$(LDLIBS)
endef

# ---- The tests ---------------------------------------------------------------------------------

SUPPORT      := $(BUILD)/tests/libsupport.a
SUPPORT_C    := $(filter-out tests/support/tested.c $(LEFT_OUT),$(wildcard tests/support/*.c tests/faults/*.c))
FAULTS_C     := $(filter-out $(LEFT_OUT),$(wildcard tests/faults/faults*.c))
TEST_SOURCES := $(wildcard $(CHAPTERS:%=tests/%/*.c))
TESTS        := $(TEST_SOURCES:%.c=$(BUILD)/%)
SWEEPS       := $(patsubst %.c,$(BUILD)/%,$(wildcard $(CHAPTERS:%=tests/%/sweep/*.c))) \
                $(BUILD)/tests/faults/programs/programs
TESTED       := $(PROGRAM_SOURCES:chapters/%.c=$(BUILD)/tested/%)
TEST_QUOTE   := -iquote tests/support -iquote tests/faults
comma        := ,
WRAPS        := $(patsubst %,-Wl$(comma)--wrap=%,$(shell sh tests/faults/list.sh $(FAULTS_C)))

$(BUILD)/tests/support/%.o: tests/support/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	@$(CC) $(FLAGS) $(TEST_QUOTE) $(QUOTE_$(NEWEST)) -MMD -MP -c $< -o $@

$(BUILD)/tests/faults/%.o: tests/faults/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	@$(CC) $(FLAGS) $(TEST_QUOTE) $(QUOTE_01) -MMD -MP -c $< -o $@

$(SUPPORT): $(SUPPORT_C:%.c=$(BUILD)/%.o)
	@rm -f $@ && $(AR) rcs $@ $^

# The conformance driver talks to echo servers from outside: its own calls are not wrapped.
CONFORMANCE := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/conformance/*.c))

$(BUILD)/tests/conformance/%.o: tests/conformance/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	@$(CC) $(FLAGS) $(TEST_QUOTE) $(QUOTE_01) -MMD -MP -c $< -o $@

$(BUILD)/tests/conform: $(CONFORMANCE) $(SUPPORT) $(BUILD)/stage-01/libeddy.a
	@$(CC) $(FLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# So does what sweeps the demos.
$(BUILD)/tests/faults/programs/programs: $(BUILD)/tests/faults/programs/programs.o $(SUPPORT) \
		$(BUILD)/stage-01/libeddy.a
	@$(CC) $(FLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/tests/transcript: tests/gates/transcript.c $(wildcard tests/gates/*.h) $(BUILD)/flags
	@mkdir -p $(@D)
	@$(CC) $(FLAGS) -o $@ $<

define test_rules
$$(BUILD)/tests/$1/%.o: tests/$1/%.c $$(BUILD)/flags
	@mkdir -p $$(@D)
	@$$(CC) $$(FLAGS) $$(TEST_QUOTE) $$(QUOTE_$2) -MMD -MP -c $$< -o $$@

$$(BUILD)/tests/$1/%: $$(BUILD)/tests/$1/%.o $$(SUPPORT) $$(BUILD)/stage-$2/libeddy.a
	@$$(CC) $$(FLAGS) $$(LDFLAGS) $$(WRAPS) $$(call proof,$2) -o $$@ $$^ $$(LDLIBS)
endef
$(foreach c,$(CHAPTERS),$(eval $(call chapter_rules,$c,$(call number,$c))))
$(foreach c,$(CHAPTERS),$(eval $(call test_rules,$c,$(call number,$c))))

# ---- The oracle: scenarios that asyncio has played, and their chapter's stage must play alike ----

ORACLE_PARTS := $(BUILD)/tests/oracle/oracle.o $(BUILD)/tests/oracle/actors.o
TESTS        += $(patsubst %.c,$(BUILD)/%,$(wildcard $(CHAPTERS:%=tests/oracle/%/*.c)))

$(ORACLE_PARTS): $(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	@$(CC) $(FLAGS) $(TEST_QUOTE) $(QUOTE_03) -MMD -MP -c $< -o $@

define oracle_rules
$$(BUILD)/tests/oracle/$1/%.o: tests/oracle/$1/%.c $$(BUILD)/flags
	@mkdir -p $$(@D)
	@$$(CC) $$(FLAGS) -iquote tests/oracle $$(TEST_QUOTE) $$(QUOTE_$2) -MMD -MP -c $$< -o $$@

$$(BUILD)/tests/oracle/$1/%: $$(BUILD)/tests/oracle/$1/%.o $$(ORACLE_PARTS) $$(SUPPORT) \
		$$(BUILD)/stage-$2/libeddy.a
	@$$(CC) $$(FLAGS) $$(LDFLAGS) $$(WRAPS) $$(call proof,$2) -o $$@ $$^ $$(LDLIBS)
endef
$(foreach c,$(CHAPTERS),$(eval $(call oracle_rules,$c,$(call number,$c))))

# ---- What the learner's tools need of a stage: its library, the harness, the tests' objects -----

PATIENT = $(filter-out -Werror,$(FLAGS)) $(TEST_QUOTE)

# (mv puts it there whole: somebody else may be reading it.)
define learn_rules
.PHONY: learn-parts-$2
learn-parts-$2: $$(BUILD)/stage-$2/libeddy.a $$(SUPPORT) $$(BUILD)/tests/support/tested.o \
		$$(patsubst %.c,$$(BUILD)/%.o,$$(wildcard tests/$1/*.c))
	@printf '%s\n' "CC='$$(CC)'" "FLAGS='$$(PATIENT)'" "QUOTE='$$(QUOTE_$2)'" "WRAPS='$$(WRAPS)'" \
		"LIBS='$$(LDFLAGS) $$(LDLIBS)'" "SUPPORT='$$(SUPPORT)'" "LIBRARY='$$(BUILD)/stage-$2/libeddy.a'" \
		"TESTS='$$(patsubst %.c,%,$$(wildcard tests/$1/*.c))'" > $$(BUILD)/learn-$2.$$$$$$$$ && \
		mv $$(BUILD)/learn-$2.$$$$$$$$ $$(BUILD)/learn-$2.sh
endef
$(foreach c,$(CHAPTERS),$(eval $(call learn_rules,$c,$(call number,$c))))

# ---- `make mine`: the learner's modules in the place of the library's own -----------------------

# MINE lists finished drop-ins, exercises/NN-name/M-module.c. Each gets rules of its own here, which
# go before the pattern rules, and a symbol that the linker must find in every program of its stage
# and of later ones: that is the proof that nothing else was linked.
MINE ?=
mine_module = $(word 2,$(subst -, ,$(basename $(notdir $1))))
mine_room   = $(notdir $(patsubst %/,%,$(dir $1)))
proof       = $(foreach f,$(MINE),$(if $(filter lib/$(call mine_room,$f),$(SEEN_$1)), \
	-Wl$(comma)--undefined=eddy_mine_$(call mine_module,$f) \
	-Wl$(comma)--require-defined=eddy_mine_$(call mine_module,$f)))

define mine_rules
$$(BUILD)/lib/$2/$3.o: MINE_FLAGS :=
$$(BUILD)/lib/$2/$3.pic.o: MINE_FLAGS := -fPIC
$$(BUILD)/lib/$2/$3.o $$(BUILD)/lib/$2/$3.pic.o: $1 $$(BUILD)/flags
	@mkdir -p $$(@D)
	@printf 'extern const char eddy_mine_$3[];\nconst char eddy_mine_$3[] = "$1";\n' > $$(@:.o=.mine.h)
	@$$(CC) $$(FLAGS) $$(MINE_FLAGS) -Wno-unused-parameter -Wno-unused-function \
		-include $$(@:.o=.mine.h) $$(QUOTE_$(call number,$2)) -MMD -MP -c $$< -o $$@
endef
$(foreach f,$(MINE),$(eval $(call mine_rules,$f,$(call mine_room,$f),$(call mine_module,$f))))

# ---- The bench ---------------------------------------------------------------------------------

BENCH_PROGRAMS := $(patsubst %,$(BUILD)/bench/%, \
	load peer_libuv micro micro_libuv $(if $(LINUX),limit_echo micro_limit))

# The rules below link all sources and libraries that a program has among its prerequisites.
$(BUILD)/bench/micro $(BUILD)/bench/micro_limit $(BUILD)/bench/micro_libuv: tests/bench/micro.h \
	$(filter-out $(LEFT_OUT),$(wildcard tests/bench/back_*.c))
$(BUILD)/bench/micro: tests/bench/micro_tasks.c tests/bench/micro_eddy.h $(BUILD)/stage-$(NEWEST)/libeddy.a
$(BUILD)/bench/micro_limit: tests/bench/micro_limit_timers.c tests/bench/micro_limit.h
bench_link = $(CC) $(FLAGS) $(QUOTE_$(NEWEST)) $(LDFLAGS) -o $@ $(filter %.c,$^) $(filter %.a,$^)

$(BUILD)/bench/%: tests/bench/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	@$(bench_link) $(LDLIBS)

# Where libuv is not installed this makes nothing, and the bench does without.
$(BUILD)/bench/%_libuv: tests/bench/%_libuv.c tests/bench/libuv.sh $(BUILD)/flags
	@mkdir -p $(@D) && rm -f $@
	@libuv=$$(sh tests/bench/libuv.sh '$(CC)') || exit 0; $(bench_link) $$libuv $(LDLIBS)

# ---- Verbs: each has its line in `make help`, which reads the "##" comments --------------------

LIBRARY := $(BUILD)/stage-$(NEWEST)/libeddy.a $(BUILD)/stage-$(NEWEST)/libeddy.so
DEMOS   := $(foreach c,$(CHAPTERS),$(if $(wildcard chapters/$c/*.c),demo-$(call number,$c)))

all: $(LIBRARY) $(PROGRAMS)

# Ctrl-C is for the program, which ends tidily; make must not take it for an interrupted build. In a
# process group of its own (job control) the program alone gets the signal.
# (Ctrl-Z is left out: make would take a program that stands still for one that failed.)
own_group = if [ -t 0 ]; then trap '' TSTP; set -m; fi

## For learners
.PHONY: learn progress watch expand mine $(DEMOS)
learn: ##            where am I, what is next, test it, what to do now
	@sh tests/learn/learn.sh learn
# check and mine end with status 1 and no "*** Error 1" behind what they have said: make
# runs in question mode (-q), where a "+" line runs all the same, and a target that would still have
# something to do makes status 1, silently.
ifneq ($(MAKECMDGOALS),)
ifeq ($(filter-out check-% mine,$(MAKECMDGOALS)),)
MAKEFLAGS += -q
endif
endif
check-%: try-% ##          test an exercise, or all of a chapter: check-01.2, check-01
	$(if $(wildcard $(BUILD)/left-to-do.$*),@false)
try-%: FORCE
	+@mkdir -p $(BUILD); rm -f $(BUILD)/left-to-do.$*; \
		sh tests/learn/learn.sh check $* || touch $(BUILD)/left-to-do.$*
hint-%: FORCE ##           a hint, and each time one more: hint-01.2
	@sh tests/learn/learn.sh hint $* || :
solution-%: FORCE ##       the difference between your file and the solution: solution-01.2
	@sh tests/learn/learn.sh solution $* || :
reset-%: FORCE ##          your file as it was given (what you had is kept): reset-01.2
	@sh tests/learn/learn.sh reset $* || :
expand: ##           a C file with the macros of generators and coroutines expanded: FILE=...
	@CC='$(CC)' sh tests/learn/expand.sh "$(FILE)"
watch: ##            test the next exercise each time you save it
	@$(own_group); sh tests/learn/learn.sh watch
progress: ##         what is done and what is not
	@sh tests/learn/learn.sh progress
mine: try-mine ##             the library with your modules in it, under all tests and demos
	$(if $(wildcard $(BUILD)/left-to-do.mine),@false)
try-mine: FORCE
	+@mkdir -p $(BUILD); rm -f $(BUILD)/left-to-do.mine; \
		sh tests/learn/mine.sh || touch $(BUILD)/left-to-do.mine
demo-NN: ##          run a chapter's demo: demo-01, demo-01 PORT=9000 (0 picks a port)
	@echo "Which chapter? There are: $(DEMOS)"

demo-%:
	@echo "There is no chapter $* with a demo. There are: $(DEMOS)"; exit 1

define demo_rule
demo-$2: $$(BUILD)/tested/$1/$$(shell sh tests/support/demo-of.sh $1)
	@$$(own_group); $$< $$(PORT)
endef
$(foreach c,$(CHAPTERS),$(eval $(call demo_rule,$c,$(call number,$c))))

## For maintainers
.PHONY: deps test torture bench bench-build sanitize valgrind musl analyze install format oracle help clean stage-NN test-NN test-programs tests
# all ##             the newest stage of the library, and all demos (what `make` alone does)
deps: ##             install what the tests need: bats and an nc
	@sh tests/support/deps.sh
test: ##             all tests of all chapters
	@$(MAKE) -s tests
	@sh tests/support/run.sh $(BUILD) all
test-NN: ##          all tests of one chapter: test-01
	@echo "Which chapter? There are: $(NUMBERS:%=test-%)"
$(NUMBERS:%=test-%): test-%:
	@$(MAKE) -s tests
	@sh tests/support/run.sh $(BUILD) $*
test-%:
	@echo "There is no chapter $*. There are: $(NUMBERS:%=test-%)"; exit 1
stage-%:
	@echo "There is no stage $*. There are: $(NUMBERS:%=stage-%)"; exit 1
# What makes sense for a build with other flags, or with other modules: programs, no gates.
test-programs:
	@$(MAKE) -s tests
	@sh tests/support/run.sh $(BUILD) programs
sanitize: ##         the tests of library and demos with the address, undefined-behaviour and thread sanitizers
	@$(MAKE) -s BUILD=$(BUILD)/sanitize SANITIZE=address,undefined test-programs
	@$(MAKE) -s BUILD=$(BUILD)/threads SANITIZE=thread OPT='-O1 -g' tests
	@sh tests/support/run.sh $(BUILD)/threads units
torture: ##          every plausible fault of every call, one after the other; prints what it counted
	@$(MAKE) -s tests
	@sh tests/support/run.sh $(BUILD) torture
valgrind: ##         the modules' tests under valgrind, where it is installed
	@command -v valgrind > /dev/null || { echo "valgrind is not installed: left out"; exit 0; } && \
		$(MAKE) -s BUILD=$(BUILD)/valgrind OPT='-O1 -g' tests && EDDY_PATIENCE=60 \
		EDDY_UNDER='valgrind -q --error-exitcode=9 --leak-check=full --track-fds=no' \
		sh tests/support/run.sh $(BUILD)/valgrind units
# (musl's own FD_SET() mixes signs.)
musl: ##             build with musl-gcc and run the tests, where it is installed
	@command -v musl-gcc > /dev/null || { echo "musl-gcc is not installed: left out"; exit 0; } && \
		$(MAKE) -s BUILD=$(BUILD)/musl CC=musl-gcc CFLAGS=-Wno-sign-conversion test-programs
analyze: ##          gcc's -fanalyzer over library and demos, where it is installed
	@command -v gcc > /dev/null || { echo "gcc is not installed: left out"; exit 0; } && \
		$(MAKE) -s BUILD=$(BUILD)/analyze CC=gcc CFLAGS=-fanalyzer all && echo "gcc -fanalyzer has no complaint"
stage-NN: ##         the library as it is after a chapter: stage-01
	@echo "Which chapter? There are: $(NUMBERS:%=stage-%)"
install: all ##          install library, headers and pkg-config file: install PREFIX=/usr/local
	@BUILD=$(BUILD) VERSION=$(VERSION) SONAME=$(SONAME) NEWEST=$(NEWEST) \
		PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' sh tests/support/install.sh $(STAGES:%=lib/%)
bench: bench-build ##            what messages, calls and timers cost, beside peers: bench BENCH=timers ROUNDS=3
	@BENCH='$(BENCH)' ROUNDS='$(ROUNDS)' sh tests/bench/bench.sh $(BUILD)
bench-build: all $(BENCH_PROGRAMS)
figure-%: all ##         draw a lesson's figure anew from a measurement: figure-02
	@sh tests/support/figure-$*.sh $(BUILD)
format: ##           lay out all C files as .clang-format says
	@clang-format -i $$(git ls-files '*.c' '*.h')
skeletons: ##        make the exercises' files anew from their solutions
	@sh tests/learn/skeletons.sh
oracle: ##           play the scenarios on Python's asyncio; fails if it logs anything new: oracle ACCEPT=yes
	@sh tests/oracle/oracle.sh $(BUILD) $(ACCEPT)
clean: ##            remove all that was built
	@rm -rf $(BUILD)
help: ##             this list
	@sh tests/support/help.sh Makefile

tests: all $(TESTS) $(SWEEPS) $(TESTED) $(BUILD)/tests/conform $(BUILD)/tests/transcript

-include $(shell find $(BUILD)/lib $(BUILD)/chapters $(BUILD)/tests -name '*.d' 2>/dev/null)
