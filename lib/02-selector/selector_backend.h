/*
 * selector_backend - what a mechanism of the kernel must offer to stand behind a selector: four
 * functions. selector.c checks what users pass; a backend is only asked for what can be.
 */
#ifndef EDDY_SELECTOR_BACKEND_H
#define EDDY_SELECTOR_BACKEND_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct eddy_selector; /* selector.h */

/* A descriptor that a wait found ready. */
struct eddy_selector_ready {
    int fd;
    int events;
    uint32_t id; /* of the registration that it was found for */
};

struct eddy_selector_ops {
    const char *name;
    /* Makes selector->state. Returns 0 or an error. */
    int (*open)(struct eddy_selector *selector);
    void (*close)(struct eddy_selector *selector);
    /* From now on watch `fd` for `events` (0: for nothing). So far it was watched for `before` (0:
     * it is new). `id` is that of the registration; the call before may have had another. Returns
     * 0 or an error, -ENOENT if the kernel does not know `fd` any more; `events` 0 never fails. */
    int (*set)(struct eddy_selector *selector, int fd, uint32_t id, int before, int events);
    /* Waits once, at most `ns` nanoseconds (rounded up to what it can count; INT64_MAX: no limit),
     * and reports what is ready. Returns 0, or an error: -EINTR after a signal. */
    int (*wait)(struct eddy_selector *selector, int64_t ns);
    /* Refuses what cannot be waited for, where the kernel would watch anything: eddy_waitable().
     * NULL: the kernel refuses it, and so does set. */
    int (*look)(int fd, uint64_t *file);
};

/* The backends of this build, best first, NULL after the last: selectors_linux.c or _posix.c. */
extern const struct eddy_selector_ops *const eddy_selector_table[];

extern const struct eddy_selector_ops eddy_selector_select;
extern const struct eddy_selector_ops eddy_selector_poll;
extern const struct eddy_selector_ops eddy_selector_epoll; /* Linux */

/*
 * Open a selector on `ops`: a backend of your own, such as one that a test scripts. Otherwise as
 * eddy_selector_open().
 */
int eddy_selector_open_with(struct eddy_selector *selector, const struct eddy_selector_ops *ops);

/*
 * Ask the backend once, for at most `ns` nanoseconds (INT64_MAX: no limit): for a loop that looks
 * at a clock of its own afterwards. Returns how many are ready, 0 also after a signal, or an error.
 * Does not look whether this is the process that opened the selector: its callers do that.
 */
int eddy_selector_wait_once(struct eddy_selector *selector, int64_t ns);

/* For wait: `fd` is ready. There is room for each registered descriptor once. */
void eddy_selector_report(struct eddy_selector *selector, int fd, uint32_t id, int events);

/* `ns` as milliseconds, rounded up; -1 for no limit: as poll() and epoll_wait() take it. */
int eddy_selector_ms(int64_t ns);

#ifdef __cplusplus
}
#endif

#endif
