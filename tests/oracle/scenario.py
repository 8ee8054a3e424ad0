"""scenario - what the scenarios in Python are made of: a loop without surprises, and a log.

It is asyncio's own loop. Only the clock is a number, and the selector tells what is ready in the
order of the descriptors and never sleeps: if nothing is ready, it sets the clock forward. So a
scenario says the same on every machine. Each wait is logged, with how long it might have been.
"""
import asyncio
import errno
import os
import selectors

log = []  # of the scenario that is being played
scenarios = []  # in the order of the file
turns = True  # a look without sleeping is told, too; False: TURNS of the file says so
pipes = []  # to be closed when the scenario ends,
sockets = []  # and these, too


def scenario(function):
    """Marks a scenario. Its docstring is its sentence, its argument a new loop."""
    scenarios.append(function)
    return function


def say(text):
    log.append(text)


def says(name, *then):
    """A callback that says its name, and then makes all these calls."""

    def callback(*_):
        say(name)
        for call in then:
            call()

    return callback


# ---- The loop ------------------------------------------------------------------------------------


class Hang(Exception):
    """Nothing can happen any more: the loop would sleep for ever."""


class ScriptedSelector(selectors.PollSelector):
    now = 1000.0

    def select(self, timeout=None):
        if timeout != 0 or turns:
            say("wait for ever" if timeout is None else f"wait {timeout:g}")
        events = sorted(super().select(0), key=lambda event: event[0].fd)
        if not events and timeout is None:
            raise Hang
        if not events:
            self.now += timeout
        return events


class ScriptedLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self.scripted = ScriptedSelector()
        self.trouble = []
        super().__init__(self.scripted)
        # asyncio calls what is due within one tick of the clock. Here the clock is a number.
        self._clock_resolution = 1e-9
        self.set_exception_handler(lambda _, context: self.trouble.append(context))

    def time(self):
        return self.scripted.now

    def advance(self, seconds):
        """Time passes: within a callback, which is then a slow one."""
        self.scripted.now += seconds


# ---- What a scenario does, besides asyncio's own calls -------------------------------------------


def run(loop):
    try:
        loop.run_forever()
        say("stopped")
    except Hang:
        say("nothing can happen")


REFUSALS = {
    "is closed": "closed",
    "running": "running",
    "different loop": "another loop's",
    "belongs to": "another loop's",
    "stopped before": "stopped before",
}


def attempt(call, *args):
    """Makes a call that may be refused."""
    try:
        return call(*args)
    except asyncio.InvalidStateError:
        say("refused: done already")
    except (RuntimeError, ValueError) as error:
        say("refused: " + next(word for part, word in REFUSALS.items() if part in str(error)))
    return None


def a_pipe():
    """Both ends, the reading one first."""
    ends = os.pipe()
    pipes.extend(ends)
    return ends


def play(function):
    """Plays one scenario and returns its log."""
    log.clear()
    loop = ScriptedLoop()
    function(loop)
    loop.close()
    while pipes:
        os.close(pipes.pop())
    while sockets:
        sockets.pop().close()
    if loop.trouble:
        raise RuntimeError(f"{function.__name__}: {loop.trouble}")
    return list(log)


# ---- Futures -------------------------------------------------------------------------------------


def outcome_of(read):
    try:
        return "result " + read()
    except asyncio.CancelledError:
        return "cancelled"
    except asyncio.InvalidStateError:
        return "pending"
    except OSError as error:
        return text_of(error)


def text_of(error):
    """A time-out has no number; a group has errors of its own, and one that has one is like it."""
    if hasattr(error, "exceptions"):
        each = [text_of(inner).split(" ", 1)[1] for inner in error.exceptions]
        return ("error " if len(each) == 1 else "errors ") + " ".join(each)
    if isinstance(error, asyncio.TimeoutError):
        return "error ETIMEDOUT"
    return "error " + errno.errorcode[error.errno]


def fail(future, number=errno.EIO):
    attempt(future.set_exception, OSError(number, "it failed"))


def complete(loop, future):
    """Runs until the future is done, and says with what."""
    try:
        outcome = attempt(outcome_of, lambda: loop.run_until_complete(future))
        if outcome:
            say("complete: " + outcome)
    except Hang:
        say("nothing can happen")


# ---- Tasks ---------------------------------------------------------------------------------------


def ending_of(task):
    if task.cancelled():
        return "cancelled"
    error = task.exception()
    return text_of(error) if error else "done"


def begin(loop, body):
    """A task, which says how it has ended. Its name is its body's."""
    task = loop.create_task(body())
    task.add_done_callback(lambda task: say(f"{body.__name__}: {ending_of(task)}"))
    return task


def asks(name, task):
    """A callback that says its name, and asks the task to end."""
    return says(name, lambda: say("cancelled" if task.cancel() else "not cancelled"))


def sleeper(name, seconds=9, error=None):
    """The body of a task that sleeps, and has a cleanup section."""

    async def body():
        try:
            say(f"{name} runs")
            await asyncio.sleep(seconds)
            if error:
                raise OSError(error, "it failed")
            say(f"{name} goes on")
        finally:
            say(f"{name} cleans up")

    body.__name__ = name
    return body


def refuser(name, seconds, more=1):
    """The body of one that refuses to be cancelled, once, and then sleeps on."""

    async def body():
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            say(f"{name} refuses")
            await asyncio.sleep(more)
        say(f"{name} goes on")

    body.__name__ = name
    return body
