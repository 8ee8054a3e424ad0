#include "check.h"

#include "faults.h"
#include "heap.h"

#include <errno.h>
#include <stdlib.h>

enum { MILLION = 1000000, SMALL = 64 };

static struct eddy_heap heap;

/* ---- A heap without a heap: all entries, in no order, looked through from end to end ----------- */

enum { NODES = 200, STEPS = 3000, SEEDS = 20 };

struct known {
    struct eddy_heap_node node;
    bool in;
    int64_t key;
    unsigned long added; /* decides between equal keys */
};

static struct known known[NODES];
static unsigned long additions;
static int count;
static unsigned seed;

static unsigned random_below(unsigned n)
{
    seed = seed * 1103515245 + 12345;
    return (seed >> 16) % n;
}

static struct known *known_first(void)
{
    struct known *first = NULL;

    for (struct known *k = known; k < known + NODES; k++)
        if (k->in &&
            (!first || k->key < first->key || (k->key == first->key && k->added < first->added)))
            first = k;
    return first;
}

static void add_or_remove(struct known *k)
{
    if (k->in) {
        eddy_heap_remove(&heap, &k->node);
        count--;
    } else {
        k->key = (int64_t)random_below(20) - 10; /* many are equal */
        k->added = additions++;
        CHECK_CODE(eddy_heap_add(&heap, &k->node, k->key), 0);
        count++;
    }
    k->in = !k->in;
}

static void compare_all(unsigned first_seed, int step)
{
    struct known *first = known_first();

    DID("%d random additions and removals, seed %u", step, first_seed);
    CAUSE("the last entry fills the hole: it may belong above it as well as below");
    CHECK(eddy_heap_first(&heap) == (first ? &first->node : NULL));
    CHECK_INT(heap.count, count);
    for (struct known *k = known; k < known + NODES; k++) {
        CHECK(eddy_heap_linked(&k->node) == k->in);
        CHECK(eddy_heap_has(&heap, &k->node) == k->in);
        if (k->in)
            CHECK_INT(eddy_heap_key(&heap, &k->node), k->key);
    }
}

/* What one seed decides. At the end all come out, in order. */
static void try_seed(unsigned first_seed)
{
    struct known *first;

    seed = first_seed;
    for (int step = 1; step <= STEPS; step++) {
        add_or_remove(&known[random_below(NODES)]);
        if (step % 10 == 0)
            compare_all(first_seed, step);
    }
    while ((first = known_first()) != NULL) {
        DID("took all out from the front, seed %u", first_seed);
        CHECK(eddy_heap_first(&heap) == &first->node);
        add_or_remove(first);
    }
    CHECK_INT(heap.count, 0);
    eddy_heap_fini(&heap);
}

/* ---- Order ------------------------------------------------------------------------------------- */

static void order(void)
{
    CASE("random additions and removals: the first is always the one that a long look finds") {
        for (unsigned first_seed = 1; first_seed <= SEEDS; first_seed++)
            try_seed(first_seed);
    }

    CASE("an empty heap has no first") {
        struct eddy_heap_node node = {0};
        CHECK(eddy_heap_first(&heap) == NULL);
        CHECK(!eddy_heap_linked(&node));
        CHECK(!eddy_heap_has(&heap, &node));
        eddy_heap_fini(&heap);
    }

    CASE("equal keys come out in the order in which they went in") {
        struct eddy_heap_node nodes[100] = {{0}};
        for (int i = 0; i < 100; i++)
            CHECK_CODE(eddy_heap_add(&heap, &nodes[i], 7), 0);
        DID("put 100 nodes in with one key, and took them out");
        CAUSE("a heap alone is not stable: the number of each addition decides");
        for (int i = 0; i < 100; i++) {
            CHECK_INT(eddy_heap_first(&heap) - nodes, i);
            eddy_heap_remove(&heap, &nodes[i]);
        }
        eddy_heap_fini(&heap);
    }

    CASE("the smallest and the largest keys there are can be compared") {
        struct eddy_heap_node nodes[3] = {{0}};
        CHECK_CODE(eddy_heap_add(&heap, &nodes[0], INT64_MAX), 0);
        CHECK_CODE(eddy_heap_add(&heap, &nodes[1], 0), 0);
        CHECK_CODE(eddy_heap_add(&heap, &nodes[2], INT64_MIN), 0);
        CAUSE("a difference of two keys may not fit: compare with <, do not subtract");
        for (int i = 2; i >= 0; i--) {
            CHECK_INT(eddy_heap_first(&heap) - nodes, i);
            eddy_heap_remove(&heap, &nodes[i]);
        }
        eddy_heap_fini(&heap);
    }

    CASE("a node is in the heap that it was put into, and in no other") {
        struct eddy_heap_node here = {0}, there = {0};
        struct eddy_heap other = {0};
        CHECK_CODE(eddy_heap_add(&heap, &here, 1), 0);
        CHECK_CODE(eddy_heap_add(&other, &there, 1), 0);
        CHECK(eddy_heap_has(&heap, &here) && !eddy_heap_has(&heap, &there));
        CHECK(eddy_heap_has(&other, &there) && !eddy_heap_has(&other, &here));
        eddy_heap_fini(&heap);
        CHECK(!eddy_heap_has(&heap, &here));
        eddy_heap_fini(&other);
    }
}

