/* What the chapter's own tests look at in detail, here one function after the other. */
#include "cast.h"

static struct eddy_task first, second;

/* ---- take_in(), eddy_queue_put_nowait() ------------------------------------------------------ */

static void taking_in(void)
{
    CASE("an item that nobody waits for goes into the store") {
        set_up_queue(EDDY_FIFO, 4);
        DID("put an item into an empty queue");
        CAUSE("take_in() without a first getter: eddy_queue_store_push(), and it returns 0");
        CHECK_CODE(put_now(a), 0);
        CHECK_INT(eddy_queue_size(&queue), 1);
        CHECK(queue.store.entries[0].item == a);
        CAUSE("take_in() counts each item in `unfinished`: join waits until task_done was said of "
              "it");
        CHECK_INT(queue.unfinished, 1);
        tear_down_queue();
    }

    CASE("an item goes to the first who waits") {
        set_up_queue(EDDY_FIFO, 4);
        DID("two gets wait; put one item, and ran the loop");
        CAUSE("a get of an empty queue stands at the end of the line of getters");
        get(0);
        get(1);
        CHECK_INT(length_of(&queue.getters), 2);
        CAUSE("if somebody waits, take_in() sets the first getter's `item` and wakes its waiter, "
              "with 0");
        CHECK_CODE(put_now(a), 0);
        settle();
        CHECK_CODE(outcome_of(&get_at[0].waiter.future), 0);
        CHECK_TEXT(item_of(0), "a");
        CAUSE("one item is for one user: the second goes on waiting");
        CHECK_CODE(outcome_of(&get_at[1].waiter.future), EDDY_EPENDING);
        CAUSE("an item that is given to a getter does not go into the store, too");
        CHECK_INT(eddy_queue_size(&queue), 0);
        CAUSE("the item is the result of the get's future, too: eddy_waiter_wake()'s third "
              "argument");
        CHECK(get_at[0].waiter.future.result == a);
        CAUSE("an item that is handed over is not finished: it counts in `unfinished` like one "
              "in the store");
        CHECK_INT(queue.unfinished, 1);
        tear_down_queue();
    }

    CASE("several who wait get the items in the order of their coming") {
        set_up_queue(EDDY_FIFO, 4);
        DID("three gets wait; put a, b and c, and ran the loop");
        CAUSE("take_in() gives each item to the first of the line, which leaves it");
        get(0);
        get(1);
        get(2);
        CHECK_CODE(put_now(a), 0);
        CHECK_CODE(put_now(b), 0);
        CHECK_CODE(put_now(c), 0);
        settle();
        CHECK_TEXT(item_of(0), "a");
        CHECK_TEXT(item_of(1), "b");
        CHECK_TEXT(item_of(2), "c");
        CHECK_INT(length_of(&queue.getters), 0);
        tear_down_queue();
    }
}

static void putting_now(void)
{
    CASE("put_nowait into a full queue is -EAGAIN, and one without a limit is never full") {
        set_up_queue(EDDY_FIFO, 2);
        DID("opened a queue with two places, and put three items");
        CAUSE("eddy_queue_put_nowait() asks eddy_queue_full(); it neither waits nor grows");
        CHECK_CODE(put_now(a), 0);
        CHECK_CODE(put_now(b), 0);
        CHECK_CODE(put_now(c), -EAGAIN);
        CHECK_INT(eddy_queue_size(&queue), 2);
        CHECK_INT(queue.unfinished, 2);
        tear_down_queue();
        set_up_queue(EDDY_FIFO, 0);
        DID("opened a queue without a limit, and put a hundred items");
        CAUSE("a queue without a limit has a `maxsize` of 0: ask eddy_queue_full(), which knows");
        for (int i = 0; i < 100; i++)
            CHECK_CODE(put_now(a), 0);
        tear_down_queue();
    }

    CASE("nothing comes into a queue that is shut, or closed") {
        set_up_queue(EDDY_FIFO, 0);
        DID("shut the queue, and put an item");
        CAUSE("eddy_queue_put_nowait() of a queue that is `shut` is EDDY_ECLOSED");
        queue.shut = true;
        CHECK_CODE(put_now(b), EDDY_ECLOSED);
        CHECK_INT(eddy_queue_size(&queue), 0);
        DID("closed the queue, and put an item");
        CAUSE("a closed queue is not open: ask refusal() before anything else");
        IF_CRASH("a closed queue is not open: ask refusal() before anything else");
        queue.shut = false;
        eddy_queue_close(&queue);
        queue.shut = false;
        CHECK_CODE(put_now(b), EDDY_ECLOSED);
        tear_down();
    }
    CASE("without memory an item is not in, and does not count") {
        set_up_queue(EDDY_FIFO, 0);
        DID("put an item into an unlimited queue while malloc() fails");
        CAUSE("take_in() returns what eddy_queue_store_push() has returned");
        faults_plan("malloc@1=ENOMEM");
        CHECK_CODE(put_now(a), -ENOMEM);
        faults_plan("");
        CAUSE("an item that is not in does not count in `unfinished`: nobody will say task_done "
              "of it");
        CHECK_INT(queue.unfinished, 0);
        tear_down_queue();
    }
}

