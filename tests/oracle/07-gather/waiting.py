"""waiting: wait and as_completed: when they end, in which order, and that they cancel nothing."""
import asyncio
import errno

from scenario import asks, begin, fail, outcome_of, run, say, says, scenario, sleeper

PYTHON = "3.11"
TURNS = False

FOREVER = None


def wait(loop, n, when=asyncio.ALL_COMPLETED, seconds=FOREVER):
    """A task that waits for n futures, and says how each stands then. Returns it, and them."""
    futures = [loop.create_future() for _ in range(n)]

    async def a():
        try:
            await asyncio.wait(futures, timeout=seconds, return_when=when)
            for each in futures:
                say(outcome_of(each.result))
        finally:
            say("a cleans up")

    return begin(loop, a), futures


def finishes(loop, seconds, future, name):
    loop.call_later(seconds, says("finish " + name, lambda: future.set_result(name)))


@scenario
def for_all(loop):
    """wait for all of three"""
    _, (f, g, h) = wait(loop, 3)
    finishes(loop, 3, f, "f")
    finishes(loop, 1, g, "g")
    finishes(loop, 2, h, "h")
    run(loop)


@scenario
def all_and_error(loop):
    """wait for all, and one fails: the others are waited for"""
    _, (f, g) = wait(loop, 2)
    loop.call_later(1, says("fails", lambda: fail(f)))
    finishes(loop, 2, g, "g")
    run(loop)


@scenario
def first_completed(loop):
    """wait for the first of three: the others are left pending"""
    _, (f, g, h) = wait(loop, 3, asyncio.FIRST_COMPLETED)
    finishes(loop, 3, f, "f")
    finishes(loop, 1, g, "g")
    finishes(loop, 2, h, "h")
    run(loop)


@scenario
def two_at_once(loop):
    """wait for the first of three, and two are done in the same turn: it tells both"""
    _, (f, g, h) = wait(loop, 3, asyncio.FIRST_COMPLETED)
    loop.call_later(1, says("timer", lambda: h.set_result("h"), lambda: f.set_result("f")))
    run(loop)


@scenario
def first_is_error(loop):
    """wait for the first of two, and it is one that fails"""
    _, (f, g) = wait(loop, 2, asyncio.FIRST_COMPLETED)
    loop.call_later(1, says("fails", lambda: fail(f)))
    run(loop)


@scenario
def first_exception(loop):
    """wait for the first error of three: a result does not end it"""
    _, (f, g, h) = wait(loop, 3, asyncio.FIRST_EXCEPTION)
    finishes(loop, 1, f, "f")
    loop.call_later(2, says("fails", lambda: fail(g)))
    run(loop)


@scenario
def cancelled_is_no_exception(loop):
    """wait for the first error, and one is cancelled: that is none"""
    _, (f, g) = wait(loop, 2, asyncio.FIRST_EXCEPTION)
    loop.call_later(1, says("is cancelled", f.cancel))
    finishes(loop, 2, g, "g")
    run(loop)


@scenario
def no_exception(loop):
    """wait for the first error, and there is none: all are waited for"""
    _, (f, g) = wait(loop, 2, asyncio.FIRST_EXCEPTION)
    finishes(loop, 1, f, "f")
    finishes(loop, 2, g, "g")
    run(loop)


@scenario
def time_out(loop):
    """wait with a time-out: nothing is cancelled"""
    _, (f, g) = wait(loop, 2, seconds=2)
    finishes(loop, 1, f, "f")
    finishes(loop, 3, g, "g")
    run(loop)


@scenario
def done_and_time_out(loop):
    """wait, and the last one is done in the turn of the time-out"""
    _, (f,) = wait(loop, 1, seconds=1)
    loop.call_soon(lambda: finishes(loop, 1, f, "f"))
    run(loop)


@scenario
def time_out_of_0(loop):
    """wait with a time-out of 0 for what is pending"""
    _, (f,) = wait(loop, 1, seconds=0)
    loop.call_soon(says("soon"))
    run(loop)


