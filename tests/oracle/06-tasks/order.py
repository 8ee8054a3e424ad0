"""order: when tasks have their turns."""
import asyncio
import errno

from scenario import begin, run, say, says, scenario


async def twice(name, times=2):
    for i in range(times):
        say(f"{name} {i + 1}")
        await asyncio.sleep(0)


@scenario
def first_steps(loop):
    """first steps come in the next turn, in the order of creation, in one line with call_soon"""

    async def a():
        say("a runs")

    async def b():
        say("b runs")

    loop.call_soon(says("soon 1"))
    begin(loop, a)
    loop.call_soon(says("soon 2"))
    begin(loop, b)
    loop.call_soon(says("soon 3"))
    say("begun")
    run(loop)


@scenario
def begun_by_task(loop):
    """a task that begins another one goes on; the other's first step is behind what is in line"""

    async def c():
        say("c runs")

    async def a():
        say("a runs")
        loop.call_soon(says("soon 1"))
        begin(loop, c)
        loop.call_soon(says("soon 2"))
        say("a goes on")

    async def b():
        say("b runs")

    begin(loop, a)
    begin(loop, b)
    run(loop)


@scenario
def two_take_turns(loop):
    """two tasks that sleep 0 take turns"""

    async def a():
        await twice("a")
        say("a 3")

    async def b():
        await twice("b")
        say("b 3")

    begin(loop, a)
    begin(loop, b)
    run(loop)


@scenario
def three_take_turns(loop):
    """three tasks that sleep 0 take turns, and the first to end leaves the others their order"""

    async def a():
        say("a 1")
        await asyncio.sleep(0)
        say("a 2")
        await asyncio.sleep(0)
        say("a 3")

    async def b():
        say("b 1")
        await asyncio.sleep(0)
        say("b 2")

    async def c():
        say("c 1")
        await asyncio.sleep(0)
        say("c 2")
        await asyncio.sleep(0)
        say("c 3")

    begin(loop, a)
    begin(loop, b)
    begin(loop, c)
    run(loop)


@scenario
def sleep_zero_and_soon(loop):
    """a sleep of 0 ends behind what was queued before it, and before what is queued after it"""

    async def a():
        loop.call_soon(says("soon 1", lambda: loop.call_soon(says("soon 3"))))
        await asyncio.sleep(0)
        say("a goes on")

    begin(loop, a)
    loop.call_soon(says("b", lambda: loop.call_soon(says("soon 2"))))
    run(loop)


@scenario
def sleep_zero_and_timer(loop):
    """a sleep of 0 ends before a timer that is due in the same turn"""

    async def a():
        loop.call_later(0, says("timer"))
        await asyncio.sleep(0)
        say("a goes on")

    begin(loop, a)
    run(loop)


@scenario
def done_future(loop):
    """to await a done future takes no turn"""
    f = loop.create_future()
    f.set_result("fine")

    async def a():
        say("a runs")
        await f
        say("a goes on")

    begin(loop, a)
    loop.call_soon(says("soon"))
    run(loop)


@scenario
def done_task(loop):
    """to await a task that has ended takes no turn"""

    async def b():
        say("b runs")

    async def a():
        await asyncio.sleep(1)
        loop.call_soon(says("soon"))
        await other
        say("a goes on")

    other = begin(loop, b)
    begin(loop, a)
    run(loop)


@scenario
def task_ends_later(loop):
    """who awaits a task goes on in the turn behind its end"""

    async def b():
        say("b runs")
        await asyncio.sleep(1)
        say("b goes on")
        loop.call_soon(says("soon"))

    async def a():
        say("a runs")
        await other
        say("a goes on")

    other = begin(loop, b)
    begin(loop, a)
    run(loop)


