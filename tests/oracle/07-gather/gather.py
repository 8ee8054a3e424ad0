"""gather: when it ends, with what, and what becomes of the others."""
import asyncio
import errno

from scenario import (
    asks,
    begin,
    fail,
    outcome_of,
    refuser,
    run,
    say,
    says,
    scenario,
    sleeper,
    text_of,
)

PYTHON = "3.11"
TURNS = False


def awaits(start, name="a"):
    """The body of one that awaits what start() starts."""

    async def body():
        try:
            await start()
            say(f"{name} goes on")
        finally:
            say(f"{name} cleans up")

    body.__name__ = name
    return body


def gather(loop, *bodies, **options):
    """A task that gathers these, which begin within its await."""
    return begin(
        loop, awaits(lambda: asyncio.gather(*[begin(loop, body) for body in bodies], **options))
    )


def gather_futures(loop, n, **options):
    """A task that gathers n futures, and says what came of each. Returns it, and them."""
    futures = [loop.create_future() for _ in range(n)]

    async def a():
        try:
            for each in await asyncio.gather(*futures, **options):
                say(told(each))
        finally:
            say("a cleans up")

    return begin(loop, a), futures


def told(result):
    if isinstance(result, asyncio.CancelledError):
        return "cancelled"
    return text_of(result) if isinstance(result, OSError) else "result " + result


def finishes(loop, seconds, future, name):
    loop.call_later(seconds, says("finish " + name, lambda: future.set_result(name)))


@scenario
def all_well(loop):
    """gather of three that end in turn: it ends after the last"""
    gather(loop, sleeper("b", 3), sleeper("c", 1), sleeper("d", 2))
    run(loop)


@scenario
def results(loop):
    """gather of three that are done in another order: the results stand in their places"""
    _, (f, g, h) = gather_futures(loop, 3)
    finishes(loop, 3, f, "f")
    finishes(loop, 1, g, "g")
    finishes(loop, 2, h, "h")
    run(loop)


@scenario
def one_fails(loop):
    """gather of two, and one fails"""
    gather(loop, sleeper("b", 1, errno.EIO), sleeper("c", 3))
    run(loop)


@scenario
def both_fail(loop):
    """gather of two that fail in the same turn: the first error in time, not in place"""
    _, (f, g) = gather_futures(loop, 2)
    loop.call_later(1, says("timer", lambda: fail(g, errno.EPERM), lambda: fail(f)))
    run(loop)


@scenario
def settled(loop):
    """gather that collects: an error, a cancelled one and a result are its results"""
    _, (f, g, h) = gather_futures(loop, 3, return_exceptions=True)
    loop.call_later(1, says("fails", lambda: fail(f)))
    loop.call_later(2, says("is cancelled", g.cancel))
    finishes(loop, 3, h, "h")
    run(loop)


@scenario
def settled_task_fails(loop):
    """gather that collects: one fails, and the other runs to its end"""
    gather(loop, sleeper("b", 1, errno.EIO), sleeper("c", 3), return_exceptions=True)
    run(loop)


@scenario
def child_cancelled(loop):
    """gather of two, and one is cancelled by somebody else"""
    tasks = []

    def start():
        tasks.extend(begin(loop, body) for body in (sleeper("b"), sleeper("c", 3)))
        return asyncio.gather(*tasks)

    begin(loop, awaits(start))
    loop.call_later(1, lambda: asks("timer", tasks[0])())
    run(loop)


@scenario
def cancelled(loop):
    """who gathers two is cancelled: both end, and then it"""
    task = gather(loop, sleeper("b"), sleeper("c"))
    loop.call_later(1, asks("timer", task))
    run(loop)


@scenario
def cancelled_and_refused(loop):
    """who gathers two is cancelled, and one refuses: it ends when that has ended"""
    task = gather(loop, refuser("b", 9), sleeper("c"))
    loop.call_later(1, asks("timer", task))
    run(loop)


