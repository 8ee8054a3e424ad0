"""futures: when their callbacks are called, and what cannot be done twice."""
import asyncio

from scenario import attempt, fail, outcome_of, run, say, says, scenario


def outcome(future):
    say(outcome_of(future.result))


@scenario
def in_order(loop):
    """callbacks are called in the order in which they were added"""
    f = loop.create_future()
    for name in "abc":
        f.add_done_callback(says(name))
    f.set_result("fine")
    run(loop)


@scenario
def finishing_calls_nobody(loop):
    """finishing a future calls nobody: who finishes goes on, and so does what is in line"""
    f = loop.create_future()
    f.add_done_callback(says("b"))
    loop.call_soon(says("a", lambda: f.set_result("fine"), lambda: say("still a")))
    loop.call_soon(says("soon"))
    run(loop)


@scenario
def added_when_done(loop):
    """a callback is added to a done future: the next turn, behind what is in line"""
    f = loop.create_future()
    f.set_result("fine")
    loop.call_soon(
        says(
            "a",
            lambda: loop.call_soon(says("c")),
            lambda: f.add_done_callback(says("d")),
            lambda: loop.call_soon(says("e")),
        )
    )
    loop.call_soon(says("b"))
    run(loop)


@scenario
def added_by_callback(loop):
    """a callback that adds another one to its own future: that one is called a turn later"""
    f = loop.create_future()
    f.add_done_callback(says("a", lambda: f.add_done_callback(says("c"))))
    f.add_done_callback(says("b"))
    f.set_result("fine")
    run(loop)


@scenario
def added_to_pending(loop):
    """a callback that adds another one to a pending future: that one waits for it"""
    f, g = loop.create_future(), loop.create_future()
    f.add_done_callback(says("a", lambda: g.add_done_callback(says("c"))))
    f.add_done_callback(says("b"))
    f.set_result("fine")
    loop.call_later(1, says("timer", lambda: g.set_result("fine")))
    run(loop)


@scenario
def two_in_a_turn(loop):
    """two futures finished in one turn, with a call_soon in between"""
    f, g = loop.create_future(), loop.create_future()
    for future, names in ((g, "wx"), (f, "uv")):
        for name in names:
            future.add_done_callback(says(name))
    loop.call_soon(
        says(
            "a",
            lambda: f.set_result("fine"),
            lambda: loop.call_soon(says("soon")),
            lambda: g.set_result("fine"),
        )
    )
    run(loop)


@scenario
def crossed_callbacks(loop):
    """callbacks added to two futures in turns keep together, future by future"""
    f, g = loop.create_future(), loop.create_future()
    f.add_done_callback(says("a"))
    g.add_done_callback(says("b"))
    f.add_done_callback(says("c"))
    g.add_done_callback(says("d"))
    g.set_result("fine")
    f.set_result("fine")
    run(loop)


@scenario
def chain(loop):
    """each link of a chain of futures takes a turn, and others are called in between"""
    f, g, h = (loop.create_future() for _ in "fgh")
    f.add_done_callback(says("a", lambda: g.set_result("fine")))
    g.add_done_callback(says("b", lambda: h.set_result("fine")))
    h.add_done_callback(says("c"))
    second = says("second turn", lambda: loop.call_soon(says("third turn")))
    loop.call_soon(says("first turn", lambda: loop.call_soon(second)))
    f.set_result("fine")
    run(loop)


@scenario
def soon_in_callback(loop):
    """what a callback of a future queues is called in the next turn"""
    f = loop.create_future()
    f.add_done_callback(says("a", lambda: loop.call_soon(says("c"))))
    f.add_done_callback(says("b"))
    f.set_result("fine")
    run(loop)


@scenario
def finished_by_timer(loop):
    """a timer finishes a future: another timer that is due comes before the callbacks"""
    f = loop.create_future()
    f.add_done_callback(says("c"))
    loop.call_at(1001, says("a", lambda: f.set_result("fine")))
    loop.call_at(1001, says("b", lambda: loop.call_later(0, says("d"))))
    run(loop)


# ---- Taking callbacks back -----------------------------------------------------------------------


