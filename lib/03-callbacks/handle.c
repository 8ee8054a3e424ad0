#include "handle.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool eddy_debug_wanted(void)
{
    enum { UNKNOWN, NO, YES };
    static atomic_int wanted = UNKNOWN;
    const char *value;

    if (wanted == UNKNOWN) {
        value = getenv("EDDY_DEBUG");
        wanted = value && *value && strcmp(value, "0") != 0 ? YES : NO;
    }
    return wanted == YES;
}

bool eddy_handle_cancel(struct eddy_handle *handle)
{
    if (!handle->link.prev) /* in no list; or posted, and then its list is under a lock */
        return false;
    eddy_list_remove(&handle->link);
    return true;
}

/* ---- Names, for reports ------------------------------------------------------------------------ */

/* A handle has no room for a name, since a million of them may sleep. But a program has few
 * functions: they are kept here, hashed by address, and nothing is allocated. */
enum { NAMES = 1024, NAMES_MOST = 500 };

struct name {
    void (*fn)(struct eddy_handle *handle); /* NULL: free */
    const char *text;
};

static struct name names[NAMES];
static int name_count;
static pthread_mutex_t names_lock = PTHREAD_MUTEX_INITIALIZER;

/* The entry of `fn`, or the free one where it belongs. The table is never more than half full. */
static struct name *look_up(void (*fn)(struct eddy_handle *handle))
{
    size_t i = ((uintptr_t)fn >> 4) % NAMES;

    while (names[i].fn && names[i].fn != fn)
        i = (i + 1) % NAMES;
    return &names[i];
}

static void note_name(void (*fn)(struct eddy_handle *handle), const char *text)
{
    struct name *name;

    pthread_mutex_lock(&names_lock);
    name = look_up(fn);
    if (!name->fn && name_count < NAMES_MOST) {
        *name = (struct name){fn, text};
        name_count++;
    }
    pthread_mutex_unlock(&names_lock);
}

const char *eddy_handle_name(void (*fn)(struct eddy_handle *handle))
{
    const char *text;

    pthread_mutex_lock(&names_lock);
    text = look_up(fn)->text;
    pthread_mutex_unlock(&names_lock);
    return text ? text : "a callback";
}

void eddy_handle_init_named(struct eddy_handle *handle, void (*fn)(struct eddy_handle *handle),
                            const char *name)
{
    *handle = (struct eddy_handle){.fn = fn};
    if (eddy_debug_wanted())
        note_name(fn, name);
}
