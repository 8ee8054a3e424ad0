# eddy - an asyncio in C, taught step by step. `make help` lists what a person can type.
#
# The folders are the stages: the library of stage NN is what lies in lib/01-* to lib/NN-*. No list
# of files is kept here; a new folder or file is found by its name. Needs GNU make, a C compiler,
# and a POSIX shell. Tests, learning, bench and install have makefiles of their own, included below.

# Written down in version.h. Until 1.0 each version may change a struct, so the soname is all of it.
VERSION := $(shell sed -n 's/^.define EDDY_VERSION_[A-Z]* \([0-9]*\)$$/\1/p' lib/*/version.h | paste -s -d . -)
SONAME  := libeddy.so.$(VERSION)

# BUILD=     ## the folder for all that is built: BUILD=/tmp/eddy
# CC=        ## the compiler; CFLAGS= and LDFLAGS= are added to what it is told
# WERROR=    ## WERROR= alone: build although the compiler warns
BUILD    ?= build
SANITIZE ?=
OPT      ?= -O2 -g
WERROR   ?= -Werror
JOBS     := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)

STD  := -std=c11 -D_POSIX_C_SOURCE=200809L -pthread
WARN := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wimplicit-fallthrough -Wstrict-prototypes \
        -Wmissing-prototypes -Wwrite-strings -Wvla
# gcc alone sees a local variable that a switch jumps over.
JUMPS := $(shell $(CC) -Werror -Wjump-misses-init -x c -E /dev/null > /dev/null 2>&1 && echo -Wjump-misses-init)
SAN  := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
# musl's FD_SET() mixes signs.
SIGNS := $(shell printf '\043include <sys/select.h>\nvoid f(int d, fd_set *s) { FD_SET(d, s); }\n' | \
         $(CC) -Werror -Wsign-conversion -x c -fsyntax-only - 2> /dev/null || echo -Wno-sign-conversion)
# (gcc warns when -flto stands alone.)
FLAGS = $(STD) $(WARN) $(JUMPS) $(SIGNS) $(WERROR) $(OPT) $(SAN) $(if $(JUMPS),$(CFLAGS:-flto=-flto=auto),$(CFLAGS))

.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SECONDARY:
.SECONDEXPANSION:
.PHONY: all stage-NN format clean help FORCE
FORCE:

ifneq ($(words $(BUILD)),1)
$(error BUILD names one folder, without a space in its path; it is "$(BUILD)")
endif

# Files are built side by side, unless the user says how (-j); several verbs one after the other.
ifeq ($(findstring -j,$(MAKEFLAGS) $(shell echo "$$MAKEFLAGS")),)
MAKEFLAGS += -j$(JOBS)
endif
ifneq ($(word 2,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif

# ---- The library: a stage is its own folder and all before it ------------------------------------

STAGES   := $(sort $(notdir $(wildcard lib/[0-9][0-9]-*)))
CHAPTERS := $(sort $(notdir $(wildcard chapters/[0-9][0-9]-*)))
number    = $(firstword $(subst -, ,$1))
NUMBERS  := $(foreach s,$(STAGES),$(call number,$s))
NEWEST   := $(lastword $(NUMBERS))

# No source file asks what system it is on; the build leaves out what the system lacks: files called
# *_epoll.c and *_linux.c are Linux's, *_posix.c is what stands in for the latter elsewhere, and
# with POSIX_ONLY=1.
POSIX_ONLY ?=
LINUX      := $(if $(POSIX_ONLY),,$(filter Linux,$(shell uname -s)))
LEFT_OUT   := $(if $(LINUX),%_posix.c,%_epoll.c %_linux.c)

define stage
SEEN       += lib/$1
SEEN_$2    := $$(SEEN)
QUOTE_$2   := $$(SEEN:%=-iquote %)
OBJECTS_$2 := $$(patsubst %.c,$$(BUILD)/%.o,$$(filter-out $$(LEFT_OUT),$$(wildcard $$(SEEN:%=%/*.c))))
PIC_$2     := $$(OBJECTS_$2:.o=.pic.o)
endef
$(foreach s,$(STAGES),$(eval $(call stage,$s,$(call number,$s))))

# The stage that a file belongs to, by the chapter in its path; what is no chapter's has the newest.
stage_of = $(call number,$(lastword $(lastword $(STAGES)) $(filter $(STAGES),$(subst /, ,$1))))
library  = $(BUILD)/stage-$(call stage_of,$1)/libeddy.a

# All is built again when the compiler or a flag changes.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(FLAGS) $(LDFLAGS) $(LINUX)' | cmp -s - $@ || \
		echo '$(CC) $(FLAGS) $(LDFLAGS) $(LINUX)' > $@

# Whatever is compiled, is compiled here. The quote path holds the file's own stage's folders and no
# later one, so the compiler refuses an upward include; layers.sh then says what that means. Tests
# see the tests' headers, too. With `make mine` the source may be the learner's (learn.mk).
module    = $(*:.pic=)
source    = $(or $(call mine_source,$(module)),$(module).c)
quote     = $(if $(filter tests/%,$*),$(TEST_QUOTE)) $(QUOTE_$(call stage_of,$*))

$(BUILD)/%.o: $$(source) $(BUILD)/flags
	@mkdir -p $(@D)
	@$(tell)$(CC) $(FLAGS) $(if $(filter %.pic,$*),-fPIC) $(call mine_flags,$(module)) $(quote) \
		-MMD -MP -c $< -o $@ || { sh tests/support/layers.sh $< >&2; exit 1; }

# A library is made again when it has a module more or less, or another's (make mine).
$(BUILD)/stage-%/objects: FORCE
	@mkdir -p $(@D)
	@echo '$(OBJECTS_$*) $(MINE)' | cmp -s - $@ || echo '$(OBJECTS_$*) $(MINE)' > $@

$(BUILD)/stage-%/libeddy.a: $$(OBJECTS_$$*) $(BUILD)/stage-%/objects
	@rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)

$(BUILD)/stage-%/$(SONAME): $$(PIC_$$*) $(BUILD)/stage-%/objects
	@echo '{ global: eddy_*; local: *; };' > $(@D)/exports
	@$(CC) $(FLAGS) $(LDFLAGS) -shared -Wl,-soname,$(SONAME) $(if $(SANITIZE),,-Wl,-z,defs) \
		-Wl,--version-script=$(@D)/exports -o $@ $(filter %.o,$^)

$(BUILD)/stage-%/libeddy.so: $(BUILD)/stage-%/$(SONAME)
	@ln -sf $(SONAME) $@

# ---- The demos: each links against its own stage -------------------------------------------------

PROGRAMS := $(patsubst %.c,$(BUILD)/%,$(wildcard $(CHAPTERS:%=chapters/%/*.c)))

# With `make mine` the linker must prove that it took the learner's objects (learn.mk).
link = $(CC) $(FLAGS) $(LDFLAGS) $1 $(call mine_proof,$^) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS)

$(PROGRAMS): $$@.o $$(call library,$$@)
	@$(link)

# ---- Verbs: each has its line in `make help`, which reads the "##" comments ----------------------

## For maintainers
# all ##             the newest stage of the library, and all demos (what `make` alone does)
all: $(BUILD)/stage-$(NEWEST)/libeddy.a $(BUILD)/stage-$(NEWEST)/libeddy.so $(PROGRAMS)
	@$(tell_end)
stage-NN: ##         the library as it is after a chapter: stage-01
	@echo "Which chapter? There are: $(NUMBERS:%=stage-%)"
$(NUMBERS:%=stage-%): stage-%: $(BUILD)/stage-%/libeddy.a $(BUILD)/stage-%/libeddy.so
	@echo "stage $*: $< and libeddy.so, from $(SEEN_$*)"
stage-%:
	@echo "There is no stage $*. There are: $(NUMBERS:%=stage-%)"; exit 1
format: ##           lay out all C files as .clang-format says
	@clang-format -i $$(git ls-files '*.c' '*.h')
clean: ##            remove all that was built
	@rm -rf $(BUILD)
help: ##             this list
	@sh tests/support/help.sh tests/learn/learn.mk Makefile tests/install/install.mk tests/tests.mk tests/bench/bench.mk

include tests/install/install.mk tests/tests.mk tests/learn/learn.mk tests/bench/bench.mk
-include $(shell find $(BUILD)/lib $(BUILD)/chapters $(BUILD)/tests -name '*.d' 2>/dev/null)
