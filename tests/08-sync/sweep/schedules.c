/*
 * Random schedules: a dozen tasks that share two locks with a condition each, two semaphores, three
 * queues, a barrier and a flag, most often with a small limit, while they are cancelled by strangers
 * and by each other, at times and in the midst of each other's steps.
 *
 * A schedule is made by a seed. The clock is virtual, times are few, so much happens at once; some
 * wait for sockets, too, whose events come in a shuffled order. Each call is compared with a model
 * (world.h, items.h): who waits is served in the order of coming, a lock has one owner, a round of
 * the barrier is complete and its numbers are distinct, an item comes out once, in its order. After
 * each await, its outcome is compared with what was given: a permit, lock or item that was handed
 * over is had. Nobody waits for what is there; and at the end no line has anybody in it, no permit
 * and no item is missing, no timer is set. Each task is a heap block that is freed when it has ended,
 * so that the address sanitizer sees who still points into it.
 *
 *     schedules                2,000 schedules; schedules --full    100,000
 *     schedules --seed 4711    that one
 */
#include "people.h"

#include "ledger.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ALL = 100000, SAMPLE = 2000, IN_A_CASE = 500, STRANGERS = 12 };

/* ---- Strangers ---------------------------------------------------------------------------------- */

static struct eddy_timer strangers[STRANGERS];

/* Whether it has nothing that would be lost with it, and waits for something. */
static bool can_go(const struct person *self)
{
    for (int i = 0; i < LOCKS; i++)
        if (world.locks[i].owner == &self->task)
            return false;
    return self->task.waiting && !eddy_future_done(self->task.waiting) &&
           !eddy_future_done(self->direct) && self->act != BOTH && !self->permit.semaphore &&
           self->act != SOCKET;
}

static void abandon(struct person *self)
{
    for (int i = 0; i < QUEUES; i++)
        for (; self->debts[i] > 0; self->debts[i]--)
            say_task_done(i);
    eddy_handle_cancel(&self->poke);
    CHECK(eddy_future_remove_done_callback(&self->task.future, &self->ended));
    eddy_task_abandon(&self->task);
    free_person(self);
    world.abandoned++;
}

static void abandon_somebody(void)
{
    int first = (int)draw(PEOPLE);

    for (int i = 0; i < PEOPLE; i++) {
        struct person *self = people[(first + i) % PEOPLE];
        if (self && !eddy_task_done(&self->task) && can_go(self)) {
            abandon(self);
            return;
        }
    }
}

static void put_and_get_now(void)
{
    struct eddy_queue_put put = {.item = NULL};
    struct eddy_queue_get get = {.item = NULL};
    int i = (int)draw(QUEUES);

    if (draw(2) && !eddy_queue_full(&world.queues[i])) {
        put_item(&put, new_item(i));
    } else if (!eddy_queue_empty(&world.queues[i])) {
        CHECK_CODE(get_item(&get, i)->err, 0);
        take_item(get.item);
        say_task_done(i);
    }
}

static void on_stranger(struct eddy_handle *handle)
{
    unsigned what = draw(12);

    (void)handle;
    if (what == 0)
        set_flag();
    else if (what == 1)
        reset_barrier();
    else if (what == 2 && world.seed % 8 == 7)
        shut_queue((int)draw(QUEUES));
    else if (what < 6 && world.seed % 8 == 3)
        abandon_somebody();
    else if (what < 7)
        put_and_get_now();
    else
        cancel_somebody();
    check_world();
}

/* ---- A schedule --------------------------------------------------------------------------------- */

static void make_world(void)
{
    for (int i = 0; i < LOCKS; i++) {
        eddy_lock_init(&world.locks[i], &loop);
        eddy_condition_init(&world.conditions[i], &world.locks[i]);
        world.owners[i] = NULL;
        world.bread[i] = 0;
    }
    for (int i = 0; i < SEMAPHORES; i++) {
        world.permits[i] = 1 + (long)draw(3);
        CHECK_OK((i ? eddy_semaphore_init : eddy_semaphore_init_bounded)(&world.semaphores[i],
                                                                         &loop, world.permits[i]));
    }
    for (int i = 0; i < QUEUES; i++) {
        CHECK_OK(eddy_queue_open(&world.queues[i], &loop, (int)draw(3), (long)draw(4)));
        world.shadows[i].count = 0;
        world.unfinished[i] = 0;
    }
    CHECK_OK(eddy_barrier_init(&world.barrier, &loop, 2 + (long)draw(3)));
    eddy_flag_init(&world.flag, &loop);
    world.used = 0;
}

/* Nothing happens any more, so all limits have passed: who has one waits for its lock again. */
static void check_limits(void)
{
    for (int i = 0; i < PEOPLE; i++)
        if (people[i] && people[i]->limited) {
            CHECK(people[i]->act == WAIT || people[i]->act == UNTIL);
            CHECK(eddy_list_linked(&people[i]->wait.locking.waiter.link));
        }
}

