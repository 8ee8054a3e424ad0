"""groups: tasks that begin and end together."""
import asyncio
import errno

from scenario import asks, begin, refuser, run, say, says, scenario, sleeper, text_of

PYTHON = "3.11"
TURNS = False


def member(group, body):
    task = group.create_task(body())

    def ended(task):
        outcome = "done"
        if task.cancelled():
            outcome = "cancelled"
        elif task.exception():
            outcome = text_of(task.exception())
        say(f"{body.__name__}: {outcome}")

    task.add_done_callback(ended)
    return task


def group(loop, *bodies, then=None):
    """A task with a group of these. What it does `then` is before the end of the group."""

    async def a():
        try:
            async with asyncio.TaskGroup() as g:
                for body in bodies:
                    member(g, body)
                if then:
                    await then(g)
            say("a goes on")
        finally:
            say("a cleans up")

    return begin(loop, a)


@scenario
def all_well(loop):
    """a group of two, and both end well"""
    group(loop, sleeper("b", 2), sleeper("c", 1))
    run(loop)


@scenario
def none(loop):
    """a group of none ends at once"""
    group(loop)
    loop.call_soon(says("soon"))
    run(loop)


@scenario
def one_fails(loop):
    """a group of two, and one fails: the other is cancelled, and waited for"""
    group(loop, sleeper("b", 1, errno.EIO), sleeper("c"))
    run(loop)


@scenario
def both_fail(loop):
    """a group of two: one fails, and the other one does so while it cleans up"""

    async def c():
        try:
            await asyncio.sleep(9)
        finally:
            say("c cleans up")
            raise OSError(errno.EPERM, "it failed")

    group(loop, sleeper("b", 1, errno.EIO), c)
    run(loop)


@scenario
def one_fails_and_other_refuses(loop):
    """a group of two: one fails, and the other one refuses to be cancelled: it is awaited"""
    group(loop, sleeper("b", 1, errno.EIO), refuser("c", 9))
    run(loop)


@scenario
def member_cancelled(loop):
    """a group of two, and one is cancelled by somebody else: it has not failed"""
    tasks = []

    async def a():
        async with asyncio.TaskGroup() as g:
            tasks.append(member(g, sleeper("b")))
            member(g, sleeper("c", 2))
        say("a goes on")

    begin(loop, a)
    loop.call_later(1, lambda: asks("timer", tasks[0])())
    run(loop)


@scenario
def body_fails(loop):
    """a group whose body fails: its member is cancelled, and waited for"""

    async def then(_):
        await asyncio.sleep(1)
        raise OSError(errno.EIO, "it failed")

    group(loop, sleeper("b"), then=then)
    run(loop)


@scenario
def body_fails_first(loop):
    """a group whose body fails before its member has begun: that never runs"""

    async def then(_):
        raise OSError(errno.EIO, "it failed")

    async def b():
        say("never")

    group(loop, b, then=then)
    run(loop)


@scenario
def body_is_cut(loop):
    """a member fails while the body awaits something else: that is cut short"""

    async def then(_):
        await asyncio.sleep(9)
        say("never")

    group(loop, sleeper("b", 1, errno.EIO), sleeper("c"), then=then)
    run(loop)


@scenario
def body_goes_on_after(loop):
    """a group has failed, and its owner goes on: the next await is not cut short"""

    async def then(_):
        await asyncio.sleep(9)
        say("never")

    async def b():
        await asyncio.sleep(1)
        raise OSError(errno.EIO, "it failed")

    async def inner():
        async with asyncio.TaskGroup() as g:
            member(g, b)
            await then(g)

    async def a():
        try:
            await inner()
        except BaseException as error:
            say(text_of(error))
        await asyncio.sleep(1)
        say("a goes on")

    begin(loop, a)
    run(loop)


@scenario
def child_adds_child(loop):
    """a member adds a member, while the group is waited for"""
    groups = []

    async def b():
        await asyncio.sleep(1)
        member(groups[0], sleeper("c", 2))
        say("b goes on")

    async def then(g):
        groups.append(g)

    group(loop, b, then=then)
    run(loop)


@scenario
def last_adds_child(loop):
    """the member that is left adds one as it ends: the group waits for that, too"""
    groups = []

    async def b():
        try:
            await asyncio.sleep(1)
        finally:
            member(groups[0], sleeper("c", 1))
            say("b cleans up")

    async def then(g):
        groups.append(g)

    group(loop, b, then=then)
    run(loop)


@scenario
def cancelled_in_join(loop):
    """the owner is cancelled while it waits for its members: they end first"""
    task = group(loop, sleeper("b"))
    loop.call_later(1, asks("timer", task))
    run(loop)


@scenario
def cancelled_in_body(loop):
    """the owner is cancelled while its body awaits something else: its member ends, too"""
    task = group(loop, sleeper("b"), then=lambda _: asyncio.sleep(9))
    loop.call_later(1, asks("timer", task))
    run(loop)


@scenario
def cancelled_and_member_fails(loop):
    """the owner is cancelled, and its member fails while it cleans up"""

    async def b():
        try:
            await asyncio.sleep(9)
        finally:
            say("b cleans up")
            raise OSError(errno.EIO, "it failed")

    task = group(loop, b)
    loop.call_later(1, asks("timer", task))
    run(loop)


@scenario
def cancelled_and_refused(loop):
    """the owner is cancelled while it waits, and its member refuses and ends well"""
    task = group(loop, refuser("b", 9))
    loop.call_later(1, asks("timer", task))
    run(loop)


@scenario
def nested(loop):
    """a group within a member of a group: an error inside ends both"""

    async def b():
        try:
            async with asyncio.TaskGroup() as g:
                member(g, sleeper("c", 1, errno.EIO))
        finally:
            say("b cleans up")

    group(loop, b, sleeper("d"))
    run(loop)


@scenario
def limit_around(loop):
    """a limit around a group: its member is cancelled, and the time-out is told"""

    async def a():
        try:
            async with asyncio.timeout(1):
                async with asyncio.TaskGroup() as g:
                    member(g, sleeper("b"))
        finally:
            say("a cleans up")

    begin(loop, a)
    run(loop)