/* ---- eddy_queue_put_priority() --------------------------------------------------------------- */

static void putting(void)
{
    CASE("a put is done at once if there is room, and waits if there is none") {
        set_up_queue(EDDY_FIFO, 1);
        DID("opened a queue with one place, and started two puts");
        CAUSE("eddy_queue_put_priority() tries eddy_queue_put_nowait(); whatever that returns is "
              "the outcome, at once (eddy_waiter_done), unless it is -EAGAIN");
        CHECK_CODE(outcome_of(put(0, a)), 0);
        CAUSE("-EAGAIN: it stands at the end of the line of putters (eddy_waiter_start)");
        CHECK_CODE(outcome_of(put(1, b)), EDDY_EPENDING);
        CHECK_INT(length_of(&queue.putters), 1);
        CHECK_INT(eddy_queue_size(&queue), 1);
        CAUSE("an item that waits outside is not in: it counts in `unfinished` when take_in() "
              "takes it");
        CHECK_INT(queue.unfinished, 1);
        tear_down_queue();
    }

    CASE("a put keeps its priority also where there is room, and it need not wait") {
        set_up_queue(EDDY_PRIORITY, 0);
        DID("EDDY_PRIORITY: started puts of a 5 and b 3, and took one");
        CAUSE("eddy_queue_put_priority() hands item and priority to eddy_queue_put_nowait()");
        CHECK_CODE(outcome_of(eddy_queue_put_priority(&put_at[0], &queue, a, 5)), 0);
        CHECK_CODE(outcome_of(eddy_queue_put_priority(&put_at[1], &queue, b, 3)), 0);
        CHECK_TEXT(taken(), "b");
        tear_down_queue();
    }

    CASE("a put that is refused is done with the error, and waits nowhere") {
        set_up_queue(EDDY_FIFO, 1);
        DID("shut a queue that is full, and started a put");
        CAUSE("only -EAGAIN is a reason to wait; EDDY_ECLOSED is the outcome");
        CHECK_CODE(put_now(a), 0);
        queue.shut = true;
        CHECK_CODE(outcome_of(put(0, b)), EDDY_ECLOSED);
        CHECK_INT(length_of(&queue.putters), 0);
        tear_down_queue();
    }

    CASE("one put waits in one line: started again it is EDDY_EQUEUED, and still waits") {
        set_up_queue(EDDY_FIFO, 1);
        DID("started the same put twice, while the queue is full");
        CAUSE("if the waiter's link is in a list (eddy_list_linked), eddy_queue_put_priority() "
              "touches nothing of it: the future that it returns is put->refused");
        CHECK_CODE(put_now(a), 0);
        put(0, b);
        CHECK_CODE(outcome_of(put(0, c)), EDDY_EQUEUED);
        CHECK_CODE(outcome_of(&put_at[0].waiter.future), EDDY_EPENDING);
        CHECK(put_at[0].item == b);
        CHECK_INT(length_of(&queue.putters), 1);
        tear_down_queue();
    }
}

/* ---- give_out(), eddy_queue_get_nowait() ----------------------------------------------------- */

