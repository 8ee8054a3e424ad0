/*
 * What exercise 08.1 asks, asked of real tasks. Each line it prints is a line of the exercise's file,
 * with the answer.
 */
#include "barrier.h"
#include "condition.h"
#include "delay.h"
#include "flag.h"
#include "permit.h"
#include "queue.h"
#include "scripted.h"
#include "turn.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static struct eddy_loop loop;
static long said; /* as digits, in their order */
static int line;

static void tell(const char *text)
{
    printf("%c. %-66s: %ld\n", 'a' + line, text, said);
    line++;
}

static void say(int number)
{
    said = 10 * said + number;
}

static void say_if_cancelled(const struct eddy_co *co)
{
    if (eddy_co_outcome(co) == -ECANCELED)
        say(5);
}

/* ---- Those who use a lock or a semaphore --------------------------------------------------------- */

static struct eddy_lock lock;
static struct eddy_condition condition;
static struct eddy_semaphore semaphore;
static struct eddy_task tasks[5]; /* each at its number */

struct user {
    struct eddy_co co;
    int number, rounds;
    bool waits, notifies;
    struct eddy_task *before, *after; /* whom it cancels, before or after it releases */
    struct eddy_locking locking;
    struct eddy_condition_wait wait;
};

static void release(const struct user *self)
{
    if (self->before)
        eddy_task_cancel(self->before);
    eddy_lock_release(&lock);
    if (self->after)
        eddy_task_cancel(self->after);
}

static struct eddy_step user(struct eddy_co *co)
{
    struct user *self = CO_FRAME(co, user);

    CO_BEGIN(co);
    for (; self->rounds > 0; self->rounds--) {
        CO_AWAIT(co, eddy_lock_acquire(&self->locking, &lock));
        if (self->waits)
            CO_AWAIT(co, eddy_condition_wait(&self->wait, &condition));
        if (self->notifies)
            eddy_condition_notify_all(&condition);
        say(self->number);
        CO_AWAIT(co, eddy_next_turn());
        say(self->number);
        release(self);
    }
    CO_FINALLY(co);
    say_if_cancelled(co);
    eddy_lock_release(&lock);
    CO_END(co);
}

static struct user users[5];

struct guest {
    struct eddy_co co;
    int number;
    struct eddy_permit permit;
};

static struct eddy_step guest(struct eddy_co *co)
{
    struct guest *self = CO_FRAME(co, guest);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_semaphore_acquire(&self->permit, &semaphore));
    say(self->number);
    CO_AWAIT(co, eddy_next_turn());
    say(self->number);
    CO_FINALLY(co);
    eddy_permit_release(&self->permit);
    CO_END(co);
}

static struct guest guests[5];

static void come_in(int first, int last)
{
    for (int i = first; i <= last; i++)
        eddy_task_start(&tasks[i], &loop, guest, &guests[i], .number = i);
}

/* ---- Those who wait for a flag, or at a barrier --------------------------------------------------- */

static struct eddy_flag flag;
static struct eddy_barrier barrier;

struct looker {
    struct eddy_co co;
    int number;
    bool raises;
    struct eddy_flag_wait wait;
};

static struct eddy_step looker(struct eddy_co *co)
{
    struct looker *self = CO_FRAME(co, looker);

    CO_BEGIN(co);
    if (self->raises) {
        eddy_flag_set(&flag);
        eddy_flag_clear(&flag);
        say(self->number);
    }
    CO_AWAIT(co, eddy_flag_wait(&self->wait, &flag));
    say(self->number);
    CO_END(co);
}

struct party {
    struct eddy_co co;
    int number;
    struct eddy_barrier_wait wait;
};

static struct eddy_step party(struct eddy_co *co)
{
    struct party *self = CO_FRAME(co, party);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_barrier_wait(&self->wait, &barrier));
    say(self->number);
    CO_FINALLY(co);
    say_if_cancelled(co);
    CO_END(co);
}

static struct party parties[5];

static void come(int first, int last)
{
    for (int i = first; i <= last; i++)
        eddy_task_start(&tasks[i], &loop, party, &parties[i], .number = i);
}

/* ---- Those who put and get ------------------------------------------------------------------------ */

static struct eddy_queue queue;
static long numbers[10]; /* each is an item */

struct getter {
    struct eddy_co co;
    struct eddy_queue_get get;
};

static struct eddy_step getter(struct eddy_co *co)
{
    struct getter *self = CO_FRAME(co, getter);

    CO_BEGIN(co);
    for (;;) {
        CO_AWAIT(co, eddy_queue_get(&self->get, &queue));
        say((int)((long *)self->get.item - numbers));
    }
    CO_FINALLY(co);
    say_if_cancelled(co);
    CO_END(co);
}

static struct getter getters[5];

static void get(int first, int last)
{
    for (int i = first; i <= last; i++)
        eddy_task_start(&tasks[i], &loop, getter, &getters[i]);
}

struct putter {
    struct eddy_co co;
    const int *items;
    int count, i;
    bool speaks;
    struct eddy_task *victim; /* is cancelled after the first */
    struct eddy_queue_put put;
};

static struct eddy_step putter(struct eddy_co *co)
{
    struct putter *self = CO_FRAME(co, putter);

