"""run_forever, stop and close: when a run ends, and what stays for the next one."""
from scenario import attempt, run, say, says, scenario


@scenario
def stop_in_batch(loop):
    """stop lets the turn end, and what it queued stays for the next run"""
    loop.call_soon(says("a", loop.stop, lambda: loop.call_soon(says("c"))))
    loop.call_soon(says("b", lambda: loop.call_soon(says("d"))))
    run(loop)
    run(loop)


@scenario
def stop_before_run(loop):
    """stop before the run makes it one turn that does not sleep"""
    loop.call_soon(says("a", lambda: loop.call_soon(says("c"))))
    loop.call_later(1, says("b"))
    loop.stop()
    run(loop)
    run(loop)


@scenario
def stop_before_empty_run(loop):
    """stop before the run, and nothing to do: one turn all the same, which does not sleep"""
    loop.stop()
    run(loop)


@scenario
def stop_twice(loop):
    """stop twice in a turn ends one run, and not the next"""
    loop.call_soon(says("a", loop.stop))
    loop.call_soon(says("b", loop.stop))
    run(loop)
    loop.call_soon(says("c", lambda: loop.call_soon(says("d"))))
    run(loop)


@scenario
def stop_after_run(loop):
    """stop after a run is stop before the next"""
    loop.call_soon(says("a", loop.stop))
    run(loop)
    loop.stop()
    loop.call_soon(says("b", lambda: loop.call_soon(says("c"))))
    run(loop)
    run(loop)


@scenario
def stop_again(loop):
    """a run can be stopped as often as it is begun, and a timer outlives all of them"""
    loop.call_later(1, says("timer"))
    for name in "abc":
        loop.call_soon(says(name, loop.stop))
        run(loop)
    run(loop)


@scenario
def stop_in_timer(loop):
    """stop in a timer's callback lets the other timers that are due run, and no later one"""
    loop.call_later(1, says("a", lambda: loop.advance(1)))
    loop.call_later(1.5, says("b", loop.stop))
    loop.call_later(2, says("c"))
    loop.call_later(3, says("d"))
    run(loop)
    run(loop)


@scenario
def stop_with_threadsafe(loop):
    """what is posted in the turn that stops stays for the next run"""
    loop.call_soon(says("a", loop.stop, lambda: loop.call_soon_threadsafe(says("c"))))
    loop.call_soon(says("b"))
    run(loop)
    loop.stop()
    run(loop)


@scenario
def run_in_run(loop):
    """a run within a run is refused, and the run goes on"""
    loop.call_soon(says("a", lambda: attempt(loop.run_forever), lambda: loop.call_soon(says("c"))))
    loop.call_soon(says("b"))
    run(loop)


@scenario
def other_run_in_run(loop):
    """a run of another loop within a run is refused"""
    other = type(loop)()
    other.call_soon(says("never"))
    loop.call_soon(says("a", lambda: attempt(other.run_forever)))
    loop.call_soon(says("b"))
    run(loop)
    other.close()


@scenario
def is_running(loop):
    """it runs while a callback is called, and neither before nor after"""

    def ask():
        say("running" if loop.is_running() else "not running")

    ask()
    loop.call_soon(says("a", ask, loop.stop, ask))
    run(loop)
    ask()


@scenario
def close_in_run(loop):
    """closing while it runs is refused, and the run goes on"""
    loop.call_soon(says("a", lambda: attempt(loop.close)))
    loop.call_soon(says("b", lambda: loop.call_soon(says("c"))))
    run(loop)


@scenario
def close_and_call(loop):
    """closing calls nobody, twice is harmless, and afterwards each call is refused"""
    loop.call_soon(says("a"))
    loop.call_later(0, says("b"))
    loop.close()
    loop.close()
    attempt(loop.call_soon, says("a"))
    attempt(loop.call_later, 1, says("b"))
    attempt(loop.call_soon_threadsafe, says("c"))
    attempt(loop.run_forever)
