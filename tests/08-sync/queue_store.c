/* Where a queue's items lie: each comes out once, in the order of its kind. */
#include "shared.h"

#include "queue_store.h"

static struct eddy_queue_store store;
static int items[1000];

static void begin(int kind)
{
    store = (struct eddy_queue_store){.kind = kind};
}

static void push(int i, int64_t priority)
{
    CHECK_CODE(eddy_queue_store_push(&store, &items[i], priority), 0);
}

static int pop(void)
{
    return (int)((int *)eddy_queue_store_pop(&store) - items);
}

static unsigned draw(unsigned *seed, unsigned n)
{
    *seed = *seed * 1103515245 + 12345;
    return (*seed >> 16) % n;
}

/* What a plain list would do: the place of the next one out among `n`. */
static int next_of(const int64_t *priorities, int n, int kind)
{
    int best = kind == EDDY_LIFO ? n - 1 : 0;

    for (int i = 1; kind == EDDY_PRIORITY && i < n; i++)
        if (priorities[i] < priorities[best])
            best = i;
    return best;
}

static void compare_with_a_list(int kind, unsigned seed)
{
    int in[1000], n = 0, pushed = 0;
    int64_t priorities[1000];

    DID("a store of kind %d, filled and emptied at random, seed %u", kind, seed);
    begin(kind);
    while (pushed < 1000 || n > 0) {
        if (pushed < 1000 && draw(&seed, 100) < (pushed / 100 % 2 ? 40 : 70)) {
            int64_t priority = (int64_t)draw(&seed, 9) - 4;
            push(pushed, priority);
            in[n] = pushed++;
            priorities[n++] = priority;
        } else if (n > 0) {
            int best = next_of(priorities, n, kind);
            CHECK_INT(pop(), in[best]);
            n--;
            memmove(&in[best], &in[best + 1], sizeof in[0] * (size_t)(n - best));
            memmove(&priorities[best], &priorities[best + 1],
                    sizeof priorities[0] * (size_t)(n - best));
        }
        CHECK_INT((int)store.count, n);
    }
    eddy_queue_store_fini(&store);
}

TESTS
{
    CASE("a ring gives the oldest, a stack the newest, a heap the smallest") {
        static const int64_t priorities[4] = {3, -5, INT64_MAX, INT64_MIN};
        static const int order[3][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {3, 1, 0, 2}};
        for (int kind = EDDY_FIFO; kind <= EDDY_PRIORITY; kind++) {
            begin(kind);
            for (int i = 0; i < 4; i++)
                push(i, priorities[i]);
            for (int i = 0; i < 4; i++)
                CHECK_INT(pop(), order[kind][i]);
            eddy_queue_store_fini(&store);
        }
    }

    CASE("equal priorities come out in the order of their coming, however many") {
        begin(EDDY_PRIORITY);
        for (int i = 0; i < 1000; i++)
            push(i, i % 3);
        for (int i = 0; i < 1000; i++)
            CHECK_INT(pop(), i < 334 ? i * 3 : i < 667 ? (i - 334) * 3 + 1 : (i - 667) * 3 + 2);
        eddy_queue_store_fini(&store);
    }

    CASE("filled and emptied at random, it does what a plain list does") {
        for (int kind = EDDY_FIFO; kind <= EDDY_PRIORITY; kind++)
            for (unsigned seed = 1; seed <= 20; seed++)
                compare_with_a_list(kind, seed);
    }

    CASE("it grows where the ring's end is, and keeps the order") {
        begin(EDDY_FIFO);
        CHECK_CODE(eddy_queue_store_reserve(&store, 4), 0);
        for (int i = 0; i < 4; i++)
            push(i, 0);
        CHECK_INT(pop(), 0);
        CHECK_INT(pop(), 1);
        push(4, 0);
        push(5, 0); /* round the end */
        CHECK_INT((int)store.room, 4);
        push(6, 0);
        CHECK((int)store.room > 4);
        for (int i = 2; i <= 6; i++)
            CHECK_INT(pop(), i);
        eddy_queue_store_fini(&store);
    }

    CASE("room that is reserved needs no memory later, and less is no change") {
        begin(EDDY_PRIORITY);
        CHECK_CODE(eddy_queue_store_reserve(&store, 100), 0);
        CHECK_CODE(eddy_queue_store_reserve(&store, 10), 0);
        CHECK_INT((int)store.room, 100);
        faults_plan("malloc@1+=ENOMEM");
        for (int i = 0; i < 100; i++)
            push(i, -i);
        CHECK_CODE(eddy_queue_store_push(&store, &items[100], 0), -ENOMEM);
        faults_plan("");
        CHECK_INT((int)store.count, 100);
        for (int i = 99; i >= 0; i--)
            CHECK_INT(pop(), i);
        eddy_queue_store_fini(&store);
    }

    CASE("without memory to grow, nothing has changed, and later it works") {
        for (int kind = EDDY_FIFO; kind <= EDDY_PRIORITY; kind++) {
            begin(kind);
            faults_plan("malloc@1=ENOMEM");
            CHECK_CODE(eddy_queue_store_push(&store, &items[0], 0), -ENOMEM);
            CHECK_INT((int)store.count, 0);
            push(0, 0);
            faults_plan("");
            CHECK_INT(pop(), 0);
            eddy_queue_store_fini(&store);
        }
    }

    CASE("more room than there can be is refused, and nothing is asked of the system") {
        long before = allocations();
        begin(EDDY_FIFO);
        CHECK_CODE(eddy_queue_store_reserve(&store, SIZE_MAX), -ENOMEM);
        CHECK_CODE(eddy_queue_store_reserve(&store, SIZE_MAX / 8), -ENOMEM);
        CHECK_INT(allocations(), before);
        eddy_queue_store_fini(&store);
    }

    CASE("when it is freed it is empty, of its kind, and can be used again, twice is harmless") {
        begin(EDDY_LIFO);
        push(0, 0);
        eddy_queue_store_fini(&store);
        eddy_queue_store_fini(&store);
        CHECK_INT((int)store.count, 0);
        CHECK_INT(store.kind, EDDY_LIFO);
        push(1, 0);
        push(2, 0);
        CHECK_INT(pop(), 2);
        CHECK_INT(pop(), 1);
        eddy_queue_store_fini(&store);
    }
}
