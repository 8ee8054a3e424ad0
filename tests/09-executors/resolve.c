/* Names: asked for in threads of their own, while the loop and other work go on. No network is needed. */
#include "pools.h"

#include "../06-tasks/tasks.h"

#include "faults.h"
#include "net.h"
#include "resolve.h"

#include <netinet/in.h>

static struct gate gate;

static void open_loop(void)
{
    eddy_report_to(on_report);
    CHECK_OK(eddy_loop_open(&loop, NULL)); /* threads do not know the virtual clock */
}

static int ask(struct eddy_resolve *resolve, const char *host, const char *service)
{
    struct eddy_future *future = eddy_getaddrinfo(resolve, &loop, host, service, NULL);

    DID("asked for %s and %s", host ? host : "no name", service);
    return eddy_loop_run_until_complete(&loop, future);
}

/* Keeps all threads that ask for names. */
static void block_resolvers(struct eddy_job jobs[EDDY_RESOLVERS])
{
    executor = eddy_loop_resolvers(&loop);
    for (int i = 0; i < EDDY_RESOLVERS; i++)
        begin_hold(&jobs[i], &gate);
}

TESTS
{
    CASE("localhost is this machine, with the port that was asked for") {
        struct eddy_resolve resolve = {.list = NULL};
        char text[EDDY_NET_NAME_MAX];
        open_loop();
        CHECK_CODE(ask(&resolve, "localhost", "8081"), 0);
        CHECK(resolve.list != NULL);
        for (struct addrinfo *each = resolve.list; each; each = each->ai_next) {
            CHECK_OK(eddy_net_name(each->ai_addr, text, sizeof text));
            CHECK(strcmp(text, "127.0.0.1:8081") == 0 || strcmp(text, "[::1]:8081") == 0);
            CHECK_INT(each->ai_socktype, SOCK_STREAM);
        }
        eddy_getaddrinfo_free(&resolve);
        eddy_getaddrinfo_free(&resolve);
        CHECK(!resolve.list);
        tear_down();
    }

    CASE("hints are followed; a struct that asks again frees what it had") {
        static const struct addrinfo hints = {
            .ai_family = AF_INET, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST};
        struct eddy_resolve resolve = {.list = NULL};
        open_loop();
        CHECK_CODE(ask(&resolve, "127.0.0.1", "80"), 0);
        CHECK_CODE(eddy_loop_run_until_complete(
                       &loop, eddy_getaddrinfo(&resolve, &loop, "127.0.0.2", "53", &hints)),
                   0);
        CHECK_INT(resolve.list->ai_family, AF_INET);
        CHECK_INT(resolve.list->ai_socktype, SOCK_DGRAM);
        CHECK(!resolve.list->ai_next);
        eddy_getaddrinfo_free(&resolve);
        tear_down();
    }

    CASE("a name that is none is ENOHOST, a name service that fails ERESOLVE") {
        struct eddy_resolve resolve = {.list = NULL};
        static const struct addrinfo number = {.ai_flags = AI_NUMERICHOST};
        open_loop();
        CHECK_CODE(eddy_loop_run_until_complete(
                       &loop, eddy_getaddrinfo(&resolve, &loop, "no number", "80", &number)),
                   EDDY_ENOHOST);
        CHECK(!resolve.list);
        faults_plan("getaddrinfo@1=EAGAIN,getaddrinfo@2=ENOMEM");
        CHECK_CODE(ask(&resolve, "localhost", "80"), EDDY_ERESOLVE);
        CHECK_CODE(ask(&resolve, "localhost", "80"), -ENOMEM);
        faults_plan("");
        CHECK(!resolve.list);
        tear_down();
    }

    CASE("names have threads of their own: while all of them wait, other work goes on") {
        struct eddy_job jobs[EDDY_RESOLVERS];
        struct eddy_resolve resolve = {.list = NULL};
        struct eddy_offload other = {.job = {.fn = NULL}};
        struct eddy_future *name;
        int n = 6, result = 0;
        gate_open(&gate);
        open_loop();
        block_resolvers(jobs);
        name = eddy_getaddrinfo(&resolve, &loop, "localhost", "80", NULL);
        CHECK_CODE(eddy_loop_run_until_complete(
                       &loop, eddy_run_in_executor(&other, &loop, NULL, square, &n, sizeof n,
                                                   &result, sizeof result)),
                   0);
        CHECK(result == 36 && !eddy_future_done(name));
        let_go(&gate, EDDY_RESOLVERS);
        CHECK_CODE(eddy_loop_run_until_complete(&loop, name), 0);
        eddy_getaddrinfo_free(&resolve);
        tear_down();
        gate_close(&gate);
    }

    CASE("cancelled in line, a name is not asked for, and a struct in use is EQUEUED") {
        struct eddy_job jobs[EDDY_RESOLVERS];
        struct eddy_resolve resolve = {.list = NULL};
        struct eddy_future *name;
        gate_open(&gate);
        open_loop();
        block_resolvers(jobs);
        name = eddy_getaddrinfo(&resolve, &loop, "localhost", "80", NULL);
        CHECK_CODE(eddy_future_error(eddy_getaddrinfo(&resolve, &loop, "localhost", "81", NULL)),
                   EDDY_EQUEUED);
        CHECK(eddy_future_cancel(name));
        CHECK_CODE(eddy_future_error(name), -ECANCELED);
        let_go(&gate, EDDY_RESOLVERS);
        tear_down();
        CHECK(!resolve.list);
        gate_close(&gate);
    }

    CASE("a closed loop is ECLOSED") {
        struct eddy_resolve resolve = {.list = NULL};
        open_loop();
        tear_down();
        CHECK_CODE(eddy_future_error(eddy_getaddrinfo(&resolve, &loop, "localhost", "80", NULL)),
                   EDDY_ECLOSED);
    }
}
