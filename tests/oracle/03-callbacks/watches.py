"""add_reader and add_writer: what descriptors do to the order of a turn."""
import os
import socket

from scenario import a_pipe, pipes, run, say, says, scenario


def pour(loop, fd):
    """A reader that takes one byte at a time, and the last time removes itself."""

    def callback():
        byte = os.read(fd, 1)
        say("read " + byte.decode() if byte else "the end")
        if not byte:
            loop.remove_reader(fd)

    return callback


def full_pipe(text):
    reading, writing = a_pipe()
    os.write(writing, text)
    return reading


@scenario
def order_in_a_turn(loop):
    """a turn calls what is in line, then descriptors' watchers, then the timers that are due"""
    fd = full_pipe(b"x")
    loop.call_later(0, says("timer"))
    loop.add_reader(fd, says("reader", lambda: loop.remove_reader(fd)))
    loop.call_soon(says("soon"))
    run(loop)


@scenario
def ready_ends_the_wait(loop):
    """a descriptor that is ready ends the wait for a timer"""
    fd = full_pipe(b"x")
    loop.call_later(1, says("timer"))
    loop.add_reader(fd, says("reader", lambda: loop.remove_reader(fd)))
    run(loop)


@scenario
def two_readers(loop):
    """two readers that are ready are called in one turn"""
    first, second = full_pipe(b"x"), full_pipe(b"x")
    loop.add_reader(second, says("second", lambda: loop.remove_reader(second)))
    loop.add_reader(
        first,
        says("first", lambda: loop.remove_reader(first), lambda: loop.call_soon(says("soon"))),
    )
    run(loop)


@scenario
def level_triggered(loop):
    """a reader that leaves something to read is called in each turn"""
    reading, writing = a_pipe()
    os.write(writing, b"abc")
    os.close(pipes.pop())
    loop.add_reader(reading, pour(loop, reading))
    loop.call_soon(says("soon"))
    run(loop)


@scenario
def write_wakes_reader(loop):
    """what a callback writes is read in the next turn, behind what is in line"""
    reading, writing = a_pipe()
    loop.add_reader(reading, says("reader", lambda: loop.remove_reader(reading)))
    loop.call_soon(says("a", lambda: os.write(writing, b"x"), lambda: loop.call_soon(says("c"))))
    loop.call_soon(says("b"))
    run(loop)


@scenario
def removed_in_batch(loop):
    """a reader removes another one that is in line behind it"""
    first, second = full_pipe(b"x"), full_pipe(b"x")
    loop.add_reader(
        first,
        says("first", lambda: loop.remove_reader(first), lambda: loop.remove_reader(second)),
    )
    loop.add_reader(second, says("second"))
    run(loop)


@scenario
def replaced(loop):
    """a reader is replaced before it is ready: the new one is called"""
    fd = full_pipe(b"x")
    loop.add_reader(fd, says("old"))
    loop.add_reader(fd, says("new", lambda: loop.remove_reader(fd)))
    run(loop)


@scenario
def replaced_in_batch(loop):
    """a reader in line is replaced: the new one is called, and a turn later"""
    first, second = full_pipe(b"x"), full_pipe(b"x")
    new = says("new", lambda: loop.remove_reader(second))
    loop.add_reader(
        first,
        says("first", lambda: loop.remove_reader(first), lambda: loop.add_reader(second, new)),
    )
    loop.add_reader(second, says("old"))
    loop.call_soon(says("soon", lambda: loop.call_soon(says("next turn"))))
    run(loop)


@scenario
def removed_and_added_in_batch(loop):
    """a reader that is in line is removed and added again: it is called a turn later"""
    first, second = full_pipe(b"x"), full_pipe(b"x")
    reader = says("second", lambda: loop.remove_reader(second))
    loop.add_reader(
        first,
        says(
            "first",
            lambda: loop.remove_reader(first),
            lambda: loop.remove_reader(second),
            lambda: loop.add_reader(second, reader),
        ),
    )
    loop.add_reader(second, reader)
    run(loop)


@scenario
def added_again_in_batch(loop):
    """a reader that is in line is added once more"""
    first, second = full_pipe(b"x"), full_pipe(b"x")
    reader = says("second", lambda: loop.remove_reader(second))
    loop.add_reader(
        first,
        says("first", lambda: loop.remove_reader(first), lambda: loop.add_reader(second, reader)),
    )
    loop.add_reader(second, reader)
    run(loop)


@scenario
def removed_by_ready(loop):
    """a callback in line removes a reader that is ready in the same turn"""
    fd = full_pipe(b"x")
    loop.add_reader(fd, says("reader"))
    loop.call_soon(says("a", lambda: loop.remove_reader(fd)))
    run(loop)


@scenario
def removed_by_timer(loop):
    """a reader is called before the timer that removes it in the same turn"""
    fd = full_pipe(b"x")
    loop.add_reader(fd, says("reader"))
    loop.call_later(0, says("timer", lambda: loop.remove_reader(fd)))
    run(loop)


@scenario
def removed_twice(loop):
    """removing says whether there was somebody"""

    def remove(call, fd):
        say("removed" if call(fd) else "nobody there")

    reading, writing = a_pipe()
    loop.add_reader(reading, says("reader"))
    loop.add_writer(writing, says("writer"))
    remove(loop.remove_writer, reading)
    for call, fd in ((loop.remove_reader, reading), (loop.remove_writer, writing)):
        remove(call, fd)
        remove(call, fd)
    run(loop)


def a_pair():
    """Two connected sockets; the first has something to read, and room to write."""
    ours, theirs = socket.socketpair()
    theirs.send(b"x")
    pipes.extend((ours.detach(), theirs.detach()))
    return pipes[-2]


@scenario
def reader_before_writer(loop):
    """of one descriptor, ready for both, the reader is called before the writer"""
    fd = a_pair()
    loop.add_writer(fd, says("writer", lambda: loop.remove_writer(fd)))
    loop.add_reader(fd, says("reader", lambda: loop.remove_reader(fd)))
    run(loop)


@scenario
def reader_removes_writer(loop):
    """a reader removes the writer of the same descriptor, who is in line"""
    fd = a_pair()
    loop.add_writer(fd, says("writer"))
    loop.add_reader(
        fd, says("reader", lambda: loop.remove_writer(fd), lambda: loop.remove_reader(fd))
    )
    run(loop)


@scenario
def writer_stays(loop):
    """the writer stays when the reader of the same descriptor is removed"""
    fd = a_pair()
    loop.add_reader(fd, says("reader", lambda: loop.remove_reader(fd)))
    loop.add_writer(
        fd,
        says("writer", lambda: loop.call_soon(says("soon", lambda: loop.remove_writer(fd)))),
    )
    run(loop)


@scenario
def stopped_run_looks(loop):
    """the one turn of a run that was stopped before looks at the descriptors, too"""
    fd = full_pipe(b"x")
    loop.add_reader(fd, says("reader", lambda: loop.remove_reader(fd)))
    loop.stop()
    run(loop)
