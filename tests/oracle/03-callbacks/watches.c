/* add_reader and add_writer: what descriptors do to the order of a turn. */
#include "actors.h"

#include <unistd.h>

static void order_in_a_turn(void)
{
    later(actor("timer"), 0);
    watch_reading(reader("reader"));
    soon(actor("soon"));
    run();
}

static void ready_ends_the_wait(void)
{
    later(actor("timer"), 1);
    watch_reading(reader("reader"));
    run();
}

static void two_readers(void)
{
    struct actor *first = reader("first"), *second = reader("second");

    then(first, soon, actor("soon"));
    watch_reading(second);
    watch_reading(first);
    run();
}

/* Takes one byte at a time, and leaves at the end. */
struct pourer {
    struct eddy_watch watch;
    int fd;
};

static void pour(struct eddy_handle *handle)
{
    struct pourer *self = container_of(handle, struct pourer, watch.handle);
    char byte;

    if (read(self->fd, &byte, 1) == 1) {
        say("read %c", byte);
        return;
    }
    say("the end");
    eddy_loop_remove_reader(&loop, self->fd);
}

static void level_triggered(void)
{
    static struct pourer pourer;
    int fds[2];

    open_pipe(fds, "abc");
    close_last();
    pourer.fd = fds[0];
    eddy_watch_init(&pourer.watch, pour);
    CHECK_OK(eddy_loop_add_reader(&loop, pourer.fd, &pourer.watch));
    soon(actor("soon"));
    run();
}

static void fill(void *whom)
{
    const int *fd = whom;

    CHECK_INT(write(*fd, "x", 1), 1);
}

static void write_wakes_reader(void)
{
    struct actor *reading = actor("reader"), *a = actor("a");
    int fds[2];

    open_pipe(fds, "");
    reading->fd = fds[0];
    then(reading, leave_reading, reading);
    watch_reading(reading);
    then(a, fill, &fds[1]);
    then(a, soon, actor("c"));
    soon(a);
    soon(actor("b"));
    run();
}

/* ---- Removed and replaced -------------------------------------------------------------------- */

static void removed_in_batch(void)
{
    struct actor *first = reader("first"), *second = reader("second");

    then(first, leave_reading, second);
    watch_reading(first);
    watch_reading(second);
    run();
}

/* One more reader, of the descriptor that `other` reads. */
static struct actor *rival(const char *name, const struct actor *other)
{
    struct actor *who = actor(name);

    who->fd = other->fd;
    then(who, leave_reading, who);
    return who;
}

static void replaced(void)
{
    struct actor *old = reader("old");

    watch_reading(old);
    watch_reading(rival("new", old));
    run();
}

static void replaced_in_batch(void)
{
    struct actor *first = reader("first"), *old = reader("old"), *a = actor("soon");

    then(first, watch_reading, rival("new", old));
    then(a, soon, actor("next turn"));
    watch_reading(first);
    watch_reading(old);
    soon(a);
    run();
}

static void removed_and_added_in_batch(void)
{
    struct actor *first = reader("first"), *second = reader("second");

    then(first, leave_reading, second);
    then(first, watch_reading, second);
    watch_reading(first);
    watch_reading(second);
    run();
}

static void added_again_in_batch(void)
{
    struct actor *first = reader("first"), *second = reader("second");

    then(first, watch_reading, second);
    watch_reading(first);
    watch_reading(second);
    run();
}

static void removed_by_ready(void)
{
    struct actor *reading = reader("reader"), *a = actor("a");

    then(a, leave_reading, reading);
    watch_reading(reading);
    soon(a);
    run();
}

static void removed_by_timer(void)
{
    struct actor *reading = actor("reader"), *timer = actor("timer");
    int fds[2];

    open_pipe(fds, "x");
    reading->fd = fds[0];
    then(timer, leave_reading, reading);
    watch_reading(reading);
    later(timer, 0);
    run();
}

static void tell(bool removed)
{
    say(removed ? "removed" : "nobody there");
}

static void removed_twice(void)
{
    struct actor *reading = actor("reader"), *writing = actor("writer");
    int fds[2];

    open_pipe(fds, "");
    reading->fd = fds[0];
    writing->fd = fds[1];
    watch_reading(reading);
    watch_writing(writing);
    tell(eddy_loop_remove_writer(&loop, fds[0]));
    tell(eddy_loop_remove_reader(&loop, fds[0]));
    tell(eddy_loop_remove_reader(&loop, fds[0]));
    tell(eddy_loop_remove_writer(&loop, fds[1]));
    tell(eddy_loop_remove_writer(&loop, fds[1]));
    run();
}

/* ---- Reader and writer of one descriptor ----------------------------------------------------- */

static void open_both(struct actor *reading, struct actor *writing)
{
    int fds[2];

    open_pair(fds, "x");
    reading->fd = writing->fd = fds[0];
}

static void reader_before_writer(void)
{
    struct actor *reading = actor("reader"), *writing = actor("writer");

    open_both(reading, writing);
    then(writing, leave_writing, writing);
    then(reading, leave_reading, reading);
    watch_writing(writing);
    watch_reading(reading);
    run();
}

static void reader_removes_writer(void)
{
    struct actor *reading = actor("reader"), *writing = actor("writer");

    open_both(reading, writing);
    then(reading, leave_writing, writing);
    then(reading, leave_reading, reading);
    watch_writing(writing);
    watch_reading(reading);
    run();
}

static void writer_stays(void)
{
    struct actor *reading = actor("reader"), *writing = actor("writer"), *after = actor("soon");

    open_both(reading, writing);
    then(reading, leave_reading, reading);
    then(writing, soon, after);
    then(after, leave_writing, writing);
    watch_reading(reading);
    watch_writing(writing);
    run();
}

static void stopped_run_looks(void)
{
    watch_reading(reader("reader"));
    stop(NULL);
    run();
}

static const struct scenario scenarios[] = {
    {order_in_a_turn,
     "a turn calls what is in line, then descriptors' watchers, then the timers that are due"},
    {ready_ends_the_wait, "a descriptor that is ready ends the wait for a timer"},
    {two_readers, "two readers that are ready are called in one turn"},
    {level_triggered, "a reader that leaves something to read is called in each turn"},
    {write_wakes_reader, "what a callback writes is read in the next turn, behind what is in line"},
    {removed_in_batch, "a reader removes another one that is in line behind it"},
    {replaced, "a reader is replaced before it is ready: the new one is called"},
    {replaced_in_batch, "a reader in line is replaced: the new one is called, and a turn later"},
    {removed_and_added_in_batch,
     "a reader that is in line is removed and added again: it is called a turn later"},
    {added_again_in_batch, "a reader that is in line is added once more"},
    {removed_by_ready, "a callback in line removes a reader that is ready in the same turn"},
    {removed_by_timer, "a reader is called before the timer that removes it in the same turn"},
    {removed_twice, "removing says whether there was somebody"},
    {reader_before_writer,
     "of one descriptor, ready for both, the reader is called before the writer"},
    {reader_removes_writer, "a reader removes the writer of the same descriptor, who is in line"},
    {writer_stays, "the writer stays when the reader of the same descriptor is removed"},
    {stopped_run_looks,
     "the one turn of a run that was stopped before looks at the descriptors, too"},
};

TESTS
{
    oracle_play(scenarios, sizeof scenarios / sizeof *scenarios, __FILE__);
}
