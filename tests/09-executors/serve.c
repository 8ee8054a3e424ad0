/* The worker's side, by itself: the test is the parent, and speaks through the socket. */
#include "workers.h"

#include "faults.h"
#include "net.h"
#include "net_new.h"

#include <fcntl.h>

static int fds[2];
static pid_t pid;

static void start_serving(const struct eddy_worker_setup *setup)
{
    DID("started a worker");
    CHECK_CODE(eddy_net_pair(fds), 0);
    pid = fork();
    CHECK_OK(pid);
    if (pid == 0) {
        eddy_net_close(fds[0]);
        eddy_serve(fds[1], setup);
    }
    eddy_net_close(fds[1]);
}

static const struct eddy_worker_setup plain = {NULL, NULL, false};
static const struct eddy_worker_setup keeping = {NULL, NULL, true};

static int status_of_worker(void)
{
    int status;

    WAITING("the worker to end");
    CHECK_INT(waitpid(pid, &status, 0), pid);
    return status;
}

static void stop_serving(void)
{
    eddy_net_close(fds[0]);
    CHECK_INT(status_of_worker(), 0);
}

static void ask(int (*fn)(struct eddy_work *work), const void *in, size_t n, size_t room)
{
    struct eddy_request request = {EDDY_REQUEST, fn, n, room};

    CHECK_CODE(eddy_parcel_send(fds[0], &request, sizeof request, in, n), 0);
}

static struct eddy_answer answer;

static int hear(void *out, size_t room)
{
    WAITING("an answer");
    CHECK_CODE(eddy_parcel_recv(fds[0], &answer, sizeof answer), 0);
    CHECK_INT(answer.magic, EDDY_ANSWER);
    CHECK(answer.out_size <= room);
    CHECK_CODE(eddy_parcel_recv(fds[0], out, answer.out_size), 0);
    return answer.err;
}

static void check_it_squares(int n)
{
    int result = 0;

    ask(square, &n, sizeof n, sizeof result);
    CHECK_CODE(hear(&result, sizeof result), 0);
    CHECK_INT(answer.out_size, (long long)sizeof result);
    CHECK_INT(result, n * n);
}

/* ---- Jobs and initializers ------------------------------------------------------------------------- */

static int too_much(struct eddy_work *work)
{
    work->out_size = work->out_room + 1;
    return 0;
}

static int no_outcome(struct eddy_work *work)
{
    (void)work;
    return 5;
}

