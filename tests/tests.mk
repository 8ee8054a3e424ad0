# tests.mk - the tests' programs, and the verbs that run them. Read after the Makefile, which has the
# rule that compiles, and `link`.

TEST_QUOTE := -iquote tests/support -iquote tests/faults -iquote tests/oracle

# ---- The harness: checks, the leak ledger, the faults --------------------------------------------

objects    = $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(LEFT_OUT),$(wildcard $1)))
programs   = $(patsubst %.o,%,$(call objects,$1))
SUPPORT   := $(BUILD)/tests/libsupport.a
LEDGER    := $(BUILD)/tests/support/tested.o
FAULTS_C  := $(filter-out $(LEFT_OUT),$(wildcard tests/faults/faults*.c))
comma     := ,
WRAPS     := $(patsubst %,-Wl$(comma)--wrap=%,$(shell sh tests/faults/list.sh $(FAULTS_C)))

$(SUPPORT): $(filter-out $(LEDGER),$(call objects,tests/support/*.c tests/faults/*.c))
	@rm -f $@ && $(AR) rcs $@ $^

# ---- The programs --------------------------------------------------------------------------------

# A demo's tested copy: the same object, with the ledger and the faults linked in.
TESTED := $(PROGRAMS:$(BUILD)/chapters/%=$(BUILD)/tested/%)

$(TESTED): $(BUILD)/tested/%: $(BUILD)/chapters/%.o $(LEDGER) $(SUPPORT) $$(call library,$$@)
	@mkdir -p $(@D)
	@$(call link,$(WRAPS))

# The oracle's scenarios have been played by asyncio, and their chapter's stage must play alike.
ORACLES := $(call programs,$(CHAPTERS:%=tests/oracle/%/*.c))
TESTS   := $(call programs,$(CHAPTERS:%=tests/%/*.c) $(CHAPTERS:%=tests/%/sweep/*.c))

$(ORACLES): $(call objects,tests/oracle/*.c)
$(TESTS) $(ORACLES): $$@.o $(SUPPORT) $$(call library,$$@)
	@$(call link,$(WRAPS))

# What tests programs from outside: echo servers, demos under faults, a lesson's transcripts. Its own
# calls are not wrapped.
CONFORM := $(BUILD)/tests/conform
SWEEPER := $(BUILD)/tests/faults/programs/programs
GATES   := $(patsubst tests/gates/%.c,$(BUILD)/tests/%,$(wildcard tests/gates/*.c))

$(CONFORM): $(call objects,tests/conformance/*.c)
$(SWEEPER): $(SWEEPER).o
$(CONFORM) $(SWEEPER): $(SUPPORT) $(BUILD)/stage-01/libeddy.a
$(GATES): $(BUILD)/tests/%: $(BUILD)/tests/gates/%.o
$(CONFORM) $(SWEEPER) $(GATES):
	@$(link)

# ---- Verbs ---------------------------------------------------------------------------------------

.PHONY: tests test-programs deps test test-all test-times test-NN torture sanitize valgrind musl analyze skeletons oracle
tests: all $(TESTED) $(TESTS) $(ORACLES) $(CONFORM) $(SWEEPER) $(GATES)

# What makes sense for a build with other flags, or with other modules: programs, no gates.
test-programs:
	@$(MAKE) -s tests
	@sh tests/support/run.sh $(BUILD) programs

## For maintainers
deps: ##             install what the tests need: bats and an nc
	@sh tests/support/deps.sh
test: ##             the tests of all chapters; of what is dear a sample
	@$(MAKE) -s tests
	@sh tests/support/run.sh $(BUILD) all
test-all: ##         what make test has left out
	@$(MAKE) -s tests
	@sh tests/support/run.sh $(BUILD) rest
test-times: ##       the ten dearest tests of the last run
	@sh tests/support/times.sh $(BUILD)
test-NN: ##          all tests of one chapter: test-01
	@echo "Which chapter? There are: $(NUMBERS:%=test-%)"
$(NUMBERS:%=test-%): test-%:
	@$(MAKE) -s tests
	@sh tests/support/run.sh $(BUILD) $*
test-%:
	@echo "There is no chapter $*. There are: $(NUMBERS:%=test-%)"; exit 1
sanitize: ##         the tests of library and demos with the address, undefined-behaviour and thread sanitizers
	@$(MAKE) -s BUILD=$(BUILD)/sanitize SANITIZE=address,undefined test-programs
	@$(MAKE) -s BUILD=$(BUILD)/threads SANITIZE=thread OPT='-O1 -g' tests
	@sh tests/support/run.sh $(BUILD)/threads units
torture: ##          every plausible fault of every call, one after the other; prints what it counted
	@$(MAKE) -s tests
	@sh tests/support/run.sh $(BUILD) torture
# A worker process ends with a thread that watches its parent, whose memory is "possibly lost".
DEFINITE := --show-leak-kinds=definite --errors-for-leak-kinds=definite
valgrind: ##         the modules' tests under valgrind, where it is installed
	@command -v valgrind > /dev/null || { echo "valgrind is not installed: left out"; exit 0; } && \
		$(MAKE) -s BUILD=$(BUILD)/valgrind OPT='-O1 -g' tests && \
		EDDY_UNDER='valgrind -q --error-exitcode=9 --leak-check=full --track-fds=no $(DEFINITE)' \
		sh tests/support/run.sh $(BUILD)/valgrind units
musl: ##             build with musl-gcc and run the tests, where it is installed
	@command -v musl-gcc > /dev/null || { echo "musl-gcc is not installed: left out"; exit 0; } && \
		$(MAKE) -s BUILD=$(BUILD)/musl CC=musl-gcc test-programs
analyze: ##          gcc's -fanalyzer over library and demos, where it is installed
	@command -v gcc > /dev/null || { echo "gcc is not installed: left out"; exit 0; } && \
		$(MAKE) -s BUILD=$(BUILD)/analyze CC=gcc CFLAGS=-fanalyzer all && echo "gcc -fanalyzer has no complaint"
figure-%: all ##         draw a lesson's figure anew from a measurement: figure-02
	@sh tests/support/figure-$*.sh $(BUILD)
mutants-%: FORCE ##       small changes in a drop-in's solution: which does its check let pass? mutants-03.2 COUNT=20
	@sh tests/gates/mutants.sh $* $(COUNT)
skeletons: ##        make the exercises' files anew from their solutions
	@sh tests/learn/skeletons.sh
oracle: ##           play the scenarios on Python's asyncio; fails if it logs anything new: oracle ACCEPT=yes
	@sh tests/oracle/oracle.sh $(BUILD) $(ACCEPT)
