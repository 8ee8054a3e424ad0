/*
 * walker - goes through all that a few threads can do, in every order. The threads are those of a small
 * model: each is a list of steps, and a step is a line or two of the library, as a function that
 * changes the model's state. The walker tries every thread that can go on in every state, so it meets
 * each interleaving; where two of them lead to the same state, it goes on from there once.
 *
 * A model is true to the library in so far as its steps are: so each step quotes its lines, and the
 * walker looks whether they stand in the source still, in this order, one after the other. A step in
 * round brackets is of the model's own: what a user does, or a job's function.
 *
 * What must never be, a step or `check` says with walk_wrong(). That nobody can go on before all
 * threads are at their ends is wrong in any case: somebody waits for a signal that will not come. And
 * so is a circle: then all of them could run for ever, and get nowhere.
 *
 * The steps change no memory but the state's, whose struct has chars alone: without padding, so that
 * equal states are equal bytes.
 */
#ifndef WALKER_H
#define WALKER_H

#include "check.h"

#include <stdlib.h>

enum { WALKERS = 4, STATE_MOST = 60, STEPS_DEEP = 400, SOURCES = 3 };

/* What a step returns: or the number of the step that comes next. */
enum { NEXT = -1, BLOCKED = -2, END = 100 };

struct state; /* each model has its own */

struct step {
    const char *quote;
    int (*go)(struct state *s, int me);
};

/* The steps end with an empty one. */
struct model {
    const char *sources[SOURCES];
    size_t size; /* of the state, which is zero at the beginning */
    void (*begin)(struct state *s);
    void (*check)(const struct state *s); /* after each step */
    void (*end)(const struct state *s);   /* when all are at their ends */
    struct {
        const char *name;
        const struct step *steps;
    } threads[WALKERS];
};

struct node {
    signed char at[WALKERS]; /* each thread's next step */
    signed char state[STATE_MOST];
};

static struct {
    const struct model *model;
    const char *wrong;
    int choice, choices;
    struct node *nodes; /* each that was met */
    double *ways;       /* from there to an end; less than 0: it is on the path */
    size_t count, room, *table;
    int depth;
    struct {
        int thread, step;
    } path[STEPS_DEEP];
    FILE *walked; /* each case is a process of its own: here they write what they have walked */
} walk;

/* ---- For steps --------------------------------------------------------------------------------- */

static inline void walk_wrong(const char *what)
{
    walk.wrong = what;
}

/* One of 0 to n - 1: each of them is tried. At most one choice in a step. */
static inline int walk_choose(int n)
{
    walk.choices = n;
    return walk.choice;
}

/* A mutex is 0, or the number of who has it, from 1 on. */
static inline int walk_lock(signed char *lock, int me)
{
    if (*lock)
        return BLOCKED;
    *lock = (signed char)(me + 1);
    return NEXT;
}

static inline int walk_unlock(signed char *lock, int me)
{
    if (*lock != me + 1)
        walk_wrong("a lock is given back by a thread that does not have it");
    *lock = 0;
    return NEXT;
}

/* A condition is the set of those who wait. Waiting takes two steps; in the second, also one that
 * nobody has called may go on, as often as `strays` says. */
static inline int walk_wait(signed char *waiting, signed char *lock, int me)
{
    *waiting = (signed char)(*waiting | 1 << me);
    return walk_unlock(lock, me);
}

static inline int walk_woken(signed char *waiting, signed char *lock, int me, signed char *strays)
{
    bool called = !(*waiting & 1 << me);

    if (*lock || (!called && *strays == 0))
        return BLOCKED;
    if (!called)
        --*strays;
    *waiting = (signed char)(*waiting & ~(1 << me));
    return walk_lock(lock, me);
}

static inline void walk_signal(signed char *waiting)
{
    int all[WALKERS], n = 0;

    for (int i = 0; i < WALKERS; i++)
        if (*waiting & 1 << i)
            all[n++] = i;
    if (n > 0)
        *waiting = (signed char)(*waiting & ~(1 << all[walk_choose(n)]));
}

/* ---- What was met ------------------------------------------------------------------------------ */