@scenario
def two_await_one(loop):
    """two tasks and a callback wait for one future: they come in the order of waiting"""
    f = loop.create_future()

    async def a():
        await f
        say("a goes on")

    async def b():
        await f
        say("b goes on")

    begin(loop, b)
    loop.call_soon(says("soon", lambda: f.add_done_callback(says("callback"))))
    begin(loop, a)
    loop.call_later(1, says("timer", lambda: f.set_result("fine")))
    run(loop)


@scenario
def callbacks_and_awaiter(loop):
    """a task's callbacks and who awaits it: in the order in which they came"""

    async def b():
        await asyncio.sleep(1)
        say("b goes on")

    async def a():
        await other
        say("a goes on")

    other = begin(loop, b)
    begin(loop, a)
    loop.call_soon(says("soon", lambda: other.add_done_callback(says("callback"))))
    run(loop)


@scenario
def set_by_timer(loop):
    """a timer finishes a future: another timer that is due comes before who awaits it"""
    f = loop.create_future()

    async def a():
        await f
        say("a goes on")

    begin(loop, a)
    loop.call_at(1001, says("timer 1", lambda: f.set_result("fine")))
    loop.call_at(1001, says("timer 2", lambda: loop.call_soon(says("soon"))))
    run(loop)


@scenario
def set_by_task(loop):
    """a task finishes a future and goes on; who awaits it has its turn behind what is in line"""
    f = loop.create_future()

    async def a():
        await f
        say("a goes on")

    async def b():
        loop.call_soon(says("soon 1"))
        f.set_result("fine")
        loop.call_soon(says("soon 2"))
        say("b goes on")
        await asyncio.sleep(0)
        say("b again")

    begin(loop, a)
    begin(loop, b)
    run(loop)


@scenario
def equal_deadlines(loop):
    """two tasks sleep to the same moment: they go on in the order of their sleeps"""

    async def a():
        await asyncio.sleep(1)
        say("a goes on")

    async def b():
        await asyncio.sleep(1)
        say("b goes on")

    begin(loop, a)
    begin(loop, b)
    run(loop)


@scenario
def deadlines(loop):
    """three tasks sleep: they go on when their time has come"""

    async def a():
        await asyncio.sleep(3)
        say("a goes on")

    async def b():
        await asyncio.sleep(1)
        say("b goes on")

    async def c():
        await asyncio.sleep(2)
        say("c goes on")

    begin(loop, a)
    begin(loop, b)
    begin(loop, c)
    run(loop)


# ---- Coroutines that call others -----------------------------------------------------------------


@scenario
def call(loop):
    """to call a coroutine takes no turn, neither its first step nor its return"""

    async def inner():
        say("inner runs")

    async def a():
        say("a runs")
        loop.call_soon(says("soon"))
        await inner()
        say("a goes on")

    begin(loop, a)
    run(loop)


@scenario
def sleep_in_call(loop):
    """a called coroutine sleeps: its caller goes on in the turn in which it returns"""

    async def inner():
        await asyncio.sleep(1)
        say("inner goes on")
        loop.call_soon(says("soon"))

    async def a():
        await inner()
        say("a goes on")
        await asyncio.sleep(0)
        say("a again")

    begin(loop, a)
    run(loop)


@scenario
def error_in_call(loop):
    """a called coroutine fails: both cleanups run, the inner one's first, and the task fails"""

    async def inner():
        try:
            await asyncio.sleep(1)
            raise OSError(errno.EIO, "it failed")
        finally:
            say("inner cleans up")

    async def a():
        try:
            await inner()
            say("never")
        finally:
            say("a cleans up")

    begin(loop, a)
    run(loop)


@scenario
def current_task(loop):
    """the current task is the one whose step runs, and none in a callback"""

    def look():
        task = asyncio.current_task(loop)
        say("now: " + (task.get_name() if task else "none"))

    async def inner():
        look()
        await asyncio.sleep(0)
        look()

    async def a():
        look()
        await inner()
        look()

    async def b():
        look()

    begin(loop, a).set_name("a")
    begin(loop, b).set_name("b")
    loop.call_soon(says("soon", look))
    run(loop)
