"""queues: who gets which item, and when; and when all is done."""
import asyncio

from scenario import asks, begin, run, say, says, scenario

PYTHON = "3.11"
TURNS = False


def putter(name, queue, *items):
    """The body of one that puts these items in."""

    async def body():
        for item in items:
            await queue.put(item)
            say(f"{name} has put {item}")

    body.__name__ = name
    return body


def getter(name, queue, count=1, seconds=0):
    """The body of one that takes so many items, and needs so long for each."""

    async def body():
        for _ in range(count):
            say(f"{name} gets {await queue.get()}")
            if seconds:
                await asyncio.sleep(seconds)

    body.__name__ = name
    return body


def tasks_of(loop, *bodies):
    return [begin(loop, body) for body in bodies]


def puts(queue, *items):
    """Calls that put them in, now or not at all."""

    def put(item):
        try:
            queue.put_nowait(item)
        except asyncio.QueueFull:
            say("full")

    return [lambda item=item: put(item) for item in items]


def takes(queue):
    try:
        say(f"taken: {queue.get_nowait()}")
    except asyncio.QueueEmpty:
        say("empty")


def finish(queue):
    try:
        queue.task_done()
    except ValueError:
        say("refused")


@scenario
def one_puts_one_gets(loop):
    """one puts three items in, another one takes them, in order"""
    queue = asyncio.Queue()
    tasks_of(loop, putter("a", queue, "x", "y", "z"), getter("b", queue, 3))
    run(loop)


@scenario
def getters_in_order(loop):
    """three wait for an item: they get those that come in the order in which they came"""
    queue = asyncio.Queue()
    tasks_of(loop, getter("a", queue), getter("b", queue), getter("c", queue))
    loop.call_later(1, says("timer", *puts(queue, "x", "y", "z")))
    run(loop)


@scenario
def full(loop):
    """a queue with room for one: who puts waits until another one takes"""
    queue = asyncio.Queue(1)
    tasks_of(loop, putter("a", queue, "x", "y", "z"), getter("b", queue, 3, seconds=1))
    run(loop)


@scenario
def putters_in_order(loop):
    """three wait to put: their items are in, and come out, in the order in which they came"""
    queue = asyncio.Queue(1)
    tasks_of(
        loop, putter("a", queue, "w"), putter("b", queue, "x"), putter("c", queue, "y")
    )
    loop.call_later(1, says("begin", lambda: tasks_of(loop, getter("d", queue, 3, seconds=1))))
    run(loop)


@scenario
def newest_first(loop):
    """a stack: the newest comes out first"""
    queue = asyncio.LifoQueue()
    tasks_of(loop, putter("a", queue, "x", "y", "z"), getter("b", queue, 3))
    run(loop)


@scenario
def smallest_first(loop):
    """a queue with priorities: the smallest comes out first"""
    queue = asyncio.PriorityQueue()
    tasks_of(loop, putter("a", queue, "m", "z", "a", "k"), getter("b", queue, 4))
    run(loop)


@scenario
def now_or_not(loop):
    """without waiting: an empty queue gives nothing, a full one takes nothing"""
    queue = asyncio.Queue(1)

    async def a():
        takes(queue)
        for put in puts(queue, "x", "y"):
            put()
        takes(queue)
        takes(queue)

    tasks_of(loop, a)
    run(loop)


@scenario
def getter_cancelled(loop):
    """one of two that wait for an item is cancelled: the other one gets it"""
    queue = asyncio.Queue()
    tasks = tasks_of(loop, getter("a", queue), getter("b", queue))
    loop.call_later(1, asks("timer", tasks[0]))
    loop.call_later(2, says("put", *puts(queue, "x")))
    run(loop)


@scenario
def getter_cancelled_before(loop):
    """one of two that wait is cancelled, and then an item comes in the same turn"""
    queue = asyncio.Queue()
    tasks = tasks_of(loop, getter("a", queue), getter("b", queue))
    loop.call_later(1, says("timer", tasks[0].cancel, *puts(queue, "x")))
    run(loop)