static inline size_t walk_place(const struct node *node)
{
    unsigned long hash = 5381;

    for (size_t i = 0; i < sizeof *node; i++)
        hash = (hash ^ (unsigned char)((const char *)node)[i]) * 1099511628211u;
    for (hash ^= hash >> 29;; hash++) {
        size_t place = hash % (2 * walk.room);
        size_t i = walk.table[place];
        if (i == 0 || memcmp(&walk.nodes[i - 1], node, sizeof *node) == 0)
            return place;
    }
}

static inline void walk_grow(void)
{
    walk.room = walk.room ? 2 * walk.room : 1024;
    walk.nodes = realloc(walk.nodes, walk.room * sizeof *walk.nodes);
    walk.ways = realloc(walk.ways, walk.room * sizeof *walk.ways);
    free(walk.table);
    walk.table = calloc(2 * walk.room, sizeof *walk.table);
    CHECK(walk.nodes && walk.ways && walk.table);
    for (size_t i = 0; i < walk.count; i++)
        walk.table[walk_place(&walk.nodes[i])] = i + 1;
}

/* Its number. `*known`: it was met before. */
static inline size_t walk_meet(const struct node *node, bool *known)
{
    size_t place;

    if (walk.count == walk.room)
        walk_grow();
    place = walk_place(node);
    *known = walk.table[place] != 0;
    if (!*known) {
        walk.nodes[walk.count] = *node;
        walk.ways[walk.count] = -1;
        walk.table[place] = ++walk.count;
    }
    return walk.table[place] - 1;
}

/* ---- Walking ----------------------------------------------------------------------------------- */

static inline const struct step *walk_step_of(const struct node *node, int thread)
{
    const struct step *steps = walk.model->threads[thread].steps;

    return steps && node->at[thread] != END && steps[node->at[thread]].go ? &steps[node->at[thread]]
                                                                          : NULL;
}

/* False: it cannot go on, with this choice. */
static inline bool walk_go(struct node *node, int thread, int choice)
{
    const struct step *step = walk_step_of(node, thread);
    int next;

    walk.choice = choice;
    walk.choices = 1;
    if (!step)
        return false;
    next = step->go((struct state *)(void *)node->state, thread);
    if (next == BLOCKED)
        return false;
    node->at[thread] = (signed char)(next == NEXT ? node->at[thread] + 1 : next);
    if (!walk.wrong && walk.model->check)
        walk.model->check((const struct state *)(const void *)node->state);
    return true;
}

static inline void walk_look_at_end(const struct node *node)
{
    for (int thread = 0; thread < WALKERS; thread++)
        if (walk_step_of(node, thread))
            walk_wrong("nobody can go on, and not all are at their ends");
    if (!walk.wrong && walk.model->end)
        walk.model->end((const struct state *)(const void *)node->state);
}

/* In how many ways it can go on to an end. Ends early when something is wrong: then the path is there. */
static inline double walk_on(const struct node *node)
{
    bool known;
    size_t number = walk_meet(node, &known);
    double ways = 0;

    if (known && walk.ways[number] < 0)
        walk_wrong("they go round in a circle");
    if (walk.wrong || known)
        return walk.ways[number];
    for (int thread = 0; thread < WALKERS; thread++)
        for (int choice = 0, choices = 1; choice < choices; choice++) {
            struct node next = *node;
            bool went = walk_go(&next, thread, choice);
            choices = walk.choices;
            if (!went)
                continue;
            CHECK(walk.depth < STEPS_DEEP);
            walk.path[walk.depth].thread = thread;
            walk.path[walk.depth++].step = node->at[thread];
            if (!walk.wrong)
                ways += walk_on(&next);
            if (walk.wrong)
                return 0;
            walk.depth--;
        }
    if (ways == 0) {
        walk_look_at_end(node);
        ways = 1;
    }
    walk.ways[number] = ways;
    return ways;
}

/* ---- The quotes ------------------------------------------------------------------------------- */

/* The next line of `text`, without the blanks at its ends; empty ones are left out. */
static inline bool walk_line(const char **text, char *line, size_t size)
{
    size_t n = 0;

    while (**text == ' ' || **text == '\n')
        ++*text;
    for (; **text && **text != '\n'; ++*text)
        if (n + 1 < size)
            line[n++] = **text;
    while (n > 0 && line[n - 1] == ' ')
        n--;
    line[n] = '\0';
    return n > 0;
}

