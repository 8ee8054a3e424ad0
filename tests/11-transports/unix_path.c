/* Unix sockets and their files: who may listen at a path, whose file is replaced, and whose is removed. */
#include "check.h"

#include "errors.h"
#include "faults.h"
#include "net.h"
#include "unix_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = sizeof(((struct sockaddr_un *)0)->sun_path) };

static char directory[] = "/tmp/eddy-unix-XXXXXX";
static struct eddy_unix_file file, other;

/* Paths are relative from here on, and short. */
static void enter(void)
{
    CHECK(mkdtemp(directory) != NULL);
    CHECK_OK(chdir(directory));
}

/* Nothing is left in it, or this fails. */
static void leave(void)
{
    CHECK_OK(chdir("/"));
    CHECK_OK(rmdir(directory));
}

static int listen_at(const char *path)
{
    DID("listened at \"%.20s\", a path of %zu bytes", path, strlen(path));
    return eddy_unix_listen(path, &file);
}

/* 0, or the error of a connect. */
static int reach(const char *path)
{
    struct sockaddr_un address;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), err = 0;

    CHECK_CODE(eddy_unix_address(path, &address), 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        err = -errno;
    close(fd);
    return err;
}

static bool exists(const char *path)
{
    struct stat info;

    return lstat(path, &info) == 0;
}

/* A socket that nobody listens at any more. */
static void leave_stale(const char *path)
{
    int fd = listen_at(path);

    CHECK_OK(fd);
    close(fd);
    CHECK(exists(path));
}

static void put_text(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");

    CHECK(out != NULL && fputs(text, out) >= 0 && fclose(out) == 0);
}

static void check_text_of(const char *path, const char *want)
{
    char text[64] = "";
    FILE *in = fopen(path, "r");

    CHECK(in != NULL && fgets(text, sizeof text, in) != NULL);
    fclose(in);
    CHECK_TEXT(text, want);
}

/* ---- Addresses ----------------------------------------------------------------------------------- */

static void addresses(void)
{
    CASE("an address is the path, to its last byte and its end") {
        struct sockaddr_un address;
        char path[ROOM + 2];
        memset(path, 'a', sizeof path);
        path[ROOM - 1] = '\0';
        CHECK_CODE(eddy_unix_address(path, &address), 0);
        CHECK_INT(address.sun_family, AF_UNIX);
        CHECK_TEXT(address.sun_path, path);
    }

    CASE("a path that is too long is refused, and not cut") {
        struct sockaddr_un address;
        char path[ROOM + 2];
        memset(path, 'a', sizeof path);
        path[ROOM] = '\0';
        CHECK_CODE(eddy_unix_address(path, &address), -ENAMETOOLONG);
        enter();
        CHECK_CODE(listen_at(path), -ENAMETOOLONG);
        path[ROOM - 1] = '\0';
        CHECK(!exists(path));
        leave();
    }

    CASE("an empty path is none: the kernel would give it a name of its own") {
        struct sockaddr_un address;
        CHECK_CODE(eddy_unix_address("", &address), -ENOENT);
        CHECK_CODE(listen_at(""), -ENOENT);
    }

    CASE("the longest path that fits is listened at, and removed") {
        char path[ROOM];
        int fd;
        memset(path, 'a', sizeof path);
        path[ROOM - 1] = '\0';
        enter();
        fd = listen_at(path);
        CHECK_OK(fd);
        CHECK_CODE(reach(path), 0);
        close(fd);
        eddy_unix_remove(&file);
        leave();
    }
}

/* ---- What is there already ----------------------------------------------------------------------- */

static void taken(void)
{
    CASE("a stale socket is replaced") {
        int fd;
        enter();
        leave_stale("s");
        CHECK_CODE(reach("s"), -ECONNREFUSED);
        fd = listen_at("s");
        CHECK_OK(fd);
        CHECK_CODE(reach("s"), 0);
        CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
        CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        close(fd);
        eddy_unix_remove(&file);
        leave();
    }

    CASE("where somebody listens, nobody else may, and the first goes on") {
        int fd;
        enter();
        fd = listen_at("s");
        CHECK_OK(fd);
        CHECK_CODE(eddy_unix_listen("s", &other), -EADDRINUSE);
        CHECK_CODE(reach("s"), 0);
        close(fd);
        eddy_unix_remove(&file);
        leave();
    }

    CASE("where somebody listens whose line is full, nobody else may") {
        struct sockaddr_un address;
        int fds[3], fd;
        enter();
        fd = listen_at("s");
        CHECK_OK(fd);
        CHECK_OK(listen(fd, 0));
        CHECK_CODE(eddy_unix_address("s", &address), 0);
        for (int i = 0; i < 3; i++) {
            fds[i] = socket(AF_UNIX, SOCK_STREAM, 0);
            CHECK_OK(eddy_net_prepare(fds[i]));
            if (connect(fds[i], (struct sockaddr *)&address, sizeof address) < 0)
                CHECK(errno == EAGAIN || errno == ECONNREFUSED);
        }
        CHECK_CODE(eddy_unix_listen("s", &other), -EADDRINUSE);
        CHECK(exists("s"));
        for (int i = 0; i < 3; i++)
            close(fds[i]);
        close(fd);
        eddy_unix_remove(&file);
        leave();
    }

    CASE("a regular file is left alone, with all that is in it") {
        enter();
        put_text("s", "precious");
        CHECK_CODE(listen_at("s"), -EADDRINUSE);
        check_text_of("s", "precious");
        CHECK_OK(unlink("s"));
        leave();
    }

    CASE("a directory and a fifo are left alone") {
        enter();
        CHECK_OK(mkdir("d", 0700));
        CHECK_OK(mkfifo("f", 0600));
        CHECK_CODE(listen_at("d"), -EADDRINUSE);
        CHECK_CODE(listen_at("f"), -EADDRINUSE);
        CHECK_OK(rmdir("d"));
        CHECK_OK(unlink("f"));
        leave();
    }

    CASE("a symbolic link is left alone, also one to a stale socket, or to nothing") {
        enter();
        leave_stale("s");
        CHECK_OK(symlink("s", "link"));
        CHECK_OK(symlink("nothing", "loose"));
        CHECK_CODE(listen_at("link"), -EADDRINUSE);
        CHECK_CODE(listen_at("loose"), -EADDRINUSE);
        CHECK(exists("link") && exists("loose") && exists("s") && !exists("nothing"));
        CHECK_OK(unlink("link"));
        CHECK_OK(unlink("loose"));
        CHECK_OK(unlink("s"));
        leave();
    }

    CASE("a directory that is not there is ENOENT") {
        enter();
        CHECK_CODE(listen_at("no/s"), -ENOENT);
        leave();
    }
}