static void taking_out(void)
{
    CASE("get_nowait takes the oldest; from an empty queue it takes nothing, -EAGAIN") {
        set_up_queue(EDDY_FIFO, 0);
        DID("put a and b, and took three times");
        CAUSE("eddy_queue_get_nowait() of a queue that is not empty: *item is what give_out() "
              "returns, and that is what eddy_queue_store_pop() has returned");
        CHECK_CODE(put_now(a), 0);
        CHECK_CODE(put_now(b), 0);
        CHECK_TEXT(taken(), "a");
        CHECK_TEXT(taken(), "b");
        CAUSE("empty: -EAGAIN, where a get would wait");
        CHECK_TEXT(taken(), "EAGAIN");
        CAUSE("what was taken is not finished before somebody has said so");
        CHECK_INT(queue.unfinished, 2);
        tear_down_queue();
    }

    CASE("a place that has become free goes to the first who waits to put") {
        set_up_queue(EDDY_FIFO, 1);
        DID("a queue with one place holds a; puts of b and c wait; took one, and ran the loop");
        CAUSE("give_out() has made a place, so it takes in the first putter's item (take_in), and "
              "wakes that putter with 0");
        CHECK_CODE(put_now(a), 0);
        put(0, b);
        put(1, c);
        CHECK_TEXT(taken(), "a");
        settle();
        CHECK_CODE(outcome_of(&put_at[0].waiter.future), 0);
        CAUSE("one place is for one putter");
        CHECK_CODE(outcome_of(&put_at[1].waiter.future), EDDY_EPENDING);
        CAUSE("an item counts in `unfinished` once, when take_in() takes it: a, and now b");
        CHECK_INT(queue.unfinished, 2);
        CAUSE("the putter is woken because its item is in, so its item must be in");
        CHECK_TEXT(taken(), "b");
        settle();
        CHECK_TEXT(taken(), "c");
        settle();
        CHECK_TEXT(taken(), "EAGAIN");
        tear_down_queue();
    }

    CASE("first the item goes out, and then the putter's comes in: also where the newest leaves") {
        set_up_queue(EDDY_LIFO, 1);
        DID("EDDY_LIFO: a queue with one place holds a; a put of b waits; took one");
        CAUSE("give_out() pops first. Else there is one item more than there are places, and "
              "where the newest or the smallest goes out it is the wrong one");
        CHECK_CODE(put_now(a), 0);
        put(0, b);
        CHECK_TEXT(taken(), "a");
        settle();
        CHECK_TEXT(taken(), "b");
        tear_down_queue();
    }

    CASE("a priority waits outside together with its item") {
        set_up_queue(EDDY_PRIORITY, 2);
        DID("EDDY_PRIORITY, two places: a 5 and b 3 are in, puts of c 7 and d 4 wait; took all");
        CAUSE("eddy_queue_put_priority() keeps item and priority in its struct, and give_out() "
              "hands both to take_in()");
        CHECK_CODE(eddy_queue_put_nowait(&queue, a, 5), 0);
        CHECK_CODE(eddy_queue_put_nowait(&queue, b, 3), 0);
        eddy_queue_put_priority(&put_at[0], &queue, c, 7);
        eddy_queue_put_priority(&put_at[1], &queue, d, 4);
        CHECK_TEXT(taken(), "b");
        settle();
        CHECK_TEXT(taken(), "a");
        settle();
        CHECK_TEXT(taken(), "d");
        settle();
        CHECK_TEXT(taken(), "c");
        tear_down_queue();
    }

    CASE("what is in a queue that is shut can be taken; then it is EDDY_ECLOSED, not -EAGAIN") {
        set_up_queue(EDDY_FIFO, 0);
        DID("put a, shut the queue, took twice");
        CAUSE("eddy_queue_get_nowait() looks first whether there is an item, and only then "
              "whether the queue is `shut`");
        CHECK_CODE(put_now(a), 0);
        queue.shut = true;
        CHECK_TEXT(taken(), "a");
        CAUSE("nothing will ever come into an empty queue that is shut: EDDY_ECLOSED");
        CHECK_TEXT(taken(), "EDDY_ECLOSED");
        DID("closed the queue, and took");
        CAUSE("a closed queue is not open");
        eddy_queue_close(&queue);
        CHECK_TEXT(taken(), "EDDY_ECLOSED");
        tear_down_queue();
    }

    CASE("a put that is cancelled puts nothing, and the next one has its turn") {
        struct maker one, two;
        set_up_queue(EDDY_FIFO, 1);
        DID("a queue with one place is full; two tasks put; the first was cancelled; took one");
        CAUSE("a put that waits is in the line of putters alone, and a cancel takes it out "
              "(put_type). Its item is nowhere else until give_out() takes it in");
        CHECK_CODE(put_now(a), 0);
        eddy_task_start(&first, &loop, maker, &one, .name = "1", .item = b);
        eddy_task_start(&second, &loop, maker, &two, .name = "2", .item = c);
        turns(1);
        cancel_task(&first);
        turns(1);
        EXPECT("1.ECANCELED");
        CHECK_TEXT(taken(), "a");
        settle();
        CAUSE(
            "a place has become free: give_out() takes in the first putter's item, and wakes that "
            "putter with 0");
        EXPECT("2.OK");
        CHECK_TEXT(taken(), "c");
        CHECK_TEXT(taken(), "EAGAIN");
        tear_down_queue();
    }
}

/* ---- eddy_queue_get() ------------------------------------------------------------------------ */

