/* Trees of several shapes, walked to the end and not, with memory and without. Blocks are counted. */
#include "check.h"

#include "4-tree.h"
#include "errors.h"
#include "faults.h"
#include "ledger.h"

#include <errno.h>

enum { NODES = 200, KEYS_TEXT = 1024 };

static struct node nodes[NODES];
static struct walk all; /* the outermost frame */
static void *answer;
static long blocks_before;

/*
 *          4
 *        /   \
 *       2     6
 *      / \     \
 *     1   3     8
 *              /
 *             7
 */
static struct node *grow_seven(void)
{
    for (int key = 0; key < NODES; key++)
        nodes[key] = (struct node){.key = key};
    nodes[4].left = &nodes[2];
    nodes[4].right = &nodes[6];
    nodes[2].left = &nodes[1];
    nodes[2].right = &nodes[3];
    nodes[6].right = &nodes[8];
    nodes[8].left = &nodes[7];
    return &nodes[4];
}

/* Of the keys from `from` up to, but without, `to`; uneven. */
static struct node *grow(int from, int to)
{
    int key = from + (to - from) / 3;

    if (from == to)
        return NULL;
    nodes[key] = (struct node){.key = key, .left = grow(from, key), .right = grow(key + 1, to)};
    return &nodes[key];
}

/* ---- Walking ----------------------------------------------------------------------------------- */

static void begin(struct node *root)
{
    all = (struct walk){.gen = GEN_INIT(walk), .node = root};
    faults_plan("");
    blocks_before = ledger_blocks;
}

/* Frames that are blocks of memory now. */
static long blocks(void)
{
    return ledger_blocks - blocks_before;
}

static void expect_key(int key)
{
    CHECK_CODE(eddy_gen_next(&all.gen, &answer), EDDY_YIELDED);
    CHECK_INT(((struct node *)answer)->key, key);
}

static void expect_end(void)
{
    CHECK_CODE(eddy_gen_next(&all.gen, &answer), EDDY_FINISHED);
}

/* Walks to the end; the keys are noted in `keys`, each with a space after it. */
static int walk_all(char keys[KEYS_TEXT])
{
    int got;
    size_t used = 0;

    keys[0] = '\0';
    while ((got = eddy_gen_next(&all.gen, &answer)) == EDDY_YIELDED && used + 16 < KEYS_TEXT)
        used +=
            (size_t)snprintf(keys + used, KEYS_TEXT - used, "%d ", ((struct node *)answer)->key);
    return got;
}

/* ---- To the end -------------------------------------------------------------------------------- */

static void walking(void)
{
    char keys[KEYS_TEXT];

    CASE("a tree of one node yields that node") {
        nodes[5].key = 5;
        begin(&nodes[5]);
        DID("walked a tree that is a single node, with the key 5");
        CAUSE("as given, walk() ends without having yielded anything: write its body. It yields "
              "self->node");
        CHECK_CODE(eddy_gen_next(&all.gen, &answer), EDDY_YIELDED);
        if (answer != &nodes[5])
            FAIL("the node", "another pointer, %p: yield self->node", answer);
        CAUSE("where nothing is on a side, nobody walks");
        expect_end();
        CHECK_INT(faults_calls("malloc") + faults_calls("calloc"), 0);
    }

    CASE("what is on the left comes before a node, what is on the right after it") {
        begin(grow_seven());
        DID("walked a tree of 1 2 3 4 6 7 8, with 4 on top");
        CAUSE("first all of the left side (GEN_FROM), then the node, then all of the right side");
        CHECK_CODE(walk_all(keys), EDDY_FINISHED);
        CHECK_TEXT(keys, "1 2 3 4 6 7 8 ");
        CAUSE("each frame that was allocated is freed when the walk has left its subtree");
        CHECK_INT(blocks(), 0);
    }
}

/* ---- Blocks ------------------------------------------------------------------------------------ */