@scenario
def cancelled_and_all_refuse(loop):
    """who gathers one is cancelled, and that one refuses and ends well"""
    task = gather(loop, refuser("b", 9))
    loop.call_later(1, asks("timer", task))
    run(loop)


@scenario
def cancelled_and_one_fails(loop):
    """who gathers two is cancelled, and one fails while it cleans up"""

    async def b():
        try:
            await asyncio.sleep(9)
        finally:
            say("b cleans up")
            raise OSError(errno.EIO, "it failed")

    task = gather(loop, b, sleeper("c"))
    loop.call_later(1, asks("timer", task))
    run(loop)


@scenario
def settled_and_cancelled(loop):
    """who gathers two and collects is cancelled: it is cancelled, and no list is told"""
    task = gather(loop, sleeper("b"), sleeper("c"), return_exceptions=True)
    loop.call_later(1, asks("timer", task))
    run(loop)


@scenario
def cancelled_after_results(loop):
    """the last future is done, and in the same turn who gathers is cancelled"""
    f = loop.create_future()

    async def a():
        try:
            for each in await asyncio.gather(f):
                say(told(each))
            await asyncio.sleep(9)
            say("never")
        finally:
            say("a cleans up")

    task = begin(loop, a)
    loop.call_later(1, says("timer", lambda: f.set_result("f"), task.cancel))
    run(loop)


@scenario
def failed_and_cancelled(loop):
    """a future has failed, and in the same turn who gathers is cancelled"""
    task, (f, g) = gather_futures(loop, 2)
    loop.call_later(1, says("timer", lambda: fail(f), task.cancel))
    loop.call_later(2, says("g", lambda: say(outcome_of(lambda: g.result() or "none"))))
    run(loop)


@scenario
def done_before(loop):
    """gather of futures that are done: it takes a turn all the same"""
    task, (f, g) = gather_futures(loop, 2)
    f.set_result("f")
    g.set_result("g")
    loop.call_soon(says("soon"))
    run(loop)


@scenario
def one_done_before(loop):
    """gather of two, and one is done before"""
    task, (f, g) = gather_futures(loop, 2)
    f.set_result("f")
    finishes(loop, 1, g, "g")
    run(loop)


@scenario
def failed_before(loop):
    """gather of a future that has failed before, and one that is pending"""
    task, (f, g) = gather_futures(loop, 2)
    fail(f)
    loop.call_later(1, says("g", lambda: say(outcome_of(lambda: g.result() or "none"))))
    run(loop)


@scenario
def none(loop):
    """gather of nothing: it goes on at once"""
    gather(loop)
    loop.call_soon(says("soon"))
    run(loop)


@scenario
def twice(loop):
    """gather of a future that stands there twice: two results"""
    f = loop.create_future()

    async def a():
        for each in await asyncio.gather(f, f):
            say(told(each))

    begin(loop, a)
    finishes(loop, 1, f, "f")
    run(loop)


@scenario
def nested(loop):
    """gather of a gather and a task: both levels are waited for"""

    def start():
        inner = asyncio.gather(*[begin(loop, body) for body in (sleeper("b", 2), sleeper("c", 1))])
        return asyncio.gather(inner, begin(loop, sleeper("d", 3)))

    begin(loop, awaits(start))
    run(loop)


@scenario
def nested_cancelled(loop):
    """who awaits a gather of a gather is cancelled: the innermost end first"""

    def start():
        inner = asyncio.gather(*[begin(loop, body) for body in (sleeper("b"), sleeper("c"))])
        return asyncio.gather(inner, begin(loop, sleeper("d")))

    task = begin(loop, awaits(start))
    loop.call_later(1, asks("timer", task))
    run(loop)


@scenario
def nested_tasks_cancelled(loop):
    """who gathers a task that gathers is cancelled: they end from the last to the first"""
    inner = awaits(lambda: asyncio.gather(begin(loop, sleeper("c")), begin(loop, sleeper("d"))), "b")
    task = gather(loop, inner)
    loop.call_later(1, asks("timer", task))
    run(loop)
