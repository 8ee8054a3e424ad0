/*
 * What a learner hears first: the heap's promises one by one, from simple to hard. The chapter's
 * own tests come after these.
 */
#include "check.h"

#include "faults.h"
#include "heap.h"

#include <errno.h>

enum { MANY = 1000, TREE = 60 };

static struct eddy_heap heap;
static struct eddy_heap_node nodes[MANY];

/* What an endless loop means here. */
static void look(void)
{
    WAITING("an entry to find its place");
    IF_HANG(
        "each round goes one place up (sift_up) or down (sift_down): `i` becomes another, and the "
        "loop ends at the top, or where there are no children");
}

static void add(int i, int64_t key)
{
    look();
    CHECK_CODE(eddy_heap_add(&heap, &nodes[i], key), 0);
}

/* Takes out whoever is first, and expects that node. */
static void expect_first(int i)
{
    CHECK(eddy_heap_first(&heap) != NULL);
    CHECK_INT(eddy_heap_first(&heap) - nodes, i);
    look();
    eddy_heap_remove(&heap, &nodes[i]);
}

static void expect_empty(void)
{
    CHECK_INT(heap.count, 0);
    CHECK(eddy_heap_first(&heap) == NULL);
    eddy_heap_fini(&heap);
}

/* Whether each stands below a parent that comes before it. */
static void expect_heap(void)
{
    for (size_t i = 1; i < heap.count; i++) {
        size_t parent = (i - 1) / 4;
        if (heap.entries[parent].key > heap.entries[i].key)
            FAIL("no entry above one that comes before it",
                 "entries[%zu] has the key %ld, and its child entries[%zu] has %ld", parent,
                 (long)heap.entries[parent].key, i, (long)heap.entries[i].key);
    }
}

/* ---- One, and then two ------------------------------------------------------------------------- */

static void few(void)
{
    CASE("one that is added is the first, and is gone when it is removed") {
        DID("eddy_heap_add(&heap, &nodes[0], 5), then eddy_heap_remove()");
        CAUSE("the array has an entry more: key and node; and the node's slot is its place in it, "
              "counted from 1");
        add(0, 5);
        CHECK_INT(heap.count, 1);
        CHECK(eddy_heap_first(&heap) == &nodes[0]);
        CHECK_INT(eddy_heap_key(&heap, &nodes[0]), 5);
        CHECK(eddy_heap_has(&heap, &nodes[0]));
        CAUSE("a node that has left has slot 0; and when it was the last entry itself, the last "
              "entry is not put back");
        eddy_heap_remove(&heap, &nodes[0]);
        CHECK(!eddy_heap_linked(&nodes[0]));
        expect_empty();
    }

    CASE("a smaller key comes out first") {
        DID("added keys 3, 1, 2, then took the first out, three times");
        CAUSE("a parent never comes after its children: the entry that comes before another moves "
              "up, or the other down");
        add(0, 3);
        add(1, 1);
        add(2, 2);
        expect_first(1);
        expect_first(2);
        expect_first(0);
        DID("added keys 1, 2, 3 and removed 1: the last, 3, takes its place, moves down, and then "
            "has no children there");
        for (int i = 1; i <= 3; i++)
            add(i, i);
        expect_first(1);
        expect_first(2);
        expect_first(3);
        expect_empty();
    }
}

/* ---- Many -------------------------------------------------------------------------------------- */

/* Whether everybody knows where they stand. */
static void expect_places(int count)
{
    for (int i = 0; i < count; i++)
        if (!eddy_heap_has(&heap, &nodes[i]))
            FAIL("each node to know its slot",
                 "the slot of nodes[%d] is %zu, and somebody else is there", i, nodes[i].slot);
}

static void many(void)
{
    CASE("each node knows its slot, wherever others have pushed it") {
        DID("added %d nodes with keys that fall, so that each pushes others down", MANY);
        CAUSE("whatever moves has another slot from then on: move it with place_entry()");
        for (int i = 0; i < MANY; i++)
            add(i, MANY - i);
        expect_places(MANY);
        DID("... and removed the first 500 times, so that others move up");
        CAUSE("whatever moves has another slot from then on: move it with place_entry()");
        for (int i = MANY - 1; i >= MANY / 2; i--)
            eddy_heap_remove(&heap, &nodes[i]);
        expect_places(MANY / 2);
        eddy_heap_fini(&heap);
    }

    CASE("a thousand come out in order") {
        DID("added keys 0 to %d, mixed, and took all out", MANY - 1);
        CAUSE("the children of i are the four from 4 * i + 1 on, as far as there are entries; the "
              "first of them moves up, if it comes before the one that is looking for its place");
        for (int i = 0; i < MANY; i++)
            add(i * 7 % MANY, i * 7 % MANY);
        expect_heap();
        for (int i = 0; i < MANY; i++)
            expect_first(i);
        expect_empty();
    }

    CASE("equal keys come out in the order in which they went in") {
        DID("added 100 nodes with key 7, and took them out");
        CAUSE("keys alone do not decide: each addition gives its node the next number");
        for (int i = 0; i < 100; i++)
            add(i, 7);
        for (int i = 0; i < 50; i++)
            expect_first(i);
        DID("... of which the first 50 went in again: they come out after the others");
        CAUSE("the number counts additions (heap->added), and never goes back: how many there are "
              "now says nothing of which came before");
        for (int i = 0; i < 50; i++)
            add(i, 7);
        for (int i = 0; i < 100; i++)
            expect_first((50 + i) % 100);
        expect_empty();
    }
}