static void memory(void)
{
    CASE("a frame is allocated when the walk enters a subtree, and freed when it has left it") {
        static const struct {
            int key, blocks;
        } steps[] = {{1, 2}, {2, 1}, {3, 2}, {4, 0}, {6, 1}, {7, 3}, {8, 2}};
        begin(grow_seven());
        CAUSE("the frames of 1 and of 2 are blocks now; that of 4 is the caller's");
        for (int i = 0; i < 7; i++) {
            DID("walked to %d; so many frames are on the way to it from 4, which has the caller's",
                steps[i].key);
            expect_key(steps[i].key);
            CAUSE("free a frame when GEN_FROM has come to its end, before the node is yielded; and "
                  "allocate one when it is needed, not before");
            CHECK_INT(blocks(), steps[i].blocks);
        }
        expect_end();
        CHECK_INT(blocks(), 0);
    }

    CASE("a walk that is closed anywhere leaves nothing") {
        for (int stop = 0; stop <= 7; stop++) {
            begin(grow_seven());
            DID("closed it after %d of 7 nodes", stop);
            for (int i = 0; i < stop; i++)
                CHECK_CODE(eddy_gen_next(&all.gen, &answer), EDDY_YIELDED);
            CAUSE(
                "the close comes back where the walk delegates or yields, and must lead out of it: "
                "GEN_FROM, not GEN_TRY_FROM, and GEN_YIELD, not GEN_TRY_YIELD");
            CHECK_CODE(eddy_gen_close(&all.gen), 0);
            CAUSE("close leads to the cleanup section, after GEN_FINALLY: whatever there is, is "
                  "freed there");
            CHECK_INT(blocks(), 0);
        }
    }

    CASE("an error that is thrown in is how it ends, and leaves nothing") {
        begin(grow_seven());
        DID("walked to 3, and threw -EIO");
        for (int key = 1; key <= 3; key++)
            expect_key(key);
        CAUSE("an error that comes back where the walk delegates is not passed over");
        CHECK_CODE(eddy_gen_throw(&all.gen, -EIO, &answer), -EIO);
        CHECK_INT(blocks(), 0);
        expect_end();
    }

    CASE("without memory it fails, and leaves nothing") {
        char plan[64], keys[KEYS_TEXT];
        for (int i = 1; i <= 6; i++) {
            begin(grow_seven());
            snprintf(plan, sizeof plan, "malloc@%d=ENOMEM,calloc@%d=ENOMEM", i, i);
            DID("walked while there is no memory for frame %d of 6 (EDDY_FAULTS=%s)", i, plan);
            faults_plan(plan);
            CAUSE("malloc() can return NULL: then GEN_FAIL(gen, -ENOMEM); and what a subtree fails "
                  "with comes back from GEN_FROM");
            CHECK_CODE(walk_all(keys), -ENOMEM);
            CAUSE("GEN_FAIL leads to the cleanup section, too, in each frame on the way out");
            CHECK_INT(blocks(), 0);
        }
    }

    CASE("two hundred nodes, of which only the way to one has frames") {
        begin(grow(0, NODES));
        DID("walked an uneven tree of %d nodes", NODES);
        for (int key = 0; key < NODES; key++) {
            expect_key(key);
            CAUSE("no more blocks than the tree is deep");
            CHECK(blocks() < 16);
        }
        expect_end();
        CHECK_INT(blocks(), 0);
    }

    CASE("two walks through one tree know nothing of each other") {
        struct walk other;
        begin(grow_seven());
        other = all;
        DID("one walk went to 2, then another began");
        CAUSE(
            "all that a walk knows is in its frames: no static variable, and nothing in the tree");
        expect_key(1);
        expect_key(2);
        CHECK_CODE(eddy_gen_next(&other.gen, &answer), EDDY_YIELDED);
        CHECK_INT(((struct node *)answer)->key, 1);
        expect_key(3);
        CHECK_CODE(eddy_gen_close(&other.gen), 0);
        expect_key(4);
        CHECK_CODE(eddy_gen_close(&all.gen), 0);
    }
}

/* ---- Counting ---------------------------------------------------------------------------------- */

static void counting(void)
{
    CASE("keys that are smaller are counted") {
        struct node *root = grow_seven();
        DID("tree_count_below() of 1 2 3 4 6 7 8");
        CAUSE("the walk yields nodes in their order: count them until one is not smaller");
        blocks_before = ledger_blocks;
        CHECK_INT(tree_count_below(root, 2), 1);
        CAUSE("a generator that has begun is run to its end or closed");
        CHECK_INT(blocks(), 0);
        CAUSE("the walk yields nodes in their order: count them until one is not smaller");
        CHECK_INT(tree_count_below(root, 4), 3);
        CHECK_INT(tree_count_below(root, 1), 0);
        CHECK_INT(tree_count_below(root, 5), 4);
        CHECK_INT(tree_count_below(root, 100), 7);
        DID("tree_count_below(NULL, 1)");
        CAUSE("a tree without a node has nobody to walk through");
        CHECK_INT(tree_count_below(NULL, 1), 0);
    }

    CASE("when the count is known, the walk goes no further") {
        struct node *root = grow_seven();
        begin(root);
        DID("tree_count_below(root, 2)");
        CHECK_INT(tree_count_below(root, 2), 1);
        CAUSE("the first key that is not smaller is enough: the frames of 2 and of 1 are all");
        CHECK_INT(faults_calls("malloc") + faults_calls("calloc"), 2);
    }

    CASE("without memory it says so") {
        struct node *root = grow_seven();
        faults_plan("malloc@4=ENOMEM,calloc@4=ENOMEM");
        DID("tree_count_below(root, 100) with no memory for the fourth frame");
        CAUSE("eddy_gen_next() may return an error: a count would be a lie");
        CHECK_CODE(tree_count_below(root, 100), -ENOMEM);
    }
}

TESTS
{
    check_limit(3);
    walking();
    memory();
    counting();
}
