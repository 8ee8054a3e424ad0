/* Trap: to remove what is in the way. A server listens at a path, and there is a file already: the socket of
 * a server that has died, the socket of one that lives, or somebody's letter. */
#include "errors.h"
#include "net.h"
#include "net_new.h"
#include "unix_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const things[] = {"a dead server's socket", "a living server's socket",
                                     "a letter"};

enum { DEAD, LIVING, LETTER, THINGS };

static const char path[] = "inn"; /* in a folder of its own */

/* ---- What is in the way -------------------------------------------------------------------------- */

static int open_socket(int (*use)(int, const struct sockaddr *, socklen_t))
{
    struct sockaddr_un address;
    int fd = eddy_net_socket(AF_UNIX, SOCK_STREAM);

    if (fd < 0 || eddy_unix_address(path, &address) < 0)
        return -1;
    if (use(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    eddy_net_close(fd);
    return -1;
}

/* Returns a descriptor that stays open, or -1. */
static int put_in_the_way(int thing)
{
    int fd = thing == LETTER ? open(path, O_CREAT | O_WRONLY, 0600) : open_socket(bind);

    if (fd >= 0 && thing == LIVING && listen(fd, 5) == 0)
        return fd;
    if (fd >= 0)
        eddy_net_close(fd);
    return -1;
}

/* Whether its server gets a client, or the letter is a letter. */
static bool is_well(int thing, int server)
{
    struct stat info;
    int client, taken;

    if (thing == LETTER)
        return lstat(path, &info) == 0 && S_ISREG(info.st_mode);
    client = open_socket(connect);
    taken = eddy_net_accept(server);
    if (client >= 0)
        eddy_net_close(client);
    if (taken >= 0)
        eddy_net_close(taken);
    return taken >= 0;
}

/* ---- Two who want to listen ---------------------------------------------------------------------- */

/* The trap. */
static int remove_and_listen(struct eddy_unix_file *file)
{
    int fd;

    (void)file;
    unlink(path);
    fd = open_socket(bind);
    return fd >= 0 && listen(fd, 5) < 0 ? -errno : fd;
}

static int ask_and_listen(struct eddy_unix_file *file)
{
    return eddy_unix_listen(path, file);
}

static void try_with(int thing, int (*begin)(struct eddy_unix_file *))
{
    struct eddy_unix_file file = {.path = ""};
    int server = put_in_the_way(thing), mine = begin(&file);

    printf("  %s: %s", things[thing], mine >= 0 ? "I listen" : eddy_errname(mine));
    if (thing != DEAD)
        printf(", %s is %s", thing == LETTER ? "the letter" : "the server",
               is_well(thing, server) ? "well" : "lost");
    puts("");
    if (mine >= 0)
        eddy_net_close(mine);
    if (server >= 0)
        eddy_net_close(server);
    unlink(path);
}

int main(void)
{
    char folder[] = "/tmp/eddy-XXXXXX";

    if (!mkdtemp(folder) || chdir(folder) < 0)
        return 1;
    puts("remove it, and listen:");
    for (int thing = 0; thing < THINGS; thing++)
        try_with(thing, remove_and_listen);
    puts("ask first:");
    for (int thing = 0; thing < THINGS; thing++)
        try_with(thing, ask_and_listen);
    return rmdir(folder) < 0;
}