@scenario
def removed_before(loop):
    """a callback that is removed before the future is done is not called"""
    f = loop.create_future()
    callbacks = [says(name) for name in "abc"]
    for callback in callbacks:
        f.add_done_callback(callback)
    say(f"removed {f.remove_done_callback(callbacks[1])}")
    say(f"removed {f.remove_done_callback(callbacks[1])}")
    f.set_result("fine")
    run(loop)


@scenario
def removed_after(loop):
    """a callback that is removed after the future is done is called all the same"""
    f = loop.create_future()
    a = says("a")
    f.add_done_callback(a)
    f.set_result("fine")
    say(f"removed {f.remove_done_callback(a)}")
    run(loop)


@scenario
def removed_by_callback(loop):
    """a callback removes the one behind it, and is too late"""
    f = loop.create_future()
    b = says("b")
    f.add_done_callback(says("a", lambda: say(f"removed {f.remove_done_callback(b)}")))
    f.add_done_callback(b)
    f.set_result("fine")
    run(loop)


@scenario
def removed_and_added(loop):
    """a callback that is removed and added again goes to the end"""
    f = loop.create_future()
    a, b = says("a"), says("b")
    f.add_done_callback(a)
    f.add_done_callback(b)
    f.remove_done_callback(a)
    f.add_done_callback(a)
    f.set_result("fine")
    run(loop)


@scenario
def one_function_twice(loop):
    """one function, added twice and removed once"""
    f = loop.create_future()
    a = says("a")
    f.add_done_callback(a)
    f.add_done_callback(a)
    say(f"removed {f.remove_done_callback(a)}")
    f.set_result("fine")
    run(loop)


# ---- Outcomes ------------------------------------------------------------------------------------


@scenario
def outcomes(loop):
    """a future is pending, and then done with a result, an error or a cancel"""
    f, g, h = (loop.create_future() for _ in "fgh")
    outcome(f)
    f.set_result("fine")
    fail(g)
    h.cancel()
    for future in (f, g, h):
        outcome(future)
        say(" ".join(["done"] * future.done() + ["cancelled"] * future.cancelled()))


@scenario
def cancelled_as_error(loop):
    """the error that is set is the one that stands for a cancel"""
    f = loop.create_future()
    f.set_exception(asyncio.CancelledError())
    outcome(f)
    say("cancelled" if f.cancelled() else "not cancelled")


@scenario
def error_calls(loop):
    """an error calls the callbacks, as a result does"""
    f = loop.create_future()
    f.add_done_callback(says("a", lambda: outcome(f)))
    f.add_done_callback(says("b"))
    fail(f)
    run(loop)


@scenario
def cancel_calls(loop):
    """a cancel calls the callbacks in the next turn, as a result does"""
    f = loop.create_future()
    f.add_done_callback(says("c", lambda: outcome(f)))
    f.add_done_callback(says("d"))
    loop.call_soon(says("a", lambda: say("cancelled" if f.cancel() else "not cancelled")))
    loop.call_soon(says("b", lambda: say("cancelled" if f.cancel() else "not cancelled")))
    run(loop)


@scenario
def cancel_after_result(loop):
    """a cancel after a result changes nothing"""
    f = loop.create_future()
    f.add_done_callback(says("a", lambda: outcome(f)))
    f.set_result("fine")
    say("cancelled" if f.cancel() else "not cancelled")
    run(loop)


@scenario
def set_after_cancel(loop):
    """a result or an error after a cancel is refused"""
    f = loop.create_future()
    f.add_done_callback(says("a", lambda: outcome(f)))
    f.cancel()
    attempt(f.set_result, "fine")
    fail(f)
    run(loop)


@scenario
def set_twice(loop):
    """a second result or an error after it is refused, and the callbacks are called once"""
    f = loop.create_future()
    f.add_done_callback(says("a", lambda: outcome(f)))
    f.set_result("fine")
    attempt(f.set_result, "other")
    fail(f)
    run(loop)


@scenario
def set_in_callback(loop):
    """a callback that finishes its own future again is refused"""
    f = loop.create_future()
    f.add_done_callback(says("a", lambda: fail(f)))
    f.add_done_callback(says("b", lambda: outcome(f)))
    f.set_result("fine")
    run(loop)
