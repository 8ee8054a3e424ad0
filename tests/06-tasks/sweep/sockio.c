/* Each scenario awaits sockets, or a pipe, on each selector that this build has. */
#include "sweep.h"

#include "errors.h"
#include "faults.h"
#include "fdio.h"
#include "net.h"
#include "plausible.h"
#include "report.h"
#include "selector.h"
#include "sockio.h"
#include "task.h"
#include "until_complete.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *which; /* the selector that is swept */
static struct eddy_loop loop;
static struct eddy_io io, io2;
static int pair[2] = {-1, -1};

static int prepare(int fd)
{
    int err;

    faults_hold(true);
    err = eddy_net_prepare(fd);
    faults_hold(false);
    return err;
}

static int set_up(void)
{
    int err = sweep_pair(pair);

    if (err == 0)
        err = prepare(pair[0]);
    if (err == 0)
        err = eddy_loop_open(&loop, &(struct eddy_loop_options){.selector = which});
    return err;
}

static int tear_down(int err)
{
    if (loop.open && loop.watches.count > 0)
        err = sweep_wrong("it is done, and watches on");
    eddy_loop_close(&loop);
    sweep_hang_up(pair[0]);
    sweep_hang_up(pair[1]);
    loop = (struct eddy_loop){0};
    return err;
}

/* A loop that fails leaves the operation waiting: it lies here, and is given up. */
static int complete(struct eddy_future *future)
{
    int err = eddy_loop_run_until_complete(&loop, future);

    if (err != eddy_future_error(future) && err >= 0)
        return sweep_wrong("it returned neither the outcome nor an error");
    eddy_future_cancel(future);
    return err;
}

/* ---- The scenarios -------------------------------------------------------------------------------- */

static int receives(void)
{
    char text[8] = "";
    int err = set_up();

    if (err == 0)
        err = sweep_say(pair[1], "ab");
    if (err == 0)
        err = complete(eddy_recv(&io, &loop, pair[0], text, 1));
    if (err == 0)
        err = complete(eddy_recv(&io, &loop, pair[0], text + 1, 7));
    if (err == 0 && strcmp(text, "ab") != 0)
        err = sweep_wrong("it received something else");
    return tear_down(err);
}

/* Behind a short receive, the next waits before it tries. */
static int waits_and_receives(void)
{
    struct eddy_future *future;
    char text[8] = "";
    int err = set_up();

    if (err == 0) {
        future = eddy_recv(&io, &loop, pair[0], text, 8);
        err = sweep_say(pair[1], "a");
        err = err ? err : complete(future);
    }
    if (err == 0) {
        future = eddy_recv(&io, &loop, pair[0], text + 1, 7);
        err = sweep_say(pair[1], "b");
        err = err ? err : complete(future);
    }
    if (err == 0 && strcmp(text, "ab") != 0)
        err = sweep_wrong("it received something else");
    return tear_down(err);
}

static int sends(void)
{
    int err = set_up();

    if (err == 0)
        err = complete(eddy_sendall(&io, &loop, pair[0], "hello", 5));
    if (err == 0 && io.n != 5)
        err = sweep_wrong("it has sent, and says something else");
    if (err == 0)
        err = sweep_hear(pair[1], "hello");
    return tear_down(err);
}

static int is_closed_meanwhile(void)
{
    char text[8];
    struct eddy_future *future;
    int err = set_up(), fd = pair[0];

    if (err == 0) {
        future = eddy_recv(&io, &loop, fd, text, 8);
        if (!eddy_future_done(future)) {
            pair[0] = -1;
            eddy_loop_close_fd(&loop, fd);
        }
        err = complete(future);
        err = err == EDDY_ECLOSED ? 0 : err == 0 ? sweep_wrong("nothing had come") : err;
    }
    return tear_down(err);
}

static int listen_on(struct sockaddr_in *addr, int type)
{
    socklen_t n = sizeof *addr;
    int fd, err;

    faults_hold(true);
    fd = socket(AF_INET, type, 0);
    *addr = (struct sockaddr_in){.sin_family = AF_INET};
    addr->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    err = fd < 0 || bind(fd, (struct sockaddr *)addr, n) < 0 ||
          (type == SOCK_STREAM && listen(fd, 5) < 0) ||
          getsockname(fd, (struct sockaddr *)addr, &n) < 0 || eddy_net_prepare(fd) < 0;
    faults_hold(false);
    return err ? -errno : fd;
}