/* ---- From the middle --------------------------------------------------------------------------- */

/*
 * 0 is on top; below it stand 100, 1, 2, 3; and below 100 stand 101 to 104. 4 is the last, below 1.
 * If 101 goes, 4 takes its place, and comes before its new parent, 100.
 */
static void from_the_middle(void)
{
    static const int64_t keys[] = {0, 100, 1, 2, 3, 101, 102, 103, 104, 4};

    CASE("any one can be removed, and the others come out in order") {
        for (int i = 0; i < 10; i++)
            add(i, keys[i]);
        DID("added keys 0, 100, 1, 2, 3, 101, 102, 103, 104, 4 and removed 101");
        CAUSE("the last entry fills the hole: it may belong above it as well as below");
        expect_heap();
        eddy_heap_remove(&heap, &nodes[5]);
        expect_heap();
        expect_places(5);
        DID("... then removed 1, which has children");
        CAUSE("the last entry fills the hole: it may belong above it as well as below");
        eddy_heap_remove(&heap, &nodes[2]);
        expect_heap();
        DID("... then removed the one that is last in the array");
        CAUSE("when the last one is the one to go, there is no hole to fill");
        eddy_heap_remove(&heap, heap.entries[heap.count - 1].node);
        CHECK_INT(heap.count, 7);
        expect_heap();
        eddy_heap_fini(&heap);
    }
}

/* Whether place `i` is place `above`, or below it. */
static bool is_below(size_t i, size_t above)
{
    while (i > above)
        i = (i - 1) / 4;
    return i == above;
}

/*
 * Each stands where it was added, with its place as the key; place 1 and all below it have 1000 more; the
 * last has a key that moves down all the way. So whoever looks at one place beside the four children of
 * a child of place 1, finds one there that comes before place 1 itself.
 */
static void add_tree(void)
{
    for (int i = 0; i < TREE; i++)
        add(i, i == TREE - 1 ? 5000 : i + (is_below((size_t)i, 1) ? 1000 : 0));
}

static void from_each_place(void)
{
    CASE("from each place of a heap one can be removed, and it stays a heap") {
        for (size_t i = 0; i < TREE; i++) {
            add_tree();
            DID("added %d nodes, the last with the greatest key, and removed the one at place %zu, "
                "whose children are the places %zu to %zu",
                TREE, i, 4 * i + 1, 4 * i + 4);
            CAUSE("the children of i are four: from 4 * i + 1 to 4 * i + 4, as far as there are "
                  "entries, and the first of these four moves up");
            eddy_heap_remove(&heap, heap.entries[i].node);
            CHECK_INT(heap.count, TREE - 1);
            expect_heap();
            eddy_heap_fini(&heap);
        }
    }
}

/* ---- Memory ------------------------------------------------------------------------------------ */

static void memory(void)
{
    CASE("without memory nothing has changed") {
        for (int i = 0; i < 64; i++)
            add(i, i);
        DID("added one more to a full array of 64 while realloc() fails (realloc@1=ENOMEM)");
        CAUSE("ask for room first; only when there is some, change the node and the heap");
        faults_plan("realloc@1=ENOMEM");
        CHECK_CODE(eddy_heap_add(&heap, &nodes[64], 0), -ENOMEM);
        CHECK_INT(heap.count, 64);
        CHECK(!eddy_heap_linked(&nodes[64]));
        CAUSE("a number is given to a node that has come in: count `added` once there is room");
        CHECK_INT(heap.added, 64);
        CHECK_CODE(eddy_heap_add(&heap, &nodes[64], 0), 0);
        CHECK_INT(heap.count, 65);
        eddy_heap_fini(&heap);
    }

    CASE("when most have left, their room is given back") {
        DID("added %d and removed them all", MANY);
        CAUSE("that is what give_room_back() is for, when somebody has left");
        for (int i = 0; i < MANY; i++)
            add(i, i);
        CHECK(heap.room >= MANY);
        for (int i = 0; i < MANY; i++)
            eddy_heap_remove(&heap, &nodes[i]);
        CHECK(heap.room <= 64);
        expect_empty();
    }
}

TESTS
{
    few();
    many();
    from_the_middle();
    from_each_place();
    memory();
}
