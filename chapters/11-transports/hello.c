/*
 * hello - the smallest web server: whatever a client asks, the answer is the same, and then it closes. It reads
 * up to the empty line after a request's head, since an answer before the end of the question may be lost.
 *
 *     build/chapters/11-transports/hello
 *     curl localhost:8081          or a browser, or:  printf 'GET / HTTP/1.1\r\n\r\n' | nc localhost 8081
 */
#include "serving.h"

static const char head_end[] = "\r\n\r\n";

static const char answer[] = "HTTP/1.1 200 OK\r\n"
                             "Content-Type: text/plain\r\n"
                             "Content-Length: 20\r\n"
                             "Connection: close\r\n"
                             "\r\n"
                             "hello, how are you?\n";

struct visit {
    struct eddy_transport transport;
    size_t matched; /* bytes of head_end that have come last */
};

/* The head may come in any pieces, cut anywhere. */
static bool head_has_ended(struct visit *visit, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n && visit->matched < sizeof head_end - 1; i++) {
        if (bytes[i] == head_end[visit->matched])
            visit->matched++;
        else
            visit->matched = bytes[i] == '\r';
    }
    return visit->matched == sizeof head_end - 1;
}

static int answer_request(struct eddy_transport *transport, const char *bytes, size_t n)
{
    struct visit *visit = container_of(transport, struct visit, transport);
    int err = 0;

    if (head_has_ended(visit, bytes, n)) {
        err = eddy_transport_write(transport, answer, sizeof answer - 1);
        eddy_transport_close(transport);
    }
    return err;
}

static const struct eddy_protocol hello = {
    .name = "hello", EDDY_CONNECTION(struct visit, transport), .data_received = answer_request};

int main(int argc, char *argv[])
{
    struct demo demo = demo_start(argc, argv, "Greets whoever asks, in HTTP.");

    return demo_status(&demo, eddy_run(serving, .demo = &demo, .protocol = &hello));
}
