"""cancel: where a request to cancel lands, who hears of it, and who ends when."""
import asyncio

from scenario import asks, begin, run, say, says, scenario, sleeper


@scenario
def before_first_step(loop):
    """cancelled before its first step"""
    task = begin(loop, sleeper("a"))
    loop.call_soon(says("soon"))
    task.cancel()
    run(loop)


@scenario
def while_sleeping(loop):
    """cancelled while it sleeps: a turn later it ends, and the timer is gone"""
    task = begin(loop, sleeper("a"))
    loop.call_later(1, asks("timer", task))
    run(loop)


@scenario
def asked_twice(loop):
    """asked twice in one turn: cancelled once"""
    task = begin(loop, sleeper("a"))
    loop.call_later(1, asks("timer 1", task))
    loop.call_later(1, asks("timer 2", task))
    run(loop)


@scenario
def done(loop):
    """a cancel after the end changes nothing"""
    task = begin(loop, sleeper("a", 1))
    loop.call_later(2, asks("timer", task))
    run(loop)


@scenario
def after_result(loop):
    """a future is done, and then its awaiter is cancelled in the same turn"""
    f = loop.create_future()

    async def a():
        try:
            await f
            say("a goes on")
            await asyncio.sleep(9)
            say("never")
        finally:
            say("a cleans up")

    task = begin(loop, a)
    loop.call_later(1, says("timer", lambda: f.set_result("fine"), task.cancel))
    run(loop)


@scenario
def before_result(loop):
    """a task is cancelled, and then the result comes in the same turn: too late"""
    f = loop.create_future()

    async def a():
        try:
            await f
            say("never")
        finally:
            say("a cleans up")

    task = begin(loop, a)
    loop.call_later(1, asks("timer 1", task))
    loop.call_later(1, says("timer 2", lambda: say("done" if f.done() else "not done")))
    run(loop)


@scenario
def in_line(loop):
    """cancelled while it is in line behind a sleep of 0"""

    async def a():
        try:
            await asyncio.sleep(0)
            say("a goes on")
            await asyncio.sleep(9)
            say("never")
        finally:
            say("a cleans up")

    task = begin(loop, a)
    loop.call_soon(asks("soon", task))
    run(loop)


@scenario
def itself_and_await(loop):
    """it cancels itself: its next await says so"""

    async def a():
        try:
            asyncio.current_task(loop).cancel()
            say("a goes on")
            await asyncio.sleep(9)
            say("never")
        finally:
            say("a cleans up")

    begin(loop, a)
    loop.call_soon(says("soon"))
    run(loop)


@scenario
def itself_and_return(loop):
    """it cancels itself, and returns without another await"""

    async def a():
        asyncio.current_task(loop).cancel()
        say("a returns")

    begin(loop, a)
    run(loop)


@scenario
def itself_and_done_future(loop):
    """it cancels itself, and awaits what is done already"""
    f = loop.create_future()
    f.set_result("fine")

    async def a():
        asyncio.current_task(loop).cancel()
        await f
        say("a goes on")
        await asyncio.sleep(9)
        say("never")

    begin(loop, a)
    run(loop)


@scenario
def while_starting(loop):
    """it is cancelled by the very call that starts what it awaits"""
    f = loop.create_future()

    def start():
        asyncio.current_task(loop).cancel()
        return f

    async def a():
        await start()
        say("never")

    begin(loop, a)
    loop.call_soon(says("soon"))
    run(loop)


# ---- Refusing ------------------------------------------------------------------------------------


@scenario
def refused(loop):
    """a task refuses and goes on: the request is spent, and it ends as if there had been none"""

    async def a():
        try:
            await asyncio.sleep(9)
        except asyncio.CancelledError:
            say("a refuses")
        await asyncio.sleep(1)
        say("a goes on")

    task = begin(loop, a)
    loop.call_later(1, asks("timer", task))
    run(loop)


