/* Which of a loop's processes have ended: SIGCHLD, and those that are asked then. raise() returns after the
 * real handler has run, so nothing has to wait for it. */
#include "programs.h"

#include "children.h"
#include "faults.h"

static struct eddy_children *children;
static struct eddy_list links[3];
static int asked[3];
static int leaves = -1; /* this one has ended when it is asked */

static void look(struct eddy_list *link)
{
    int i = (int)(link - links);

    asked[i]++;
    if (i == leaves)
        eddy_list_remove(link);
}

static void turns(void)
{
    for (int i = 0; i < 5; i++) {
        eddy_loop_stop(&loop);
        CHECK_CODE(eddy_loop_run_forever(&loop), 0);
    }
}

static void watch_three(void)
{
    open_loop();
    CHECK_CODE(eddy_children_watch(&loop, look, &children), 0);
    for (int i = 0; i < 3; i++)
        eddy_list_append(&children->running, &links[i]);
}

static void on_own(int signo)
{
    (void)signo;
}

static bool is_own(void)
{
    struct sigaction action;

    return sigaction(SIGCHLD, NULL, &action) == 0 && action.sa_handler == on_own;
}

static void asking(void)
{
    CASE("when a process may have ended, each that runs is asked, and only then") {
        watch_three();
        turns();
        CHECK_INT(asked[0] + asked[1] + asked[2], 0);
        raise(SIGCHLD);
        turns();
        CHECK(asked[0] == 1 && asked[1] == 1 && asked[2] == 1);
        close_loop();
    }

    CASE("of a thousand signals that come at once the loop hears, and asks all once") {
        watch_three();
        for (int i = 0; i < 1000; i++)
            raise(SIGCHLD);
        turns();
        CHECK(asked[0] == 1 && asked[1] == 1 && asked[2] == 1);
        close_loop();
    }

    CASE("one that has ended leaves while it is asked, and the others are asked all the same") {
        watch_three();
        for (leaves = 0; leaves < 3; leaves++) {
            raise(SIGCHLD);
            turns();
        }
        CHECK(asked[0] == 1 && asked[1] == 2 && asked[2] == 3);
        CHECK(eddy_list_empty(&children->running));
        raise(SIGCHLD);
        turns();
        CHECK_INT(asked[2], 3);
        close_loop();
    }
}

static void having_the_signal(void)
{
    CASE("SIGCHLD is the loop's while one runs, and then again what it was") {
        signal(SIGCHLD, on_own);
        watch_three();
        CHECK(!is_own());
        eddy_children_rest(&loop);
        CAUSE("one still runs, and nobody would hear that it has ended");
        CHECK(!is_own());
        while (!eddy_list_empty(&children->running))
            eddy_list_pop(&children->running);
        eddy_children_rest(&loop);
        CHECK(is_own());
        eddy_children_rest(&loop);
        CHECK(is_own());
        CHECK_CODE(eddy_children_watch(&loop, look, &children), 0);
        CHECK(!is_own());
        close_loop();
        CHECK(is_own());
    }

    CASE("a handler that is installed while one runs takes the signal, and is gone afterwards") {
        watch_three();
        signal(SIGCHLD, on_own);
        raise(SIGCHLD);
        turns();
        CHECK_INT(asked[0], 0);
        while (!eddy_list_empty(&children->running))
            eddy_list_pop(&children->running);
        eddy_children_rest(&loop);
        CHECK(is_default(SIGCHLD));
        close_loop();
    }

    CASE("a program that handles SIGCHLD through the loop keeps it: EEXIST") {
        struct eddy_handle handle;
        eddy_handle_init(&handle, NULL);
        open_loop();
        CHECK_OK(eddy_loop_add_signal_handler(&loop, SIGCHLD, &handle));
        CHECK_CODE(eddy_children_watch(&loop, look, &children), -EEXIST);
        eddy_children_rest(&loop);
        CHECK(eddy_loop_signal_handler(&loop, SIGCHLD) == &handle);
        CHECK(eddy_loop_remove_signal_handler(&loop, SIGCHLD));
        CHECK_CODE(eddy_children_watch(&loop, look, &children), 0);
        close_loop();
    }

    CASE("another loop gets EOTHER, until the first one's have ended or it is closed") {
        struct eddy_loop other;
        struct eddy_children *its;
        watch_three();
        CHECK_OK(eddy_loop_open(&other, NULL));
        CHECK_CODE(eddy_children_watch(&other, look, &its), EDDY_EOTHER);
        eddy_children_rest(&other);
        raise(SIGCHLD);
        turns();
        CHECK_INT(asked[0], 1);
        while (!eddy_list_empty(&children->running))
            eddy_list_pop(&children->running);
        eddy_children_rest(&loop);
        CHECK_CODE(eddy_children_watch(&other, look, &its), 0);
        CHECK_CODE(eddy_children_watch(&loop, look, &children), EDDY_EOTHER);
        CHECK_CODE(eddy_loop_close(&other), 0);
        CHECK_CODE(eddy_children_watch(&loop, look, &children), 0);
        close_loop();
    }

    CASE("no memory, and a closed loop, are told, and the signal stays what it was") {
        open_loop();
        faults_plan("calloc@1=ENOMEM");
        CHECK_CODE(eddy_children_watch(&loop, look, &children), -ENOMEM);
        faults_plan("sigaction_install@1=EINVAL");
        CHECK_CODE(eddy_children_watch(&loop, look, &children), -EINVAL);
        faults_plan("");
        CHECK(is_default(SIGCHLD));
        eddy_children_rest(&loop);
        close_loop();
        CHECK_CODE(eddy_children_watch(&loop, look, &children), EDDY_ECLOSED);
    }

    CASE("a loop that is closed lets all go, and they can be linked anew") {
        watch_three();
        close_loop();
        CHECK(is_default(SIGCHLD));
        for (int i = 0; i < 3; i++)
            CHECK(!eddy_list_linked(&links[i]));
    }

    CASE("that a process may end is no reason for the loop to go on") {
        watch_three();
        CHECK_CODE(eddy_loop_run_until_stuck(&loop), EDDY_ESTUCK);
        close_loop();
    }
}

TESTS_AND_PROGRAM
{
    asking();
    having_the_signal();
}
