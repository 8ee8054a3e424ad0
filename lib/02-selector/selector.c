#include "selector.h"

#include "errors.h"
#include "fork.h"
#include "selector_backend.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BOTH = EDDY_READ | EDDY_WRITE };

static const int64_t second = 1000000000; /* in nanoseconds */

/* ---- Opening and closing ----------------------------------------------------------------------- */

const char *eddy_selector_nth(int i)
{
    for (int k = 0; eddy_selector_table[k]; k++)
        if (k == i)
            return eddy_selector_table[k]->name;
    return NULL;
}

static const struct eddy_selector_ops *find_ops(const char *name)
{
    for (int i = 0; eddy_selector_table[i]; i++)
        if (!name || strcmp(eddy_selector_table[i]->name, name) == 0)
            return eddy_selector_table[i];
    return NULL;
}

int eddy_selector_open_with(struct eddy_selector *selector, const struct eddy_selector_ops *ops)
{
    int err = eddy_fork_watch();

    *selector = (struct eddy_selector){.forks = eddy_fork_count()};
    if (err == 0)
        err = ops->open(selector);
    if (err == 0)
        selector->ops = ops;
    return err;
}

int eddy_selector_open(struct eddy_selector *selector, const char *name)
{
    const char *wanted = name ? name : getenv("EDDY_SELECTOR");
    const struct eddy_selector_ops *ops = find_ops(name || (wanted && *wanted) ? wanted : NULL);

    *selector = (struct eddy_selector){0};
    return ops ? eddy_selector_open_with(selector, ops) : EDDY_ESELECTOR;
}

void eddy_selector_close(struct eddy_selector *selector)
{
    if (!selector->ops)
        return;
    selector->ops->close(selector);
    free(selector->keys);
    free(selector->ready);
    *selector = (struct eddy_selector){0};
}

const char *eddy_selector_name(const struct eddy_selector *selector)
{
    return selector->ops ? selector->ops->name : "closed";
}

/* A child process shares the parent's epoll set: what it changed would change for the parent. */
static int check_usable(const struct eddy_selector *selector)
{
    if (!selector->ops)
        return EDDY_ECLOSED;
    return selector->forks == eddy_fork_count() ? 0 : EDDY_EFORK;
}

/* ---- The table of registrations ---------------------------------------------------------------- */

static struct eddy_selector_key *find_key(const struct eddy_selector *selector, int fd)
{
    if (fd < 0 || fd >= selector->key_count || selector->keys[fd].events == 0)
        return NULL;
    return &selector->keys[fd];
}

const struct eddy_selector_key *eddy_selector_get(const struct eddy_selector *selector, int fd)
{
    return find_key(selector, fd);
}

/* Room for `fd` in the table. Doubling: registering n descriptors costs O(n) in all. */
static int make_key_room(struct eddy_selector *selector, int fd)
{
    int count = selector->key_count ? selector->key_count : 16;
    struct eddy_selector_key *keys;

    if (fd < selector->key_count)
        return 0;
    while (count <= fd)
        count = count > INT_MAX / 2 ? INT_MAX : 2 * count;
    keys = realloc(selector->keys, (size_t)count * sizeof *keys);
    if (!keys)
        return -ENOMEM;
    memset(keys + selector->key_count, 0, (size_t)(count - selector->key_count) * sizeof *keys);
    selector->keys = keys;
    selector->key_count = count;
    return 0;
}

/* Room to report one descriptor more. Made here, so that a wait has nothing to allocate. */
static int make_ready_room(struct eddy_selector *selector)
{
    int room = selector->ready_room ? 2 * selector->ready_room : 16;
    struct eddy_selector_ready *ready;

    if (selector->registered < selector->ready_room)
        return 0;
    ready = realloc(selector->ready, (size_t)room * sizeof *ready);
    if (!ready)
        return -ENOMEM;
    selector->ready = ready;
    selector->ready_room = room;
    return 0;
}

static int check_events(const struct eddy_selector *selector, int fd, int events)
{
    int err = check_usable(selector);

    if (err < 0)
        return err;
    return fd < 0 || events == 0 || (events & ~BOTH) != 0 ? -EINVAL : 0;
}

/* Whether `fd` can be waited for, and which file it is, where the mechanism does not know itself. */
static int look_at(const struct eddy_selector *selector, int fd, uint64_t *file)
{
    return selector->ops->look ? selector->ops->look(fd, file) : 0;
}

/* The kernel first: a number that it knows is one for which the table may grow. */
static int enter_key(struct eddy_selector *selector, int fd, struct eddy_selector_key key)
{
    int err = make_ready_room(selector);

    if (err == 0)
        err = selector->ops->set(selector, fd, key.id, 0, key.events);
    if (err < 0)
        return err;
    err = make_key_room(selector, fd);
    if (err < 0) {
        selector->ops->set(selector, fd, key.id, key.events, 0);
        return err;
    }
    selector->keys[fd] = key;
    selector->registered++;
    return 0;
}

