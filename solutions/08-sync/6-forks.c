/*
 * Exercise 08.6, find the bug: philosophers around a table, who think, and eat. Between each two of them
 * lies a fork, and to eat takes two, the one on the left and the one on the right. Each argument is
 * somebody who sits at the table:
 *
 *     make check-08.6        builds it, and says what goes wrong
 *     build/learn/exercises/08.6/6-forks ann bob
 *     build/learn/exercises/08.6/6-forks ann bob carl dora
 *
 * Each of them eats three times. Each fork has a lock. One function is wrong.
 */
#include "context.h"
#include "delay.h"
#include "lock.h"
#include "run.h"

#include <stdio.h>

enum { SEATS_MOST = 8, MEALS = 3 };

/* ---- The table --------------------------------------------------------------------------------- */

/* Fork 0 lies to the left of seat 0, fork 1 to its right and to the left of seat 1, and so on, around the
 * table: to the right of the last seat lies fork 0. */
struct table {
    int seats;
    struct eddy_lock forks[SEATS_MOST];
    const char *users[SEATS_MOST]; /* who eats with it; NULL: nobody */
    int eating, most;              /* now; and at the same time, at most */
};

static void use(struct table *table, int fork, const char *name)
{
    if (table->users[fork])
        printf("%s and %s eat with the same fork\n", table->users[fork], name);
    table->users[fork] = name;
}

/* ---- A philosopher ----------------------------------------------------------------------------- */

struct philosopher {
    struct eddy_co co;
    struct table *table;
    const char *name;
    int seat, left, right; /* of the forks, their numbers */
    struct eddy_locking first, second;
    int meal;
};

static void begin_meal(struct philosopher *self)
{
    use(self->table, self->left, self->name);
    use(self->table, self->right, self->name);
    self->table->eating++;
    if (self->table->eating > self->table->most)
        self->table->most = self->table->eating;
    printf("%s eats\n", self->name);
}

static void end_meal(struct philosopher *self)
{
    self->table->users[self->left] = self->table->users[self->right] = NULL;
    self->table->eating--;
}

/* The fork that is taken first. All take theirs in one order, that of the numbers. */
static int first_fork(const struct philosopher *self)
{
    return self->left < self->right ? self->left : self->right;
}

static struct eddy_future *take_first(struct philosopher *self)
{
    return eddy_lock_acquire(&self->first, &self->table->forks[first_fork(self)]);
}

static struct eddy_future *take_second(struct philosopher *self)
{
    int second = first_fork(self) == self->left ? self->right : self->left;

    return eddy_lock_acquire(&self->second, &self->table->forks[second]);
}

static void put_both_back(struct philosopher *self)
{
    eddy_lock_release(&self->table->forks[self->left]);
    eddy_lock_release(&self->table->forks[self->right]);
}

static struct eddy_step philosopher(struct eddy_co *co)
{
    struct philosopher *self = CO_FRAME(co, philosopher);

    CO_BEGIN(co);
    for (self->meal = 1; self->meal <= MEALS; self->meal++) {
        CO_AWAIT(co, eddy_next_turn()); /* thinks */
        CO_AWAIT(co, take_first(self));
        CO_AWAIT(co, eddy_next_turn()); /* looks for the other one */
        CO_AWAIT(co, take_second(self));
        begin_meal(self);
        CO_AWAIT(co, eddy_next_turn());
        end_meal(self);
        put_both_back(self);
    }
    CO_FINALLY(co);
    put_both_back(self);
    CO_END(co);
}

/* ---- Dinner ------------------------------------------------------------------------------------ */

struct dinner {
    struct eddy_co co;
    char **names;
    struct table table;
    struct eddy_task tasks[SEATS_MOST];
    struct philosopher frames[SEATS_MOST];
    int i;
};

static void sit_down(struct dinner *self, struct eddy_loop *loop)
{
    int seats = self->table.seats;

    for (int i = 0; i < seats; i++) {
        eddy_lock_init(&self->table.forks[i], loop);
        eddy_task_start(&self->tasks[i], loop, philosopher, &self->frames[i], .table = &self->table,
                        .name = self->names[i], .seat = i, .left = i, .right = (i + 1) % seats);
        eddy_task_set_name(&self->tasks[i], self->names[i]);
    }
}

static struct eddy_step dinner(struct eddy_co *co)
{
    struct dinner *self = CO_FRAME(co, dinner);

    CO_BEGIN(co);
    sit_down(self, eddy_co_loop(co));
    for (self->i = 0; self->i < self->table.seats; self->i++)
        CO_AWAIT(co, &self->tasks[self->i].future);
    printf("all have eaten; %d at the same time, at most\n", self->table.most);
    CO_FINALLY(co);
    for (self->i = 0; self->i < self->table.seats; self->i++) {
        eddy_task_cancel(&self->tasks[self->i]);
        CO_AWAIT(co, &self->tasks[self->i].future);
    }
    CO_END(co);
}

int main(int argc, char *argv[])
{
    setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen, even if it hangs */
    if (argc < 3 || argc - 1 > SEATS_MOST) {
        fprintf(stderr, "usage: 6-forks NAME NAME ...    (two to eight)\n");
        return 2;
    }
    return eddy_run(dinner, .names = argv + 1, .table = {.seats = argc - 1}) < 0;
}
