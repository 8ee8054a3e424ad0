"""micro_asyncio soon|timers|wake|tasks|mem|gather|wait_for|queue|semaphore|pool|spawn - the same with Python's asyncio.

The counts are smaller than in the C programs, since each is slower; README.md tells which matter.
"""
import asyncio
import concurrent.futures
import os
import random
import signal
import socket
import sys
import threading
import time

BATCH = 1000
ONE = (1).to_bytes(8, sys.byteorder)


def number(variable, usual):
    return int(os.environ.get(variable) or usual)


def report(metric, begin, n, clock=time.perf_counter_ns):
    print(f"{metric} {(clock() - begin) / n:.2f} ns", flush=True)


class Countdown:
    """Calls `last` when it has been called n times."""

    def __init__(self, n, last):
        self.left = n
        self.last = last

    def __call__(self):
        self.left -= 1
        if self.left == 0:
            self.last()


def bench_soon(loop):
    left = n = number("N_CHAIN", 300_000)

    def link_of_chain():
        nonlocal left
        left -= 1
        if left > 0:
            loop.call_soon(link_of_chain)
        else:
            loop.stop()

    begin = time.perf_counter_ns()
    loop.call_soon(link_of_chain)
    loop.run_forever()
    report("soon_chain", begin, n)

    batches = -(-number("N_SOON", 500_000) // BATCH)
    left = batches

    def nothing():
        pass

    def queue_batch():
        nonlocal left
        if left == 0:
            loop.stop()
            return
        left -= 1
        for _ in range(BATCH):
            loop.call_soon(nothing)
        loop.call_soon(queue_batch)

    begin = time.perf_counter_ns()
    loop.call_soon(queue_batch)
    loop.run_forever()
    report("soon_batch1000", begin, batches * BATCH)


def bench_timers(loop):
    n = number("N_TIMERS", 200_000)
    span = number("TIMERS_MS", 1000) / 1000
    offsets = [random.random() * span for _ in range(n)]

    def set_all(offset):
        base = loop.time() + offset
        on_time = Countdown(n, loop.stop)
        return [loop.call_at(base + each, on_time) for each in offsets]

    begin = time.perf_counter_ns()
    timers = set_all(0)
    report("timer_add", begin, n)

    time.sleep(span + 0.01)
    begin = time.perf_counter_ns()
    loop.run_forever()
    report("timer_fire", begin, n)

    timers = set_all(100)
    begin = time.perf_counter_ns()
    for timer in timers:
        timer.cancel()
    # What is cancelled stays in the heap until a turn of the loop clears it away.
    loop.call_soon(loop.stop)
    loop.run_forever()
    report("timer_cancel", begin, n)

    timers = set_all(0.2 + n * 5e-6)  # late enough for setting them all
    begin = time.process_time_ns()
    loop.run_forever()
    report("timer_live_cpu", begin, n, time.process_time_ns)


def open_back():
    """The way back from the loop to a thread, as the C programs have it."""
    if not hasattr(os, "eventfd"):
        return os.pipe()
    fd = os.eventfd(0)
    return fd, fd


def run_beside(loop, metric, poster, n):
    thread = threading.Thread(target=poster)
    begin = time.perf_counter_ns()
    thread.start()
    loop.run_forever()
    report(metric, begin, n)
    thread.join()


def bench_wake(loop):
    n = number("N_WAKE", 20_000)
    back_read, back_write = open_back()
    count_down = Countdown(n, loop.stop)

    def answer():
        os.write(back_write, ONE)
        count_down()

    def post_and_wait():
        for _ in range(n):
            loop.call_soon_threadsafe(answer)
            os.read(back_read, 8)

    run_beside(loop, "wake_roundtrip", post_and_wait, n)

    posts = number("N_POST", 100_000)
    flood = Countdown(posts, loop.stop)

    def post_all():
        for _ in range(posts):
            loop.call_soon_threadsafe(flood)

    run_beside(loop, "post_flood", post_all, posts)


def bench_tasks(loop):
    batches = -(-number("N_TASKS", 200_000) // BATCH)
    yields = number("N_YIELDS", 200)

    async def yield_often(n):
        for _ in range(n):
            await asyncio.sleep(0)

    async def run_batch(n):
        for task in [loop.create_task(yield_often(n)) for _ in range(BATCH)]:
            await task

    async def run_batches():
        for _ in range(batches):
            await run_batch(1)

    begin = time.perf_counter_ns()
    loop.run_until_complete(run_batches())
    report("task_once", begin, batches * BATCH)

    begin = time.perf_counter_ns()
    loop.run_until_complete(run_batch(yields))
    report("task_switch", begin, yields * BATCH)


def resident():
    """Bytes of this process that are in memory now."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    except FileNotFoundError:
        sys.exit(NO_SUCH_BENCH)


def bench_mem(loop):
    n = number("N_MEM", 100_000)

    async def sleep_all():
        before = resident()
        tasks = [loop.create_task(asyncio.sleep(3600)) for _ in range(n)]
        await asyncio.sleep(0)  # all of them begin
        print(f"mem_sleeping_task {(resident() - before) / n:.2f} bytes", flush=True)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    loop.run_until_complete(sleep_all())


def bench_gather(loop):
    times, n = number("N_GATHER", 1), 100_000

    async def child(i):
        return i

    async def gather_all():
        begin = time.perf_counter_ns()
        for _ in range(times):
            assert sum(await asyncio.gather(*[child(i) for i in range(n)])) == n * (n - 1) // 2
        report("gather_100k", begin, times * n)

    loop.run_until_complete(gather_all())


def bench_wait_for(loop):
    refill = 1000
    rounds = -(-number("N_RECV", 10_000) // refill)
    to_and_fro = number("N_PINGPONG", 2_000)

    def pair():
        both = socket.socketpair()
        for each in both:
            each.setblocking(False)
        return both

    def bare(sock):
        return loop.sock_recv(sock, 1)

    def limited(sock):
        return asyncio.wait_for(loop.sock_recv(sock, 1), 30)

    async def receive_all(metric, receive):
        left, right = pair()
        begin = time.perf_counter_ns()
        for _ in range(rounds):
            right.send(bytes(refill))
            for _ in range(refill):
                await receive(left)
        report(metric, begin, rounds * refill)

    async def play(sock, receive):
        for _ in range(to_and_fro):
            await receive(sock)
            await loop.sock_sendall(sock, b"x")

    async def play_both(metric, receive):
        left, right = pair()
        begin = time.perf_counter_ns()
        left.send(b"x")
        await asyncio.gather(play(left, receive), play(right, receive))
        report(metric, begin, 2 * to_and_fro)

    for metric, receive in (("recv", bare), ("wait_for_recv", limited)):
        loop.run_until_complete(receive_all(metric, receive))
    for metric, receive in (("recv_later", bare), ("wait_for_recv_later", limited)):
        loop.run_until_complete(play_both(metric, receive))


def bench_queue(loop):
    n = number("N_QUEUE", 100_000)

    async def put_all(queue):
        for _ in range(n):
            await queue.put(queue)

    async def get_all(queue):
        for _ in range(n):
            assert await queue.get() is queue

    async def pass_items(metric, room):
        queue = asyncio.Queue(room)
        begin = time.perf_counter_ns()
        await asyncio.gather(put_all(queue), get_all(queue))
        report(metric, begin, n)

    for metric, room in (("queue_100", 100), ("queue_1", 1)):
        loop.run_until_complete(pass_items(metric, room))


def bench_semaphore(loop):
    holders = 10
    times = -(-number("N_PERMITS", 100_000) // holders)

    async def hold(semaphore):
        for _ in range(times):
            await semaphore.acquire()
            semaphore.release()

    async def hold_all():
        semaphore = asyncio.Semaphore(0)
        tasks = [loop.create_task(hold(semaphore)) for _ in range(holders)]
        await asyncio.sleep(0)  # all of them wait
        begin = time.perf_counter_ns()
        semaphore.release()
        await asyncio.wait(tasks)
        report("semaphore_10", begin, times * holders)

    loop.run_until_complete(hold_all())


def nothing():
    pass


def copy(data):
    return data


async def run_jobs(metric, executor, function, arguments, n, outstanding=1):
    loop = asyncio.get_running_loop()

    async def keep_busy(n):
        for _ in range(n):
            await loop.run_in_executor(executor, function, *arguments)

    await keep_busy(100)  # so that the workers are there
    each = max(n // outstanding, 1)
    begin = time.perf_counter_ns()
    await asyncio.gather(*[keep_busy(each) for _ in range(outstanding)])
    report(metric, begin, each * outstanding)


async def timers_beside(executor, threads):
    """How late they are at the 99th percentile, while all threads of the pool block."""
    loop, n = asyncio.get_running_loop(), number("N_LATE", 500)
    gate, late = threading.Event(), []
    blocked = [loop.run_in_executor(executor, gate.wait) for _ in range(threads)]
    for _ in range(n):
        due = loop.time() + 0.001
        on_time = loop.create_future()
        loop.call_at(due, on_time.set_result, None)
        await on_time
        late.append(loop.time() - due)
    gate.set()
    await asyncio.gather(*blocked)
    print(f"late_p99 {sorted(late)[n * 99 // 100] * 1e9:.2f} ns", flush=True)


def bench_pool(loop):
    threads, data = number("POOL", 2), (bytes(64),)
    to_and_fro = number("N_POOL_RT", 5_000)
    with concurrent.futures.ProcessPoolExecutor(threads) as executor:
        n = number("N_PROCESS", 2_000)
        loop.run_until_complete(run_jobs("process_64", executor, copy, data, n))
    with concurrent.futures.ThreadPoolExecutor(threads) as executor:
        for metric, function, arguments, n, outstanding in (
                ("thread_64", copy, data, to_and_fro, 1),
                ("pool_roundtrip", nothing, (), to_and_fro, 1),
                ("pool_throughput", nothing, (), number("N_POOL", 20_000), 256)):
            loop.run_until_complete(
                run_jobs(metric, executor, function, arguments, n, outstanding))
        loop.run_until_complete(timers_beside(executor, threads))


def bench_spawn(loop):
    n = number("N_SPAWN", 400)

    async def run_one_by_one(count):
        for _ in range(count):
            process = await asyncio.create_subprocess_exec("/bin/true")
            assert await process.wait() == 0

    async def run_all(metric, in_flight):
        each = max(n // in_flight, 1)
        begin = time.perf_counter_ns()
        await asyncio.gather(*[run_one_by_one(each) for _ in range(in_flight)])
        report(metric, begin, each * in_flight)

    loop.run_until_complete(run_all("spawn_wait", 1))
    loop.run_until_complete(run_all("spawn_16", 16))


BENCHES = {"soon": bench_soon, "timers": bench_timers, "wake": bench_wake, "tasks": bench_tasks,
           "mem": bench_mem, "gather": bench_gather, "wait_for": bench_wait_for,
           "queue": bench_queue, "semaphore": bench_semaphore, "pool": bench_pool,
           "spawn": bench_spawn}
NO_SUCH_BENCH = 77

if len(sys.argv) != 2 or sys.argv[1] not in BENCHES:
    print(f"usage: {sys.argv[0]} {'|'.join(BENCHES)}", file=sys.stderr)
    sys.exit(NO_SUCH_BENCH if len(sys.argv) == 2 else 2)
signal.alarm(300)
BENCHES[sys.argv[1]](asyncio.new_event_loop())