static void getting(void)
{
    CASE("a get is done at once if there is an item, and waits if there is none") {
        set_up_queue(EDDY_FIFO, 0);
        DID("put one item, and started two gets");
        CAUSE("eddy_queue_get() tries eddy_queue_get_nowait(); whatever that returns is the "
              "outcome, at once, unless it is -EAGAIN");
        CHECK_CODE(put_now(a), 0);
        CHECK_CODE(outcome_of(get(0)), 0);
        CHECK_TEXT(item_of(0), "a");
        CAUSE("the item is the future's result, too");
        CHECK(get_at[0].waiter.future.result == a);
        CAUSE("-EAGAIN: it stands at the end of the line of getters");
        CHECK_CODE(outcome_of(get(1)), EDDY_EPENDING);
        CHECK_INT(length_of(&queue.getters), 1);
        tear_down_queue();
    }

    CASE("a get does not show the item of the last time") {
        set_up_queue(EDDY_FIFO, 0);
        DID("got a; started the same get again, and cancelled it");
        CAUSE("eddy_queue_get() sets get->item to NULL first: somebody who does not look at the "
              "error would work on the old item a second time");
        CHECK_CODE(put_now(a), 0);
        get(0);
        CHECK(eddy_future_cancel(get(0)));
        CHECK(get_at[0].item == NULL);
        tear_down_queue();
    }

    CASE("one get waits in one line: started again it is EDDY_EQUEUED, and still waits") {
        set_up_queue(EDDY_FIFO, 0);
        DID("started the same get twice, while the queue is empty; put a");
        CAUSE("if the waiter's link is in a list, eddy_queue_get() touches nothing of it: the "
              "future that it returns is get->refused");
        get(0);
        CHECK_CODE(outcome_of(get(0)), EDDY_EQUEUED);
        CHECK_CODE(outcome_of(&get_at[0].waiter.future), EDDY_EPENDING);
        CHECK_INT(length_of(&queue.getters), 1);
        CHECK_CODE(put_now(a), 0);
        settle();
        CHECK_TEXT(item_of(0), "a");
        tear_down_queue();
    }

    CASE("a get of an empty queue that is shut is EDDY_ECLOSED, and does not wait") {
        set_up_queue(EDDY_FIFO, 0);
        DID("shut an empty queue, and started a get");
        CAUSE("only -EAGAIN is a reason to wait");
        queue.shut = true;
        CHECK_CODE(outcome_of(get(0)), EDDY_ECLOSED);
        CHECK_INT(length_of(&queue.getters), 0);
        tear_down_queue();
    }
}

/* ---- Famous bugs ----------------------------------------------------------------------------- */

static void start_users(struct user *one, struct user *two)
{
    *one = *two = (struct user){.name = ""};
    eddy_task_start(&first, &loop, user, one, .name = "1");
    eddy_task_start(&second, &loop, user, two, .name = "2");
    turns(1);
}

static void end_users(void)
{
    cancel_task(&first);
    cancel_task(&second);
    settle();
    trace[0] = '\0';
    tear_down_queue();
}