static int count_descriptors(struct eddy_work *work)
{
    int n = 0;

    for (int fd = 3; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return eddy_work_put(work, &n, sizeof n);
}

/* Bit 0: SIGINT is ignored; 1: any signal is blocked. */
static int look_at_signals(struct eddy_work *work)
{
    struct sigaction action;
    sigset_t mask;
    int found;

    sigaction(SIGINT, NULL, &action);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    found = action.sa_handler == SIG_IGN;
    for (int signo = 1; signo < 32; signo++)
        found |= sigismember(&mask, signo) == 1 ? 2 : 0;
    return eddy_work_put(work, &found, sizeof found);
}

static int tell_name(struct eddy_work *work)
{
    char name[32] = "";
    FILE *file = fopen("/proc/self/comm", "r");

    if (file && fgets(name, sizeof name, file))
        name[strcspn(name, "\n")] = '\0';
    if (file)
        fclose(file);
    return eddy_work_put(work, name, strlen(name) + 1);
}

static int fail_initially(void *err)
{
    return *(const int *)err;
}

static int initialized;

static int set_seven(void *argument)
{
    (void)argument;
    initialized += 7;
    return 0;
}

static int tell_initialized(struct eddy_work *work)
{
    return eddy_work_put(work, &initialized, sizeof initialized);
}

/* ---- Cases ------------------------------------------------------------------------------------------- */

static void answers(void)
{
    CASE("what goes through the socket has no gaps, whose bytes nobody has set") {
        CHECK_INT(sizeof(struct eddy_request),
                  (long long)(3 * sizeof(size_t) + sizeof(int (*)(struct eddy_work *))));
        CHECK_INT(sizeof(struct eddy_answer),
                  (long long)(2 * sizeof(size_t) + sizeof(int) + 4 + EDDY_WORK_MESSAGE));
    }

    CASE("a worker answers one request after the other, until its parent has gone") {
        start_serving(&plain);
        for (int n = 1; n < 100; n++)
            check_it_squares(n);
        stop_serving();
    }

    CASE("an error goes back with its code and its words, without a result, and the worker lives") {
        int n = 50000, result = 0;
        start_serving(&plain);
        ask(square, &n, sizeof n, sizeof result);
        CHECK_CODE(hear(&result, sizeof result), -ERANGE);
        CHECK_TEXT(answer.message, "50000 is too large to be squared");
        CHECK_INT(answer.out_size, 0);
        CHECK_INT(answer.unusable, false);
        check_it_squares(3);
        stop_serving();
    }

    CASE("a result that is larger than its room, or an outcome that is none, is an error") {
        char room[8];
        start_serving(&plain);
        ask(too_much, NULL, 0, sizeof room);
        CHECK_CODE(hear(room, sizeof room), -EMSGSIZE);
        ask(no_outcome, NULL, 0, sizeof room);
        CHECK_CODE(hear(room, sizeof room), -EINVAL);
        check_it_squares(3);
        stop_serving();
    }

    CASE("without memory for the bytes the answer is ENOMEM, and the next job is run") {
        static const char *const plans[] = {"malloc@1=ENOMEM", "malloc@2=ENOMEM"};
        static char in[100000];
        for (int i = 0; i < 2; i++) { /* for those that come in, and for those that go out */
            int result;
            faults_plan(plans[i]);
            start_serving(&plain);
            faults_plan("");
            ask(square, in, sizeof in, sizeof result);
            CHECK_CODE(hear(&result, sizeof result), -ENOMEM);
            CHECK_TEXT(answer.message, "the worker has no room for 100000 and 4 bytes");
            check_it_squares(4);
            stop_serving();
        }
    }

    CASE("the initializer comes first, once; if it fails, that is the answer to all") {
        int err = -ENOENT, n = 3, result = 0;
        struct eddy_worker_setup setup = {set_seven, NULL, false};
        start_serving(&setup);
        for (int i = 0; i < 2; i++) {
            ask(tell_initialized, NULL, 0, sizeof result);
            CHECK_CODE(hear(&result, sizeof result), 0);
            CHECK_INT(result, 7);
        }
        CHECK_INT(initialized, 0);
        stop_serving();
        setup = (struct eddy_worker_setup){fail_initially, &err, false};
        start_serving(&setup);
        for (int i = 0; i < 2; i++) {
            ask(square, &n, sizeof n, sizeof result);
            CHECK_CODE(hear(&result, sizeof result), -ENOENT);
            CHECK(answer.unusable);
        }
        stop_serving();
    }
}

static void is_apart(void)
{
    CASE("what the parent blocks is not blocked in the worker, and it ignores Ctrl-C") {
        sigset_t all;
        int found;
        sigfillset(&all);
        CHECK_INT(pthread_sigmask(SIG_SETMASK, &all, NULL), 0);
        start_serving(&plain);
        ask(look_at_signals, NULL, 0, sizeof found);
        CHECK_CODE(hear(&found, sizeof found), 0);
        CHECK_INT(found, 1);
        CHECK_OK(kill(pid, SIGINT));
        check_it_squares(3);
        stop_serving();
    }

    CASE("of the parent's descriptors above 2 it has only its socket, unless it is to keep all") {
        int many[50], n = 0;
        for (int i = 0; i < 50; i++)
            CHECK_OK(many[i] = open("/dev/null", O_RDWR));
        for (int keeps = 0; keeps < 2; keeps++) {
            start_serving(keeps ? &keeping : &plain);
            ask(count_descriptors, NULL, 0, sizeof n);
            CHECK_CODE(hear(&n, sizeof n), 0);
            CHECK(keeps ? n > 50 : n == 1);
            stop_serving();
        }
        for (int i = 0; i < 50; i++)
            close(many[i]);
    }

    CASE("its name is eddy-worker, where the system keeps names") {
        char name[32];
        start_serving(&plain);
        ask(tell_name, NULL, 0, sizeof name);
        CHECK_CODE(hear(name, sizeof name), 0);
        stop_serving();
        if (!name[0])
            SKIP("this system does not show a process's name");
        CHECK_TEXT(name, "eddy-worker");
    }
}

static void ends(void)
{
    CASE("it ends with its parent, also while it computes") {
        char byte;
        open_lifeline();
        start_serving(&keeping);
        ask(compute_for_ever, &lifeline[1], sizeof lifeline[1], 0);
        WAITING("the job to begin");
        CHECK_INT(read(lifeline[0], &byte, 1), 1);
        let_go_of_lifeline();
        eddy_net_close(fds[0]);
        await_their_end();
        CHECK_INT(status_of_worker(), 0);
    }

    CASE("without a thread to watch its parent, it ends when it has answered") {
        faults_plan("pthread_create@1=EAGAIN");
        start_serving(&plain);
        faults_plan("");
        check_it_squares(3);
        stop_serving();
    }

    CASE("half a request, half its bytes, or what is none: it ends, and answers nothing") {
        struct eddy_request request = {EDDY_REQUEST, square, 100, 4};
        char byte;
        for (size_t n = 1; n < sizeof request; n++) {
            start_serving(&plain);
            CHECK_CODE(eddy_parcel_send(fds[0], &request, n, NULL, 0), 0);
            stop_serving();
        }
        start_serving(&plain);
        CHECK_CODE(eddy_parcel_send(fds[0], &request, sizeof request, "half of it", 10), 0);
        stop_serving();
        request.magic = EDDY_ANSWER;
        start_serving(&plain);
        CHECK_CODE(eddy_parcel_send(fds[0], &request, sizeof request, NULL, 0), 0);
        CHECK_CODE(eddy_parcel_recv(fds[0], &byte, 1), EDDY_ECLOSED);
        stop_serving();
    }
}

TESTS
{
    answers();
    is_apart();
    ends();
}
