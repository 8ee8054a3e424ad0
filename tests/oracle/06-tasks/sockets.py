"""sockets: what a task that receives does to the order of a turn."""
import asyncio
import socket

from scenario import asks, begin, run, say, says, scenario, sockets


def a_pair(text=b""):
    """Two connected sockets, with `text` to be received from the first."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    sockets.extend((ours, theirs))
    theirs.send(text)
    return ours, theirs


def receives(loop, name, sock, *then):
    """A task's body: it receives a byte, says so, and makes all these calls."""

    async def body():
        text = await loop.sock_recv(sock, 1)
        say(f"{name} has {text.decode()}")
        for call in then:
            call()

    body.__name__ = name
    return body


def watches(loop, name, *then):
    """A reader of its own that is ready at once, makes all these calls, and leaves."""
    ours, theirs = a_pair()
    loop.add_reader(ours, says(name, lambda: loop.remove_reader(ours), *then))
    return lambda: theirs.send(b"x")


def at_once(loop, *calls):
    """One second from now all these calls are made, so that what comes of them is one batch."""
    loop.call_later(1, says("timer", *calls))


@scenario
def something_there(loop):
    """what is there is received without a turn"""
    ours, _ = a_pair(b"x")
    begin(loop, receives(loop, "a", ours))
    loop.call_soon(says("soon"))
    run(loop)


@scenario
def one_receives(loop):
    """one task receives, and nothing else is in line"""
    ours, theirs = a_pair()
    begin(loop, receives(loop, "a", ours))
    at_once(loop, lambda: theirs.send(b"x"))
    run(loop)


@scenario
def two_receive(loop):
    """two tasks receive at once: they go on in the order of their events"""
    first, to_first = a_pair()
    second, to_second = a_pair()
    begin(loop, receives(loop, "b", second))
    begin(loop, receives(loop, "a", first))
    at_once(loop, lambda: to_second.send(b"y"), lambda: to_first.send(b"x"))
    run(loop)


@scenario
def two_turns(loop):
    """two tasks receive at once, and go on to sleep 0: they take turns"""
    first, to_first = a_pair()
    second, to_second = a_pair()

    def goes_on(name, sock):
        async def body():
            text = await loop.sock_recv(sock, 1)
            say(f"{name} has {text.decode()}")
            await asyncio.sleep(0)
            say(f"{name} goes on")

        body.__name__ = name
        return body

    begin(loop, goes_on("a", first))
    begin(loop, goes_on("b", second))
    at_once(loop, lambda: to_first.send(b"x"), lambda: to_second.send(b"y"))
    run(loop)


@scenario
def soon_before(loop):
    """what is queued before the event is called before the task that receives"""
    rings = watches(loop, "r", lambda: loop.call_soon(says("soon")))
    ours, theirs = a_pair()
    begin(loop, receives(loop, "a", ours))
    at_once(loop, rings, lambda: theirs.send(b"x"))
    run(loop)


@scenario
def soon_after(loop):
    """what is queued after the event is called after the task that receives"""
    ours, theirs = a_pair()
    rings = watches(loop, "r", lambda: loop.call_soon(says("soon")))
    begin(loop, receives(loop, "a", ours))
    at_once(loop, rings, lambda: theirs.send(b"x"))
    run(loop)


@scenario
def soon_between(loop):
    """what is queued between two events is called between the two that receive"""
    first, to_first = a_pair()
    rings = watches(loop, "r", lambda: loop.call_soon(says("soon")))
    second, to_second = a_pair()
    begin(loop, receives(loop, "a", first))
    begin(loop, receives(loop, "b", second))
    at_once(loop, rings, lambda: to_first.send(b"x"), lambda: to_second.send(b"y"))
    run(loop)


@scenario
def timer_due(loop):
    """a timer that is due in the turn of the event comes before the task that receives"""
    ours, theirs = a_pair()
    begin(loop, receives(loop, "a", ours))
    at_once(loop, lambda: theirs.send(b"x"), lambda: loop.call_later(0, says("timer 2")))
    run(loop)


@scenario
def queues_when_it_has(loop):
    """who has received queues a callback, while another event comes: the event is second"""
    ours, theirs = a_pair()
    rings = watches(loop, "r")
    begin(loop, receives(loop, "a", ours, rings, lambda: loop.call_soon(says("soon"))))
    at_once(loop, lambda: theirs.send(b"x"))
    run(loop)


@scenario
def stopped_before(loop):
    """a stop before the event: the task that receives goes on in the next run"""
    rings = watches(loop, "r", loop.stop)
    ours, theirs = a_pair()
    begin(loop, receives(loop, "a", ours))
    at_once(loop, rings, lambda: theirs.send(b"x"))
    run(loop)
    run(loop)


@scenario
def stopped_after(loop):
    """a stop after the event, in one batch with it"""
    ours, theirs = a_pair()
    rings = watches(loop, "r", loop.stop)
    begin(loop, receives(loop, "a", ours))
    at_once(loop, rings, lambda: theirs.send(b"x"))
    run(loop)
    run(loop)


@scenario
def cancelled_before(loop):
    """a cancel before the event, in one batch with it: nothing is received"""
    who = []
    rings = watches(loop, "r", lambda: asks("asks", who[0])())
    ours, theirs = a_pair()
    who.append(begin(loop, receives(loop, "a", ours)))
    at_once(loop, rings, lambda: theirs.send(b"x"))
    run(loop)
    say(f"left: {ours.recv(1).decode()}")


@scenario
def cancelled_after(loop):
    """a cancel after the event, in one batch with it"""
    who = []
    ours, theirs = a_pair()
    rings = watches(loop, "r", lambda: asks("asks", who[0])())
    who.append(begin(loop, receives(loop, "a", ours)))
    at_once(loop, rings, lambda: theirs.send(b"x"))
    run(loop)


@scenario
def completes(loop):
    """the task that the run is for receives: the run ends with it"""
    ours, theirs = a_pair()
    loop.call_later(1, says("timer", lambda: theirs.send(b"x")))
    loop.run_until_complete(receives(loop, "a", ours)())
    say("complete")