@scenario
def refused_once(loop):
    """a task refuses once, and is asked again"""

    async def a():
        try:
            await asyncio.sleep(9)
        except asyncio.CancelledError:
            say("a refuses")
        await asyncio.sleep(9)
        say("never")

    task = begin(loop, a)
    loop.call_later(1, asks("timer 1", task))
    loop.call_later(2, asks("timer 2", task))
    run(loop)


@scenario
def awaited_refuses(loop):
    """the awaited task refuses: who awaits it is not cancelled, and goes on when it has ended"""

    async def b():
        try:
            await asyncio.sleep(9)
        except asyncio.CancelledError:
            say("b refuses")
        await asyncio.sleep(1)
        say("b goes on")

    async def a():
        await other
        say("a goes on")

    other = begin(loop, b)
    task = begin(loop, a)
    loop.call_later(1, asks("timer", task))
    run(loop)


# ---- Tasks that await tasks ----------------------------------------------------------------------


def awaiter(name, task):
    """The body of a task that awaits another one."""

    async def body():
        try:
            await task
            say(f"{name} goes on")
        finally:
            say(f"{name} cleans up")

    body.__name__ = name
    return body


@scenario
def awaiting_task(loop):
    """who awaits a task is cancelled: the awaited one ends first, and then it"""
    b = begin(loop, sleeper("b"))
    a = begin(loop, awaiter("a", b))
    loop.call_later(1, asks("timer", a))
    run(loop)


@scenario
def chain(loop):
    """the first of a chain of three is cancelled: they end from the last to the first"""
    c = begin(loop, sleeper("c"))
    b = begin(loop, awaiter("b", c))
    a = begin(loop, awaiter("a", b))
    loop.call_later(1, asks("timer", a))
    run(loop)


@scenario
def awaited_task(loop):
    """the awaited task is cancelled: who awaits it comes back cancelled, too"""
    b = begin(loop, sleeper("b"))
    begin(loop, awaiter("a", b))
    loop.call_later(1, asks("timer", b))
    run(loop)


@scenario
def two_awaiters(loop):
    """one of two who await a task is cancelled: all three end"""
    c = begin(loop, sleeper("c"))
    a = begin(loop, awaiter("a", c))
    begin(loop, awaiter("b", c))
    loop.call_later(1, asks("timer", a))
    run(loop)


@scenario
def awaited_has_not_begun(loop):
    """who awaits a task is cancelled before that one's first step: it never runs"""

    async def b():
        say("never")

    async def a():
        try:
            await loop.create_task(b())
            say("never")
        finally:
            say("a cleans up")

    task = begin(loop, a)
    loop.call_soon(asks("soon", task))
    run(loop)


@scenario
def result_for_chain(loop):
    """a future is done, and in the same turn who awaits its awaiter is cancelled"""
    f = loop.create_future()

    async def b():
        await f
        say("b goes on")

    async def a():
        try:
            await other
            say("a goes on")
            await asyncio.sleep(9)
            say("never")
        finally:
            say("a cleans up")

    other = begin(loop, b)
    task = begin(loop, a)
    loop.call_later(1, says("timer", lambda: f.set_result("fine"), task.cancel))
    run(loop)


@scenario
def by_the_awaited(loop):
    """a task cancels the one that awaits it: that comes back to itself"""
    tasks = []

    async def b():
        try:
            await asyncio.sleep(1)
            tasks[0].cancel()
            say("b goes on")
            await asyncio.sleep(1)
            say("never")
        finally:
            say("b cleans up")

    tasks.append(begin(loop, awaiter("a", begin(loop, b))))
    run(loop)


@scenario
def future_cancelled(loop):
    """the awaited future is cancelled, and nobody has cancelled the task"""
    f = loop.create_future()

    async def a():
        try:
            await f
            say("never")
        finally:
            say("a cleans up")

    begin(loop, a)
    loop.call_later(1, says("timer", f.cancel))
    run(loop)


@scenario
def in_call(loop):
    """cancelled in a called coroutine: both cleanups run, the inner one's first"""

    async def a():
        try:
            await sleeper("inner")()
            say("never")
        finally:
            say("a cleans up")

    task = begin(loop, a)
    loop.call_later(1, asks("timer", task))
    run(loop)