@scenario
def unused_time_out(loop):
    """wait with a time-out that is not needed: no timer is left"""
    _, (f,) = wait(loop, 1, seconds=9)
    finishes(loop, 1, f, "f")
    run(loop)


@scenario
def done_before(loop):
    """wait for all, and all are done before: it goes on at once"""
    _, (f, g) = wait(loop, 2)
    f.set_result("f")
    fail(g)
    loop.call_soon(says("soon"))
    run(loop)


@scenario
def one_done_before(loop):
    """wait for the first, and one is done before: it goes on at once"""
    _, (f, g) = wait(loop, 2, asyncio.FIRST_COMPLETED)
    g.set_result("g")
    loop.call_soon(says("soon"))
    run(loop)


@scenario
def failed_before(loop):
    """wait for the first error, and it is there before: it goes on at once"""
    _, (f, g) = wait(loop, 2, asyncio.FIRST_EXCEPTION)
    fail(g)
    loop.call_soon(says("soon"))
    run(loop)


@scenario
def cancelled(loop):
    """who waits for two tasks is cancelled: they go on"""

    async def a():
        try:
            await asyncio.wait([begin(loop, sleeper("b", 2)), begin(loop, sleeper("c", 3))])
        finally:
            say("a cleans up")

    task = begin(loop, a)
    loop.call_later(1, asks("timer", task))
    run(loop)


# ---- as_completed --------------------------------------------------------------------------------


def complete(loop, n, seconds=FOREVER):
    """A task that says what each of n futures comes to, as they are done. Returns it, and them."""
    futures = [loop.create_future() for _ in range(n)]

    async def a():
        for each in asyncio.as_completed(futures, timeout=seconds):
            try:
                say("result " + await each)
            except asyncio.TimeoutError:
                say("error ETIMEDOUT")
            except OSError as error:
                say("error " + errno.errorcode[error.errno])

    return begin(loop, a), futures


@scenario
def as_completed(loop):
    """as_completed: three, in the order in which they are done"""
    _, (f, g, h) = complete(loop, 3)
    finishes(loop, 3, f, "f")
    finishes(loop, 1, g, "g")
    finishes(loop, 2, h, "h")
    run(loop)


@scenario
def as_completed_errors(loop):
    """as_completed: one fails, and the next is told all the same"""
    _, (f, g) = complete(loop, 2)
    loop.call_later(1, says("fails", lambda: fail(g)))
    finishes(loop, 2, f, "f")
    run(loop)


@scenario
def as_completed_same_turn(loop):
    """as_completed: three are done in one turn, in another order than they stand"""
    _, (f, g, h) = complete(loop, 3)

    def finish():
        h.set_result("h")
        fail(f)
        g.set_result("g")

    loop.call_later(1, says("timer", finish))
    run(loop)


@scenario
def as_completed_done_before(loop):
    """as_completed: one of two is done before"""
    _, (f, g) = complete(loop, 2)
    g.set_result("g")
    finishes(loop, 1, f, "f")
    loop.call_soon(says("soon"))
    run(loop)


@scenario
def as_completed_time_out(loop):
    """as_completed with a time-out: each that is left says so, and none is cancelled"""
    _, (f, g, h) = complete(loop, 3, 2)
    finishes(loop, 1, g, "g")
    loop.call_later(3, says("f", lambda: say("pending" if not f.done() else "done")))
    run(loop)


@scenario
def as_completed_unused_time_out(loop):
    """as_completed with a time-out that is not needed: no timer is left"""
    _, (f,) = complete(loop, 1, 9)
    finishes(loop, 1, f, "f")
    run(loop)


@scenario
def as_completed_cancelled(loop):
    """who takes them as they complete is cancelled: the futures are not"""
    task, (f, g) = complete(loop, 2)
    finishes(loop, 1, f, "f")
    loop.call_later(2, asks("timer", task))
    finishes(loop, 3, g, "g")
    run(loop)
