"""timeouts: wait_for, shield, and a time limit for several awaits."""
import asyncio
import errno

from scenario import asks, begin, refuser, run, say, says, scenario, sleeper

PYTHON = "3.11"
TURNS = False


def wait_for(loop, seconds, body, then=None):
    """A task that waits so long for another one, which begins within its await."""

    async def a():
        try:
            await asyncio.wait_for(begin(loop, body), seconds)
            say("a goes on")
            if then:
                await then()
        finally:
            say("a cleans up")

    return begin(loop, a)


def wait_for_future(loop, seconds):
    """The same for a future. Returns both."""
    f = loop.create_future()

    async def a():
        try:
            say("result " + await asyncio.wait_for(f, seconds))
            await asyncio.sleep(9)
            say("never")
        finally:
            say("a cleans up")

    return begin(loop, a), f


def finish(f):
    return lambda: f.set_result("f")


@scenario
def in_time(loop):
    """wait_for: it ends in time, and no timer is left"""
    wait_for(loop, 9, sleeper("b", 1))
    run(loop)


@scenario
def without_limit(loop):
    """wait_for without a limit"""
    wait_for(loop, None, sleeper("b", 1))
    run(loop)


@scenario
def fails_in_time(loop):
    """wait_for: it fails in time, with its own error"""
    wait_for(loop, 9, sleeper("b", 1, errno.EIO))
    run(loop)


@scenario
def late(loop):
    """wait_for: it is late, is cancelled, and has ended when the time-out is told"""
    wait_for(loop, 1, sleeper("b"))
    run(loop)


@scenario
def late_with_cleanup(loop):
    """wait_for: it is late, and its cleanup takes 2 seconds: the time-out is told after it"""

    async def b():
        try:
            await asyncio.sleep(9)
        finally:
            await asyncio.sleep(2)
            say("b cleans up")

    wait_for(loop, 1, b)
    run(loop)


@scenario
def late_and_fails(loop):
    """wait_for: it is late, and fails while it cleans up: with its error"""

    async def b():
        try:
            await asyncio.sleep(9)
        finally:
            say("b cleans up")
            raise OSError(errno.EIO, "it failed")

    wait_for(loop, 1, b)
    run(loop)


@scenario
def refuses_it(loop):
    """wait_for: it is late, refuses to be cancelled, and ends well: its result is told"""
    wait_for(loop, 1, refuser("b", 9))
    run(loop)


@scenario
def cancelled(loop):
    """wait_for: who waits is cancelled: the other one ends first"""
    task = wait_for(loop, 9, sleeper("b"))
    loop.call_later(1, asks("timer", task))
    run(loop)


@scenario
def cancelled_and_refused(loop):
    """wait_for: who waits is cancelled, and the other one refuses and ends well"""
    task = wait_for(loop, 20, refuser("b", 9), lambda: asyncio.sleep(9))
    loop.call_later(1, asks("timer", task))
    run(loop)


@scenario
def future_cancelled(loop):
    """wait_for: the future is cancelled by somebody else: that is no time-out"""
    _, f = wait_for_future(loop, 9)
    loop.call_later(1, says("timer", f.cancel))
    run(loop)


@scenario
def result_then_time(loop):
    """wait_for: the result comes, and in the same turn the time is up: the result is told"""
    task, f = wait_for_future(loop, 1)
    loop.call_at(loop.time() + 1, says("timer", finish(f)))
    loop.call_later(2, asks("second timer", task))
    run(loop)


@scenario
def time_then_result(loop):
    """wait_for: in one turn the time is up, and then the result comes"""
    task, f = wait_for_future(loop, 1)

    def set_late():
        loop.call_later(1, says("timer", lambda: say("done" if f.done() else "not done")))

    loop.call_soon(set_late)
    run(loop)


@scenario
def result_then_cancel(loop):
    """wait_for: the result comes, and in the same turn who waits is cancelled: both count"""
    task, f = wait_for_future(loop, 9)
    loop.call_later(1, says("timer", finish(f), task.cancel))
    run(loop)


@scenario
def done_and_0(loop):
    """wait_for of 0 seconds, for what is done: its result"""
    task, f = wait_for_future(loop, 0)
    finish(f)()
    loop.call_later(1, asks("timer", task))
    run(loop)


@scenario
def pending_and_0(loop):
    """wait_for of 0 seconds, for what is pending: it is cancelled"""
    task, f = wait_for_future(loop, 0)
    loop.call_soon(says("soon"))
    run(loop)


@scenario
def nested_waits(loop):
    """wait_for within a task that is waited for: the inner time-out comes first"""

    async def b():
        try:
            await asyncio.wait_for(begin(loop, sleeper("c")), 1)
        finally:
            say("b cleans up")

    wait_for(loop, 2, b)
    run(loop)


@scenario
def outer_wait_first(loop):
    """wait_for within a task that is waited for: the outer time-out comes first"""

    async def b():
        try:
            await asyncio.wait_for(begin(loop, sleeper("c")), 2)
        finally:
            say("b cleans up")

    wait_for(loop, 1, b)
    run(loop)


# ---- shield --------------------------------------------------------------------------------------


def shield(loop, future):
    async def a():
        try:
            await asyncio.shield(future)
            say("a goes on")
        finally:
            say("a cleans up")

    return begin(loop, a)


@scenario
def shielded(loop):
    """shield: who awaits is cancelled, and what is shielded goes on"""
    task = shield(loop, begin(loop, sleeper("b", 2)))
    loop.call_later(1, asks("timer", task))
    run(loop)


@scenario
def shielded_ends(loop):
    """shield: it ends well"""
    shield(loop, begin(loop, sleeper("b", 1)))
    run(loop)