static void famous(void)
{
    CASE("bpo-23812: an item is not lost when its user is cancelled before it has run") {
        struct user one, two;
        set_up_queue(EDDY_FIFO, 0);
        DID("two tasks get; put a, and cancelled the first task before it had run");
        CAUSE("the item must be somewhere: with one of the two users, or in the store");
        start_users(&one, &two);
        CHECK_CODE(put_now(a), 0);
        cancel_task(&first);
        settle();
        CHECK(strstr(trace, "1=a") || strstr(trace, "2=a") || eddy_queue_size(&queue) == 1);
        trace[0] = '\0';
        end_users();
    }

    CASE("asyncio 270: whoever is cancelled takes no wake-up along; nobody waits beside an item") {
        struct user one, two;
        set_up_queue(EDDY_FIFO, 0);
        DID("two tasks get; put a, and cancelled the first task before it had run");
        CAUSE(
            "to wake somebody, who then tries, is not enough: the item lies in the store, the one "
            "that was woken is cancelled, and the other waits. take_in() hands the item over "
            "itself");
        start_users(&one, &two);
        CHECK_CODE(put_now(a), 0);
        cancel_task(&first);
        settle();
        CHECK(eddy_queue_empty(&queue) || length_of(&queue.getters) == 0);
        trace[0] = '\0';
        end_users();
    }

    CASE("asyncio 343: wait_for(queue.get(), 3) loses no item, though the time is up just then") {
        struct slower maker_frame = {.i = 0};
        struct impatient user_frame;
        set_up_queue(EDDY_FIFO, 0);
        DID("the program of that issue: items 0 to 5 come, ever more slowly; gets of 3 s each");
        CAUSE("a get that the time-out has cancelled has left the line, so nothing is given to it; "
              "and one that was given an item is done, so no time-out can cancel it");
        eddy_task_start(&first, &loop, slower, &maker_frame, .i = 0);
        eddy_task_start(&second, &loop, impatient, &user_frame, .late = 0);
        run_out();
        EXPECT("0 1 2 3 4 5");
        tear_down_queue();
    }

    CASE("asyncio 268: through one place, one after the other, all items come") {
        struct shover one;
        set_up_queue(EDDY_FIFO, 1);
        DID("a task puts five items into a queue with one place; got five");
        CAUSE("each get makes a place, and a place goes to a putter that waits: else that one "
              "waits for ever");
        eddy_task_start(&first, &loop, shover, &one, .left = 5, .item = a);
        for (int i = 0; i < 5; i++) {
            settle();
            CHECK_TEXT(taken(), "a");
        }
        settle();
        CHECK(eddy_task_done(&first));
        tear_down_queue();
    }

    CASE("asyncio 265: several places that become free in one step are for several putters") {
        set_up_queue(EDDY_FIFO, 2);
        DID("a queue with two places is full, three puts wait; took two at once, ran the loop");
        CAUSE("each give_out() takes in the item of one putter, and wakes it");
        CHECK_CODE(put_now(a), 0);
        CHECK_CODE(put_now(b), 0);
        put(0, c);
        put(1, d);
        put(2, a);
        CHECK_TEXT(taken(), "a");
        CHECK_TEXT(taken(), "b");
        settle();
        CHECK_INT(eddy_queue_size(&queue), 2);
        CHECK_CODE(outcome_of(&put_at[1].waiter.future), 0);
        CHECK_CODE(outcome_of(&put_at[2].waiter.future), EDDY_EPENDING);
        CHECK_TEXT(taken(), "c");
        tear_down_queue();
    }

    CASE("cpython 83055: no newcomer takes the place of a putter that waits") {
        set_up_queue(EDDY_FIFO, 1);
        DID("one place is full, a put of b waits; took one, and at once did put_nowait(c)");
        CAUSE(
            "give_out() takes in the first putter's item itself, there and then. If it only wakes "
            "the putter, the place stays free until that runs, and a newcomer takes it");
        CHECK_CODE(put_now(a), 0);
        put(0, b);
        CHECK_TEXT(taken(), "a");
        CHECK_CODE(put_now(c), -EAGAIN);
        CHECK_TEXT(taken(), "b");
        tear_down_queue();
    }

    CASE("cpython 83055, the other line: no newcomer takes the item of a getter that waits") {
        set_up_queue(EDDY_FIFO, 0);
        DID("a get waits; put a, and at once did get_nowait()");
        CAUSE(
            "take_in() gives the item to the first getter, there and then. If it lies in the store "
            "until the getter runs, a newcomer takes it");
        get(0);
        CHECK_CODE(put_now(a), 0);
        CHECK_TEXT(taken(), "EAGAIN");
        settle();
        CHECK_TEXT(item_of(0), "a");
        tear_down_queue();
    }
}

static void delivered(void)
{
    CASE("what was handed over wins over a cancel, which lands at the next await") {
        struct user one, two;
        set_up_queue(EDDY_FIFO, 0);
        DID("two tasks get; put a, and cancelled the first task before it had run");
        CAUSE("take_in() finishes the get's future there and then. From that moment on the item is "
              "the first user's: its await returns with the item");
        start_users(&one, &two);
        CHECK_CODE(put_now(a), 0);
        CHECK_CODE(outcome_of(&one.get.waiter.future), 0);
        cancel_task(&first);
        settle();
        EXPECT("1=a 1.ECANCELED");
        end_users();
    }

    CASE("an item that is handed over takes no place: a queue with one is not full then") {
        set_up_queue(EDDY_FIFO, 1);
        DID("a queue with one place, two gets wait; put three items, one after the other");
        CAUSE("take_in() hands two over at once, and the third has the place");
        get(0);
        get(1);
        CHECK_CODE(put_now(a), 0);
        CHECK_CODE(put_now(b), 0);
        CHECK_CODE(put_now(c), 0);
        CHECK_CODE(put_now(d), -EAGAIN);
        tear_down_queue();
    }

    CASE("a put whose item was taken in is done, and no cancel takes the item out again") {
        struct maker one;
        set_up_queue(EDDY_FIFO, 1);
        DID("one place is full, a task puts b; took one, and cancelled the task before it had run");
        CAUSE("give_out() finishes the put's future there and then: the item is in, so its maker "
              "must not hear that it is not");
        CHECK_CODE(put_now(a), 0);
        eddy_task_start(&first, &loop, maker, &one, .name = "1", .item = b);
        turns(1);
        CHECK_TEXT(taken(), "a");
        CHECK_CODE(outcome_of(&one.put.waiter.future), 0);
        cancel_task(&first);
        settle();
        EXPECT("1.OK");
        CHECK_TEXT(taken(), "b");
        tear_down_queue();
    }
}

/* ---- finish_item(), eddy_queue_task_done(), eddy_queue_join() -------------------------------- */

