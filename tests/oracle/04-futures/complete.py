"""run_until_complete: when it returns, with what, and what it leaves for the next run."""
from scenario import attempt, complete, fail, run, say, says, scenario


@scenario
def behind_what_is_ready(loop):
    """a future that is done: what is in line is called first, then the run ends"""
    f = loop.create_future()
    f.set_result("fine")
    loop.call_soon(says("a", lambda: loop.call_soon(says("c"))))
    loop.call_soon(says("b"))
    complete(loop, f)
    run(loop)


@scenario
def leftovers(loop):
    """what is queued in the last turn, and the timers, are left for the next run"""
    f = loop.create_future()
    f.add_done_callback(says("b", lambda: loop.call_soon(says("c"))))
    loop.call_later(1, says("a", lambda: f.set_result("fine")))
    loop.call_later(2, says("d"))
    complete(loop, f)
    run(loop)


@scenario
def callbacks_behind_its_own(loop):
    """callbacks that are added during the run are called, too, before it returns"""
    f = loop.create_future()
    f.add_done_callback(says("c"))
    loop.call_soon(says("a", lambda: f.add_done_callback(says("d"))))
    loop.call_soon(says("b", lambda: f.set_result("fine")))
    complete(loop, f)
    run(loop)


@scenario
def one_turn_more(loop):
    """the run ends a turn after the future is done: what is queued for that turn is called"""
    f = loop.create_future()
    loop.call_soon(
        says(
            "a",
            lambda: f.set_result("fine"),
            lambda: loop.call_soon(says("b", lambda: loop.call_soon(says("d")))),
            lambda: loop.call_later(0, says("c")),
        )
    )
    complete(loop, f)
    run(loop)


@scenario
def its_outcome(loop):
    """the run's outcome is the future's: a result, an error, or cancelled"""
    f, g, h = (loop.create_future() for _ in "fgh")
    loop.call_soon(says("a", lambda: f.set_result("fine")))
    complete(loop, f)
    loop.call_soon(says("b", lambda: fail(g)))
    complete(loop, g)
    loop.call_soon(says("c", lambda: h.cancel()))
    complete(loop, h)


@scenario
def twice(loop):
    """a future can be run for again: it is done, and the run is one turn"""
    f = loop.create_future()
    loop.call_later(1, says("a", lambda: f.set_result("fine")))
    complete(loop, f)
    complete(loop, f)


@scenario
def stopped(loop):
    """stop ends the run before the future is done: an error, and later it is done unnoticed"""
    f = loop.create_future()
    loop.call_soon(says("a", loop.stop))
    complete(loop, f)
    loop.call_soon(says("b", lambda: f.set_result("fine"), lambda: loop.call_soon(says("c"))))
    loop.call_later(1, says("d"))
    run(loop)


@scenario
def stopped_before(loop):
    """stop before the run: one turn, and if the future is not done then, an error"""
    f = loop.create_future()
    loop.stop()
    loop.call_soon(says("a"))
    loop.call_later(1, says("b", lambda: f.set_result("fine")))
    complete(loop, f)
    complete(loop, f)


@scenario
def stopped_before_and_done(loop):
    """stop before the run for a done future: its result, and the next run is not stopped"""
    f = loop.create_future()
    f.set_result("fine")
    loop.stop()
    complete(loop, f)
    loop.call_later(1, says("a"))
    run(loop)


@scenario
def stopped_and_done(loop):
    """the loop is stopped in the turn in which the future is done, and is run again"""
    f = loop.create_future()
    loop.call_soon(says("a", loop.stop))
    loop.call_soon(says("b", lambda: f.set_result("fine")))
    complete(loop, f)
    loop.call_soon(says("c", lambda: loop.call_soon(says("d"))))
    run(loop)


@scenario
def inner_run(loop):
    """a run for a future within a run is refused, and the outer run goes on"""
    f, g = loop.create_future(), loop.create_future()
    loop.call_soon(says("a", lambda: attempt(loop.run_until_complete, g)))
    loop.call_soon(says("b", lambda: f.set_result("fine")))
    complete(loop, f)


@scenario
def other_loops_future(loop):
    """a future of another loop is refused"""
    other = type(loop)()
    f = other.create_future()
    complete(loop, f)
    other.close()
    loop.call_soon(says("a"))
    run(loop)


@scenario
def nobody_can_finish(loop):
    """nobody is left who could finish the future"""
    f = loop.create_future()
    f.add_done_callback(says("never"))
    loop.call_later(1, says("a"))
    complete(loop, f)
    say("the end")


@scenario
def closed(loop):
    """after closing, a run for a future is refused, and a callback for a done one"""
    f, g = loop.create_future(), loop.create_future()
    f.set_result("fine")
    loop.close()
    attempt(f.add_done_callback, says("a"))
    attempt(loop.run_until_complete, g)
