# bench.mk - the bench and its peers. Read after the Makefile.

# Where libuv is not installed the bench does without. (Only the bench asks, since that takes a while.)
LIBUV := $(if $(filter bench%,$(MAKECMDGOALS)),$(shell sh tests/bench/libuv.sh '$(CC)'))
BENCH_PROGRAMS := $(patsubst %,$(BUILD)/bench/%,load micro $(if $(LINUX),limit_echo micro_limit) \
	$(if $(LIBUV),peer_libuv micro_libuv))
BACK := $(call objects,tests/bench/back_*.c)

$(BUILD)/bench/micro: $(BUILD)/tests/bench/micro_tasks.o $(BUILD)/tests/bench/micro_many.o \
	$(BUILD)/tests/bench/micro_sync.o $(BUILD)/tests/bench/micro_pool.o $(BUILD)/tests/bench/micro_spawn.o $(BACK) \
	$(BUILD)/stage-$(NEWEST)/libeddy.a
$(BUILD)/bench/micro_limit: $(BUILD)/tests/bench/micro_limit_timers.o $(BUILD)/tests/bench/micro_limit_many.o \
	$(BUILD)/tests/bench/micro_limit_pool.o $(BUILD)/tests/bench/micro_limit_spawn.o $(BACK)
$(BUILD)/bench/micro_libuv: $(BACK)
$(BUILD)/tests/bench/%_libuv.o: CFLAGS += $(LIBUV)
$(BUILD)/bench/%_libuv: LDLIBS += $(LIBUV)

$(BENCH_PROGRAMS): $(BUILD)/bench/%: $(BUILD)/tests/bench/%.o
	@mkdir -p $(@D)
	@$(link)

## For maintainers
.PHONY: bench bench-build
bench: bench-build ##            what messages, calls and timers cost, beside peers: bench BENCH=timers ROUNDS=3
	@BENCH='$(BENCH)' ROUNDS='$(ROUNDS)' sh tests/bench/bench.sh $(BUILD)
bench-build: all $(BENCH_PROGRAMS)
