"""permits: who has a permit of a semaphore, and when."""
import asyncio

from scenario import asks, begin, run, say, says, scenario

PYTHON = "3.11"
TURNS = False


def refused(call, *args):
    try:
        call(*args)
    except ValueError:
        say("refused")


def holder(name, semaphore, seconds):
    """The body of one that takes a permit, and gives it back if it has it."""

    async def body():
        has = False
        try:
            await semaphore.acquire()
            has = True
            say(f"{name} has one")
            await asyncio.sleep(seconds)
        finally:
            if has:
                say(f"{name} gives it back")
                refused(semaphore.release)

    body.__name__ = name
    return body


def tasks_of(loop, *bodies):
    return [begin(loop, body) for body in bodies]


def releases(semaphore, times=1):
    return [semaphore.release] * times


@scenario
def in_order(loop):
    """two permits, and four want one: in the order in which they came"""
    semaphore = asyncio.Semaphore(2)
    tasks_of(loop, *[holder(name, semaphore, 1) for name in "abcd"])
    run(loop)


@scenario
def nobody_overtakes(loop):
    """one gives its permit back and wants one again at once: who waits has it first"""
    semaphore = asyncio.Semaphore(1)

    async def a():
        await semaphore.acquire()
        await asyncio.sleep(1)
        semaphore.release()
        await semaphore.acquire()
        say("a has one again")
        semaphore.release()

    tasks_of(loop, a, holder("b", semaphore, 1))
    run(loop)


@scenario
def newcomer(loop):
    """one comes in the turn in which a permit is given to who waits: it waits, too"""
    semaphore = asyncio.Semaphore(0)
    tasks_of(loop, holder("a", semaphore, 1))

    async def b():
        await asyncio.sleep(1)
        say("b comes")
        await semaphore.acquire()
        say("b has one")

    loop.call_later(1, says("timer", *releases(semaphore)))
    tasks_of(loop, b)
    run(loop)


@scenario
def none_at_first(loop):
    """a semaphore that begins without a permit: the first one waits for a release"""
    semaphore = asyncio.Semaphore(0)

    async def a():
        say("locked" if semaphore.locked() else "not locked")
        await semaphore.acquire()
        say("a has one")

    tasks_of(loop, a)
    loop.call_later(1, says("timer", *releases(semaphore)))
    run(loop)


@scenario
def grows(loop):
    """a release that nobody waits for is one permit more"""
    semaphore = asyncio.Semaphore(1)
    semaphore.release()
    tasks_of(loop, *[holder(name, semaphore, 1) for name in "abc"])
    run(loop)


@scenario
def two_at_once(loop):
    """two permits are given in one turn: two that wait have them, in order"""
    semaphore = asyncio.Semaphore(0)
    tasks_of(loop, *[holder(name, semaphore, 1) for name in "ab"])
    loop.call_later(1, says("timer", *releases(semaphore, 2)))
    run(loop)


@scenario
def waiter_cancelled(loop):
    """one that waits is cancelled: the next has the permit then"""
    semaphore = asyncio.Semaphore(1)
    tasks = tasks_of(
        loop, holder("a", semaphore, 2), holder("b", semaphore, 1), holder("c", semaphore, 1)
    )
    loop.call_later(1, asks("timer", tasks[1]))
    run(loop)


@scenario
def cancelled_before(loop):
    """one that waits is cancelled, and then a permit is given in the same turn"""
    semaphore = asyncio.Semaphore(0)
    tasks = tasks_of(loop, holder("a", semaphore, 1), holder("b", semaphore, 1))
    loop.call_later(1, says("timer", tasks[0].cancel, *releases(semaphore)))
    run(loop)


@scenario
def cancelled_after(loop):
    """a permit is given to one that waits, and that is cancelled before it runs"""
    semaphore = asyncio.Semaphore(0)
    tasks = tasks_of(loop, holder("a", semaphore, 1), holder("b", semaphore, 1))
    loop.call_later(1, says("timer", *releases(semaphore), tasks[0].cancel))
    run(loop)


@scenario
def one_of_two_cancelled_after(loop):
    """two permits are given, and the first of three that wait is cancelled before it runs"""
    semaphore = asyncio.Semaphore(0)
    tasks = tasks_of(loop, *[holder(name, semaphore, 1) for name in "abc"])
    loop.call_later(1, says("timer", *releases(semaphore, 2), tasks[0].cancel))
    run(loop)


@scenario
def all_cancelled(loop):
    """all who wait are cancelled, and then a permit is given: it is there for the next"""
    semaphore = asyncio.Semaphore(0)
    tasks = tasks_of(loop, holder("a", semaphore, 1), holder("b", semaphore, 1))
    loop.call_later(1, says("timer", tasks[0].cancel, tasks[1].cancel))
    loop.call_later(2, says("release", *releases(semaphore)))
    loop.call_later(3, says("begin", lambda: tasks_of(loop, holder("c", semaphore, 1))))
    run(loop)


@scenario
def too_many(loop):
    """a bounded semaphore takes no permit that nobody has taken"""
    semaphore = asyncio.BoundedSemaphore(1)

    async def a():
        refused(semaphore.release)
        await semaphore.acquire()
        refused(semaphore.release)
        refused(semaphore.release)
        say("locked" if semaphore.locked() else "not locked")

    tasks_of(loop, a)
    run(loop)


@scenario
def bounded_in_order(loop):
    """a bounded semaphore gives its permit to who waits, in order, and then it is full"""
    semaphore = asyncio.BoundedSemaphore(1)
    tasks_of(loop, holder("a", semaphore, 1), holder("b", semaphore, 1))
    loop.call_later(3, says("too many", lambda: refused(semaphore.release)))
    run(loop)
