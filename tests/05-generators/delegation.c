/*
 * Delegation: a generator that lets another one answer.
 */
#include "generators.h"

#include "faults.h"

/* ---- The inner one ----------------------------------------------------------------------------- */

/* Counts, keeps what it is sent, passes over -EAGAIN and fails with any other error. Returns 8. Its
 * cleanup section leaves `name` in the trace. */
struct inner {
    struct eddy_gen gen;
    int yields;   /* then it returns */
    int patience; /* how often its cleanup section yields */
    int sent[4];
    int thrown;
    int i;
    char name;
};

static struct eddy_step inner(struct eddy_gen *gen)
{
    struct inner *self = GEN_FRAME(gen, inner);

    GEN_BEGIN(gen);
    for (self->i = 0; self->i < self->yields; self->i++) {
        GEN_TRY_YIELD(gen, &numbers[self->i]);
        self->sent[self->i] = number_of(gen->value);
        if (gen->place.err == 0)
            continue;
        self->thrown = gen->place.err;
        if (gen->place.err != -EAGAIN)
            GEN_FAIL(gen, gen->place.err);
    }
    GEN_RETURN(gen, &numbers[8]);
    GEN_FINALLY(gen);
    note(self->name);
    while (self->patience-- > 0)
        GEN_YIELD(gen, &numbers[6]);
    GEN_END(gen);
}

static struct inner inner_of(int yields, char name)
{
    return (struct inner){.gen = GEN_INIT(inner), .yields = yields, .name = name};
}

/* ---- The outer ones ---------------------------------------------------------------------------- */

struct outer {
    struct eddy_gen gen;
    struct eddy_gen *inner;
    int returned; /* what came back from it */
    char name;
};

static struct eddy_step outer(struct eddy_gen *gen)
{
    struct outer *self = GEN_FRAME(gen, outer);

    GEN_BEGIN(gen);
    self->returned = 9;
    GEN_FROM(gen, self->inner);
    self->returned = number_of(gen->value);
    GEN_RETURN(gen, gen->value);
    GEN_FINALLY(gen);
    note(self->name);
    GEN_END(gen);
}

static struct outer outer_of(struct eddy_gen *inner, char name)
{
    return (struct outer){.gen = GEN_INIT(outer), .inner = inner, .name = name};
}

/* Looks at the error itself, and goes on. */
struct patient {
    struct eddy_gen gen;
    struct eddy_gen *first, *second;
    int err, returned;
};

static struct eddy_step patient(struct eddy_gen *gen)
{
    struct patient *self = GEN_FRAME(gen, patient);

    GEN_BEGIN(gen);
    GEN_TRY_FROM(gen, self->first);
    self->err = gen->place.err;
    self->returned = number_of(gen->value);
    GEN_YIELD(gen, &numbers[5]);
    if (self->second)
        GEN_FROM(gen, self->second);
    GEN_END(gen);
}

/* Is sent something before it delegates; delegates to several, one by one; cleans up by delegation. */
struct chain {
    struct eddy_gen gen;
    struct inner *links, *last;
    int i, count;
};

static struct eddy_step chain(struct eddy_gen *gen)
{
    struct chain *self = GEN_FRAME(gen, chain);

    GEN_BEGIN(gen);
    GEN_TRY_YIELD(gen, &numbers[7]);
    for (self->i = 0; self->i < self->count; self->i++)
        GEN_FROM(gen, &self->links[self->i].gen);
    GEN_FINALLY(gen);
    if (self->last)
        GEN_FROM(gen, &self->last->gen);
    note('c');
    GEN_END(gen);
}

/* ---- A tree ------------------------------------------------------------------------------------ */

/* The generator of a subtree is in its root. */
struct tree {
    struct eddy_gen gen;
    struct tree *left, *right;
    int key;
};

static struct eddy_step tree(struct eddy_gen *gen)
{
    struct tree *self = GEN_FRAME(gen, tree);

