"""call_later and call_at: who is due first, and who before whom in a turn."""
from scenario import attempt, run, say, says, scenario


@scenario
def deadline_order(loop):
    """timers are called in the order of their deadlines, in whichever they were set"""
    for delay in (3, 1, 4, 1.5, 9, 2.5, 6):
        loop.call_later(delay, says(f"{delay:g}"))
    run(loop)


@scenario
def equal_deadlines(loop):
    """timers for the same time"""
    for name in "abcde":
        loop.call_at(1001, says(name))
    run(loop)


@scenario
def two_equal_deadlines(loop):
    """two timers for the same time are called in one turn, in the order of setting"""
    loop.call_at(1001, says("a", lambda: loop.call_soon(says("c"))))
    loop.call_later(1, says("b"))
    run(loop)


@scenario
def later_and_at(loop):
    """call_later counts from now, call_at from where the clock began"""
    loop.call_later(2, says("a"))
    loop.call_at(1001, says("b", lambda: loop.call_later(0.5, says("c"))))
    run(loop)


@scenario
def zero_behind_soon(loop):
    """a timer without a delay is called in the next turn, behind all that is in line"""
    loop.call_later(0, says("a"))
    loop.call_soon(says("b"))
    loop.call_soon(says("c"))
    run(loop)


@scenario
def zero_in_callback(loop):
    """a callback sets a timer without a delay: the next turn, behind what is in line"""
    loop.call_soon(
        says("a", lambda: loop.call_later(0, says("c")), lambda: loop.call_soon(says("d")))
    )
    loop.call_soon(says("b"))
    run(loop)


@scenario
def zero_again(loop):
    """a timer that sets itself anew without a delay takes turns with the others"""
    left = 3

    def a():
        nonlocal left
        say("a")
        left -= 1
        if left:
            loop.call_later(0, a)
        loop.call_soon(says("b"))

    loop.call_later(0, a)
    run(loop)


@scenario
def the_past(loop):
    """negative delays and times that have passed are due at once, in the order of time"""
    loop.call_later(0, says("now"))
    loop.call_later(-1, says("a second ago"))
    loop.call_at(990, says("ten seconds ago"))
    loop.call_later(-1e6, says("long ago"))
    run(loop)


@scenario
def the_past_in_callback(loop):
    """a callback sets a timer for the past: it is called in the next turn, not in this one"""
    loop.call_later(1, says("a", lambda: loop.call_later(-5, says("c"))))
    loop.call_later(1, says("b"))
    run(loop)


@scenario
def ready_before_due(loop):
    """what is in line is called before a timer that is due in the same turn"""
    loop.call_later(1, says("a", lambda: loop.advance(1), lambda: loop.call_soon(says("c"))))
    loop.call_later(2, says("b"))
    run(loop)


@scenario
def slow_callback(loop):
    """timers that became due while a callback was slow are called in one turn, in order"""
    loop.call_later(2.5, says("c"))
    loop.call_later(1, says("a"))
    loop.call_later(2, says("b"))
    loop.call_later(4, says("e"))
    loop.call_soon(says("slow", lambda: loop.advance(3)))
    loop.call_soon(says("d"))
    run(loop)


@scenario
def slow_then_later(loop):
    """a delay counts from the call of call_later, not from the beginning of the turn"""
    loop.call_soon(says("slow", lambda: loop.advance(3), lambda: loop.call_later(1, says("b"))))
    loop.call_later(3.5, says("a"))
    run(loop)


@scenario
def periodic(loop):
    """a timer that sets itself one second after its own deadline does not drift"""

    def tick(when):
        say(f"tick at {loop.time():g}")
        loop.advance(0.25)
        if when < 1003:
            loop.call_at(when + 1, tick, when + 1)

    loop.call_at(1001, tick, 1001)
    run(loop)


@scenario
def cancel_first(loop):
    """when the first timer is cancelled, the loop sleeps until the second"""
    a = loop.call_later(1, says("a"))
    loop.call_later(2, says("b"))
    a.cancel()
    run(loop)


@scenario
def cancel_middle(loop):
    """a cancelled timer between two others wakes nobody"""
    loop.call_later(1, says("a"))
    b = loop.call_later(2, says("b"))
    loop.call_later(3, says("c"))
    b.cancel()
    run(loop)


@scenario
def cancel_all_timers(loop):
    """when the only timer is cancelled, there is nothing to wait for"""
    a = loop.call_later(1, says("a"))
    loop.call_soon(says("b", lambda: a.cancel(), lambda: a.cancel()))
    run(loop)


@scenario
def cancel_due_by_ready(loop):
    """a callback cancels a timer that is due, and in line behind it"""
    loop.call_soon(says("a", lambda: b.cancel()))
    b = loop.call_later(0, says("b"))
    loop.call_later(0, says("c"))
    run(loop)


@scenario
def cancel_due_by_timer(loop):
    """a timer cancels another one that is due in the same turn"""
    loop.call_at(1001, says("a", lambda: b.cancel()))
    b = loop.call_at(1001, says("b"))
    loop.call_at(1002, says("c"))
    run(loop)


@scenario
def cancel_itself(loop):
    """a timer that cancels itself while it is called changes nothing"""
    a = loop.call_later(1, says("a", lambda: a.cancel()))
    loop.call_later(2, says("b", lambda: a.cancel()))
    run(loop)


@scenario
def cancel_and_set_anew(loop):
    """a timer that is cancelled and set anew is called once, at the new time"""
    a = loop.call_later(1, says("a"))
    loop.call_later(2, says("b"))
    a.cancel()
    loop.call_later(3, says("a"))
    run(loop)


@scenario
def not_a_number(loop):
    """a delay that is not a number"""
    attempt(loop.call_later, float("nan"), says("b"))
    loop.call_later(1, says("c"))
    loop.call_soon(says("a"))  # else the loop would sleep for a time that is not a number, either
    run(loop)


@scenario
def infinite(loop):
    """a delay without an end"""
    never = attempt(loop.call_later, float("inf"), says("a"))
    loop.call_later(1, says("b", lambda: never.cancel()))
    run(loop)


@scenario
def two_days(loop):
    """a timer in two days"""
    loop.call_later(2 * 24 * 3600, says("a"))
    run(loop)