/* ---- Memory ------------------------------------------------------------------------------------ */

static struct eddy_heap_node *fill(int n)
{
    struct eddy_heap_node *nodes = calloc((size_t)n, sizeof *nodes);

    for (int i = 0; i < n; i++)
        CHECK_CODE(eddy_heap_add(&heap, &nodes[i], n - i), 0);
    return nodes;
}

static void memory(void)
{
    CASE("a million that come and go at once leave the heap as small as it was") {
        struct eddy_heap_node node = {0}, stays = {0};
        CHECK_CODE(eddy_heap_add(&heap, &stays, 5), 0);
        for (int i = 0; i < MILLION; i++) {
            CHECK_CODE(eddy_heap_add(&heap, &node, i), 0);
            eddy_heap_remove(&heap, &node);
        }
        CHECK_INT(heap.count, 1);
        CHECK(heap.room <= SMALL);
        CHECK(eddy_heap_first(&heap) == &stays);
        eddy_heap_fini(&heap);
    }

    CASE("a million that are in at once give their room back when they have left") {
        struct eddy_heap_node *nodes = fill(MILLION);
        CHECK(heap.room >= MILLION);
        DID("put a million nodes in, and took all out, those in the middle first");
        CAUSE("when three quarters are unused, half of the room goes back");
        for (int i = 0; i < MILLION; i++)
            eddy_heap_remove(&heap, &nodes[(i + MILLION / 2) % MILLION]);
        CHECK_INT(heap.count, 0);
        CHECK(heap.room <= SMALL);
        eddy_heap_fini(&heap);
        free(nodes);
    }

    CASE("those that come and go where the room changes cost no memory call each time") {
        struct eddy_heap_node *nodes = fill(SMALL - 1), two[2] = {{0}};
        DID("at an array with room for one more: added two and removed them, 1000 times");
        CAUSE("room that is given back at once is asked for again at once: give it back late");
        faults_plan("");
        for (int i = 0; i < 1000; i++) {
            CHECK_CODE(eddy_heap_add(&heap, &two[0], 0), 0);
            CHECK_CODE(eddy_heap_add(&heap, &two[1], 0), 0);
            eddy_heap_remove(&heap, &two[0]);
            eddy_heap_remove(&heap, &two[1]);
        }
        CHECK_INT(faults_calls("realloc"), 1);
        eddy_heap_fini(&heap);
        free(nodes);
    }

    CASE("without memory to grow nothing has changed, and a second try succeeds") {
        struct eddy_heap_node *nodes = fill(SMALL), one = {0};
        DID("added one more to a full array while realloc() fails");
        faults_plan("realloc@1=ENOMEM");
        CHECK_CODE(eddy_heap_add(&heap, &one, 0), -ENOMEM);
        CHECK(!eddy_heap_linked(&one));
        CHECK_INT(heap.count, SMALL);
        CHECK(eddy_heap_first(&heap) == &nodes[SMALL - 1]);
        CHECK_CODE(eddy_heap_add(&heap, &one, 0), 0);
        CHECK(eddy_heap_first(&heap) == &one);
        eddy_heap_fini(&heap);
        free(nodes);
    }

    CASE("the very first allocation may fail, too") {
        struct eddy_heap_node one = {0};
        faults_plan("realloc@1=ENOMEM");
        CHECK_CODE(eddy_heap_add(&heap, &one, 0), -ENOMEM);
        CHECK(eddy_heap_first(&heap) == NULL);
        eddy_heap_fini(&heap);
    }

    CASE("removing succeeds even when the room cannot be made smaller") {
        struct eddy_heap_node *nodes = fill(1000);
        DID("removed 1000 nodes while realloc() fails");
        CAUSE("what does not shrink stays as it is: the old array is still there");
        faults_plan("realloc@1+=ENOMEM");
        for (int i = 999; i >= 0; i--) {
            CHECK(eddy_heap_first(&heap) == &nodes[i]);
            eddy_heap_remove(&heap, &nodes[i]);
        }
        CHECK(faults_injected() > 0);
        CHECK_INT(heap.count, 0);
        eddy_heap_fini(&heap);
        free(nodes);
    }

    CASE("a heap that ends lets go of its nodes, and can be used anew") {
        struct eddy_heap_node *nodes = fill(10);
        eddy_heap_fini(&heap);
        for (int i = 0; i < 10; i++)
            CHECK(!eddy_heap_linked(&nodes[i]));
        eddy_heap_fini(&heap);
        CHECK_CODE(eddy_heap_add(&heap, &nodes[3], 1), 0);
        CHECK(eddy_heap_first(&heap) == &nodes[3]);
        eddy_heap_fini(&heap);
        free(nodes);
    }
}

TESTS
{
    order();
    memory();
}
