#include "context.h"

#include "errors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS_FIRST = 64 };

struct setting {
    const struct eddy_context_var *var;
    void *value;
};

/* What one task has. */
struct record {
    struct record *next; /* in its bucket */
    const struct eddy_task *task;
    const char *name;
    size_t count;
    struct setting settings[];
};

/* What a loop keeps: its tasks' records, by the tasks' addresses. */
struct contexts {
    struct eddy_guest guest;
    struct eddy_task_hooks hooks;
    struct record **buckets;
    size_t bucket_count, count; /* the first is a power of two */
};

/* ---- The table --------------------------------------------------------------------------------- */

/* Tasks lie at multiples of 8 and more: their low bits say nothing. (Fibonacci hashing: Knuth, volume 3.) */
static size_t bucket_of(const struct contexts *contexts, const struct eddy_task *task)
{
    uint64_t mixed = (uint64_t)(uintptr_t)task * UINT64_C(0x9E3779B97F4A7C15);

    return (size_t)(mixed >> 32) & (contexts->bucket_count - 1);
}

/* Where the link to the task's record is; *that is NULL if it has none. */
static struct record **find_record(const struct contexts *contexts, const struct eddy_task *task)
{
    struct record **link = &contexts->buckets[bucket_of(contexts, task)];

    while (*link && (*link)->task != task)
        link = &(*link)->next;
    return link;
}

static void add_record(struct contexts *contexts, struct record *record)
{
    struct record **bucket = &contexts->buckets[bucket_of(contexts, record->task)];

    record->next = *bucket;
    *bucket = record;
    contexts->count++;
}

/* Without memory the buckets stay, and their lists grow. */
static void grow_table(struct contexts *contexts)
{
    struct record **old = contexts->buckets, *record;
    size_t n = contexts->bucket_count;
    struct record **buckets = contexts->count < n ? NULL : calloc(2 * n, sizeof(*buckets));

    if (!buckets)
        return;
    contexts->buckets = buckets;
    contexts->bucket_count = 2 * n;
    contexts->count = 0;
    for (size_t i = 0; i < n; i++)
        while ((record = old[i]) != NULL) {
            old[i] = record->next;
            add_record(contexts, record);
        }
    free(old);
}

/* A record of `count` settings, of which none is filled in. NULL: no memory. */
static struct record *make_record(struct contexts *contexts, const struct eddy_task *task,
                                  size_t count)
{
    struct record *record = calloc(1, sizeof *record + count * sizeof record->settings[0]);

    if (!record)
        return NULL;
    grow_table(contexts);
    record->task = task;
    record->count = count;
    add_record(contexts, record);
    return record;
}

static void drop_record(struct contexts *contexts, const struct eddy_task *task)
{
    struct record **link = find_record(contexts, task), *record = *link;

    if (!record)
        return;
    *link = record->next;
    contexts->count--;
    free(record);
}

/* ---- What the loop and its tasks tell ---------------------------------------------------------- */

static struct contexts *contexts_of_hooks(struct eddy_task_hooks *hooks)
{
    return container_of(hooks, struct contexts, hooks);
}

static int inherit_values(struct eddy_task_hooks *hooks, struct eddy_task *task,
                          struct eddy_task *parent)
{
    struct contexts *contexts = contexts_of_hooks(hooks);
    struct record *theirs = parent ? *find_record(contexts, parent) : NULL, *record;

    if (!theirs || theirs->count == 0)
        return 0;
    record = make_record(contexts, task, theirs->count);
    if (!record)
        return -ENOMEM;
    memcpy(record->settings, theirs->settings, theirs->count * sizeof theirs->settings[0]);
    return 0;
}

static void on_ended(struct eddy_task_hooks *hooks, struct eddy_task *task)
{
    drop_record(contexts_of_hooks(hooks), task);
}

static const char *own_name(struct eddy_task_hooks *hooks, const struct eddy_task *task)
{
    const struct record *record = *find_record(contexts_of_hooks(hooks), task);

    return record ? record->name : NULL;
}