@scenario
def shielded_fails(loop):
    """shield: it fails"""
    shield(loop, begin(loop, sleeper("b", 1, errno.EIO)))
    run(loop)


@scenario
def shielded_cancelled(loop):
    """shield: what is shielded is cancelled, and so comes back who awaits it"""
    b = begin(loop, sleeper("b"))
    shield(loop, b)
    loop.call_later(1, asks("timer", b))
    run(loop)


@scenario
def shield_and_time(loop):
    """wait_for a shield: late, and what is shielded goes on"""
    b = begin(loop, sleeper("b", 2))

    async def a():
        try:
            await asyncio.wait_for(asyncio.shield(b), 1)
        finally:
            say("a cleans up")

    begin(loop, a)
    run(loop)


@scenario
def shield_done_and_cancelled(loop):
    """shield: in one turn it is done, and then who awaits it is cancelled"""
    f = loop.create_future()

    async def a():
        try:
            await asyncio.shield(f)
            say("a goes on")
            await asyncio.sleep(9)
            say("never")
        finally:
            say("a cleans up")

    task = begin(loop, a)
    loop.call_later(1, says("timer", finish(f), task.cancel))
    run(loop)


# ---- A limit for several awaits ------------------------------------------------------------------


def limited(loop, seconds, *sleeps):
    """A task that sleeps so long, one after the other, under a limit."""

    async def a():
        try:
            async with asyncio.timeout(seconds):
                for each in sleeps:
                    await asyncio.sleep(each)
                    say("a goes on")
        finally:
            say("a cleans up")

    return begin(loop, a)


@scenario
def limit_kept(loop):
    """a limit: it is kept, and no timer is left"""
    limited(loop, 5, 1, 2)
    run(loop)


@scenario
def limit_expires(loop):
    """a limit: it expires in the second await"""
    limited(loop, 5, 3, 9)
    run(loop)


@scenario
def limit_and_cancel(loop):
    """a limit: the task is cancelled before it expires: that is no time-out"""
    task = limited(loop, 5, 9)
    loop.call_later(1, asks("timer", task))
    run(loop)


@scenario
def limit_then_cancel(loop):
    """a limit: in one turn it expires, and then the task is cancelled: cancelled"""
    task = limited(loop, 1, 9)
    loop.call_soon(lambda: loop.call_later(1, asks("timer", task)))
    run(loop)


@scenario
def cancel_then_limit(loop):
    """a limit: in one turn the task is cancelled, and then it expires: cancelled"""
    task = limited(loop, 1, 9)
    loop.call_at(loop.time() + 1, asks("timer", task))
    run(loop)


@scenario
def limit_of_0(loop):
    """a limit of 0: it cuts the first await"""
    limited(loop, 0, 9)
    loop.call_soon(says("soon"))
    run(loop)


@scenario
def limit_of_0_and_turn(loop):
    """a limit of 0, and an await of one turn: it cuts it"""
    limited(loop, 0, 0)
    loop.call_soon(says("soon"))
    run(loop)


def nested(loop, outer, inner):
    """A task with two limits: it says which of them was the one, and goes on."""

    async def a():
        try:
            async with asyncio.timeout(outer):
                try:
                    async with asyncio.timeout(inner):
                        await asyncio.sleep(9)
                except TimeoutError:
                    say("inner expired")
                await asyncio.sleep(9)
        except TimeoutError:
            say("outer expired")
        await asyncio.sleep(1)
        say("a goes on")

    return begin(loop, a)


@scenario
def inner_expires(loop):
    """two limits: the inner one expires, then the outer one, and the task goes on"""
    nested(loop, 2, 1)
    run(loop)


@scenario
def outer_expires(loop):
    """two limits: the outer one expires first: the inner one says nothing"""
    nested(loop, 1, 2)
    run(loop)


@scenario
def both_expire(loop):
    """two limits: both expire in one turn: the outer one has its time-out"""
    nested(loop, 1, 1)
    run(loop)


@scenario
def limit_refused(loop):
    """a limit: the body refuses, and ends well: no time-out is told, but that it expired"""

    async def a():
        try:
            async with asyncio.timeout(1) as limit:
                try:
                    await asyncio.sleep(9)
                except asyncio.CancelledError:
                    say("a refuses")
                await asyncio.sleep(1)
                say("a goes on")
        finally:
            say("expired" if limit.expired() else "not expired")

    begin(loop, a)
    run(loop)


@scenario
def limit_body_fails(loop):
    """a limit: the body fails before it expires, and no timer is left"""

    async def a():
        try:
            async with asyncio.timeout(5):
                await asyncio.sleep(1)
                raise OSError(errno.EIO, "it failed")
        finally:
            say("a cleans up")

    begin(loop, a)
    run(loop)


@scenario
def limit_after_result(loop):
    """a limit: in one turn the result comes, and then it expires"""
    f = loop.create_future()

    async def a():
        async with asyncio.timeout(1):
            say("result " + await f)
        say("a goes on")
        await asyncio.sleep(9)
        say("a ends")

    loop.call_later(1, says("timer", finish(f)))
    begin(loop, a)
    run(loop)


@scenario
def limit_around_task(loop):
    """a limit around a task that is awaited: that is cancelled, and cleans up"""

    async def a():
        try:
            async with asyncio.timeout(1):
                await begin(loop, sleeper("b"))
        finally:
            say("a cleans up")

    begin(loop, a)
    run(loop)


@scenario
def limit_and_gather(loop):
    """a limit around a gather: its children are cancelled, and clean up"""

    async def a():
        try:
            async with asyncio.timeout(1):
                await asyncio.gather(begin(loop, sleeper("b")), begin(loop, sleeper("c")))
        finally:
            say("a cleans up")

    begin(loop, a)
    run(loop)