    GEN_BEGIN(gen);
    if (self->left)
        GEN_FROM(gen, &self->left->gen);
    GEN_YIELD(gen, &self->key);
    if (self->right)
        GEN_FROM(gen, &self->right->gen);
    GEN_END(gen);
}

enum { NODES = 1000 };

static struct tree nodes[NODES];

/* A search tree of the keys from `from` up to, but without, `to`; uneven, so that no side is like
 * the other. */
static struct tree *grow(int from, int to)
{
    int key = from + (to - from) / 3;

    if (from == to)
        return NULL;
    nodes[key] = (struct tree){.gen = GEN_INIT(tree), .key = key};
    nodes[key].left = grow(from, key);
    nodes[key].right = grow(key + 1, to);
    return &nodes[key];
}

TESTS
{
    CASE("next goes to the inner one, its yields come out, and what it returns comes back") {
        struct inner a = inner_of(2, 'a');
        struct outer b = outer_of(&a.gen, 'b');
        CHECK_YIELDS(ask(&b.gen), 0);
        CHECK_YIELDS(ask(&b.gen), 1);
        CHECK_ENDS(ask(&b.gen), 8);
        CHECK_INT(b.returned, 8);
        CHECK_TEXT(trace, "ab");
        CHECK_INT(a.sent[0], NOTHING);
        CHECK_ENDS(ask(&b.gen), NOTHING);
    }

    CASE("what is sent goes to the inner one") {
        struct inner a = inner_of(3, 'a');
        struct outer b = outer_of(&a.gen, 'b');
        CHECK_FAILS(ask_sending(&b.gen, 4), -EINVAL);
        CHECK_YIELDS(ask(&b.gen), 0);
        CHECK_YIELDS(ask_sending(&b.gen, 4), 1);
        CHECK_YIELDS(ask(&b.gen), 2);
        CHECK_ENDS(ask_sending(&b.gen, 5), 8);
        CHECK_INT(a.sent[0], 4);
        CHECK_INT(a.sent[1], NOTHING);
        CHECK_INT(a.sent[2], 5);
    }

    CASE("what the outer one was sent before it delegates is its own, and so is an error") {
        struct inner a[2] = {inner_of(2, 'a'), inner_of(1, 'b')};
        struct chain self = {.gen = GEN_INIT(chain), .links = a, .count = 2};
        CAUSE("the inner one has not begun: its first question is a plain next");
        CHECK_YIELDS(ask(&self.gen), 7);
        CHECK_YIELDS(ask_sending(&self.gen, 4), 0);
        CHECK_YIELDS(ask_sending(&self.gen, 5), 1);
        CHECK_INT(a[0].sent[0], 5);
        DID("the second inner one begins where the first was sent something");
        CHECK_YIELDS(ask_sending(&self.gen, 6), 0);
        CHECK_ENDS(ask(&self.gen), NOTHING);
        CHECK_TEXT(trace, "abc");
        DID("threw into it before it delegates; it does not look at the error");
        a[0] = inner_of(1, 'd');
        self = (struct chain){.gen = GEN_INIT(chain), .links = a, .count = 1};
        CHECK_YIELDS(ask(&self.gen), 7);
        CHECK_YIELDS(ask_throwing(&self.gen, -EIO), 0);
        CHECK_CODE(a[0].thrown, 0);
        CHECK_ENDS(ask(&self.gen), NOTHING);
    }

    CASE("what is thrown goes to the inner one, which may go on") {
        struct inner a = inner_of(3, 'a');
        struct outer b = outer_of(&a.gen, 'b');
        CHECK_YIELDS(ask(&b.gen), 0);
        CHECK_YIELDS(ask_throwing(&b.gen, -EAGAIN), 1);
        CHECK_CODE(a.thrown, -EAGAIN);
        CHECK_INT(a.sent[0], NOTHING);
        CHECK_TEXT(trace, "");
        CHECK_YIELDS(ask(&b.gen), 2);
        CHECK_ENDS(ask(&b.gen), 8);
        DID("an error on which the inner one returns is no error");
        a = inner_of(1, 'a');
        b = outer_of(&a.gen, 'b');
        CHECK_YIELDS(ask(&b.gen), 0);
        CHECK_ENDS(ask_throwing(&b.gen, -EAGAIN), 8);
        CHECK_TEXT(trace, "abab");
    }

    CASE("an error that leaves the inner one comes back to the outer one, which can handle it") {
        struct inner a = inner_of(3, 'a'), b = inner_of(2, 'b');
        struct patient self = {.gen = GEN_INIT(patient), .first = &a.gen, .second = &b.gen};
        CHECK_YIELDS(ask(&self.gen), 0);
        CHECK_YIELDS(ask_throwing(&self.gen, -EPIPE), 5);
        CHECK_CODE(self.err, -EPIPE);
        CHECK_INT(self.returned, NOTHING);
        CHECK_TEXT(trace, "a");
        CAUSE("the error that was handled is not one of the next delegation");
        CHECK_YIELDS(ask_sending(&self.gen, 3), 0);
        CHECK_YIELDS(ask(&self.gen), 1);
        CHECK_ENDS(ask(&self.gen), NOTHING);
        CHECK_TEXT(trace, "ab");
    }

    CASE("an error that leaves the inner one, and that nobody looks at, ends the outer one, too") {
        struct inner a = inner_of(3, 'a');
        struct outer b = outer_of(&a.gen, 'b');
        CHECK_YIELDS(ask(&b.gen), 0);
        CHECK_FAILS(ask_throwing(&b.gen, -EPIPE), -EPIPE);
        CHECK_TEXT(trace, "ab");
        CHECK_INT(b.returned, 9);
        CHECK_ENDS(ask(&b.gen), NOTHING);
        CHECK_ENDS(ask(&a.gen), NOTHING);
    }

    CASE("closing the outer one closes the inner one first, each once") {
        struct inner a = inner_of(3, 'a');
        struct outer b = outer_of(&a.gen, 'b');
        CHECK_YIELDS(ask(&b.gen), 0);
        CHECK_CODE(eddy_gen_close(&b.gen), 0);
        CHECK_CODE(a.thrown, EDDY_ECLOSED);
        CHECK_TEXT(trace, "ab");
        CHECK_CODE(eddy_gen_close(&b.gen), 0);
        CHECK_CODE(eddy_gen_close(&a.gen), 0);
        CHECK_TEXT(trace, "ab");
    }

    CASE("an inner one that yields when it is closed is an error where it was delegated") {
        struct inner a = inner_of(3, 'a');
        struct patient self = {.gen = GEN_INIT(patient), .first = &a.gen};
        a.patience = 1;
        CHECK_YIELDS(ask(&self.gen), 0);
        DID("closed the outer one; it looks at the error, and yields, too");
        CHECK_CODE(eddy_gen_close(&self.gen), EDDY_EYIELDED);
        CHECK_CODE(self.err, EDDY_EYIELDED);
        CHECK_INT(self.returned, NOTHING);
        CHECK_CODE(eddy_gen_close(&self.gen), 0);
        CHECK_CODE(eddy_gen_close(&a.gen), 0);
        CHECK_TEXT(trace, "a");
    }

    CASE("three deep, what is sent and thrown reaches the innermost, and closing goes inside out") {
        struct inner a = inner_of(4, 'a');
        struct outer b = outer_of(&a.gen, 'b'), c = outer_of(&b.gen, 'c');
        CHECK_YIELDS(ask(&c.gen), 0);
        CHECK_YIELDS(ask_sending(&c.gen, 5), 1);
        CHECK_INT(a.sent[0], 5);
        CHECK_YIELDS(ask_throwing(&c.gen, -EAGAIN), 2);
        CHECK_CODE(a.thrown, -EAGAIN);
        CHECK_TEXT(trace, "");
        CHECK_CODE(eddy_gen_close(&c.gen), 0);
        CHECK_TEXT(trace, "abc");
        DID("three deep, to the end, and with an error that nobody looks at");
        a = inner_of(1, 'a'), b = outer_of(&a.gen, 'b'), c = outer_of(&b.gen, 'c');
        CHECK_YIELDS(ask(&c.gen), 0);
        CHECK_ENDS(ask(&c.gen), 8);
        CHECK_INT(b.returned, 8);
        a = inner_of(1, 'a'), b = outer_of(&a.gen, 'b'), c = outer_of(&b.gen, 'c');
        CHECK_YIELDS(ask(&c.gen), 0);
        CHECK_FAILS(ask_throwing(&c.gen, -EIO), -EIO);
        CHECK_TEXT(trace, "abcabcabc");
    }

    CASE("one that has begun elsewhere goes on, and one that has ended is passed over") {
        struct inner a = inner_of(3, 'a');
        struct outer b = outer_of(&a.gen, 'b'), c = outer_of(&a.gen, 'c');
        CHECK_YIELDS(ask(&a.gen), 0);
        CHECK_YIELDS(ask(&b.gen), 1);
        CHECK_YIELDS(ask(&c.gen), 2);
        CHECK_ENDS(ask(&b.gen), 8);
        CAUSE("its value has come, once, to another");
        CHECK_ENDS(ask(&c.gen), NOTHING);
        CHECK_INT(c.returned, NOTHING);
        CHECK_TEXT(trace, "abc");
    }

    CASE("delegating to itself, or in a ring, is an error, and no recursion without end") {
        struct outer self = outer_of(NULL, 's'), a = outer_of(NULL, 'a');
        struct outer b = outer_of(&a.gen, 'b'), c = outer_of(&b.gen, 'c');
        self.inner = &self.gen;
        a.inner = &c.gen;
        CHECK_FAILS(ask(&self.gen), EDDY_ERUNNING);
        CHECK_TEXT(trace, "s");
        CHECK_FAILS(ask(&c.gen), EDDY_ERUNNING);
        CHECK_TEXT(trace, "sabc");
        CHECK_ENDS(ask(&c.gen), NOTHING);
    }

    CASE("a cleanup section may delegate, too, and errors come back to it") {
        struct inner a = inner_of(2, 'a'), b = inner_of(3, 'b');
        struct chain self = {.gen = GEN_INIT(chain), .links = &a, .count = 1, .last = &b};
        CHECK_YIELDS(ask(&self.gen), 7);
        CHECK_YIELDS(ask(&self.gen), 0);
        DID("threw -EPIPE: the inner one ends, and the cleanup section delegates");
        CHECK_YIELDS(ask_throwing(&self.gen, -EPIPE), 0);
        CHECK_CODE(b.thrown, 0);
        CHECK_YIELDS(ask_sending(&self.gen, 4), 1);
        CHECK_INT(b.sent[0], 4);
        CHECK_FAILS(ask_throwing(&self.gen, -EIO), -EPIPE);
        CHECK_CODE(b.thrown, -EIO);
        CHECK_TEXT(trace, "abc");
    }

    CASE("a tree that delegates to its subtrees yields its keys in order, and needs no memory") {
        struct tree *root = grow(0, NODES);
        faults_plan("");
        for (int key = 0; key < NODES; key++) {
            CHECK_CODE(ask(&root->gen), EDDY_YIELDED);
            CHECK_INT(number_of(answer), key);
        }
        CHECK_ENDS(ask(&root->gen), NOTHING);
        CHECK_INT(faults_calls("malloc") + faults_calls("calloc") + faults_calls("realloc"), 0);
        DID("closed it in the middle: whoever stands on the way to that key ends");
        root = grow(0, NODES);
        for (int key = 0; key < NODES / 2; key++)
            CHECK_CODE(ask(&root->gen), EDDY_YIELDED);
        CHECK_CODE(eddy_gen_close(&root->gen), 0);
        for (int key = 0; key < NODES; key++)
            CHECK(nodes[key].gen.place.line == EDDY_AT_START ||
                  nodes[key].gen.place.line == EDDY_AT_END);
    }
}
