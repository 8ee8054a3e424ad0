/*
 * site - a little HTTP server, so that fetch needs no network: four pages, each of which takes its time. It
 * is a process of its own with a loop in it, and ends when the other end of its pipe is closed, so also
 * when fetch is killed. It belongs to the course, not to the library.
 */
#ifndef SITE_H
#define SITE_H

#include "delay.h"
#include "errors.h"
#include "fdio.h"
#include "group.h"
#include "net.h"
#include "net_new.h"
#include "run.h"
#include "sockio.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DOORS_MAX = 2, REQUEST_ROOM = 1024, PAGE_MAX = 50000 };

struct page {
    const char *path;
    double seconds; /* that it takes */
    size_t bytes;
};

static const struct page pages[] = {
    {"/news", 0.08, 1270}, {"/poem", 0.02, 640}, {"/map", 0.06, 48000}, {"/song", 0.04, 3100}};

/* ---- A visit ------------------------------------------------------------------------------------- */

struct visit {
    struct eddy_co co;
    int fd;
    const struct page *page; /* NULL: there is no such page */
    size_t length;
    struct eddy_io io;
    struct eddy_sleep sleep;
    char text[REQUEST_ROOM];
};

static const struct page *find_page(const char *request)
{
    char path[REQUEST_ROOM] = "";

    sscanf(request, "GET %1023s", path);
    for (size_t k = 0; k < sizeof pages / sizeof pages[0]; k++)
        if (strcmp(path, pages[k].path) == 0)
            return &pages[k];
    return NULL;
}

static struct eddy_step visit(struct eddy_co *co)
{
    static const char body[PAGE_MAX];
    struct visit *self = CO_FRAME(co, visit);
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    while (!strstr(self->text, "\r\n\r\n")) {
        CO_AWAIT(co, eddy_recv(&self->io, loop, self->fd, self->text + self->length,
                               REQUEST_ROOM - 1 - self->length));
        self->length += (size_t)self->io.n;
        if (self->io.n == 0 || self->length == REQUEST_ROOM - 1)
            CO_FAIL(co, EDDY_ECLOSED);
    }
    self->page = find_page(self->text);
    if (self->page)
        CO_AWAIT(co, eddy_sleep(&self->sleep, loop, self->page->seconds));
    snprintf(self->text, REQUEST_ROOM, "HTTP/1.0 %s\r\n\r\n",
             self->page ? "200 OK" : "404 Not Found");
    CO_AWAIT(co, eddy_sendall(&self->io, loop, self->fd, self->text, strlen(self->text)));
    if (self->page)
        CO_AWAIT(co, eddy_sendall(&self->io, loop, self->fd, body, self->page->bytes));
    CO_FINALLY(co);
    eddy_loop_close_fd(loop, self->fd);
    eddy_co_handled(co); /* a visitor that has gone is no failure of ours */
    CO_END(co);
}

/* ---- The site ------------------------------------------------------------------------------------ */

struct site_door {
    struct eddy_co co;
    struct eddy_group *group;
    struct eddy_io io;
    int listener;
};

static struct eddy_step site_door(struct eddy_co *co)
{
    struct site_door *self = CO_FRAME(co, site_door);

    CO_BEGIN(co);
    for (;;) {
        CO_AWAIT(co, eddy_accept(&self->io, eddy_co_loop(co), self->listener));
        if (eddy_group_spawn(self->group, visit, .fd = (int)self->io.n) < 0)
            eddy_loop_close_fd(eddy_co_loop(co), (int)self->io.n);
    }
    CO_END(co);
}

struct site {
    struct eddy_co co;
    struct eddy_group group;
    int fds[DOORS_MAX], count, closing, i; /* `closing` is the pipe's end */
    struct eddy_io io;
    char byte;
};

static struct eddy_step site(struct eddy_co *co)
{
    struct site *self = CO_FRAME(co, site);

    CO_BEGIN(co);
    if (eddy_group_open(&self->group, co) < 0)
        CO_FAIL(co, -ENOMEM);
    for (self->i = 0; self->i < self->count; self->i++)
        if (eddy_group_spawn(&self->group, site_door, .group = &self->group,
                             .listener = self->fds[self->i]) < 0)
            CO_FAIL(co, -ENOMEM);
    CO_AWAIT(co, eddy_read(&self->io, eddy_co_loop(co), self->closing, &self->byte, 1));
    CO_FINALLY(co);
    CO_AWAIT(co, eddy_group_close(&self->group));
    CO_END(co);
}

/* ---- Its process --------------------------------------------------------------------------------- */

struct site_process {
    pid_t pid;   /* 0: there is none */
    int closing; /* close it, and the process ends */
    int port;
};

/* Before any thread is started: it forks. */
static int start_site(struct site_process *process)
{
    int fds[DOORS_MAX], ends[2], n = eddy_net_listen("localhost", 0, fds, DOORS_MAX), err;

    if (n < 0)
        return n;
    process->port = eddy_net_port(fds[0]);
    err = eddy_net_pipe(ends);
    if (err == 0) {
        process->pid = fork();
        if (process->pid == 0) {
            close(ends[1]);
            _exit(eddy_run(site, .fds = {fds[0], fds[n - 1]}, .count = n, .closing = ends[0]) < 0);
        }
        err = process->pid < 0 ? -errno : 0;
        process->closing = ends[1];
        close(ends[0]);
        if (err < 0)
            close(ends[1]);
    }
    while (n > 0)
        eddy_net_close(fds[--n]);
    return err;
}

static void end_site(struct site_process *process)
{
    if (process->pid <= 0)
        return;
    close(process->closing);
    while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

#endif