static void joining(void)
{
    CASE("join of a queue of which nothing is unfinished is done at once") {
        set_up_queue(EDDY_FIFO, 0);
        DID("joined a new queue; put a, took it, said task_done, joined again");
        CAUSE("eddy_queue_join() with `unfinished` 0: eddy_waiter_done(), with 0");
        CHECK_CODE(outcome_of(join(0)), 0);
        CHECK_CODE(put_now(a), 0);
        CHECK_TEXT(taken(), "a");
        CAUSE("eddy_queue_task_done() takes one off `unfinished`, and returns 0");
        CHECK_CODE(eddy_queue_task_done(&queue), 0);
        CHECK_INT(queue.unfinished, 0);
        CHECK_CODE(outcome_of(join(0)), 0);
        tear_down_queue();
    }

    CASE("join waits until task_done was said of each item; that all were taken is not enough") {
        set_up_queue(EDDY_FIFO, 0);
        DID("put a and b, two joins wait; took both; said task_done twice");
        CAUSE("eddy_queue_join() waits in the line of joiners as long as `unfinished` is not 0");
        CHECK_CODE(put_now(a), 0);
        CHECK_CODE(put_now(b), 0);
        CHECK_CODE(outcome_of(join(0)), EDDY_EPENDING);
        CHECK_CODE(outcome_of(join(1)), EDDY_EPENDING);
        CHECK_TEXT(taken(), "a");
        CHECK_TEXT(taken(), "b");
        CAUSE("an item that was taken is not finished: nothing but task_done (and shutdown_now) "
              "counts down");
        CHECK_CODE(outcome_of(&join_at[0].waiter.future), EDDY_EPENDING);
        CHECK_CODE(eddy_queue_task_done(&queue), 0);
        CAUSE("finish_item() wakes the joiners when `unfinished` has become 0, and not before");
        CHECK_CODE(outcome_of(&join_at[0].waiter.future), EDDY_EPENDING);
        CHECK_CODE(eddy_queue_task_done(&queue), 0);
        CHECK_CODE(outcome_of(&join_at[0].waiter.future), 0);
        CAUSE("all joiners are woken: eddy_waiter_wake_all()");
        CHECK_CODE(outcome_of(&join_at[1].waiter.future), 0);
        tear_down_queue();
    }

    CASE("join waits for an item that was handed over, and for one that was taken in later") {
        set_up_queue(EDDY_FIFO, 1);
        DID("a get waits; put a, b, and c, which waits outside; one task_done; took b; another");
        get(0);
        CHECK_CODE(put_now(a), 0);
        settle();
        CAUSE("eddy_queue_join() asks `unfinished`, and not whether the store is empty");
        CHECK_CODE(outcome_of(join(0)), EDDY_EPENDING);
        CAUSE("each item counts once, when take_in() has taken it: handed over, or stored");
        CHECK_CODE(put_now(b), 0);
        put(0, c);
        CHECK_INT(queue.unfinished, 2);
        CHECK_CODE(eddy_queue_task_done(&queue), 0);
        CHECK_TEXT(taken(), "b");
        settle();
        CHECK_INT(queue.unfinished, 2);
        CHECK_CODE(eddy_queue_task_done(&queue), 0);
        CHECK_CODE(outcome_of(&join_at[0].waiter.future), EDDY_EPENDING);
        CHECK_CODE(eddy_queue_task_done(&queue), 0);
        CHECK_CODE(outcome_of(&join_at[0].waiter.future), 0);
        tear_down_queue();
    }

    CASE("a closed queue is EDDY_ECLOSED, for task_done and for join") {
        set_up_queue(EDDY_FIFO, 0);
        DID("closed a queue; said task_done, and joined it");
        CAUSE("a closed queue is EDDY_ECLOSED: ask refusal()");
        eddy_queue_close(&queue);
        CHECK_CODE(eddy_queue_task_done(&queue), EDDY_ECLOSED);
        CHECK_CODE(outcome_of(join(0)), EDDY_ECLOSED);
        tear_down();
    }

    CASE("task_done once more than there were items is -EINVAL, and one join waits in one line") {
        set_up_queue(EDDY_FIFO, 0);
        DID("said task_done of a queue that nothing was put into");
        CAUSE("look before counting: `unfinished` has no sign, and 0 less 1 is very much");
        CHECK_CODE(eddy_queue_task_done(&queue), -EINVAL);
        CHECK_INT(queue.unfinished, 0);
        DID("put a, and started the same join twice");
        CAUSE("as in put and get: a join that waits already is EDDY_EQUEUED, by join->refused");
        CHECK_CODE(put_now(a), 0);
        join(0);
        CHECK_CODE(outcome_of(join(0)), EDDY_EQUEUED);
        CHECK_CODE(outcome_of(&join_at[0].waiter.future), EDDY_EPENDING);
        CHECK_INT(length_of(&queue.joiners), 1);
        tear_down_queue();
    }
}

/* ---- eddy_queue_shutdown(), eddy_queue_shutdown_now() ---------------------------------------- */

