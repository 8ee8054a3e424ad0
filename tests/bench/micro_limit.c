/*
 * micro_limit - what the operations of micro.c cost with nothing around them: a ring of calls, a heap
 * with four children, one eventfd. Linux only.
 *
 *     micro_limit soon|timers|wake
 *
 * What eddy is compared with: a library cannot be faster than this by much. (So it is no model for
 * one: nothing is checked, nothing can be cancelled but a timer, and equal times come in any order.)
 */
#include "micro.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

static int epoll_fd, wake_fd;
static long left;

static void open_all(void)
{
    struct epoll_event wanted = {.events = EPOLLIN};

    epoll_fd = must_errno(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    wake_fd = must_errno(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
    must_errno(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, wake_fd, &wanted), "epoll_ctl");
}

static void look(int ms)
{
    struct epoll_event events[64];

    must_errno(epoll_wait(epoll_fd, events, 64, ms), "epoll_wait");
}

/* ---- soon: a ring ------------------------------------------------------------------------------ */

enum { BATCH = 1000, RING = 2048 };

struct call {
    void (*fn)(void *data);
    void *data;
};

static struct call ring[RING];
static size_t head, tail;

static void call_soon(void (*fn)(void *data), void *data)
{
    must(tail - head < RING ? 0 : -ENOBUFS, "the ring is full");
    ring[tail++ % RING] = (struct call){fn, data};
}

/* Turns of a loop, until nothing is in the ring: look at the descriptors, then call what was there. */
static void run_ring(void)
{
    while (head != tail) {
        size_t end = tail;
        look(0);
        while (head != end) {
            struct call *call = &ring[head++ % RING];
            call->fn(call->data);
        }
    }
}

static void link_of_chain(void *data)
{
    if (--left > 0)
        call_soon(link_of_chain, data);
}

static void count_down(void *data)
{
    (void)data;
    left--;
}

static void bench_soon(void)
{
    long n = number("N_CHAIN", 1000000);
    double begin = now();

    left = n;
    call_soon(link_of_chain, NULL);
    run_ring();
    report("soon_chain", (now() - begin) / (double)n);

    n = left = number("N_SOON", 5000000);
    begin = now();
    while (left > 0) {
        for (int i = 0; i < BATCH; i++)
            call_soon(count_down, NULL);
        run_ring();
    }
    report("soon_batch1000", (now() - begin) / (double)(n - left));
}

/* ---- timers: a heap of pointers, four children each -------------------------------------------- */

struct timer {
    int64_t when; /* nanoseconds */
    size_t slot;
    void (*fn)(struct timer *timer);
};

static struct timer **heap;
static size_t heap_count;

static void place(size_t i, struct timer *timer)
{
    heap[i] = timer;
    timer->slot = i;
}

static void sift_up(size_t i, struct timer *timer)
{
    for (; i > 0 && timer->when < heap[(i - 1) / 4]->when; i = (i - 1) / 4)
        place(i, heap[(i - 1) / 4]);
    place(i, timer);
}

static void sift_down(size_t i, struct timer *timer)
{
    for (size_t child = 4 * i + 1; child < heap_count; child = 4 * i + 1) {
        size_t end = child + 4 < heap_count ? child + 4 : heap_count;
        for (size_t k = child + 1; k < end; k++)
            if (heap[k]->when < heap[child]->when)
                child = k;
        if (timer->when <= heap[child]->when)
            break;
        place(i, heap[child]);
        i = child;
    }
    place(i, timer);
}

static void cancel(struct timer *timer)
{
    size_t i = timer->slot;
    struct timer *last = heap[--heap_count];

    if (last == timer)
        return;
    if (i > 0 && last->when < heap[(i - 1) / 4]->when)
        sift_up(i, last);
    else
        sift_down(i, last);
}

static void fire_due(void)
{
    int64_t time = (int64_t)now();

    while (heap_count > 0 && heap[0]->when <= time) {
        struct timer *timer = heap[0];
        cancel(timer);
        timer->fn(timer);
    }
}

static void on_time(struct timer *timer)
{
    (void)timer;
    left--;
}

static void set_all(struct timer *timers, long n, int64_t offset)
{
    int64_t base = (int64_t)now() + offset;
    uint64_t span = (uint64_t)timers_span() * 1000000;

    left = n;
    for (long i = 0; i < n; i++) {
        timers[i].when = base + (int64_t)random_below(span);
        sift_up(heap_count++, &timers[i]);
    }
}

/* With their real deadlines, and the sleep between them. */
static void live(void)
{
    while (left > 0) {
        int64_t ns = heap[0]->when - (int64_t)now();
        look(ns > 0 ? (int)((ns + 999999) / 1000000) : 0);
        fire_due();
    }
}

static void bench_timers(void)
{
    long n = number("N_TIMERS", 1000000);
    struct timer *timers = allocate((size_t)n, sizeof *timers);
    double begin;

    heap = allocate((size_t)n, sizeof *heap);
    for (long i = 0; i < n; i++)
        timers[i].fn = on_time;
    begin = now();
    set_all(timers, n, 0);
    report("timer_add", (now() - begin) / (double)n);

    wait_until(begin + ((double)timers_span() + 10) * 1e6);
    begin = now();
    fire_due();
    report("timer_fire", (now() - begin) / (double)(n - left));

    set_all(timers, n, 0);
    begin = now();
    for (long i = 0; i < n; i++)
        cancel(&timers[i]);
    report("timer_cancel", (now() - begin) / (double)n);

    set_all(timers, n, 200000000);
    begin = cpu_time();
    live();
    report("timer_live_cpu", (cpu_time() - begin) / (double)n);
    free(heap);
    free(timers);
}

/* ---- wake: an eventfd, and for more than one message a list under a lock ------------------------ */

static int back[2];

static void wake(void)
{
    uint64_t one = 1;

    must_errno(write(wake_fd, &one, sizeof one), "write");
}

static void sleep_till_woken(void)
{
    uint64_t count;

    look(-1);
    must_errno(read(wake_fd, &count, sizeof count), "read");
}

static void *wake_and_wait(void *n)
{
    for (long i = *(long *)n; i > 0; i--) {
        wake();
        back_wait(back);
    }
    return NULL;
}

static void answer_all(long n)
{
    for (; n > 0; n--) {
        sleep_till_woken();
        back_signal(back);
    }
}

struct message {
    struct message *next;
};

static struct message *messages, *first, **last = &first;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *post_all(void *n)
{
    for (long i = 0; i < *(long *)n; i++) {
        pthread_mutex_lock(&lock);
        if (!first)
            wake();
        *last = &messages[i];
        last = &messages[i].next;
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static struct message *take_all(void)
{
    struct message *taken;

    pthread_mutex_lock(&lock);
    taken = first;
    first = NULL;
    last = &first;
    pthread_mutex_unlock(&lock);
    return taken;
}

static void receive_all(long n)
{
    while (n > 0) {
        sleep_till_woken();
        for (struct message *message = take_all(); message; message = message->next)
            n--;
    }
}

static void run_beside(const char *metric, void *(*thread_main)(void *), void (*loop)(long), long n)
{
    double begin = now();
    pthread_t thread;

    must(-pthread_create(&thread, NULL, thread_main, &n), "thread");
    loop(n);
    report(metric, (now() - begin) / (double)n);
    pthread_join(thread, NULL);
}

static void bench_wake(void)
{
    long n = number("N_POST", 1000000);

    must(back_open(back), "the way back");
    run_beside("wake_roundtrip", wake_and_wait, answer_all, number("N_WAKE", 20000));
    messages = allocate((size_t)n, sizeof *messages);
    run_beside("post_flood", post_all, receive_all, n);
    free(messages);
}

/* ------------------------------------------------------------------------------------------------ */

static const struct bench benches[] = {
    {"soon", bench_soon}, {"timers", bench_timers}, {"wake", bench_wake}, {NULL, NULL}};

int main(int argc, char *argv[])
{
    open_all();
    return run_bench(benches, argc, argv);
}
