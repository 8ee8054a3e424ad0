/* A function over an array: the results come in its order. */
#include "pools.h"

#include "job_map.h"

#include <math.h>

enum { N = 5 };

static struct eddy_job_map map;
static struct eddy_job jobs[N];
static struct gate gates[N];
static int numbers[N] = {2, 3, 4, 5, 6}, results[N];
static const struct eddy_job_arrays arrays = {numbers, sizeof numbers[0], results,
                                              sizeof results[0]};
static const struct eddy_job_arrays held = {gates, sizeof gates[0], results, sizeof results[0]};
static struct by_hand hand;

static void begin(int (*fn)(struct eddy_work *work), const struct eddy_job_arrays *each,
                  double seconds)
{
    memset(results, 0, sizeof results);
    CHECK_CODE(eddy_job_map_open(&map, executor, fn, jobs, N, each, seconds), 0);
}

/* All run, each behind its own gate. */
static void begin_held(int kind, double seconds)
{
    for (int i = 0; i < N; i++)
        gate_open(&gates[i]);
    open_pool(kind, N);
    begin(hold, &held, seconds);
    for (int i = 0; i < N; i++)
        await_begun(&gates[i]);
}

static void end_held(int kind)
{
    eddy_job_map_close(&map);
    CHECK_CODE(close_pool(kind), 0);
    for (int i = 0; i < N; i++)
        gate_close(&gates[i]);
}

static void expect_next(size_t k, int result)
{
    CHECK_CODE(eddy_job_map_next(&map), 0);
    CHECK_INT(map.next, (long long)k + 1);
    CHECK_INT(results[k], result);
}

static bool nothing_waits(void)
{
    for (int i = 0; i < N; i++)
        if (!eddy_job_done(&jobs[i]))
            return false;
    return true;
}

/* A map of its own pool, in a job of it. */
static int said, was_done;

static int map_in_pool(struct eddy_work *work)
{
    (void)work;
    said = eddy_job_map_open(&map, executor, square, jobs, N, &arrays, EDDY_FOREVER);
    if (said == 0)
        said = eddy_job_map_next(&map);
    eddy_job_map_close(&map);
    was_done = nothing_waits();
    return 0;
}

static struct eddy_job blocker;

static int wait_for_blocker(struct eddy_work *work)
{
    return hold(work) < 0 ? -EIO : eddy_job_result(&blocker, EDDY_FOREVER);
}

/* Closes a map whose one element runs in the pool's other thread. */
static int close_in_pool(struct eddy_work *work)
{
    said = eddy_job_map_open(&map, executor, wait_for_blocker, jobs, 1, &held, EDDY_FOREVER);
    (void)hold(work);
    eddy_job_map_close(&map);
    was_done = eddy_job_done(&jobs[0]);
    return 0;
}

/* As soon as the third element is cancelled, the second may end. */
static void *let_second_go(void *unused)
{
    CHECK_CODE(eddy_job_result(&jobs[2], EDDY_FOREVER), -ECANCELED);
    let_go(&gates[1], 1);
    return unused;
}

