# learn.mk - the learner's verbs, and what their tools need of the build. Read after the Makefile and
# tests.mk.

# ---- A first `make` says what it does --------------------------------------------------------------

# Not with -s, and not for a verb of its own.
ifeq ($(filter-out all,$(MAKECMDGOALS))$(MAKELEVEL:0=)$(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS)))),)
COMPILED := $(OBJECTS_$(NEWEST)) $(PIC_$(NEWEST)) $(PROGRAMS:=.o)
COMPILED := $(words $(filter-out $(wildcard $(COMPILED)),$(COMPILED)))
tell      = sh tests/support/progress.sh $(BUILD)/compiled $(COMPILED);
tell_end  = sh tests/support/progress.sh $(BUILD)/compiled
$(shell rm -rf $(BUILD)/compiled $(BUILD)/compiled.begun)
endif

# ---- What the tools need of a stage: its library, the harness, the tests' objects ----------------

PATIENT     = $(filter-out -Werror,$(FLAGS)) $(TEST_QUOTE)
chapter_c   = $(wildcard tests/$1-*/*.c)
chapter_o   = $(patsubst %.c,$(BUILD)/%.o,$(chapter_c))

# A check builds what its exercise needs: a learner's first verdict does not wait for the rest.
.PHONY: learn-parts $(foreach n,$(NUMBERS),learn-library-$n learn-support-$n learn-parts-$n)
learn-parts: $(NUMBERS:%=learn-parts-%)
$(NUMBERS:%=learn-parts-%): learn-parts-%: learn-support-% $$(call chapter_o,$$*)
$(NUMBERS:%=learn-support-%): learn-support-%: learn-library-% $$(SUPPORT) $$(LEDGER)
$(foreach n,$(NUMBERS),learn-support-$n learn-parts-$n):
	@: > $(BUILD)/$@.made

# (mv puts it there whole: somebody else may be reading it.)
$(NUMBERS:%=learn-library-%): learn-library-%: $(BUILD)/stage-%/libeddy.a \
		$(BUILD)/stage-%/include/eddy.h $(BUILD)/tests/fresh
	@printf '%s\n' "CC='$(CC)'" "FLAGS='$(PATIENT)'" "QUOTE='$(QUOTE_$*)'" "WRAPS='$(WRAPS)'" \
		"LIBS='$(LDFLAGS) $(LDLIBS)'" "SUPPORT='$(SUPPORT)'" "LIBRARY='$<'" \
		"TESTS='$(patsubst %.c,%,$(call chapter_c,$*))'" > $(BUILD)/learn-$*.$$$$ && \
		mv $(BUILD)/learn-$*.$$$$ $(BUILD)/learn-$*.sh && : > $(BUILD)/$@.made

# ---- `make try-NN`: the reader's own program -----------------------------------------------------

# What a program of this stage finds as <eddy.h>, as if the stage were installed.
$(BUILD)/stage-%/include/eddy.h: $$(wildcard $$(addsuffix /*.h,$$(SEEN_$$*))) tests/install/umbrella.sh
	@mkdir -p $(@D)/eddy && cp $(filter %.h,$^) $(@D)/eddy/
	@VERSION=$(VERSION) sh tests/install/umbrella.sh $(SEEN_$*) > $@

# try.c is the reader's first program of a chapter, try-PAGE.c of another page; they include that.
OPENINGS := $(foreach p,$(PROGRAMS),$(if $(filter try try-%,$(notdir $p)),$p))
quote    += $(if $(filter $(BUILD)/$*,$(OPENINGS)),-I$(BUILD)/stage-$(call stage_of,$*)/include)
$(OPENINGS:=.o): | $(BUILD)/stage-$$(call stage_of,$$@)/include/eddy.h

# ---- `make mine`: the learner's modules in the place of the library's own ------------------------

# MINE lists finished drop-ins, exercises/NN-name/M-module.c. The rule that compiles takes each for
# lib/NN-name/module, with a symbol that the linker must find in every program of its stage and of
# later ones: that is the proof that nothing else was linked.
MINE ?=
exercises/%.c: ; # one that is gone may still be named in a .d file
mine_module = $(word 2,$(subst -, ,$(basename $(notdir $1))))
mine_room   = lib/$(notdir $(patsubst %/,%,$(dir $1)))
mine_source = $(foreach f,$(MINE),$(if $(filter $1,$(call mine_room,$f)/$(call mine_module,$f)),$f))
mine_flags  = $(if $(call mine_source,$1),-Wno-error -Wno-unused-parameter -Wno-unused-function \
	-DEDDY_MINE=eddy_mine_$(notdir $1) -DEDDY_MINE_FILE='"$(call mine_source,$1)"' -include tests/learn/mine.h)
mine_stage  = $(SEEN_$(patsubst $(BUILD)/stage-%/libeddy.a,%,$(filter %/libeddy.a,$1)))
mine_proof  = $(foreach f,$(MINE),$(if $(filter $(call mine_room,$f),$(call mine_stage,$1)), \
	-Wl$(comma)--undefined=eddy_mine_$(call mine_module,$f) \
	-Wl$(comma)--require-defined=eddy_mine_$(call mine_module,$f)))

# ---- Verbs ---------------------------------------------------------------------------------------

DEMOS := $(foreach c,$(CHAPTERS),$(if $(wildcard chapters/$c/*.c),demo-$(call number,$c)))

# Ctrl-C is for the program, which ends tidily; make must not take it for an interrupted build. In a
# process group of its own (job control) the program alone gets the signal.
# (Ctrl-Z is left out: make would take a program that stands still for one that failed.)
own_group = if [ -t 0 ]; then trap '' TSTP; set -m; fi

# EDDY_PROGRESS= ## the file that keeps what you have done; with BUILD, for a tree that you cannot write

## For learners
.PHONY: try-NN learn progress watch expand mine demo-NN $(DEMOS)
learn: ##            where am I, what is next, test it, what to do now
	@sh tests/learn/learn.sh learn
check-%: FORCE ##          test an exercise, or all of a chapter: check-01.2, check-01
	@sh tests/learn/learn.sh check $*
hint-%: FORCE ##           a hint, and each time one more: hint-01.2
	@sh tests/learn/learn.sh hint $* || :
solution-%: FORCE ##       the difference between your file and the solution: solution-01.2
	@sh tests/learn/learn.sh solution $* || :
reset-%: FORCE ##          your file as it was given (what you had is kept): reset-01.2
	@sh tests/learn/learn.sh reset $* || :
try-NN: ##           a program of your own, on a chapter's library: try-01, try-01 FILE=... ARGS=...
	@echo "Which chapter? There are: $(sort $(foreach o,$(OPENINGS),$(patsubst try%,try-$(call number,$(notdir $(patsubst %/,%,$(dir $o))))%,$(notdir $o))))"
# No pattern try-%: it would be a way to make chapters/NN-name/try-x.c and .d, too.
TRIES := $(filter-out try-NN,$(filter try-%,$(MAKECMDGOALS)))
$(TRIES): FORCE
	@VERSION='$(VERSION)' FILE=$(call quoted,$(FILE)) ARGS=$(call quoted,$(ARGS)) CC='$(CC)' sh tests/learn/try.sh $(@:try-%=%)
expand: ##           a C file with the macros of generators and coroutines expanded: FILE=...
	@CC='$(CC)' sh tests/learn/expand.sh "$(FILE)"
watch: ##            test the next exercise each time you save it
	@$(own_group); sh tests/learn/learn.sh watch
progress: ##         what is done and what is not
	@sh tests/learn/learn.sh progress
mine: ##             the library with your modules in it, under all tests and demos
	@sh tests/learn/mine.sh
demo-NN: ##          run a chapter's demo: demo-01, demo-01 PORT=9000 (0 picks a port)
	@echo "Which chapter? There are: $(DEMOS)"

demo-%:
	@echo "There is no chapter $* with a demo. There are: $(DEMOS)"; exit 1

define demo_rule
demo-$2: $$(BUILD)/tested/$1/$$(shell sh tests/support/demo-of.sh $1)
	@$$(own_group); $$< $$(PORT)
endef
$(foreach c,$(CHAPTERS),$(eval $(call demo_rule,$c,$(call number,$c))))

# What no rule makes: a verb that was mistyped; or a file that something else needs, and that is gone.
.DEFAULT:
	@$(if $(filter $@,$(MAKECMDGOALS)),BUILD=$(BUILD) sh tests/learn/neighbours.sh $@,echo "No rule makes $@; something needs it. Is it gone?"; exit 1)
