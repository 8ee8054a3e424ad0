"""generators: what asking comes to. They are Python's own, and need no loop."""
from scenario import say, scenario


class Told(Exception):
    """What is thrown here. In C it is -EIO."""


class Other(Exception):
    """And another one: -EPIPE."""


def error_name(error):
    if isinstance(error, GeneratorExit):
        return "closed"
    if isinstance(error, RuntimeError) and "ignored GeneratorExit" in str(error):
        return "yielded once more"
    if isinstance(error, ValueError):
        return "running"
    if isinstance(error, TypeError):
        return "not begun"
    return {Told: "told", Other: "other"}[type(error)]


def ask(question, *args):
    """Says what a question comes to."""
    try:
        say(f"yields {question(*args)}")
    except StopIteration as end:
        say(f"finished {end.value}")
    except Exception as error:
        say(f"error {error_name(error)}")
    except GeneratorExit:
        say("error closed")


def close(generator):
    try:
        generator.close()
        say("close: fine")
    except Exception as error:
        say(f"close: {error_name(error)}")


# ---- Two that many scenarios share ---------------------------------------------------------------


def worker(name, yields, patience=0, cleanup=0, returns=None, fails=None):
    """Yields 1, 2, ...; says what a yield comes back with, and passes over as many errors as it has
    patience. Its cleanup section yields, too: 11, 12, ..."""
    say(f"{name} begins")
    try:
        for i in range(1, yields + 1):
            try:
                sent = yield i
                say(f"{name} is sent {sent}")
            except BaseException as error:
                say(f"{name} meets {error_name(error)}")
                if patience == 0:
                    raise
                patience -= 1
        if returns is not None:
            return returns
    finally:
        say(f"{name} cleans up")
        for i in range(11, 11 + cleanup):
            yield i
        if fails:
            raise fails


def outer(name, inner, handles=False):
    """Delegates; says what comes of it, and yields 21 if it handles an error."""
    try:
        try:
            got = yield from inner
            say(f"{name} gets {got}")
        except Exception as error:
            if not handles:
                raise
            say(f"{name} meets {error_name(error)}")
            yield 21
        return 22
    finally:
        say(f"{name} cleans up")


# ---- Asking --------------------------------------------------------------------------------------


@scenario
def to_the_end(_):
    """a generator is asked to its end, and twice more"""
    a = worker("a", 2, returns=7)
    say("made")
    for _ in range(5):
        ask(next, a)


@scenario
def sending(_):
    """sending before it begins, while it runs, and after its end"""
    a = worker("a", 3)
    ask(a.send, 5)
    ask(a.send, None)
    ask(a.send, 6)
    ask(next, a)
    ask(a.send, 7)
    ask(a.send, 8)


@scenario
def throwing(_):
    """throwing before it begins, while it runs, and after its end"""
    a, b = worker("a", 2), worker("b", 3, patience=1)
    ask(a.throw, Told())
    ask(next, a)
    ask(a.throw, Other())
    ask(next, b)
    ask(b.throw, Told())
    ask(b.throw, Other())
    ask(next, b)
    ask(b.throw, Told())


@scenario
def throwing_at_the_last(_):
    """an error that the last yield passes over: it finishes"""
    a = worker("a", 1, patience=1, returns=7)
    ask(next, a)
    ask(a.throw, Told())
    ask(next, a)


# ---- Closing -------------------------------------------------------------------------------------


@scenario
def closing(_):
    """closing before it begins, while it runs, after its end, and twice"""
    a, b, c = worker("a", 2), worker("b", 2), worker("c", 0)
    close(a)
    ask(next, a)
    ask(next, b)
    close(b)
    close(b)
    ask(next, b)
    ask(next, c)
    close(c)


@scenario
def passing_over_a_close(_):
    """one that passes over the close and yields, and is closed once more"""
    a = worker("a", 3, patience=1)
    ask(next, a)
    close(a)
    ask(next, a)
    close(a)
    ask(next, a)


@scenario
def finishing_on_a_close(_):
    """one that passes over the close and finishes"""
    a = worker("a", 1, patience=1)
    ask(next, a)
    close(a)
    ask(next, a)