/* What has come in, and was not taken, is there. */
static void take_the_rest(void)
{
    struct eddy_queue_get get = {.item = NULL};

    for (int i = 0; i < QUEUES; i++) {
        while (!eddy_queue_empty(&world.queues[i])) {
            CHECK_CODE(get_item(&get, i)->err, 0);
            take_item(get.item);
            say_task_done(i);
        }
        CHECK_INT((int)world.queues[i].unfinished, 0);
        eddy_queue_close(&world.queues[i]);
    }
    for (int i = 0; i < world.used; i++)
        CHECK(world.items[i].entered == world.items[i].taken);
}

static void shut_down(void)
{
    world.ending = true; /* nobody refuses */
    for (int i = 0; i < PEOPLE; i++)
        if (people[i])
            people[i]->cancelled = true;
    CHECK_CODE(eddy_loop_shutdown(&loop, 1e6), 0);
    world.ending = false;
}

static void cancel_all(void)
{
    for (int i = 0; i < PEOPLE; i++)
        if (people[i]) {
            people[i]->cancelled = true;
            eddy_task_cancel(&people[i]->task);
        }
    run_out();
    check_world();
}

/* Who still waits, waits for what will not come. One in four schedules is shut down. */
static void end_all(void)
{
    char bytes[64];

    if (world.seed % 4 == 1)
        shut_down();
    for (int left = 100; eddy_next_task(&loop, NULL); left--) {
        CHECK(left > 0); /* or one waits on, though it is cancelled again and again */
        cancel_all();
    }
    run_out();
    for (int i = 0; i < PEOPLE; i++) {
        CHECK(people[i] == NULL);
        while (read(pairs[i][0], bytes, sizeof bytes) > 0) {
        }
    }
}

static void play_schedule(unsigned seed)
{
    world.seed = seed;
    DID("played schedule %u; to repeat it: %s --seed %u", seed, world.program, seed);
    world.dice = seed * 2654435761u;
    scripted_shuffle(seed);
    eddy_loop_set_debug(&loop, seed % 16 < 4);
    make_world();
    for (int i = 0; i < PEOPLE; i++)
        make_person(i);
    for (int i = (int)draw(STRANGERS); i > 0; i--) {
        eddy_timer_init(&strangers[i], on_stranger);
        CHECK_OK(eddy_loop_call_later(&loop, &strangers[i], draw(12) / 2.0));
    }
    run_out();
    check_world();
    check_limits();
    end_all();
    take_the_rest();
    check_nobody_waits();
    CHECK_INT((int)loop.timers.count, 0);
    CHECK_INT(loop.watches.count, 0);
    CHECK_INT(reports, 0);
}

static void play_schedules(unsigned first, unsigned count)
{
    long blocks;

    set_up();
    for (int i = 0; i < PEOPLE; i++) {
        CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]));
        CHECK_OK(fcntl(pairs[i][0], F_SETFL, O_NONBLOCK));
    }
    play_schedule(first);
    blocks = ledger_blocks;
    for (unsigned seed = first + 1; seed < first + count; seed++)
        play_schedule(seed);
    CAUSE("blocks are not given back");
    CHECK(ledger_blocks - blocks < 8); /* the loop's own */
    for (int i = 0; i < PEOPLE; i++) {
        CHECK_OK(eddy_loop_close_fd(&loop, pairs[i][0]));
        close(pairs[i][1]);
    }
    tear_down();
    CAUSE("the schedules try too little");
    CHECK(count == 1 || (world.handed > 0 && world.cuts > 0 && world.expirations > 0 &&
                         world.rounds > 0 && world.landed_late > 0 && world.abandoned > 0));
}

int main(int argc, char *argv[])
{
    bool full = argc > 1 && strcmp(argv[1], "--full") == 0;
    unsigned one = argc > 2 && strcmp(argv[1], "--seed") == 0 ? (unsigned)atol(argv[2]) : 0;
    unsigned all = full ? ALL : SAMPLE, in_a_case = one ? 1 : IN_A_CASE;
    char sentence[120];
    int failed;

    world.program = argv[0];
    check_start(argc, argv);
    check_limit(full ? 60 : 10);
    for (unsigned seed = one ? one : 1; seed <= (one ? one : all); seed += in_a_case) {
        snprintf(sentence, sizeof sentence,
                 "random schedules %u to %u: nothing is lost or doubled, and nobody is stranded",
                 seed, seed + in_a_case - 1);
        CASE(sentence)
            play_schedules(seed, in_a_case);
    }
    failed = check_end();
    if (full && !failed)
        printf("schedules: %d random schedules of tasks that share: all clean\n", ALL);
    return failed;
}