static inline bool walk_stands_here(const char *source, const char *quote)
{
    char here[160], wanted[160];

    while (walk_line(&quote, wanted, sizeof wanted))
        if (!walk_line(&source, here, sizeof here) || strcmp(here, wanted) != 0)
            return false;
    return true;
}

static inline bool walk_stands_in(const char *path, const char *quote)
{
    static char source[40000];
    FILE *file = fopen(path, "r");
    size_t n = 0;

    CAUSE("the test runs elsewhere than in the repository's root");
    CHECK(file != NULL);
    n = fread(source, 1, sizeof source - 1, file);
    fclose(file);
    CHECK(n < sizeof source - 1);
    source[n] = '\0';
    for (const char *at = source; at; at = strchr(at + 1, '\n'))
        if (walk_stands_here(at, quote))
            return true;
    return false;
}

/* Each step's lines stand in the library. */
static inline void walk_quotes(const struct model *model)
{
    for (int thread = 0; thread < WALKERS; thread++)
        for (const struct step *step = model->threads[thread].steps; step && step->go; step++) {
            bool stands = step->quote[0] == '(';
            for (int i = 0; i < SOURCES && model->sources[i] && !stands; i++)
                stands = walk_stands_in(model->sources[i], step->quote);
            CAUSE("the library was changed: then the model must be, too");
            if (!stands)
                FAIL("each step of the model is a line of the library", "not there any more: %s",
                     step->quote);
        }
}

/* ---- Verdicts ---------------------------------------------------------------------------------- */

static inline void walk_all(const struct model *model)
{
    struct node node = {{0}, {0}};

    CHECK(model->size <= sizeof node.state);
    walk.model = model;
    walk.wrong = NULL;
    walk.count = 0;
    walk.depth = 0;
    if (walk.table)
        memset(walk.table, 0, 2 * walk.room * sizeof *walk.table);
    model->begin((struct state *)(void *)node.state);
    walk_on(&node);
}

static inline void walk_free(void)
{
    free(walk.nodes);
    free(walk.ways);
    free(walk.table);
    walk.nodes = NULL;
    walk.ways = NULL;
    walk.table = NULL;
    walk.count = walk.room = 0;
}

static inline void walk_tell_path(void)
{
    for (int i = 0; i < walk.depth; i++) {
        int thread = walk.path[i].thread;
        printf("# %s: %s\n", walk.model->threads[thread].name,
               walk.model->threads[thread].steps[walk.path[i].step].quote);
    }
    printf("# %s\n", walk.wrong);
}

/* Nothing is wrong in any order. */
static inline void walk_holds(const struct model *model)
{
    walk_quotes(model);
    walk_all(model);
    if (walk.wrong) {
        walk_tell_path();
        FAIL("nothing goes wrong in any order", "%s, after %d steps", walk.wrong, walk.depth);
    }
    CHECK(walk.walked != NULL);
    fprintf(walk.walked, "%lu %.0f\n", (unsigned long)walk.count, walk.ways[0]);
    fflush(walk.walked);
    walk_free();
}

/* The model is broken, and the walker sees it: `wrong` is what is said of it. */
static inline void walk_finds(const struct model *model, const char *wrong)
{
    walk_all(model);
    CAUSE("the walker is blind to what was broken in the model");
    CHECK_TEXT(walk.wrong ? walk.wrong : "nothing", wrong);
    walk_free();
}

/* Begins a program. Returns whether its bound is the wide one. */
static inline bool walk_start(int argc, char *argv[])
{
    check_start(argc, argv);
    check_limit(60);
    walk.walked = tmpfile(); /* afterwards: it begins with a clean table */
    return argc > 1 && strcmp(argv[1], "--full") == 0;
}

static inline int walk_end(const char *program)
{
    int status = check_end();
    unsigned long states, all_states = 0;
    double schedules, all_schedules = 0;

    if (!walk.walked)
        return status;
    rewind(walk.walked);
    while (fscanf(walk.walked, "%lu %lf", &states, &schedules) == 2) {
        all_states += states;
        all_schedules += schedules;
    }
    fclose(walk.walked);
    printf("%s: %lu states walked, %.3g schedules\n", program, all_states, all_schedules);
    return status;
}

#endif