@scenario
def yielding_in_the_cleanup(_):
    """the cleanup section yields: on the way to the end, with an error, and when it is closed"""
    a, b, c = (worker(name, 1, cleanup=2, returns=7) for name in "abc")
    for _ in range(4):
        ask(next, a)
    ask(next, b)
    ask(b.throw, Told())
    ask(b.send, 5)
    ask(next, b)
    ask(next, b)
    ask(next, c)
    close(c)
    ask(next, c)
    ask(next, c)
    close(c)


@scenario
def failing_in_the_cleanup(_):
    """the cleanup section fails: behind a value, behind an error, and when it is closed"""
    a, b, c = (worker(name, 1, returns=7, fails=Other()) for name in "abc")
    ask(next, a)
    ask(next, a)
    ask(next, a)
    ask(next, b)
    ask(b.throw, Told())
    ask(next, c)
    close(c)
    close(c)


def returning(name):
    try:
        yield 1
    finally:
        say(f"{name} cleans up")
        return 8


@scenario
def returning_in_the_cleanup(_):
    """a return in the cleanup section, behind an error and when it is closed"""
    a, b = returning("a"), returning("b")
    ask(next, a)
    ask(a.throw, Told())
    ask(next, a)
    ask(next, b)
    close(b)


@scenario
def throwing_into_the_cleanup(_):
    """an error that is thrown into a yield of the cleanup section"""
    a = worker("a", 1, cleanup=2, returns=7)
    ask(next, a)
    ask(next, a)
    ask(a.throw, Told())
    ask(next, a)


# ---- Running -------------------------------------------------------------------------------------


def meddler(name, whom):
    say(f"{name} begins")
    ask(next, whom[0])
    ask(whom[0].send, None)
    ask(whom[0].throw, Told())
    close(whom[0])
    yield 1
    say(f"{name} goes on")


@scenario
def asking_itself(_):
    """one that asks, throws into and closes itself"""
    whom = []
    a = meddler("a", whom)
    whom.append(a)
    ask(next, a)
    ask(next, a)


@scenario
def asking_in_a_ring(_):
    """one that asks who delegates to it"""
    whom = []
    a = meddler("a", whom)
    b = outer("b", a)
    whom.append(b)
    ask(next, b)
    ask(next, b)


# ---- Delegating ----------------------------------------------------------------------------------


@scenario
def delegating(_):
    """delegation: next, what is sent, and what is returned"""
    a = outer("a", worker("b", 3, returns=7))
    ask(next, a)
    ask(a.send, 5)
    ask(next, a)
    ask(a.send, 6)
    ask(next, a)


@scenario
def throwing_into_the_inner(_):
    """delegation: an error goes to the inner one, which passes over the first"""
    a = outer("a", worker("b", 3, patience=1, returns=7))
    ask(next, a)
    ask(a.throw, Told())
    ask(a.throw, Other())
    ask(next, a)


@scenario
def handling_outside(_):
    """delegation: an error leaves the inner one, and the outer one handles it"""
    a = outer("a", worker("b", 3), handles=True)
    ask(next, a)
    ask(a.throw, Told())
    ask(next, a)
    ask(next, a)


@scenario
def closing_the_outer(_):
    """delegation: closing three deep, from the inside out"""
    a = outer("a", outer("b", worker("c", 2)))
    ask(next, a)
    close(a)
    close(a)
    ask(next, a)


@scenario
def an_inner_that_yields_on_close(_):
    """delegation: the inner one yields when it is closed"""
    b, d = worker("b", 3, patience=1), worker("d", 3, patience=1)
    a, c = outer("a", b), outer("c", d, handles=True)
    ask(next, a)
    close(a)
    ask(next, a)
    close(b)
    ask(next, c)
    close(c)
    ask(next, c)
    close(d)


@scenario
def an_inner_that_fails_on_close(_):
    """delegation: the inner one fails when it is closed"""
    a = outer("a", worker("b", 3, fails=Other()))
    ask(next, a)
    close(a)
    ask(next, a)


@scenario
def an_inner_that_has_ended(_):
    """delegation to one that has begun elsewhere, and to one that has ended"""
    b = worker("b", 2, returns=7)
    ask(next, b)
    a, c = outer("a", b), outer("c", b)
    ask(next, a)
    ask(next, a)
    ask(next, c)


@scenario
def closing_by_a_throw(_):
    """delegation: the error of a close, thrown by hand, closes the inner one, too"""
    a = outer("a", worker("b", 3))
    ask(next, a)
    ask(a.throw, GeneratorExit())
    ask(next, a)
