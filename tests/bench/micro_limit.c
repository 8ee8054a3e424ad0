/*
 * micro_limit - what the operations of micro.c cost with nothing around them: a ring of calls, a heap
 * with four children (micro_limit_timers.c), one eventfd. Linux only.
 *
 *     micro_limit soon|timers|wake|tasks|mem|gather|wait_for|pool|spawn
 *
 * What eddy is compared with: a library cannot be faster than this by much. (So it is no model for
 * one: nothing is checked, nothing can be cancelled but a timer, and equal times come in any order.)
 */
#include "micro_limit.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

static int epoll_fd, wake_fd;
static long left;

void look_at(int fd)
{
    struct epoll_event wanted = {.events = EPOLLIN};

    must_errno(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &wanted), "epoll_ctl");
}

static void open_all(void)
{
    epoll_fd = must_errno(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    wake_fd = must_errno(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
    look_at(wake_fd);
}

void look(int ms)
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

/* ---- tasks: state machines in the ring --------------------------------------------------------- */

struct task {
    int state;
    long yields;
};

static void step(void *data)
{
    struct task *task = data;

    switch (task->state) {
    case 0:
        if (task->yields-- > 0) {
            call_soon(step, task);
            return;
        }
        task->state = 1;
        break;
    default:
        break;
    }
    free(task);
}

static void start_batch(long yields)
{
    for (int i = 0; i < BATCH; i++) {
        struct task *task = malloc(sizeof *task);
        must(task ? 0 : -ENOMEM, "memory");
        *task = (struct task){.yields = yields};
        call_soon(step, task);
    }
}

static void bench_tasks(void)
{
    long batches = (number("N_TASKS", 1000000) + BATCH - 1) / BATCH;
    long yields = number("N_YIELDS", 5000);
    double begin = now();

    for (long i = 0; i < batches; i++) {
        start_batch(1);
        run_ring();
    }
    report("task_once", (now() - begin) / (double)(batches * BATCH));

    begin = now();
    start_batch(yields);
    run_ring();
    report("task_switch", (now() - begin) / (double)(yields * BATCH));
}

/* ---- wake: an eventfd, and for more than one message a list under a lock ------------------------ */

static int back[2];

void wake(void)
{
    uint64_t one = 1;

    must_errno(write(wake_fd, &one, sizeof one), "write");
}

void sleep_till_woken(void)
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

static const struct bench benches[] = {{"soon", bench_soon},         {"timers", bench_timers},
                                       {"wake", bench_wake},         {"tasks", bench_tasks},
                                       {"mem", bench_mem},           {"gather", bench_gather},
                                       {"wait_for", bench_wait_for}, {"pool", bench_pool},
                                       {"spawn", bench_spawn},       {NULL, NULL}};

int main(int argc, char *argv[])
{
    open_all();
    return run_bench(benches, argc, argv);
}
