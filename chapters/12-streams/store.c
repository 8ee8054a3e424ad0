/*
 * store - a small Redis: keys and values in memory, for redis-cli, redis-benchmark, and for a person with nc.
 *
 *     nc localhost 8081                then:  set city Oxford    get city    incr visits    set tea hot ex 5
 *     redis-cli -p 8081
 *     redis-benchmark -p 8081 -t ping,set,get,incr -P 16 -q
 *
 * Each client is a task: read a request, carry it out, until there are no more. Since all clients are tasks of one
 * loop, a command runs from its beginning to its end without another one in between: nothing is locked.
 */
#include "serving.h"

#include "resp.h"
#include "wait_for.h"

#include <limits.h>
#include <math.h>
#include <strings.h>

enum { SECONDS_MOST = 1000000000 };

static const double patience = 1.0; /* with a client that is shown out: seconds */

static const char full[] = "-OOM the store is full";
static const char no_number[] = "-ERR value is not an integer or out of range";

static struct table table;

/* ---- Commands ------------------------------------------------------------------------------------ */

static bool word_is(const struct conversation *with, int i, const char *name)
{
    struct text word = word_at(with, i);

    return word.size == strlen(name) && strncasecmp(word.bytes, name, word.size) == 0;
}

/* NULL: there is none. */
static struct entry *entry_at(const struct conversation *with, int i)
{
    return *table_place(&table, word_at(with, i));
}

/* echo WORD; ping [WORD] */
static void ping(struct conversation *with)
{
    if (with->count > 1)
        say_word(with, word_at(with, 1));
    else
        say(with, "+PONG");
}

static void get(struct conversation *with)
{
    const struct entry *entry = entry_at(with, 1);

    if (entry)
        say_word(with, (struct text){entry->value, entry->size});
    else
        say(with, "$-1");
}

/* False: there is no memory for it, and the key is gone. */
static bool expire_in(struct conversation *with, struct entry *entry, double seconds)
{
    eddy_timer_cancel(table.loop, &entry->expiry);
    if (eddy_loop_call_later(table.loop, &entry->expiry, seconds) == 0)
        return true;
    table_remove(&table, word_at(with, 1));
    say(with, full);
    return false;
}

/* "ex SECONDS" or "px MILLISECONDS", after the value; without it, 0: for ever. */
static bool read_lifetime(struct conversation *with, double *seconds)
{
    long long n = 0;

    *seconds = 0;
    if (with->count == 3)
        return true;
    if (with->count != 5 || (!word_is(with, 3, "ex") && !word_is(with, 3, "px"))) {
        say(with, "-ERR syntax error");
        return false;
    }
    if (!read_number(word_at(with, 4), &n) || n <= 0 || n > SECONDS_MOST) {
        say(with, no_number);
        return false;
    }
    *seconds = word_is(with, 3, "px") ? (double)n / 1000 : (double)n;
    return true;
}

static void set(struct conversation *with)
{
    double seconds;
    struct entry *entry;

    if (!read_lifetime(with, &seconds))
        return;
    entry = table_put(&table, word_at(with, 1), word_at(with, 2));
    if (!entry) {
        say(with, full);
        return;
    }
    eddy_timer_cancel(table.loop, &entry->expiry);
    if (seconds <= 0 || expire_in(with, entry, seconds))
        say(with, "+OK");
}

static void del(struct conversation *with)
{
    int n = 0;

    for (int i = 1; i < with->count; i++)
        n += table_remove(&table, word_at(with, i));
    say(with, ":%d", n);
}

static void exists(struct conversation *with)
{
    int n = 0;

    for (int i = 1; i < with->count; i++)
        n += entry_at(with, i) != NULL;
    say(with, ":%d", n);
}

/* incr KEY, incrby KEY N, decr KEY, decrby KEY N: what is to be added, or to be taken away. */
static bool read_step(const struct conversation *with, long long *n)
{
    bool down = word_is(with, 0, "decr") || word_is(with, 0, "decrby");

    *n = 1;
    if (with->count > 2 && (!read_number(word_at(with, 2), n) || *n == LLONG_MIN))
        return false;
    *n = down ? -*n : *n;
    return true;
}

static void incr(struct conversation *with)
{
    const struct entry *entry = entry_at(with, 1);
    long long number = 0, n;
    char text[24];

    if ((entry && !read_number((struct text){entry->value, entry->size}, &number)) ||
        !read_step(with, &n) || (n > 0 ? number > LLONG_MAX - n : number < LLONG_MIN - n)) {
        say(with, no_number);
        return;
    }
    snprintf(text, sizeof text, "%lld", number + n);
    if (table_put(&table, word_at(with, 1), (struct text){text, strlen(text)}))
        say(with, ":%s", text);
    else
        say(with, full);
}

static void expire(struct conversation *with)
{
    struct entry *entry = entry_at(with, 1);
    long long n;

    if (!read_number(word_at(with, 2), &n) || n > SECONDS_MOST)
        say(with, no_number);
    else if (!entry)
        say(with, ":0");
    else if (n > 0 ? expire_in(with, entry, (double)n) : table_remove(&table, word_at(with, 1)))
        say(with, ":1");
}

/* Seconds; -1: for ever; -2: there is no such key. */
static void ttl(struct conversation *with)
{
    const struct entry *entry = entry_at(with, 1);
    double when = entry ? eddy_timer_when(table.loop, &entry->expiry) : NAN;

    if (isnan(when))
        say(with, entry ? ":-1" : ":-2");
    else
        say(with, ":%lld", (long long)(when - eddy_loop_time(table.loop) + 0.5));
}