static void shutting(void)
{
    CASE("shutdown tells those who wait to get that nothing will come") {
        set_up_queue(EDDY_FIFO, 0);
        DID("two gets wait; shut the queue");
        CAUSE("eddy_queue_shutdown() wakes all getters with EDDY_ECLOSED");
        get(0);
        get(1);
        eddy_queue_shutdown(&queue);
        CHECK_CODE(outcome_of(&get_at[0].waiter.future), EDDY_ECLOSED);
        CHECK_CODE(outcome_of(&get_at[1].waiter.future), EDDY_ECLOSED);
        CAUSE("and it sets `shut`, for those who come later");
        CHECK_CODE(put_now(a), EDDY_ECLOSED);
        CHECK_TEXT(taken(), "EDDY_ECLOSED");
        tear_down_queue();
    }

    CASE("shutdown tells those who wait to put, too; their items are theirs") {
        set_up_queue(EDDY_FIFO, 1);
        DID("one place is full, two puts wait; shut the queue, and took all");
        CAUSE("eddy_queue_shutdown() wakes all putters with EDDY_ECLOSED");
        CHECK_CODE(put_now(a), 0);
        put(0, b);
        put(1, c);
        eddy_queue_shutdown(&queue);
        CHECK_CODE(outcome_of(&put_at[0].waiter.future), EDDY_ECLOSED);
        CHECK_CODE(outcome_of(&put_at[1].waiter.future), EDDY_ECLOSED);
        CAUSE("what is in can still be taken after a shutdown");
        CHECK_TEXT(taken(), "a");
        CAUSE("an item whose put has failed is not in the queue: its maker has it");
        CHECK_TEXT(taken(), "EDDY_ECLOSED");
        tear_down_queue();
    }

    CASE("shutdown lets a join wait: what is in is still to be done") {
        set_up_queue(EDDY_FIFO, 0);
        DID("put a, a join waits; shut the queue; took a, and said task_done");
        CAUSE("the joiners wait on: the users take what is left, and say task_done of it");
        CHECK_CODE(put_now(a), 0);
        join(0);
        eddy_queue_shutdown(&queue);
        CHECK_CODE(outcome_of(&join_at[0].waiter.future), EDDY_EPENDING);
        CHECK_TEXT(taken(), "a");
        CHECK_CODE(eddy_queue_task_done(&queue), 0);
        CHECK_CODE(outcome_of(&join_at[0].waiter.future), 0);
        tear_down_queue();
    }

    CASE("a join that comes after a shutdown waits, too") {
        set_up_queue(EDDY_FIFO, 0);
        DID("put a; shut the queue, and joined it");
        CAUSE("shut or not, eddy_queue_join() waits as long as `unfinished` is not 0");
        CHECK_CODE(put_now(a), 0);
        eddy_queue_shutdown(&queue);
        CHECK_CODE(outcome_of(join(0)), EDDY_EPENDING);
        tear_down_queue();
    }

    CASE("shutdown of a closed queue does nothing, nor does shutdown_now") {
        struct eddy_queue closed = {0};
        set_up_queue(EDDY_FIFO, 0);
        DID("shut a queue that was never opened");
        IF_CRASH("a closed queue has no loop, and its lines are no lists: return at once. Nor is "
                 "there anything to finish");
        CAUSE("a closed queue has no loop, and its lines are no lists: return at once");
        eddy_queue_shutdown(&closed);
        eddy_queue_shutdown_now(&closed, NULL);
        CHECK(closed.loop == NULL);
        tear_down_queue();
    }
}

static char dropped[16];

static void drop(void *item)
{
    strncat(dropped, item, sizeof dropped - strlen(dropped) - 1);
    CHECK_CODE(put_now(d), EDDY_ECLOSED);
}

static void drop_and_take(void *item)
{
    void *other;

    CAUSE("drop() has taken the other one out: look each time whether there is one left");
    CHECK(dropped[0] == '\0');
    CAUSE("each item is finished before drop() is called: drop() may close the queue");
    CHECK_INT(queue.unfinished, 1);
    strncat(dropped, item, sizeof dropped - strlen(dropped) - 1);
    CHECK_CODE(eddy_queue_get_nowait(&queue, &other), 0);
    CAUSE("drop() may take others: look each time whether there is one left");
}