static void close_contexts(struct eddy_loop *loop, struct eddy_guest *guest)
{
    struct contexts *contexts = container_of(guest, struct contexts, guest);
    struct record *record;

    (void)loop;
    for (size_t i = 0; i < contexts->bucket_count; i++)
        while ((record = contexts->buckets[i]) != NULL) {
            contexts->buckets[i] = record->next;
            free(record);
        }
    free(contexts->buckets);
    free(contexts);
}

static const struct eddy_guest_type guest_type = {.name = "contexts", .close = close_contexts};

static struct contexts *contexts_of(const struct eddy_loop *loop)
{
    struct eddy_guest *guest = eddy_loop_guest(loop, &guest_type);

    return guest ? container_of(guest, struct contexts, guest) : NULL;
}

/* The same, made if it is the first. NULL: no memory. */
static struct contexts *contexts_for(struct eddy_loop *loop)
{
    struct contexts *contexts = contexts_of(loop);

    if (contexts)
        return contexts;
    contexts = calloc(1, sizeof *contexts);
    if (contexts)
        contexts->buckets = calloc(BUCKETS_FIRST, sizeof(*contexts->buckets));
    if (!contexts || !contexts->buckets) {
        free(contexts);
        return NULL;
    }
    contexts->bucket_count = BUCKETS_FIRST;
    contexts->hooks.born = inherit_values;
    contexts->hooks.ended = on_ended;
    contexts->hooks.name = own_name;
    eddy_loop_add_guest(loop, &contexts->guest, &guest_type);
    eddy_task_add_hooks(loop, &contexts->hooks);
    return contexts;
}

/* ---- Values ------------------------------------------------------------------------------------ */

static struct setting *find_setting(struct record *record, const struct eddy_context_var *var)
{
    for (size_t i = 0; record && i < record->count; i++)
        if (record->settings[i].var == var)
            return &record->settings[i];
    return NULL;
}

/* A record with room for one setting more takes the place of the task's. NULL: no memory. */
static struct setting *add_setting(struct contexts *contexts, const struct eddy_task *task)
{
    struct record **link = find_record(contexts, task), *old = *link;
    size_t count = old ? old->count : 0;
    struct record *record;

    if (!old) {
        record = make_record(contexts, task, 1);
        return record ? &record->settings[0] : NULL;
    }
    record = realloc(old, sizeof *record + (count + 1) * sizeof record->settings[0]);
    if (!record)
        return NULL;
    *link = record;
    record->count = count + 1;
    return &record->settings[count];
}

int eddy_context_var_set(const struct eddy_context_var *var, void *value)
{
    struct eddy_task *task = eddy_current_task();
    struct contexts *contexts = task ? contexts_for(task->future.loop) : NULL;
    struct setting *setting;

    if (!task)
        return -EINVAL;
    if (!contexts)
        return -ENOMEM;
    setting = find_setting(*find_record(contexts, task), var);
    if (!setting)
        setting = add_setting(contexts, task);
    if (!setting)
        return -ENOMEM;
    *setting = (struct setting){.var = var, .value = value};
    return 0;
}

void *eddy_context_var_get(const struct eddy_context_var *var)
{
    struct eddy_task *task = eddy_current_task();
    struct contexts *contexts = task ? contexts_of(task->future.loop) : NULL;
    struct setting *setting = contexts ? find_setting(*find_record(contexts, task), var) : NULL;

    return setting ? setting->value : var->fallback;
}

/* ---- Names ------------------------------------------------------------------------------------- */

int eddy_task_set_name(struct eddy_task *task, const char *name)
{
    struct contexts *contexts;
    struct record *record;
    int err =
        eddy_task_done(task) ? -EINVAL : eddy_loop_check_thread(task->future.loop, "task_set_name");

    if (err < 0)
        return err;
    contexts = contexts_for(task->future.loop);
    if (!contexts)
        return -ENOMEM;
    record = *find_record(contexts, task);
    if (!record)
        record = make_record(contexts, task, 0);
    if (!record)
        return -ENOMEM;
    record->name = name;
    return 0;
}

const char *eddy_task_name(const struct eddy_task *task)
{
    const char *name = eddy_task_own_name(task);

    return name ? name : eddy_co_name(task->co);
}