/* Closed by hand: whether it could be is not what is asked. */
static void drop(int fd)
{
    faults_hold(true);
    if (fd >= 0)
        eddy_loop_close_fd(&loop, fd);
    faults_hold(false);
}

static int connects_and_accepts(void)
{
    struct sockaddr_in addr;
    int listener = listen_on(&addr, SOCK_STREAM), client = -1, err = set_up();

    if (err == 0)
        err = client = eddy_socket(&loop, AF_INET, SOCK_STREAM);
    if (err >= 0)
        err = complete(eddy_connect(&io, &loop, client, (struct sockaddr *)&addr, sizeof addr));
    if (err == 0) {
        err = complete(eddy_accept(&io2, &loop, listener));
        if (eddy_future_error(&io2.future) == 0)
            drop((int)io2.n); /* also if it was the loop that failed, behind it */
    }
    drop(client);
    drop(listener);
    return tear_down(err);
}

static int is_refused(void)
{
    struct sockaddr_in addr;
    int nobody = listen_on(&addr, SOCK_STREAM), client = -1, err = set_up();

    drop(nobody); /* now nobody listens */
    if (err == 0)
        err = client = eddy_socket(&loop, AF_INET, SOCK_STREAM);
    if (err >= 0) {
        err = complete(eddy_connect(&io, &loop, client, (struct sockaddr *)&addr, sizeof addr));
        err = err == -ECONNREFUSED ? 0 : err == 0 ? sweep_wrong("nobody listens there") : err;
    }
    drop(client);
    return tear_down(err);
}

static int passes_datagrams(void)
{
    struct sockaddr_in addr, from;
    char text[8] = "";
    int fd = listen_on(&addr, SOCK_DGRAM), err = set_up();

    if (err == 0)
        err = complete(
            eddy_sendto(&io, &loop, fd, "hello", 5, (struct sockaddr *)&addr, sizeof addr));
    if (err == 0)
        err = complete(eddy_recvfrom(&io2, &loop, fd, text, sizeof text, (struct sockaddr *)&from,
                                     sizeof from));
    if (err == 0 && (strcmp(text, "hello") != 0 || from.sin_port != addr.sin_port))
        err = sweep_wrong("it received something else");
    drop(fd);
    return tear_down(err);
}

/* Both ends block. */
static int passes_through_a_pipe(void)
{
    char text[8] = "";
    int ends[2] = {-1, -1}, err = set_up();

    faults_hold(true);
    if (pipe(ends) < 0)
        err = -errno;
    faults_hold(false);
    if (err == 0)
        err = complete(eddy_write(&io, &loop, ends[1], "hello", 5));
    if (err == 0)
        err = complete(eddy_read(&io2, &loop, ends[0], text, sizeof text));
    if (err == 0 && (io2.n < 1 || memcmp(text, "hello", (size_t)io2.n) != 0))
        err = sweep_wrong("it read something else");
    drop(ends[0]);
    drop(ends[1]);
    return tear_down(err);
}

SWEEP
{
    static const char *const tried[] = {"recv",   "send", "accept", "recvmsg",
                                        "sendto", "read", "write"};

    sweep_ignored("close");
    plausible_expect("connect", ECONNREFUSED, EITHER); /* one scenario waits for just that */
    for (size_t i = 0; i < sizeof tried / sizeof tried[0]; i++)
        plausible_expect(tried[i], EAGAIN, AGAIN); /* then it waits, and tries again */
    for (int i = 0; (which = eddy_selector_nth(i)) != NULL; i++) {
        SCENARIO_ON(which, "receives", receives);
        SCENARIO_ON(which, "waits, and receives", waits_and_receives);
        SCENARIO_ON(which, "sends", sends);
        SCENARIO_ON(which, "is closed while it waits", is_closed_meanwhile);
        SCENARIO_ON(which, "connects and accepts", connects_and_accepts);
        SCENARIO_ON(which, "is refused", is_refused);
        SCENARIO_ON(which, "passes datagrams", passes_datagrams);
        SCENARIO_ON(which, "passes through a pipe", passes_through_a_pipe);
    }
}
