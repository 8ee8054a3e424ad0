/*
 * Exercise 03.5, find the bug: a house with a porter and a doorbell. Whoever connects is a visitor. A
 * thread at the gate waits for visitors, in calls that block; it notes each of them and rings. The
 * porter is the loop, in another thread: when the bell rings, he lets in all who wait.
 *
 *     make check-03.5        builds it, rings, and says what goes wrong
 *     build/learn/exercises/03.5/5-doorbell 8081    then, in other terminals:  nc localhost 8081
 *
 * It works whenever you try it by hand. Yet one day the bell is dead: visitors ring, and the porter
 * sleeps on. One function is wrong. (moment() is the test's, and does nothing unless asked to.)
 */
#include "5-doorbell.h"

#include "../../chapters/demo.h"

#include "loop.h"
#include "turn.h"

#include <poll.h>

enum { STREET = 16 }; /* visitors who can wait at a time */

struct house {
    struct eddy_loop loop;
    struct eddy_watch bell_watch, stop_watch;
    int gate, stop_fd; /* where visitors come; what Ctrl-C makes readable */
    int bell[2];       /* a pipe: it rings as long as there is a byte in it */
    pthread_mutex_t lock;
    int waiting[STREET], count; /* under the lock: who has come and is not let in */
    int inside;
};

/* ---- The thread at the gate -------------------------------------------------------------------- */

/* Rings for the first who waits. Whoever comes after him need not: the porter is on his way. */
static void ring(struct house *house, int visitor)
{
    bool first, room;

    pthread_mutex_lock(&house->lock);
    first = house->count == 0;
    room = house->count < STREET;
    if (room)
        house->waiting[house->count++] = visitor;
    pthread_mutex_unlock(&house->lock);
    if (!room)
        eddy_net_close(visitor);
    if (first && write(house->bell[1], "", 1) < 0)
        perror("the bell is broken");
    moment_rung(1);
}

static void *stand_at_the_gate(void *arg)
{
    struct house *house = arg;
    struct pollfd watched[] = {{.fd = house->gate, .events = POLLIN},
                               {.fd = house->stop_fd, .events = POLLIN}};
    int visitor;

    for (;;) {
        poll(watched, 2, -1);
        if (watched[1].revents) {
            moment_rung(2); /* so the porter does not stand still for ever */
            return NULL;
        }
        while ((visitor = eddy_net_accept(house->gate)) >= 0)
            ring(house, visitor);
    }
}

/* ---- The porter -------------------------------------------------------------------------------- */

/* Takes all who wait. Returns how many. */
static int take_all(struct house *house, int visitors[STREET])
{
    int count;

    moment(&house->lock);
    pthread_mutex_lock(&house->lock);
    count = house->count;
    memcpy(visitors, house->waiting, sizeof house->waiting);
    house->count = 0;
    pthread_mutex_unlock(&house->lock);
    moment(&house->lock);
    return count;
}

/* The bell rings no more. */
static void silence(struct house *house)
{
    char bytes[64];

    moment(&house->lock);
    if (read(house->bell[0], bytes, sizeof bytes) < 0 && errno != EAGAIN)
        perror("the bell cannot be silenced");
    moment(&house->lock);
}

static void let_in(struct house *house, int visitor)
{
    char text[64];
    int n = snprintf(text, sizeof text, "come in, number %d\n", ++house->inside);

    eddy_net_send(visitor, text, (size_t)n);
    eddy_net_close(visitor);
}

/* The loop calls this as long as the bell rings. */
static void on_bell(struct eddy_handle *handle)
{
    struct house *house = container_of(handle, struct house, bell_watch.handle);
    int visitors[STREET], count;

    count = take_all(house, visitors);
    for (int i = 0; i < count; i++)
        let_in(house, visitors[i]);
    silence(house);
}

static void on_stop(struct eddy_handle *handle)
{
    eddy_loop_stop(&container_of(handle, struct house, stop_watch.handle)->loop);
}

/* ---- Beginning and end ------------------------------------------------------------------------- */

/* Ends the program when there is no pipe, no memory, no thread. */
static void must(int err)
{
    if (err == 0)
        return;
    fprintf(stderr, "doorbell: %s\n", eddy_strerror(err));
    exit(1);
}

static void open_house(struct house *house)
{
    eddy_watch_init(&house->bell_watch, on_bell);
    eddy_watch_init(&house->stop_watch, on_stop);
    must(-pthread_mutex_init(&house->lock, NULL));
    must(pipe(house->bell) < 0 ? -errno : 0);
    must(eddy_net_prepare(house->bell[0]));
    must(eddy_net_prepare(house->bell[1]));
    must(eddy_loop_open(&house->loop, NULL));
    must(eddy_loop_add_reader(&house->loop, house->bell[0], &house->bell_watch));
    must(eddy_loop_add_reader(&house->loop, house->stop_fd, &house->stop_watch));
}

static void close_house(struct house *house)
{
    eddy_loop_close(&house->loop);
    while (house->count > 0)
        eddy_net_close(house->waiting[--house->count]);
    close(house->bell[0]);
    close(house->bell[1]);
    eddy_net_close(house->gate);
    pthread_mutex_destroy(&house->lock);
}

int main(int argc, char *argv[])
{
    struct demo demo = demo_start(argc, argv, "A house with a porter and a doorbell.");
    struct house house = {.stop_fd = demo_stop_fd()};
    pthread_t gate;

    demo.host = "127.0.0.1";
    open_house(&house);
    demo_listen(&demo, &house.gate, 1);
    must(-pthread_create(&gate, NULL, stand_at_the_gate, &house));
    eddy_loop_run_forever(&house.loop);
    pthread_join(gate, NULL);
    printf("%d have come in; the porter had %d moments\n", house.inside, moments.count);
    close_house(&house);
    demo_end();
    return 0;
}