TESTS
{
    CASE("map gives the results in the order of its array, though jobs end in another") {
        BOTH(kind)
        {
            begin_held(kind, EDDY_FOREVER);
            for (int i = N - 1; i >= 0; i--) {
                let_go(&gates[i], 1);
                CHECK_CODE(eddy_job_result(&jobs[i], EDDY_FOREVER), 0);
            }
            for (size_t k = 0; k < N; k++)
                expect_next(k, 7);
            CHECK_CODE(eddy_job_map_next(&map), -ENOENT);
            CHECK_CODE(eddy_job_map_next(&map), -ENOENT);
            end_held(kind);
        }
    }

    CASE("each element becomes its own, with fewer workers than elements") {
        BOTH(kind)
        {
            open_pool(kind, 2);
            begin(square, &arrays, EDDY_FOREVER);
            for (size_t k = 0; k < N; k++)
                expect_next(k, numbers[k] * numbers[k]);
            eddy_job_map_close(&map);
            CHECK_CODE(close_pool(kind), 0);
        }
    }

    CASE("an element's error comes at its turn, after the results before it") {
        BOTH(kind)
        {
            numbers[2] = 100000;
            open_pool(kind, 2);
            begin(square, &arrays, EDDY_FOREVER);
            CHECK_CODE(eddy_job_result(&jobs[2], EDDY_FOREVER), -ERANGE); /* long before */
            expect_next(0, 4);
            expect_next(1, 9);
            CHECK_CODE(eddy_job_map_next(&map), -ERANGE);
            CHECK_INT(map.next, 3);
            CHECK_TEXT(eddy_job_message(&jobs[2]), "100000 is too large to be squared");
            expect_next(3, 25);
            expect_next(4, 36);
            CHECK_CODE(eddy_job_map_next(&map), -ENOENT);
            eddy_job_map_close(&map);
            CHECK_CODE(close_pool(kind), 0);
        }
    }

    CASE("a map with a limit is ETIMEDOUT at the element that is not done, and stays there") {
        BOTH(kind)
        {
            begin_held(kind, 0.02);
            let_go(&gates[0], 1);
            CHECK_CODE(eddy_job_result(&jobs[0], EDDY_FOREVER), 0);
            expect_next(0, 7);
            CHECK_CODE(eddy_job_map_next(&map), -ETIMEDOUT);
            CHECK_CODE(eddy_job_map_next(&map), -ETIMEDOUT);
            CHECK_INT(map.next, 1);
            for (int i = 1; i < N; i++)
                let_go(&gates[i], 1);
            for (size_t k = 1; k < N; k++) {
                CHECK_CODE(eddy_job_result(&jobs[k], EDDY_FOREVER), 0);
                expect_next(k, 7);
            }
            end_held(kind);
        }
    }

    CASE("an element that ends as the time does is told as it is: ETIMEDOUT, or its result") {
        open_pool(THREADS, 1);
        for (int i = 0; i < 20000; i++) {
            int err = -ETIMEDOUT;
            CHECK_CODE(eddy_job_map_open(&map, executor, square, jobs, 1, &arrays, 0), 0);
            while (err == -ETIMEDOUT) {
                err = eddy_job_map_next(&map);
                CHECK_INT(map.next, err == -ETIMEDOUT ? 0 : 1);
            }
            CHECK_CODE(err, 0);
            eddy_job_map_close(&map);
        }
        CHECK_CODE(close_pool(THREADS), 0);
    }

    CASE("a job's own ETIMEDOUT is its outcome, and the map goes on") {
        static const int errors[N] = {-ETIMEDOUT, -ECANCELED, -EIO, -ETIMEDOUT, -ENOENT};
        const struct eddy_job_arrays failing = {errors, sizeof errors[0], NULL, 0};
        open_pool(THREADS, 1);
        begin(fail, &failing, EDDY_FOREVER);
        for (size_t k = 0; k < N; k++) {
            CHECK_CODE(eddy_job_map_next(&map), errors[k]);
            CHECK_INT(map.next, (long long)k + 1);
        }
        eddy_job_map_close(&map);
        CHECK_CODE(close_pool(THREADS), 0);
    }

    CASE("a map that is closed early cancels what has not begun, and waits for what runs") {
        BOTH(kind)
        {
            struct eddy_job last;
            pthread_t thread;
            for (int i = 0; i < N; i++)
                gate_open(&gates[i]);
            open_pool(kind, 1);
            begin(hold, &held, EDDY_FOREVER);
            await_begun(&gates[0]);
            let_go(&gates[0], 1);
            await_begun(&gates[1]);
            thread = start(let_second_go, NULL);
            eddy_job_map_close(&map);
            CHECK(nothing_waits());
            CHECK_CODE(eddy_job_error(&jobs[1]), 0);
            for (int i = 2; i < N; i++)
                CHECK(eddy_job_cancelled(&jobs[i]));
            join(thread);
            eddy_job_map_close(&map);
            CHECK_CODE(eddy_job_map_next(&map), -ENOENT);
            eddy_job_init(&last, nothing, NULL, 0, NULL, 0);
            CHECK_CODE(eddy_executor_submit(executor, &last), 0);
            CHECK_CODE(eddy_job_result(&last, EDDY_FOREVER), 0);
            CHECK_CODE(close_pool(kind), 0);
            for (int i = 0; i < N; i++)
                gate_close(&gates[i]);
        }
    }

    CASE("a map that cannot be begun leaves no job in line: NaN, open, no function, closed") {
        struct eddy_job_map other = {.jobs = NULL};
        open_hand(&hand);
        CHECK_CODE(eddy_job_map_open(&map, executor, square, jobs, N, &arrays, NAN), -EINVAL);
        CHECK_CODE(eddy_job_map_open(&map, executor, NULL, jobs, N, &arrays, 0), -EINVAL);
        CHECK(eddy_list_empty(&hand.line));
        begin(square, &arrays, 0);
        CHECK_CODE(eddy_job_map_open(&map, executor, square, jobs, N, &arrays, 0), EDDY_EQUEUED);
        CHECK_CODE(eddy_job_map_next(&map), -ETIMEDOUT);
        run_by_hand(&hand);
        expect_next(0, 4);
        eddy_job_map_close(&map);
        CHECK_CODE(eddy_executor_shutdown(executor, 0), 0);
        CHECK_CODE(eddy_job_map_open(&other, executor, square, jobs, N, &arrays, 0), EDDY_ECLOSED);
        CHECK_CODE(eddy_job_map_next(&other), -ENOENT);
        CHECK_CODE(eddy_job_map_open(&other, executor, square, jobs, N, &arrays, 0), EDDY_ECLOSED);
    }

    CASE("a map of nothing is at its end at once") {
        open_hand(&hand);
        CHECK_CODE(eddy_job_map_open(&map, executor, square, jobs, 0, &arrays, 0), 0);
        CHECK_CODE(eddy_job_map_next(&map), -ENOENT);
        eddy_job_map_close(&map);
    }

    CASE("a job that maps over its own full pool is told EDEADLOCK, and its close ends all") {
        struct eddy_job outer;
        open_pool(THREADS, 1);
        eddy_job_init(&outer, map_in_pool, NULL, 0, NULL, 0);
        CHECK_CODE(eddy_executor_submit(executor, &outer), 0);
        CHECK_CODE(eddy_job_result(&outer, EDDY_FOREVER), 0);
        CHECK_CODE(said, EDDY_EDEADLOCK);
        CHECK(was_done && eddy_job_cancelled(&jobs[0]));
        CHECK_CODE(close_pool(THREADS), 0);
        open_pool(THREADS, 2);
        CHECK_CODE(eddy_executor_submit(executor, &outer), 0);
        CHECK_CODE(eddy_job_result(&outer, EDDY_FOREVER), 0);
        CHECK_CODE(said, 0);
        CHECK_CODE(close_pool(THREADS), 0);
    }

    CASE("a map's close in a job of its pool waits for an element that waits for another job") {
        struct eddy_job outer;
        gate_open(&gates[0]);
        gate_open(&gates[1]);
        open_pool(THREADS, 2);
        eddy_job_init(&outer, close_in_pool, &gates[1], sizeof gates[1], NULL, 0);
        CHECK_CODE(eddy_executor_submit(executor, &outer), 0);
        await_begun(&gates[0]);
        await_begun(&gates[1]);
        eddy_job_init(&blocker, nothing, NULL, 0, NULL, 0);
        CHECK_CODE(eddy_executor_submit(executor, &blocker), 0);
        let_go(&gates[0], 1);
        await_blocked(executor, 1, &outer);
        let_go(&gates[1], 1);
        await_waiter(executor, &jobs[0], &outer);
        CHECK(eddy_job_cancel(&blocker));
        CHECK_CODE(eddy_job_result(&outer, EDDY_FOREVER), 0);
        CHECK(said == 0 && was_done);
        CHECK_CODE(close_pool(THREADS), 0);
        gate_close(&gates[0]);
        gate_close(&gates[1]);
    }
}
