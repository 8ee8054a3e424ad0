"""locks: who has a lock, and when; flags, conditions and barriers."""
import asyncio

from scenario import asks, begin, ending_of, run, say, says, scenario

PYTHON = "3.11"
TURNS = False


def refused(call, *args):
    try:
        call(*args)
    except RuntimeError:
        say("refused")


def user(name, lock, *moves):
    """The body of one that takes the lock, makes these moves, and gives it back if it has it."""

    async def body():
        has = False
        try:
            await lock.acquire()
            has = True
            say(f"{name} has it")
            for move in moves:
                await move()
        finally:
            if has:
                say(f"{name} gives it back")
                refused(lock.release)

    body.__name__ = name
    return body


def sleeps(seconds):
    return lambda: asyncio.sleep(seconds)


def does(*calls):
    async def move():
        for call in calls:
            call()

    return move


def holder(name, lock, seconds):
    return user(name, lock, sleeps(seconds))


def tasks_of(loop, *bodies):
    return [begin(loop, body) for body in bodies]


def quiet(loop, body):
    """A task that does not say how it ends. (When it does so within a turn, is not the question.)"""
    return loop.create_task(body())


def at_last(loop, task):
    """It waits for what never comes."""
    loop.call_later(9, asks("at last", task))


# ---- Locks ---------------------------------------------------------------------------------------


@scenario
def in_order(loop):
    """three want a lock, and have it in the order in which they came"""
    lock = asyncio.Lock()
    tasks_of(loop, holder("a", lock, 1), holder("b", lock, 1), holder("c", lock, 1))
    run(loop)


@scenario
def nobody_overtakes(loop):
    """one gives the lock back and wants it again at once: who waits has it first"""
    lock = asyncio.Lock()

    async def a():
        await lock.acquire()
        await asyncio.sleep(1)
        lock.release()
        await lock.acquire()
        say("a has it again")
        lock.release()

    tasks_of(loop, a, holder("b", lock, 1))
    run(loop)


@scenario
def newcomer(loop):
    """one comes in the turn in which the lock is given to who waits: it waits, too"""
    lock = asyncio.Lock()

    async def c():
        await asyncio.sleep(1)
        say("c comes")
        await lock.acquire()
        say("c has it")
        lock.release()

    tasks_of(loop, holder("a", lock, 1), holder("b", lock, 1), c)
    run(loop)


@scenario
def waiter_cancelled(loop):
    """one that waits for a lock is cancelled: the next has it then"""
    lock = asyncio.Lock()
    tasks = tasks_of(loop, holder("a", lock, 2), holder("b", lock, 1), holder("c", lock, 1))
    loop.call_later(1, asks("timer", tasks[1]))
    run(loop)


@scenario
def cancelled_before(loop):
    """one that waits is cancelled, and the lock is given back in the same turn"""
    lock = asyncio.Lock()
    tasks = []
    a = user("a", lock, sleeps(1), does(lambda: tasks[1].cancel()))
    tasks += tasks_of(loop, a, holder("b", lock, 1), holder("c", lock, 1))
    run(loop)


@scenario
def cancelled_after(loop):
    """a lock is given to one that waits, and that is cancelled before it runs"""
    lock = asyncio.Lock()
    tasks = []

    async def a():
        await lock.acquire()
        await asyncio.sleep(1)
        lock.release()
        tasks[1].cancel()

    tasks += tasks_of(loop, a, holder("b", lock, 1), holder("c", lock, 1))
    run(loop)


@scenario
def not_held(loop):
    """a lock that nobody has cannot be given back"""
    lock = asyncio.Lock()

    async def a():
        refused(lock.release)

    tasks_of(loop, a)
    run(loop)


@scenario
def of_another(loop):
    """a lock is given back by a task that does not have it"""
    lock = asyncio.Lock()

    async def b():
        refused(lock.release)

    tasks_of(loop, holder("a", lock, 2), b, holder("c", lock, 1))
    run(loop)