/* ---- Removing it --------------------------------------------------------------------------------- */

static void removing(void)
{
    CASE("the file is removed, and twice is harmless") {
        int fd;
        enter();
        fd = listen_at("s");
        CHECK_OK(fd);
        close(fd);
        eddy_unix_remove(&file);
        CHECK(!exists("s"));
        put_text("s", "new");
        eddy_unix_remove(&file);
        check_text_of("s", "new");
        CHECK_OK(unlink("s"));
        leave();
    }

    CASE("a file that was never made is not removed") {
        file = (struct eddy_unix_file){.path = ""};
        eddy_unix_remove(&file);
    }

    CASE("somebody else's file of the same name is not removed") {
        int fd, successor;
        enter();
        fd = listen_at("s");
        CHECK_OK(fd);
        CHECK_OK(rename("s", "kept")); /* so that the new one gets another number */
        successor = eddy_unix_listen("s", &other);
        CHECK_OK(successor);
        close(fd);
        eddy_unix_remove(&file);
        CHECK_CODE(reach("s"), 0);
        close(successor);
        eddy_unix_remove(&other);
        CHECK(!exists("s"));
        CHECK_OK(unlink("kept"));
        leave();
    }

    CASE("a symbolic link that took its place is not removed, though it leads to it") {
        int fd;
        enter();
        fd = listen_at("s");
        CHECK_OK(fd);
        close(fd);
        CHECK_OK(rename("s", "kept"));
        CHECK_OK(symlink("kept", "s"));
        eddy_unix_remove(&file);
        CHECK(exists("s") && exists("kept"));
        CHECK_OK(unlink("s"));
        CHECK_OK(unlink("kept"));
        leave();
    }

    CASE("a file that is gone already is no error") {
        int fd;
        enter();
        fd = listen_at("s");
        CHECK_OK(fd);
        close(fd);
        CHECK_OK(unlink("s"));
        eddy_unix_remove(&file);
        leave();
    }
}

/* ---- Calls that fail ----------------------------------------------------------------------------- */

static void faulty(void)
{
    CASE("whatever call fails, no descriptor and no file are left") {
        static const struct {
            const char *plan;
            int err;
        } plans[] = {{"socket@1=EMFILE", -EMFILE},
                     {"bind@1=EACCES", -EACCES},
                     {"bind@1=EROFS", -EROFS},
                     {"listen@1=EADDRINUSE", -EADDRINUSE},
                     {"listen@1=ENOBUFS", -ENOBUFS}};
        enter();
        for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
            faults_plan(plans[i].plan);
            DID("listened, with %s", plans[i].plan);
            CHECK_CODE(eddy_unix_listen("s", &file), plans[i].err);
            CHECK_INT(faults_injected(), 1);
            faults_plan("");
            CHECK(!exists("s"));
        }
        leave();
    }

    CASE("a socket of which nobody can tell whether it is stale is left alone") {
        static const struct {
            const char *plan;
            int err;
        } plans[] = {
            {"socket@2=EMFILE", -EMFILE}, /* that is the trouble, and not who has the path */
            {"lstat@1=EIO", -EADDRINUSE},
            {"connect@1=EACCES", -EADDRINUSE},
            {"connect@1=EAGAIN", -EADDRINUSE}};
        enter();
        leave_stale("s");
        for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
            faults_plan(plans[i].plan);
            DID("listened at a stale socket, with %s", plans[i].plan);
            CHECK_CODE(eddy_unix_listen("s", &other), plans[i].err);
            faults_plan("");
            CHECK(exists("s"));
        }
        CHECK_OK(unlink("s"));
        leave();
    }

    CASE("somebody who was faster after the stale socket has gone keeps the path") {
        enter();
        leave_stale("s");
        faults_plan("bind@2=EADDRINUSE");
        CHECK_CODE(eddy_unix_listen("s", &other), -EADDRINUSE);
        faults_plan("");
        CHECK(!exists("s")); /* the plan's somebody has left no file */
        leave();
    }
}

TESTS
{
    addresses();
    taken();
    removing();
    faulty();
}
