"""add_signal_handler: when a signal's handler is called, among all the rest."""
import os
import signal

from scenario import run, say, says, scenario


def come(signo=signal.SIGUSR1):
    """The signal comes, here and now."""
    os.kill(os.getpid(), signo)


@scenario
def in_the_loop(loop):
    """a signal's handler is called in the loop, and not in the middle of a callback"""
    loop.add_signal_handler(signal.SIGUSR1, says("handler"))
    loop.call_soon(says("a", come, lambda: say("still a")))
    loop.call_soon(says("b"))
    run(loop)


@scenario
def one_turn_later(loop):
    """the turn that hears of a signal queues its handler for the turn after it"""
    loop.add_signal_handler(signal.SIGUSR1, says("handler"))
    soon = says("c", lambda: loop.call_soon(says("d", lambda: loop.call_soon(says("e")))))
    loop.call_soon(says("a", come, lambda: loop.call_soon(soon)))
    loop.call_soon(says("b"))
    run(loop)


@scenario
def came_before_run(loop):
    """a signal that came before the run is not lost, and goes before the timers"""
    loop.add_signal_handler(signal.SIGUSR1, says("handler"))
    loop.call_later(1, says("timer"))
    come()
    run(loop)


@scenario
def replaced_handler(loop):
    """a handler that is added for the same signal takes the place of the first"""
    loop.add_signal_handler(signal.SIGUSR1, says("old"))
    loop.add_signal_handler(signal.SIGUSR1, says("new"))
    loop.call_soon(says("a", come))
    run(loop)


@scenario
def in_order_of_coming(loop):
    """two signals of two kinds, the one with the greater number first"""
    first, second = sorted((signal.SIGUSR1, signal.SIGUSR2))
    loop.add_signal_handler(first, says("smaller"))
    loop.add_signal_handler(second, says("greater"))
    loop.call_soon(says("a", lambda: come(second), lambda: come(first)))
    run(loop)


@scenario
def twice(loop):
    """a signal comes twice before its handler is called"""
    loop.add_signal_handler(signal.SIGUSR1, says("handler"))
    loop.call_soon(says("a", come, come))
    run(loop)


@scenario
def removed_handler(loop):
    """a handler is removed after its signal came: it is not called, the other signal's is"""

    def remove():
        say("removed" if loop.remove_signal_handler(signal.SIGUSR1) else "nobody there")

    loop.add_signal_handler(signal.SIGUSR1, says("handler"))
    loop.add_signal_handler(signal.SIGUSR2, says("other"))
    loop.call_soon(says("a", come, remove))
    loop.call_soon(says("b", remove))
    loop.call_later(1, says("timer", lambda: come(signal.SIGUSR2)))
    run(loop)