@scenario
def twice(loop):
    """one wants a lock that it has"""
    lock = asyncio.Lock()

    async def again():
        await lock.acquire()

    at_last(loop, tasks_of(loop, user("a", lock, again))[0])
    run(loop)


# ---- Flags ---------------------------------------------------------------------------------------


def waiter(name, event):
    async def body():
        await event.wait()
        say(f"{name} goes on")

    body.__name__ = name
    return body


@scenario
def all_go_on(loop):
    """a flag is set: all who wait go on, in order"""
    event = asyncio.Event()
    tasks_of(loop, waiter("a", event), waiter("b", event), waiter("c", event))
    loop.call_later(1, says("timer", event.set))
    run(loop)


@scenario
def is_set(loop):
    """a flag that is set makes nobody wait"""
    event = asyncio.Event()
    event.set()
    tasks_of(loop, waiter("a", event))
    loop.call_soon(says("soon"))
    run(loop)


@scenario
def set_and_cleared(loop):
    """a flag is set and cleared in one turn: who waited goes on, who comes then waits"""
    event = asyncio.Event()

    async def b():
        await asyncio.sleep(2)
        await event.wait()
        say("never")

    tasks = tasks_of(loop, waiter("a", event), b)
    loop.call_later(1, says("timer", event.set, event.clear))
    at_last(loop, tasks[1])
    run(loop)


@scenario
def flag_waiter_cancelled(loop):
    """one of two that wait for a flag is cancelled: the other one goes on"""
    event = asyncio.Event()
    tasks = tasks_of(loop, waiter("a", event), waiter("b", event))
    loop.call_later(1, asks("timer", tasks[0]))
    loop.call_later(2, says("set", event.set))
    run(loop)


@scenario
def set_then_cancelled(loop):
    """a flag is set, and who waits is cancelled in the same turn"""
    event = asyncio.Event()
    tasks = tasks_of(loop, waiter("a", event))
    loop.call_later(1, says("timer", event.set, tasks[0].cancel))
    run(loop)


# ---- Conditions ----------------------------------------------------------------------------------


def notified(name, condition, *moves):
    """Takes the lock, waits for a notification, and makes these moves."""

    async def wait():
        await condition.wait()
        say(f"{name} is notified")

    return user(name, condition, wait, *moves)


@scenario
def notify_one(loop):
    """two wait, and one is notified: the first; then the other one"""
    condition = asyncio.Condition()
    teller = user("c", condition, does(condition.notify), sleeps(1), does(condition.notify))
    quiet(loop, notified("a", condition))
    quiet(loop, notified("b", condition))
    quiet(loop, teller)
    run(loop)


@scenario
def notify_all(loop):
    """two wait, and all are notified: they have the lock one after the other"""
    condition = asyncio.Condition()
    teller = user("c", condition, does(condition.notify_all))
    quiet(loop, notified("a", condition, sleeps(1)))
    quiet(loop, notified("b", condition, sleeps(1)))
    quiet(loop, teller)
    run(loop)


@scenario
def notify_nobody(loop):
    """a notification that nobody waits for is not kept"""
    condition = asyncio.Condition()
    a = user("a", condition, does(condition.notify))
    at_last(loop, tasks_of(loop, a, notified("b", condition))[1])
    run(loop)


@scenario
def condition_waiter_cancelled(loop):
    """one that waits for a notification is cancelled: it has the lock again, and then ends"""
    condition = asyncio.Condition()
    tasks = tasks_of(loop, notified("a", condition))
    quiet(loop, holder("b", condition, 2))
    loop.call_later(1, asks("timer", tasks[0]))
    run(loop)