/* A * at the end of the pattern is any rest; elsewhere it is a byte as others are. */
static bool matches(struct text key, struct text pattern)
{
    bool open = pattern.size > 0 && pattern.bytes[pattern.size - 1] == '*';
    size_t n = pattern.size - open;

    return (open ? key.size >= n : key.size == n) && memcmp(key.bytes, pattern.bytes, n) == 0;
}

/* How many keys match; says them, or only counts. Everybody else waits meanwhile: O(keys). */
static size_t each_key(struct conversation *with, bool says)
{
    size_t n = 0;

    for (size_t i = 0; i < BUCKETS; i++)
        for (const struct entry *entry = table.buckets[i]; entry; entry = entry->next)
            if (matches(key_of(entry), word_at(with, 1))) {
                n++;
                if (says)
                    say_word(with, key_of(entry));
            }
    return n;
}

static void keys(struct conversation *with)
{
    say(with, "*%zu", each_key(with, false));
    each_key(with, true);
}

static void dbsize(struct conversation *with)
{
    say(with, ":%zu", table.count);
}

static void flushall(struct conversation *with)
{
    table_clear(&table);
    say(with, "+OK");
}

static void quit(struct conversation *with)
{
    say(with, "+OK");
    with->err = with->err < 0 ? with->err : EDDY_EDONE;
}

/* What redis-cli and redis-benchmark ask for first. There is nothing to tell. */
static void nothing(struct conversation *with)
{
    say(with, "*0");
}

static const struct command {
    const char *name;
    int least, most; /* words, with the name */
    void (*run)(struct conversation *with);
} commands[] = {{"get", 2, 2, get},
                {"set", 3, WORDS_MOST, set},
                {"incr", 2, 2, incr},
                {"decr", 2, 2, incr},
                {"incrby", 3, 3, incr},
                {"decrby", 3, 3, incr},
                {"del", 2, WORDS_MOST, del},
                {"exists", 2, WORDS_MOST, exists},
                {"expire", 3, 3, expire},
                {"ttl", 2, 2, ttl},
                {"keys", 2, 2, keys},
                {"dbsize", 1, 1, dbsize},
                {"flushall", 1, 2, flushall},
                {"ping", 1, 2, ping},
                {"echo", 2, 2, ping},
                {"quit", 1, 1, quit},
                {"command", 1, WORDS_MOST, nothing},
                {"config", 2, WORDS_MOST, nothing}};

/* An empty line is no command. */
static void answer(struct conversation *with)
{
    struct text name = with->count > 0 ? word_at(with, 0) : (struct text){"", 0};

    for (size_t k = 0; k < sizeof commands / sizeof commands[0] && name.size > 0; k++) {
        if (!word_is(with, 0, commands[k].name))
            continue;
        if (with->count >= commands[k].least && with->count <= commands[k].most)
            commands[k].run(with);
        else
            say(with, "-ERR wrong number of arguments for '%s' command", commands[k].name);
        return;
    }
    if (with->count > 0)
        say(with, "-ERR unknown command '%.*s'", (int)(name.size < 64 ? name.size : 64),
            name.bytes);
}

/* ---- A client ------------------------------------------------------------------------------------ */

struct store_client {
    struct eddy_co co;
    struct eddy_stream *stream;
    struct eddy_stream_wait wait;
    struct eddy_wait_for limit;
    struct conversation with;
    struct read_request reading;
};

/* What is sent last: if it is the client's fault, why. Whether it is we who end. */
static bool say_goodbye(struct conversation *with, int err)
{
    if (err == EDDY_ELIMIT)
        refuse(with, "too long a line");
    send_answers(with);
    eddy_stream_write_eof(with->stream);
    return err == EDDY_EDONE || err == EDDY_ELIMIT || err == -EPROTO;
}

/* A close while the client still sends would be a reset, which takes what we have said last from it. So it is
 * listened to for a while. */
static struct eddy_step store_client(struct eddy_co *co)
{
    struct store_client *self = CO_FRAME(co, store_client);
    struct conversation *with = &self->with;

    CO_BEGIN(co);
    with->stream = self->stream;
    while (with->err == 0) {
        CO_CALL(co, read_request, &self->reading, .with = with);
        answer(with);
        if (with->answer.size > ANSWERS_ENOUGH)
            send_answers(with);
        CO_AWAIT(co, eddy_stream_drain(&self->wait, self->stream));
    }
    CO_FAIL(co, with->err);
    CO_FINALLY(co);
    if (with->stream && say_goodbye(with, eddy_co_outcome(co))) /* else it has not begun */
        CO_TRY_AWAIT(co, eddy_wait_for(&self->limit, eddy_co_loop(co),
                                       eddy_reader_readall(&self->stream->reader, REQUEST_MOST),
                                       patience));
    free(with->words.bytes);
    free(with->answer.bytes);
    eddy_co_handled(co); /* a client that has gone, or talks nonsense, is no failure of ours */
    CO_END(co);
}

/* ---- All of it ----------------------------------------------------------------------------------- */

struct store {
    struct eddy_co co;
    const struct demo *demo;
    const struct eddy_stream_handler *handler;
    struct serving serving;
};

static struct eddy_step store(struct eddy_co *co)
{
    struct store *self = CO_FRAME(co, store);

    CO_BEGIN(co);
    table.loop = eddy_co_loop(co);
    CO_CALL(co, serving, &self->serving, .demo = self->demo, .handler = self->handler);
    CO_FINALLY(co);
    table_clear(&table);
    CO_END(co);
}

int main(int argc, char *argv[])
{
    struct demo demo = demo_start(argc, argv, "Keeps keys and values, as a small Redis.");

    return demo_status(&demo,
                       eddy_run(store, .demo = &demo, .handler = EDDY_HANDLER(store_client)));
}
