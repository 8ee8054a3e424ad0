/*
 * fetch - loads several pages at once, in a pool of five threads, and tells how long each is, in the order
 * in which they come. (The ThreadPoolExecutor example of Python's manual.) The pages are those of a little
 * server that it starts (site.h), or those that are named on the command line: plain http, no more.
 *
 * load_url() blocks, in the name server, in connect, in recv. It is written as if nothing else went on.
 */
#include "site.h"

#include "jobs_completed.h"
#include "thread_pool.h"

#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { WORKERS = 5, URLS_MAX = 64, LINE_ROOM = 4096, TIMEOUT = 60 };

/* ---- One page, in a thread ----------------------------------------------------------------------- */

struct url {
    char host[128], port[8], path[512];
};

static int parse_url(struct eddy_work *work, struct url *url)
{
    const char *text = work->in;

    *url = (struct url){"", "80", "/"};
    if (sscanf(text, "http://%127[^:/]:%7[0-9]%511s", url->host, url->port, url->path) < 2 &&
        sscanf(text, "http://%127[^:/]%511s", url->host, url->path) < 1)
        return eddy_work_fail(work, -EINVAL, "unknown url type: it begins with http:// here");
    return 0;
}

/* A blocking socket that gives up after a while. */
static int dial_one(const struct addrinfo *address)
{
    struct timeval limit = {.tv_sec = TIMEOUT};
    int fd = socket(address->ai_family, address->ai_socktype, 0), err;

    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
        return fd;
    err = errno == EINPROGRESS ? -ETIMEDOUT : -errno;
    close(fd);
    return err;
}

static int dial(const struct url *url)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    int fd = eddy_net_resolve(url->host, url->port, &hints, &list);

    if (fd < 0)
        return fd;
    fd = -EADDRNOTAVAIL;
    for (struct addrinfo *each = list; each && fd < 0; each = each->ai_next)
        fd = dial_one(each);
    freeaddrinfo(list);
    return fd;
}

static int read_page(struct eddy_work *work, FILE *in)
{
    char line[LINE_ROOM], reason[40] = "";
    size_t n, *bytes = work->out;
    int status = 0;

    if (!fgets(line, LINE_ROOM, in) ||
        sscanf(line, "HTTP/%*d.%*d %d %39[^\r\n]", &status, reason) < 1)
        return eddy_work_fail(work, -EPROTO, "the answer is not HTTP");
    if (status != 200)
        return eddy_work_fail(work, -EPROTO, "HTTP Error %d: %s", status, reason);
    while (fgets(line, LINE_ROOM, in) && strcmp(line, "\r\n") != 0)
        ;
    for (*bytes = 0; (n = fread(line, 1, LINE_ROOM, in)) > 0;)
        *bytes += n;
    return ferror(in) ? (errno == EAGAIN ? -ETIMEDOUT : -errno) : 0;
}

/* A job's function: a URL in, the number of bytes out. */
static int load_url(struct eddy_work *work)
{
    struct url url;
    char request[800];
    int fd, err = parse_url(work, &url);
    FILE *in;

    if (err < 0)
        return err;
    fd = dial(&url);
    if (fd < 0)
        return fd;
    snprintf(request, sizeof request, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", url.path, url.host);
    err = eddy_net_send(fd, request, strlen(request)) < 0 ? -EPIPE : 0;
    in = err == 0 ? fdopen(fd, "r") : NULL;
    if (!in) {
        close(fd);
        return err < 0 ? err : -ENOMEM;
    }
    err = read_page(work, in);
    fclose(in);
    return err;
}

/* ---- All of them, in the order in which they come -------------------------------------------------- */

static void tell(const struct eddy_job *job)
{
    const char *url = job->work.in;

    if (eddy_job_error(job) == 0)
        printf("'%s' page is %zu bytes\n", url, *(size_t *)job->work.out);
    else
        printf("'%s' generated an exception: %s\n", url, eddy_job_message(job));
}

static int load_all(struct eddy_executor *executor, char *urls[], size_t n)
{
    static struct eddy_job jobs[URLS_MAX];
    static struct eddy_job_place places[URLS_MAX];
    static size_t bytes[URLS_MAX];
    struct eddy_jobs_completed completed = {.open = false};
    struct eddy_job *job;
    int err;

    for (size_t k = 0; k < n; k++) {
        eddy_job_init(&jobs[k], load_url, urls[k], strlen(urls[k]) + 1, &bytes[k], sizeof bytes[k]);
        eddy_executor_submit(executor, &jobs[k]); /* an error is its outcome, too */
        places[k].job = &jobs[k];
    }
    err = eddy_jobs_completed_open(&completed, places, n, EDDY_FOREVER);
    while (err == 0 && (err = eddy_jobs_completed_next(&completed, &job)) == 0)
        tell(job);
    eddy_jobs_completed_close(&completed);
    return err == -ENOENT ? 0 : err;
}

static int load_own(struct eddy_executor *executor, int port)
{
    static const char *const paths[] = {"/news", "/poem", "/map", "/song", "/gone"};
    enum { COUNT = sizeof paths / sizeof paths[0] };
    static char text[COUNT][64];
    char *urls[COUNT];

    for (int k = 0; k < COUNT; k++) {
        snprintf(text[k], sizeof text[k], "http://localhost:%d%s", port, paths[k]);
        urls[k] = text[k];
    }
    return load_all(executor, urls, COUNT);
}

static int fetch(char *urls[], size_t n)
{
    struct site_process site = {.pid = 0};
    struct eddy_thread_pool pool = {.name = "fetch"};
    int err = n == 0 ? start_site(&site) : 0; /* it forks, so it comes before the threads */

    if (err == 0)
        err = eddy_thread_pool_open(&pool, WORKERS);
    if (err == 0)
        err = n == 0 ? load_own(&pool.executor, site.port) : load_all(&pool.executor, urls, n);
    eddy_thread_pool_close(&pool);
    end_site(&site);
    return err;
}

int main(int argc, char *argv[])
{
    int err;

    if (argc - 1 > URLS_MAX || (argc > 1 && argv[1][0] == '-')) {
        printf("usage: fetch [URL...]\n\nLoads up to %d pages at once, with plain http; unless "
               "given, those of a server of its own.\n",
               URLS_MAX);
        return argc != 2 || strcmp(argv[1], "--help") != 0;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    err = fetch(argv + 1, (size_t)argc - 1);
    if (err < 0)
        fprintf(stderr, "fetch: %s\n", eddy_strerror(err));
    return err < 0;
}
