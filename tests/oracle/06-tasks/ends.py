"""ends: how tasks end, what becomes of their errors, and what is left when the main one ends."""
import asyncio
import errno

from scenario import asks, begin, fail, run, say, says, scenario


@scenario
def future_fails(loop):
    """the awaited future fails: so do the tasks that await it"""
    f = loop.create_future()

    async def a():
        try:
            await f
            say("never")
        finally:
            say("a cleans up")

    async def b():
        await f
        say("never")

    begin(loop, a)
    begin(loop, b)
    loop.call_later(1, says("timer", lambda: fail(f)))
    run(loop)


@scenario
def task_fails(loop):
    """the awaited task fails: who awaits it fails a turn later, and no handler is called"""

    async def b():
        await asyncio.sleep(1)
        raise OSError(errno.EIO, "it failed")

    async def a():
        try:
            await other
            say("never")
        finally:
            say("a cleans up")

    loop.set_exception_handler(lambda _, context: say("handler"))
    other = begin(loop, b)
    begin(loop, a)
    run(loop)


@scenario
def fails_and_cancelled(loop):
    """the awaited future fails, and then the task is cancelled in the same turn"""
    f = loop.create_future()

    async def a():
        await f
        say("never")

    task = begin(loop, a)
    loop.call_later(1, says("timer", lambda: fail(f), task.cancel))
    run(loop)


@scenario
def nobody_awaits(loop):
    """a task fails that nobody awaits: the exception handler is called at once"""

    async def a():
        say("a runs")
        raise OSError(errno.EIO, "it failed")

    loop.set_exception_handler(lambda _, context: say("handler"))
    loop.create_task(a())
    loop.call_soon(says("soon"))
    run(loop)


@scenario
def awaited_after_failure(loop):
    """a task fails, and somebody looks at its outcome only later"""

    async def b():
        say("b runs")
        raise OSError(errno.EIO, "it failed")

    async def a():
        await asyncio.sleep(1)
        await other
        say("never")

    loop.set_exception_handler(lambda _, context: say("handler"))
    other = loop.create_task(b())
    begin(loop, a)
    run(loop)


# ---- The cleanup section -------------------------------------------------------------------------


def slow_to_end(name):
    """The body of a task whose cleanup section takes two seconds."""

    async def body():
        try:
            await asyncio.sleep(9)
        finally:
            say(f"{name} cleans up")
            await asyncio.sleep(1)
            await asyncio.sleep(1)
            say(f"{name} is clean")

    body.__name__ = name
    return body


@scenario
def await_in_cleanup(loop):
    """a cancelled task awaits in its cleanup section, and others have their turns"""
    task = begin(loop, slow_to_end("a"))
    loop.call_later(1, asks("timer 1", task))
    loop.call_later(1.5, says("timer 2"))
    run(loop)


@scenario
def cancel_in_cleanup(loop):
    """a task is cancelled again while it cleans up"""
    task = begin(loop, slow_to_end("a"))
    loop.call_later(1, asks("timer 1", task))
    loop.call_later(1.5, asks("timer 2", task))
    run(loop)


@scenario
def cancel_in_inner_cleanup(loop):
    """cancelled again while what it has called cleans up: it refuses once"""

    async def a():
        try:
            await slow_to_end("inner")()
        except asyncio.CancelledError:
            say("a refuses")
        await asyncio.sleep(1)
        say("a goes on")

    task = begin(loop, a)
    loop.call_later(1, asks("timer 1", task))
    loop.call_later(1.5, asks("timer 2", task))
    run(loop)


# ---- Who is left ---------------------------------------------------------------------------------


@scenario
def all_tasks(loop):
    """all tasks: from the creation to the end of each"""

    def look():
        tasks = sorted(task.get_name() for task in asyncio.all_tasks(loop))
        say("tasks: " + (" ".join(tasks) or "none"))

    async def a():
        look()

    async def b():
        await asyncio.sleep(1)

    begin(loop, a).set_name("a")
    begin(loop, b).set_name("b")
    look()
    loop.call_soon(says("soon", look))
    loop.call_later(2, says("timer", look))
    run(loop)


@scenario
def run_for_task(loop):
    """a run for a task ends a turn after it, and what others have left is done by the next run"""

    async def a():
        await asyncio.sleep(1)
        say("a goes on")
        loop.call_soon(says("soon", lambda: loop.call_soon(says("later"))))

    async def b():
        await asyncio.sleep(2)
        say("b goes on")

    begin(loop, b)
    loop.run_until_complete(begin(loop, a))
    say("complete")
    run(loop)


@scenario
def main_ends(loop):
    """the main task ends while another one lives: that is cancelled, and may clean up"""

    async def a():
        await asyncio.sleep(1)
        say("a goes on")

    other = begin(loop, slow_to_end("b"))
    loop.run_until_complete(begin(loop, a))
    say("shutdown")
    # As asyncio.run does it.
    other.cancel()
    loop.run_until_complete(asyncio.gather(other, return_exceptions=True))
    say("the end")
