/*
 * get - fetches a page with HTTP/1.1, by hand: a request is lines, and so is the head of the answer. The head
 * goes to stderr, the page to stdout.
 *
 *     build/chapters/12-streams/get                               http://example.org/
 *     build/chapters/12-streams/get example.org /                 the same
 *     build/chapters/12-streams/get http://localhost:8081/        from chapter 11's hello, if that runs
 *
 * Its status is 0 if the page is there (2xx) or elsewhere (3xx), else 1.
 */
#include "../demo.h"

#include "open_connection.h"
#include "run.h"
#include "timeout.h"

#include <ctype.h>
#include <stdint.h>
#include <strings.h>

enum { PIECE = 65536, HEAD_LINES_MOST = 200, TEXT_MOST = 1024 };

/* ---- Where it is --------------------------------------------------------------------------------- */

struct url {
    char host[256], port[6], path[TEXT_MOST];
};

/* A blank, or a new line, would be the end of the request's line, and what follows would be headers. */
static bool is_printable(const char *text)
{
    while (isgraph((unsigned char)*text))
        text++;
    return *text == '\0';
}

/* "http://HOST:PORT/PATH", or HOST:PORT, and perhaps PATH. */
static bool parse_url(struct url *url, const char *text, const char *path)
{
    int n = 0;

    *url = (struct url){.port = "80"};
    text += strncasecmp(text, "http://", 7) == 0 ? 7 : 0;
    sscanf(text, "%255[^:/]%n", url->host, &n);
    text += n;
    if (*text == ':' && sscanf(text, ":%5[0-9]%n", url->port, &n) == 1)
        text += n;
    if (path && *text)
        return false;
    text = path ? path : text;
    snprintf(url->path, sizeof url->path, "%s", *text ? text : "/");
    return url->host[0] && eddy_net_parse_port(url->port) > 0 && url->path[0] == '/' &&
           strlen(text) < sizeof url->path && is_printable(url->host) && is_printable(url->path);
}

/* ---- The answer ---------------------------------------------------------------------------------- */

/* Its stream is not in the task's frame, so that the parts that read it need no more than this. */
struct answer {
    struct url url; /* of the page */
    struct eddy_stream stream;
    int status;      /* 0: none has come yet */
    uint64_t length; /* of the page; UINT64_MAX: up to the end */
    bool chunked;
    const char *why; /* it makes no sense; NULL: it does */
};

static int no_sense(struct answer *answer, const char *why)
{
    answer->why = why;
    return -EPROTO;
}

/* A line, without its end, as a string. NULL: there is none, or it has a 0 in it. */
static const char *line_of(const struct answer *answer)
{
    const struct eddy_reader *reader = &answer->stream.reader;
    size_t n = reader->size;

    if (n == 0 || reader->data[n - 1] != '\n')
        return NULL;
    reader->data[--n] = '\0';
    if (n > 0 && reader->data[n - 1] == '\r')
        reader->data[--n] = '\0';
    return strlen(reader->data) == n ? reader->data : NULL;
}

static int read_status(struct answer *answer, const char *line)
{
    int status = 0;

    if (sscanf(line, "HTTP/1.%*1[01] %3d", &status) != 1 || status < 100)
        return no_sense(answer, "the answer is no HTTP/1.1");
    answer->status = status;
    answer->length = status == 204 || status == 304 ? 0 : UINT64_MAX;
    answer->chunked = false;
    return 0;
}

/* The value, if that is the header's name. */
static const char *value_of(const char *line, const char *name)
{
    size_t n = strlen(name);

    if (strncasecmp(line, name, n) != 0 || line[n] != ':')
        return NULL;
    return line + n + 1 + strspn(line + n + 1, " \t");
}

static bool read_size(const char *text, int base, uint64_t *size)
{
    char *end;

    errno = 0;
    *size = strtoull(text, &end, base);
    return strspn(text, "0123456789abcdefABCDEF") == (size_t)(end - text) && end > text &&
           errno == 0 && *size < UINT64_MAX &&
           end[strspn(end, " \t")] == (base == 16 && strchr(end, ';') ? ';' : '\0');
}

