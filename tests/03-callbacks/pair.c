/* Two sockets to oneself: what they carry, and how they are told from a stranger's. */
#include "check.h"

#include "pair.h"

#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static struct eddy_pair pair;

/* What somebody else opens gets the lowest number that is free. */
static int open_stranger(int number)
{
    int fd = dup2(0, number);

    CHECK(fd == number);
    return fd;
}

TESTS
{
    CASE("what is sent to one end is read from the other; nobody waits, and no child inherits it") {
        char byte = 0;
        CHECK_CODE(eddy_pair_open(&pair), 0);
        CHECK(recv(pair.fds[0], &byte, 1, 0) < 0 && errno == EAGAIN);
        CHECK(send(pair.fds[1], "x", 1, 0) == 1);
        CHECK(recv(pair.fds[0], &byte, 1, 0) == 1 && byte == 'x');
        for (int end = 0; end < 2; end++)
            CHECK(fcntl(pair.fds[end], F_GETFD) & FD_CLOEXEC);
        eddy_pair_close(&pair);
    }

    CASE("each end is known again, until somebody else has closed it, whatever gets its number") {
        for (int end = 0; end < 2; end++) {
            int number, other[2];
            CHECK_CODE(eddy_pair_open(&pair), 0);
            number = pair.fds[end];
            CHECK(eddy_pair_ours(&pair, 0) && eddy_pair_ours(&pair, 1));
            DID("somebody closed fds[%d]", end);
            close(number);
            CHECK(!eddy_pair_ours(&pair, end) && eddy_pair_ours(&pair, !end));
            DID("... and a file got its number");
            open_stranger(number);
            CHECK(!eddy_pair_ours(&pair, end));
            close(number);
            DID("... and another socket");
            CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, other) == 0);
            CHECK(other[0] == number);
            CHECK(!eddy_pair_ours(&pair, end));
            DID("... then the pair was closed");
            CAUSE("a stranger's descriptor is not ours to close");
            eddy_pair_close(&pair);
            CHECK(close(other[0]) == 0 && close(other[1]) == 0);
        }
    }

    CASE("a pair that cannot be made whole leaves nothing") {
        static const char *const plans[] = {"socketpair@1=EMFILE", "fstat@1=EIO", "fstat@2=EIO"};
        static const int codes[] = {-EMFILE, -EIO, -EIO};
        for (int i = 0; i < 3; i++) {
            faults_plan(plans[i]);
            CHECK_CODE(eddy_pair_open(&pair), codes[i]);
        }
    }
}