int eddy_selector_register(struct eddy_selector *selector, int fd, int events, void *data)
{
    struct eddy_selector_key key = {.events = events, .data = data};
    int err = check_events(selector, fd, events);

    if (err == 0 && find_key(selector, fd))
        err = -EEXIST;
    if (err == 0)
        err = look_at(selector, fd, &key.file);
    if (err < 0)
        return err;
    key.id = ++selector->last_id;
    return enter_key(selector, fd, key);
}

/* The kernel is asked, whatever the table says: it alone knows whether this is still the file that was
 * registered. It gets a new id in any case, so that nothing found before is told. */
static int renew_key(struct eddy_selector *selector, int fd, int events, void *data)
{
    struct eddy_selector_key *key = find_key(selector, fd), now = {.data = data};
    int err = look_at(selector, fd, &now.file);
    bool same = now.file == key->file;

    if (err < 0)
        return err;
    now.id = ++selector->last_id;
    now.events = same ? key->events | events : events;
    err = selector->ops->set(selector, fd, now.id, key->events, now.events);
    if (err == -ENOENT) {
        same = false;
        now.events = events;
        err = selector->ops->set(selector, fd, now.id, 0, events);
    }
    if (err < 0)
        return err;
    *key = now;
    return same ? 0 : 1;
}

int eddy_selector_add(struct eddy_selector *selector, int fd, int events, void *data)
{
    int err = check_events(selector, fd, events);

    if (err < 0)
        return err;
    return find_key(selector, fd) ? renew_key(selector, fd, events, data)
                                  : eddy_selector_register(selector, fd, events, data);
}

int eddy_selector_modify(struct eddy_selector *selector, int fd, int events, void *data)
{
    struct eddy_selector_key *key = find_key(selector, fd);
    int err = check_usable(selector);

    if (err < 0)
        return err;
    if (!key)
        return -ENOENT;
    if ((events & ~BOTH) != 0)
        return -EINVAL;
    if (events == 0)
        return eddy_selector_unregister(selector, fd);
    if (events != key->events)
        err = selector->ops->set(selector, fd, key->id, key->events, events);
    if (err < 0)
        return err;
    key->events = events;
    key->data = data;
    return 0;
}

int eddy_selector_unregister(struct eddy_selector *selector, int fd)
{
    struct eddy_selector_key *key = find_key(selector, fd);
    int err = check_usable(selector);

    if (err < 0)
        return err;
    if (!key)
        return -ENOENT;
    selector->ops->set(selector, fd, key->id, key->events, 0);
    key->events = 0;
    selector->registered--;
    return 0;
}

/* ---- Waiting ----------------------------------------------------------------------------------- */

static int64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * second + time.tv_nsec;
}

/* Rounded up: a wait that ends too early makes its caller spin until the time has come. */
static int64_t nanoseconds(double seconds)
{
    double exact = seconds * 1e9;
    int64_t whole;

    if (seconds <= 0)
        return 0;
    if (seconds > 9e9)
        return INT64_MAX;
    whole = (int64_t)exact;
    return (double)whole < exact ? whole + 1 : whole;
}

int eddy_selector_ms(int64_t ns)
{
    int64_t ms = ns / 1000000 + (ns % 1000000 > 0);

    if (ns == INT64_MAX)
        return -1;
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

void eddy_selector_report(struct eddy_selector *selector, int fd, uint32_t id, int events)
{
    if (selector->ready_count < selector->ready_room)
        selector->ready[selector->ready_count++] =
            (struct eddy_selector_ready){.fd = fd, .events = events, .id = id};
}

int eddy_selector_wait_once(struct eddy_selector *selector, int64_t ns)
{
    int err = selector->ops ? 0 : EDDY_ECLOSED;

    selector->ready_count = selector->told = 0;
    if (err == 0)
        err = selector->ops->wait(selector, ns);
    return err < 0 && err != -EINTR ? err : selector->ready_count;
}

int eddy_selector_wait(struct eddy_selector *selector, double timeout)
{
    int64_t left, deadline = 0;
    bool limited;
    int n = check_usable(selector);

    if (n < 0)
        return n;
    if (isnan(timeout))
        return -EINVAL;
    left = nanoseconds(timeout);
    limited = left > 0 && left < INT64_MAX;
    if (limited)
        deadline = now() + left;
    for (;;) {
        n = eddy_selector_wait_once(selector, left);
        if (limited)
            left = deadline - now();
        if (n != 0 || left <= 0)
            return n;
    }
}

bool eddy_selector_next(struct eddy_selector *selector, struct eddy_event *event)
{
    while (selector->told < selector->ready_count) {
        struct eddy_selector_ready *ready = &selector->ready[selector->told++];
        const struct eddy_selector_key *key = find_key(selector, ready->fd);
        if (!key || key->id != ready->id || (ready->events & key->events) == 0)
            continue;
        *event = (struct eddy_event){ready->fd, ready->events & key->events, key->data};
        return true;
    }
    return false;
}