static void shutting_now(void)
{
    CASE("shutdown_now drops what is there, in order, and each is finished") {
        set_up_queue(EDDY_FIFO, 2);
        DID("put a and b, a put of c waits, a join waits; shutdown_now, whose drop() puts again");
        dropped[0] = '\0';
        CAUSE("shut first: what drop() does must not bring anything in");
        CHECK_CODE(put_now(a), 0);
        CHECK_CODE(put_now(b), 0);
        put(0, c);
        join(0);
        eddy_queue_shutdown_now(&queue, drop);
        CAUSE("drop() is called for each item of the store, as they would come out; c is its "
              "maker's, whose put is EDDY_ECLOSED");
        CHECK_TEXT(dropped, "ab");
        CHECK_INT(eddy_queue_size(&queue), 0);
        CHECK_CODE(outcome_of(&put_at[0].waiter.future), EDDY_ECLOSED);
        CAUSE("nobody will say task_done of what was dropped: count that as finished, with "
              "finish_item()");
        CHECK_INT(queue.unfinished, 0);
        CHECK_CODE(outcome_of(&join_at[0].waiter.future), 0);
        tear_down_queue();
    }

    CASE("shutdown_now of a queue that is shut drops what is there") {
        set_up_queue(EDDY_FIFO, 0);
        DID("put a and b; shutdown, and after that shutdown_now");
        CAUSE("shutdown leaves the items where they are; whoever does not want to wait for them "
              "says shutdown_now afterwards. That the queue is shut is no reason to do nothing");
        dropped[0] = '\0';
        CHECK_CODE(put_now(a), 0);
        CHECK_CODE(put_now(b), 0);
        eddy_queue_shutdown(&queue);
        eddy_queue_shutdown_now(&queue, drop);
        CHECK_TEXT(dropped, "ab");
        CHECK_INT(queue.unfinished, 0);
        tear_down_queue();
    }

    CASE("what drop() takes out itself is not finished: it will say task_done of it") {
        set_up_queue(EDDY_FIFO, 0);
        DID("put a and b; shutdown_now, whose drop() takes the other one out, with get_nowait");
        IF_CRASH("drop() may take others: look each time whether there is one left");
        dropped[0] = '\0';
        CHECK_CODE(put_now(a), 0);
        CHECK_CODE(put_now(b), 0);
        eddy_queue_shutdown_now(&queue, drop_and_take);
        CHECK_TEXT(dropped, "a");
        CAUSE("eddy_queue_shutdown_now() counts what it has popped itself as finished, one by one");
        CHECK_INT(queue.unfinished, 1);
        CHECK_CODE(eddy_queue_task_done(&queue), 0);
        tear_down_queue();
    }

    CASE("shutdown_now lets a join wait for what was taken and is not done; drop may be NULL") {
        set_up_queue(EDDY_FIFO, 0);
        DID("put a, b and c, took a; a join waits; shutdown_now without a drop; task_done");
        CAUSE("only the items that are there count as finished, each once");
        IF_CRASH("drop may be NULL: then the items are nobody's loss");
        CHECK_CODE(put_now(a), 0);
        CHECK_CODE(put_now(b), 0);
        CHECK_CODE(put_now(c), 0);
        CHECK_TEXT(taken(), "a");
        join(0);
        eddy_queue_shutdown_now(&queue, NULL);
        CHECK_INT(queue.unfinished, 1);
        CHECK_CODE(outcome_of(&join_at[0].waiter.future), EDDY_EPENDING);
        CHECK_CODE(eddy_queue_task_done(&queue), 0);
        CHECK_CODE(outcome_of(&join_at[0].waiter.future), 0);
        tear_down_queue();
    }
}

static void another_thread(void)
{
    CASE("a queue belongs to its loop's thread") {
        struct stranger one;
        set_up_queue(EDDY_FIFO, 0);
        DID("in debug mode, while the loop runs, called all of it from another thread");
        eddy_loop_set_debug(&loop, true);
        CHECK_CODE(put_now(a), 0);
        eddy_task_start(&first, &loop, stranger, &one, .item = b);
        turns(1);
        CAUSE("eddy_queue_put_nowait() asks refusal(), and returns what that says: two threads in "
              "one list is the end of the list");
        CHECK_CODE(one.put_err, EDDY_ETHREAD);
        CAUSE("eddy_queue_get_nowait() asks refusal() first, and returns what that says");
        CHECK_CODE(one.get_err, EDDY_ETHREAD);
        CAUSE("eddy_queue_task_done() asks refusal() first, and returns what that says");
        CHECK_CODE(one.done_err, EDDY_ETHREAD);
        CAUSE("eddy_queue_join() asks refusal(), and is done with what that says");
        CHECK_CODE(one.join_err, EDDY_ETHREAD);
        CAUSE("eddy_queue_shutdown() asks refusal() first, and does nothing if that is not 0");
        CHECK(!queue.shut);
        CAUSE("eddy_queue_shutdown_now() asks refusal() first, and does nothing if that is not 0");
        CHECK_INT(eddy_queue_size(&queue), 1);
        CHECK_INT(queue.unfinished, 1);
        tear_down_queue();
    }
}

TESTS
{
    taking_in();
    putting_now();
    putting();
    taking_out();
    getting();
    famous();
    delivered();
    joining();
    shutting();
    shutting_now();
    another_thread();
}