static int read_header(struct answer *answer, const char *line)
{
    const char *length = value_of(line, "Content-Length");
    const char *coding = value_of(line, "Transfer-Encoding");

    if (length && answer->length == UINT64_MAX && !read_size(length, 10, &answer->length))
        return no_sense(answer, "the answer's Content-Length is no number");
    if (coding && strcasecmp(coding, "chunked") != 0)
        return no_sense(answer,
                        "the answer comes in a Transfer-Encoding that nobody has asked for");
    answer->chunked |= coding && answer->status != 204 && answer->status != 304;
    return 0;
}

static int read_head_line(struct answer *answer, const char *line, int number)
{
    if (!line || number == HEAD_LINES_MOST)
        return no_sense(answer, "the answer's head has no end");
    return number == 0 ? read_status(answer, line) : read_header(answer, line);
}

/* A terminal obeys what it prints; a server shall not steer it. */
static void say_line(const char *line)
{
    for (; *line; line++)
        putc(iscntrl((unsigned char)*line) && *line != '\t' ? '?' : *line, stderr);
    putc('\n', stderr);
}

struct read_head {
    struct eddy_co co;
    struct answer *answer;
    int lines;
};

/* Up to the empty line. */
static struct eddy_step read_head(struct eddy_co *co)
{
    struct read_head *self = CO_FRAME(co, read_head);
    const char *line;
    int err;

    CO_BEGIN(co);
    do {
        CO_AWAIT(co, eddy_reader_readline(&self->answer->stream.reader));
        line = line_of(self->answer);
        err = read_head_line(self->answer, line, self->lines++);
        if (err < 0)
            CO_FAIL(co, err);
        say_line(line);
    } while (line[0]);
    CO_END(co);
}

struct copy_bytes {
    struct eddy_co co;
    struct answer *answer;
    uint64_t left; /* UINT64_MAX: up to the end */
};

/* To stdout, which may be slow; then this waits, and so does the server. */
static struct eddy_step copy_bytes(struct eddy_co *co)
{
    struct copy_bytes *self = CO_FRAME(co, copy_bytes);
    struct eddy_reader *reader = &self->answer->stream.reader;

    CO_BEGIN(co);
    while (self->left > 0) {
        CO_AWAIT(co, eddy_reader_read(reader, self->left < PIECE ? (size_t)self->left : PIECE));
        if (reader->size == 0)
            CO_FAIL(co, self->left == UINT64_MAX ? 0 : EDDY_EINCOMPLETE);
        if (fwrite(reader->data, 1, reader->size, stdout) < reader->size)
            CO_FAIL(co, -errno);
        if (self->left != UINT64_MAX)
            self->left -= reader->size;
    }
    CO_END(co);
}

struct copy_chunks {
    struct eddy_co co;
    struct answer *answer;
    struct copy_bytes bytes;
    uint64_t size;
    const char *line;
};

/* Each one has a line with its size before it, in base 16, and an empty line after it. The last has the size 0;
 * then come headers, of which we want none. */
static struct eddy_step copy_chunks(struct eddy_co *co)
{
    struct copy_chunks *self = CO_FRAME(co, copy_chunks);
    struct eddy_reader *reader = &self->answer->stream.reader;

    CO_BEGIN(co);
    for (;;) {
        CO_AWAIT(co, eddy_reader_readline(reader));
        self->line = line_of(self->answer);
        if (reader->size == 0)
            CO_FAIL(co, EDDY_EINCOMPLETE);
        if (!self->line || !read_size(self->line, 16, &self->size))
            CO_FAIL(co, no_sense(self->answer, "a chunk of the page has no size"));
        if (self->size == 0)
            CO_RETURN(co);
        CO_CALL(co, copy_bytes, &self->bytes, .answer = self->answer, .left = self->size);
        CO_AWAIT(co, eddy_reader_readline(reader));
        self->line = line_of(self->answer);
        if (reader->size == 0)
            CO_FAIL(co, EDDY_EINCOMPLETE);
        if (!self->line || self->line[0])
            CO_FAIL(co, no_sense(self->answer, "a chunk of the page is longer than its size"));
    }
    CO_END(co);
}

/* ---- All of it ----------------------------------------------------------------------------------- */

