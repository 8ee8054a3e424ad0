/* The memory of spawned tasks: blocks are kept for the next, by size, up to a limit. */
#include "tasks.h"

#include "blocks.h"
#include "faults.h"
#include "ledger.h"

#include <stdint.h>
#include <stdlib.h>

enum { KEPT = 4096 }; /* blocks.h */

struct small {
    struct eddy_co co;
};

static struct eddy_step small(struct eddy_co *co)
{
    CO_BEGIN(co);
    CO_AWAIT(co, eddy_next_turn());
    CO_END(co);
}

struct large {
    struct eddy_co co;
    char buf[4096];
};

static struct eddy_step large(struct eddy_co *co)
{
    CO_BEGIN(co);
    CO_AWAIT(co, eddy_next_turn());
    CO_END(co);
}

static long mallocs(void)
{
    return faults_calls("malloc");
}

/* Wants more alignment than any type of C's own. */
struct wide {
    struct eddy_co co;
    _Alignas(64) char line[64];
    long double number;
};

static int misplaced;

static struct eddy_step wide(struct eddy_co *co)
{
    struct wide *self = CO_FRAME(co, wide);

    CO_BEGIN(co);
    misplaced += (uintptr_t)self % 64 != 0 || (uintptr_t)self->line % 64 != 0;
    memset(self->line, 0x5A, sizeof self->line);
    CO_AWAIT(co, eddy_next_turn());
    misplaced += self->number != 7;
    CO_END(co);
}

struct precise {
    struct eddy_co co;
    long double number;
};

static struct eddy_step precise(struct eddy_co *co)
{
    struct precise *self = CO_FRAME(co, precise);

    CO_BEGIN(co);
    misplaced += (uintptr_t)self % _Alignof(struct precise) != 0;
    CO_END(co);
}

TESTS
{
    CASE("a thousand tasks, one after the other, need one block") {
        set_up();
        faults_plan("");
        for (int i = 0; i < 1000; i++) {
            CHECK_OK(eddy_spawn(&loop, small));
            run_out();
        }
        CHECK_INT(mallocs(), 1);
        CHECK_INT(faults_calls("calloc"), 1);
        tear_down();
    }

    CASE("a hundred at once need a hundred, and the next hundred none") {
        set_up();
        for (int round = 0; round < 5; round++) {
            faults_plan("");
            for (int i = 0; i < 100; i++)
                CHECK_OK(eddy_spawn(&loop, small));
            CHECK_INT(mallocs(), round == 0 ? 100 : 0);
            run_out();
        }
        tear_down();
    }

    CASE("a block serves another task of its size, and none that is larger") {
        struct eddy_blocks blocks = {.count = 0};
        void *one, *two;
        one = eddy_blocks_take(&blocks, 100);
        eddy_blocks_give(&blocks, one, 100);
        two = eddy_blocks_take(&blocks, 129);
        CHECK(two != one);
        CHECK(eddy_blocks_take(&blocks, 128) == one); /* of 65 to 128 bytes */
        memset(one, 0x5A, 128);
        memset(two, 0x5A, 129);
        eddy_blocks_give(&blocks, one, 65);
        eddy_blocks_give(&blocks, two, 129);
        CHECK(eddy_blocks_take(&blocks, 65) == one);
        eddy_blocks_give(&blocks, one, 65);
        eddy_blocks_fini(&blocks);
    }

    CASE("at most 4096 are kept, and none of more than 2 KiB") {
        long before;
        set_up();
        before = ledger_blocks;
        for (int i = 0; i < KEPT + 1000; i++)
            CHECK_OK(eddy_spawn(&loop, small));
        run_out();
        CHECK(ledger_blocks - before <= KEPT + 1);
        CHECK(ledger_blocks - before >= KEPT);
        faults_plan("");
        for (int i = 0; i < 10; i++) {
            CHECK_OK(eddy_spawn(&loop, large, .buf = ""));
            run_out();
        }
        CHECK_INT(mallocs(), 10);
        CHECK(ledger_blocks - before <= KEPT + 1);
        tear_down();
    }

    CASE("a block is aligned for anything") {
        struct eddy_blocks blocks = {.count = 0};
        void *all[40];
        for (size_t i = 0; i < 40; i++) {
            all[i] = eddy_blocks_take(&blocks, i * 61 + 1);
            CHECK((uintptr_t)all[i] % _Alignof(max_align_t) == 0);
            memset(all[i], 0x5A, i * 61 + 1);
        }
        for (size_t i = 0; i < 40; i++)
            eddy_blocks_give(&blocks, all[i], i * 61 + 1);
        eddy_blocks_fini(&blocks);
    }

    CASE("a spawned frame is aligned as its type wants, in new blocks and in kept ones") {
        set_up();
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 20; i++) {
                CHECK_OK(eddy_spawn(&loop, wide, .number = 7));
                CHECK_OK(eddy_spawn(&loop, precise, .number = 7));
                CHECK_OK(eddy_spawn(&loop, small));
            }
            run_out();
        }
        CHECK_INT(misplaced, 0);
        tear_down();
    }

    CASE("a loop's first task needs memory: without any it is refused, and nothing runs") {
        set_up();
        faults_plan("calloc@1=ENOMEM");
        CHECK_CODE(eddy_spawn(&loop, small), -ENOMEM);
        CHECK(eddy_tasks_of(&loop) == NULL);
        CHECK_OK(eddy_spawn(&loop, small));
        run_out();
        faults_plan("");
        tear_down();
    }

    CASE("a loop that is closed gives all of them back, and a second one begins with none") {
        long before = ledger_blocks;
        for (int i = 0; i < 2; i++) {
            set_up();
            faults_plan("");
            CHECK_OK(eddy_spawn(&loop, small));
            run_out();
            CHECK_INT(mallocs(), 1);
            tear_down();
            CHECK_INT(ledger_blocks, before);
        }
    }
}
