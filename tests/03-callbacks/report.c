#include "check.h"

#include "report.h"

#include <unistd.h>

static char received[4096];
static int reports;

static void receive(const char *text)
{
    reports++;
    snprintf(received, sizeof received, "%s", text);
}

TESTS
{
    CASE("a report goes to stderr, in one line that says whose it is") {
        char text[64] = "";
        int pipes[2], kept = dup(2);
        CHECK(pipe(pipes) == 0 && kept >= 0);
        dup2(pipes[1], 2);
        eddy_report("%d of %s", 3, "them");
        dup2(kept, 2);
        CHECK(read(pipes[0], text, sizeof text - 1) > 0);
        CHECK_TEXT(text, "eddy: 3 of them\n");
        close(pipes[0]);
        close(pipes[1]);
        close(kept);
    }

    CASE("a program can receive the reports itself, and give them back to stderr") {
        eddy_report_to(receive);
        eddy_report("%s", "something is wrong");
        CHECK_TEXT(received, "something is wrong");
        eddy_report_to(NULL);
        eddy_report("something else");
        CHECK_INT(reports, 1);
    }

    CASE("a report that is too long is cut, and what comes in through %s is not looked at") {
        char text[5000];
        memset(text, '%', sizeof text);
        text[sizeof text - 1] = '\0';
        eddy_report_to(receive);
        eddy_report("%s", text);
        CHECK(strlen(received) < 2000);
        CHECK(strlen(received) > 1900);
        CHECK(strspn(received, "%") == strlen(received));
    }
}