    CO_BEGIN(co);
    for (; self->i < self->count; self->i++) {
        CO_AWAIT(co, eddy_queue_put_priority(&self->put, &queue, &numbers[self->items[self->i]],
                                             self->items[self->i]));
        if (self->speaks)
            say(1);
        if (self->victim && self->i == 0)
            eddy_task_cancel(self->victim);
    }
    CO_END(co);
}

/* ---- A scene: a new loop ------------------------------------------------------------------------- */

static void begin(void)
{
    scripted_start();
    eddy_loop_open(&loop, &scripted);
    said = 0;
    eddy_lock_init(&lock, &loop);
    eddy_condition_init(&condition, &lock);
    eddy_flag_init(&flag, &loop);
}

static void turn(void)
{
    eddy_loop_stop(&loop);
    eddy_loop_run_forever(&loop);
}

/* Those who wait for ever are told to end, and are not listened to any more. */
static void end(const char *text)
{
    eddy_loop_run_until_stuck(&loop);
    tell(text);
    for (struct eddy_task *task = NULL; (task = eddy_next_task(&loop, task)) != NULL;)
        eddy_task_cancel(task);
    eddy_loop_run_until_stuck(&loop);
    eddy_loop_close(&loop);
}

/* ---- The scenes ------------------------------------------------------------------------------ */

static void use(int number, int rounds)
{
    eddy_task_start(&tasks[number], &loop, user, &users[number], .number = number,
                    .rounds = rounds);
}

static void locks(void)
{
    begin();
    use(1, 2);
    use(2, 2);
    end("1 and 2 use the lock, and then use it once more");

    begin();
    eddy_task_start(&tasks[1], &loop, user, &users[1], .number = 1, .rounds = 1,
                    .after = &tasks[2]);
    use(2, 1);
    use(3, 1);
    end("1, 2 and 3 use the lock. 1 releases it, and then cancels 2");

    begin();
    eddy_task_start(&tasks[1], &loop, user, &users[1], .number = 1, .rounds = 1,
                    .before = &tasks[2]);
    use(2, 1);
    use(3, 1);
    end("... but 1 cancels 2, and then releases it");
}

static void flag_and_condition(void)
{
    static struct looker lookers[4];

    begin();
    for (int i = 1; i <= 3; i++)
        eddy_task_start(&tasks[i], &loop, looker, &lookers[i], .number = i, .raises = i == 3);
    end("1 and 2 await a flag. 3 sets it, clears it, says 3, and awaits it");

    begin();
    for (int i = 1; i <= 2; i++)
        eddy_task_start(&tasks[i], &loop, user, &users[i], .number = i, .rounds = 1, .waits = true);
    eddy_task_start(&tasks[3], &loop, user, &users[3], .number = 3, .rounds = 1, .notifies = true);
    end("1 and 2 wait for a condition, under a lock. 3 uses it, notifies");
}

static struct eddy_handle release_early;

static void on_release(struct eddy_handle *handle)
{
    (void)handle;
    eddy_semaphore_release(&semaphore);
    say(4);
}

static void permits(void)
{
    begin();
    eddy_semaphore_init(&semaphore, &loop, 2);
    come_in(1, 3);
    end("A semaphore of 2; 1, 2 and 3 use it as others use the lock");

    begin();
    eddy_semaphore_init(&semaphore, &loop, 1);
    eddy_handle_init(&release_early, on_release);
    eddy_loop_call_soon(&loop, &release_early);
    come_in(1, 2);
    end("A semaphore of 1. 4 releases it, and says 4. 1 and 2 use it");

    begin();
    eddy_semaphore_init_bounded(&semaphore, &loop, 1);
    eddy_handle_init(&release_early, on_release);
    eddy_loop_call_soon(&loop, &release_early);
    come_in(1, 2);
    end("... and the semaphore is bounded");

    begin();
    eddy_barrier_init(&barrier, &loop, 3);
    come(1, 2);
    turn();
    eddy_task_cancel(&tasks[1]);
    turn();
    come(3, 4);
    end("A barrier of 3. 1 and 2 come, 1 is cancelled, 3 and 4 come");
}

static void queues(void)
{
    static const int seven[] = {7, 8}, three[] = {3, 1, 2};
    static struct putter frame;

    begin();
    eddy_queue_open(&queue, &loop, EDDY_FIFO, 1);
    eddy_task_start(&tasks[1], &loop, putter, &frame, .items = seven, .count = 2, .speaks = true);
    get(2, 2);
    end("A queue with room for 1. 1 puts 7, says 1, puts 8, says 1. 2 gets");
    eddy_queue_close(&queue);

    begin();
    eddy_queue_open(&queue, &loop, EDDY_PRIORITY, 0);
    get(2, 2);
    eddy_task_start(&tasks[1], &loop, putter, &frame, .items = three, .count = 3);
    end("A priority queue. 2 gets, and waits. Then 1 puts 3, 1 and 2");
    eddy_queue_close(&queue);

    begin();
    eddy_queue_open(&queue, &loop, EDDY_FIFO, 0);
    get(2, 3);
    eddy_task_start(&tasks[1], &loop, putter, &frame, .items = seven, .count = 2,
                    .victim = &tasks[2]);
    end("2 and 3 get, and wait. 1 puts 7, cancels 2, and puts 8");
    eddy_queue_close(&queue);
}

int main(void)
{
    alarm(10); /* a library that is being changed may hang */
    locks();
    flag_and_condition();
    permits();
    queues();
    return line != 12;
}
