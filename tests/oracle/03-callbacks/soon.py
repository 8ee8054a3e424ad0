"""call_soon: the line, its order, and who is taken out of it."""
from scenario import run, say, says, scenario


@scenario
def fifo(loop):
    """callbacks are called in the order in which they were queued"""
    for name in "abc":
        loop.call_soon(says(name))
    run(loop)


@scenario
def soon_in_soon(loop):
    """what a callback queues is called in the next turn, and not in this one"""
    loop.call_soon(says("a", lambda: loop.call_soon(says("c"))))
    loop.call_soon(says("b"))
    run(loop)


@scenario
def chain(loop):
    """callbacks that queue themselves again and again take turns"""

    def again(name, left):
        say(name)
        if left:
            loop.call_soon(again, name, left - 1)

    loop.call_soon(again, "a", 3)
    loop.call_soon(again, "b", 1)
    loop.call_soon(again, "c", 2)
    run(loop)


@scenario
def cancel_later_one(loop):
    """a callback cancels one that stands behind it in the same turn"""
    loop.call_soon(says("a", lambda: b.cancel()))
    b = loop.call_soon(says("b"))
    loop.call_soon(says("c"))
    run(loop)


@scenario
def cancel_earlier_one(loop):
    """a callback cancels one that was called already, which changes nothing"""
    a = loop.call_soon(says("a"))
    loop.call_soon(says("b", lambda: a.cancel()))
    loop.call_soon(says("c"))
    run(loop)


@scenario
def cancel_self(loop):
    """a callback cancels itself, which changes nothing"""
    a = loop.call_soon(says("a", lambda: a.cancel(), lambda: loop.call_soon(says("c"))))
    loop.call_soon(says("b"))
    run(loop)


@scenario
def cancel_twice(loop):
    """cancelling a second time changes nothing"""
    loop.call_soon(says("a"))
    b = loop.call_soon(says("b"))
    loop.call_soon(says("c"))
    b.cancel()
    b.cancel()
    run(loop)


@scenario
def cancel_the_only_one(loop):
    """the only callback in line is cancelled, and a timer is set"""
    a = loop.call_soon(says("a"))
    loop.call_later(1, says("b"))
    a.cancel()
    run(loop)


@scenario
def cancel_in_next_turn(loop):
    """a callback cancels what an earlier one has queued for the next turn"""
    queued = []
    loop.call_soon(says("a", lambda: queued.append(loop.call_soon(says("d")))))
    loop.call_soon(says("b", lambda: queued[0].cancel(), lambda: loop.call_soon(says("e"))))
    loop.call_soon(says("c"))
    run(loop)


@scenario
def threadsafe_before_timer(loop):
    """threadsafe calls are called in their order, and before a timer that is due"""
    loop.call_later(0, says("timer"))
    for name in "abc":
        loop.call_soon_threadsafe(says(name))
    run(loop)


@scenario
def threadsafe_behind(loop):
    """a threadsafe call after a call_soon is called after it"""
    loop.call_soon(
        says(
            "a",
            lambda: loop.call_soon(says("c")),
            lambda: loop.call_soon_threadsafe(says("d")),
            lambda: loop.call_soon_threadsafe(says("e")),
        )
    )
    loop.call_soon(says("b"))
    run(loop)


@scenario
def threadsafe_before(loop):
    """a threadsafe call before a call_soon"""
    loop.call_soon_threadsafe(says("b"))
    loop.call_soon(says("a"))
    run(loop)