@scenario
def cancelled_for_lock(loop):
    """one that is notified is cancelled while another has the lock"""
    condition = asyncio.Condition()
    teller = user("b", condition, does(condition.notify), sleeps(2))
    tasks = tasks_of(loop, notified("a", condition, sleeps(1)))
    quiet(loop, teller)
    loop.call_later(1, asks("timer", tasks[0]))
    run(loop)


@scenario
def notified_then_cancelled(loop):
    """two wait; the first is notified, and cancelled in the same turn"""
    condition = asyncio.Condition()
    tasks = []
    teller = user("c", condition, does(condition.notify, lambda: tasks[0].cancel()))
    tasks += tasks_of(loop, notified("a", condition, sleeps(1)), notified("b", condition))
    quiet(loop, teller)
    at_last(loop, tasks[1])
    run(loop)


@scenario
def without_lock(loop):
    """who does not have the lock can notify nobody"""
    condition = asyncio.Condition()

    async def a():
        refused(condition.notify)
        refused(condition.notify_all)

    tasks_of(loop, a)
    run(loop)


@scenario
def wait_until(loop):
    """one waits until something is true: asked at once, and after each notification"""
    condition = asyncio.Condition()
    count = []

    def is_true():
        say(f"{len(count)} of 2")
        return len(count) == 2

    async def wait():
        await condition.wait_for(is_true)

    def more():
        count.append(1)
        condition.notify()

    teller = user("b", condition, does(more))
    later = user("c", condition, does(more))
    quiet(loop, user("a", condition, wait))
    quiet(loop, teller)
    loop.call_later(1, says("begin", lambda: quiet(loop, later)))
    run(loop)


# ---- Barriers ------------------------------------------------------------------------------------


def party(name, barrier, rounds=1):
    async def body():
        for _ in range(rounds):
            say(f"{name} is number {await barrier.wait()}")

    body.__name__ = name
    return body


def parties_of(loop, *bodies):
    """Tasks that say how they have ended. A broken barrier is told in eddy's word."""

    def begin_party(body):
        def ended(task):
            broken = not task.cancelled() and task.exception()
            say(f"{body.__name__}: {'error EDDY_EBROKEN' if broken else ending_of(task)}")

        task = loop.create_task(body())
        task.add_done_callback(ended)
        return task

    return [begin_party(body) for body in bodies]


@scenario
def together(loop):
    """three go on together, each with a number"""
    barrier = asyncio.Barrier(3)
    parties_of(loop, party("a", barrier), party("b", barrier), party("c", barrier))
    run(loop)


@scenario
def two_rounds(loop):
    """two go through a barrier twice: nobody goes on with the next round alone"""
    barrier = asyncio.Barrier(2)
    parties_of(loop, party("a", barrier, 2), party("b", barrier, 2))
    run(loop)


@scenario
def party_cancelled(loop):
    """one that waits at a barrier is cancelled: one more must come"""
    barrier = asyncio.Barrier(2)
    tasks = parties_of(loop, party("a", barrier))
    loop.call_later(1, asks("timer", tasks[0]))
    loop.call_later(2, says("begin", lambda: parties_of(loop, party("b", barrier))))
    loop.call_later(3, says("begin", lambda: parties_of(loop, party("c", barrier))))
    run(loop)


@scenario
def aborted(loop):
    """a barrier is broken for those who wait, and for those who come then"""
    barrier = asyncio.Barrier(3)

    async def c():
        await barrier.abort()
        say("c has broken it")

    parties_of(loop, party("a", barrier), party("b", barrier), c)
    loop.call_later(1, says("begin", lambda: parties_of(loop, party("d", barrier))))
    run(loop)


@scenario
def made_new(loop):
    """a barrier is made new: who waits has lost, and two that come then go through"""
    barrier = asyncio.Barrier(2)

    async def b():
        await barrier.reset()
        say("b has made it new")

    parties_of(loop, party("a", barrier), b)
    both = party("c", barrier), party("d", barrier)
    loop.call_later(1, says("begin", lambda: parties_of(loop, *both)))
    run(loop)