@scenario
def getter_cancelled_after(loop):
    """an item comes for one that waits, and that is cancelled before it runs"""
    queue = asyncio.Queue()
    tasks = tasks_of(loop, getter("a", queue), getter("b", queue))
    loop.call_later(1, says("timer", *puts(queue, "x"), tasks[0].cancel))
    loop.call_later(2, says("put", *puts(queue, "y")))
    run(loop)


@scenario
def putter_cancelled(loop):
    """one of two that wait to put is cancelled: the other's item is put in, its own not"""
    queue = asyncio.Queue(1)
    queue.put_nowait("w")
    tasks = tasks_of(loop, putter("a", queue, "x"), putter("b", queue, "y"))
    loop.call_later(1, asks("timer", tasks[0]))
    loop.call_later(2, says("begin", lambda: tasks_of(loop, getter("c", queue, 2))))
    run(loop)


@scenario
def putter_cancelled_after(loop):
    """there is room for one that waits to put, and that is cancelled before it runs"""
    queue = asyncio.Queue(1)
    queue.put_nowait("w")
    tasks = tasks_of(loop, putter("a", queue, "x"), putter("b", queue, "y"))
    loop.call_later(1, says("timer", lambda: takes(queue), tasks[0].cancel))
    loop.call_later(2, says("take", lambda: takes(queue)))
    loop.call_later(3, says("take the last", lambda: takes(queue)))
    run(loop)


@scenario
def taken_between(loop):
    """an item comes for one that waits, and another takes without waiting before it runs"""
    queue = asyncio.Queue()
    tasks_of(loop, getter("a", queue))
    loop.call_later(1, says("timer", *puts(queue, "x"), lambda: takes(queue)))
    loop.call_later(2, says("put", *puts(queue, "y")))
    run(loop)


@scenario
def put_between(loop):
    """there is room for one that waits to put, and another puts before it runs"""
    queue = asyncio.Queue(1)
    queue.put_nowait("w")
    tasks_of(loop, putter("a", queue, "x"))
    loop.call_later(1, says("timer", lambda: takes(queue), *puts(queue, "y")))
    loop.call_later(2, says("take", lambda: takes(queue)))
    loop.call_later(3, says("take the last", lambda: takes(queue)))
    run(loop)


@scenario
def until_all_is_done(loop):
    """one waits until all is done: until it is said of each item that was put in"""
    queue = asyncio.Queue()

    async def a():
        await queue.join()
        say("all is done")

    for put in puts(queue, "x", "y"):
        put()
    tasks_of(loop, a, getter("b", queue, 2))
    loop.call_later(1, says("one is done", lambda: finish(queue)))
    loop.call_later(2, says("the other is done", lambda: finish(queue)))
    run(loop)


@scenario
def nothing_to_wait_for(loop):
    """nothing was put in: to wait until all is done takes no turn"""
    queue = asyncio.Queue()

    async def a():
        await queue.join()
        say("all is done")

    tasks_of(loop, a)
    loop.call_soon(says("soon"))
    run(loop)


@scenario
def done_too_often(loop):
    """more is said to be done than was put in: that is refused"""
    queue = asyncio.Queue()

    async def a():
        finish(queue)
        await queue.put("x")
        finish(queue)
        finish(queue)

    tasks_of(loop, a)
    run(loop)


@scenario
def two_joiners(loop):
    """two wait until all is done, and one of them is cancelled: the other one goes on"""
    queue = asyncio.Queue()

    def joiner(name):
        async def body():
            await queue.join()
            say(f"{name} goes on")

        body.__name__ = name
        return body

    queue.put_nowait("x")
    tasks = tasks_of(loop, joiner("a"), joiner("b"))
    loop.call_later(1, asks("timer", tasks[0]))
    loop.call_later(2, says("done", lambda: finish(queue)))
    run(loop)
