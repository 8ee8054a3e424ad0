/* Threads that start programs, while the loop makes descriptors: none of these is inherited. */
#include "sockets.h"

#include "net_new.h"

#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/wait.h>

enum { CHILDREN = 120, STARTERS = 2 };

extern char **environ;

static atomic_bool ended;
static atomic_int started, with_more;

/* Status 1 when a socket or a pipe has come along, beside the standard ones. */
static int start_one(void)
{
    static char shell[] = "sh", option[] = "-c",
                script[] = "for fd in 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22; do "
                           "if [ -S /dev/fd/$fd ] || [ -p /dev/fd/$fd ]; then exit 1; fi; done";
    char *argv[] = {shell, option, script, NULL};
    pid_t child;
    int status = 0;

    if (posix_spawn(&child, "/bin/sh", NULL, NULL, argv, environ) != 0)
        return -1;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

static void *start_many(void *unused)
{
    while (!ended) {
        with_more += start_one() == 1;
        if (++started >= CHILDREN)
            ended = true;
    }
    return unused;
}

/* Everything that makes a descriptor, once. The connection is closed by a reset, so that none of them is
 * left in TIME_WAIT. */
static void make_all(int listener, const struct sockaddr_in *addr)
{
    struct linger reset = {1, 0};
    int fds[2], client = eddy_socket(&loop, AF_INET, SOCK_STREAM), served;

    connect(client, (const struct sockaddr *)addr, sizeof *addr);
    do
        served = eddy_net_accept(listener);
    while (served == -EAGAIN);
    CHECK_OK(served);
    setsockopt(served, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    CHECK_CODE(eddy_net_close(served), 0);
    CHECK_CODE(eddy_loop_close_fd(&loop, client), 0);
    CHECK_CODE(eddy_net_pair(fds), 0);
    CHECK_CODE(eddy_net_close(fds[0]) + eddy_net_close(fds[1]), 0);
    CHECK_CODE(eddy_net_pipe(fds), 0);
    CHECK_CODE(eddy_net_close(fds[0]) + eddy_net_close(fds[1]), 0);
}

/* A program that is started now would say "more" for what the test itself was given. */
static void need_a_place_to_look(void)
{
    int fd = eddy_net_socket(AF_UNIX, SOCK_STREAM), copy;

    faults_plan("");
    close(eddy_net_socket(AF_UNIX, SOCK_STREAM));
    if (faults_calls("fcntl") > 0)
        SKIP("in this build a descriptor is close-on-exec only in a second step");
    if (start_one() != 0)
        SKIP("programs inherit something here in any case");
    copy = dup(fd);
    if (start_one() != 1)
        SKIP("no /dev/fd to look for descriptors in");
    close(copy);
    close(fd);
}

TESTS
{
    CASE("programs that threads start while a loop opens and accepts inherit nothing") {
        struct eddy_loop_options options = {0};
        struct sockaddr_in addr;
        socklen_t n = sizeof addr;
        pthread_t threads[STARTERS];
        int listener;
        need_a_place_to_look();
        CHECK_INT(eddy_net_listen("127.0.0.1", 0, &listener, 1), 1);
        CHECK(getsockname(listener, (struct sockaddr *)&addr, &n) == 0);
        for (int i = 0; i < STARTERS; i++)
            CHECK(pthread_create(&threads[i], NULL, start_many, NULL) == 0);
        while (!ended) {
            CHECK_CODE(eddy_loop_open(&loop, &options), 0);
            make_all(listener, &addr);
            CHECK_CODE(eddy_loop_close(&loop), 0);
        }
        for (int i = 0; i < STARTERS; i++)
            CHECK(pthread_join(threads[i], NULL) == 0);
        DID("started %d programs in %d threads, while a loop opened, accepted and closed", CHILDREN,
            STARTERS);
        CAUSE("a flag that is set in a second step is not there yet when another thread forks");
        CHECK_INT(with_more, 0);
        CHECK_INT(eddy_net_close(listener), 0);
    }
}