struct get {
    struct eddy_co co;
    double seconds; /* that all of it may take */
    struct answer *answer;
    struct eddy_timeout limit;
    struct eddy_connecting connecting;
    struct eddy_stream_wait wait;
    struct read_head head;
    struct copy_bytes bytes;
    struct copy_chunks chunks;
};

/* The end of the request is its empty line. */
static struct eddy_future *send_request(struct get *get)
{
    const struct url *url = &get->answer->url;
    bool usual = strcmp(url->port, "80") == 0;
    char text[TEXT_MOST + 512];
    int n =
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: %s%s%s\r\nConnection: close\r\n\r\n",
                 url->path, url->host, usual ? "" : ":", usual ? "" : url->port);

    return eddy_stream_write(&get->wait, &get->answer->stream, text, (size_t)n);
}

/* (A head with a status below 200 comes before the answer itself.) */
static struct eddy_step get(struct eddy_co *co)
{
    struct get *self = CO_FRAME(co, get);
    struct answer *answer = self->answer;
    int err;

    CO_BEGIN(co);
    err = eddy_timeout_open(&self->limit, co, self->seconds);
    if (err < 0)
        CO_FAIL(co, err);
    CO_AWAIT(co, eddy_open_connection(&self->connecting, &answer->stream, eddy_co_loop(co),
                                      answer->url.host, answer->url.port));
    CO_AWAIT(co, send_request(self));
    do
        CO_CALL(co, read_head, &self->head, .answer = answer);
    while (answer->status < 200);
    if (answer->chunked)
        CO_CALL(co, copy_chunks, &self->chunks, .answer = answer);
    else
        CO_CALL(co, copy_bytes, &self->bytes, .answer = answer, .left = answer->length);
    CO_FINALLY(co);
    eddy_timeout_close(&self->limit, co);
    eddy_stream_abort(&answer->stream);
    CO_TRY_AWAIT(co, eddy_stream_wait_closed(&self->wait, &answer->stream));
    CO_END(co);
}

static int help(void)
{
    printf("usage: get [--timeout SECONDS] [HOST[:PORT] [PATH] | http://HOST[:PORT]/PATH]\n\n"
           "Fetches a page: its head to stderr, and itself to stdout. Plain http, no more.\n"
           "Without an address it fetches http://example.org/.\n\n"
           "  --timeout SECONDS  for all of it; 30 unless given\n"
           "  --help             print this\n");
    return 0;
}

static int refuse(const char *text, const char *why)
{
    fprintf(stderr, "get: '%s': %s; try --help\n", text, why);
    return 1;
}

static int say_error(const struct answer *answer, int err)
{
    const char *why = answer->why               ? answer->why
                      : err == EDDY_ELIMIT      ? "a line of the answer is too long"
                      : err == EDDY_EINCOMPLETE ? "the answer has ended too early"
                                                : eddy_strerror(err);

    fflush(stdout);
    if (err != -ECANCELED)
        fprintf(stderr, "get: %s port %s: %s\n", answer->url.host, answer->url.port, why);
    return 1;
}

int main(int argc, char *argv[])
{
    static struct answer answer;
    const char *where = "example.org";
    double seconds = 30;
    char *end = NULL;
    int err;

    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return help();
    if (argc > 2 && strcmp(argv[1], "--timeout") == 0) {
        seconds = strtod(argv[2], &end);
        if (*end || !(seconds > 0 && seconds < 1e9))
            return refuse(argv[2], "that is no number of seconds");
        argv += 2;
        argc -= 2;
    }
    where = argc > 1 ? argv[1] : where;
    if (where[0] == '-')
        return refuse(where, strcmp(where, "--timeout") == 0
                                 ? "it needs a number of seconds after it"
                                 : "there is no such option");
    if (argc > 3 || !parse_url(&answer.url, where, argc > 2 ? argv[2] : NULL))
        return refuse(where, "that is no page to fetch with plain http");
    err = eddy_run(get, .seconds = seconds, .answer = &answer);
    if (err == 0 && (fflush(stdout) != 0 || ferror(stdout)))
        err = -errno;
    if (err < 0)
        return say_error(&answer, err);
    return answer.status >= 400;
}
