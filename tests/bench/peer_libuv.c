/*
 * peer_libuv - the same echo server on libuv, to compare with.
 *
 *     peer_libuv PORT
 *
 * As fast as libuv's users can make it: one buffer for all, and uv_try_write(), which needs no
 * request; what it has no room for is copied and written later, and meanwhile nothing is read.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

struct client {
    uv_tcp_t tcp;
    uv_write_t write;
    char *rest;
};

static char buf[65536];

static void must(int err, const char *what)
{
    if (err >= 0)
        return;
    fprintf(stderr, "%s: %s\n", what, uv_strerror(err));
    exit(1);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void drop(struct client *client)
{
    uv_close((uv_handle_t *)&client->tcp, on_closed);
}

static void lend_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *lent)
{
    (void)handle;
    (void)wanted;
    *lent = uv_buf_init(buf, sizeof buf);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *lent);

static void on_written(uv_write_t *write, int err)
{
    struct client *client = write->data;

    free(client->rest);
    if (err == UV_ECANCELED)
        return; /* drop() was here */
    if (err < 0)
        drop(client);
    else
        uv_read_start((uv_stream_t *)&client->tcp, lend_buffer, on_read);
}

static void write_later(struct client *client, const char *bytes, size_t n)
{
    uv_buf_t rest = uv_buf_init(malloc(n), (unsigned)n);

    must(rest.base ? 0 : UV_ENOMEM, "malloc");
    memcpy(rest.base, bytes, n);
    client->rest = rest.base;
    client->write.data = client;
    uv_read_stop((uv_stream_t *)&client->tcp);
    must(uv_write(&client->write, (uv_stream_t *)&client->tcp, &rest, 1, on_written), "uv_write");
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *lent)
{
    struct client *client = stream->data;
    uv_buf_t out = uv_buf_init(lent->base, (unsigned)(n > 0 ? n : 0));
    int sent;

    if (n <= 0) {
        if (n < 0)
            drop(client);
        return;
    }
    sent = uv_try_write(stream, &out, 1);
    if (sent == UV_EAGAIN)
        sent = 0;
    if (sent < 0)
        drop(client);
    else if (sent < n)
        write_later(client, buf + sent, (size_t)(n - sent));
}

static void on_connection(uv_stream_t *listener, int err)
{
    struct client *client = calloc(1, sizeof *client);

    must(err, "listen");
    must(client ? 0 : UV_ENOMEM, "calloc");
    must(uv_tcp_init(listener->loop, &client->tcp), "uv_tcp_init");
    client->tcp.data = client;
    if (uv_accept(listener, (uv_stream_t *)&client->tcp) < 0) {
        drop(client);
        return;
    }
    uv_tcp_nodelay(&client->tcp, 1);
    uv_read_start((uv_stream_t *)&client->tcp, lend_buffer, on_read);
}

int main(int argc, char *argv[])
{
    uv_loop_t *loop = uv_default_loop();
    struct sockaddr_in addr;
    int n = sizeof addr;
    uv_tcp_t listener;

    must(uv_ip4_addr("127.0.0.1", argc > 1 ? atoi(argv[1]) : 0, &addr), "port");
    must(uv_tcp_init(loop, &listener), "uv_tcp_init");
    must(uv_tcp_bind(&listener, (struct sockaddr *)&addr, 0), "bind");
    must(uv_listen((uv_stream_t *)&listener, SOMAXCONN, on_connection), "listen");
    must(uv_tcp_getsockname(&listener, (struct sockaddr *)&addr, &n), "getsockname");
    printf("port %d\n", ntohs(addr.sin_port));
    fflush(stdout);
    return uv_run(loop, UV_RUN_DEFAULT);
}
